# What two sessions change at the same time.
use strict;
use warnings;

use IPC::Run;
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Begins a statement in a session of its own and comes back when it waits for a lock, or is done.
sub begin
{
	my ($sql) = @_;
	my %run = (out => '', err => '');
	$run{handle} = IPC::Run::start([ 'psql', '-qXAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $sql ],
		'<', \undef, '>', \$run{out}, '2>', \$run{err});
	wait_for('the other session', sub {
		$run{handle}->pump_nb;
		!$run{handle}->pumpable || sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Lock'}) > 0 });
	return \%run;
}

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
my $customer = sql("INSERT INTO lealup.customer (tenant_id, name, renewal_date) VALUES ('$tenant', 'Acme', '2031-01-31') RETURNING id");
my $renewal = sql('SELECT id FROM lealup.renewal');

# ---- A definition and a signal ----------------------------------------------

my $session = $node->background_psql('postgres');
$session->query_safe("BEGIN; INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value) VALUES ('$tenant', '$customer', 'pulse', 80)");
my $other = begin(qq{SELECT lealup.set_health_definition('$tenant', NULL, '[{"kind": "pulse", "worst": 0, "best": 100}]')});
$session->query_safe('COMMIT');
$other->{handle}->finish;
is(sql('SELECT score FROM lealup.health_score'), 80, 'a signal that comes while it begins to be measured counts');

# ---- A customer's date and the end of its renewal ---------------------------

$session->query_safe("BEGIN; SELECT FROM lealup.customer WHERE id = '$customer' FOR NO KEY UPDATE");
$other = begin("SELECT lealup.churn_renewal('$tenant', '$renewal')");
$session->query_safe("UPDATE lealup.customer SET renewal_date = '2031-02-28' WHERE id = '$customer'; COMMIT");
$other->{handle}->finish;
is($other->{err}, '', 'they wait for each other in the same order');
is(sql('SELECT status, renewal_date FROM lealup.renewal'), 'churned|2031-02-28', 'and both happen');
$session->quit;

$node->stop;
done_testing();
