# Settings that take effect when the configuration is reloaded, and how delivery workers share the endpoints.
use strict;
use warnings;

use LealupTest;
use Test::More;

# So many that hardly ever one worker of three owns them all.
my $endpoints = 24;
my $peer = start_peer(ok => $endpoints);
my $node = new_node('main');
$node->start;
setup_db($node);
$node->safe_psql('postgres', "SELECT lealup.create_tenant('Acme')");
$node->safe_psql('postgres', join ';', map {
	my $url = $peer->url("ok$_", '/hold/all', '127.0.0.1');
	"SELECT lealup.create_subscription(tenant_id, '$url', '{customer.*}', timeout => '30 s') FROM lealup.tenant" } 1 .. $endpoints);
my $single = $peer->url('ok', '/single');
$node->safe_psql('postgres', "SELECT lealup.create_subscription(tenant_id, '$single', '{health.*}') FROM lealup.tenant");

sub set
{
	my ($name, $value) = @_;
	$node->safe_psql('postgres', "ALTER SYSTEM SET lealup.$name = '$value'");
	$node->reload;
	return;
}

sub emit
{
	my ($type) = @_;
	$node->safe_psql('postgres', "SELECT lealup.emit(tenant_id, '$type', '{}') FROM lealup.tenant");
	return;
}

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub wait_for_workers
{
	my ($count) = @_;
	wait_until($node, q{SELECT count(*), count(*) FILTER (WHERE state = 'running'),
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup delivery')
		FROM lealup.worker_status WHERE worker LIKE 'delivery%'}, "$count|$count|$count");
	return;
}

sub held
{
	return scalar grep { $_->{path} eq '/hold/all' } $peer->requests;
}

sub release_until_idle
{
	wait_for('an idle queue', sub {
		$peer->ask('/release/all');
		query('SELECT NOT EXISTS (SELECT FROM lealup.outbox) AND NOT EXISTS (SELECT FROM lealup.delivery_queue)') eq 't' });
	return;
}

# ---- More and fewer delivery workers --------------------------------------

wait_for_workers(1);
my $first = worker_pid($node);
set('delivery_workers', 3);
wait_for_workers(3);
ok((grep { $_ == $first } worker_pids($node)), 'workers are added to the one that runs');

emit('customer.created');
wait_until($node, 'SELECT sum(in_flight) FROM lealup.worker_status', $endpoints);
wait_for('the requests', sub { held() >= $endpoints });
is(held(), $endpoints, 'three workers send to all endpoints, to each once');
cmp_ok(query(q{SELECT count(*) FROM lealup.worker_status WHERE in_flight > 0}), '>', 1, 'and share them');

# The third worker finishes what it has begun and ends for good; the two others take its endpoints over.
my $pid = query(q{SELECT pid FROM lealup.worker_status WHERE worker = 'delivery 3'});
set('delivery_workers', 2);
wait_until($node, q{SELECT state FROM lealup.worker_status WHERE worker = 'delivery 3'}, 'draining');
release_until_idle();
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup delivery'}, 2);
ok(!(grep { $_ == $pid } worker_pids($node)), 'the worker that is one too many ends');
wait_for_workers(2);
is(query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), $endpoints, 'everything was delivered');
is(query('SELECT count(*) FROM lealup.delivery_attempt'), $endpoints, 'in one attempt each');

# One that ends for a moment hands its endpoints over and gets some again.
emit('customer.created');
wait_until($node, 'SELECT sum(in_flight) FROM lealup.worker_status', $endpoints);
$pid = worker_pid($node);
kill 'TERM', $pid;
wait_for('its end', sub { !grep { $_ == $pid } worker_pids($node) });
release_until_idle();
wait_for_workers(2);
is(query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), 2 * $endpoints, 'so do those of a worker that was killed');

set('delivery_workers', 1);
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup delivery'}, 1);
wait_for_workers(1);
emit('customer.created');
wait_until($node, 'SELECT sum(in_flight) FROM lealup.worker_status', $endpoints);
release_until_idle();
is(query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), 3 * $endpoints, 'one worker alone sends to all endpoints');
is(query(q{SELECT count(*) FROM lealup.delivery_attempt WHERE status <> 'success'}), 0, 'nothing failed');
is(query(q{SELECT count(*) - count(DISTINCT delivery_id) FROM lealup.delivery_attempt}), 0, 'or was recorded twice');

# ---- lealup.enabled -------------------------------------------------------

set('enabled', 'off');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('lealup sync', 'lealup delivery')}, 0);
is(query(q{SELECT state, hint LIKE '%lealup.enabled%' FROM lealup.worker_status WHERE worker = 'launcher'}), 'disabled|t',
	'lealup.enabled = off ends the workers, and worker_status tells it');
emit('health.changed');
is(query('SELECT count(*) FROM lealup.outbox'), 1, 'events are kept');
emit('health.changed');
query(q{INSERT INTO lealup.delivery_queue (tenant_id, id, subscription_id, event_id, next_attempt_at, retention_class, attempt_no, first_attempt_no, trigger)
	SELECT o.tenant_id, lealup.delivery_id(o.id, s.id), s.id, o.id, now(), o.retention_class, 1, 1, 'replay'
	FROM lealup.outbox o, lealup.subscription s WHERE s.events = '{health.*}' ORDER BY o.id DESC LIMIT 1});
set('enabled', 'on');
wait_idle($node);
is(scalar($peer->requests('ok')), 2, 'and delivered when it is on again, once, also what is queued already');
wait_for_workers(1);

# ---- lealup.allow_http ----------------------------------------------------

set('allow_http', 'off');
wait_until($node, 'SHOW lealup.allow_http', 'off');
my ($status, $out, $err) = $node->psql('postgres',
	"SELECT lealup.create_subscription(tenant_id, '$single', '{health.*}') FROM lealup.tenant");
like($err, qr/https/, 'without lealup.allow_http an http URL is refused');
# A worker may see the new setting later than this session: events until then go out.
wait_for('a refused delivery', sub {
	emit('health.changed');
	wait_idle($node);
	query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'failed'}) > 0 });
like(query(q{SELECT DISTINCT error FROM lealup.delivery WHERE status = 'failed'}), qr/https/, 'and what goes to one fails, with the reason');
my $received = scalar $peer->requests('ok');
my $failed = query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'failed'});
set('allow_http', 'on');
wait_until($node, 'SHOW lealup.allow_http', 'on');
wait_for('the failed deliveries to be recovered', sub {
	query(q{SELECT lealup.recover(s.tenant_id, s.id, now() - interval '1 day') FROM lealup.subscription s WHERE 'health.*' = ANY (events)});
	wait_idle($node);
	query(q{SELECT count(*) FROM lealup.delivery WHERE status = 'failed'}) == 0 });
is(scalar($peer->requests('ok')), $received + $failed, 'which can be sent again when it is allowed');

$node->stop;
done_testing();
