# Many of everything: deliveries, subscriptions, tenants, pending rows; big
# events; and no memory that grows with what has gone through.
use strict;
use warnings;

use File::Basename qw(dirname);
use LealupTest;
use LealupTest::Peer;
use PostgreSQL::Test::Utils;
use Test::More;

my $endpoints = 10;
my $peer = start_peer();
my $sink = LealupTest::Peer->new(
	dir => PostgreSQL::Test::Utils::tempdir('sink'),
	output => "${PostgreSQL::Test::Utils::test_logfile}_sink",
	command => [ dirname(__FILE__) . '/../peers/count_sink.py', '--endpoints', $endpoints ]);
wait_for('the ports of the sink', sub { $sink->read_ports });

my $node = new_node('main');
$node->start;
setup_db($node);

sub tenant
{
	my ($name) = @_;
	return $node->safe_psql('postgres', "SELECT lealup.create_tenant('$name')");
}

# Subscriptions to the endpoints in turns.
my $urls = join ',', map { "'" . $sink->url("sink$_") . "'" } 1 .. $endpoints;
sub subscribe
{
	my ($tenant, $n, $events) = @_;
	$node->safe_psql('postgres', qq{
		SELECT lealup.create_subscription('$tenant', (ARRAY[$urls])[1 + i % $endpoints], '$events', timeout => '30 s', rate_limit => 0)
		FROM generate_series(1, $n) i});
	return;
}

sub emit
{
	my ($tenant, $type, $n) = @_;
	$node->safe_psql('postgres', qq{
		SELECT count(lealup.emit('$tenant', '$type', json_build_object('n', i))) FROM generate_series(1, $n) i});
	return;
}

# The delivery ids of the requests since the last call.
my $read = 0;
sub new_requests
{
	my @lines = $sink->lines;
	my @new = map { (split / /)[1] } @lines[ $read .. $#lines ];
	$read = @lines;
	return @new;
}

sub delivered_once
{
	my ($what, $expected) = @_;
	my @ids = new_requests();
	my %ids = map { $_ => 1 } @ids;
	is(scalar keys %ids, $expected, "$what: all are delivered");
	is(scalar @ids, $expected, "$what: once");
	return;
}

# ---- 5,000 subscriptions of 100 tenants ----

$node->safe_psql('postgres', qq{
	SELECT lealup.create_subscription(t, (ARRAY[$urls])[1 + i % $endpoints], '{customer.*}', timeout => '30 s')
	FROM (SELECT lealup.create_tenant('tenant ' || n) AS t FROM generate_series(1, 100) n OFFSET 0) t, generate_series(1, 50) i});
$node->safe_psql('postgres', q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant});
wait_idle($node);
delivered_once('5,000 subscriptions', 5000);

# ---- A big event to 50 subscriptions ----

my $big = tenant('big');
subscribe($big, 50, '{customer.updated}');
my $event = $node->safe_psql('postgres', qq{
	SELECT lealup.emit('$big', 'customer.updated', json_build_object('fill', repeat('x', 256 * 1024 - 20)))});
wait_idle($node);
delivered_once('a big event', 50);

# Every body differs by its delivery id.
my %hash = map { (split / /)[1, 2] } map { s/\n//r } ($sink->lines)[ -50 .. -1 ];
my %expected = map { split /\|/ } split /\n/, $node->safe_psql('postgres', qq{
	SELECT delivery_id, encode(sha256(convert_to(request_body, 'UTF8')), 'hex') FROM lealup.delivery_log WHERE event_id = '$event'});
is_deeply(\%hash, \%expected, 'a big event: arrives as it is logged');

# ---- Memory ----

# Anonymous memory only: the pages of shared buffers that a process has touched count as resident, too.
my $pid = worker_pid($node);
sub resident_kb
{
	my ($kb) = slurp_file("/proc/$pid/status") =~ /^RssAnon:\s*(\d+) kB/m;
	return $kb;
}

my $many = tenant('many');
subscribe($many, 10, '{customer.created}');
emit($many, 'customer.created', 500);
wait_idle($node);
delivered_once('5,000 deliveries', 5000);
my $before = resident_kb();
for (1 .. 4)
{
	emit($many, 'customer.created', 500);
	wait_idle($node);
}
my $after = resident_kb();
delivered_once('20,000 deliveries', 20000);
note("the worker's memory: $before kB, then $after kB");
cmp_ok($after - $before, '<', 8 * 1024, 'the worker does not grow by 8 MB over them');
is(worker_pid($node), $pid, 'it is the same worker');

# ---- 100,000 deliveries pending for a subscription that does not answer ----

my $mixed = tenant('mixed');
my $hanging = $peer->url('hang');
my $dead = $node->safe_psql('postgres', qq{
	SELECT lealup.create_subscription('$mixed', '$hanging', '{task.created}', timeout => '30 s', rate_limit => 0)});
subscribe($mixed, 10, '{task.completed}');
# A worker keeps the plans that it makes now, while the tables are empty and known to be.
$node->safe_psql('postgres', 'VACUUM lealup.outbox');
$node->safe_psql('postgres', 'VACUUM lealup.delivery_queue');
kill 'TERM', $pid;
wait_for('a new worker', sub { my ($new) = worker_pids($node); $new && $new != $pid });
emit($mixed, 'task.completed', 1);
wait_idle($node);
delivered_once('one event', 10);
emit($mixed, 'task.created', 100_000);
my $pending = "SELECT count(*) FROM lealup.delivery_queue WHERE tenant_id = '$mixed' AND subscription_id = '$dead'";
wait_until($node, $pending, 100_000);
emit($mixed, 'task.completed', 200);
wait_until($node, qq{
	SELECT count(*) FROM lealup.delivery_attempt
	WHERE tenant_id = '$mixed' AND status = 'success' AND final}, 2010);
delivered_once('beside 100,000 pending rows, 2,000 deliveries', 2000);
is($node->safe_psql('postgres', $pending), 100_000, 'which are still pending');

$node->stop;
$sink->stop;
done_testing();
