# A dump restored into another database has every row, and is silent until lealup.adopt().
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
# What the connections read.
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $server = fork() // die;
exec 'python3', dirname(__FILE__) . '/../peers/records_server.py', $port if $server == 0;
END { if ($server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }
sub control
{
	my (%message) = @_;
	my $answer = HTTP::Tiny->new->post("http://127.0.0.1:$port/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}
sub calls { my $calls = control(op => 'stats')->{calls}; my $n = 0; $n += $_ for values %$calls; return $n; }
wait_for('the server', sub { control(op => 'stats') });
my $node = new_node('main', conf => "lealup.public_url = 'https://hub.example.com'");
$node->start;
setup_db($node, 'source');
my $dump = PostgreSQL::Test::Utils::tempdir('dump') . '/source.dump';

sub sql
{
	my ($db, $sql) = @_;
	return $node->safe_psql($db, $sql);
}

sub emit
{
	my ($db, $type, $tenant, $which) = @_;
	sql($db, qq(SELECT lealup.emit(tenant_id, '$type', '{"which": "$which"}', idempotency_key => '$which')
		FROM lealup.tenant WHERE name = '$tenant'));
	return;
}

sub received
{
	my ($which) = @_;
	return scalar grep { $_->{body} =~ /"which": "$which"/ } $peer->requests('ok');
}

# Count and checksum of the rows of every table; logs by their root, however they are partitioned.
sub contents
{
	my ($db) = @_;
	my @tables = split /\n/, sql($db, q{SELECT relname FROM pg_class
		WHERE relnamespace = 'lealup'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1});
	return { map { $_ => sql($db, qq{SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')
		FROM lealup.$_ t}) } @tables };
}

# ---- A database with everything in it -------------------------------------

# Standard is served here; Away's home is elsewhere, as in a copy, so its events stay in the outbox.
sql('source', q{SELECT lealup.create_tenant('Standard'), lealup.create_tenant('Scale', 'scale'), lealup.create_tenant('Away');
	UPDATE lealup.tenant SET home = 'elsewhere' WHERE name = 'Away';
	CREATE ROLE bound; SELECT lealup.grant_access('bound', 'app', tenant_id) FROM lealup.tenant WHERE name = 'Scale';
	SELECT lealup.register_event_type(tenant_id, 'custom.made', 'Made by a tenant.') FROM lealup.tenant WHERE name = 'Scale'});
my $key = sql('source', q{SELECT lealup.create_api_key(tenant_id, 'dumped', '{webhooks:read}') FROM lealup.tenant WHERE name = 'Standard'});
my $ok = $peer->url('ok');
my $hold = $peer->url('ok', '/hold/dump');
my $fails = $peer->url('ok', '/status/503');
sql('source', qq{SELECT lealup.create_subscription(tenant_id, '$ok', '{customer.*}', headers => '{"X-Key": "value"}') FROM lealup.tenant;
	SELECT lealup.create_subscription(tenant_id, '$fails', '{renewal.*}', retry_schedule => '{0, 7 days}') FROM lealup.tenant;
	SELECT lealup.create_subscription(tenant_id, '$ok', '{health.*}') FROM lealup.tenant WHERE name = 'Standard'});
emit('source', 'customer.created', $_, "$_ done") for 'Standard', 'Scale';
emit('source', 'renewal.approaching', 'Standard', 'retried');
emit('source', 'customer.created', 'Away', 'waits');
# What triggers make of a message and a meeting is dumped, too, and not made again.
sql('source', q{SET lealup.suppress_events = on;
	INSERT INTO lealup.customer (tenant_id, name) SELECT tenant_id, 'Globex' FROM lealup.tenant WHERE name <> 'Away';
	RESET lealup.suppress_events;
	INSERT INTO lealup.timeline_event (tenant_id, customer_id, kind, direction, body) SELECT tenant_id, id, 'email', 'in', 'Please cancel our subscription' FROM lealup.customer;
	INSERT INTO lealup.meeting (tenant_id, customer_id, title, starts_at, ends_at) SELECT tenant_id, id, 'Review', now() + '1 hour', now() + '2 hours' FROM lealup.customer;
	SELECT lealup.prepare_briefing(tenant_id, id) FROM lealup.meeting;
	INSERT INTO lealup.tenant_phrase (tenant_id, class, phrase) SELECT tenant_id, 'competitor', 'zebrasoft' FROM lealup.tenant});
is(sql('source', q{SELECT (SELECT count(*) FROM lealup.detected_issue), (SELECT count(*) FROM lealup.meeting_briefing)}), '2|2', 'there is what triggers make');
wait_until($node, q{SELECT (SELECT count(*) FROM lealup.outbox), (SELECT string_agg(attempt_no::text, ',') FROM lealup.delivery_queue)},
	'1|2', db => 'source');
# One delivery is held, because its subscription is paused.
sql('source', q{SELECT lealup.pause_subscription(tenant_id, id) FROM lealup.subscription WHERE 'health.*' = ANY (events)});
emit('source', 'health.changed', 'Standard', 'held');
wait_until($node, 'SELECT count(*) FROM lealup.delivery_queue', 2, db => 'source');
# A provider that somebody added, what a connection to it brought and what it could not take in, and a connection that is being made. Of Away,
# nothing was read yet, and a notification waits.
my %secret = ('API key' => 'key-of-the-connection', 'client secret' => 'secret-of-the-client', 'secret of the installation' => 'secret-of-the-installation');
control(op => 'make', from => 1, to => 5);
control(op => 'set', id => '6', body => '{"id": "6", "version": "x", "at": "no time", "title": "bad"}');
$node->safe_psql('source', "\\set base 'http://127.0.0.1:$port'\n" . slurp_file(dirname(__FILE__) . '/../providers/acme.sql') . q{
	CREATE FUNCTION acme.news(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN '{"hint": ["items"]}'::jsonb;
	UPDATE lealup.provider_stream SET period = '1 day', slowest_period = '1 day' WHERE provider = 'acme';
	INSERT INTO lealup.provider_budget (provider, name, per, units, period) VALUES ('acme', 'all', 'client', 6000, '1 min');
	INSERT INTO lealup.provider_operation (provider, name, title, audience) VALUES ('acme', 'write', 'Write', 'customer');
	INSERT INTO lealup.provider_inbound (provider, name, signature, handler) VALUES ('acme', 'news', '{"type": "token", "in": "header", "name": "x-token"}', 'acme.news')});
sql('source', qq{SELECT lealup.connect(tenant_id, 'acme', options => '{"api_key": "$secret{'API key'}"}') FROM lealup.tenant WHERE name IN ('Standard', 'Away');
	SELECT lealup.set_oauth_client(NULL, 'gmail', 'client', '$secret{'secret of the installation'}', 'https://hub.example.com/v1/oauth/callback');
	SELECT lealup.set_oauth_client(tenant_id, 'gmail', 'client', '$secret{'client secret'}', 'https://hub.example.com/v1/oauth/callback') FROM lealup.tenant WHERE name = 'Scale';
	INSERT INTO lealup.member (tenant_id, email) SELECT tenant_id, 'ana\@team.example' FROM lealup.tenant WHERE name = 'Scale';
	INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, body, status, next_attempt_at)
	SELECT t.tenant_id, lealup.uuid7(), c.id, 'news', now(), 'n1', '{}', 'hello', CASE t.name WHEN 'Away' THEN 'pending' ELSE 'failed' END, now()
	FROM lealup.connection c JOIN lealup.tenant t USING (tenant_id)});
($secret{'URL for notifications'}) = sql('source', q{SELECT lealup.inbound_url(c.tenant_id, c.id) FROM lealup.connection c JOIN lealup.tenant t USING (tenant_id) WHERE t.name = 'Standard'}) =~ m{/([0-9a-f]{64})$};
$secret{'secret of notifications'} = sql('source', q{SELECT lealup.set_inbound_secret(c.tenant_id, c.id) FROM lealup.connection c JOIN lealup.tenant t USING (tenant_id) WHERE t.name = 'Standard'});
($secret{'state'}) = sql('source', q{SELECT authorization_url FROM lealup.member m, lealup.connect(m.tenant_id, 'gmail', m.id)}) =~ /[?&]state=([^&]+)/;
wait_until($node, q{SELECT s.mode || ' ' || (s.next_run_at > now() + interval '1 hour') FROM lealup.connection_stream s}, 'incremental true', db => 'source');
is(sql('source', q{SELECT (SELECT count(*) FROM lealup.sync_record), (SELECT count(*) FROM lealup.record_error), (SELECT count(*) FROM lealup.sync_run), (SELECT count(*) FROM lealup.connection),
	(SELECT count(*) FROM lealup.oauth_state), (SELECT count(*) FROM lealup.timeline_event WHERE source = 'acme')}), '5|1|1|3|1|5', 'there is what connections make');
is(sql('source', q{SELECT count(*) FROM lealup.provider_inbound WHERE provider = 'gmail'}), 1, 'beside what is built in');
# The workers have done what else they do: secrets of tenants at home are re-encrypted, leaves are made ahead.
my $settled = q{SELECT NOT EXISTS (SELECT FROM lealup._missing_leaves(now()))
	AND NOT EXISTS (SELECT FROM lealup._sealed_secrets('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'))};
wait_until($node, $settled, 't', db => 'source');

# ---- Dump and restore while workers run -----------------------------------

my $before = contents('source');
my $requests = scalar $peer->requests;
my $calls = calls();
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('source') ], 'pg_dump works');
sql('postgres', 'CREATE DATABASE target');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('target'), $dump ], 'pg_restore works');
worker_pid($node, db => 'target', kind => $_) for 'sync', 'delivery';
is_deeply(contents('target'), $before, 'the target has the same rows');
is_deeply(contents('source'), $before, 'and the source, too');
my $partitions = q{SELECT string_agg(c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid), ', ' ORDER BY c.relname) FROM pg_class c
	WHERE c.relnamespace = 'lealup'::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p')};
