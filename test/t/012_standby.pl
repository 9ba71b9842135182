# A standby's workers wait for the promotion, and then go on where the primary stopped.
use strict;
use warnings;

use LealupTest;
use Test::More;

my $peer = start_peer();
my $url = $peer->url('ok');
my $primary = new_node('primary', init => { allows_streaming => 1 });
$primary->start;
setup_db($primary);

sub emit
{
	my ($data) = @_;
	$primary->safe_psql('postgres', qq(SELECT lealup.emit(tenant_id, 'customer.created', '{"which": "$data"}') FROM lealup.tenant));
	return;
}

sub received
{
	my ($data) = @_;
	return scalar grep { $_->{body} =~ /"which": "$data"/ } $peer->requests('ok');
}

$primary->safe_psql('postgres', "SELECT lealup.create_subscription(lealup.create_tenant('Acme'), '$url', '{*}')");
emit('early');
wait_idle($primary);
is(received('early'), 1, 'the primary delivers');

$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

# ---- While it is a standby ------------------------------------------------

emit('with standby');
wait_idle($primary);
$primary->append_conf('postgresql.conf', 'lealup.enabled = off');
$primary->reload;
wait_until($primary, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('lealup sync', 'lealup delivery')}, 0);
emit('late');
$primary->wait_for_catchup($standby);

is($standby->safe_psql('postgres', 'SELECT count(*) FROM lealup.outbox'), 1, 'the standby has what is pending');
is($standby->safe_psql('postgres', 'SELECT worker, state, pid IS NULL, hint <> \'\' FROM lealup.worker_status'),
	'launcher|standby|t|t', 'worker_status tells that it is a standby');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'lealup%'}), 0,
	'no worker runs there');
my ($status, $out, $err) = $standby->psql('postgres',
	q{SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant});
like($err, qr/read-only transaction/, 'and events cannot be emitted');

# ---- After the promotion --------------------------------------------------

is(received('late'), 0, 'nobody has sent what is pending');
$primary->stop;
$standby->promote;
wait_idle($standby);
is(received('late'), 1, 'a promoted standby sends it');
is(received('early') . received('with standby'), 11, 'and repeats nothing');
wait_until($standby, q{SELECT string_agg(worker || ' ' || state, ', ' ORDER BY worker COLLATE "C")
	FROM lealup.worker_status}, 'delivery 1 running, launcher running, sync running');
pass('its workers run');

$standby->stop;
done_testing();
