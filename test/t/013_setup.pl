# A server that is not set up completely tells what is missing, loses nothing, and goes on when it is there.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $url = $peer->url('ok');
my $secret = 'a-secret-of-at-least-32-characters';
my $node = new_node('main', conf => "shared_preload_libraries = ''");

my $emit = q{SELECT count(lealup.emit(tenant_id, 'customer.created', '{}')) FROM lealup.tenant;};
my $warning = qr/WARNING:  events are kept but not delivered/;

sub status
{
	return $node->safe_psql('postgres',
		'SELECT worker, state, coalesce(last_error, hint) FROM lealup.worker_status ORDER BY worker COLLATE "C"');
}

# ---- The library is not preloaded -----------------------------------------

$node->start;
setup_db($node);
like(status(), qr/^launcher\|not loaded\|.*shared_preload_libraries/, 'worker_status tells that the library is not preloaded');

$node->safe_psql('postgres', "SELECT lealup.create_tenant('Acme')");
$node->safe_psql('postgres', "SELECT lealup.create_subscription(tenant_id, '$url', '{*}', '$secret') FROM lealup.tenant");
my ($status, $out, $err) = $node->psql('postgres', "$emit $emit");
is($out, "1\n1", 'tenant, subscription and events can be made');
like($err, $warning, 'with a warning');
like($err, qr/HINT: .*shared_preload_libraries/, 'that tells what to do');
is(scalar(() = $err =~ /WARNING/g), 1, 'once in a session');
($status, $out, $err) = $node->psql('postgres', $emit);
like($err, $warning, 'and again in the next one');

# The key file is the server's, so who makes the subscription does not matter.
$node->safe_psql('postgres', q{CREATE ROLE app; SELECT lealup.grant_access('app', 'app')});
$node->safe_psql('postgres', 'SET ROLE app; SELECT lealup.create_subscription(' .
	"'" . $node->safe_psql('postgres', 'SELECT tenant_id FROM lealup.tenant') . "', '$url', '{health.*}', '$secret')");
pass('an application can make a subscription, too');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'lealup%'}), 0, 'no worker runs');

$node->safe_psql('postgres', 'BEGIN; DROP EXTENSION lealup; ROLLBACK');
$node->safe_psql('postgres', 'CREATE DATABASE short');
$node->safe_psql('postgres', 'DROP DATABASE short');

# ---- Preloaded, but without room for workers ------------------------------

# PostgreSQL's own logical replication launcher would take a slot.
$node->append_conf('postgresql.conf', join "\n", "shared_preload_libraries = 'lealup'",
	'max_logical_replication_workers = 0', 'max_worker_processes = 0');
my $log = -s $node->logfile;
$node->restart;
like(status(), qr/^launcher\|not running\|.*max_worker_processes/, 'without a slot the launcher does not run, and worker_status tells why');
($status, $out, $err) = $node->psql('postgres', $emit);
is($err, '', 'events are taken without a warning, since a restart is at hand');

$node->append_conf('postgresql.conf', 'max_worker_processes = 1');
$node->restart;
wait_for('the launcher to report', sub { slurp_file($node->logfile, $log) =~ /no background worker slot is free/ });
like(slurp_file($node->logfile, $log), qr/could not start a worker.*\n.*HINT: .*Increase max_worker_processes/,
	'with one slot only the log tells what is missing');
wait_until($node, q{SELECT state, last_error, hint LIKE '%max_worker_processes%' FROM lealup.worker_status WHERE worker = 'launcher'},
	'running|no background worker slot is free|t');
pass('and so does worker_status');
is(scalar(() = slurp_file($node->logfile, $log) =~ /could not start a worker/g), 1, 'the log does so once');

# The launcher and the sync worker fit, the delivery worker does not.
$node->append_conf('postgresql.conf', 'max_worker_processes = 2');
$node->restart;
wait_until($node, q{SELECT state IN ('not running', 'waiting to restart'), last_error
	FROM lealup.worker_status WHERE worker = 'delivery 1'}, 't|no background worker slot is free');
is($node->safe_psql('postgres', q{SELECT state FROM lealup.worker_status WHERE worker = 'sync'}), 'running',
	'worker_status tells which worker is without a slot');
is(scalar $peer->requests, 0, 'nothing was sent so far');

# ---- Complete -------------------------------------------------------------

$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->restart;
wait_idle($node);
my @requests = $peer->requests('ok');
is(scalar @requests, 4, 'what was emitted meanwhile is sent once');
is(scalar(grep {
		my $signed = "$_->{header}{'x-lealup-timestamp'}.$_->{body}";
		$_->{header}{'x-lealup-signature'} eq 'sha256=' . hmac_sha256_hex($signed, $secret)
	} @requests), 4, 'and signed with the secret that was stored without workers');
like(status(), qr/^delivery 1\|running\|\nlauncher\|running\|\nsync\|running\|$/, 'worker_status has nothing to complain about');
($status, $out, $err) = $node->psql('postgres', $emit);
is($err, '', 'nor has emit()');

$node->stop;
done_testing();
