# No secret of a connection is found in plain in what PostgreSQL and the gateway write, whatever happens to it, and however much is logged.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use LealupTest;
use MIME::Base64;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = dirname(__FILE__) . '/..';
my ($port, $gateway) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 2;
my $base = "http://127.0.0.1:$port";
my $callback = "http://127.0.0.1:$gateway/v1/oauth/callback";
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, keep_alive => 0);

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}

my $server = fork() // die;
exec 'python3', "$top/peers/records_server.py", $port if $server == 0;
END { if (defined $server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }
wait_for('the server', sub { control(op => 'stats') });

# Everything that can be logged of statements and plans; parameters of a client's own statements are the administrator's to leave out.
my $node = new_node('main', conf => qq{
	lealup.allow_http = on
	lealup.allowed_networks = '127.0.0.0/8'
	lealup.gateway_listen = '127.0.0.1:$gateway'
	lealup.gateway_database = 'postgres'
	lealup.gateway_log = 'all'
	lealup.public_url = 'http://127.0.0.1:$gateway'
	shared_preload_libraries = 'lealup, pg_stat_statements, auto_explain'
	pg_stat_statements.track = all
	pg_stat_statements.track_utility = on
	auto_explain.log_min_duration = 0
	auto_explain.log_nested_statements = on
	auto_explain.log_analyze = on
	auto_explain.log_triggers = on
	log_statement = all
	log_min_duration_statement = 0
	log_parameter_max_length = 0
	log_parameter_max_length_on_error = 0
	log_min_messages = debug1
	log_error_verbosity = verbose
	track_activities = on
	track_activity_query_size = 100000});
$node->start;
# A plan shows the values that it was made for. Workers and the gateway keep out of that; in a session it is its owner's choice.
$ENV{PGOPTIONS} = '-c auto_explain.log_min_duration=-1';
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
sql('CREATE EXTENSION pg_stat_statements');

# pgbench binds its parameters, as every driver does.
sub bound
{
	my ($sql, %variables) = @_;
	my $script = $node->basedir . '/script.sql';
	unlink $script;
	append_to_file($script, "$sql;\n");
	my $output;
	my $ok = IPC::Run::run([ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-f', $script, map({ ('-D', "$_=$variables{$_}") } sort keys %variables), $node->connstr('postgres') ],
		'>', \$output, '2>&1');
	return $ok ? '' : $output;
}

my %secret = (
	'client secret' => 'marked-client-secret-0123456789',
	'API key' => 'marked-api-key-0123456789',
	'refused API key' => 'marked-refused-key-0123456789',
	'code' => 'marked-code-0123456789',
	'bad code' => 'marked-bad-code-0123456789',
	'inbound secret' => 'marked-inbound-secret-0123456789');

$node->safe_psql('postgres', "\\set base '$base'\n" . slurp_file("$top/providers/acme.sql"));
sql(qq{INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, refresh, authorize_url, token_url, identity, revoke, max_in_flight)
		SELECT 'acme_oauth', 'Acme', kind, base_url, allowed_hosts, 'oauth2', 'single_use', '$base/authorize', '$base/token', identity,
			'{"method": "POST", "path": "/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}]}', max_in_flight FROM lealup.provider WHERE name = 'acme';
	INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('acme_oauth', 'items', 'items');
	INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, period, slowest_period, max_in_flight)
		SELECT 'acme_oauth', name, title, request, response, detail_request, detail_response, normalize, '1 hour', '1 hour', max_in_flight FROM lealup.provider_stream WHERE provider = 'acme';
	CREATE FUNCTION acme.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS \$\$ SELECT '{"ignore": "test"}'::jsonb \$\$;
	INSERT INTO lealup.provider_inbound (provider, name, signature, handler)
		VALUES ('acme', 'hook', '{"type": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex"}', 'acme.handle')});
my $tenant = sql("SELECT lealup.create_tenant('Acme')");
control(op => 'oauth', leeway => \0, keys => [ $secret{'API key'} ]);
control(op => 'make', from => 1, to => 20);

# What is seen of sessions all the while.
my $watcher = fork() // die;
if ($watcher == 0)
{
	open STDOUT, '>', $node->basedir . '/activity';
	append_to_file($node->basedir . '/watch.sql', "SELECT a.query FROM pg_stat_activity a WHERE pid <> pg_backend_pid() \\watch 0.05\n");
	exec 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $node->basedir . '/watch.sql';
}

