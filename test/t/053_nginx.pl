# The gateway behind a real nginx, with the configuration that the README shows.
use strict;
use warnings;

use File::Basename qw(dirname);
use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;

my ($port, $front, $streaming) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 3;
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\nlealup.gateway_log = 'all'\n"
	. "lealup.gateway_trusted_proxies = '127.0.0.1/32'");
$node->start;
setup_db($node);

# As http_once(), which also looks whether the connection stays: that is nginx's business here.
sub once
{
	my ($where, $bytes, %opt) = @_;
	return http_once($where, $bytes, %opt, wait => 0);
}

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
my $key = sql("SELECT lealup.create_api_key('$tenant', 'test', '{*}')");
sql(q{CREATE FUNCTION lealup._http_echo(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE sql AS $$
		SELECT lealup._http_ok(json_build_object('headers', call.headers, 'length', length(call.raw::text))) $$;
	CREATE FUNCTION lealup._http_sleep(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$
		BEGIN PERFORM pg_sleep(1); RETURN lealup._http_ok('{}'); END $$;
	SELECT lealup._add_route('POST', '/test/echo', '_http_echo', NULL, 'Echo', request => '{"type": "object"}', rate_class => 'none');
	SELECT lealup._add_route('GET', '/test/echo', '_http_echo', NULL, 'Echo', rate_class => 'none');
	SELECT lealup._add_route('GET', '/test/sleep', '_http_sleep', NULL, 'Sleeps', rate_class => 'none')});
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });
my $pid = worker_pid($node, kind => 'gateway');

# ---- nginx, as the README has it; and once more without its buffering ------

my ($snippet) = slurp_file(dirname(__FILE__) . '/../../README.md') =~ /```nginx\n(.*?)```/s or die 'the README shows no nginx';
$snippet =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/ or die 'the README names no port';
my ($upstream, $server) = $snippet =~ /\A(upstream .*?\n\}\n)(server .*)\z/s or die 'the README has no server';
$server =~ s/listen 443 ssl;.*/listen 127.0.0.1:$front;/ or die 'the README has no TLS';
(my $unbuffered = $server) =~ s/127\.0\.0\.1:$front;/127.0.0.1:$streaming;\n    proxy_request_buffering off;/;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$dir/conf", "daemon off;\nmaster_process off;\npid $dir/pid;\nerror_log $dir/error;\nevents {}\nhttp {\naccess_log off;\n"
	. join('', map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi)) . "$upstream$server$unbuffered}\n");
my $nginx = fork // die "fork: $!";
exec '/usr/sbin/nginx', '-p', $dir, '-e', "$dir/error", '-c', "$dir/conf" unless $nginx;
END { local $?; if ($nginx) { kill 'TERM', $nginx; waitpid $nginx, 0 } }
wait_for('nginx', sub { my $answer = http_get($front, '/healthz'); $answer && $answer->{status} == 200 });

# ---- Whom the gateway believes ---------------------------------------------

my @forged = ('X-Forwarded-For' => '6.6.6.6', 'X-Forwarded-Proto' => 'gopher', 'X-Forwarded-Host' => '6.6.6.6', 'X-Real-Ip' => '6.6.6.6', 'Forwarded' => 'for=6.6.6.6',
	'Lealup-Client-Address' => '6.6.6.6', 'X-Forwarded-Port' => '6.6.6.6');
my $answer = http_get($front, '/test/echo', @forged);
is($answer->{status}, 200, 'nginx passes a request on');
unlike($answer->{body}, qr/6\.6\.6\.6|gopher/, 'and nothing that a client says of itself');
is_deeply([ @{ $answer->{json}{headers} }{qw(lealup-client-address x-forwarded-for x-forwarded-proto x-forwarded-host host)} ],
	[ '127.0.0.1', '127.0.0.1', 'https', 'test', 'test' ], 'but who it is, and how it came');
$node->append_conf('postgresql.conf', "lealup.gateway_trusted_proxies = '192.0.2.0/24'");
$node->reload;
wait_for('the reload', sub { http_get($front, '/test/echo')->{json}{headers}{'x-forwarded-proto'} eq 'http' });
pass('an nginx that is not named is not believed');
$node->append_conf('postgresql.conf', "lealup.gateway_trusted_proxies = '127.0.0.1/32'");
$node->reload;
wait_for('the reload', sub { http_get($front, '/test/echo')->{json}{headers}{'x-forwarded-proto'} eq 'https' });

# ---- Requests --------------------------------------------------------------

