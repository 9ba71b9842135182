# Several delivery workers: an endpoint belongs to one of them at a time, and
# nothing is sent twice when it changes hands.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $endpoints = 24;
my $cap = 5;
my $peer = start_peer(ok => $endpoints);
my $node = new_node('main', conf => qq{
	lealup.delivery_workers = 3
	lealup.max_in_flight_per_endpoint = $cap
});
$node->start;
setup_db($node);

# Two subscriptions to each endpoint share its cap.
my $tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('workers')});
$node->safe_psql('postgres', join '', map {
	my $url = $peer->url("ok$_", '/delay/0.03', '127.0.0.1');
	qq{SELECT lealup.create_subscription('$tenant', '$url', '{customer.*}', description => 'ok$_ ' || n, rate_limit => 0,
		max_in_flight => $cap, timeout => '30 s', retry_schedule => '{0,1 s,1 s,1 s}') FROM generate_series(1, 2) n;}
} 1 .. $endpoints);
my $each = 2 * $endpoints;

my $emitted = 0;
sub emit
{
	my ($n) = @_;
	$node->safe_psql('postgres', qq{
		SELECT count(lealup.emit('$tenant', 'customer.created', json_build_object('n', $emitted + i))) FROM generate_series(1, $n) i});
	$emitted += $n;
	return;
}

# Delivery id => number of requests.
sub requests
{
	my %requests;
	for ($peer->lines)
	{
		/"X-LealUp-Delivery-Id", "([0-9a-f-]+)"/ or die "unexpected: $_";
		$requests{$1}++;
	}
	return %requests;
}

sub wait_for_workers
{
	my ($n) = @_;
	wait_for("$n workers", sub { worker_pids($node) == $n });
}

# ---- Three workers share the load ----

wait_for_workers(3);
emit(30);
wait_idle($node);
my %requests = requests();
is(scalar keys %requests, $emitted * $each, 'three workers deliver everything');
is(scalar(grep { $_ != 1 } values %requests), 0, 'once');
is($node->safe_psql('postgres', q{
		SELECT count(*) FROM lealup.worker_status WHERE worker LIKE 'delivery%' AND delivered > 0}),
	3, 'each of them does its part');

# ---- Workers come and go under load ----

for my $n (1, 2, 3, 1, 3)
{
	my $before = $peer->lines;
	emit(40);
	wait_for('the load', sub { $peer->lines > $before + 50 });
	$node->safe_psql('postgres', "ALTER SYSTEM SET lealup.delivery_workers = $n");
	$node->reload;
	wait_for_workers($n);
}
wait_idle($node);
%requests = requests();
is(scalar keys %requests, $emitted * $each, 'everything is delivered while workers are added and removed');

# A worker that is told to leave has to finish what it has in flight, or
# somebody else would send it again.
is(scalar(grep { $_ != 1 } values %requests), 0, 'once');

# ---- Workers are killed under load ----

my %before = %requests;
my %pending;
my $kills = 4;
for my $kill (1 .. $kills)
{
	my $before = $peer->lines;
	emit(40);
	wait_until($node, 'SELECT count(*) FROM lealup.outbox', 0);
	wait_for('the load', sub { $peer->lines > $before + 50 });
	my @pids = worker_pids($node);
	$pending{$_} = 1 for split /\n/, $node->safe_psql('postgres', 'SELECT id FROM lealup.delivery_queue');
	my $victim = $pids[ $kill % @pids ];
	kill 'TERM', $victim;
	wait_for("the end of $victim", sub { !grep { $_ == $victim } worker_pids($node) });
	wait_for_workers(3);
}
wait_idle($node);
%requests = requests();
my @twice = grep { $requests{$_} > ($before{$_} // 1) } keys %requests;
is(scalar keys %requests, $emitted * $each, 'everything is delivered while workers are killed');
is(scalar(grep { !$pending{$_} } @twice), 0, 'what was recorded before a kill is not sent again');
cmp_ok(scalar @twice, '<=', $kills * $endpoints * $cap, 'at most what was in flight is');
note(scalar(@twice) . ' deliveries were sent more than once');

# ---- The cap, over all of that ----

my $count = $peer->ask('/count');
my @most = map { $count->{"ok$_"}{max_in_flight} } 1 .. $endpoints;
is(scalar(grep { $_ > $cap } @most), 0, "no endpoint ever had more than $cap requests in flight")
  or diag("@most");
is(scalar(grep { $_ == $cap } @most), $endpoints, 'but each had as many');

$node->stop;
done_testing();
