# Attacks on the sync engine with running workers: functions and answers that would stop it, and people who change everything at once.
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
my $http = HTTP::Tiny->new;
my $server;

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}

$server = fork() // die;
exec 'python3', "$top/peers/records_server.py", $port if $server == 0;
END { if ($server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }
wait_for('the server', sub { control(op => 'stats') });

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nmax_connections = 50");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sql("\\set base '$base'\n" . slurp_file("$top/providers/acme.sql"));

# A connection, as connect() leaves it.
sub new_connection
{
	my ($tenant) = @_;
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES ('$tenant', 'acme', 'workspace', 'connected', 'acme-1') RETURNING id");
	sql("SELECT lealup._store_secret('$tenant', '$id', 'api_key', 'key-of-the-test')");
	sql("INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, since) VALUES ('$tenant', '$id', 'items', now() - interval '90 days')");
	sql("SELECT lealup._wake('upkeep')");
	return $id;
}

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
control(op => 'make', from => 1, to => 10);
my $c = new_connection($tenant);

# Waits until the feed has been read to its end.
sub read_all
{
	my $before = sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$c'");
	sql("SELECT lealup.sync_now('$tenant', '$c')");
	wait_until($node, "SELECT count(*) > $before FROM lealup.sync_run WHERE connection_id = '$c'", 't', timeout => 120);
	return sql("SELECT result, failed FROM lealup.sync_run WHERE connection_id = '$c' ORDER BY id DESC LIMIT 1");
}

wait_until($node, "SELECT mode FROM lealup.connection_stream WHERE connection_id = '$c'", 'incremental', timeout => 60);

# ---- Answers -----------------------------------------------------------------

# Each pair looked at to the end of the answer would take minutes.
control(op => 'set', id => '11', body => '{"id": "11", "version": "x", "at": "2026-01-01T00:00:00Z", "title": "emojis", "from": "x@y.example", "more": "' . ('\\ud83d\\ude00' x 700_000) . '"}');
is(read_all(), 'ok|0', 'an answer of nothing but surrogates is read');
is(sql("SELECT title FROM lealup.timeline_event WHERE external_id = '11'"), 'emojis', 'and taken in');
control(op => 'set', id => '12', body => '{"id": "12", "version": "x", "at": "2026-01-01T00:00:00Z", "title": "numbers", "more": [' . join(',', ('1e9999') x 200_000) . ']}');
is(read_all(), 'partial|1', 'numbers that would become gigabytes are none');
is(sql("SELECT reason FROM lealup.record_errors WHERE external_id = '12'"), 'the answer is no JSON', 'so that it is no JSON');
unlike(slurp_file($node->logfile), qr/out of memory|invalid memory alloc|string buffer/, 'and nobody tries to write them out');

# ---- Functions ---------------------------------------------------------------

# Operators that would be found first, if the search path that the function sets outlasted it.
sql(q{
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE TABLE evil.loot (who text, path text);
GRANT ALL ON evil.loot TO PUBLIC;
CREATE FUNCTION evil.eq(a text, b text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO evil.loot VALUES (current_user, current_setting('search_path')); RETURN a OPERATOR(pg_catalog.=) b; END $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
CREATE FUNCTION evil.minus(a jsonb, b text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO evil.loot VALUES (current_user, current_setting('search_path')); RETURN a OPERATOR(pg_catalog.-) b; END $$;
CREATE OPERATOR evil.- (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = evil.minus);
CREATE FUNCTION evil.coalesced(a jsonb, b text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO evil.loot VALUES (current_user, current_setting('search_path')); RETURN a OPERATOR(pg_catalog.->>) b; END $$;
CREATE OPERATOR evil.->> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = evil.coalesced);
ALTER FUNCTION acme.request(jsonb) RENAME TO good_request;
CREATE FUNCTION acme.request(call jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', 'evil, pg_catalog', false), pg_advisory_lock(4711);
    RETURN acme.good_request(call);
END $$;});
control(op => 'make', from => 12, to => 30);
control(op => 'delete', ids => ['12']);
is(read_all(), 'ok|0', 'a function that sets the search path');
is(read_all(), 'ok|0', 'does so again');
is(sql('SELECT count(*) FROM evil.loot'), 0, 'but nothing of its schema is called by anybody else');
is(sql('SELECT pg_try_advisory_lock(4711)'), 't', 'and what it locks does not stay locked');
sql('DROP FUNCTION acme.request(jsonb); ALTER FUNCTION acme.good_request(jsonb) RENAME TO request');

# One that does not end is ended; one that does not let itself be ended ends with its process.
sql(q{
ALTER FUNCTION acme.normalize(jsonb, jsonb) RENAME TO good_normalize;
CREATE FUNCTION acme.normalize(call jsonb, record jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF record #>> '{data,title}' = 'slow' THEN
        PERFORM pg_sleep(600);
    END IF;
    WHILE record #>> '{data,title}' = 'stubborn' LOOP
        BEGIN
            PERFORM pg_sleep(600);
        EXCEPTION WHEN query_canceled THEN
            NULL;
        END;
    END LOOP;
    RETURN acme.good_normalize(call, record);
END $$;});
control(op => 'set', id => '31', body => '{"id": "31", "version": "x", "at": "2026-01-01T00:00:00Z", "title": "slow", "from": "x@y.example"}');
is(read_all(), 'partial|1', 'a function that does not end is ended');
like(sql("SELECT reason FROM lealup.record_errors WHERE external_id = '31'"), qr/acme.normalize took more than \d+ s/, 'and the record is set aside');

my $pid = worker_pid($node, kind => 'sync');
control(op => 'set', id => '32', body => '{"id": "32", "version": "x", "at": "2026-01-01T00:00:00Z", "title": "stubborn", "from": "x@y.example"}');
sql("SELECT lealup.sync_now('$tenant', '$c')");
wait_until($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid", '0', timeout => 120);
pass('one that catches that ends with its process');
sql('DROP FUNCTION acme.normalize(jsonb, jsonb); ALTER FUNCTION acme.good_normalize(jsonb, jsonb) RENAME TO normalize');
wait_until($node, "SELECT title FROM lealup.timeline_event WHERE external_id = '32'", 'stubborn', timeout => 120);
pass('and its successor goes on');

# ---- Answers that nobody waits for any more ------------------------------------

my $alone = sql("SELECT lealup.create_tenant('Alone')");
my $given_up = new_connection($alone);
wait_until($node, "SELECT mode FROM lealup.connection_stream WHERE connection_id = '$given_up'", 'incremental', timeout => 60);
# One answer comes while the others are on their way; it finds the stream paused.
control(op => 'make', from => 1, to => 30);
my $items = control(op => 'stats')->{calls}{'/items/'};
control(op => 'fault', path => '/items/', status => 200, delay => 3, times => 1, body => '{"id": "x", "at": "2026-01-01T00:00:00Z", "title": "first"}');
control(op => 'fault', path => '/items/', status => 200, delay => 8, times => 29, body => '{"id": "acme-2", "at": "2026-01-01T00:00:00Z", "title": "another tenant\'s", "cursor": 0}');
sql("SELECT lealup.sync_now('$alone', '$given_up')");
wait_for('the requests', sub { control(op => 'stats')->{calls}{'/items/'} == $items + 30 });
sql("SELECT lealup.pause_stream('$alone', '$given_up', 'items')");
wait_for('the end of the first', sub { control(op => 'stats')->{at_once} < 30 });
my $neighbour = sql("SELECT lealup.create_tenant('Neighbour')");
my $n = new_connection($neighbour);
wait_until($node, "SELECT mode FROM lealup.connection_stream WHERE connection_id = '$n'", 'incremental', timeout => 60);
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE tenant_id = '$neighbour' AND title LIKE 'another%'"), 0, 'nobody gets the answer to what another one asked');
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE tenant_id = '$neighbour' AND external_id::int <= 30"), 30, 'but all of theirs');

# ---- Everything at once --------------------------------------------------------

sql(q{
CREATE FUNCTION acme.heard(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN message -> 'body';
INSERT INTO lealup.provider_inbound (provider, name, signature, handler) VALUES ('acme', 'news', '{"type": "none"}', 'acme.heard');
INSERT INTO lealup.oauth_client (tenant_id, provider, client_id, redirect_uri) VALUES (lealup._installation(), 'acme', 'c', 'https://hub.example/');
CREATE TABLE target (n int PRIMARY KEY, tenant uuid, id uuid);
CREATE FUNCTION hit(n int, op int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t uuid := (SELECT x.tenant FROM target x WHERE x.n = hit.n);
    c uuid := (SELECT x.id FROM target x WHERE x.n = hit.n);
BEGIN
    CASE op
        WHEN 1 THEN PERFORM lealup.pause_connection(t, c);
        WHEN 2, 3 THEN PERFORM lealup.resume_connection(t, c);
        WHEN 4 THEN PERFORM lealup.pause_stream(t, c, 'items');
        WHEN 5, 6 THEN PERFORM lealup.resume_stream(t, c, 'items');
        WHEN 7 THEN PERFORM lealup.retry_records(t, c);
        WHEN 8 THEN PERFORM lealup.update_connection(t, c, '{"backfill": "90 days"}');
        WHEN 9 THEN PERFORM lealup.disconnect(t, c);
        WHEN 10, 11, 12 THEN PERFORM lealup.reconnect(t, c, '{"api_key": "another-key"}');
        WHEN 13, 14, 15 THEN
            INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, next_attempt_at)
            SELECT t, lealup.uuid7(), c, 'news', now(), gen_random_uuid()::text, '{}', convert_to((CASE op
                WHEN 13 THEN '{"hint": ["items"], "account_id": "acme-1"}'
                WHEN 14 THEN '{"hint": ["items"], "records": {"items": [{"id": "900", "data": {"id": "900", "title": "heard", "at": "2026-01-01T00:00:00Z"}}, {"id": "5", "deleted": true}]}}'
                ELSE '{"hint": ["items"], "disconnect": "it was revoked"}' END), 'UTF8'), now();
            PERFORM lealup._wake('upkeep');
        WHEN 16 THEN PERFORM lealup.sync_now(t, c, 'items');
        WHEN 17 THEN PERFORM lealup._connection_upkeep(clock_timestamp(), 10);
        WHEN 18 THEN PERFORM count(*) FROM lealup.connections x WHERE x.tenant_id = t;
        ELSE PERFORM lealup.sync_now(t, c);
    END CASE;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NULL;
END $$;});
for my $n (1 .. 6)
{
	my $t = sql("SELECT lealup.create_tenant('Tenant $n')");
	my $id = new_connection($t);
	sql("INSERT INTO target VALUES ($n, '$t', '$id')");
}
my $seconds = $ENV{LEALUP_STRESS_SECONDS} // 20;
my $script = $node->basedir . '/hit.sql';
append_to_file($script, "\\set n random(1, 6)\n\\set op random(1, 20)\nSELECT hit(:n, :op);\n");
my $log = -s $node->logfile;
control(op => 'make', from => 1, to => 300);
$node->command_ok([ 'pgbench', '-n', '-T', $seconds, '-c', 8, '-R', 400, '-f', $script, '-p', $node->port, '-h', $node->host, 'postgres' ], 'people and notifications change connections while they are read');
my $said = slurp_file($node->logfile, $log);
unlike($said, qr/deadlock detected/, 'nobody waits for each other');
unlike($said, qr/terminated by signal|TRAP/, 'nothing crashes');
unlike($said, qr/It was connected with|did not say whose account/, 'nobody is told what another one asked for');

sql("DELETE FROM lealup.inbox");
sql("SELECT lealup.reconnect(tenant, id, '{\"api_key\": \"last-key\"}') FROM target");
wait_until($node, "SELECT count(*) FROM lealup.connection c JOIN target t USING (id) WHERE c.state = 'connected'", '6', timeout => 60);
sql("SELECT lealup.resume_connection(tenant, id), lealup.resume_stream(tenant, id, 'items') FROM target");
sql("SELECT lealup.update_connection(tenant, id, '{\"backfill\": \"30 days\"}') FROM target");
wait_until($node, "SELECT bool_and(s.mode = 'incremental' AND s.last_error IS NULL AND s.claim_id IS NULL) FROM lealup.connection_stream s JOIN target t ON t.id = s.connection_id", 't', timeout => 120);
my $there = sql("SELECT string_agg(DISTINCT e.external_id, ',' ORDER BY e.external_id) FROM lealup.timeline_event e JOIN target t ON t.tenant = e.tenant_id WHERE e.external_id <> '900'");
is(sql("SELECT t.n, string_agg(x.id || coalesce(': ' || r.reason, ''), ', ') FROM target t CROSS JOIN unnest(string_to_array('$there', ',')) x(id)
	LEFT JOIN lealup.record_error r ON r.tenant_id = t.tenant AND r.external_id = x.id
	WHERE NOT EXISTS (SELECT FROM lealup.timeline_event e WHERE e.tenant_id = t.tenant AND e.external_id = x.id) GROUP BY t.n"), '', 'then all have come to the same');
unlike(slurp_file($node->logfile), qr/key-of-the-test|another-key|last-key/, 'no key is in the log');

# ---- DROP while it syncs -------------------------------------------------------

control(op => 'make', from => 1, to => 300);
sql("SELECT lealup.sync_now(tenant, id) FROM target");
$log = -s $node->logfile;
sql('DROP EXTENSION lealup CASCADE');
wait_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'lealup%' AND datname = 'postgres'", '0', timeout => 60);
unlike(slurp_file($node->logfile, $log), qr/deadlock detected|terminated by signal|TRAP/, 'the extension can be dropped while it syncs');

$node->stop;
done_testing();
