# Noise that knows the API: requests of every route with valid keys, changed at random in their values, their text and their bytes, cut
# into pieces, pipelined, and given up half-way. Nothing but answers may come of it: no crash, no 500, no word of the inside, nothing of
# another tenant. LEALUP_FUZZ_SECONDS and LEALUP_FUZZ_SEED say how long, and with which numbers.
use strict;
use warnings;

use JSON::PP ();
use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $seed = $ENV{LEALUP_FUZZ_SEED} // 20260101;
my $seconds = $ENV{LEALUP_FUZZ_SECONDS} // 45;
my $json = JSON::PP->new->canonical->allow_nonref;

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\nlealup.gateway_log = 'off'\n"
	. "lealup.gateway_max_header_size = '8kB'\nlealup.gateway_max_body_size = '256kB'\nlealup.max_subscriptions = 10000");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# ---- Two tenants, one of which must not hear of the other -----------------

my $marker = 'canary-of-the-other';
my %key;
for my $name ('Acme', 'Other')
{
	my $tenant = sql("SELECT lealup.create_tenant('$name')");
	my $member = sql("INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', 'someone\@example.com', 'Someone', 'admin') RETURNING id");
	$key{$name} = [ map { sql("SELECT lealup.create_api_key('$tenant', 'fuzz', '{$_->[0]}', member_id => $_->[1], rate_limit => 1000000)") }
		  [ '*', 'NULL' ], [ '*', "'$member'" ], [ '*:read', 'NULL' ], [ 'customers:write', 'NULL' ] ];
}
my @keys = @{ $key{Acme} };
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });
my $pid = worker_pid($node, kind => 'gateway');

sub call
{
	my ($key, $method, $path, $body) = @_;
	my $text = defined $body ? $json->encode($body) : '';
	return http_once($port, "$method $path HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer $key\r\nContent-Type: application/json\r\n"
		. 'Content-Length: ' . length($text) . "\r\nConnection: close\r\n\r\n$text");
}

# Objects by the resource that they belong to; and those of the other tenant.
my (%ids, @others);
for my $made ([ 'customers', { name => '' } ], [ 'contacts', { name => '' } ], [ 'tasks', { title => '' } ], [ 'tickets', { subject => '' } ],
	[ 'webhook-subscriptions', { url => 'http://127.0.0.1:9/', events => ['customer.created'], description => '' } ])
{
	my ($resource, $body) = @$made;
	for my $name ('Acme', 'Other')
	{
		my ($text) = grep { $body->{$_} eq '' } keys %$body;
		my $answer = call($key{$name}[0], 'POST', "/v1/$resource", { %$body, $text => $name eq 'Acme' ? 'ours' : $marker });
		push @{ $name eq 'Acme' ? $ids{$resource} : \@others }, $answer->{json}{id} // die "no $resource: $answer->{status} $answer->{body}";
	}
}

# ---- Valid requests, by what the API says of itself -----------------------

my $api = http_get($port, '/v1/openapi.json')->{json};
my @operations;
for my $path (sort keys %{ $api->{paths} })
{
	push @operations, map { { method => uc $_, path => $path, %{ $api->{paths}{$path}{$_} } } } sort keys %{ $api->{paths}{$path} };
}

sub resolve
{
	my ($schema) = @_;
	return $schema unless ref $schema eq 'HASH' && $schema->{'$ref'};
	my ($name) = $schema->{'$ref'} =~ m{([^/]+)$};
	return $api->{components}{schemas}{$name};
}

# An id of an object of a kind, such as customers; sometimes of any kind, or of another tenant's.
sub id
{
	my ($resource) = @_;
	return $others[ rand @others ] if rand() < 0.1;
	my $ids = $ids{$resource} && rand() < 0.9 ? $ids{$resource} : (values %ids)[ rand keys %ids ];
	return $ids->[ rand @$ids ];
}

