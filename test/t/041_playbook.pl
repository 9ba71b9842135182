# Playbooks with running workers: from an UPDATE to a task, and once whatever happens to the workers.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $customers = 2000;
my $peer = start_peer();
my $node = new_node('main');
$node->start;
setup_db($node);
my $tenant = $node->safe_psql('postgres', "SELECT lealup.create_tenant('Acme')");

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# A worker that ends by SIGKILL makes the server restart all of its processes.
sub kill_worker
{
	my ($kind) = @_;
	my $log = -s $node->logfile;
	kill 'KILL', worker_pid($node, kind => $kind);
	wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
	wait_until($node, 'SELECT true');
	return;
}

sql("INSERT INTO lealup.member (tenant_id, email) VALUES ('$tenant', 'ana\@example.com')");
sql("INSERT INTO lealup.customer (tenant_id, name, owner_id) SELECT '$tenant', 'Customer ' || n, m.id FROM lealup.member m, generate_series(1, $customers) n");
wait_idle($node);

# ---- One change -----------------------------------------------------------

my $subscription = sql("SELECT lealup.create_subscription('$tenant', '" . $peer->url('ok') . "', '{customer.status_changed,playbook.triggered}')");
sql(qq{SELECT lealup.create_playbook('$tenant', 'Win back', '{customer.status_changed}',
	'[{"type": "create_task", "title": "Call {{customer_name}}", "due": "2 days"}, {"type": "note", "title": "{{data.current_status}}"}]', '{"to_status": "churned"}')});
sql(q{UPDATE lealup.customer SET status = 'churned' WHERE name = 'Customer 1'});
wait_until($node, q{SELECT t.title, t.source, m.email, r.status FROM lealup.task t JOIN lealup.member m ON m.id = t.assignee_id
	JOIN lealup.playbook_run r ON r.id = t.playbook_run_id AND r.status = 'completed'}, 'Call Customer 1|playbook|ana@example.com|completed', timeout => 20);
pass('an UPDATE has made a task, without anybody asking');
my %webhooks = map { $_->{header}{'x-lealup-event'} => 1 } $peer->wait_for_requests(2);
is(join(' ', sort keys %webhooks), 'customer.status_changed playbook.triggered', 'and its webhooks have left: the change, and that a playbook fired');
sql("SELECT lealup.delete_subscription('$tenant', '$subscription')");

# The worker has nothing due for an hour and is woken for what a person wants.
sql(q{ALTER TABLE lealup.timeline_event ADD CONSTRAINT refused CHECK (title <> 'churned') NOT VALID});
sql(q{UPDATE lealup.customer SET status = 'churned' WHERE name = 'Customer 2'});
wait_until($node, q{SELECT s.step_no, s.status FROM lealup.playbook_step_run s WHERE s.error LIKE '%refused%'}, '2|failed', timeout => 20);
sql('ALTER TABLE lealup.timeline_event DROP CONSTRAINT refused');
sql(q{SELECT lealup.retry_playbook_run(tenant_id, id) FROM lealup.playbook_run WHERE status = 'running'});
wait_until($node, q{SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM lealup.playbook_run}, '2|2', timeout => 20);
is(sql('SELECT count(*) FROM lealup.task'), 2, 'a retry goes on where it stopped');

# It is not woken by events that no playbook hears.
my $last_work = q{SELECT state, state_change FROM pg_stat_activity WHERE backend_type = 'lealup sync'};
wait_until($node, q{SELECT state = 'idle' AND state_change < clock_timestamp() - interval '1.5 s' FROM pg_stat_activity WHERE backend_type = 'lealup sync'});
my $before = sql($last_work);
sql("SELECT lealup.emit('$tenant', 'customer.updated', '{}')") for 1 .. 20;
wait_idle($node);
is(sql($last_work), $before, 'an idle worker stays idle');

# A wait ends by the clock.
sql(qq{SELECT lealup.create_playbook('$tenant', 'Later', '{customer.updated}', '[{"type": "wait", "for": "2 seconds"}, {"type": "notify", "channel": "x", "text": "later"}]', '{"status": "onboarding"}')});
sql(q{UPDATE lealup.customer SET status = 'onboarding' WHERE name = 'Customer 3'});
wait_until($node, q{SELECT status FROM lealup.playbook_run WHERE event_type = 'customer.updated'}, 'running', timeout => 20);
wait_until($node, 'SELECT text, status FROM lealup.notification', 'later|pending', timeout => 20);
is(sql(q{SELECT n.created_at - r.started_at >= '2 s' FROM lealup.notification n JOIN lealup.playbook_run r ON r.id = n.playbook_run_id}), 't', 'a wait ends on its own, not early');

