# The sync engine with running workers: what a provider holds comes in once, whatever happens to the provider, to the network or to the worker.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $top = dirname(__FILE__) . '/..';
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $base = "http://127.0.0.1:$port";
my $http = HTTP::Tiny->new;
my $server;

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}

sub start_server
{
	my $pid = fork() // die;
	exec 'python3', "$top/peers/records_server.py", $port if $pid == 0;
	$server = $pid;
	wait_for('the server', sub { control(op => 'stats') });
	return;
}

END { if (defined $server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);
start_server();

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

$node->safe_psql('postgres', "\\set base '$base'\n" . slurp_file("$top/providers/acme.sql"));
my $tenant = sql("SELECT lealup.create_tenant('Acme')");

# A connection, as connect() leaves it.
sub new_connection
{
	my ($tenant, $account, $key) = @_;
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES ('$tenant', 'acme', 'workspace', 'connected', '$account') RETURNING id");
	sql("SELECT lealup._store_secret('$tenant', '$id', 'api_key', '$key')");
	sql("INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, since) VALUES ('$tenant', '$id', 'items', now() - interval '90 days')");
	sql("SELECT lealup._wake('upkeep')");
	return $id;
}

sub look_again
{
	my ($id) = @_;
	sql("SELECT lealup.sync_now('$tenant', '$id')");
	return;
}

my $counts = q{SELECT r.mode, r.result, r.seen, r.created, r.updated, r.same, r.deleted, r.failed FROM lealup.sync_run r ORDER BY r.id DESC LIMIT 1};
my $runs = 0;

# Waits for another run to end, and gives its counts.
sub next_run
{
	$runs++;
	wait_until($node, "SELECT count(*) >= $runs FROM lealup.sync_run", 't', timeout => 60);
	$runs = sql('SELECT count(*) FROM lealup.sync_run');
	return sql($counts);
}

# ---- A backfill, then what changes -----------------------------------------

control(op => 'make', from => 1, to => 450);
# The first ones take their time, so that it shows whether others wait for them.
control(op => 'fault', path => '/items/', delay => 1, times => 20);
my $c = new_connection($tenant, 'a1', 'key-of-the-test');
is(next_run(), 'backfill|ok|450|450|0|0|0|0', 'a backfill reads everything');
is(sql("SELECT count(*), count(DISTINCT external_id), min(source), min(channel) FROM lealup.timeline_event WHERE connection_id = '$c'"), '450|450|acme|acme', 'and it is on the timeline');
is(sql('SELECT mode, seen, total IS NULL, state FROM lealup.connection_streams'), 'incremental|450|t|ok', 'the view tells so');
cmp_ok(control(op => 'stats')->{most_at_once}, '>', 10, 'details are read side by side');

look_again($c);
is(next_run(), 'incremental|ok|0|0|0|0|0|0', 'then there is nothing new');
control(op => 'make', from => 449, to => 452);
control(op => 'delete', ids => [ '1', '2' ]);
look_again($c);
is(next_run(), 'incremental|ok|6|2|2|0|2|0', 'what changed, came and went is read');
is(sql("SELECT count(*), max(title) FILTER (WHERE external_id = '449') FROM lealup.timeline_event"), '450|Item 449 v451', 'and the timeline is as the source is');

# ---- Bad records -------------------------------------------------------------

control(op => 'set', id => '500', body => '{"id": "500", "version": "x", "at": "no time", "title": "bad"}');
control(op => 'set', id => '501', body => "<html>\xff</html>");
control(op => 'set', id => '502', body => '{"id": "502", "version": "x", "at": "2026-01-01T00:00:00Z", "title": "a\u0000b \ud800", "from": "x@y.example"}');
control(op => 'set', id => '503', body => ('[' x 100000) . (']' x 100000));
control(op => 'set', id => '504', body => '{"id": "504", "at": "2026-01-01T00:00:00Z", "title": 1e999999}');
control(op => 'make', from => 505, to => 505);
look_again($c);
is(next_run(), 'incremental|partial|6|2|0|0|0|4', 'what cannot be taken in is set aside, the rest comes in');
is(sql("SELECT string_agg(external_id || ' ' || class, ', ' ORDER BY external_id) FROM lealup.record_errors"), '500 invalid, 501 invalid, 503 invalid, 504 invalid', 'each with its reason');
like(sql("SELECT reason FROM lealup.record_errors WHERE external_id = '500'"), qr/no time/, 'which says what is wrong');
is(sql("SELECT title = 'a' || chr(65533) || 'b ' || chr(65533) FROM lealup.timeline_event WHERE external_id = '502'"), 't', 'what no text can hold is replaced');
control(op => 'set', id => "$_", body => qq({"id": "$_", "version": "y", "at": "2026-01-01T00:00:00Z", "title": "mended", "from": "x\@y.example"})) for 501, 503, 504;
is(sql("SELECT lealup.retry_record('$tenant', (SELECT id FROM lealup.record_errors WHERE external_id = '501'))"), 'queued', 'one is tried again');

wait_until($node, "SELECT count(*) FROM lealup.timeline_event WHERE title = 'mended'", '3', timeout => 30);
wait_until($node, "SELECT count(*) FROM lealup.record_errors WHERE external_id <> '500'", '0', timeout => 30);
pass('and is settled, as are those that had changed meanwhile');
is(sql("SELECT resolved, failed, queued FROM lealup.retry_records('$tenant', '$c')"), '0|1|0', 'one whose fault is its own fails again');
control(op => 'delete', ids => ['500']);
look_again($c);
wait_until($node, 'SELECT count(*) FROM lealup.record_errors', '0', timeout => 30);
pass('one that is gone is settled');
$runs = sql('SELECT count(*) FROM lealup.sync_run');

# ---- A provider that has trouble ------------------------------------------------

# Each of these would lose or double something if the cursor went ahead of what was read.
control(op => 'make', from => 600, to => 799);
control(op => 'fault', path => '/items/', status => 500, body => 'Internal error', times => 5, after => 20);
control(op => 'fault', path => '/items/', status => 0, times => 5, after => 60);
control(op => 'fault', path => '/items/', status => 429, headers => { 'Retry-After' => '1' }, times => 3, after => 100);
control(op => 'fault', path => '/items/', status => 403, body => '{"error": {"errors": [{"reason": "rateLimitExceeded"}]}}', headers => { 'Retry-After' => '1' }, times => 3);
look_again($c);
is(next_run(), 'incremental|ok|200|200|0|0|0|0', 'errors, cut connections and limits cost nothing but time');

control(op => 'make', from => 800, to => 810);
control(op => 'fault', path => '/changes', status => 503, headers => { 'Retry-After' => '2' }, times => 1);
look_again($c);
wait_until($node, 'SELECT state, message FROM lealup.connection_streams', 'waiting|the provider answered 503', timeout => 30);
pass('a provider that asks to wait is waited for, and it shows');
is(next_run(), 'incremental|ok|11|11|0|0|0|0', 'then the same run goes on');
cmp_ok(sql('SELECT waited FROM lealup.sync_runs ORDER BY trace_id DESC LIMIT 1'), 'gt', '00:00:01', 'and says how long it waited');

control(op => 'fault', path => '/changes', status => 400, body => '{"error": {"message": "bad cursor syntax"}}');
look_again($c);
is(next_run(), 'incremental|failed|0|0|0|0|0|0', 'what no waiting mends ends the run');
is(sql('SELECT state, message, failures FROM lealup.connection_streams'), 'failing|the provider answered 400: bad cursor syntax|1', 'with what the provider says');
control(op => 'make', from => 811, to => 812);
look_again($c);
is(next_run(), 'incremental|ok|2|2|0|0|0|0', 'and the next one goes on where it was');

# ---- A cursor that is lost -----------------------------------------------------

control(op => 'make', from => 813, to => 820);
control(op => 'lose_cursor');
control(op => 'make', from => 821, to => 825);
look_again($c);
like(next_run(), qr/^backfill\|ok\|\d+\|13\|/, 'a lost cursor is a new backfill, which finds what it missed');
is(sql('SELECT count(*), count(DISTINCT external_id) FROM lealup.timeline_event'), sql('SELECT count(*), count(*) FROM lealup.sync_record WHERE deleted_at IS NULL'), 'and doubles nothing');

# ---- kill -9 --------------------------------------------------------------------

sub kill_worker
{
	my $log = -s $node->logfile;
	kill 'KILL', worker_pid($node, kind => 'sync');
	wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
	wait_until($node, 'SELECT true');
	return;
}

my $d = new_connection($tenant, 'a2', 'key-of-the-test');
sql("UPDATE lealup.provider_stream SET max_in_flight = 5 WHERE provider = 'acme'");
control(op => 'make', from => 1001, to => 3000);
look_again($c);
for my $round (1 .. 4)
{
	usleep(700_000);
	kill_worker();
}
sql("UPDATE lealup.provider_stream SET max_in_flight = 50 WHERE provider = 'acme'");
my $there = q{SELECT count(*), count(DISTINCT id) FROM lealup.sync_record WHERE deleted_at IS NULL AND connection_id = };
wait_until($node, "SELECT (SELECT count(*) FROM lealup.sync_record WHERE deleted_at IS NULL AND connection_id = '$c') = (SELECT count(*) FROM lealup.timeline_event)
	AND bool_and(mode = 'incremental' AND claim_id IS NULL AND last_error IS NULL) FROM lealup.connection_stream", 't', timeout => 90);
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE external_id::int BETWEEN 1001 AND 3000"), 2000, 'killed four times, it has missed nothing');
is(sql("$there '$c'"), sql("$there '$d'"), 'and both connections have the same');
is(sql('SELECT count(*) FROM (SELECT external_id FROM lealup.timeline_event GROUP BY external_id HAVING count(*) > 1) x'), 0, 'once');

# ---- Deleted at one of two ------------------------------------------------------

sql("SELECT lealup.pause_stream('$tenant', '$d', 'items')");
control(op => 'delete', ids => ['3000']);
look_again($c);
wait_until($node, "SELECT deleted_at IS NOT NULL FROM lealup.sync_record WHERE connection_id = '$c' AND id = '3000'", 't');
is(sql(q{SELECT count(*) FROM lealup.timeline_event WHERE external_id = '3000'}), 1, 'what another account still has stays');
sql("SELECT lealup.resume_stream('$tenant', '$d', 'items')");
wait_until($node, q{SELECT count(*) FROM lealup.timeline_event WHERE external_id = '3000'}, '0', timeout => 30);
pass('until that has lost it, too');

# ---- Fairness and idling -----------------------------------------------------------

my $big = sql("SELECT lealup.create_tenant('Big')");
my $small = sql("SELECT lealup.create_tenant('Small')");
control(op => 'fault', path => '/cursor', status => 500, delay => 20, times => 60);
sql(qq{INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) SELECT '$big', 'acme', 'workspace', 'connected', 'h' || n FROM generate_series(1, 60) n});
sql(qq{SELECT lealup._store_secret(tenant_id, id, 'api_key', 'k') FROM lealup.connection WHERE tenant_id = '$big'});
sql(qq{INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, since) SELECT tenant_id, id, 'items', now() FROM lealup.connection WHERE tenant_id = '$big'});
sql("SELECT lealup._wake('upkeep')");
wait_until($node, "SELECT count(*) FROM lealup.connection_stream WHERE tenant_id = '$big' AND claim_id IS NOT NULL", '8', timeout => 30);
control(op => 'fault', path => '/cursor', status => 500, times => 0);
my $s = new_connection($small, 's1', 'k');
wait_until($node, "SELECT claim_id IS NOT NULL OR last_run_at IS NOT NULL FROM lealup.connection_stream WHERE connection_id = '$s'", 't', timeout => 15);
pass('sixty hanging connections of one tenant do not hold up another');

unlike(slurp_file($node->logfile), qr/key-of-the-test/, 'no key is in the log');
$node->stop;
done_testing();
