# The gateway's life: settings, limits, reload, ports, sockets, proxies, the log, and the database beneath it.
use strict;
use warnings;

use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my ($port, $other, $third) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 3;
my $socket = PostgreSQL::Test::Utils::tempdir_short() . '/gateway';
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'");
$node->start;
setup_db($node, 'api');
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Settings, then a reload.
sub set
{
	my (%settings) = @_;
	sql("ALTER SYSTEM SET lealup.gateway_$_ = '$settings{$_}'") for sort keys %settings;
	$node->reload;
	return;
}

sub answers
{
	my ($where) = @_;
	my $answer = http_get($where, '/x');
	return $answer && $answer->{status} < 500;
}

sub wait_for_gateway
{
	my ($where) = @_;
	wait_for("an answer at $where", sub { answers($where) });
	return;
}

# A process gives its ports back a moment after it has left pg_stat_activity.
sub nobody_listens
{
	my ($where, $name) = @_;
	wait_for("the end of $where", sub { !http_connect($where) });
	pass($name);
	return;
}

sub wait_for_state
{
	my ($state, %opt) = @_;
	wait_until($node, q{SELECT state FROM lealup.worker_status WHERE worker = 'gateway 1'}, $state, db => $opt{db} // 'api');
	return;
}

# What the server has logged since.
my $read = 0;
sub new_log
{
	my $log = slurp_file($node->logfile, $read);
	$read = -s $node->logfile;
	return $log;
}

sub wait_for_log
{
	my ($pattern) = @_;
	my $from = $read;
	wait_for("\"$pattern\" in the log", sub { slurp_file($node->logfile, $from) =~ $pattern });
	return;
}

# ---- Where it runs --------------------------------------------------------

wait_for_log(qr/lealup.gateway_listen is set, but lealup.gateway_database names no database/);
pass('the log says that a database is missing');
is(sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}), 0, 'and nothing runs');
set(database => 'missing');
wait_for_log(qr/"missing", which is no database/);
pass('or that it is not there');
nobody_listens($port, 'nobody listens');

set(database => 'api');
wait_for_gateway($port);
is($node->safe_psql('api', q{SELECT count(*) FROM lealup.worker_status WHERE worker LIKE 'gateway%'}), 1, 'worker_status shows it in its database');
is(sql(q{SELECT count(*) FROM lealup.worker_status WHERE worker LIKE 'gateway%'}), 0, 'and in no other');
wait_until($node, q{SELECT s.state, a.datname FROM lealup.worker_status s JOIN pg_stat_activity a USING (pid)
	WHERE a.backend_type = 'lealup gateway'}, 'running|api', db => 'api');

