# A dump restored into another database has every row, and is silent until lealup.adopt().
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $node = new_node('main');
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
# The workers have done what else they do: secrets of tenants at home are re-encrypted, leaves are made ahead.
my $settled = q{SELECT NOT EXISTS (SELECT FROM lealup._missing_leaves(now()))
	AND NOT EXISTS (SELECT FROM lealup._sealed_secrets('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'))};
wait_until($node, $settled, 't', db => 'source');

# ---- Dump and restore while workers run -----------------------------------

my $before = contents('source');
my $requests = scalar $peer->requests;
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
	AND NOT c.relispartition AND NOT c.relrowsecurity AND c.relname NOT IN ('event_type', 'lexicon', 'route', 'api_schema', 'oidc_key_set') AND c.relname !~ '^provider'}), 0, 'and row-level security');

# ---- Silence --------------------------------------------------------------

# What follows would go out if the target's workers took these tenants for theirs.
sql('target', q{SELECT lealup.resume_subscription(tenant_id, id) FROM lealup.subscription WHERE status = 'paused'});
sql('target', 'UPDATE lealup.delivery_queue SET next_attempt_at = now()');
emit('target', 'customer.created', 'Standard', 'target only');
sql('target', qq{SELECT lealup.create_subscription(lealup.create_tenant('Own'), '$ok', '{*}')});
emit('target', 'customer.created', 'Own', 'own');
wait_until($node, q{SELECT count(*) FROM lealup.delivery d JOIN lealup.tenant t USING (tenant_id)
	WHERE t.name = 'Own' AND d.status = 'success'}, 1, db => 'target');
is(scalar($peer->requests), $requests + 1, "the target's workers serve its own tenant only");
is(sql('target', 'SELECT count(*) FROM lealup.outbox') . sql('target', 'SELECT count(*) FROM lealup.delivery_queue'), 22,
	'everything else stays pending');
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
