# Workers come with the extension and leave with it, in every database.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
# The log then tells of every worker that was started, also of short-lived ones.
my $node = new_node('main', conf => 'log_min_messages = debug1');
$node->start;

my $workers = q{SELECT count(*) FROM pg_stat_activity
	WHERE backend_type IN ('lealup sync', 'lealup delivery') AND datname = '%s'};

sub sql
{
	my ($db, $sql) = @_;
	return $node->safe_psql($db, $sql);
}

sub started
{
	my ($db) = @_;
	my $oid = sql('postgres', "SELECT oid FROM pg_database WHERE datname = '$db'");
	my @lines = slurp_file($node->logfile) =~
	  /starting background worker process "lealup \w+ worker.* for database $oid"/g;
	return scalar @lines;
}

# A tenant of this database, whose only subscription goes to the path.
sub add_tenant
{
	my ($db, $path) = @_;
	my $url = $peer->url('ok', $path);
	sql($db, "SELECT lealup.create_subscription(lealup.create_tenant('$path'), '$url', '{*}')");
	return;
}

sub emit
{
	my ($db, $tenant) = @_;
	sql($db, qq(SELECT lealup.emit(tenant_id, 'customer.created', '{"to": "$tenant"}')
		FROM lealup.tenant WHERE name = '$tenant'));
	return;
}

sub wait_for_path
{
	my ($path, $count) = @_;
	wait_for("$count requests to $path",
		sub { grep({ $_->{path} eq $path } $peer->requests('ok')) >= $count });
	return;
}

sub count_path
{
	my ($path) = @_;
	return scalar grep { $_->{path} eq $path } $peer->requests('ok');
}

# ---- CREATE EXTENSION -----------------------------------------------------

worker_pid($node, kind => 'launcher');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity
	WHERE backend_type = 'lealup launcher' AND datname IS NULL}), 1,
	'the launcher runs before any database has the extension');

# The launcher has looked into the database once.
wait_for('the first look', sub { started('postgres') });
wait_until($node, sprintf($workers, 'postgres'), 0);
my $before = started('postgres');
sql('postgres', 'BEGIN; CREATE EXTENSION lealup; ROLLBACK');
setup_db($node, 'other');
worker_pid($node, db => 'other');
worker_pid($node, db => 'other', kind => 'sync');
is(started('postgres'), $before, 'CREATE EXTENSION that is rolled back starts no worker');

setup_db($node);
worker_pid($node, db => 'postgres');
wait_until($node, q{SELECT string_agg(worker || ' ' || state, ', ' ORDER BY worker COLLATE "C")
	FROM lealup.worker_status}, 'delivery 1 running, launcher running, sync running');
is(sql('postgres', q{SELECT string_agg(DISTINCT backend_type, ', ' ORDER BY backend_type)
	FROM pg_stat_activity WHERE backend_type LIKE 'lealup%'}),
	'lealup delivery, lealup launcher, lealup sync', 'pg_stat_activity tells what they are');
is(sql('postgres', q{SELECT count(*) FROM lealup.worker_status w JOIN pg_stat_activity a USING (pid)
	WHERE a.backend_type = 'lealup ' || split_part(w.worker, ' ', 1)}), 3,
	'worker_status names the same processes');

add_tenant('postgres', '/first');
add_tenant('other', '/other');
emit('postgres', '/first');
emit('other', '/other');
wait_for_path('/first', 1);
wait_for_path('/other', 1);
wait_idle($node);
wait_idle($node, db => 'other');
is(count_path('/first') . count_path('/other'), 11, 'each database delivers its own events');

# ---- CREATE DATABASE ... TEMPLATE -----------------------------------------

