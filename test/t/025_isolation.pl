# One endpoint's trouble is its own: a hanging one does not hold up others, and caps and rates hold.
use strict;
use warnings;

use LealupTest;
use List::Util qw(max sum0);
use Test::More;

my $peer = start_peer(ok => 10);
my $node = new_node('isolation');
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub create_tenant { return sql("SELECT lealup.create_tenant('Tenant')") }

# Options are SQL expressions by parameter name.  Nothing but the test of the rate has to wait for the rate.
sub subscribe
{
	my ($tenant, $type, $url, %opt) = @_;
	%opt = (rate_limit => 0, timeout => "'30 s'", retry_schedule => "'{0, 1 h}'", %opt);
	my $options = join '', map { defined $opt{$_} ? ", $_ => $opt{$_}" : () } sort keys %opt;
	return sql("SELECT lealup.create_subscription('$tenant', '$url', ARRAY['$type']$options)");
}

sub emit
{
	my ($tenant, $type, $n) = @_;
	sql("SELECT count(lealup.emit('$tenant', '$type', '{}')) FROM generate_series(1, $n)");
	return;
}

sub set
{
	my ($name, $value) = @_;
	sql("ALTER SYSTEM SET $name = '$value'");
	$node->reload;
	wait_until($node, "SHOW $name", $value);
	return;
}

sub fanned_out { wait_until($node, 'SELECT NOT EXISTS (SELECT FROM lealup.outbox)'); return }
sub pending { return sql("SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id IN (" . join(',', map { "'$_'" } @_) . ')') }
sub wait_done { my ($n, @of) = @_; wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE status = 'success' AND attempts = 1 AND subscription_id IN ("
	. join(',', map { "'$_'" } @of) . ')', $n); return }
