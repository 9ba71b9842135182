# Refreshes and pages that are interrupted at every step: no token is lost, no row is lost or doubled, and whoever comes late changes nothing.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = dirname(__FILE__) . '/..';
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $base = "http://127.0.0.1:$port";
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, keep_alive => 0);

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}
sub stats { return control(op => 'stats') }

my $server = fork() // die;
exec 'python3', "$top/peers/records_server.py", $port if $server == 0;
END { if (defined $server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }
wait_for('the server', sub { stats() });

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlog_min_messages = log");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }

# The provider of the other tests, with OAuth in place of a key; and one that has fifty streams.
$node->safe_psql('postgres', "\\set base '$base'\n" . slurp_file("$top/providers/acme.sql"));
for my $name ('acme_oauth', 'acme_many')
{
	sql(qq{INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, refresh, authorize_url, token_url, identity, max_in_flight)
			SELECT '$name', 'Acme', kind, base_url, allowed_hosts, 'oauth2', 'single_use', '$base/authorize', '$base/token', identity, max_in_flight FROM lealup.provider WHERE name = 'acme';
		INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('$name', 'items', 'items');
		INSERT INTO lealup.provider_stream (provider, name, title, request, response, detail_request, detail_response, normalize, period, slowest_period, max_in_flight)
			SELECT '$name', name || coalesce(n::text, ''), title, request, response, detail_request, detail_response, normalize, '1 hour', '1 hour', max_in_flight FROM lealup.provider_stream,
				(SELECT NULL::int WHERE '$name' = 'acme_oauth' UNION ALL SELECT generate_series(1, 50) WHERE '$name' = 'acme_many') s(n) WHERE provider = 'acme';
		SELECT lealup.set_oauth_client(NULL, '$name', 'hub', 'hub-secret', 'https://hub.example/callback')});
}
my $tenant = sql("SELECT lealup.create_tenant('Acme')");

