# What no well-meaning client sends: requests that two parties could read differently, and noise. The gateway answers each in one way
# only, never lets a second request be hidden in a first, and survives all of it.
use strict;
use warnings;

use LealupTest;
use LealupTest::Http;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\n"
	. "lealup.gateway_max_connections = 5000\nlealup.gateway_max_header_size = '8kB'\nlealup.gateway_max_body_size = '64kB'");
$node->start;
setup_db($node);

# Each request that reached the application leaves a row: what was smuggled cannot hide.
$node->safe_psql('postgres', q{
	CREATE TABLE public.request (id serial, method text, path text, length int);
	CREATE OR REPLACE FUNCTION lealup.http_request(method text, path text, query text, headers jsonb, body bytea,
		OUT status int, OUT response_headers jsonb, OUT response_body bytea) RETURNS record
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	BEGIN
		status := 200;
		response_headers := '{"Content-Type": "text/plain"}';
		INSERT INTO public.request (method, path, length) VALUES (http_request.method, http_request.path, length(http_request.body));
		response_body := convert_to(coalesce(query, ''), 'UTF8');
	END $$});
wait_for('the gateway', sub { my $answer = http_get($port, '/'); $answer && $answer->{status} == 200 });
my $pid = worker_pid($node, kind => 'gateway');

sub reached
{
	my $rows = $node->safe_psql('postgres', q{SELECT coalesce(string_agg(concat_ws(' ', method, path, length), ', ' ORDER BY id), '') FROM public.request});
	$node->safe_psql('postgres', 'TRUNCATE public.request');
	return $rows;
}
reached();

# All statuses that a connection gives, and how it ends.
sub statuses
{
	my ($bytes) = @_;
	my $c = http_connect($port);
	http_send($c, $bytes);
	my @statuses;
	while (my $answer = http_read($c, timeout => 0.4))
	{
		push @statuses, $answer->{status};
	}
	push @statuses, LealupTest::Http::closed($c, 0.1) ? 'closed' : 'open';
	return join ' ', @statuses;
}

my $hidden = "GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n";
my $n = length $hidden;

# ---- Shapes that are refused, at once and for the whole connection --------

