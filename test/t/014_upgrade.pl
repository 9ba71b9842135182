# ALTER EXTENSION lealup UPDATE with running workers, from the version that is installed to the made-up ones in test/upgrade.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Copy;
use File::Find;
use File::Path qw(make_path);
use IPC::Run;
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $ok = $peer->url('ok');
my $hold = $peer->url('ok', '/hold/upgrade');

# A staged installation of this test's own, because the other tests must not see the made-up versions.  The library stays a
# single file: PostgreSQL refuses to load two of the same name, and would not take a copy for the same one.
sub private_stage
{
	my $conf = slurp_file($ENV{LEALUP_TEST_CONF});
	my ($setting, $value) = $conf =~ /^(extension_destdir|extension_control_path) = '(.*)'$/m
	  or die 'the settings of test/run do not tell where the extension is';
	(my $stage = $value) =~ s/:\$system$//;
	my $copy = PostgreSQL::Test::Utils::tempdir('stage');

	find({ no_chdir => 1, wanted => sub {
		return unless -f;
		my $target = $copy . substr($_, length $stage);
		make_path(dirname($target));
		if (/\.(sql|control)$/) { copy($_, $target) or die "$target: $!" }
		else { symlink($_, $target) or die "$target: $!" }
	} }, $stage);
	find({ no_chdir => 1, wanted => sub {
		return unless /lealup\.control$/;
		my $extension_dir = dirname($_);
		copy($_, $extension_dir) or die "$_: $!" for glob(dirname(__FILE__) . '/../upgrade/*.sql');
	} }, $copy);
	$value =~ s/^\Q$stage\E/$copy/;
	return "$setting = '$value'";
}

my $node = new_node('main', conf => private_stage());
$node->start;
setup_db($node);
setup_db($node, 'other');

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

my $emit = q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant};
my $rows = q{SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM lealup.%s t};
my $version = q{SELECT extversion FROM pg_extension WHERE extname = 'lealup'};
is(sql($version), '1.0', 'the starting point');

sql("SELECT lealup.create_subscription(lealup.create_tenant('Acme'), '$ok', '{*}')");
sql($emit);
wait_idle($node);
sql("SELECT lealup.create_subscription(tenant_id, '$hold', '{*}', timeout => '30 s') FROM lealup.tenant");
# A session that has emitted before has plans from before.
my $session = $node->background_psql('postgres');
$session->query_safe($emit);
wait_for('a request to be held', sub { grep { $_->{path} =~ /hold/ } $peer->requests('ok') });
wait_until($node, 'SELECT count(*) FROM lealup.delivery_queue', 1);
wait_until($node, 'SELECT NOT EXISTS (SELECT FROM lealup._missing_leaves(now()))');
my %before = map { $_ => sql(sprintf $rows, $_) } qw(tenant event audit delivery_queue delivery_attempt);

# ---- A release that changes nothing in the database -----------------------

my $pid = worker_pid($node, db => 'postgres');
sql("ALTER EXTENSION lealup UPDATE TO '1.0.1'");
is(sql($version), '1.0.1', 'an update works while a request is in flight');
is_deeply({ map { $_ => sql(sprintf $rows, $_) } keys %before }, \%before, 'and keeps every row');

# ---- One that changes tables ----------------------------------------------

sql("BEGIN; ALTER EXTENSION lealup UPDATE TO '1.0.2'; ROLLBACK");
is(sql($version), '1.0.1', 'an update can be rolled back');
sql("ALTER EXTENSION lealup UPDATE TO '1.0.2'");
is(sql($version), '1.0.2', 'tables are changed while a request is in flight');
is(sql('SELECT string_agg(n, \',\') FROM lealup.notes() n'), 'none,none', 'rows are kept, and have the new column');
is(sql('SELECT count(*) FROM lealup.event'), 2, 'so are the events');
is(worker_pid($node, db => 'postgres'), $pid, 'no worker was stopped');

is($peer->ask('/release/upgrade')->{released}, 1, 'the request is still in flight');
wait_idle($node);
is(sql(q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), 3, 'its outcome is recorded');
$session->query_safe($emit);
sql($emit);
wait_for('the next requests', sub { $peer->ask('/release/upgrade'); sql(q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}) == 7 });
pass('deliveries go on');
is(sql(q{SELECT count(*) FROM lealup.delivery_attempt WHERE status <> 'success'}), 0, 'without a failure');
is(sql('SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'or an error of a worker');
$session->quit;

# ---- Other ways to the new version ----------------------------------------

is($node->safe_psql('other', $version), '1.0', 'another database keeps its version');
$node->safe_psql('other', "SELECT lealup.create_subscription(lealup.create_tenant('Other'), '$ok', '{*}'); $emit");
wait_idle($node, db => 'other');
$node->safe_psql('other', "ALTER EXTENSION lealup UPDATE TO '1.0.2'");
$node->safe_psql('other', $emit);
wait_idle($node, db => 'other');
is($node->safe_psql('other', q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), 2,
	'and delivers before and after an update over both steps');

# ---- While the workers are busy -------------------------------------------

# Their transactions take the locks of many tables, as the update does; neither may end in a deadlock.
for my $n (1 .. 4)
{
	setup_db($node, "busy$n");
	$node->safe_psql("busy$n", "SELECT lealup.create_subscription(lealup.create_tenant('Busy'), '$ok', '{*}', rate_limit => 0)");
	my ($out, $err);
	my $load = IPC::Run::start([ 'psql', '-qX', '-d', $node->connstr("busy$n"), '-c', q{
		DO $$ BEGIN
			FOR i IN 1 .. 150 LOOP
				PERFORM lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant, generate_series(1, 5);
				COMMIT;
			END LOOP;
		END $$} ], '<', \undef, '>', \$out, '2>', \$err);
	wait_until($node, q{SELECT count(*) > 50 FROM lealup.delivery}, 't', db => "busy$n");
	my ($status, undef, $error) = $node->psql("busy$n", "ALTER EXTENSION lealup UPDATE TO '1.0.2'");
	is($error, '', "an update works while workers are busy, round $n");
	$load->finish;
	is($err, '', 'and applications emit');
	wait_idle($node, db => "busy$n");
	is($node->safe_psql("busy$n", q{SELECT (SELECT count(*) FROM lealup.delivery WHERE status = 'success'),
		(SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL)}), '750|0', 'and everything is delivered');
	$node->safe_psql('postgres', "DROP DATABASE busy$n");
}

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', "CREATE EXTENSION lealup VERSION '1.0.2'");
$node->safe_psql('fresh', "SELECT lealup.create_subscription(lealup.create_tenant('Fresh'), '$ok', '{*}'); $emit");
wait_idle($node, db => 'fresh');
is($node->safe_psql('fresh', q{SELECT count(*) FROM lealup.delivery WHERE status = 'success'}), 1,
	'the new version can be created at once');

$node->stop;
done_testing();