is(sql('target', $partitions), sql('source', $partitions), 'with the same partitions');
is(sql('target', q{SELECT has_function_privilege('bound', 'lealup.emit(uuid, text, json, uuid, jsonb, text)', 'EXECUTE')}), 't',
	'and privileges');
is(sql('target', q{SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'lealup'::regnamespace AND c.relkind IN ('r', 'p')
	AND NOT c.relispartition AND NOT c.relrowsecurity AND c.relname NOT IN ('event_type', 'lexicon', 'route', 'api_schema', 'oidc_key_set') AND c.relname !~ '^provider(_|$)'}), 0, 'and row-level security');
# In the archive data is compressed, so that one as text is looked through.
$node->command_ok([ 'pg_dump', '-f', "$dump.text", '-d', $node->connstr('source') ], 'a dump as text');
my $text = slurp_file("$dump.text");
like($text, qr/acme-1/, 'tells which account is connected');
for my $name (sort keys %secret)
{
	cmp_ok(length $secret{$name}, '>=', 20, "there is a $name");
	unlike($text, qr/\Q$secret{$name}\E/, 'which it does not tell');
	unlike($text, qr/@{[ unpack 'H*', $secret{$name} ]}/, 'also not in hexadecimal');
}

# ---- Silence --------------------------------------------------------------

