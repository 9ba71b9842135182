# A transaction that commits late is not skipped: neither its events nor its
# queue rows, although later ones have long been delivered.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
# A session that waits for another one in vain fails instead of hanging.
my $node = new_node('main', conf => q{
	max_prepared_transactions = 5
	lock_timeout = 20s
});
$node->start;
setup_db($node);
my $tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('late')});
my $url = $peer->url('ok');
my $subscription = $node->safe_psql('postgres',
	qq{SELECT lealup.create_subscription('$tenant', '$url', '{customer.*}', rate_limit => 0)});

sub emit
{
	my ($name, $times) = @_;
	$times //= 1;
	return qq{SELECT max(lealup.emit('$tenant', 'customer.created', '{"name":"$name"}')::text) FROM generate_series(1, $times)};
}

# How many requests of that name have come.
sub came
{
	my ($name) = @_;
	return scalar grep { /\\"name\\":\\"$name\\"/ } $peer->lines('ok');
}

sub wait_for_name
{
	my ($name, $times) = @_;
	wait_for("$times of $name", sub { came($name) >= $times }, details => sub { ', got ' . came($name) });
}

# ---- Events ----

my $late = $node->background_psql('postgres');
$late->query_safe('BEGIN');
my $late_id = $late->query_safe(emit('late'));

# Enough for several fan-outs and claims behind the open transaction's ids.
my $early_id = $node->safe_psql('postgres', emit('early', 3000));
wait_for_name('early', 3000);
cmp_ok($early_id, 'gt', $late_id, 'later ids are delivered while an earlier transaction is open');
is(came('late'), 0, 'which is not');
wait_idle($node);
$late->query_safe('COMMIT');
wait_for_name('late', 1);
wait_idle($node);
is(came('late'), 1, 'when it commits, its event is delivered, once');

# The same across a restart of the worker, which knows nothing of before.
$late->query_safe('BEGIN');
$late->query_safe(emit('later'));
my $pid = worker_pid($node);
kill 'TERM', $pid;
worker_pid($node, not => $pid);
$node->safe_psql('postgres', emit('meanwhile', 100));
wait_for_name('meanwhile', 100);
$late->query_safe('COMMIT');
wait_for_name('later', 1);
wait_idle($node);
is(came('later'), 1, 'also if the worker was restarted meanwhile');

# ---- Queue rows ----

my $delivery = $node->safe_psql('postgres', qq{SELECT lealup.delivery_id('$late_id', '$subscription')});
$late->query_safe('BEGIN');
$late->query_safe(qq{SELECT lealup.replay('$tenant', '$delivery')});
$node->safe_psql('postgres', emit('behind', 500));
wait_for_name('behind', 500);
wait_idle($node);
is(came('late'), 1, 'a replay is not sent before its transaction commits');
$late->query_safe('COMMIT');
wait_for_name('late', 2);
wait_idle($node);
is(came('late'), 2, 'and is sent then, although later rows are done');

# The same in the middle of a backlog.
$late->query_safe('BEGIN');
$late->query_safe(qq{SELECT lealup.replay('$tenant', '$delivery')});
$node->safe_psql('postgres', emit('backlog', 5000));
wait_for_name('backlog', 200);
$late->query_safe('COMMIT');
wait_for_name('backlog', 5000);
wait_for_name('late', 3);
wait_idle($node);
is(came('late'), 3, 'also in the middle of a backlog');
is(came('backlog'), 5000, 'of which nothing is sent twice');

# ---- Open transactions hold up nobody else ----

sub unblocked
{
	my ($sql, $name) = @_;
	my $err;
	$node->psql('postgres', $sql, stderr => \$err);
	is($err, '', $name);
}

$late->query_safe('BEGIN');
$late->query_safe(qq{SELECT lealup.replay('$tenant', '$delivery')});
unblocked(qq{SELECT lealup.replay('$tenant', lealup.delivery_id('$early_id', '$subscription'))},
	'one session may replay while another does');
wait_for_name('early', 3001);
$late->query_safe('ROLLBACK');

# The worker has to count this subscription's failures in its locked row.
my $failing = $node->safe_psql('postgres', qq{
	SELECT lealup.create_subscription('$tenant', '@{[ $peer->url('ok', '/status/404') ]}', '{task.*}',
		rate_limit => 0, disable_after_failures => 1000)});
$late->query_safe('BEGIN');
$late->query_safe(qq{SELECT lealup.pause_subscription('$tenant', '$failing')});
$node->safe_psql('postgres', qq{
	SELECT count(lealup.emit('$tenant', 'task.created', '{"name":"refused"}')) FROM generate_series(1, 20)});
wait_for_name('refused', 20);
$node->safe_psql('postgres', emit('unconcerned', 100));
wait_for_name('unconcerned', 100);
wait_until($node, q{
	SELECT count(*) FROM lealup.delivery_attempt a JOIN lealup.event e ON e.tenant_id = a.tenant_id AND e.id = a.event_id
	WHERE e.data ->> 'name' = 'unconcerned' AND a.status = 'success'}, 100);
wait_until($node, q{SELECT count(*) FROM lealup.delivery_queue}, 0);
pass('outcomes are recorded while a subscription is locked');
$late->query_safe('ROLLBACK');
$node->safe_psql('postgres', qq{SELECT lealup.emit('$tenant', 'task.created', '{"name":"refused"}')});
wait_until($node, "SELECT consecutive_failures FROM lealup.subscription WHERE id = '$failing'", 21);
is(came('refused'), 21, 'its failures are counted afterwards, and nothing is sent again');
$late->quit;

# ---- Two-phase commit: the waker is neither the emitter nor in its session ----

$node->safe_psql('postgres', 'BEGIN; ' . emit('prepared', 10) . q{; PREPARE TRANSACTION 'p1'});
$node->safe_psql('postgres', emit('unprepared'));
wait_for_name('unprepared', 1);
is(came('prepared'), 0, 'a prepared transaction is not delivered');
$node->safe_psql('postgres', q{COMMIT PREPARED 'p1'});
wait_for_name('prepared', 10);
pass('COMMIT PREPARED delivers it');

$node->safe_psql('postgres', 'BEGIN; ' . emit('surviving') . q{; PREPARE TRANSACTION 'p2'});
$node->safe_psql('postgres', 'BEGIN; ' . emit('given_up') . q{; PREPARE TRANSACTION 'p3'});
$node->stop('immediate');
$node->start;
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'p3'});
$node->safe_psql('postgres', q{COMMIT PREPARED 'p2'});
wait_for_name('surviving', 1);
wait_idle($node);
is(came('surviving'), 1, 'also one that survived a crash');
is(came('given_up'), 0, 'ROLLBACK PREPARED delivers nothing');

$node->stop;
done_testing();