sub counters { my $count = $peer->ask('/count'); return map { $count->{$_} // {} } @_ }
sub in_flight { return sum0(map { $_->{in_flight} // 0 } counters(@_)) }

# Answers what is held until nothing more comes.
sub release_all
{
	my ($tenant, @names) = @_;
	wait_for('the held requests', sub {
		$peer->ask("/release/$_") for @names;
		sql("SELECT NOT EXISTS (SELECT FROM lealup.outbox) AND NOT EXISTS (SELECT FROM lealup.delivery_queue WHERE tenant_id = '$tenant')") eq 't';
	});
	return;
}

# ---- An endpoint that hangs, with a backlog ----

my $tenant = create_tenant();
my $other_tenant = create_tenant();
my $hanging = subscribe($tenant, 'customer.created', $peer->url('hang'), timeout => "'5 s'");
my $neighbour = subscribe($tenant, 'customer.created', $peer->url('ok1'));
my $brief = subscribe($tenant, 'customer.created', $peer->url('ok2'));
my $others = subscribe($other_tenant, 'customer.created', $peer->url('ok3'));
emit($tenant, 'customer.created', 1000);
emit($other_tenant, 'customer.created', 1000);
wait_done(3000, $neighbour, $brief, $others);
is(pending($hanging), 1000, 'everything is delivered to healthy endpoints while the backlog of a hanging one is pending');
wait_for('requests that hang', sub { in_flight('hang') });
emit($_, 'customer.created', 500) for $tenant, $other_tenant;
wait_done(4500, $neighbour, $brief, $others);
is(pending($hanging), 1500, 'and so is what comes later');
cmp_ok((counters('hang'))[0]{max_in_flight}, '<=', 50, 'the hanging one has no more than its share in flight');
sql("SELECT lealup.delete_subscription('$tenant', '$hanging')");

# Many that hang, so that together they may take every slot: once they time out they hold few.
my @hanging = map { subscribe($tenant, 'customer.deleted', $peer->url($_), timeout => "'1 s'", retry_schedule => "'{0, 1 s, 1 h}'") }
  qw(hang hang hang_headers hang_body hang_accept drip drip_headers);
my $healthy = subscribe($tenant, 'customer.deleted', $peer->url('ok4'));
set('lealup.max_in_flight', 100);
emit($tenant, 'customer.deleted', 300);
wait_done(300, $healthy);
is(pending(@hanging), 300 * @hanging, 'healthy ones get through where the hanging ones have more than all slots');
sql("SELECT lealup.delete_subscription('$tenant', id) FROM lealup.subscription WHERE tenant_id = '$tenant' AND status <> 'deleted'");
wait_until($node, "SELECT in_flight FROM lealup.worker_status WHERE worker LIKE 'delivery%'", 0);
wait_until($node, 'SELECT count(*) FROM lealup.delivery_queue', 0);
set('lealup.max_in_flight', 1000);

# ---- Caps of what is in flight ----

# Each case holds the requests, waits until the cap is reached, and releases them round by round.
sub capped
{
	my ($what, $cap, $names, $subscriptions, $per_subscription) = @_;
	my $t = create_tenant();
	my @of = map { subscribe($t, 'customer.updated', $_->[0], @{$_}[ 1 .. $#$_ ]) } @$subscriptions;
	emit($t, 'customer.updated', $per_subscription);
	fanned_out();
	wait_for("$what: $cap in flight", sub { in_flight(@$names) >= $cap }, details => sub { ', there were ' . in_flight(@$names) });
	is(in_flight(@$names), $cap, "$what: as many as the cap are in flight");
	cmp_ok(pending(@of), '>', $cap, "$what: others wait");
	release_all($t, map { $_->[0] =~ m{/hold/(\w+)} } @$subscriptions);
	is(sql("SELECT count(*) FROM lealup.delivery WHERE tenant_id = '$t' AND status = 'success'"), $per_subscription * @of, "$what: all are delivered in the end");
	return;
}
sub max_in_flight { my ($name) = @_; return (counters($name))[0]{max_in_flight} }
sub hold { my ($endpoint, $name, @options) = @_; return [ $peer->url($endpoint, "/hold/$name"), @options ] }

capped('a subscription', 50, ['/hold/one'], [ hold('ok5', 'one') ], 200);
is(max_in_flight('/hold/one'), 50, 'never more than lealup.max_in_flight_per_subscription');
capped('a subscription with a cap of its own', 7, ['/hold/own'], [ hold('ok5', 'own', max_in_flight => 7) ], 50);
is(max_in_flight('/hold/own'), 7, 'never more than its own');
capped('an endpoint', 100, ['ok10'], [ map { hold('ok10', "endpoint$_") } 1 .. 4 ], 100);
is(max_in_flight('ok10'), 100, 'never more than lealup.max_in_flight_per_endpoint');
cmp_ok(max(map { max_in_flight("/hold/endpoint$_") } 1 .. 4), '<=', 50, 'nor for one of its subscriptions');

set('lealup.max_in_flight', 30);
capped('the worker', 30, [qw(ok7 ok8)], [ hold('ok7', 'worker1'), hold('ok8', 'worker2') ], 60);
cmp_ok($_, '<=', 30, 'never more than lealup.max_in_flight') for map { max_in_flight($_) } 'ok7', 'ok8';
set('lealup.max_in_flight', 1000);

# ---- The rate ----

my $limited = create_tenant();
subscribe($limited, 'customer.updated', $peer->url('ok9', "/rate$_"), rate_limit => undef) for 1, 2;
emit($limited, 'customer.updated', 250);
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE tenant_id = '$limited' AND status = 'success'", 500);
my $took = sql("SELECT extract(epoch FROM max(started_at) - min(started_at)) FROM lealup.delivery_attempt WHERE tenant_id = '$limited'");
# A burst of 100, then 100 a second: a slow machine can only make it longer.  Were the two not to share, it would be half of it.
cmp_ok($took, '>=', 3.9, 'two subscriptions share the 100 requests a second of their endpoint');
my @received = map { $_->{time} } $peer->requests('ok9');
my $most = 0;
for (my ($first, $last) = (0, 0); $last < @received; $last++)
{
	$first++ while $received[$first] < $received[$last] - 1;
	$most = max($most, $last - $first + 1);
}
cmp_ok($most, '<=', 300, 'no second has more than a burst and the rate');

# One request a second for each of 30 tenants: were they to share, it would take half a minute.
set('lealup.endpoint_rate_limit', 1);
my @tenants = split /\n/, sql("SELECT lealup.create_tenant('Tenant ' || n) FROM generate_series(1, 30) n");
sql(join "\n", map { "SELECT lealup.create_subscription('$_', '" . $peer->url('ok9', '/tenants') . "', ARRAY['customer.updated']);" } @tenants);
sql(join "\n", 'BEGIN;', (map { "SELECT lealup.emit('$_', 'customer.updated', '{}');" } @tenants), 'COMMIT;');
my $list = join ',', map { "'$_'" } @tenants;
wait_until($node, "SELECT count(*) FROM lealup.delivery_attempt WHERE tenant_id IN ($list)", 30);
$took = sql("SELECT extract(epoch FROM max(started_at) - min(started_at)) FROM lealup.delivery_attempt WHERE tenant_id IN ($list)");
cmp_ok($took, '<', 20, 'tenants do not share');

# What waits for the rate consumes no attempt, and is not in the way of others.
my $slow = subscribe($tenants[0], 'customer.created', $peer->url('ok9', '/slow'), rate_limit => undef);
my $quick = subscribe($tenants[0], 'customer.created', $peer->url('ok1', '/quick'), rate_limit => 1000);
emit($tenants[0], 'customer.created', 300);
wait_done(300, $quick);
cmp_ok(pending($slow), '>', 200, 'others are delivered while some wait for the rate');
is(sql("SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id = '$slow' AND attempt_no > 1"), 0, 'and waiting is no attempt');
sql("SELECT lealup.update_subscription('$tenants[0]', '$slow', rate_limit => 0)");
wait_done(300, $slow);
ok(1, 'a raised limit holds at once for what waits');

$node->stop;
done_testing();
