# No secret is found in plain in what PostgreSQL writes, if it is bound as a parameter or generated.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use File::Find;
use IPC::Run;
use LealupTest;
use MIME::Base64;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $url = $peer->url('ok');
# Everything that PostgreSQL can log about statements but their parameters, which are the administrator's to leave out.
my $node = new_node('main', conf => q{
	shared_preload_libraries = 'lealup, pg_stat_statements'
	pg_stat_statements.track = all
	log_statement = all
	log_parameter_max_length = 0
	log_min_messages = debug1
	log_error_verbosity = verbose});
$node->start;
setup_db($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
my $tenant = $node->safe_psql('postgres', "SELECT lealup.create_tenant('Acme')");

my %secret = (
	'signing secret' => 'bound-signing-secret-for-the-first-time',
	'rotated secret' => 'bound-signing-secret-for-the-second-time',
	'header value' => 'Bearer-header-value-0123456789',
	'changed header value' => 'Bearer-changed-value-0123456789',
	'refused secret' => 'refused-for-its-url-0123456789abcdef',
	'short secret' => 'too-short-a-secret',
	'refused header value' => 'refused-header-value-0123456789');

# pgbench is the client in every installation that binds parameters.
sub pgbench
{
	my ($sql, %variables) = @_;
	my $script = $node->basedir . '/script.sql';
	unlink $script;
	append_to_file($script, "$sql;\n");
	return [ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-f', $script,
		map({ ('-D', "$_=$variables{$_}") } sort keys %variables), $node->connstr('postgres') ];
}

sub succeeds
{
	my ($name, @arguments) = @_;
	my $output;
	ok(IPC::Run::run(pgbench(@arguments), '>', \$output, '2>&1'), $name) or diag($output);
	return;
}

sub refused
{
	my ($name, $message, @arguments) = @_;
	my $output;
	ok(!IPC::Run::run(pgbench(@arguments), '>', \$output, '2>&1'), $name);
	like($output, $message, 'with a message that tells why');
	return $output;
}

# ---- Secrets come in ------------------------------------------------------

my $create = "SELECT lealup.create_subscription('$tenant', '$url', '{*}', :secret, headers => :headers)";

# While the statement waits for a lock, everybody may look at it.
my $lock = $node->background_psql('postgres');
$lock->query_safe('BEGIN; SELECT FROM lealup.tenant FOR UPDATE');
my $output;
my $waiting = IPC::Run::start(pgbench($create, secret => $secret{'signing secret'},
	headers => qq({"X-Key":"$secret{'header value'}"})), '>', \$output, '2>&1');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%create_subscription%' AND wait_event_type = 'Lock'}, 1);
my $activity = $node->safe_psql('postgres', 'SELECT string_agg(a::text, E\'\n\') FROM pg_stat_activity a');
$lock->query_safe('COMMIT');
$lock->quit;
ok($waiting->finish, 'a subscription is created with bound secrets') or diag($output);
my $subscription = $node->safe_psql('postgres', 'SELECT id FROM lealup.subscription');

my $emit = q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant};
$node->safe_psql('postgres', $emit);
wait_idle($node);
succeeds('a header is changed', "SELECT lealup.update_subscription('$tenant', '$subscription', headers => :headers)",
	headers => qq({"X-Key":"$secret{'changed header value'}"}));
succeeds('a secret is rotated', "SELECT lealup.rotate_secret('$tenant', '$subscription', :secret, '1 hour')",
	secret => $secret{'rotated secret'});
$node->safe_psql('postgres', $emit);
wait_idle($node);

# Generated secrets appear in nothing but the result.
my $generated = $node->safe_psql('postgres', qq{
	SELECT lealup.create_subscription('$tenant', '$url', '{health.*}') AS id \\gset
	SELECT lealup.reveal_secret(:'id')});
like($generated, qr{^whsec_[A-Za-z0-9+/]{43}=$}, 'a secret is generated');
$secret{'generated secret'} = $generated;
$secret{'second generated secret'} = $node->safe_psql('postgres', "SELECT lealup.rotate_secret('$tenant', '$subscription')");
my ($status, $out, $err) = $node->psql('postgres', "SELECT lealup.reveal_secret('$subscription')");
like($err, qr/no generated secret to show/, 'and is not shown again');

