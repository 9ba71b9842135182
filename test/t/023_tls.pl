# TLS: who is trusted, what is refused, and that http is refused unless it is allowed.
use strict;
use warnings;

use LealupTest;
use Test::More;

my $ca = make_ca();
my $peer = start_peer(ca_dir => $ca);
my $node = new_node('tls', ca_file => "$ca/ca.pem", conf => 'lealup.allow_http = off');
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }

my $tenant = sql("SELECT lealup.create_tenant('TLS')");

sub subscribe
{
	my ($url, $timeout) = @_;
	$timeout //= 30;
	return sql("SELECT lealup.create_subscription('$tenant', '$url', ARRAY['customer.updated'], retry_schedule => '{0}', timeout => '$timeout s')");
}

sub emit { return sql("SELECT lealup.emit('$tenant', 'customer.updated', '{}')") }

sub set
{
	my ($name, $value) = @_;
	sql("ALTER SYSTEM SET $name = '$value'");
	$node->reload;
	wait_until($node, "SHOW $name", $value);
	return;
}

# How the last delivery of a subscription ended.
sub ended
{
	my ($subscription) = @_;
	return sql("SELECT status || coalesce(': ' || error, '') FROM lealup.delivery WHERE subscription_id = '$subscription' ORDER BY id DESC LIMIT 1");
}

my %refused = (
	tls_expired => qr/^failed: TLS: .*expired/,
	tls_notyet => qr/^failed: TLS: .*not yet valid/,
	tls_selfsigned => qr/^failed: TLS: .*self.signed/,
	tls_otherca => qr/^failed: TLS: .*unable to get local issuer/,
	tls_wronghost => qr/^failed: TLS: .*subject name/,
	tls_nosan => qr/^failed: TLS: .*subject name/,
	tls_old => qr/^failed: TLS: \S/);
my %of = map { $_ => subscribe($peer->url($_, "/$_")) } keys %refused;
my $good = subscribe($peer->url('tls_ok', '/good'));
my $named = subscribe($peer->url('tls_good', '/named', 'localhost'));
my $wrong_name = subscribe($peer->url('tls_wronghost', '/wrong', 'localhost'));
my $no_handshake = subscribe('https://127.0.0.1:' . $peer->port('hang') . '/', 1);
my $no_tls = subscribe('https://127.0.0.1:' . $peer->port('ok') . '/no_tls', 1);
my $hang = subscribe($peer->url('tls_hang'), 1);
my $cut = subscribe($peer->url('tls_cut_header'));
my $cut_body = subscribe($peer->url('tls_cut_body'));
my $reset = subscribe($peer->url('tls_reset'));
my $refused = subscribe('https://127.0.0.1:' . $peer->port('refused') . '/');

emit();
wait_idle($node);
like(ended($of{$_}), $refused{$_}, "$_ is refused") for sort keys %refused;
is(ended($good), 'success', 'a good certificate for the address is accepted');
is(ended($named), 'success', 'and for the name');
like(ended($wrong_name), qr/^failed: TLS: .*subject name/, 'a certificate for another name is refused');
is(ended($no_handshake), 'failed: timeout: no complete response within 1000 ms', 'a handshake that hangs');
is(ended($no_tls), 'failed: timeout: no complete response within 1000 ms', 'an endpoint that does not speak TLS');
is(ended($hang), 'failed: timeout: no complete response within 1000 ms', 'an answer that hangs');
like(ended($_), qr/^failed: broken response: \S/, 'an answer that breaks off') for $cut, $cut_body, $reset;
like(ended($refused), qr/^failed: connection: \S/, 'a refused connection');
is(sql("SELECT count(*) FROM lealup.delivery_attempt WHERE error LIKE 'TLS: %' AND response_status IS NULL"), 8, 'without a status');
is_deeply([ sort map { $_->{path} } grep { $_->{path} =~ m{^/\w} } $peer->requests ], [ '/good', '/named' ],
	'nobody but the trusted endpoints got the request');

# TLS failures are temporary by nature: certificates are renewed.
my $retried = subscribe($peer->url('tls_expired', '/renewed'));
sql("SELECT lealup.update_subscription('$tenant', '$retried', retry_schedule => '{0, 1 h}')");
sql("SELECT lealup.pause_subscription(tenant_id, id) FROM lealup.subscription WHERE id NOT IN ('$retried', '$good')");
emit();
wait_until($node, "SELECT status FROM lealup.delivery_log WHERE subscription_id = '$retried' AND attempt_no = 1 AND error LIKE 'TLS: %'", 'retrying');
sql("SELECT lealup.pause_subscription('$tenant', '$retried')");

# ---- The trust anchors ----

sub deliver_good
{
	my ($n) = sql("SELECT count(*) FROM lealup.delivery_attempt WHERE subscription_id = '$good'");
	emit();
	wait_until($node, "SELECT count(*) FROM lealup.delivery_attempt WHERE subscription_id = '$good'", $n + 1);
	return ended($good);
}

is(deliver_good(), 'success', 'a kept connection is used again');
my $other = make_ca();
set('lealup.ca_file', "$other/ca.pem");
wait_for('the other authorities', sub { deliver_good() =~ /^failed: TLS: \S/ });
ok(1, 'without its authority even a known endpoint is refused');
set('lealup.ca_file', "$other/missing.pem");
wait_for('the missing file', sub { deliver_good() =~ /^failed: TLS: \S/ });
ok(1, 'a missing file trusts nobody');
set('lealup.ca_file', "$ca/ca.pem");
wait_for('our authority', sub { deliver_good() eq 'success' });
ok(1, 'and back again');

# ---- http ----

my ($out, $err);
sub create_http
{
	my ($url) = @_;
	$node->psql('postgres', "SELECT lealup.create_subscription('$tenant', '$url', ARRAY['*'])", stdout => \$out, stderr => \$err);
	return $err;
}
like(create_http($peer->url('ok')), qr/ERROR:  invalid url: its scheme is not https/, 'http is refused');
like(create_http('HTTP://127.0.0.1/'), qr/its scheme is not https/, 'however it is written');
like(create_http("ftp://127.0.0.1/"), qr/its scheme is not https/, 'so are other schemes');
like(create_http("file:///etc/passwd"), qr/invalid url/, 'files, too');
like(create_http("127.0.0.1/hook"), qr/invalid url/, 'and none at all');
$node->psql('postgres', "SELECT lealup.update_subscription('$tenant', '$good', url => '" . $peer->url('ok') . "')", stderr => \$err);
like($err, qr/its scheme is not https/, 'also later');

set('lealup.allow_http', 'on');
my $http = subscribe($peer->url('ok', '/http'));
emit();
wait_until($node, "SELECT status FROM lealup.delivery WHERE subscription_id = '$http'", 'success');
sql("SELECT lealup.pause_subscription('$tenant', '$http')");
emit();
wait_until($node, "SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id = '$http'", 1);
set('lealup.allow_http', 'off');
# A delivery through the reloaded worker: settings are read before anything more is sent.
sql("SELECT lealup.resume_subscription('$tenant', '$http')");
wait_until($node, "SELECT status || ': ' || error FROM lealup.delivery WHERE subscription_id = '$http' ORDER BY id DESC LIMIT 1",
	'failed: not sent: its scheme is not https');
is(scalar(grep { $_->{path} eq '/http' } $peer->requests), 1, 'http that was allowed earlier is not sent to later');

$node->stop;
done_testing();