# ---- Between two steps ------------------------------------------------------

# Somebody's lock keeps the second step waiting while the worker is killed.
my $blocker = $node->background_psql('postgres', on_error_stop => 0);
$blocker->query_safe('BEGIN; LOCK TABLE lealup.timeline_event IN SHARE MODE');
sql(q{UPDATE lealup.customer SET status = 'churned' WHERE name = 'Customer 4'});
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup sync' AND wait_event_type = 'Lock'}, 1);
kill_worker('sync');
eval { $blocker->quit };
wait_until($node, q{SELECT count(*) FROM lealup.task t JOIN lealup.playbook_run r ON r.id = t.playbook_run_id JOIN lealup.customer c ON c.id = r.customer_id
	WHERE c.name = 'Customer 4' AND r.status = 'completed'}, 1, timeout => 20);
is(sql(q{SELECT string_agg(s.step_no || s.status || s.attempts, ' ' ORDER BY s.step_no) FROM lealup.playbook_step_run s JOIN lealup.playbook_run r ON r.id = s.run_id
	JOIN lealup.customer c ON c.id = r.customer_id WHERE c.name = 'Customer 4'}), '1done1 2done1', 'after a kill between two steps each is done once');
is(sql(q{SELECT count(*) FROM lealup.timeline_event t JOIN lealup.customer c ON c.id = t.customer_id WHERE c.name = 'Customer 4'}), 1, 'also what it makes');

# The same while a run waits between two steps, of which the first is committed.
sql(q{UPDATE lealup.customer SET status = 'onboarding' WHERE name = 'Customer 5'});
my $waiting = q{SELECT r.status, (SELECT string_agg(s.status, ' ' ORDER BY s.step_no) FROM lealup.playbook_step_run s WHERE s.run_id = r.id)
	FROM lealup.playbook_run r JOIN lealup.customer c ON c.id = r.customer_id WHERE c.name = 'Customer 5'};
wait_until($node, $waiting, 'running|done pending', timeout => 20);
kill_worker('sync');
wait_until($node, $waiting, 'completed|done done', timeout => 20);
is(sql(q{SELECT count(*) FROM lealup.notification n JOIN lealup.customer c ON c.id = n.customer_id WHERE c.name = 'Customer 5'}), 1, 'or during a wait');

# ---- Many, while the workers are killed -----------------------------------

sql(q{UPDATE lealup.customer SET status = 'churned' WHERE status = 'active'});
my $expected = sql(q{SELECT count(*) FROM lealup.customer WHERE status = 'churned'});
for my $round (1 .. 3)
{
	my $done = $round * $customers / 8;
	wait_for('a share of the runs', sub { sql('SELECT count(*) FROM lealup.task') >= $done });
	kill_worker($round == 2 ? 'delivery' : 'sync');
	cmp_ok(sql('SELECT count(*) FROM lealup.playbook_job') + sql('SELECT count(*) FROM lealup.outbox'), '>', 0, "kill $round came before the end");
}
wait_until($node, 'SELECT NOT EXISTS (SELECT FROM lealup.outbox) AND NOT EXISTS (SELECT FROM lealup.playbook_job)');
my $runs = q{FROM lealup.playbook_run WHERE event_type = 'customer.status_changed'};
is(sql("SELECT count(*), count(DISTINCT customer_id), count(*) FILTER (WHERE status = 'completed') $runs"), "$expected|$expected|$expected", 'every customer has one run');
is(sql('SELECT count(*), count(DISTINCT customer_id), count(DISTINCT playbook_run_id) FROM lealup.task'), "$expected|$expected|$expected", 'one task');
is(sql(q{SELECT count(*), count(DISTINCT customer_id) FROM lealup.timeline_event}), "$expected|$expected", 'one note');
is(sql(q{SELECT count(*), count(DISTINCT data ->> 'run_id') FROM lealup.event WHERE event_type = 'playbook.triggered' AND data ->> 'playbook_name' = 'Win back'}),
	"$expected|$expected", 'and one playbook.triggered');
is(sql('SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'no worker tells of an error');

$node->stop;
done_testing();
