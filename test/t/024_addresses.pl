# Which addresses may be connected to, from which one, and through what.
use strict;
use warnings;

use IO::Socket::IP;
use LealupTest;
use PostgreSQL::Test::Utils;
use Socket qw(inet_ntoa);
use Sys::Hostname qw(hostname);
use Test::More;

my $ca = make_ca();
my $has_ipv6 = defined IO::Socket::IP->new(LocalHost => '::1', LocalPort => 0, Listen => 1);
my $peer = start_peer(ca_dir => $ca, ok => 3, ipv6 => $has_ipv6);

# An environment that would divert every request if it were looked at.
my $elsewhere = $peer->url('ok3', '', '127.0.0.1');
local @ENV{qw(http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY)} = ($elsewhere) x 5;
local $ENV{no_proxy} = '*';
my $node = new_node('addresses', ca_file => "$ca/ca.pem", conf => "lealup.allowed_networks = ''");
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }

my $tenant = sql("SELECT lealup.create_tenant('Addresses')");

sub create
{
	my ($url) = @_;
	return "SELECT lealup.create_subscription('$tenant', '$url', ARRAY['customer.updated'], retry_schedule => '{0, 1 h}', timeout => '30 s')";
}
sub subscribe { return sql(create(@_)) }

# The errors of creating subscriptions to many URLs, in a transaction that is rolled back.
sub refusals
{
	my (@urls) = @_;
	my ($out, $err);
	$node->psql('postgres', join("\n", 'SET client_min_messages = notice; BEGIN; DO $do$ DECLARE u text; BEGIN',
		'FOREACH u IN ARRAY ARRAY[' . join(',', map { "'$_'" } @urls) . '] LOOP BEGIN',
		"PERFORM lealup.create_subscription('$tenant', u, ARRAY['*']); RAISE NOTICE 'allowed';",
		q(EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', SQLERRM; END; END LOOP; END $do$; ROLLBACK;)),
		stdout => \$out, stderr => \$err);
	return $err =~ /NOTICE:  (.*)/g;
}

sub set
{
	my ($name, $value) = @_;
	sql("ALTER SYSTEM SET $name = '$value'");
	$node->reload;
	wait_until($node, "SHOW $name", $value);
	return;
}

sub emit { return sql("SELECT lealup.emit('$tenant', 'customer.updated', '{}')") }
sub replay { return sql("SELECT lealup.replay('$tenant', id) FROM lealup.delivery WHERE subscription_id = '$_[0]'") }
sub pause_all { sql("SELECT lealup.pause_subscription(tenant_id, id) FROM lealup.subscription WHERE status = 'active'"); return }

# The outcome of attempt n.
sub outcome
{
	my ($subscription, $n) = @_;
	my $where = "WHERE subscription_id = '$subscription' AND attempt_no = $n";
	wait_until($node, "SELECT count(*) FROM lealup.delivery_attempt $where", 1);
	return sql("SELECT status || coalesce(': ' || error, '') FROM lealup.delivery_attempt $where");
}
sub received { my ($path) = @_; return grep { $_->{path} eq $path } $peer->requests }

# ---- Addresses in URLs ----

my @special = qw(0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
	172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1
	203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
	[::] [::1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1]
	[64:ff9b:1::1] [100::1] [2001::1] [2001:2::1] [2001:10::1] [2001:db8::1] [2002:7f00:1::] [3fff::1] [5f00::1] [fc00::1] [fd00:ec2::254]
	[fe80::1] [febf::1] [fec0::1] [ff02::1]
	[0:0:0:0:0:0:0:1] [FE80::1] [::FFFF:169.254.169.254]
	0x7f.1 0x7f000001 2130706433 017700000001 0177.0.0.1 127.1 127.0.1 0x7F.0.0.1 10.1 0 0x0 127.0.0.1. %31%32%37.0.0.1
	localhost LOCALHOST localhost. a.localhost a.b.localhost.);
my @urls = map { ("https://$_/", "http://$_:8080/x") } @special;
my @got = refusals(@urls);
is(scalar(@got), scalar(@urls), 'every url got an answer');
for my $i (0 .. $#urls)
{
	is($got[$i], 'invalid url: its host is at a special-purpose address', "$urls[$i] is refused");
}

my @public = qw(1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0
	172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0
	203.0.112.255 203.0.114.0 223.255.255.255 [2606:4700::1111] [2001:4860:4860::8888] [::ffff:8.8.8.8] example.com localhost.example.com);
@got = refusals(map { "https://$_/" } @public);
for my $i (0 .. $#public)
{
	is($got[$i], 'allowed', "https://$public[$i]/ is allowed");
}
like($_, qr/^invalid url: /, 'malformed hosts are refused')
  for refusals('https://[::1%25lo]/', 'https://[::1/', 'https:///', 'https://user@example.com/', 'https://user:secret@example.com/',
	'https://example.com\@127.0.0.1/', 'https://127.0.0.1#@example.com/', 'https://example.com:0/', 'https://example.com:99999/', 'https://exa mple.com/');

# ---- Addresses that are connected to ----

# A url put in by hand stands for a name that leads somewhere else by the time of the delivery.
sub by_hand
{
	my ($url) = @_;
	my $subscription = subscribe('https://example.com/');
	sql("UPDATE lealup.subscription SET url = '$url', version = version + 1 WHERE id = '$subscription'; SELECT lealup._wake('subscription')");
	return $subscription;
}

my $blocked = 'failed: address not allowed: the host is at a special-purpose address';
my %by_hand = map { $_ => by_hand('http://' . ($_ =~ /\/$/ ? $_ : "$_:" . $peer->port('ok1') . '/blocked')) }
  qw(127.0.0.1 localhost 127.0.0.2 [::ffff:127.0.0.1] 0.0.0.0 169.254.169.254/ 10.0.0.1/ 2130706433 0x7f.1), $has_ipv6 ? '[::1]' : ();
my $any = by_hand($peer->url('ok1', '/blocked'));
sql("SELECT lealup.update_subscription('$tenant', '$any', url => 'https://example.com/', retry_on => 'any')");
sql("UPDATE lealup.subscription SET url = '" . $peer->url('ok1', '/blocked') . "', version = version + 1 WHERE id = '$any'; SELECT lealup._wake('subscription')");

# Many machines have a name of their own that is at a loopback address.
my ($name) = grep { my $address = gethostbyname($_); !/^localhost/ && $address && inet_ntoa($address) =~ /^127\./ }
  hostname(), qw(ip6-localhost ip6-loopback loopback);
$by_hand{"the name $name"} = subscribe("http://$name:" . $peer->port('ok1') . '/blocked') if $name;

emit();
is(outcome($by_hand{$_}, 1), $blocked, "$_ is blocked, and for good") for sort keys %by_hand;
is(outcome($any, 1), $blocked =~ s/failed/retrying/r, 'unless everything is to be retried');
ok(!$peer->ask('/count')->{ok1}{connections}, 'nobody was connected to');

# ---- Networks that are opened ----

pause_all();
set('lealup.allowed_networks', '127.0.0.1/32');
@got = refusals('https://127.0.0.1/', 'https://127.0.0.2/', 'https://0x7f.1/', 'https://localhost/', 'https://10.0.0.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:127.0.0.2]/');
is_deeply([ map { $_ eq 'allowed' ? 1 : 0 } @got ], [ 1, 0, 1, 1, 0, 0, 1, 0 ], 'exactly the listed network is opened');
sql("SELECT lealup.resume_subscription('$tenant', '$by_hand{$_}')") for '127.0.0.1', '127.0.0.2';
replay($by_hand{$_}) for '127.0.0.1', '127.0.0.2';
is(outcome($by_hand{'127.0.0.1'}, 2), 'success', 'it is connected to');
is(outcome($by_hand{'127.0.0.2'}, 2), $blocked, 'its neighbour is not');
is(scalar(received('/blocked')), 1, 'once');

set('lealup.allowed_networks', ' 10.1.0.0/16 ,127.0.0.0/30, fd00:1::/32');
@got = refusals(map { "https://$_/" } qw(10.0.255.255 10.1.0.0 10.1.255.255 10.2.0.0 127.0.0.3 127.0.0.4 [fd00:1::1] [fd00:0:ffff::] [fd00:2::1]));
is_deeply([ map { $_ eq 'allowed' ? 1 : 0 } @got ], [ 0, 1, 1, 0, 1, 0, 1, 0, 0 ], 'a list opens all its networks, to their last address');
for my $bad ('127.0.0.1/33', '127.0.0/8', 'localhost', '10.0.0.0/8,', '::1/129', '10.0.0.0/', '10.0.0.0/8/8')
{
	ok($node->psql('postgres', "ALTER SYSTEM SET lealup.allowed_networks = '$bad'"), "'$bad' is no list of networks");
}
is(sql('SHOW lealup.allowed_networks'), ' 10.1.0.0/16 ,127.0.0.0/30, fd00:1::/32', 'and changes nothing');

SKIP:
{
	skip 'there is no IPv6', 2 unless $has_ipv6;
	set('lealup.allowed_networks', '::1/128');
	my $six = subscribe($peer->url('tls_ok6', '/six'));
	my $mapped = by_hand('http://[::ffff:127.0.0.1]:' . $peer->port('ok1') . '/blocked');
	emit();
	is(outcome($six, 1), 'success', 'IPv6 works');
	is(outcome($mapped, 1), $blocked, 'a mapped address is the address of version 4');
	pause_all();
}

# ---- Where requests come from, and what they go through ----

set('lealup.allowed_networks', '127.0.0.0/8');
my $direct = subscribe($peer->url('ok2', '/direct'));
emit();
is(outcome($direct, 1), 'success', 'proxies of the environment are not used');
is((received('/direct'))[0]{behaviour}, 'ok2', 'the endpoint itself got the request');
is((received('/direct'))[0]{from}, '127.0.0.1', 'from the address that the system chooses');
pause_all();

set('lealup.source_address', '127.0.0.2');
my $from = subscribe($peer->url('ok2', '/from'));
emit();
is(outcome($from, 1), 'success', 'with a source address');
is((received('/from'))[0]{from}, '127.0.0.2', 'requests come from there');
pause_all();
set('lealup.source_address', '192.0.2.1');
my $nowhere = subscribe($peer->url('ok2', '/nowhere'));
emit();
like(outcome($nowhere, 1), qr/^retrying: connection: \S/, 'one that the machine does not have is a failure');
is(scalar(received('/nowhere')), 0, 'not a request from elsewhere');
pause_all();
set('lealup.source_address', '');

set('lealup.proxy', $peer->url('proxy', ''));
my $plain = subscribe($peer->url('ok2', '/plain'));
# The proxy resolves names, and its network decides what can be reached.
my $tunnel = subscribe($peer->url('tls_ok', '/tunnel', 'hooks.test'));
my $untrusted = subscribe($peer->url('tls_wronghost', '/untrusted', 'hooks.test'));
emit();
is(outcome($plain, 1), 'success', 'http through a proxy');
is(outcome($tunnel, 1), 'success', 'https through a proxy');
like(outcome($untrusted, 1), qr/^retrying: TLS: /, 'which does not vouch for certificates');
my ($through) = grep { $_->{method} eq 'POST' } $peer->requests('proxy');
is($through->{path}, $peer->url('ok2', '/plain'), 'the proxy was asked for the url');
my ($connect) = grep { $_->{path} eq 'hooks.test:' . $peer->port('tls_ok') } $peer->requests('proxy');
is($connect->{method}, 'CONNECT', 'and for a tunnel');
ok(!(grep { /lealup|webhook|content/i } keys %{ $connect->{header} }), 'which it was not told the request of');
is((received('/tunnel'))[0]{behaviour}, 'tls_ok', 'the endpoint got it');
is(sql("SELECT response_headers ? 'Content-Type' FROM lealup.delivery_log WHERE subscription_id = '$tunnel'"), 't', 'and its answer is what is logged');
pause_all();
my $literal = by_hand('http://169.254.169.254/literal');
emit();
is(outcome($literal, 1), 'failed: not sent: address not allowed: the host is a special-purpose address', 'a proxy does not open addresses that are not allowed');
ok(!(grep { $_->{path} =~ /169/ } $peer->requests('proxy')), 'it is not even asked for them');
pause_all();
set('lealup.proxy', 'http://127.0.0.1:' . $peer->port('refused'));
my $no_proxy = subscribe($peer->url('ok2', '/no_proxy'));
emit();
like(outcome($no_proxy, 1), qr/^retrying: connection: \S/, 'a proxy that is down is a failure');
is(scalar(received('/no_proxy')), 0, 'not a reason to go without');
pause_all();
set('lealup.proxy', '');
my $again = subscribe($peer->url('ok2', '/again'));
emit();
is(outcome($again, 1), 'success', 'and without a proxy again');
is((received('/again'))[0]{behaviour}, 'ok2', 'directly');

is(scalar($peer->requests('ok3')), 0, 'the environment was never looked at');
$node->stop;
done_testing();
