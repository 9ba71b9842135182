# Twenty crashes under load: every committed event arrives, no other does, and
# what arrives twice keeps its delivery id.
use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Run ();
use LealupTest;
use LealupTest::Peer;
use PostgreSQL::Test::Utils;
use Test::More;

my $kills = 20;
my $in_flight = 300;
my $endpoints = 4;
my $here = dirname(__FILE__);

# Its delay keeps many requests in flight.
my $sink = LealupTest::Peer->new(
	dir => PostgreSQL::Test::Utils::tempdir('sink'),
	output => "${PostgreSQL::Test::Utils::test_logfile}_sink",
	command => [ "$here/../peers/count_sink.py", '--endpoints', $endpoints, '--delay', '0.2' ]);
wait_for('the ports of the sink', sub { $sink->read_ports });

my $node = new_node('main', conf => q{
	lealup.max_in_flight_per_endpoint = 1000
	synchronous_commit = on
});
$node->start;
setup_db($node);
my $tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('crash')});

# Two of the subscriptions get the same events.  Long timeouts and short waits,
# because a crash is to be the only reason for sending again.
my $made = join '', map {
	my $url = $sink->url("sink$_");
	my $events = $_ % 2 ? '{customer.*}' : $_ == 2 ? '{task.*}' : '{customer.updated,task.created}';
	qq{SELECT lealup.create_subscription('$tenant', '$url', '$events', description => 'sink$_',
		rate_limit => 0, max_in_flight => 1000, timeout => '30 s', retry_schedule => '{0,1 s,1 s,1 s,1 s}');}
} 1 .. $endpoints;
$node->safe_psql('postgres', $made);

# ---- Load and kills ----

my $log_dir = PostgreSQL::Test::Utils::tempdir('pgbench');

# Four sessions at a pace of 200 transactions a second, each of 21 events.
sub start_emitters
{
	my ($cycle) = @_;
	return IPC::Run::start(
		[
			'pgbench', '--no-vacuum', '--client=4', '--jobs=1', '--rate=200', '--time=600',
			"--define=cycle=$cycle", '--define=t=0', "--define=tenant='$tenant'",
			"--file=$here/chaos_emit.sql", '--log', "--log-prefix=$log_dir/$cycle",
			'-h', $node->host, '-p', $node->port, 'postgres'
		],
		'<', '/dev/null', '>', "$log_dir/output.$cycle", '2>&1');
}

# Waits until this cycle's sessions have committed, and enough is in flight.
sub wait_for_load
{
	my ($cycle) = @_;
	my $first = $cycle * 10 * 1000000 * 100;
	wait_until($node, qq{
		SELECT count(*) >= 2000 FROM lealup.event WHERE (data ->> 'n')::bigint > $first});
	my ($out, $err) = ('', '');
	wait_for("$in_flight requests in flight", sub {
		$node->psql('postgres', qq{
			SELECT pid, in_flight FROM lealup.worker_status
			WHERE worker LIKE 'delivery%' AND in_flight >= $in_flight}, stdout => \$out, stderr => \$err);
		return $out ne '';
	});
	return split /\|/, $out;
}

sub crash
{
	my ($pid, $kill_worker) = @_;
	if ($kill_worker)
	{
		kill 'KILL', $pid;
	}
	else
	{
		$node->stop('immediate');
	}
}

my @seen;
for my $cycle (1 .. $kills)
{
	my $emitters = start_emitters($cycle);
	my ($pid, $seen) = wait_for_load($cycle);
	crash($pid, $cycle % 2);
	# Every session ends with the server that it was connected to.
	$emitters->finish;
	push @seen, $seen;
	$node->start unless $cycle % 2;
	wait_until($node, 'SELECT true');
}
is(scalar(grep { $_ >= $in_flight } @seen), $kills,
	"$kills crashes, each with at least $in_flight requests in flight");
wait_idle($node, timeout => 600);

# ---- What was sent, and what should have been ----

my %committed;    # "endpoint n" => delivery id
for (split /\n/, $node->safe_psql('postgres', q{
		SELECT s.description || ' ' || (e.data ->> 'n') || ' ' || lealup.delivery_id(e.id, s.id)
		FROM lealup.event e
		JOIN lealup.subscription s ON s.tenant_id = e.tenant_id AND s.events && lealup._event_patterns(e.event_type)}))
{
	my ($endpoint, $n, $id) = split / /;
	$committed{"$endpoint $n"} = $id;
}

my %received;     # "endpoint n" => { delivery id => requests }
my $undone = 0;
my $requests = 0;
for ($sink->lines)
{
	my ($endpoint, $id, $n, $fate) = /^(\S+) (\S+) .*"n" : (\d+), "fate" : "(\w+)"/ or die "unexpected: $_";
	$received{"$endpoint $n"}{$id}++;
	$undone++ if $fate eq 'undone';
	$requests++;
}

# The sessions' own record of the transactions that they saw end: client, and
# number from 1; the eighths were rolled back by themselves.
my %acknowledged;
for my $file (glob "$log_dir/[0-9]*.[0-9]*")
{
	my ($cycle) = $file =~ m{/(\d+)\.\d+$};
	for (split /\n/, slurp_file($file))
	{
		my ($client, $t) = split / /;
		$acknowledged{ (($cycle * 10 + $client) * 1000000 + $t) * 100 } = 1 if $t % 8;
	}
}
my @kept = map { my $first = $_; map { $first + $_ } 1 .. 8, 40 .. 47 } keys %acknowledged;
my %number = map { (split / /)[1] => 1 } keys %committed;

cmp_ok(scalar @kept, '>', 1000 * $kills / 2, 'the sessions saw transactions commit');
is(scalar(grep { !$number{$_} } @kept), 0, 'no acknowledged event is lost');
is(scalar(grep { !$received{$_} } keys %committed), 0, 'every committed event is delivered to every subscription');
is(scalar(grep { !$committed{$_} } keys %received), 0, 'nothing else is delivered');
is($undone, 0, 'nothing that was rolled back is delivered');
is(scalar(grep { keys %{ $received{$_} } > 1 } keys %received), 0, 'all requests of a delivery have the same delivery id');
is(scalar(grep { !$received{$_}{ $committed{$_} } } keys %committed), 0, 'which is that of event and subscription');

my $duplicates = $requests - keys %received;
cmp_ok($duplicates, '>', 0, 'what was in flight is sent again');
my $most = 0;
for my $ids (values %received)
{
	$most = $_ > $most ? $_ : $most for values %$ids;
}
my $rate = $node->safe_psql('postgres', q{
	SELECT round(sum(n) / sum(seconds)) FROM (
		SELECT count(*) AS n, extract(epoch FROM max(created_at) - min(created_at)) AS seconds
		FROM lealup.event GROUP BY (data ->> 'n')::bigint / 1000000000) cycle});
diag(sprintf '%d events, %d a second; %d deliveries; %d duplicates, %d requests at most for one; in flight: %s',
	scalar keys %number, $rate, scalar keys %committed, $duplicates, $most, "@seen");

is($node->safe_psql('postgres', q{
		SELECT count(DISTINCT delivery_id) FROM lealup.delivery_attempt WHERE final AND status = 'success'}),
	scalar keys %committed, 'the log has a success for every delivery');
is($node->safe_psql('postgres', q{
		SELECT count(*) - count(DISTINCT delivery_id) FROM lealup.delivery_attempt WHERE final}),
	0, 'and only one');

$node->stop;
$sink->stop;
done_testing();