# What is pending in the template is pending in the copy, too, but belongs to the template.
my $held = $peer->url('ok', '/hold/template');
sql('other', "SELECT lealup.create_subscription(tenant_id, '$held', '{*}', timeout => '30 s') FROM lealup.tenant");
emit('other', '/other');
wait_for_path('/hold/template', 1);
wait_until($node, 'SELECT (SELECT count(*) FROM lealup.outbox), (SELECT count(*) FROM lealup.delivery_queue)', '0|1', db => 'other');
sql('postgres', 'CREATE DATABASE copy TEMPLATE other');
worker_pid($node, db => 'copy');
worker_pid($node, db => 'other');
is(sql('copy', 'SELECT count(*) FROM lealup.delivery_queue'), 1, 'a copy has what was pending in its template');
wait_for_path('/hold/template', 2);
my $requests = count_path('/hold/template');
emit('copy', '/other');
add_tenant('copy', '/copy');
emit('copy', '/copy');
wait_for_path('/copy', 1);
is(sql('copy', 'SELECT count(*) FROM lealup.outbox'), 1, "and leaves its template's tenants alone");
is(count_path('/hold/template'), $requests, 'their pending deliveries, too');
is(count_path('/other'), 2, 'which the template itself delivers');
# The template may just be sending its request again, so releasing is repeated.
wait_for('the delivery of the template', sub {
	$peer->ask('/release/template');
	$node->safe_psql('other', 'SELECT NOT EXISTS (SELECT FROM lealup.delivery_queue)') eq 't' });

is(sql('copy', 'SELECT lealup.adopt()'), 1, 'the copy can adopt its tenants');
wait_for('the deliveries of the copy', sub {
	$peer->ask('/release/template');
	$node->safe_psql('copy', 'SELECT NOT EXISTS (SELECT FROM lealup.outbox)
		AND NOT EXISTS (SELECT FROM lealup.delivery_queue)') eq 't' });
is(count_path('/other'), 3, 'and then delivers for them');

# ---- DROP EXTENSION -------------------------------------------------------

# The leaves that upkeep makes are no members of the extension, and must not be in the way.
wait_until($node, 'SELECT NOT EXISTS (SELECT FROM lealup._missing_leaves(now()))');
my $pid = worker_pid($node, db => 'postgres');
sql('postgres', 'BEGIN; DROP EXTENSION lealup; ROLLBACK');
emit('postgres', '/first');
wait_for_path('/first', 2);
wait_idle($node);
is(worker_pid($node, db => 'postgres'), $pid, 'DROP EXTENSION that is rolled back stops no worker');

my @others = sort(worker_pids($node, db => 'other'), worker_pids($node, db => 'other', kind => 'sync'));
sql('postgres', "SELECT lealup.create_subscription(tenant_id, '" . $peer->url('ok', '/hold/drop')
	. "', '{*}', timeout => '30 s') FROM lealup.tenant");
emit('postgres', '/first');
wait_for_path('/hold/drop', 1);
sql('postgres', 'DROP EXTENSION lealup');
wait_until($node, sprintf($workers, 'postgres'), 0);
pass('after DROP EXTENSION the workers leave, also with a request in flight');
is_deeply([ sort(worker_pids($node, db => 'other'), worker_pids($node, db => 'other', kind => 'sync')) ],
	\@others, 'those of another database stay');

sql('postgres', 'BEGIN; SAVEPOINT s; CREATE EXTENSION lealup; ROLLBACK TO s; COMMIT');
setup_db($node);
add_tenant('postgres', '/again');
emit('postgres', '/again');
wait_for_path('/again', 1);
pass('the extension can be created again');

sql('postgres', 'DROP SCHEMA lealup CASCADE');
wait_until($node, sprintf($workers, 'postgres'), 0);
pass('after DROP SCHEMA ... CASCADE the workers leave');

# A worker that finds the extension gone must not keep out those of the next one.
sql('postgres', 'CREATE EXTENSION lealup');
sql('postgres', 'DROP EXTENSION lealup; CREATE EXTENSION lealup') for 1 .. 10;
$node->safe_psql('postgres', 'BEGIN; DROP EXTENSION lealup; CREATE EXTENSION lealup; COMMIT');
add_tenant('postgres', '/last');
emit('postgres', '/last');
wait_for_path('/last', 1);
pass('dropping and creating in quick succession ends with workers');

is(sql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname IN ('lealup_worker', 'lealup_gateway', 'lealup_api')
	AND NOT rolsuper AND NOT rolcanlogin}), 3, 'the roles of the workers cannot log in');

$node->stop;
done_testing();