# What the tests ask for: a stand-in for the application, which tells what it was called with.
$node->safe_psql('api', q{CREATE OR REPLACE FUNCTION lealup.http_request(method text, path text, query text, headers jsonb, body bytea,
		OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	status := 200;
	response_headers := '{"Content-Type": "application/json"}';
	IF path ~ '^/sleep/' THEN
		PERFORM pg_sleep(split_part(path, '/', 3)::float8);
	ELSIF path = '/raise' THEN
		RAISE EXCEPTION 'secret text of an error';
	ELSIF path = '/empty' THEN
		status := 204;
		RETURN;
	ELSIF path ~ '^/big/' THEN
		response_body := convert_to(repeat('x', split_part(path, '/', 3)::int), 'UTF8');
		RETURN;
	ELSIF path = '/lock' THEN
		LOCK TABLE public.locked;
	ELSIF path = '/defer' THEN
		INSERT INTO public.deferred VALUES (1), (1);
	ELSIF path = '/insert' THEN
		INSERT INTO public.locked VALUES (1);
	ELSIF path = '/nothing' THEN
		status := NULL;
	ELSIF path = '/odd' THEN
		status := 99;
	ELSIF path ~ '^/hooks/' THEN
		response_headers := '{"lealup-route": "/hooks/{token}"}';
	ELSIF path = '/headers' THEN
		response_headers := jsonb_build_object('X-Bad', E'a\r\nX-Injected: 1', 'X-Good', '1', 'Content-Length', '7', 'Connection', 'upgrade', 'Date', 'x');
	END IF;
	response_body := convert_to(jsonb_build_object('method', method, 'path', path, 'query', query, 'headers', headers,
		'body', encode(body, 'escape'), 'length', length(body), 'session', session_user)::text, 'UTF8');
END $$;
CREATE TABLE public.locked (a int);
CREATE TABLE public.deferred (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);
-- As whom the caller acts, a function that is not SECURITY DEFINER would tell.
CREATE FUNCTION public.caller() RETURNS text LANGUAGE sql AS 'SELECT current_user'});

# ---- Requests -------------------------------------------------------------

my $answer = http_once($port, "POST /a%20b/c?x=1&y=%2F HTTP/1.1\r\nHost: test\r\nX-One: a\r\nX-One: b\r\nX-Space:  c \r\nContent-Length: 5\r\n\r\nh\0llo");
is($answer->{status}, 200, 'a request is answered');
is_deeply([ @{ $answer->{json} }{qw(method path query body length)} ], [ 'POST', '/a%20b/c', 'x=1&y=%2F', 'h\000llo', 5 ],
	'with method, raw path, raw query and body');
is_deeply([ @{ $answer->{json}{headers} }{qw(x-one x-space host)} ], [ 'a, b', 'c', 'test' ], 'and headers, those that came twice in one');
ok($answer->{headers}{date} && !$answer->{closed}, 'it has a date, and the connection stays');

$answer = http_get($port, '/x');
is($answer->{json}{query}, undef, 'no query is null');
is($answer->{json}{body}, undef, 'no body is null');
ok($answer->{closed}, 'Connection: close closes');
$answer = http_once($port, "HEAD /x HTTP/1.1\r\nHost: test\r\n\r\n", head => 1);
ok($answer->{status} == 200 && $answer->{headers}{'content-length'} > 0, 'HEAD has the length of the body, and none');
$answer = http_get($port, '/empty');
ok($answer->{status} == 204 && $answer->{body} eq '', '204 has no body');
$answer = http_get($port, '/headers');
ok($answer->{headers}{'x-good'} eq '1' && !$answer->{headers}{'x-injected'} && $answer->{headers}{connection} eq 'close'
	  && $answer->{headers}{'content-length'} == length $answer->{body}, 'headers of the answer cannot break out');
is(length(http_get($port, '/big/3000000')->{body}), 3_000_000, 'a large answer arrives');

$answer = http_once($port, "GET /x HTTP/1.0\r\n\r\n");
ok($answer->{status} == 200 && $answer->{closed}, 'HTTP/1.0, without Host');
$answer = http_once($port, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
ok($answer->{status} == 200 && !$answer->{closed}, 'HTTP/1.0 with keep-alive');

{
	my $c = http_connect($port);
	http_send($c, join '', map { "POST /$_ HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n$_" } 1 .. 9);
	is(join(' ', map { http_read($c)->{json}{path} } 1 .. 9), join(' ', map { "/$_" } 1 .. 9), 'pipelined requests are answered in order');
	http_send($c, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	is(http_read($c)->{status}, 100, 'Expect: 100-continue is answered by 100');
	http_send($c, 'ok');
	is(http_read($c)->{json}{body}, 'ok', 'and then the body is read');
}

# ---- Failures -------------------------------------------------------------

new_log();
$answer = http_get($port, '/raise');
is($answer->{status}, 500, 'an error is 500');
is($answer->{headers}{'content-type'}, 'application/problem+json', 'as a problem');
unlike($answer->{body}, qr/secret|raise|lealup/i, 'that tells nothing');
is(http_get($port, $_)->{status}, 500, "no answer is 500: $_") for '/nothing', '/odd';
is(http_get($port, '/defer')->{status}, 409, 'what the commit finds is 409');
is($node->safe_psql('api', 'SELECT count(*) FROM public.deferred'), 0, 'and rolled back');
set(statement_timeout => '300ms', lock_timeout => '200ms');
wait_for('a timeout', sub { http_get($port, '/sleep/1')->{status} == 503 });
$answer = http_get($port, '/sleep/60');
is($answer->{status}, 503, 'a request that takes too long is 503');
ok($answer->{headers}{'retry-after'}, 'with Retry-After');
is(http_get($port, '/insert')->{status}, 200, 'and the next one works');
is($node->safe_psql('api', 'SELECT count(*) FROM public.locked'), 1, 'what was answered is committed');
if ($node->can('background_psql'))
{
	my $session = $node->background_psql('api');
	$session->query_safe('BEGIN; LOCK TABLE public.locked');
	is(http_get($port, '/lock')->{status}, 503, 'a lock is not waited for');
	$session->query_safe('COMMIT');
	$session->quit;
}
is(http_get($port, '/lock')->{status}, 200, 'a free lock is taken');
set(statement_timeout => '10s', lock_timeout => '2s');
$node->safe_psql('api', 'ALTER FUNCTION lealup.http_request SECURITY INVOKER');
is(http_get($port, '/insert')->{status}, 500, 'as itself the gateway may do nothing');
is(http_get($port, '/x')->{json}{session}, sql('SELECT session_user'), 'whoever its session is');
$node->safe_psql('api', 'ALTER FUNCTION lealup.http_request SECURITY DEFINER');

# ---- Limits ---------------------------------------------------------------

sub post
{
	my ($length, $headers) = @_;
	my $request = "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: $length\r\n" . ($headers // '') . "\r\n" . ('x' x $length);
	return http_once($port, $request) // http_once($port, $request);
}

set(max_body_size => '100kB', max_header_size => '8kB', request_timeout => '2s', idle_timeout => '3s', max_connections => 20);
# A connection that the reload found without a request was closed.
wait_for('the limit', sub { my $first = post(102_401); $first && $first->{status} == 413 });
$answer = post(102_400);
is($answer->{json}{length}, 102_400, 'the largest body');
$answer = post(102_401);
ok($answer->{status} == 413 && !$answer->{closed}, 'one byte more is 413, and the connection lives');
$answer = http_once($port, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 102401\r\nExpect: 100-continue\r\n\r\n");
ok($answer->{status} == 413 && $answer->{closed}, 'also instead of 100');
$answer = http_once($port, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 99999999999\r\n\r\n");
ok($answer->{status} == 413 && $answer->{closed}, 'a body that nobody would wait for is refused at once');
like(http_once($port, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 99999999999999999999999\r\n\r\n")->{status}, qr/^4(00|13)$/, 'also one that is no number');
is(http_get($port, '/x', 'X-Long' => 'x' x 7000)->{status}, 200, 'a long header');
is(http_get($port, '/x', 'X-Long' => 'x' x 8500)->{status}, 431, 'too long a header is 431');
is(http_get($port, '/x', 'X-Long' => 'x' x 100_000)->{status}, 431, 'however long');
is(http_get($port, '/x', map { ("X-$_" => 1) } 1 .. 200)->{status}, 431, 'too many headers are 431');
is(http_get($port, '/' . 'x' x 7500)->{status}, 200, 'a long path');
is(http_get($port, '/' . 'x' x 8200)->{status}, 414, 'too long a path is 414');
is(http_get($port, '/' . 'x' x 100_000)->{status}, 414, 'however long');

{
	my $begin = time();
	my ($silent, $slow_line, $slow_head, $slow_body) = map { http_connect($port) } 1 .. 4;
	my $hand_over = http_connect($port);
	http_send($slow_line, 'GET /');
	http_send($slow_head, "GET / HTTP/1.1\r\n");
	http_send($slow_body, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n");
	my %ended;
	while (time() < $begin + 8 && keys %ended < 4)
	{
		for (['line', $slow_line, 'x'], [ 'head', $slow_head, "X-A: b\r\n" ], [ 'body', $slow_body, 'x' ], [ 'silent', $silent, '' ])
		{
			my ($name, $c, $bytes) = @$_;
			next if $ended{$name};
			if (IO::Select->new($c)->can_read(0))
			{
				my $got = http_read($c, timeout => 1);
				$ended{$name} = [ time() - $begin, $got ? $got->{status} : 'closed' ];
				next;
			}
			http_send($c, $bytes);
		}
		select undef, undef, undef, 0.1;
	}
	for (['line', 'closed', 3], [ 'head', 408, 2 ], [ 'body', 408, 2 ], [ 'silent', 'closed', 3 ])
	{
		my ($name, $how, $seconds) = @$_;
		is($ended{$name}[1], $how, "a slow client ends: $name, $how");
		cmp_ok(abs($ended{$name}[0] - $seconds), '<', 10, "in time, whatever trickles in: $name");
	}
	wait_until($node, q{SELECT in_flight <= 1 FROM lealup.worker_status WHERE worker = 'gateway 1'}, 't', db => 'api');
}

# Idle connections give way to new ones, requests under way do not.
set(idle_timeout => '600s', request_timeout => '600s');
{
	my $busy = http_connect($port);
	http_send($busy, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n");
	my @idle = map { http_connect($port) } 1 .. 60;
	ok(answers($port), 'a new client is served among more idle connections than are admitted');
	http_send($busy, 'ok');
	is(http_read($busy)->{json}{body}, 'ok', 'and none at the cost of a request');
}
# Nor can those that are slow with theirs keep others out.
for my $slow ([ 'heads', "GET /x HTTP/1.1\r\nHo" ], [ 'bodies', "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nx" ],
	[ 'readers', "GET /big/6000000 HTTP/1.1\r\nHost: test\r\n\r\n" x 2 ])
{
	my ($name, $bytes) = @$slow;
	my @slow = map { my $c = http_connect($port); http_send($c, $bytes); $c } 1 .. 25;
	my $c = http_connect($port);
	http_send($c, "GET /x HTTP/1.1\r\nHost: test\r\n\r\n");
	# Long before those that are slow have their timeout.
	my $got = http_read($c, timeout => 60);
	is($got && $got->{status}, 200, "a new client is served among more slow $name than are admitted");
	next if $name eq 'readers';
	$got = http_read($slow[0], timeout => 60);
	is($got && $got->{status}, 503, 'the slowest one gives way');
}
set(max_connections => 1000, idle_timeout => '60s', request_timeout => '30s');

# A client that goes away, one that reads nothing.
{
	my $c = http_connect($port);
	http_send($c, "GET /sleep/0.3 HTTP/1.1\r\nHost: test\r\n\r\n");
	close $c;
	$c = http_connect($port);
	http_send($c, "GET /big/50000000 HTTP/1.1\r\nHost: test\r\n\r\n");
	wait_for_gateway($port);
	pass('an aborted client, and one that does not read, disturb nobody');
}

# Bodies that never end cannot keep others out.
set(max_body_size => '16MB');
wait_for('larger bodies', sub { my $first = post(102_401); $first && $first->{status} == 200 });
{
	my @slow = map { my $c = http_connect($port); http_send($c, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 16777216\r\n\r\n" . 'x' x 9_000_000); $c } 1 .. 6;
	$answer = post(9_000_000);
	is($answer && $answer->{status}, 200, 'a body is taken when unfinished ones have all the space');
	my $got = http_read($slow[0]);
	is($got && $got->{status}, 503, 'the slowest one gives way');
}
set(max_body_size => '100kB');

# ---- Reload ---------------------------------------------------------------

# Limits change for those who come; who is there already is answered once more.
{
	my $silent = http_connect($port);
	my $used = http_connect($port);
	http_send($used, "GET /x HTTP/1.1\r\nHost: test\r\n\r\n");
	http_read($used);
	is(http_get($port, '/x', 'X-Long' => 'x' x 10_000)->{status}, 431, 'before the reload');
	set(max_header_size => '16kB');
	wait_for('the new limit', sub { http_once($port, "GET /x HTTP/1.1\r\nHost: test\r\nX-Long: " . 'x' x 10_000 . "\r\n\r\n")->{status} == 200 });
	for (['has sent nothing yet', $silent ], [ 'is between requests', $used ])
	{
		my ($what, $c) = @$_;
		http_send($c, "GET /x HTTP/1.1\r\nHost: test\r\n\r\n");
		my $got = http_read($c);
		ok($got && $got->{status} == 200 && $got->{headers}{connection} eq 'close', "a connection that $what outlives a reload for one request");
	}
	my $left = http_connect($port);
	http_send($left, "GET /x HTTP/1.1\r\nHost: test\r\n\r\n");
	http_read($left);
	set(max_header_size => '8kB');
	wait_for('the old limit', sub { http_get($port, '/x', 'X-Long' => 'x' x 10_000)->{status} == 431 });
	set(listen => '');
	ok(LealupTest::Http::closed($left), 'but not the end of listening');
	set(listen => $port);
	wait_for_gateway($port);
}

{
	my $idle = http_connect($port);
	http_send($idle, "GET /x HTTP/1.1\r\nHost: test\r\n\r\n");
	http_read($idle);
	my $busy = http_connect($port);
	http_send($busy, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\no");
	ok(answers($port), 'before the move');
	my $pid = worker_pid($node, kind => 'gateway');
	set(listen => "127.0.0.1:$other, unix:$socket");
	wait_for_gateway($other);
	nobody_listens($port, 'after a reload it listens elsewhere');
	ok(LealupTest::Http::closed($idle), 'idle connections are closed');
	http_send($busy, 'k');
	my $late = http_read($busy);
	ok($late->{json}{body} eq 'ok' && $late->{headers}{connection} eq 'close', 'a request under way is finished');
	is(worker_pid($node, kind => 'gateway'), $pid, 'by the same process');
	ok(answers($socket), 'a unix socket');
	is(http_get($socket, '/x')->{json}{headers}{'lealup-client-address'}, 'unix', 'has no address');
}
my ($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.gateway_listen = 'example.com:80'");
like($err, qr/no address to listen at/, 'a name is no address');
for my $bad ('0', '70000', '127.0.0.1', '::1:80', '[::1]', 'unix:x', '80,', ',', '80:80:80', '127.0.0.1:80x')
{
	($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.gateway_listen = '$bad'");
	like($err, qr/no address to listen at/, "nor is \"$bad\"");
}

# Several workers share the port, the first one has the unix socket.
set(workers => 3);
wait_until($node, q{SELECT count(*) FROM lealup.worker_status WHERE worker LIKE 'gateway%' AND state = 'running'}, 3, db => 'api');
wait_for_gateway($other);
wait_until($node, q{SELECT count(*) FROM lealup.worker_status WHERE worker LIKE 'gateway%' AND last_error IS NOT NULL AND state <> 'running'}, 0, db => 'api');
wait_for('all workers to answer', sub {
	http_get($other, '/x') for 1 .. 10;
	$node->safe_psql('api', q{SELECT min(delivered) > 0 FROM lealup.worker_status WHERE worker LIKE 'gateway%'}) eq 't' });
pass('three workers share a port');
ok(answers($socket), 'and one of them the unix socket');
set(workers => 1);
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}, 1);
wait_for_gateway($other);
ok(answers($socket), 'one is left, at both addresses');

# ---- A port that is taken -------------------------------------------------

my $blocker = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $third, Listen => 1) or die "port $third: $!";
new_log();
set(listen => "$third, $other");
wait_for_state('backing off');
wait_for_log(qr/could not listen at $third: Address already in use/);
like($node->safe_psql('api', q{SELECT last_error FROM lealup.worker_status WHERE worker = 'gateway 1'}), qr/could not listen at $third/,
	'a port that is taken is shown');
ok(answers($other), 'while the other address works');
ok(! -e $socket, 'the socket file is gone');
close $blocker;
wait_for_gateway($third);
wait_for_state('running');
pass('and is taken when it is free');

# ---- Proxies --------------------------------------------------------------

set(listen => "$port, unix:$socket", log => 'all');
wait_for_gateway($port);
my @forged = ('X-Forwarded-For' => '1.2.3.4, 10.0.0.1', 'X-Forwarded-Proto' => 'https', 'X-Forwarded-Host' => 'api.example.com',
	'Lealup-Client-Address' => '6.6.6.6', 'X-Real-Ip' => '6.6.6.6', 'Forwarded' => 'for=6.6.6.6', 'X-Forwarded-Prefix' => '/6.6.6.6');
my @told = qw(lealup-client-address x-forwarded-for x-forwarded-proto x-forwarded-host);
sub told
{
	my ($where, @headers) = @_;
	my $answer = http_get($where, '/x', @headers);
	unlike($answer->{body}, qr/6\.6\.6\.6/, 'what a client says of itself is not passed on');
	return join ' ', @{ $answer->{json}{headers} }{@told};
}
is(told($port, @forged), '127.0.0.1 127.0.0.1 http test', 'a stranger is not believed');
set(trusted_proxies => '127.0.0.0/8, 10.0.0.0/8');
wait_for('trust', sub { http_get($port, '/x', @forged)->{json}{headers}{'x-forwarded-proto'} eq 'https' });
is(told($port, @forged), '1.2.3.4 1.2.3.4 https api.example.com', 'a trusted proxy is, and those behind it');
is(told($port, @forged, 'X-Forwarded-For' => '8.8.8.8, 1.2.3.4, 10.0.0.1'), '1.2.3.4 1.2.3.4 https api.example.com', 'but nobody before a stranger');
is(told($port, @forged, 'X-Forwarded-For' => 'nonsense, 10.0.0.1'), '10.0.0.1 10.0.0.1 https api.example.com', 'nor what is no address');
is(told($port, @forged, 'X-Forwarded-For' => '2001:db8::7'), '2001:db8::7 2001:db8::7 https api.example.com', 'IPv6');
is(told($socket, @forged), 'unix unix http test', 'a unix socket is not trusted');
set(trusted_proxies => '10.0.0.0/8, unix');
wait_for('trust', sub { http_get($socket, '/x', @forged)->{json}{headers}{'x-forwarded-proto'} eq 'https' });
is(told($socket, @forged), '1.2.3.4 1.2.3.4 https api.example.com', 'unless the settings say so');
($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.gateway_trusted_proxies = '127.0.0.1, example.com'");
like($err, qr/no network in CIDR notation/, 'a name is no network');

# ---- The log --------------------------------------------------------------

new_log();
http_once($port, "POST /v1/things?token=hush HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer hush\r\nContent-Length: 4\r\n\r\nhush");
http_get($port, '/hooks/hush');
http_get($port, '/' . 'hush' x 20);
http_get($port, '/raise?hush');
http_once($port, "GET /hush HTTP/1.1\r\nHost: test\r\nHush: 1\r\nTransfer-Encoding: hush\r\n\r\n");
http_once($port, "POST /hush HTTP/1.1\r\nHost: test\r\nHush: 1\r\nContent-Length: hush\r\n\r\n");
http_once($port, "GET /hush HTTP/1.1\r\nHost: test\r\nHush: " . 'hush' x 30_000 . "\r\n\r\n");
http_once($port, "POST /hush HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nhush");
my $log = new_log();
like($log, qr{LOG:  lealup gateway: POST /v1/things 200 \d+\.\d ms \d+ bytes to 127\.0\.0\.1\n}, 'a line per request');
like($log, qr{GET /hooks/\{token\} 200}, 'with the path of its route, if it has one');
like($log, qr{GET /\* 200}, 'or without what is too long for a name');
like($log, qr{lealup gateway: - - 501 .* to 127\.0\.0\.1\n}, 'also of what is refused');
like($log, qr{lealup gateway: - - 400 .* to 127\.0\.0\.1\n(?:.*\n)*.*lealup gateway: - - 431 .*\n(?:.*\n)*.*lealup gateway: - - 400 }, 'be it by the library');
unlike($log, qr/hush/, 'and no secrets');
set(log => 'errors');
wait_for('fewer lines', sub { new_log(); http_get($port, '/quiet'); new_log() !~ /quiet/ });
http_get($port, '/raise');
like(new_log(), qr{GET /raise 500}, 'errors only');
set(log => 'off');
wait_for('no lines', sub { new_log(); http_get($port, '/raise'); new_log() !~ /lealup gateway:/ });
pass('or nothing');

# ---- Its role -------------------------------------------------------------

sql('CREATE ROLE boss SUPERUSER');
set(role => 'boss');
wait_for_state('backing off');
like($node->safe_psql('api', q{SELECT last_error FROM lealup.worker_status WHERE worker = 'gateway 1'}), qr/"boss".*is a superuser/, 'a superuser is refused');
nobody_listens($port, 'and nobody listens');
set(role => 'lealup_gateway');
wait_for_gateway($port);
pass('until the role is one');

# ---- The database beneath it ----------------------------------------------

sub hanging
{
	my ($path) = @_;
	my $c = http_connect($port);
	http_send($c, "GET $path HTTP/1.1\r\nHost: test\r\n\r\n");
	wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway' AND state = 'active'}, 1);
	return $c;
}

my $idle = http_connect($port);
my $half = http_connect($port);
http_send($half, "POST /x HTTP/1.1\r\n");
my $hang = hanging('/sleep/9');
sql('CREATE DATABASE copy TEMPLATE api');
pass('CREATE DATABASE ... TEMPLATE works with requests under way');
set(log => 'all');
wait_for_gateway($port);
ok(!defined http_read($hang, timeout => 5), 'one that takes too long is given up');
$hang = hanging('/sleep/0.4');
kill 'TERM', worker_pid($node, kind => 'gateway');
$answer = http_read($hang);
ok($answer && $answer->{status} == 200, 'one that is nearly done is finished');
wait_for_gateway($port);

sql('ALTER DATABASE api RENAME TO renamed');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}, 0);
nobody_listens($port, 'a database of another name is another database');
sql('ALTER DATABASE renamed RENAME TO api');
wait_for_gateway($port);
$hang = hanging('/sleep/9');
sql('DROP DATABASE api');
pass('DROP DATABASE works with requests under way');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}, 0);
sql('ALTER DATABASE copy RENAME TO api');
wait_for_gateway($port);
pass('and one that takes its name takes its place');
$node->safe_psql('api', 'DROP EXTENSION lealup');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}, 0);
nobody_listens($port, 'DROP EXTENSION ends it');
$node->safe_psql('api', 'CREATE EXTENSION lealup');
wait_for_gateway($port);
pass('CREATE EXTENSION starts it');

# ---- A crash, and the end -------------------------------------------------

my $pid = worker_pid($node, kind => 'gateway');
kill 'KILL', $pid;
wait_for_gateway($port);
wait_for_gateway($socket);
isnt(worker_pid($node, kind => 'gateway'), $pid, 'after kill -9 it comes back, at its unix socket, too');
set(listen => '');
wait_until($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'lealup gateway'}, 0);
nobody_listens($port, 'without addresses it ends');
ok(!-e $socket, 'and its socket file is gone');
set(listen => $port);
wait_for_gateway($port);
$idle = http_connect($port);
my $begin = time();
$node->stop;
cmp_ok(time() - $begin, '<', 60, 'the server stops in spite of connections');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|gave up/, 'and all was well');
done_testing();