# What follows would go out if the target's workers took these tenants for theirs.
sql('target', q{SELECT lealup.resume_subscription(tenant_id, id) FROM lealup.subscription WHERE status = 'paused'});
sql('target', 'UPDATE lealup.delivery_queue SET next_attempt_at = now()');
sql('target', q{UPDATE lealup.connection_stream SET next_run_at = now(), hinted_at = now(); UPDATE lealup.inbox SET status = 'pending', next_attempt_at = now();
	INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at) SELECT tenant_id, id, 'refresh', now() FROM lealup.connection WHERE provider = 'acme' AND state = 'connected';
	SELECT lealup._wake('upkeep')});
emit('target', 'customer.created', 'Standard', 'target only');
sql('target', qq{SELECT lealup.create_subscription(lealup.create_tenant('Own'), '$ok', '{*}')});
emit('target', 'customer.created', 'Own', 'own');
wait_until($node, q{SELECT count(*) FROM lealup.delivery d JOIN lealup.tenant t USING (tenant_id)
	WHERE t.name = 'Own' AND d.status = 'success'}, 1, db => 'target');
is(scalar($peer->requests), $requests + 1, "the target's workers serve its own tenant only");
is(sql('target', 'SELECT count(*) FROM lealup.outbox') . sql('target', 'SELECT count(*) FROM lealup.delivery_queue'), 22,
	'everything else stays pending');
# The copy's own connection is read, those that came with the dump are not; nor are their notifications understood, or tokens refreshed.
my $pending = q{SELECT (SELECT string_agg(t.name || ' ' || (s.claim_id IS NULL AND s.next_run_at <= now()), ',') FROM lealup.connection_stream s JOIN lealup.tenant t USING (tenant_id) WHERE t.name <> 'Own'),
	(SELECT string_agg(t.name || ' ' || j.kind || ' ' || (j.claim_id IS NULL AND j.due_at <= now()) || ' ' || j.attempts, ',' ORDER BY t.name) FROM lealup.connection_job j JOIN lealup.tenant t USING (tenant_id) WHERE t.name <> 'Own'),
	(SELECT string_agg(t.name || ' ' || x.status || ' ' || x.attempts, ',' ORDER BY t.name) FROM lealup.inbox x JOIN lealup.tenant t USING (tenant_id))};
