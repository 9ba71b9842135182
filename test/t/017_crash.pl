# Whatever ends a worker or the server: what is pending is sent afterwards.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $node = new_node('main');
$node->start;
setup_db($node);
my $ok = $peer->url('ok', '/free');
$node->safe_psql('postgres', "SELECT lealup.create_subscription(lealup.create_tenant('Acme'), '$ok', '{*}')");

my $round = 0;

sub requests_to
{
	my ($path) = @_;
	return scalar grep { $_->{path} eq $path } $peer->requests('ok');
}

sub successes
{
	my ($err, $out) = ('', '');
	$node->psql('postgres', q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}, stdout => \$out, stderr => \$err);
	return $out;
}

# With a request in flight, whose answer the peer holds back, something ends a process.  The request is then sent again, under
# the same id, and so is what was emitted meanwhile.
sub survives
{
	my ($what, $end) = @_;
	my $path = '/hold/round' . ++$round;
	my $url = $peer->url('ok', $path);
	my $subscription = $node->safe_psql('postgres',
		"SELECT lealup.create_subscription(tenant_id, '$url', '{*}', timeout => '30 s') FROM lealup.tenant");
	$node->safe_psql('postgres', q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant});
	wait_for('a request in flight', sub { requests_to($path) });
	# Otherwise the answered one might be sent again, too.
	wait_until($node, 'SELECT count(*) FROM lealup.delivery_queue', 1);
	$node->safe_psql('postgres', 'CHECKPOINT');

	$end->();
	wait_for("the request again after $what", sub { requests_to($path) >= 2 });
	wait_until($node, 'SELECT true');
	$node->safe_psql('postgres', q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant});
	wait_for("an idle queue after $what", sub {
		$peer->ask("/release/round$round");
		$node->safe_psql('postgres', 'SELECT NOT EXISTS (SELECT FROM lealup.outbox)
			AND NOT EXISTS (SELECT FROM lealup.delivery_queue)') eq 't' });

	is($node->safe_psql('postgres', qq{SELECT count(*) FILTER (WHERE status = 'success'), count(*)
		FROM lealup.delivery WHERE subscription_id = '$subscription'}), '2|2', "after $what everything is delivered");
	my %ids = map { $_->{header}{'x-lealup-delivery-id'} => 1 } grep { $_->{path} eq $path } $peer->requests('ok');
	is(scalar(keys %ids), 2, 'and what is sent again has the same id');
	$node->safe_psql('postgres', "SELECT lealup.delete_subscription(tenant_id, '$subscription') FROM lealup.tenant");
	return;
}

# ---- The end of one process -----------------------------------------------

my $sync = worker_pid($node, kind => 'sync');
for my $kind ('delivery', 'sync')
{
	my $pid = worker_pid($node, kind => $kind);
	my $log = -s $node->logfile;
	if ($kind eq 'delivery')
	{
		survives('SIGTERM to the delivery worker', sub { kill 'TERM', $pid });
		is(worker_pid($node, kind => 'sync'), $sync, 'the sync worker was not concerned');
	}
	else
	{
		kill 'TERM', $pid;
	}
	isnt(worker_pid($node, kind => $kind, not => $pid), $pid, "the $kind worker has a successor");
	wait_until($node, qq{SELECT restarts, state FROM lealup.worker_status WHERE worker LIKE '$kind%'}, '1|running');
}

survives('pg_terminate_backend()', sub {
	my $pid = worker_pid($node);
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)") });

# Cancelling is for statements; there is none that it could harm.
my $pid = worker_pid($node);
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
$node->safe_psql('postgres', q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant});
wait_idle($node);
pass('pg_cancel_backend() hinders nothing');

# A new launcher finds the workers of the one before, and looks after them.
my $launcher = worker_pid($node, kind => 'launcher');
$pid = worker_pid($node);
kill 'TERM', $launcher;
worker_pid($node, kind => 'launcher', not => $launcher);
is(worker_pid($node), $pid, 'a launcher that ends leaves the workers running');
survives('the end of the launcher and then of a worker', sub { kill 'TERM', $pid });

# ---- A crash --------------------------------------------------------------

# The server restarts all of its processes.
for my $kind ('delivery', 'sync', 'launcher')
{
	survives("SIGKILL to the $kind", sub {
		my $log = -s $node->logfile;
		kill 'KILL', worker_pid($node, kind => $kind);
		wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
		wait_until($node, 'SELECT true') });
}

# ---- Stopping the server --------------------------------------------------

for my $mode ('fast', 'immediate')
{
	survives("pg_ctl stop -m $mode", sub { $node->stop($mode); $node->start });
}

is($node->safe_psql('postgres', 'SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'no worker tells of an error');
$node->stop;
done_testing();
