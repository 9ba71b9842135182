# What time causes happens while workers run, without anybody's call: in time, once, and also after a downtime.
use strict;
use warnings;

use IPC::Run ();
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', init => { allows_streaming => 1 }, conf => 'track_functions = pl');
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', @_) }

# How often each task was reported as overdue: "a 1, b 1".
my $overdue = q{SELECT string_agg(title || ' ' || n, ', ' ORDER BY title) FROM (
	SELECT data ->> 'title' AS title, count(*) AS n FROM lealup.event WHERE event_type = 'task.overdue' GROUP BY 1) x};

sub add_task
{
	my ($title, $due, $db) = @_;
	$node->safe_psql($db // 'postgres', qq{INSERT INTO lealup.task (tenant_id, title, due_at)
		SELECT tenant_id, '$title', clock_timestamp() + interval '$due' FROM lealup.tenant WHERE home = lealup.home()});
	return;
}

sub forget
{
	sql('DELETE FROM lealup.event; DELETE FROM lealup.outbox; DELETE FROM lealup.task');
	return;
}

sub enable
{
	my ($value) = @_;
	$node->append_conf('postgresql.conf', "lealup.enabled = $value");
	$node->reload;
	wait_until($node, q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'lealup sync'}, $value eq 'on' ? 't' : 'f');
	return;
}

# ---- In time ----------------------------------------------------------------

# The worker knows of these when it starts.
sql(q{SELECT lealup.create_tenant('Acme')});
add_task('first', '4 seconds');
add_task('second', '8 seconds');
$node->restart;
wait_until($node, $overdue, 'first 1');
wait_until($node, $overdue, 'first 1, second 1');
is(sql(q{SELECT bool_and(overdue_at >= due_at AND overdue_at < due_at + interval '10 seconds') FROM lealup.task}), 't',
	'tasks become overdue when they are due');

# Of these it is told, which wakes it once a minute.
sql(q{INSERT INTO lealup.customer (tenant_id, name, renewal_date) SELECT tenant_id, 'Globex', (now() AT TIME ZONE 'UTC')::date + 40 FROM lealup.tenant});
add_task('third', '2 seconds');
wait_until($node, $overdue, 'first 1, second 1, third 1');
pass('what is due soon wakes the clock');
wait_until($node, q{SELECT string_agg(data ->> 'days_left', ',') FROM lealup.event WHERE event_type = 'renewal.approaching'}, '60');
pass('a renewal has had its notice');

# ---- Rest -------------------------------------------------------------------

# Each of many inserts says that there may be something earlier.
my $runs = q{SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = '_clock'};
wait_until($node, "SELECT ($runs) > 0");
my $before = sql($runs);
sql(q{DO $$ BEGIN
	FOR i IN 1 .. 1000 LOOP
		INSERT INTO lealup.task (tenant_id, title, due_at) SELECT tenant_id, 'soon', now() + interval '50 minutes' FROM lealup.tenant;
		COMMIT;
	END LOOP; END $$});
sleep(2);
cmp_ok(sql($runs) - $before, '<=', 3, 'a thousand inserts do not run the clock a thousand times');

# A transaction begins and ends with a change of state.
my $activity = q{SELECT string_agg(pid || ' ' || coalesce(state_change::text, '-'), ', ' ORDER BY pid)
	FROM pg_stat_activity WHERE backend_type IN ('lealup sync', 'lealup delivery')};

sub quiet_for
{
	my ($seconds) = @_;
	my $state = sql($activity);
	sleep($seconds);
	return sql($activity) eq $state;
}
# What the last insert asked for is put off for up to a minute.
ok(wait_for('quiet workers', sub { quiet_for(10) }), 'workers that have nothing to do run no transaction, though tasks are due within the hour');

# ---- A crash in between -----------------------------------------------------

forget();
add_task('crash', '6 seconds');
$node->restart;
my $lock = $node->background_psql('postgres', on_error_stop => 0);
$lock->query_safe('BEGIN; LOCK TABLE lealup.outbox IN EXCLUSIVE MODE');
my $pid = wait_for('the clock in the midst of its work', sub {
	sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'lealup sync' AND wait_event_type = 'Lock'}) });
my $log = -s $node->logfile;
kill 'KILL', $pid;
wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
eval { $lock->quit };
wait_until($node, $overdue, 'crash 1');
pass('what a crash interrupts is done again');

# ---- Downtimes --------------------------------------------------------------

add_task('down', '2 seconds');
$node->stop;
sleep(3);
$node->start;
wait_until($node, $overdue, 'crash 1, down 1');
pass('what became due while the server was down is made up for');

# ---- Two at a time ----------------------------------------------------------

enable('off');
forget();
sql(q{INSERT INTO lealup.task (tenant_id, title, due_at) SELECT tenant_id, 'many', now() - interval '1 day' FROM lealup.tenant, generate_series(1, 2500)});
my @outputs = ('', '', '');
my @sessions = map { IPC::Run::start([ 'psql', '-qXAt', '-d', $node->connstr('postgres'), '-c', q{SELECT done FROM lealup.maintenance() WHERE kind = 'tasks'} ],
	'<', \undef, '>', \$outputs[$_]) } 0 .. 2;
$_->finish for @sessions;
is(join(',', sort { $a <=> $b } map { chomp; $_ } @outputs), '0,0,2500', 'of several sessions one runs what is due');
is(sql(q{SELECT count(*), count(DISTINCT data ->> 'task_id') FROM lealup.event WHERE event_type = 'task.overdue'}), '2500|2500', 'once');

# ---- A copy -----------------------------------------------------------------

forget();
add_task('of the original', '-1 second');
$node->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
$node->safe_psql('copy', q{SELECT lealup.create_tenant('Own')});
add_task('of the copy', '-1 second', 'copy');
enable('on');
wait_until($node, $overdue, 'of the copy 1', db => 'copy');
wait_until($node, $overdue, 'of the original 1');
is($node->safe_psql('copy', q{SELECT kind FROM lealup.maintenance() WHERE done > 0 AND kind <> 'upkeep'}), '', 'a copy leaves to the original what is its');
$node->safe_psql('copy', 'SELECT lealup.adopt()');
is($node->safe_psql('copy', q{SELECT kind, done FROM lealup.maintenance() WHERE done > 0 AND kind <> 'upkeep'}), 'tasks|1', 'until it adopts it');

# ---- A promoted standby -----------------------------------------------------

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
forget();
add_task('before', '-1 second');
sql('SELECT lealup.maintenance()');
add_task('after', '4 seconds');
$node->wait_for_catchup($standby);
$node->stop;
sleep(4);
is($standby->safe_psql('postgres', $overdue), 'before 1', 'a standby waits');
$standby->promote;
wait_until($standby, $overdue, 'after 1, before 1');
pass('and, once it is promoted, goes on');

$standby->stop;
done_testing();
