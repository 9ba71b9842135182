# The request on the wire: its bytes, its signatures, and that secrets stay secret.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex);
use Encode qw(encode_utf8);
use File::Basename qw(dirname);
use File::Spec;
use JSON::PP qw(decode_json);
use LealupTest;
use MIME::Base64 qw(decode_base64 encode_base64);
use PostgreSQL::Test::Utils;
use Test::More;

my $ca = make_ca();
my $peer = start_peer(ca_dir => $ca);
# Every statement goes into the log: no generated secret may be found there.
my $node = new_node('request', ca_file => "$ca/ca.pem",
	conf => "log_statement = all\nlog_min_messages = debug1");
$node->start;
setup_db($node);
$node->safe_psql('postgres', 'CREATE DATABASE latin TEMPLATE template0 ENCODING latin1 LOCALE "C"');
setup_db($node, 'latin');

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub row { return @{ decode_json(sql("SELECT row_to_json(r) FROM ($_[0]) r"))  }{ @_[1 .. $#_] } }

my $tenant = sql("SELECT lealup.create_tenant('Acme')");

# Options are SQL expressions by parameter name.  A generated secret is given back too.
sub subscribe
{
	my ($url, %opt) = @_;
	my $events = delete $opt{events} // q(ARRAY['customer.updated']);
	my $options = join '', map { ", $_ => $opt{$_}" } sort keys %opt;
	my $create = "SELECT lealup.create_subscription('$tenant', '$url', $events$options)";
	return sql($create) if $opt{secret};
	return split /\n/, sql("$create AS id \\gset\nSELECT :'id'; SELECT lealup.reveal_secret(:'id')");
}

sub emit
{
	my ($data, $type) = @_;
	$type //= 'customer.updated';
	return sql("SELECT lealup.emit('$tenant', '$type', \$data\$$data\$data\$)");
}

# The n-th request to a path.
sub request
{
	my ($path, $n) = @_;
	my @requests;
	wait_for("$n requests to $path",
		sub { (@requests = grep { $_->{path} eq $path } $peer->requests) >= $n });
	return $requests[$n - 1];
}

sub document_signature
{
	my ($secret, $r) = @_;
	return 'sha256=' . hmac_sha256_hex("$r->{header}{'x-lealup-timestamp'}." . encode_utf8($r->{body}), $secret);
}

sub standard_signature
{
	my ($key, $r) = @_;
	my $signed = join '.', @{ $r->{header} }{qw(webhook-id webhook-timestamp)}, encode_utf8($r->{body});
	return 'v1,' . encode_base64(hmac_sha256($signed, $key), '');
}

sub decoded { my ($secret) = @_; return decode_base64($secret =~ s/^whsec_//r) }

# ---- Body and headers ----

# Nothing of this may be normalized: blanks, key order, a key twice, escapes, digits.
my $data = qq( { "b" :1,\n\t"a":  [1.0, 1e2 , 12345678901234567890123],"ключ":\r\n"\\u00e9 é 😀 <&>'\\"\\/ %s \$1", "b" :2, "n":null }  );
my $plain_secret = 'a-plain-secret-of-more-than-32-characters/+=';
my $plain = subscribe($peer->url('ok', '/plain/hook?a=1&b=%20x'), secret => "'$plain_secret'");
my ($whsec, $whsec_secret) = subscribe($peer->url('tls_ok', '/whsec', 'localhost'));
like($whsec_secret, qr/^whsec_[A-Za-z0-9+\/]{43}=$/, 'a generated secret is of 32 bytes');

my $event = emit($data);
wait_idle($node);

my $r = request('/plain/hook?a=1&b=%20x', 1);
my ($created) = sql(qq(SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM lealup.event WHERE id = '$event'));
my ($delivery, $logged_body, $logged_headers) = row("SELECT delivery_id, request_body, request_headers FROM lealup.delivery_log WHERE subscription_id = '$plain'",
	qw(delivery_id request_body request_headers));

is($r->{method}, 'POST', 'the method');
is(encode_utf8($r->{body}),
	qq({"event":"customer.updated","delivery_id":"$delivery","created_at":"$created","tenant_id":"$tenant","data":$data}),
	'the body, byte for byte');
is($logged_body, $r->{body}, 'the delivery log shows the same bytes');
my %expected = (
	'content-type' => 'application/json',
	'content-length' => length(encode_utf8($r->{body})),
	'host' => '127.0.0.1:' . $peer->port('ok'),
	'user-agent' => 'lealup/1.0',
	'x-lealup-event' => 'customer.updated',
	'x-lealup-delivery-id' => $delivery,
	'x-lealup-signature' => document_signature($plain_secret, $r),
	'webhook-id' => $delivery,
	'webhook-timestamp' => $r->{header}{'x-lealup-timestamp'},
	'webhook-signature' => standard_signature($plain_secret, $r));
is($r->{header}{$_}, $expected{$_}, "header $_") for sort keys %expected;
is_deeply([ sort map { lc $_->[0] } grep { lc $_->[0] ne 'accept' } @{ $r->{headers} } ],
	[ sort keys %expected, 'x-lealup-timestamp' ], 'and no other header, none twice');
like($r->{header}{'x-lealup-timestamp'}, qr/^\d{10}$/, 'the timestamp is in seconds');
cmp_ok(abs($r->{header}{'x-lealup-timestamp'} - $r->{time}), '<', 300, 'and is the current time');
like($delivery, qr/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'the delivery id is a uuid v7');
is($logged_headers->{'X-LealUp-Signature'}, $r->{header}{'x-lealup-signature'}, 'the log shows the headers as they were sent');

my $w = request('/whsec', 1);
ok($w->{tls}, 'https with an authority of our own');
isnt($w->{header}{'webhook-id'}, $delivery, 'every subscription has a delivery of its own');
is($w->{header}{'x-lealup-signature'}, document_signature($whsec_secret, $w), 'the document signs with a whsec_ secret as it is written');
is($w->{header}{'webhook-signature'},
	join(' ', standard_signature(decoded($whsec_secret), $w), standard_signature($whsec_secret, $w)),
	'Standard Webhooks with the bytes that it stands for, and with what is written');

# ---- The verification code of receivers ----

my $peers = File::Spec->rel2abs(dirname(__FILE__) . '/../peers');
my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $have_node = system('command -v node >/dev/null') == 0;
my $have_library = $have_node
  && system("npm install --silent --no-audit --no-fund --prefix '$modules' standardwebhooks\@1.1.1 >'$modules/npm.log' 2>&1") == 0;

sub verifies
{
	my ($secret, $path, @command) = @_;
	local $ENV{SECRET} = $secret;
	my $ok = IPC::Run::run([ @command, '--path', $path, $peer->{log_file} ], '>', \my $output, '2>&1');
	note $output;
	return $ok && $output =~ /"valid": ?1\b/;
}

for ([ $plain_secret, '/plain' ], [ $whsec_secret, '/whsec' ])
{
	my ($secret, $path) = @$_;
	ok(verifies($secret, $path, "$peers/verify.py"), "$path: the document's Python sample accepts it");
	ok(!verifies("x$secret", $path, "$peers/verify.py"), "$path: but not with another secret");
	SKIP:
	{
		skip 'there is no node', 1 unless $have_node;
		my ($one) = grep { $_->{path} =~ /^\Q$path/ } $peer->requests;
		local @ENV{qw(BODY SIGNATURE TIMESTAMP SECRET)} =
		  (encode_utf8($one->{body}), @{ $one->{header} }{qw(x-lealup-signature x-lealup-timestamp)}, $secret);
		my $script = "import { verifyWebhook } from '$peers/document_sample.mjs'; const e = process.env;"
		  . 'process.exit(verifyWebhook(e.BODY, e.SIGNATURE, e.TIMESTAMP, e.SECRET) === true ? 0 : 1)';
		is(system('node', '--input-type=module', '-e', $script), 0, "$path: the document's Node.js sample accepts it");
	}
	SKIP:
	{
		skip 'the library standardwebhooks could not be installed', 2 unless $have_library;
		my @verify = ('node', "$peers/verify.mjs", '--library', $modules);
		ok(verifies($secret, $path, @verify), "$path: the library standardwebhooks accepts it");
		ok(!verifies("x$secret", $path, @verify), "$path: but not with another secret");
	}
}

# ---- Retries ----

sub pause_all { sql("SELECT lealup.pause_subscription(tenant_id, id) FROM lealup.subscription WHERE status = 'active'"); return }
pause_all();

my ($retried, $retried_secret) = subscribe($peer->url('ok', '/flaky/2'), retry_schedule => "'{0, 1 s, 1 s}'");
emit($data);
request('/flaky/2', 3);
my @attempts = grep { $_->{path} eq '/flaky/2' } $peer->requests;
is($_->{body}, $attempts[0]{body}, 'a retry has the same body') for @attempts[ 1, 2 ];
is($_->{header}{'webhook-id'}, $attempts[0]{header}{'webhook-id'}, 'and the same delivery id') for @attempts[ 1, 2 ];
cmp_ok($attempts[$_]{header}{'x-lealup-timestamp'}, '>', $attempts[ $_ - 1 ]{header}{'x-lealup-timestamp'}, 'but a timestamp of its own') for 1, 2;
is($_->{header}{'x-lealup-signature'}, document_signature($retried_secret, $_), 'and its signature') for @attempts;

# ---- Custom headers ----

pause_all();
my ($custom) = subscribe($peer->url('ok', '/custom'),
	headers => q('{"Authorization": "Bearer token-of-the-receiver", "X-Colon": "a: b, \"c\" ;"}'));
emit('{}');
$r = request('/custom', 1);
is($r->{header}{authorization}, 'Bearer token-of-the-receiver', 'custom headers are sent');
is($r->{header}{'x-colon'}, 'a: b, "c" ;', 'whatever they contain');
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$custom' AND status = 'success'", 1);
my $log = decode_json(sql("SELECT request_headers FROM lealup.delivery_log WHERE subscription_id = '$custom'"));
is($log->{Authorization}, '[redacted]', 'the log does not show their values');
is($log->{'X-Colon'}, '[redacted]', 'of none of them');
is($log->{'X-LealUp-Event'}, 'customer.updated', 'but those of other headers');
sql("SELECT lealup.update_subscription('$tenant', '$custom', headers => '{\"X-New\": \"1\"}')");
emit('{}');
$r = request('/custom', 2);
ok(!exists $r->{header}{authorization} && $r->{header}{'x-new'} eq '1', 'replaced headers replace all');

# ---- Rotation ----

pause_all();
my ($rotated, @secrets) = subscribe($peer->url('ok', '/flaky/1'), retry_schedule => "'{0, 1 h}'");
emit('{}');
wait_until($node, "SELECT attempt_no FROM lealup.delivery_queue WHERE subscription_id = '$rotated'", 2);
push @secrets, sql("SELECT lealup.rotate_secret('$tenant', '$rotated')");
isnt($secrets[1], $secrets[0], 'rotation generates another secret');
sql("SELECT lealup.replay('$tenant', id) FROM lealup.delivery_queue WHERE subscription_id = '$rotated'");
$r = request('/flaky/1', 1);
is($r->{header}{'x-lealup-signature'}, document_signature($secrets[0], $r), 'the first attempt was signed by the old secret');

sub signed_by
{
	my ($path, $n, $what, @by) = @_;
	my $r = request($path, $n);
	is($r->{header}{'x-lealup-signature'}, document_signature($by[0], $r), "$what: X-LealUp-Signature has the newest");
	is($r->{header}{'webhook-signature'},
		join(' ', map { standard_signature(decoded($_), $r), standard_signature($_, $r) } @by),
		"$what: webhook-signature has what it should, newest first");
	return;
}
signed_by('/flaky/1', 2, 'a pending delivery after rotation', $secrets[1]);
sql("SELECT lealup.update_subscription('$tenant', '$rotated', url => '" . $peer->url('ok', '/rotated') . "')");
emit('{}');
signed_by('/rotated', 1, 'a new event after rotation', $secrets[1]);

push @secrets, sql("SELECT lealup.rotate_secret('$tenant', '$rotated', overlap => '1 h')");
emit('{}');
signed_by('/rotated', 2, 'with overlap', @secrets[ 2, 1 ]);
push @secrets, sql("SELECT lealup.rotate_secret('$tenant', '$rotated', overlap => '2 h')");
emit('{}');
signed_by('/rotated', 3, 'with two overlaps', @secrets[ 3, 2, 1 ]);
my $given = 'given-by-the-user-0123456789-abcdefghi';
is(sql("SELECT lealup.rotate_secret('$tenant', '$rotated', '$given') IS NULL"), 't', 'a given secret is not given back');
emit('{}');
$r = request('/rotated', 4);
is($r->{header}{'x-lealup-signature'}, document_signature($given, $r), 'without overlap, the newest alone signs');
is($r->{header}{'webhook-signature'}, standard_signature($given, $r), 'in both families');
push @secrets, sql("SELECT lealup.rotate_secret('$tenant', '$rotated', overlap => '100 ms')");
wait_until($node, "SELECT count(*) FROM lealup.vault_secret WHERE owner_id = '$rotated' AND expires_at > clock_timestamp()", 0);
emit('{}');
signed_by('/rotated', 5, 'after the overlap', $secrets[-1]);

# ---- Test events ----

my $test = sql("SELECT lealup.send_test_event('$tenant', '$rotated')");
$r = request('/rotated', 6);
is($r->{header}{'x-lealup-event'}, 'webhook.test', 'a test event goes to a subscription that does not listen to it');
is($r->{header}{'webhook-id'}, $test, 'its delivery id is given back');
is(decode_json(encode_utf8($r->{body}))->{data}{test}, JSON::PP::true, 'and it says that it is one');
signed_by('/rotated', 6, 'a test event', $secrets[-1]);
wait_until($node, "SELECT status || ' ' || trigger FROM lealup.delivery_log WHERE delivery_id = '$test'", 'success test');
sql("SELECT lealup.send_test_event('$tenant', '$rotated', 'health.changed')");
$r = request('/rotated', 7);
is($r->{header}{'x-lealup-event'}, 'health.changed', 'a test event may be of a type of the catalog');
is(decode_json(encode_utf8($r->{body}))->{data}{test}, JSON::PP::true, 'and is still marked as a test');

# ---- A database in another encoding ----

my $latin_tenant = $node->safe_psql('latin', "SELECT lealup.create_tenant('Latin')");
my $latin_secret = 'latin-secret-0123456789-abcdefghijkl';
$node->safe_psql('latin', qq(SET client_encoding = utf8;
	SELECT lealup.create_subscription('$latin_tenant', '@{[ $peer->url('ok', '/latin') ]}', ARRAY['*'], '$latin_secret');
	SELECT lealup.emit('$latin_tenant', 'customer.created', '{"name": "Café"}')));
$r = request('/latin', 1);
like(encode_utf8($r->{body}), qr/"data":\{"name": "Café"\}\}$/, 'the body is UTF-8 also from a Latin-1 database');
is($r->{header}{'x-lealup-signature'}, document_signature($latin_secret, $r), 'and signed as it is sent');

# ---- Secrets stay secret ----

my %generated = ('of a subscription' => $whsec_secret, 'of a retry' => $retried_secret,
	map { ("rotated $_" => $secrets[$_]) } 0 .. $#secrets);
my %all = (%generated, 'plain' => $plain_secret, 'given' => $given, 'header' => 'token-of-the-receiver');
my $activity = sql('SELECT string_agg(a::text, $$ $$) FROM pg_stat_activity a WHERE pid <> pg_backend_pid()');
my $everything = $node->safe_psql('postgres', q(SELECT format('SELECT * FROM lealup.%I', relname)
	FROM pg_class WHERE relnamespace = 'lealup'::regnamespace AND relkind IN ('r', 'p', 'v') \gexec));
cmp_ok(length($everything), '>', 10_000, 'what can be selected from the tables and views is there');
my $dump;
IPC::Run::run([ 'pg_dump', '-d', $node->connstr('postgres') ], '>', \$dump);
like($dump, qr/\Q$whsec/, 'and so is a dump');
$node->stop;
my $server_log = slurp_file($node->logfile);
like($server_log, qr/reveal_secret/, 'and the server log with its statements');

for my $which (sort keys %all)
{
	my $secret = $all{$which};
	my @forms = ($secret, unpack('H*', $secret), encode_base64($secret, ''), $secret =~ s/^whsec_//r);
	push @forms, unpack('H*', decoded($secret)) if $secret =~ /^whsec_/;
	my %places = (pg_stat_activity => $activity, 'the tables and views' => $everything, 'a dump' => $dump);
	# A statement in the log shows what its author wrote into it.
	$places{'the server log'} = $server_log if $generated{$which};
	for my $place (sort keys %places)
	{
		ok(!(grep { index($places{$place}, $_) >= 0 } @forms), "the secret ($which) is not in $place");
	}
}

done_testing();