sub connect_to
{
	my ($provider) = @_;
	my ($id, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', '$provider')"), 2;
	my ($state) = $url =~ /[?&]state=([^&]+)/;
	sql("SELECT lealup.complete_connect('$state', 'any-code')");
	wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", 'connected');
	return $id;
}

sub due { my ($id, $kind) = @_; sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = '$kind'; SELECT lealup._wake('upkeep')"); return; }
sub version { my ($id) = @_; return sql("SELECT token_version FROM lealup.connection WHERE id = '$id'") }
sub version_is { my ($id, $n) = @_; wait_until($node, "SELECT token_version FROM lealup.connection WHERE id = '$id'", $n); return; }
sub held_at_server { my ($n) = @_; wait_for("$n requests that wait", sub { stats()->{held} >= $n }); return; }
sub look_again { my ($id) = @_; sql("SELECT lealup.sync_now('$tenant', '$id')"); return; }

# Nothing is under way, and the last run of each stream went well.
sub idle
{
	my ($id) = @_;
	wait_until($node, "SELECT bool_and(run_id IS NULL AND claim_id IS NULL AND next_run_at > now() AND last_ok_at IS NOT NULL AND last_error IS NULL) FROM lealup.connection_stream WHERE connection_id = '$id'");
	return;
}

sub kill_worker
{
	my $log = -s $node->logfile;
	kill 'KILL', worker_pid($node, kind => 'sync');
	wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
	wait_until($node, 'SELECT true');
	return;
}

# Lets the worker come as far as its commit, and no further, until it is killed.
sub kill_before_commit
{
	my ($id) = @_;
	my $lock = $node->background_psql('postgres');
	$lock->query_safe("BEGIN; SELECT FROM lealup.connection WHERE id = '$id' FOR UPDATE");
	control(op => 'release');
	wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup sync' AND wait_event_type = 'Lock'}, '1');
	kill_worker();
	eval { $lock->quit };
	return;
}

my $rows = q{SELECT count(*) = count(DISTINCT external_id) AND count(*) = (SELECT count(*) FROM lealup.sync_record WHERE deleted_at IS NULL AND stream = 'items') AND count(*) = };

control(op => 'oauth', leeway => \1);
control(op => 'make', from => 1, to => 20);
my $c = connect_to('acme_oauth');
idle($c);
is(sql('SELECT count(*) FROM lealup.timeline_event'), 20, 'a connection');

# ---- A refresh ----

for my $step (
	[ 'while it is on its way', 'before', sub { kill_worker(); control(op => 'release', drop => \1) }, 1 ],
	[ 'while the provider answers', 'after', sub { kill_worker(); control(op => 'release', drop => \1) }, 2 ],
	[ 'after the answer, before the commit', 'after', sub { kill_before_commit($c) }, 2 ],
	[ 'after the commit', 'after', sub { my $v = version($c); control(op => 'release'); version_is($c, $v + 1); kill_worker() }, 1 ])
{
	my ($what, $when, $crash, $grants) = @$step;
	my $version = version($c);
	my $before = stats()->{granted};
	control(op => 'hold', path => '/token', when => $when);
	due($c, 'refresh');
	held_at_server(1);
	$crash->();
	version_is($c, $version + 1);
	is(stats()->{granted} - $before, $grants, "killed $what: it is asked as often as need be");
	is(sql("SELECT c.state || ' ' || string_agg(v.purpose, ' ' ORDER BY v.purpose) FROM lealup.connection c JOIN lealup.vault_secret v ON v.owner_id = c.id WHERE c.id = '$c' GROUP BY c.state"),
		'connected access_token previous_refresh_token refresh_token', "$what: both refresh tokens are there");
	look_again($c);
	idle($c);
	is(sql("SELECT string_agg(purpose, ' ' ORDER BY purpose) FROM lealup.vault_secret WHERE owner_id = '$c'"), 'access_token refresh_token', "$what: the one before goes once the new one has worked");
	my $now = "refresh-token-" . stats()->{granted};
	due($c, 'refresh');
	version_is($c, $version + 2);
	is(stats()->{presented}[-1], $now, "$what: the next refresh is by the last token");
}

# A server that has lost what it gave: the token before is what there is to go back to.
my $version = version($c);
control(op => 'oauth', roll_back => \1);
due($c, 'refresh');
wait_until($node, "SELECT state ->> 'invalid_grants' FROM lealup.connection_job WHERE connection_id = '$c' AND kind = 'refresh'", '1');
due($c, 'refresh');
version_is($c, $version + 1);
my @presented = @{ stats()->{presented} };
cmp_ok(substr($presented[-1], 14), '<', substr($presented[-2], 14), 'if the new token is not known there, the one before it is tried');
is(sql("SELECT state FROM lealup.connection WHERE id = '$c'"), 'connected', 'and goes on');

# The database refuses what the provider gave: that is not thrown away.
sql(q{CREATE TABLE refuse ();
	GRANT SELECT ON refuse TO PUBLIC;
	CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON lealup.vault_secret FOR EACH ROW EXECUTE FUNCTION refuse()});
control(op => 'oauth', leeway => \0);
look_again($c);
idle($c);
$version = version($c);
my $granted = stats()->{granted};
my $offset = -s $node->logfile;
due($c, 'refresh');
wait_for('the refusal', sub { slurp_file($node->logfile, $offset) =~ /recording.* failed: the disk is full/ });
wait_for('another', sub { (() = slurp_file($node->logfile, $offset) =~ /recording.* failed: the disk is full/g) >= 3 });
sql('DROP TRIGGER refuse ON lealup.vault_secret');
version_is($c, $version + 1);
is(stats()->{granted} - $granted, 1, 'an answer that could not be recorded is kept until it can be, not asked for anew');

# ---- Who comes late ----

control(op => 'oauth', leeway => \1);
$version = version($c);
control(op => 'hold', path => '/token', when => 'after');
due($c, 'refresh');
held_at_server(1);
my $stale = sql("SELECT claim_id FROM lealup.connection_job WHERE connection_id = '$c' AND kind = 'refresh'");
due($c, 'refresh');    # as if the lease had run out
held_at_server(2);
isnt(sql("SELECT claim_id FROM lealup.connection_job WHERE connection_id = '$c' AND kind = 'refresh'"), $stale, 'another has taken the refresh over');
control(op => 'release');
version_is($c, $version + 1);
my $last = 'refresh-token-' . stats()->{granted};
wait_until($node, "SELECT claim_id IS NULL FROM lealup.connection_job WHERE connection_id = '$c' AND kind = 'refresh'");
due($c, 'refresh');
version_is($c, $version + 2);
is(stats()->{presented}[-1], $last, 'what it got counts, and what the first one got does not');

my $everything = join ' || ', map { "(SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM lealup.$_ t)" }
  qw(connection connection_job connection_stream vault_secret sync_record sync_run record_error timeline_event event notification);
idle($c);
wait_until($node, 'SELECT count(*) FROM lealup.vault_secret v JOIN lealup.tenant t USING (tenant_id) WHERE get_byte(ciphertext, 0) = 1', '0');
my $before = sql("SELECT $everything");
my $sealed = '{"access_token": {"id": "01900000-0000-7000-8000-000000000001", "ciphertext": "01", "fingerprint": "aa"}, "refresh_token": {"id": "01900000-0000-7000-8000-000000000002", "ciphertext": "01", "fingerprint": "ab"}}';
for my $claim ($stale, '01900000-0000-7000-8000-000000000003')
{
	for my $answer ("200, '{}', '{\"expires_in\": 60}', NULL, NULL, '$sealed'", "400, '{}', '{\"error\": \"invalid_grant\"}', NULL, NULL, '{}'", "0, NULL, NULL, NULL, 'lost', '{}'")
	{
		for my $unit ('job:refresh', 'job:token', 'stream:items')
		{
			sql("SELECT lealup._sync_record('$tenant', '$c', '$unit', '$claim', '{\"phase\": \"page\", \"call\": {}}', ARRAY[ROW(0, 1, $answer)::lealup._sync_answer], 0, 0, now())");
			sql("SELECT lealup._sync_yield('$tenant', '$c', '$unit', '$claim', now(), 'late', now())");
		}
	}
}
is(sql("SELECT $everything"), $before, 'with a claim that is not its own a worker changes nothing');

# ---- A page ----

my $n = 20;
for my $step (
	[ 'while a page is on its way', '/changes', 'before', sub { kill_worker(); control(op => 'release', drop => \1) } ],
	[ 'while the provider answers', '/changes', 'after', sub { kill_worker(); control(op => 'release', drop => \1) } ],
	[ 'before a page is committed', '/changes', 'after', sub { kill_before_commit($c) } ],
	[ 'while details are on their way', '/items/', 'before', sub { kill_worker(); control(op => 'release', drop => \1) } ],
	[ 'before details are committed', '/items/', 'after', sub { kill_before_commit($c) } ],
	[ 'after a commit', '/items/', 'after', sub { control(op => 'release'); wait_until($node, "SELECT count(*) > $n FROM lealup.timeline_event"); kill_worker() } ])
{
	my ($what, $path, $when, $crash) = @$step;
	control(op => 'make', from => $n - 4, to => $n + 30);
	control(op => 'hold', path => $path, when => $when);
	look_again($c);
	held_at_server(1);
	$crash->();
	$n += 30;
	wait_until($node, "$rows $n FROM lealup.timeline_event");
	idle($c);
	is(sql("$rows $n FROM lealup.timeline_event"), 't', "killed $what: nothing is missing, nothing is there twice");
}

# ---- Tokens that end ----

control(op => 'make', from => $n + 1, to => $n + 200);
$n += 200;
$version = version($c);
$granted = stats()->{granted};
control(op => 'expire', after => 90);
look_again($c);
wait_until($node, "$rows $n FROM lealup.timeline_event");
idle($c);
is(stats()->{granted} - $granted, 1, 'a token that ends in the midst of a run is renewed once');
is(sql("SELECT result || ' ' || (failed + skipped) FROM lealup.sync_run WHERE connection_id = '$c' ORDER BY id DESC LIMIT 1"), 'ok 0', 'and nothing is taken for a fault');

# Clocks differ: what we think of the end of a token does not decide.
for my $case ([ 'ours is behind', 'interval \'10 years\'', 1 ], [ 'ours is ahead', 'interval \'-1 hour\'', 0 ])
{
	my ($what, $skew, $expire) = @$case;
	$granted = stats()->{granted};
	control(op => 'make', from => $n + 1, to => ++$n);
	sql("UPDATE lealup.connection SET token_expires_at = now() + $skew WHERE id = '$c'");
	control(op => 'expire') if $expire;
	due($c, 'refresh') if !$expire;
	look_again($c);
	wait_until($node, "$rows $n FROM lealup.timeline_event");
	is(stats()->{granted} - $granted, 1, "if $what, one refresh puts it right");
}
control(op => 'make', from => $n + 1, to => ++$n);
control(op => 'fault', path => '/changes', status => 429, headers => { 'Retry-After' => 'Wed, 21 Oct 2015 07:28:00 GMT' });
look_again($c);
wait_until($node, "$rows $n FROM lealup.timeline_event");
pass('a time to wait until that is long past holds nothing up');
sql("SELECT lealup.disconnect('$tenant', '$c')");

# ---- Fifty streams at once ----

control(op => 'delete', ids => [ map { "$_" } 1 .. $n ]);
control(op => 'make', from => 1, to => 3);
my $many = connect_to('acme_many');
idle($many);
is(sql("SELECT count(*) FROM lealup.connection_stream WHERE connection_id = '$many'"), 50, 'fifty streams');
$granted = stats()->{granted};
my $refused = stats()->{calls}{'/changes'} // 0;
control(op => 'make', from => 4, to => 4);
control(op => 'hold', path => '/changes', when => 'before');
control(op => 'expire');
look_again($many);
held_at_server(8);
control(op => 'release');
wait_until($node, "SELECT count(*) FROM lealup.sync_record WHERE connection_id = '$many' AND id = '4'", '50');
idle($many);
is(stats()->{granted} - $granted, 1, 'that all meet the end of a token refresh it once');
cmp_ok(stats()->{calls}{'/changes'} - $refused, '>=', 58, 'although several were refused');

# ---- A vault that is locked ----

my $key = $node->basedir . '/lealup.key';
rename $key, "$key.away" or die;
$granted = stats()->{granted};
control(op => 'make', from => 5, to => 5);
$node->restart;
due($many, 'refresh');
look_again($many);
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'syncs wait: %'});
wait_until($node, "SELECT waiting IS NOT NULL FROM lealup.connections WHERE id = '$many'");
like(sql("SELECT waiting FROM lealup.connections WHERE id = '$many'"), qr/lealup\.key|key/, 'without the key a connection waits, and tells for what');
due($many, 'refresh');
wait_until($node, "SELECT due_at > now() AND claim_id IS NULL AND error IS NOT NULL FROM lealup.connection_job WHERE connection_id = '$many' AND kind = 'refresh'");
is(sql("SELECT attempts FROM lealup.connection_job WHERE connection_id = '$many' AND kind = 'refresh'"), 0, 'which is no attempt');
is(sql("SELECT state FROM lealup.connection WHERE id = '$many'") . stats()->{granted}, "connected$granted", 'and nothing is asked');
rename "$key.away", $key or die;
$node->reload;
wait_until($node, "SELECT count(*) FROM lealup.sync_record WHERE connection_id = '$many' AND id = '5'", '50');
idle($many);
is(sql("SELECT concat(waiting, '') FROM lealup.connections WHERE id = '$many'"), '', 'when the key is there it goes on by itself');

unlike(slurp_file($node->logfile), qr/access-token-\d|refresh-token-\d|hub-secret/, 'no token is in the log');
$node->stop;
done_testing();