$answer = once($front, "POST /v1/customers?x HTTP/1.1\r\nHost: test\r\n\r\n");
is($answer->{status}, 401, 'an error comes back as it is');
is($answer->{json}{status}, 401, 'with its problem');
ok($answer->{headers}{'www-authenticate'}, 'and its headers');
my $body = '{"event": "task.created", "data": {}}';
my $event = "POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer $key\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\n";
my $whole = sprintf($event, 'one') . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
is(once($front, $whole)->{status}, 201, 'a key reaches the gateway');
is(once($front, $whole)->{headers}{'idempotency-replayed'}, 'true', 'also twice');
is(once($front, "HEAD /test/echo HTTP/1.1\r\nHost: test\r\n\r\n", head => 1)->{status}, 200, 'HEAD');
is(http_get($front, '/v1/%2e%2e/%00')->{status}, 400, 'a path that nginx refuses, or the gateway');
is(http_get($front, '/test/echo?a=%zz')->{status}, 400, 'a query that is malformed');
my $chunked = sprintf($event, 'two') . "Transfer-Encoding: chunked\r\n\r\n" . join('', map { sprintf "%x\r\n%s\r\n", length, $_ } $body =~ /(.{1,7})/g) . "0\r\n\r\n";
for ([ 'with its buffering', $front ], [ 'without', $streaming ])
{
	my ($how, $where) = @$_;
	is(once($where, $chunked =~ s/two/two $where/r =~ s/two /two-/r)->{status}, 201, "chunks, $how");
	my $c = http_connect($where);
	my $n = length(my $hidden = "DELETE /test/echo HTTP/1.1\r\nHost: test\r\n\r\n");
	http_send($c, "POST /test/echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: $n\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden");
	is(http_read($c)->{status}, 400, "two lengths, $how");
	ok(LealupTest::Http::closed($c), 'are the end');
	my $large = '{"x": "' . 'x' x 900_000 . '"}';
	$answer = once($where, "POST /test/echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " . length($large) . "\r\n\r\n$large");
	is($answer->{json}{length}, length $large, "a large body, $how");
	is(once($where, "POST /test/echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 1200000\r\n\r\n" . 'x' x 1_200_000)->{status},
		413, "and one that is too large, $how");
}
is(http_get($front, '/test/echo', 'X-Long' => 'x' x 7000)->{status}, 200, 'a long header');
is(http_get($front, '/test/echo', map { ("X-Long-$_" => 'x' x 7000) } 1 .. 3)->{status}, 431, 'what is too much for the gateway');
is(http_get($front, '/test/echo', 'X-Long' => 'x' x 20_000)->{status}, 400, 'or for nginx');

# ---- Connections -----------------------------------------------------------

sub connections
{
	return $node->safe_psql('postgres', q{SELECT in_flight FROM lealup.worker_status WHERE worker = 'gateway 1'});
}
{
	my $c = http_connect($front);
	my $good = 0;
	for (1 .. 100)
	{
		http_send($c, "GET /test/echo HTTP/1.1\r\nHost: test\r\n\r\n");
		$good++ if http_read($c)->{status} == 200;
	}
	is($good, 100, 'a hundred requests on one connection');
	cmp_ok(connections(), '>', 0, 'nginx keeps its own to the gateway');
	cmp_ok(connections(), '<=', 16, 'and few of them');
}
# A reload of limits, and a restart of the gateway, are no error for those who come through nginx.
{
	$node->append_conf('postgresql.conf', "lealup.gateway_max_connections = 500");
	$node->reload;
	is(join(' ', map { http_get($front, '/test/echo')->{status} } 1 .. 20), join(' ', (200) x 20), 'a reload cuts off no request');
}
# Clients that go away: while they are answered, while they send, and before they read.
for my $bytes ("GET /test/sleep HTTP/1.1\r\nHost: test\r\n\r\n", "POST /test/echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n{",
	"GET /v1/openapi.json HTTP/1.1\r\nHost: test\r\n\r\n")
{
	for my $where ($front, $streaming)
	{
		my $c = http_connect($where);
		http_send($c, $bytes);
		select undef, undef, undef, 0.05;
		close $c;
	}
}
is(http_get($front, '/test/echo')->{status}, 200, 'clients that go away disturb nobody');
is(worker_pid($node, kind => 'gateway'), $pid, 'one process did it all');

my $log = slurp_file($node->logfile);
like($log, qr{lealup gateway: POST /v1/events 201 .* to 127\.0\.0\.1\n}, 'the log names the client');
unlike($log, qr/\Q$key\E|6\.6\.6\.6|PANIC|TRAP|gave up/, 'and no secret, nor what somebody says');
$node->stop;
is(http_get($front, '/test/echo')->{status}, 502, 'and nginx says when the gateway is gone');
done_testing();