sub state_is { my ($id, $expected) = @_; wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", $expected); return; }
sub due { my ($id, $kind) = @_; sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = '$kind'; SELECT lealup._wake('upkeep')"); return; }
my $states = 0;
sub begin
{
	my ($sql) = @_;
	my $url = sql($sql);
	my ($state) = $url =~ /[?&]state=([^&]+)/;
	$secret{ 'state ' . ++$states } = $state;
	return $state;
}
sub last_id { return sql('SELECT id FROM lealup.connection ORDER BY id DESC LIMIT 1') }

# Its answer repeats what it was asked, as some do in their errors.
my $echo = 'it does not like $form';

# ---- Connections, well and ill ----

is(bound("SELECT lealup.set_oauth_client(NULL, 'acme_oauth', 'hub', :secret, '$callback')", secret => $secret{'client secret'}), '', 'a client');
my $connect = "SELECT authorization_url FROM lealup.connect('$tenant', 'acme_oauth')";
my $state = begin($connect);
my $one = last_id();
is($http->get("$callback?state=$state&code=$secret{code}")->{status}, 200, 'a code comes back through the gateway');
state_is($one, 'connected');
is($http->get("$callback?state=$state&code=$secret{code}")->{status}, 400, 'and once more');
control(op => 'fault', path => '/token', status => 400, body => encode_json({ error => 'invalid_grant', error_description => $echo }));
$state = begin($connect);
my $refused = last_id();
is(bound("SELECT lealup.complete_connect(:state, :code)", state => $state, code => $secret{'bad code'}), '', 'a code comes back through a function');
state_is($refused, 'error');
like(sql("SELECT reason FROM lealup.connection WHERE id = '$refused'"), qr/it does not like .*code=/, 'is refused, with what the provider says');
isnt(bound("SELECT lealup.complete_connect(:state, :code)", state => 'marked-unknown-state', code => $secret{code}), '', 'a state that there is not');
$secret{'unknown state'} = 'marked-unknown-state';

for my $key ('API key', 'refused API key')
{
	control(op => 'fault', path => '/me', status => 401, body => encode_json({ error => { message => $echo } })) if $key ne 'API key';
	is(bound("SELECT lealup.connect('$tenant', 'acme', options => jsonb_build_object('api_key', :key::text))", key => $secret{$key}), '', "an $key");
	my $id = last_id();
	state_is($id, $key eq 'API key' ? 'connected' : 'error');
}
my $keyed = sql("SELECT id FROM lealup.connection WHERE provider = 'acme' AND state = 'connected'");
$secret{'inbound URL'} = sql("SELECT lealup.inbound_url('$tenant', '$keyed')") =~ s{.*/}{}r;
is(bound("SELECT lealup.set_inbound_secret('$tenant', '$keyed', :secret)", secret => $secret{'inbound secret'}), '', 'a secret of notifications');
$http->post("http://127.0.0.1:$gateway/v1/inbound/$secret{'inbound URL'}", { content => '{}', headers => { 'x-signature' => $_ } }) for 'forged', 'x' x 64;

# ---- Refreshes, well and ill ----

for my $fault (
	undef,
	{ status => 400, body => encode_json({ error => 'invalid_grant', error_description => $echo }) },
	{ status => 500, body => $echo },
	{ status => 200, body => encode_json({ ok => \0, error => $echo, access_token_is => 'marked-stray-token' }) },
	{ status => 200, body => '{"access_token": "marked-broken-token", "x": "\\ud800\\u0000", ' },
	{ status => 200, body => '{"access_token": {"deep": "marked-deep-token"}}' },
	{ status => 200, body => '<html>access_token=marked-html-token</html>' },
	{ status => 302, body => '', headers => { Location => "$base/elsewhere?token=marked-location-token" } })
{
	control(op => 'fault', path => '/token', %$fault) if $fault;
	sql("UPDATE lealup.connection_job SET state = '{}' WHERE connection_id = '$one' AND kind = 'refresh'");
	my $calls = control(op => 'stats')->{calls}{'/token'};
	due($one, 'refresh');
	wait_until($node, "SELECT due_at > now() AND claim_id IS NULL FROM lealup.connection_job WHERE connection_id = '$one' AND kind = 'refresh'");
	cmp_ok(control(op => 'stats')->{calls}{'/token'}, '>', $calls, 'a refresh');
}
$secret{"$_ token"} = "marked-$_-token" for qw(stray broken deep html location);

# The database refuses what came, and a provider's function fails with all that it knows.
sql(q{CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused: %', NEW; END $$;
	CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON lealup.vault_secret FOR EACH ROW EXECUTE FUNCTION refuse();
	CREATE TRIGGER refuse_connection BEFORE UPDATE ON lealup.connection FOR EACH ROW EXECUTE FUNCTION refuse();
	CREATE OR REPLACE FUNCTION acme.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
		BEGIN RAISE EXCEPTION 'it fails: % %', call, response; END $$});
my $offset = -s $node->logfile;
due($one, 'refresh');
wait_for('the refusal', sub { slurp_file($node->logfile, $offset) =~ /recording answers failed: refused/ });
sql('DROP TRIGGER refuse ON lealup.vault_secret; DROP TRIGGER refuse_connection ON lealup.connection');
sql("SELECT lealup.sync_now('$tenant', '$_')") for $one, $keyed;
wait_until($node, "SELECT count(*) FROM lealup.connection_stream WHERE last_error LIKE '%it fails%'", '2');
control(op => 'fault', path => '/', status => 403, body => encode_json({ error => { message => $echo } }), times => 2);
sql("SELECT lealup.sync_now('$tenant', '$_')") for $one, $keyed;
wait_until($node, "SELECT count(*) FROM lealup.connection_stream WHERE last_error LIKE '%does not like%'", '2');

# All end.
control(op => 'fault', path => '/revoke', status => 400, body => encode_json({ error => 'invalid_request', error_description => $echo }));
sql("SELECT lealup.disconnect('$tenant', '$one')");
wait_until($node, "SELECT count(*) = 0 OR bool_and(error IS NOT NULL) FROM lealup.connection_job WHERE connection_id = '$one'");

# ---- They are nowhere ----

kill 'TERM', $watcher;
waitpid $watcher, 0;
my $stats = control(op => 'stats');
my $n = 0;
$secret{ 'token ' . ++$n } = $_ for @{ $stats->{presented} }, map { ("access-token-$_", "refresh-token-$_") } 1 .. $stats->{granted};
cmp_ok($stats->{granted}, '>=', 3, 'there were several tokens');
my ($verifier) = map { /code_verifier=([^&]+)/ } @{ $stats->{forms} };
$secret{'code verifier'} = $verifier;
like($verifier, qr/^[A-Za-z0-9_-]{43}$/, 'and a code verifier');

sub forms { my ($text) = @_; return ($text, unpack('H*', $text), encode_base64($text, ''), join('', map { sprintf '%%%02x', ord } split //, $text)) }
my %forms = map { my $name = $_; map { $_ => $name } forms($secret{$name}) } keys %secret;
my $pattern = join '|', map { quotemeta } sort { length $b <=> length $a } keys %forms;
like("x$secret{code}y", qr/$pattern/, 'what is looked for can be found');

sub without_secrets
{
	my ($where, $text) = @_;
	my %found = map { ($forms{$_} => 1) } $text =~ /($pattern)/g;
	is(join(', ', sort keys %found), '', "no secret is in $where");
	return;
}
my $activity = slurp_file($node->basedir . '/activity');
like($activity, qr/lealup/, 'sessions were seen');
without_secrets('pg_stat_activity', $activity);
my $statements = sql('SELECT string_agg(query, E\'\n\') FROM pg_stat_statements');
like($statements, qr/_sync_record/, 'statements were seen');
without_secrets('pg_stat_statements', $statements);
without_secrets($_, sql("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM lealup.$_ t")) for split /\n/,
  sql(q{SELECT c.relname FROM pg_class c WHERE relnamespace = 'lealup'::regnamespace AND relkind IN ('r', 'p', 'v') AND relname NOT LIKE 'webhook%' ORDER BY 1});
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('postgres') ], 'pg_dump works');
without_secrets('the dump', slurp_file($dump));
$node->stop;
my $log = slurp_file($node->logfile);
like($log, qr/statement: SELECT authorization_url/, 'the log has statements');
like($log, qr{lealup gateway: GET /v1/oauth/callback 200}, 'and requests');
without_secrets('the log', $log);
done_testing();