my @events = map { $_->{event} // $_->{name} // () } @{ call($keys[0], 'GET', '/v1/webhook-events')->{json}{data} // [] };
push @events, 'customer.created';

# A value that a schema admits, as far as schemas tell.
sub sample
{
	my ($schema, $depth, $name) = @_;
	$name //= '';
	$schema = resolve($schema);
	return 'x' unless ref $schema eq 'HASH';
	return $schema->{enum}[ rand @{ $schema->{enum} } ] if $schema->{enum};
	my $type = $schema->{type} // [qw(string number object)]->[ rand 3 ];
	$type = $type->[ rand @$type ] if ref $type;
	return undef if $type eq 'null';
	return rand() < 0.5 ? JSON::PP::true : JSON::PP::false if $type eq 'boolean';
	return ($schema->{minimum} // 0) + int rand 5 if $type eq 'integer' || $type eq 'number';
	if ($type eq 'array')
	{
		return [ map { sample($schema->{items} // {}, $depth + 1, $name) } 1 .. ($schema->{minItems} // 0) + int rand 2 ];
	}
	if ($type eq 'object')
	{
		my %required = map { $_ => 1 } @{ $schema->{required} // [] };
		return { map { ($_ => sample($schema->{properties}{$_}, $depth + 1, $_)) }
			grep { $required{$_} || ($depth < 4 && rand() < 0.5) } sort keys %{ $schema->{properties} // {} } };
	}
	my $format = $schema->{format} // '';
	return id($name =~ /^(\w+)_id$/ ? "$1s" : '') if $format eq 'uuid';
	return '2026-04-15T14:30:00Z' if $format eq 'date-time';
	return '2026-04-15' if $format eq 'date';
	return 'a' . int(rand 1000) . '@example.com' if $format eq 'email';
	return $events[ rand @events ] if $name =~ /^events?$/ && rand() < 0.9;
	return 'http://127.0.0.1:9/x' if $name eq 'url' && rand() < 0.9;
	return [ $events[ rand @events ], 'http://127.0.0.1:9/x', 'some text', '1', '*', 'USD' ]->[ rand 6 ];
}

# ---- What is done to them -------------------------------------------------

my @hostile = (
	'""', 'null', 'true', '0', '-1', '1e400', '-1e-400', '9223372036854775808', '1.5', '[]', '{}', '[null]', '{"":""}', '"\u0000"', '"\ud800"', '"\udfff\ud800"',
	'"\uffff"', "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", '"\\', '"' . 'x' x 5000 . '"', '"' . "\xc3\xa9" x 30000 . '"',
	'"2026-02-30"', '"infinity"', '"-infinity"', '"0000-01-01"', '"999999-01-01T00:00:00Z"', '"NaN"', 'NaN', '"%s%n%x"', '"$$; --"', '"\'; SELECT 1; --"',
	'"../../etc/passwd"', '"00000000-0000-0000-0000-000000000000"', '"a@"', '"http://[::1"', '"http://user:pass@127.0.0.1/"', '"file:///etc/passwd"',
	'[' x 40 . ']' x 40, '[' x 60000, '{"a":' x 200 . '1' . '}' x 200, '{"a":' x 30000, '1' x 400, '"*"', '"\u202e"', '"a\r\nX-Injected: 1"', "\"\t\"",
	'{"a":1,"a":2}', '[' . join(',', (1) x 5000) . ']', '{' . join(',', map { "\"k$_\":$_" } 1 .. 2000) . '}', '"$.**{1 to 9999}"', '"(((((("', '"\\\\1"',
);
my @encoded = ('', '%', '%00', '%0d%0aX-Injected:1', '%ff', '%c0%af', '%ed%a0%80', '%2F', '%2e%2e', '+', '%25', 'x' x 1000, 'a' x 9000, '-1', '0', '1e9', '99999999999999999999',
	'null', 'infinity', '2026-02-30', '%F0%9F%98%80', '%27', '%22', '_', '%25%25', '[]', '%5B%5D', '&', '=', '&&', ';', 'true', '*', '2026-01-01T00:00:00%2B99:99');
my @lines = ('Accept: text/html', 'Accept: */*;q=0', 'Accept: ' . '*/*,' x 500, 'Content-Type: text/plain', 'Content-Type: application/json; charset=latin1',
	'Content-Type: application/merge-patch+json', 'Idempotency-Key: 1', 'Idempotency-Key: ' . 'k' x 300, "Idempotency-Key: \xc3\xa9", 'If-Match: *', 'If-Match: "x"',
	'If-None-Match: *', 'If-None-Match: ' . '"a",' x 800, 'Content-Encoding: gzip', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Host: a b', 'Lealup-Client-Address: x',
	'X: ' . 'y' x 7000, 'Expect: 100-continue', 'Connection: close', 'Connection: upgrade', 'Upgrade: h2c', 'Range: bytes=0-0', 'Cookie: a=b', 'Transfer-Encoding: chunked',
	'Content-Length: 3', 'Authorization: Basic x', 'Lealup-Route: x');
my @pieces = ("\r\n", "\n", "\r", "\0", ' ', "\t", ':', 'Content-Length: 5', 'Transfer-Encoding: chunked', "0\r\n\r\n", "5\r\nhello\r\n", 'HTTP/1.1', '/', '%',
	"\xff", 'x' x 300, 'Host: a', "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");

sub pick { return $_[ rand @_ ] }

sub mutated
{
	my ($bytes) = @_;
	for (0 .. int rand 3)
	{
		my $at = int rand(1 + length $bytes);
		my $kind = int rand 5;
		if ($kind == 0) { substr($bytes, $at, int rand 8) = '' }
		elsif ($kind == 1) { substr($bytes, $at, 0) = pick(@pieces) }
		elsif ($kind == 2) { substr($bytes, $at, 1) = chr int rand 256 }
		elsif ($kind == 3) { $bytes .= substr($bytes, $at) }
		else { $bytes = substr($bytes, 0, $at) }
	}
	return $bytes;
}

# One value of a JSON text becomes another one, or its bytes do.
sub mutated_json
{
	my ($text) = @_;
	my @places;
	push @places, [ $-[0], $+[0] - $-[0] ] while $text =~ /"(?:[^"\\]|\\.)*"(?!:)|-?\d+|true|false|null|\[\]|\{\}/g;
	return pick(@hostile) if rand() < 0.1 || !@places;
	return mutated($text) if rand() < 0.2;
	my $place = pick(@places);
	substr($text, $place->[0], $place->[1]) = pick(@hostile);
	return $text;
}

sub request
{
	my $operation = pick(@operations);
	my $path = $operation->{path};
	my ($resource) = $path =~ m{^/v1/([a-z-]+)};
	$path =~ s{\{(\w+)\}}{rand() < 0.9 ? ($1 eq 'event' ? pick(@events) : id($resource)) : pick(@encoded)}ge;
	my @query;
	for my $parameter (@{ $operation->{parameters} // [] })
	{
		next unless $parameter->{in} eq 'query' && ($parameter->{required} || rand() < 0.3);
		my $value = rand() < 0.6 ? sample($parameter->{schema}, 0) // '' : undef;
		$value = ref $value ? $json->encode($value) : $value if defined $value;
		$value =~ s/([^A-Za-z0-9._-])/sprintf '%%%02x', ord $1/ge if defined $value;
		push @query, "$parameter->{name}=" . ($value // pick(@encoded));
	}
	push @query, pick(@query) if @query && rand() < 0.05;
	push @query, pick(@encoded) . '=' . pick(@encoded) if rand() < 0.03;
	$path .= '?' . join '&', @query if @query;
	my $key = rand() < 0.8 ? $keys[ rand 2 ] : rand() < 0.8 ? pick(@keys) : substr(pick(@keys), 0, -1) . '0';
	my @head = ("Host: test", "Authorization: Bearer $key");
	push @head, pick(@lines) for 1 .. int rand 1.5;
	# Of these it is not sure that they are answered before more is sent.
	my $mutated = rand() < 0.15;
	my $odd = $mutated || grep { /^(?:Expect|Content-Length|Transfer-Encoding):/ } @head;
	my $body = '';
	if (my $schema = $operation->{requestBody}{content}{'application/json'}{schema})
	{
		$body = $json->encode(sample($schema, 0));
		$body = mutated_json($body) if rand() < 0.6;
		push @head, 'Content-Type: application/json' unless grep { /^Content-Type/ } @head;
	}
	if (length $body && rand() < 0.2)
	{
		push @head, 'Transfer-Encoding: chunked';
		$body = join('', map { sprintf "%x%s\r\n%s\r\n", length, rand() < 0.1 ? ';' . pick(@encoded) : '', $_ } $body =~ /(.{1,@{[ 1 + int rand 5000 ]}})/gs)
		  . "0\r\n" . (rand() < 0.1 ? pick(@lines) . "\r\n" : '') . "\r\n";
	}
	elsif (length $body || rand() < 0.05)
	{
		push @head, 'Content-Length: ' . length $body;
	}
	my $method = rand() < 0.97 ? $operation->{method} : pick(qw(GET HEAD POST PUT PATCH DELETE OPTIONS TRACE));
	my $version = rand() < 0.97 ? 'HTTP/1.1' : 'HTTP/1.0';
	my $bytes = "$method $path $version\r\n" . join('', map { "$_\r\n" } @head) . "\r\n$body";
	return { bytes => $mutated ? mutated($bytes) : $bytes, odd => $odd, operation => "$operation->{method} $operation->{path}" };
}

# ---- What must not be -----------------------------------------------------

my (@findings, %statuses, %reached);
sub judge
{
	my ($answer, $bytes, $operation) = @_;
	my $status = $answer->{status};
	$statuses{$status}++;
	my $text = $answer->{body};
	my @wrong;
	push @wrong, 'a failure' if $status == 500;
	# What the library could not make a request of, it refuses itself, and a malformed Content-Length with a second head in the body.
	# Pages for people are HTML, and say so.
	my $is_page = ($answer->{headers}{'content-type'} // '') =~ m{^text/html} && $text =~ /^<!DOCTYPE html>/ && $answer->{headers}{'content-security-policy'};
	push @wrong, 'no problem document' if $status >= 400 && length $text && !$is_page && ($answer->{json}{status} // 0) != $status && !(($status < 500 || $status == 505) && $text =~ m{^<html>|^HTTP/1\.1 4\d\d .*\r\nConnection: close\r\n}s);
	push @wrong, 'another tenant' if $text =~ /$marker/ || join('', %{ $answer->{headers} }) =~ /$marker/;
	push @wrong, 'the inside' if $status >= 400 && $text =~ /relation "|column "|syntax error|pg_catalog|lealup\._|PL\/pgSQL|function lealup|\.sql:|violates|\bSQLSTATE\b/;
	push @wrong, 'an injected header' if exists $answer->{headers}{'x-injected'};
	push @wrong, 'a route for the log' if exists $answer->{headers}{'lealup-route'};
	push @findings, join(', ', @wrong) . ": $status " . substr($text, 0, 500) . "\n" . substr($bytes, 0, 1500) if @wrong;
	if ($status == 200 || $status == 201)
	{
		my @new = $text =~ /"id" ?: ?"([0-9a-f-]{36})"/g;
		my $known = $operation =~ m{/v1/([a-z-]+)} ? $ids{$1} //= [] : [];
		$known->[ @$known < 100 ? @$known : rand @$known ] = $_ for @new;
	}
	return;
}

# What there is of the other tenant.
sub theirs
{
	return sql(q{SELECT string_agg(x, ' ' ORDER BY x) FROM lealup.tenant t CROSS JOIN LATERAL (
		SELECT md5(c::text) FROM lealup.customer c WHERE c.tenant_id = t.tenant_id UNION ALL SELECT md5(c::text) FROM lealup.contact c WHERE c.tenant_id = t.tenant_id
		UNION ALL SELECT md5(k::text) FROM lealup.task k WHERE k.tenant_id = t.tenant_id UNION ALL SELECT md5(k::text) FROM lealup.ticket k WHERE k.tenant_id = t.tenant_id
		UNION ALL SELECT md5(s::text) FROM lealup.subscription s WHERE s.tenant_id = t.tenant_id UNION ALL SELECT md5(e::text) FROM lealup.timeline_event e WHERE e.tenant_id = t.tenant_id
		UNION ALL SELECT md5(e::text) FROM lealup.event e WHERE e.tenant_id = t.tenant_id) y(x) WHERE t.name = 'Other'});
}
my $theirs = theirs();
srand($seed);
my ($begin, $sent, $answers, @open) = (time(), 0, 0);
while (time() - $begin < $seconds && @findings < 10)
{
	my $c = http_connect($port) or last;
	my @requests = map { request() } 1 .. (rand() < 0.2 ? 1 + int rand 5 : 1);
	my $bytes = join '', map { $_->{bytes} } @requests;
	$sent += @requests;
	my $aborted = rand() < 0.1;
	$bytes = substr($bytes, 0, rand length $bytes) if $aborted && rand() < 0.5;
	if (rand() < 0.2)
	{
		my $rest = $bytes;
		my $n = 1 + int rand 6;
		for my $i (1 .. $n)
		{
			my $piece = $i == $n ? $rest : substr($rest, 0, rand length $rest);
			substr($rest, 0, length $piece) = '';
			http_send($c, $piece) or last;
			select undef, undef, undef, 0.0005 if rand() < 0.5;
		}
	}
	else
	{
		http_send($c, $bytes);
	}
	my $half_closed = rand() < 0.05;
	shutdown($c, 1) if $half_closed;
	if ($aborted)
	{
		# With data unread it is a reset; and some just stay.
		push @open, $c if rand() < 0.5;
		shift @open while @open > 50;
		next;
	}
	my $odd = $half_closed || grep { $_->{odd} } @requests;
	my $patience = $odd ? 0.03 : 20;
	for my $request (@requests)
	{
		my $head = $request->{bytes} =~ /^HEAD /;
		my $answer = http_read($c, timeout => $patience, head => $head);
		if (!$answer)
		{
			push @findings, "no answer to\n" . substr($bytes, 0, 1500) unless $odd;
			last;
		}
		$answer = http_read($c, timeout => $patience, head => $head) // last if $answer->{status} == 100;
		$answers++;
		$reached{ $request->{operation} }{ $answer->{status} }++;
		judge($answer, $bytes, $request->{operation});
		last if ($answer->{headers}{connection} // '') =~ /close/i;
	}
}
my $took = time() - $begin;
note join ' ', "$sent requests, $answers answers in $took s, seed $seed:", map { "$_: $statuses{$_}" } sort keys %statuses;
my @unreached = grep { my $o = $_; !grep { /^(2|304)/ } keys %{ $reached{$o} // {} } } map { "$_->{method} $_->{path}" } @operations;
note 'never a success: ', join ', ', @unreached;
is(scalar @findings, 0, "$sent requests have had no answer that must not be") or diag join "\n---\n", @findings;
cmp_ok($answers, '>', 10 * $seconds, 'most of them had one');
cmp_ok(scalar(keys %statuses), '>=', 10, 'of many kinds: ' . join ' ', sort keys %statuses);
is(theirs(), $theirs, 'nothing of the other tenant has changed');
is(http_get($port, '/healthz')->{status}, 200, 'after which the gateway answers');
is(worker_pid($node, kind => 'gateway'), $pid, 'as the same process');
unlike(slurp_file($node->logfile), qr/gave up|PANIC|TRAP|was terminated by signal|\Q$keys[0]\E/, 'without a complaint, or a key in the log');
$node->stop;
done_testing();