refused('a refused URL', qr/invalid|https/, "SELECT lealup.create_subscription('$tenant', 'ftp://127.0.0.1/', '{*}', :secret)",
	secret => $secret{'refused secret'});
unlike(refused('a secret that is too short', qr/at least|32 to 1000/, "SELECT lealup.create_subscription('$tenant', '$url', '{*}', :secret)",
	secret => $secret{'short secret'}), qr/$secret{'short secret'}/, 'which does not show the secret');
unlike(refused('a header that is not allowed', qr/reserved|invalid/, "SELECT lealup.create_subscription('$tenant', '$url', '{*}', headers => :headers)",
	headers => qq({"Host":"$secret{'refused header value'}"})), qr/$secret{'refused header value'}/, 'which does not show its value');

# ---- They are in use ------------------------------------------------------

my @requests = $peer->wait_for_requests(2);
my $n = 0;
for (['signing secret', 'header value'], ['rotated secret', 'changed header value'])
{
	my $request = $requests[ $n++ ];
	is($request->{header}{'x-lealup-signature'}, 'sha256='
		. hmac_sha256_hex("$request->{header}{'x-lealup-timestamp'}.$request->{body}", $secret{ $_->[0] }), "request $n is signed");
	is($request->{header}{'x-key'}, $secret{ $_->[1] }, 'and has its header');
}

# ---- They are nowhere else ------------------------------------------------

my $key = slurp_file($node->basedir . '/lealup.key');
chomp $key;
$secret{'key file'} = $key;

# A text in each of the encodings in which it might be written.
sub forms
{
	my ($text) = @_;
	return ($text, unpack('H*', $text), encode_base64($text, ''), $text =~ /^[0-9a-f]{64}$/ ? pack('H*', $text) : ());
}

my %forms = map { my $name = $_; map { $_ => $name } forms($secret{$name}) } keys %secret;
$forms{ encode_base64(pack('H*', $key), '') } = 'key';
my $pattern = join '|', map { quotemeta } keys %forms;

sub without_secrets
{
	my ($where, $text) = @_;
	my @found = map { $forms{$_} } $text =~ /($pattern)/g;
	is("@found", '', "no secret is in $where");
	return;
}

like("x$secret{'rotated secret'}y", qr/$pattern/, 'what is looked for can be found');
without_secrets('pg_stat_activity', $activity);
like($activity, qr/create_subscription\('$tenant', '[^']*', '\{\*\}', \$1/, 'although the statement is there');
without_secrets('pg_stat_statements', $node->safe_psql('postgres', 'SELECT string_agg(query, E\'\n\') FROM pg_stat_statements'));
without_secrets('the delivery log', $node->safe_psql('postgres', 'SELECT string_agg(l::text, E\'\n\') FROM lealup.delivery_log l'));
without_secrets('the audit trail', $node->safe_psql('postgres', 'SELECT string_agg(a::text, E\'\n\') FROM lealup.audit a'));

# Both forms of a stored secret are dumped: sealed by a session, and re-encrypted by a worker.
wait_until($node, q{SELECT count(*) FROM lealup._sealed_secrets('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000')}, 0);
my $dump = $node->basedir . '/dump.sql';
$node->safe_psql('postgres', "ALTER SYSTEM SET lealup.enabled = off");
$node->reload;
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('lealup sync', 'lealup delivery')}, 0);
succeeds('one more secret', $create, secret => $secret{'rotated secret'}, headers => qq({"X-Key":"$secret{'header value'}"}));
is($node->safe_psql('postgres', 'SELECT count(DISTINCT get_byte(ciphertext, 0)) FROM lealup.vault_secret'), 2, 'both forms are there');
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('postgres') ], 'pg_dump works');
my $text = slurp_file($dump);
like($text, qr/COPY lealup\.vault_secret/, 'with the encrypted secrets');
without_secrets('the dump', $text);

$node->stop;
$text = slurp_file($node->logfile);
like($text, qr/create_subscription\('$tenant', '[^']*', '\{\*\}', \$1/, 'the log has the statements');
without_secrets('the log', $text);

# Data files, write-ahead log, statistics.
my @found;
find({ no_chdir => 1, wanted => sub {
	return unless -f;
	my $content = slurp_file($_);
	push @found, "$_: $forms{$1}" if $content =~ /($pattern)/;
} }, $node->data_dir);
is_deeply(\@found, [], 'no secret is in any file of the data directory');

done_testing();