my @refused = (
	[ 'two Content-Lengths that differ', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\nContent-Length: $n\r\n\r\n" ],
	[ 'two Content-Lengths that are the same', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: $n\r\nContent-Length: $n\r\n\r\n" ],
	[ 'a Content-Length that is a list', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0, $n\r\n\r\n" ],
	[ 'a negative Content-Length', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n" ],
	[ 'a Content-Length with a sign', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: +0\r\n\r\n" ],
	[ 'a hexadecimal Content-Length', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0x10\r\n\r\n" ],
	[ 'an empty Content-Length', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length:\r\n\r\n" ],
	[ 'a Content-Length with a space before the colon', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length : $n\r\n\r\n" ],
	[ 'a Content-Length with a tab before the colon', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length\t: $n\r\n\r\n" ],
	[ 'a Content-Length with a space before it', 400, "POST /a HTTP/1.1\r\nHost: test\r\n Content-Length: $n\r\n\r\n" ],
	[ 'a Content-Length with a NUL in it', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0\0$n\r\n\r\n" ],
	[ 'a Content-Length with a NUL after its name', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length\0: $n\r\n\r\n" ],
	[ 'a Content-Length with a CR in it', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r$n\r\n\r\n" ],
	[ 'a Content-Length hidden after a bare CR', 400, "POST /a HTTP/1.1\r\nHost: test\r\nX: y\rContent-Length: $n\r\n\r\n" ],
	[ 'a Content-Length hidden after a NUL', 400, "POST /a HTTP/1.1\r\nHost: test\r\nX: y\0\0Content-Length: $n\r\n\r\n" ],
	[ 'chunks with a tab behind their name', 501, "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n" ],
	[ 'chunks and a Content-Length', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" ],
	[ 'a Content-Length and chunks', 400, "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" ],
	[ 'chunked twice', '400|501', "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" ],
	[ 'chunked, but not last', '400|501', "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" ],
	[ 'an unknown Transfer-Encoding', '400|501', "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" ],
	[ 'a Transfer-Encoding that is folded', 400, "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" ],
	[ 'a Transfer-Encoding with a space before the colon', 400, "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" ],
	[ 'a Transfer-Encoding with a vertical tab', '400|501', "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" ],
	[ 'a quoted Transfer-Encoding', '400|501', "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" ],
	[ 'chunks in HTTP/1.0', 400, "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" ],
	[ 'a folded header', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX: a\r\n b\r\n\r\n" ],
	[ 'a header folded by a tab', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX: a\r\n\tb\r\nY: c\r\n\r\n" ],
	[ 'a folded first header', 400, "GET /a HTTP/1.1\r\n X: a\r\nHost: test\r\n\r\n" ],
	[ 'a bare LF after the request line', 400, "GET /a HTTP/1.1\nHost: test\r\n\r\n" ],
	[ 'a bare LF after a header', 400, "GET /a HTTP/1.1\r\nX: y\nHost: test\r\n\r\n" ],
	[ 'a bare LF after the last header', 400, "GET /a HTTP/1.1\r\nHost: test\n\r\n" ],
	[ 'a bare LF at the end of the head', 400, "GET /a HTTP/1.1\r\nHost: test\r\n\n" ],
	[ 'bare LFs only', 400, "GET /a HTTP/1.1\nHost: test\n\n" ],
	[ 'a bare LF, and a body that begins with NUL', 400, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 4\n\r\n\0\0\0\0" ],
	[ 'a NUL in a value', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX: a\0b\r\n\r\n" ],
	[ 'a line that is a NUL', 400, "GET /a HTTP/1.1\r\nHost: test\r\n\0\r\n\r\n" ],
	[ 'a header behind a NUL', 400, "GET /a HTTP/1.1\r\nHost: test\r\n\0X: y\r\n\r\n" ],
	[ 'a control character in a value', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX: a\x01b\r\n\r\n" ],
	[ 'a value that is no UTF-8', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX: a\xc0\xaf\r\n\r\n" ],
	[ 'a name with a character that names do not have', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX(y): a\r\n\r\n" ],
	[ 'a name that is not ASCII', 400, "GET /a HTTP/1.1\r\nHost: test\r\nX\xc3\xa9: a\r\n\r\n" ],
	[ 'an empty name', 400, "GET /a HTTP/1.1\r\nHost: test\r\n: a\r\n\r\n" ],
	[ 'a header without a colon', 400, "GET /a HTTP/1.1\r\nHost: test\r\nnothing\r\n\r\n" ],
	[ 'no Host', 400, "GET /a HTTP/1.1\r\n\r\n" ],
	[ 'an empty Host', 400, "GET /a HTTP/1.1\r\nHost:\r\n\r\n" ],
	[ 'two Hosts', 400, "GET /a HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n" ],
	[ 'a Host that is none', 400, "GET /a HTTP/1.1\r\nHost: a/b\@c\r\n\r\n" ],
	[ 'two keys', 400, "GET /a HTTP/1.1\r\nHost: test\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n" ],
	[ 'an absolute form', 400, "GET http://other/a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'an authority', 400, "CONNECT other:443 HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'an asterisk', 400, "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a path without a slash', 400, "GET a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a fragment', 400, "GET /a#b HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a control character in the path', 400, "GET /a\x01b HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a tab in the path', 400, "GET /a\tb HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a byte in the path that is not ASCII', 400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a backslash in the path', 400, "GET /a\\b HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'half a percent-encoding', 400, "GET /a%2 HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a percent-encoding that is none', 400, "GET /a%zz HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'two spaces before the path', 400, "GET  /a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'an unknown method', 501, "BREW /a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'TRACE', 501, "TRACE /a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a method in lower case', 501, "get /a HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'HTTP/2 by name', 505, "GET /a HTTP/2.0\r\nHost: test\r\n\r\n" ],
	[ 'HTTP/0.8', 505, "GET /a HTTP/0.8\r\nHost: test\r\n\r\n" ],
	[ 'another protocol', 400, "GET /a HTTPS/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a protocol in lower case', 400, "GET /a http/1.1\r\nHost: test\r\n\r\n" ],
	[ 'another expectation', 417, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nExpect: miracles\r\n\r\n" ],
);
for my $shape (@refused)
{
	my ($what, $status, $bytes) = @$shape;
	like(statuses($bytes . $hidden), qr/^(?:$status) closed$/, "refused by $status: $what");
	is(reached(), '', "and nothing came of it: $what");
}

# The library would answer this one with two heads, the second in the first one's body.
is(http_once($port, "GET /a HTTP/1.1\r\n\r\n")->{json}{status}, 400, 'one answer, a problem, without a Host');

# Shapes of request lines that the library may end without an answer.
for my $shape ([ 'no version', "GET /a\r\nHost: test\r\n\r\n" ], [ 'two spaces after the path', "GET /a  HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a space in the path', "GET /a b HTTP/1.1\r\nHost: test\r\n\r\n" ], [ 'a space after the version', "GET /a HTTP/1.1 \r\nHost: test\r\n\r\n" ],
	[ 'tabs in the request line', "GET\t/a\tHTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a NUL in the path', "GET /a\0b HTTP/1.1\r\nHost: test\r\n\r\n" ],
	[ 'a TLS hello', "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n" ], [ 'HTTP/2', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" ])
{
	my ($what, $bytes) = @$shape;
	like(statuses($bytes . $hidden), qr/^(?:(?:400|501|505) )?closed$/, "refused: $what");
	is(reached(), '', "and nothing came of it: $what");
}

# ---- Shapes that are fine -------------------------------------------------

my @fine = (
	[ 'two requests', "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx$hidden", '200 200 open', 'POST /a 1, GET /smuggled' ],
	[ 'a body that looks like a request', "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: $n\r\n\r\n$hidden", '200 open', "POST /a $n" ],
	[ 'a GET with a body', "GET /a HTTP/1.1\r\nHost: test\r\nContent-Length: $n\r\n\r\n$hidden", '200 open', "GET /a $n" ],
	[ 'a body that is announced as JSON and NUL', "POST /a HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n\0\0\0\0", '200 open', 'POST /a 4' ],
	[ 'a head that is announced in two pieces', "GET /a HTTP/1.1\r\nHost: test\r\n", 'open', '' ],
	[ 'an empty value', "GET /a HTTP/1.1\r\nHost: test\r\nX:\r\n\r\n", '200 open', 'GET /a' ],
	[ 'values with spaces around, and UTF-8', "GET /a HTTP/1.1\r\nHost: \ttest \r\nX: \xc3\xa9 \t\r\n\r\n", '200 open', 'GET /a' ],
	[ 'Content-Length: 0', "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n$hidden", '200 200 open', 'POST /a, GET /smuggled' ],
	[ 'leading zeros', "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 0001\r\n\r\nx", '200 open', 'POST /a 1' ],
	[ 'an empty line before a request', "\r\nGET /a HTTP/1.1\r\nHost: test\r\n\r\n", '200 open', 'GET /a' ],
	[ 'a Host with a port', "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", '200 open', 'GET /a' ],
	[ 'paths are not normalized', "GET /a/../b//./%2e%2e/%00 HTTP/1.1\r\nHost: test\r\n\r\n", '200 open', 'GET /a/../b//./%2e%2e/%00' ],
);
for my $shape (@fine)
{
	my ($what, $bytes, $statuses, $reached) = @$shape;
	is(statuses($bytes), $statuses, "taken: $what");
	is(reached(), $reached, "as what it is: $what");
}

# Of chunks the library takes more than it should; but nothing that comes behind them is a request.
my $chunked = "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
for my $shape ([ 'chunks', "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 6 ], [ 'no chunk', "0\r\n\r\n", '' ], [ 'chunks with extensions', "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n", 5 ],
	[ 'a size in capitals, with zeros', "0000A\r\n0123456789\r\n000\r\n\r\n", 10 ], [ 'chunks and a trailer', "5\r\nhello\r\n0\r\nContent-Length: 100\r\nHost: other\r\n\r\n", 5 ],
	[ 'a chunk that looks like a request', sprintf("%x\r\n%s\r\n0\r\n\r\n", $n, $hidden), $n ], [ 'chunks with bare LFs', "5\nhello\n0\n\n", 5 ],
	[ 'an extension with a line in it', "5;\nhello\r\n0\r\n\r\n", 5 ])
{
	my ($what, $body, $length) = @$shape;
	is(statuses("$chunked$body$hidden"), '200 closed', "taken, as the last one: $what");
	is(reached(), join(' ', 'POST', '/a', $length eq '' ? () : $length), "as what it is: $what");
	my $c = http_connect($port);
	for my $byte (split //, $chunked . $body)
	{
		http_send($c, $byte) or last;
	}
	is(http_read($c)->{status}, 200, "byte by byte: $what");
	is(reached(), join(' ', 'POST', '/a', $length eq '' ? () : $length), "it is the same: $what");
}
for my $shape ([ 'a size that is none', "x\r\n" ], [ 'an empty size', "\r\nhello" ], [ 'a size with a sign', "+5\r\nhello\r\n0\r\n\r\n" ], [ 'a hexadecimal size', "0x5\r\nhello\r\n0\r\n\r\n" ],
	[ 'a size with a blank', "5 \r\nhello\r\n0\r\n\r\n" ], [ 'a size with a NUL', "5\0\r\nhello\r\n0\r\n\r\n" ], [ 'a chunk that is longer', "5\r\nhello!\r\n0\r\n\r\n" ],
	[ 'a size without end', 'f' x 17 . "\r\n" ], [ 'an extension without end', '5;' . 'x' x 100_000 ],
	[ 'a trailer without end', "0\r\nX: " . 'x' x 100_000 ], [ 'trailers without end', "0\r\n" . "X: x\r\n" x 20_000 ], [ 'a trailer that is none', "0\r\nnothing\r\n\r\n" ])
{
	my ($what, $body) = @$shape;
	like(statuses("$chunked$body$hidden"), qr/^(?:4\d\d )?closed$/, "refused: $what");
	is(reached(), '', "and nothing came of it: $what");
}
is(statuses($chunked . join('', map { sprintf "%x\r\n%s\r\n", 8192, 'x' x 8192 } 1 .. 8) . "0\r\n\r\n"), '200 closed', 'chunks, as many as a body may have bytes');
is(reached(), 'POST /a 65536', 'all of them');
is(statuses($chunked . join('', map { sprintf "%x\r\n%s\r\n", 8192, 'x' x 8192 } 1 .. 8) . "1\r\nx\r\n0\r\n\r\n$hidden"), '413 closed', 'and one byte more');
is(reached(), '', 'of which nothing came');
{
	my $c = http_connect($port);
	http_send($c, $chunked);
	my ($pieces, $piece) = (0, sprintf "%x\r\n%s\r\n", 1 << 20, 'x' x (1 << 20));
	$pieces++ while $pieces < 200 && http_send($c, $piece);
	cmp_ok($pieces, '<', 200, 'chunks that never end are cut off');
	is(reached(), '', 'and nothing came of them');
}

# However it is cut into pieces.
{
	my $c = http_connect($port);
	for my $byte (split //, "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc$hidden")
	{
		http_send($c, $byte);
		select undef, undef, undef, 0.001;
	}
	is(join(' ', map { http_read($c)->{status} } 1, 2), '200 200', 'byte by byte');
	is(reached(), 'POST /a 3, GET /smuggled', 'it is the same');
	# Also of a head whose lines are malformed.
	$c = http_connect($port);
	for my $byte (split //, "GET /a HTTP/1.1\r\nHost: test\nX: y\r\n\r\n")
	{
		http_send($c, $byte) or last;
		select undef, undef, undef, 0.001;
	}
	my $answer = http_read($c);
	is($answer && $answer->{status}, 400, 'a bare LF as well');
	is(reached(), '', 'and nothing came of it');
}

# A second request on a connection is looked at as the first one is.
for my $shape (@refused[ 0, 15, 26, 29, 32, 35 ])
{
	my ($what, $status, $bytes) = @$shape;
	like(statuses("POST /first HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nok$bytes$hidden"), qr/^200 (?:$status) closed$/, "as a second request: $what");
	is(reached(), 'POST /first 2', "nothing came of it: $what");
}

# ---- Noise ----------------------------------------------------------------

# Mutations of good and bad requests, from a seed that is told, so that a failure can be repeated.
my $seed = $ENV{LEALUP_FUZZ_SEED} // 20260101;
my $seconds = $ENV{LEALUP_FUZZ_SECONDS} // 15;
srand($seed);
my @corpus = map { $_->[2] // $_->[1] } @refused, @fine;
my @pieces = ("\r\n", "\n", "\r", "\0", ' ', "\t", ':', 'Content-Length: 5', 'Transfer-Encoding: chunked', "0\r\n\r\n", 'HTTP/1.1', '/', '%',
	"\xff", 'x' x 300, 'Host: a', 'Expect: 100-continue', 'Connection: close', $hidden);
sub mutate
{
	my ($bytes) = @_;
	for (0 .. int rand 4)
	{
		my $at = int rand(1 + length $bytes);
		my $kind = int rand 5;
		if ($kind == 0) { substr($bytes, $at, int rand 8) = '' }
		elsif ($kind == 1) { substr($bytes, $at, 0) = $pieces[ rand @pieces ] }
		elsif ($kind == 2) { substr($bytes, $at, 1) = chr int rand 256 }
		elsif ($kind == 3) { $bytes .= substr($bytes, $at) }
		else { $bytes = substr($bytes, 0, $at) . $corpus[ rand @corpus ] }
	}
	return $bytes;
}
my ($end, $sent, @open) = (time() + $seconds, 0);
while (time() < $end)
{
	my $c = http_connect($port) or last;
	http_send($c, mutate($corpus[ rand @corpus ]));
	$sent++;
	push @open, $c;
	# Some are left open, some are read, most are aborted.
	http_read($c, timeout => 0.01) if rand() < 0.1;
	shift @open while @open > 50;
}
cmp_ok($sent, '>', 100 * $seconds, "$sent requests of noise, seed $seed");
is(http_get($port, '/after')->{status}, 200, 'after which the gateway answers');
is(worker_pid($node, kind => 'gateway'), $pid, 'as the same process');
@open = ();
reached();

# ---- Many that do nothing -------------------------------------------------

{
	# In processes of their own, which may have as many descriptors as any other one.
	my @children;
	for (1 .. 3)
	{
		my $child = fork // die "fork: $!";
		push @children, $child;
		next if $child;
		my @idle;
		for (1 .. 850)
		{
			my $c = http_connect($port) or last;
			http_send($c, $_ % 2 ? '' : "GET /half HTTP/1.1\r\nHo");
			push @idle, $c;
		}
		sleep 600;
		POSIX::_exit(0);
	}
	wait_until($node, q{SELECT in_flight >= 2550 FROM lealup.worker_status WHERE worker = 'gateway 1'});
	pass('2550 connections that send nothing, or half of a request');
	my $c = http_connect($port);
	my $begin = time();
	my $good = 0;
	for (1 .. 200)
	{
		http_send($c, "GET /works?$_ HTTP/1.1\r\nHost: test\r\n\r\n");
		my $answer = http_read($c);
		$good++ if $answer && $answer->{body} eq $_;
	}
	is($good, 200, 'are not in the way of one that works');
	cmp_ok(time() - $begin, '<', 60, 'nor slow it down');
	# Those that wait cost no processor time.
	my $ticks = sub { (split ' ', slurp_file("/proc/$pid/stat"))[13] + (split ' ', slurp_file("/proc/$pid/stat"))[14] };
	my $before = $ticks->();
	select undef, undef, undef, 2;
	cmp_ok($ticks->() - $before, '<', 20, 'nor do anything themselves');
	kill 'KILL', @children;
	waitpid $_, 0 for @children;
}
wait_until($node, q{SELECT in_flight < 100 FROM lealup.worker_status WHERE worker = 'gateway 1'});
is(worker_pid($node, kind => 'gateway'), $pid, 'one process did it all');
unlike(slurp_file($node->logfile), qr/gave up|PANIC|TRAP|was terminated by signal/, 'without a complaint');
$node->stop;
done_testing();
