# Notifications of providers through the gateway: signed by the vendors' own code, forged, repeated, in floods, and through crashes.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use File::Basename qw(dirname);
use File::Spec;
use IO::Socket::INET;
use IPC::Run;
use JSON::PP qw(encode_json decode_json);
use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;

my $peers = File::Spec->rel2abs(dirname(__FILE__) . '/../peers');
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $base = "http://127.0.0.1:$port";
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_log = 'all'\nlealup.gateway_database = 'postgres'");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub literal
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub wait_for_gateway
{
	wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });
	return;
}

# Every secret that is used, for the search at the end.
my @secrets;
sub remember
{
	push @secrets, @_;
	return $_[0];
}

# ---- Set-up ---------------------------------------------------------------

wait_for_gateway();
my $tenant = sql("SELECT lealup.create_tenant('one')");
sql(q{CREATE SCHEMA regress; GRANT USAGE ON SCHEMA regress TO lealup_provider;
	CREATE FUNCTION regress.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT '{"ignore": "test"}'::jsonb $$});

my %scheme = (
	slack => '{"type": "hmac", "header": "X-Slack-Signature", "prefix": "v0=", "algorithm": "sha256", "encoding": "hex", "template": "v0:{ts}:{body}", "timestamp": {"header": "X-Slack-Request-Timestamp", "unit": "s"}}',
	github => '{"type": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex"}',
	linear => '{"type": "hmac", "header": "Linear-Signature", "algorithm": "sha256", "encoding": "hex", "timestamp": {"json": "webhookTimestamp", "unit": "ms", "tolerance": 60}}',
	hubspot3 => '{"type": "hmac", "header": "X-HubSpot-Signature-v3", "algorithm": "sha256", "encoding": "base64", "template": "{method}{uri}{body}{ts}", "key": "client_secret", "timestamp": {"header": "X-HubSpot-Request-Timestamp", "unit": "ms"}}',
	stripe => '{"type": "hmac", "header": "Stripe-Signature", "separator": ",", "prefix": "v1=", "algorithm": "sha256", "encoding": "hex", "template": "{ts}.{body}", "timestamp": {"header": "Stripe-Signature", "separator": ",", "prefix": "t=", "unit": "s"}}',
	standard => '{"type": "hmac", "header": "webhook-signature", "separator": " ", "prefix": "v1,", "algorithm": "sha256", "encoding": "base64", "key_format": "base64", "template": "{hdr:webhook-id}.{ts}.{body}", "timestamp": {"header": "webhook-timestamp", "unit": "s"}}',
	twilio => '{"type": "hmac", "header": "X-Twilio-Signature", "algorithm": "sha1", "encoding": "base64", "template": "{url}{form_sorted}", "any_port": true, "body_hash": "bodySHA256", "key": "auth_token"}',
	front => '{"type": "hmac", "header": "X-Front-Signature", "algorithm": "sha256", "encoding": "base64", "template": "{ts}:{body}", "timestamp": {"header": "X-Front-Request-Timestamp", "unit": "ms"}}',
	zendesk => '{"type": "hmac", "header": "X-Zendesk-Webhook-Signature", "algorithm": "sha256", "encoding": "base64", "template": "{ts}{body}", "timestamp": {"header": "X-Zendesk-Webhook-Signature-Timestamp", "unit": "iso8601"}}',
	intercom => '{"type": "hmac", "header": "X-Hub-Signature", "prefix": "sha1=", "algorithm": "sha1", "encoding": "hex", "key": "client_secret"}',
	helpscout => '{"type": "hmac", "header": "X-HelpScout-Signature", "algorithm": "sha1", "encoding": "base64"}',
	segment => '{"type": "hmac", "header": "X-Signature", "algorithm": "sha1", "encoding": "hex", "template": "{first_item}"}',
	meta => '{"type": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex", "key": "client_secret"}',
	kapso => '{"type": "hmac", "header": "X-Webhook-Signature", "algorithm": "sha256", "encoding": "hex"}',
	pipedrive => '{"type": "basic", "user": "lealup"}',
	google_channel => '{"type": "token", "header": "X-Goog-Channel-Token"}',
	graph => '{"type": "token", "json": "value.{}.clientState"}',
	pubsub => '{"type": "oidc_jwt", "header": "Authorization", "prefix": "Bearer ", "jwks": "JWKS", "issuers": ["https://accounts.google.com"], "audience": "{url}", "email": "{option:push}"}',
);
$scheme{twilio_json} = $scheme{twilio};
my %handshake = (
	slack => '[{"when": {"json": {"type": "url_verification"}}, "echo": {"json": "challenge"}}]',
	meta => '[{"when": {"method": "GET", "query": {"hub.mode": "subscribe"}}, "echo": {"query": "hub.challenge"}, "verify": {"type": "token", "query": "hub.verify_token"}}]',
	graph => '[{"when": {"query": {"validationToken": null}}, "echo": {"query": "validationToken"}, "verify": {"type": "none"}}]',
	google_channel => '[{"when": {"header": {"X-Goog-Resource-State": "sync"}}}]',
);
my %dedupe = (
	github => '{"header": "X-GitHub-Delivery"}',
	google_channel => '{"all": [{"header": "X-Goog-Channel-ID"}, {"header": "X-Goog-Message-Number"}]}',
	slack => '{"json": "event_id"}',
);
my %body = (
	twilio => 'From=whatsapp%3A%2B5215550001111&Body=hola+%C3%B1+%26+%3D+%2B&Empty=&MessageSid=SM1',
	linear => encode_json({ action => 'create', webhookTimestamp => time() * 1000 }),
	segment => '[{"messageId":"a"},{"messageId":"b"}]',
	google_channel => '',
);

