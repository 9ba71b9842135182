# Commands that need a database without sessions work while its workers wait for peers that never answer, and leave other
# databases' workers alone.
use strict;
use warnings;

use LealupTest;
use Test::More;

my $peer = start_peer();
my $node = new_node('main', conf => "allow_in_place_tablespaces = on\nlealup.max_in_flight = 10");
$node->start;
my $hang = $peer->url('hang_accept');
my $ok = $peer->url('ok');

sub sql
{
	my ($db, $sql) = @_;
	return $node->safe_psql($db, $sql);
}

# A database whose worker has a request in flight that never ends; it is sent again whenever it times out.
sub hanging_db
{
	my ($db) = @_;
	setup_db($node, $db);
	sql($db, qq{
		SELECT lealup.create_subscription(lealup.create_tenant('hanging'), '$hang', '{*}', timeout => '30 s',
			retry_schedule => array_fill(interval '0', ARRAY[20]));
		SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant;
		SELECT lealup.create_subscription(lealup.create_tenant('ok'), '$ok', '{*}')});
	wait_for_hang($db);
	return;
}

sub wait_for_hang
{
	my ($db) = @_;
	wait_until($node, q{SELECT in_flight FROM lealup.worker_status WHERE worker = 'delivery 1'}, 1, db => $db);
	return;
}

# Shows that the worker is well and has seen every signal that was sent to it before.
sub deliver
{
	my ($db) = @_;
	my $count = $node->safe_psql($db, q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}) + 1;
	sql($db, q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant WHERE name = 'ok'});
	wait_until($node, q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}, $count, db => $db);
	return;
}

sub pids
{
	my ($db) = @_;
	worker_pid($node, db => $db, kind => $_) for 'sync', 'delivery';
	return join ' ', map { worker_pids($node, db => $db, kind => $_) } 'sync', 'delivery';
}

hanging_db('a');
hanging_db('b');
sql('postgres', 'CREATE DATABASE plain');
sql('postgres', 'CREATE ROLE nobody CREATEDB');
sql('postgres', 'CREATE ROLE somebody CREATEDB');

# ---- A worker that waits for the network holds nothing --------------------

wait_until($node, q{
	SELECT bool_and(a.state = 'idle' AND a.backend_xmin IS NULL AND a.backend_xid IS NULL AND a.xact_start IS NULL
		AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid))
	FROM pg_stat_activity a
	WHERE a.backend_type LIKE 'lealup%' AND EXISTS (SELECT FROM lealup.worker_status WHERE in_flight = 1)},
	't', db => 'a');
pass('with a request in flight the workers are idle, without transaction, snapshot and locks');
sql('a', 'BEGIN; LOCK TABLE lealup.delivery_queue, lealup.subscription IN ACCESS EXCLUSIVE MODE NOWAIT; COMMIT');
pass('and in nobody\'s way');

# ---- Refused commands -----------------------------------------------------

my $pids = pids('a');
for my $command ('DROP DATABASE a', 'ALTER DATABASE a RENAME TO c', 'DROP DATABASE a WITH (FORCE)',
	'ALTER DATABASE a SET TABLESPACE pg_default', 'CREATE DATABASE c TEMPLATE a')
{
	my ($status, $out, $err) = $node->psql('postgres', "SET ROLE nobody; $command");
	like($err, qr/must be owner|permission denied/, "a role without the right is refused: $command");
}
my ($status, $out, $err) = $node->psql('a', 'DROP DATABASE a');
like($err, qr/cannot drop the currently open database/, 'the own database cannot be dropped');
sql('postgres', 'DROP DATABASE IF EXISTS missing');
deliver('a');
is(pids('a'), $pids, 'and no worker was stopped');

SKIP:
{
	# A command that fails late has stopped the workers; they come back.
	skip 'needs background_psql', 1 unless $node->can('background_psql');
	my $session = $node->background_psql('a');
	($status, $out, $err) = $node->psql('postgres', 'DROP DATABASE a');
	$session->quit;
	like($err, qr/is being accessed by other users/, 'another session keeps a database');
	deliver('a');
}

# ---- Commands that work ---------------------------------------------------

$pids = pids('b');
sql('postgres', 'DROP DATABASE plain');
sql('postgres', 'ALTER DATABASE a RENAME TO renamed');
wait_for_hang('renamed');
deliver('renamed');
pass('after ALTER DATABASE ... RENAME the workers go on');

sql('postgres', "CREATE TABLESPACE elsewhere LOCATION ''");
sql('postgres', 'ALTER DATABASE renamed SET TABLESPACE elsewhere');
wait_for_hang('renamed');
deliver('renamed');
pass('after ALTER DATABASE ... SET TABLESPACE the workers go on');

sql('postgres', 'DROP DATABASE renamed');
is(sql('postgres', q{SELECT count(*) FROM pg_database WHERE datname = 'renamed'}), 0,
	'DROP DATABASE works with a request in flight');
deliver('b');
is(pids('b'), $pids, 'and stops no worker of another database');

hanging_db('a');
sql('postgres', 'ALTER DATABASE a OWNER TO somebody');
sql('postgres', 'SET ROLE somebody; DROP DATABASE a');
pass('an owner who is no superuser can drop a database');

hanging_db('a');
sql('postgres', 'DROP DATABASE a WITH (FORCE)');
hanging_db('a');
deliver('a');
pass('after DROP DATABASE ... WITH (FORCE) one of the same name has workers');

# The launcher looks into every new database, which must not be in the way either.
for (1 .. 5)
{
	sql('postgres', 'CREATE DATABASE short');
	sql('postgres', 'CREATE DATABASE shorter TEMPLATE short');
	sql('postgres', 'DROP DATABASE short');
	sql('postgres', 'DROP DATABASE shorter');
}
sql('postgres', 'DROP DATABASE a');
sql('postgres', 'DROP DATABASE b');
is(sql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('lealup sync', 'lealup delivery')
	AND datname IS DISTINCT FROM 'postgres'}), 0, 'no worker outlives its database');

$node->stop;
done_testing();