is(calls(), $calls, 'the copy has read nothing');
sql('target', q{SELECT lealup.connect(tenant_id, 'acme', options => '{"api_key": "of-its-own"}') FROM lealup.tenant WHERE name = 'Own'});
wait_until($node, q{SELECT count(*) FROM lealup.timeline_event e JOIN lealup.tenant t USING (tenant_id) WHERE t.name = 'Own'}, 5, db => 'target');
is(sql('target', $pending), 'Standard true|Away identity true 0,Standard refresh true 0|Away pending 0,Standard pending 0', 'but for its own tenant');
is(sql('target', q{SELECT count(*) FROM lealup.sync_run r JOIN lealup.tenant t USING (tenant_id) WHERE t.name <> 'Own'}), 1, 'by no run');
sql('target', q{DELETE FROM lealup.connection_job WHERE kind = 'refresh'; UPDATE lealup.inbox SET status = 'failed' WHERE tenant_id = (SELECT tenant_id FROM lealup.tenant WHERE name = 'Standard')});
# The source goes on meanwhile.
emit('source', 'customer.created', 'Standard', 'source goes on');
wait_until($node, 'SELECT count(*) FROM lealup.outbox', 1, db => 'source');
wait_for('the source to go on', sub { received('source goes on') });
is(scalar($peer->requests), $requests + 2, 'and nothing was sent twice');

# ---- Adoption -------------------------------------------------------------

sql('postgres', 'ALTER DATABASE source RENAME TO retired');
sql('retired', 'DROP EXTENSION lealup');
sql('target', q{SELECT lealup.update_subscription(tenant_id, id, url => '} . $ok . q{') FROM lealup.subscription WHERE url LIKE '%503'});
is(sql('target', 'SELECT lealup.adopt()'), 3, 'adopt() takes over the tenants that came with the dump');
wait_idle($node, db => 'target');
is_deeply({ map { $_ => received($_) } 'held', 'waits', 'target only', 'retried', 'own', 'Standard done', 'Scale done' },
	{ 'held' => 1, 'waits' => 1, 'target only' => 1, 'retried' => 2, 'own' => 1, 'Standard done' => 1, 'Scale done' => 1 },
	'what was pending is then sent, and nothing else');
is(sql('target', q{SELECT string_agg(status || ' ' || attempts, ', ' ORDER BY attempts)
	FROM lealup.delivery WHERE id = (SELECT delivery_id FROM lealup.delivery_attempt WHERE status = 'retrying')}), 'success 2',
	'a retry goes on with its next attempt');
is(sql('target', q{SELECT count(*) FROM lealup.audit WHERE action = 'tenant.adopt'}), 3, 'the adoption is in the audit trail');
wait_until($node, q{SELECT string_agg(DISTINCT concat_ws(' ', t.name, r.mode, r.result, r.created, r.failed), ', ') FROM lealup.sync_run r JOIN lealup.tenant t USING (tenant_id)
	WHERE t.name = 'Standard' OR t.name = 'Away' AND r.mode = 'backfill'}, 'Away backfill partial 5 1, Standard backfill partial 5 1, Standard incremental ok 0 0', db => 'target');
pass('connections go on where they were, or begin');
is(sql('target', q{SELECT string_agg(t.name || ' ' || n, ', ' ORDER BY t.name) FROM (SELECT tenant_id, count(*) AS n FROM lealup.timeline_event WHERE source = 'acme' GROUP BY 1) e JOIN lealup.tenant t USING (tenant_id)}),
	'Away 5, Own 5, Standard 5', 'and bring nothing twice');
wait_until($node, q{SELECT x.status FROM lealup.inbox x JOIN lealup.tenant t USING (tenant_id) WHERE t.name = 'Away'}, 'done', db => 'target');
emit('target', 'customer.created', 'Standard', 'Standard done');
emit('target', 'custom.made', 'Scale', 'after');
wait_idle($node, db => 'target');
is(received('Standard done'), 1, 'idempotency keys came with the dump');
is(sql('target', 'SELECT lealup.adopt()'), 0, 'adopting again changes nothing');

# The adopted database can be dumped and restored itself, also as a script.
wait_until($node, $settled, 't', db => 'target');
my $script = "$dump.sql";
$node->command_ok([ 'pg_dump', '-f', $script, '-d', $node->connstr('target') ], 'pg_dump of the copy works');
sql('postgres', 'CREATE DATABASE again');
$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', $script, '-d', $node->connstr('again') ], 'its script, too');
is_deeply(contents('again'), contents('target'), 'with the same rows');

is(sql('target', qq{SELECT status FROM lealup.http_request('GET', '/v1/webhook-subscriptions', NULL, '{"authorization": "Bearer $key"}', NULL)}), 200,
	'API keys open the copy as well');

$node->stop;
done_testing();