# Public keys are shown by a provider of ours.
my $keys_port = PostgreSQL::Test::Cluster::get_free_port();
$scheme{pubsub} =~ s/JWKS/http:\/\/127.0.0.1:$keys_port\/certs/;
my $keys_dir = PostgreSQL::Test::Utils::tempdir('keys');
my $have_openssl = system("openssl genrsa -out $keys_dir/key.pem 2048 2>$keys_dir/err && openssl genrsa -out $keys_dir/other.pem 2048 2>>$keys_dir/err") == 0;
ok($have_openssl, 'keys');

my (%connection, %path, %secret);
for my $kind (sort keys %scheme)
{
	my $handshake = $handshake{$kind} // '[]';
	my $dedupe = $dedupe{$kind} // '{"body": true}';
	my $state = remember("graph-state-$kind-" . int(rand(1e9)));
	# Those that lealup brings are not what is tested here.
	sql("DELETE FROM lealup.provider_inbound WHERE provider = '$kind'; DELETE FROM lealup.provider_stream WHERE provider = '$kind'; DELETE FROM lealup.provider WHERE name = '$kind';"
	  . "INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('$kind', '$kind', 'workspace', 'https://api.example.com', '{api.example.com}', 'oauth2');"
	  . "INSERT INTO lealup.provider_inbound (provider, name, signature, handshake, dedupe, handler) VALUES ('$kind', 'main', '$scheme{$kind}', '$handshake', '$dedupe', 'regress.handle')");
	my $client = sql("INSERT INTO lealup.oauth_client (tenant_id, provider, client_id, redirect_uri) VALUES ('$tenant', '$kind', 'x', 'https://hub.example.com/') RETURNING id");
	my $c = $connection{$kind} = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, client_tenant_id, client_id, options) "
		. "VALUES ('$tenant', '$kind', 'workspace', 'connected', '$tenant', '$client', '{\"push\": \"push\@project.example\"}') RETURNING id");
	$secret{$kind} = remember($kind eq 'standard' ? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' : "$kind-secret-" . int(rand(1e9)));
	if ($scheme{$kind} =~ /"key": "(\w+)"/)
	{
		my ($purpose, $owner) = ($1, $1 eq 'client_secret' ? $client : $c);
		sql("SELECT lealup._store_secret('$tenant', '$owner', '$purpose', '$secret{$kind}')");
	}
	else
	{
		sql("SELECT lealup.set_inbound_secret('$tenant', '$c', '$secret{$kind}')");
	}
}
my ($status, $out, $err) = $node->psql('postgres', "SELECT lealup.inbound_url('$tenant', '$connection{slack}')");
like($err, qr/lealup\.public_url is not set.*HINT:.*ALTER SYSTEM SET lealup\.public_url/s, 'without a public URL there is a hint');
for my $bad ('hub.example.com', 'https://hub.example.com/', 'https://', 'https://a b', 'https://hub.example.com?x', 'ftp://hub.example.com', 'https://user@hub.example.com')
{
	($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.public_url = '$bad'");
	like($err, qr/no URL that others could be given/, "no public URL: $bad");
}
sql("ALTER SYSTEM SET lealup.public_url = '$base'");
$node->reload;
wait_until($node, 'SHOW lealup.public_url', $base);
for my $kind (sort keys %scheme)
{
	my $url = sql("SELECT lealup.inbound_url('$tenant', '$connection{$kind}')");
	like($url, qr{^\Q$base\E/v1/inbound/[0-9a-f]{64}$}, "$kind: a URL") if $kind eq 'slack';
	$path{$kind} = substr($url, length $base);
	remember(substr($path{$kind}, 12));
}

# ---- Signed by others -----------------------------------------------------

my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my @packages = qw(@octokit/webhooks-methods@6.0.0 twilio@6.2.0 @hubspot/api-client@14.0.1 standardwebhooks@1.1.1 stripe@23.1.0 @slack/bolt@5.1.0 jsonwebtoken@9.0.3);
my $have_library = system('command -v node >/dev/null') == 0
  && system("npm install --silent --no-audit --no-fund --prefix '$modules' @packages >'$modules/npm.log' 2>&1") == 0;

sub signed
{
	my (@requests) = @_;
	my $in = join '', map { encode_json($_) . "\n" } @requests;
	my ($output, $errors);
	IPC::Run::run([ 'node', "$peers/sign.mjs", '--library', $modules ], '<', \$in, '>', \$output, '2>', \$errors) or die "sign.mjs: $errors";
	return map { decode_json($_) } split /\n/, $output;
}

# Sends a request and gives its answer; changed: what is added to the headers.
sub send_to
{
	my ($path, $body, %headers) = @_;
	my $lines = join '', map { "$_: $headers{$_}\r\n" } sort keys %headers;
	return http_once($port, "POST $path HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n$lines\r\n$body");
}

sub count_of
{
	my ($kind) = @_;
	return sql("SELECT count(*) FROM lealup.inbox WHERE connection_id = '$connection{$kind}'");
}

SKIP:
{
	skip 'the vendors\' packages could not be installed', 1 unless $have_library;
	my @kinds = grep { $_ !~ /graph|pubsub/ } sort keys %scheme;
	my %request;
	my @answers = signed(map { { kind => $_, url => "$base$path{$_}" . ($_ eq 'hubspot3' ? '?a=b%3Ac' : ''), secret => $secret{$_}, body => $body{$_} // encode_json({ kind => $_, event_id => "Ev$_" }) } } @kinds);
	@request{@kinds} = @answers;
	for my $kind (@kinds)
	{
		my $r = $request{$kind};
		my $target = substr($r->{url}, length $base);
		my %headers = %{ $r->{headers} };
		is(send_to($target, $r->{body}, %headers)->{status}, 200, "$kind: what the vendor signs is taken");
		is(send_to($target, $r->{body}, %headers)->{status}, 200, "$kind: a repetition is answered as the first was");
		is(count_of($kind), 1, "$kind: and is one message");
		my ($proof) = $scheme{$kind} =~ /"header": "([^"]+)"/;
		$proof = lc($proof // 'authorization');
		(my $forged = $headers{$proof}) =~ s/([A-Za-z0-9])([^A-Za-z0-9]*)$/($1 eq 'b' ? 'c' : 'b') . $2/e;
		my @forgeries = ([ 'another signature', $r->{body}, { %headers, $proof => $forged } ], [ 'no signature', $r->{body}, { map { $_ eq $proof ? () : ($_ => $headers{$_}) } keys %headers } ]);
		push @forgeries, [ 'another body', $kind eq 'segment' ? '[{"messageId":"z"}]' : "$r->{body} ", \%headers ] if $scheme{$kind} =~ /hmac/;
		for (@forgeries)
		{
			my ($what, $body, $with) = @$_;
			# The last characters of base64 may stand for nothing, and then another signature is the same.
			is(send_to($target, $body, %$with)->{status}, 401, "$kind: $what is not") unless $what eq 'another signature' && $kind eq 'pipedrive';
		}
		is(count_of($kind), 1, "$kind: and leaves nothing");
	}
	my ($stale) = signed({ kind => 'slack', url => "$base$path{slack}", secret => $secret{slack}, body => '{"event_id": "old"}', now => time() - 400 });
	is(send_to($path{slack}, $stale->{body}, %{ $stale->{headers} })->{status}, 401, 'what was signed minutes ago is refused');
	my ($challenge) = signed({ kind => 'slack', url => "$base$path{slack}", secret => $secret{slack}, body => '{"type": "url_verification", "challenge": "3eZbrw1a"}' });
	my $answer = send_to($path{slack}, $challenge->{body}, %{ $challenge->{headers} });
	ok($answer->{status} == 200 && $answer->{body} eq '3eZbrw1a', 'a signed challenge is answered');
	is(send_to($path{slack}, $challenge->{body})->{status}, 401, 'an unsigned one is not');
	is(count_of('slack'), 1, 'and is no message');

	# A secret and its successor.
	my $old = $secret{github};
	my $new = remember('github-secret-new-' . int(rand(1e9)));
	sql("SELECT lealup.set_inbound_secret('$tenant', '$connection{github}', '$new')");
	my @both = signed(map { { kind => 'github', url => "$base$path{github}", secret => $_, body => '{}' } } $old, $new);
	is(send_to($path{github}, '{}', %{ $_->{headers} })->{status}, 200, 'both secrets are valid for a while') for @both;
	sql("SELECT lealup.set_inbound_secret('$tenant', '$connection{github}', '$new', overlap => '0')");
	my ($late) = signed({ kind => 'github', url => "$base$path{github}", secret => $old, body => '{"late": 1}' });
	is(send_to($path{github}, $late->{body}, %{ $late->{headers} })->{status}, 401, 'then the old one is not');
	$secret{github} = $new;

	# Google's first notification of a channel.
	my ($sync) = signed({ kind => 'google_channel', url => "$base$path{google_channel}", secret => $secret{google_channel}, state => 'sync', number => 1 });
	is(send_to($path{google_channel}, '', %{ $sync->{headers} })->{status}, 200, 'Google: sync is answered');
	is(count_of('google_channel'), 1, 'and is no message');
}

# ---- Tokens of OpenID Connect ---------------------------------------------

SKIP:
{
	skip 'the vendors\' packages could not be installed', 1 unless $have_library;
	my $claims = { aud => "$base$path{pubsub}", email => 'push@project.example' };
	my ($good, $other, $wrong) = signed(
		(map { { kind => 'pubsub', url => '', key => scalar(slurp_file("$keys_dir/$_.pem")), kid => 'k1', claims => $claims, body => '{"message": {}}' } } 'key', 'other'),
		{ kind => 'pubsub', url => '', key => scalar(slurp_file("$keys_dir/key.pem")), kid => 'k1', claims => { %$claims, email => 'else@project.example' }, body => '{"message": {}}' });
	remember($good->{headers}{authorization} =~ s/^Bearer //r);
	IPC::Run::run([ 'node', '-e', 'const c=require("crypto"),f=require("fs");console.log(JSON.stringify({keys:[{...c.createPublicKey(f.readFileSync(process.argv[1])).export({format:"jwk"}),kid:"k1",use:"sig"}]}))', "$keys_dir/key.pem" ], '>', \my $keys) or die;
	my $server = IPC::Run::start([ 'python3', '-u', '-c', <<'PY', $keys_port, $keys ], '>', \my $served, '2>&1');
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = sys.argv[2].encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
PY
	wait_for('the keys', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $keys_port) });
	my $answer = send_to($path{pubsub}, $good->{body}, %{ $good->{headers} });
	is("$answer->{status} $answer->{headers}{'retry-after'}", '503 10', 'a token whose keys are not known is to be sent again');
	wait_until($node, 'SELECT fetched_at IS NOT NULL FROM lealup.oidc_key_set');
	is(send_to($path{pubsub}, $good->{body}, %{ $good->{headers} })->{status}, 200, 'when the worker has fetched them it is taken');
	is(send_to($path{pubsub}, $other->{body}, %{ $other->{headers} })->{status}, 401, 'one that another key signed is not');
	is(send_to($path{pubsub}, $wrong->{body}, %{ $wrong->{headers} })->{status}, 401, 'nor one of another account');
	is(count_of('pubsub'), 1, 'which leaves one message');
	wait_for('the log of the keys', sub { $server->pump_nb; $served =~ /GET/ });
	my @asked = $served =~ /GET \/certs/g;
	is(scalar @asked, 1, 'the keys were fetched once');
	$server->kill_kill;
}

# ---- Handshakes and tokens that nobody signs --------------------------------

my $answer = http_get($port, "$path{meta}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=wrong");
is($answer->{status}, 401, 'Meta: another verify token is refused');
my $verify_token = remember(sql("SELECT lealup.set_inbound_secret('$tenant', '$connection{meta}')"));
$answer = http_get($port, "$path{meta}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=$verify_token");
ok($answer->{status} == 200 && $answer->{body} eq '1158201444', 'Meta: ours is answered');
$answer = send_to("$path{graph}?validationToken=Validation%3A+Testing", '');
ok($answer->{status} == 200 && $answer->{body} eq 'Validation: Testing' && $answer->{headers}{'content-type'} =~ m{^text/plain}, 'Graph: the validation token is answered');
is(send_to($path{graph}, encode_json({ value => [ { clientState => $secret{graph}, resource => 'a' }, { clientState => $secret{graph} } ] }))->{status}, 200, 'Graph: our state');
is(send_to($path{graph}, encode_json({ value => [ { clientState => $secret{graph} }, { clientState => 'x' } ] }))->{status}, 401, 'Graph: in every notification');
is(sql("SELECT convert_from(body, 'UTF8')::jsonb #>> '{value,0,clientState}' FROM lealup.inbox WHERE connection_id = '$connection{graph}'"), '*' x length $secret{graph}, 'Graph: of which nothing is kept');

# ---- Floods ---------------------------------------------------------------

sub github
{
	my ($body, $delivery, $secret) = @_;
	return send_to($path{github}, $body, 'X-GitHub-Event' => 'issues', 'X-GitHub-Delivery' => $delivery, 'X-Hub-Signature-256' => 'sha256=' . hmac_sha256_hex($body, $secret // $secret{github}));
}
my $rows = count_of('github');
wait_until($node, "SELECT count(*) FROM lealup.inbox WHERE status = 'pending'", 0);
my $refused = sql("SELECT coalesce(sum(refused), 0) FROM lealup.inbound_refusal WHERE connection_id = '$connection{github}'");
my $before = sql('SELECT pg_snapshot_xmax(pg_current_snapshot())');
my %statuses;
$statuses{ github("{\"n\": $_}", "flood$_", 'wrong')->{status} }++ for 1 .. 300;
is_deeply(\%statuses, { 401 => 300 }, 'each of many forgeries is refused');
cmp_ok(sql('SELECT pg_snapshot_xmax(pg_current_snapshot())') - $before, '<', 100, 'and costs no transaction');
is(count_of('github'), $rows, 'nor a row');
%statuses = ();
$statuses{ send_to('/v1/inbound/' . ('0' x 60) . sprintf('%04x', $_), '{}')->{status} }++ for 1 .. 50;
is_deeply(\%statuses, { 404 => 50 }, 'nor do unknown URLs');
wait_for('the count of refusals', sub { sql("SELECT refused FROM lealup.inbound_refusal WHERE connection_id = '$connection{github}'") >= $refused + 300 });
pass('they are counted');
is(sql("SELECT reason FROM lealup.inbound_refusal WHERE connection_id = '$connection{github}'"), 'the signature does not match', 'with the reason');

# ---- Without the key --------------------------------------------------------

my $key_file = $node->basedir . '/lealup.key';
rename $key_file, "$key_file.away" or die $!;
$node->reload;
wait_for('a gateway without the key', sub { github('{"k": 1}', 'key1')->{status} == 503 });
pass('without the key nothing can be verified');
my $held = github('{"k": 2}', 'key2');
is("$held->{status} $held->{headers}{'retry-after'}", '503 10', 'and it is to be sent again');
is(count_of('github'), $rows, 'nothing is taken unverified');
rename "$key_file.away", $key_file or die $!;
is(github('{"k": 2}', 'key2')->{status}, 200, 'the key is loaded when it is there');

# ---- Crashes ----------------------------------------------------------------

# What was answered is there after the gateway was killed, also where its crash took the whole server along.
for my $round (1 .. 3)
{
	my $pid = worker_pid($node, kind => 'gateway');
	my @taken = grep { github("{\"round\": $round, \"n\": $_}", "crash$round-$_")->{status} == 200 } 1 .. 20;
	kill 'KILL', $pid;
	wait_for_gateway();
	is(sql("SELECT count(*) FROM lealup.inbox WHERE dedupe_key LIKE 'crash$round-%'"), scalar @taken, "round $round: every message that was answered is kept");
	is(github("{\"round\": $round, \"n\": 1}", "crash$round-1")->{status}, 200, "round $round: one that is sent again");
	is(sql("SELECT count(*) FROM lealup.inbox WHERE dedupe_key = 'crash$round-1'"), 1, "round $round: is known");
}
wait_until($node, "SELECT count(*) FROM lealup.inbox WHERE status = 'pending'", 0);
pass('all of it is understood');

# The worker is killed while a message is being understood.
sql(q{CREATE OR REPLACE FUNCTION regress.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_sleep(600); RETURN '{"ignore": "slept"}'; END $$});
is(github('{"slow": 1}', 'slow')->{status}, 200, 'a message that takes long to understand is answered at once');
wait_until($node, q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'lealup sync' AND query = 'notifications' AND wait_event = 'PgSleep'});
is(github('{"slow": 2}', 'slow2')->{status}, 200, 'while others are taken');
my $sync = worker_pid($node, kind => 'sync');
kill 'KILL', $sync;
wait_for_gateway();
wait_for('the database', sub { my ($s, $o) = $node->psql('postgres', q{CREATE OR REPLACE FUNCTION regress.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN '{"ignore": "at last"}'; END $$}); $s == 0 });
# A successor may be at it with the function as it was.
sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'lealup sync'});
wait_until($node, q{SELECT string_agg(status || attempts || error, ', ') FROM lealup.inbox WHERE dedupe_key LIKE 'slow%'}, 'ignored1at last, ignored1at last');
pass('a crash leaves a message as it was, and it is understood afterwards, once');

# ---- Secrets ----------------------------------------------------------------

my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'pg_dump');
my %texts = ('the dump' => slurp_file($dump), 'the log' => slurp_file($node->logfile),
	'the activity' => sql('SELECT string_agg(a::text, \'\') FROM pg_stat_activity a'), 'the inbox' => sql(q{SELECT string_agg(i::text || convert_from(coalesce(body, ''), 'UTF8'), '') FROM lealup.inbox i}));
for my $where (sort keys %texts)
{
	my @found = grep { index($texts{$where}, $_) >= 0 || index($texts{$where}, unpack 'H*', $_) >= 0 } grep { length } @secrets;
	is("@found", '', "$where holds none of " . @secrets . ' secrets');
}
like($texts{'the log'}, qr{POST /v1/inbound/\{token\} 200}, 'the log tells of requests');
unlike($texts{'the log'}, qr/PANIC|TRAP/, 'and of no fault');
done_testing();
