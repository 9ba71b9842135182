# Notifications of Google, which its double really sends, through the real gateway: channels of Calendar and Drive, and Gmail's by Pub/Sub.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Http;
use LealupTest::Peer;
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
my $double = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('double'), output => "${PostgreSQL::Test::Utils::test_logfile}_double",
	command => [ 'node', dirname(__FILE__) . '/../peers/google/server.mjs' ]);
wait_for('the ports of the double', sub { $double->running or die $double->output; $double->read_ports });
my $api = 'http://127.0.0.1:' . $double->port('google');

sub control
{
	my ($path, %message) = @_;
	my $answer = $http->post($double->url('control', $path), { content => encode_json(\%message) });
	die "$path: $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content});
}
sub no_faults { $http->delete($double->url('control', '/faults'))->{success} or die 'faults'; return }
sub calls { my ($name) = @_; return decode_json($http->get($double->url('control', '/calls'))->{content})->{$name} // 0 }

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });

sql("UPDATE lealup.provider SET base_url = regexp_replace(base_url, '^https://[a-z.]+', '$api'), allowed_hosts = '{127.0.0.1}' WHERE name IN ('gmail', 'google_calendar', 'google_drive');
	UPDATE lealup.provider_inbound SET signature = signature || '{\"jwks\": \"$api/oauth2/v3/certs\"}' WHERE provider = 'gmail'");
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my $maria = sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', 'maria\@team.example', 'admin') RETURNING id");
sql("INSERT INTO lealup.customer (tenant_id, name, domain) VALUES ('$tenant', 'Acme', 'acme.example')");
control('/users', email => 'maria@team.example');

# A connection whose grant has just been given.
sub new_connection
{
	my ($provider, $scope, %options) = @_;
	my $options = encode_json(\%options);
	my $token = control('/tokens', user => 'maria@team.example', scopes => ["https://www.googleapis.com/auth/$scope"])->{access_token};
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, member_id, state, account_id, account_name, options)
		SELECT '$tenant', name, kind, CASE kind WHEN 'personal' THEN '$maria'::uuid END, 'connected', 'maria\@team.example', 'maria\@team.example', '$options'
		FROM lealup.provider WHERE name = '$provider' RETURNING id");
	sql("SELECT lealup._store_secret('$tenant', '$id', 'access_token', '$token'); SELECT lealup._connection_established('$tenant', '$id', clock_timestamp())");
	wait_until($node, "SELECT mode FROM lealup.connection_stream WHERE connection_id = '$id' AND claim_id IS NULL", 'incremental');
	return $id;
}

sub watched
{
	my ($id) = @_;
	wait_until($node, "SELECT watch_expires_at > now() FROM lealup.connection_stream WHERE connection_id = '$id'");
	return;
}
sub watch_again
{
	my ($id) = @_;
	sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind LIKE 'watch:%' AND claim_id IS NULL; SELECT lealup._wake('upkeep')");
	return;
}
sub channels { my ($product) = @_; return @{ control("/$product/state", user => 'maria@team.example')->{channels} } }
sub sent { my ($product, $state) = @_; return grep { $_->{state} eq $state } @{ control("/$product/state", user => 'maria@team.example')->{sent} } }
sub inbox { my ($id) = @_; return sql("SELECT count(*) || coalesce(' ' || string_agg(DISTINCT status, ' '), '') FROM lealup.inbox WHERE connection_id = '$id'") }
# Nothing but a notification makes it run soon.
sub far_away
{
	my ($id, $what) = @_;
	wait_until($node, "SELECT claim_id IS NULL AND next_run_at > now() + interval '3 min' FROM lealup.connection_stream WHERE connection_id = '$id'");
	pass($what // 'its next poll is far away');
	return;
}
sub post { my ($path, %headers) = @_; return http_once($port, "POST $path HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n" . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers) . "Content-Length: 0\r\n\r\n")->{status} }
sub refused { my ($id) = @_; return sql("SELECT coalesce(sum(refused), 0) FROM lealup.inbound_refusal WHERE connection_id = '$id'") }

# ---- A channel of Google Calendar ----

my $day = 86400;
my $now = int(time / $day) * $day;
sub at { return { dateTime => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($now + $_[0] * $day)), timeZone => 'UTC' } }
sub event
{
	my ($title) = @_;
	return control('/calendar/events', user => 'maria@team.example', event => { summary => $title, start => at(2), end => at(2.1),
		attendees => [ { email => 'maria@team.example' }, { email => 'ana@acme.example' } ] })->{id};
}
sub meeting_comes { my ($title) = @_; wait_until($node, "SELECT count(*) FROM lealup.meeting WHERE title = '$title'", 1); return }

my $calendar = new_connection('google_calendar', 'calendar.events.readonly');
wait_until($node, "SELECT error LIKE '%lealup.public_url is not set%' FROM lealup.connection_jobs WHERE connection_id = '$calendar' AND kind = 'watch:events'");
pass('without an address there are no notifications, which is told');
sql("ALTER SYSTEM SET lealup.public_url = 'http://127.0.0.1:$port'");
$node->reload;
wait_until($node, 'SHOW lealup.public_url', "http://127.0.0.1:$port");
control('/faults', path => '/events/watch', status => 503, reason => 'backendError', times => 1000);
# The worker may not have noticed the setting yet.
wait_for('a request for a channel', sub { watch_again($calendar); calls('fault') });
wait_until($node, "SELECT error NOT LIKE '%public_url%' AND due_at > now() FROM lealup.connection_jobs WHERE connection_id = '$calendar' AND kind = 'watch:events'");
no_faults();
is(sql("SELECT state FROM lealup.connection_streams WHERE connection_id = '$calendar'"), 'ok', 'what cannot be watched now is told, and polled');
control('/faults', path => '/events/watch', status => 400, reason => 'push.webhookUrlUnauthorized', times => 1000);
watch_again($calendar);
wait_until($node, "SELECT error LIKE 'Google does not send notifications to the gateway%' AND due_at > now() + interval '5 hours' FROM lealup.connection_jobs WHERE connection_id = '$calendar' AND kind = 'watch:events'");
pass('what was refused is asked again much later');
no_faults();
watch_again($calendar);
watched($calendar);
is(sql("SELECT error IS NULL AND due_at BETWEEN now() + interval '3 days' AND now() + interval '4 days' FROM lealup.connection_jobs WHERE connection_id = '$calendar' AND kind = 'watch:events'"), 't',
	'a channel is open for a week, and the next one is opened in the middle of it');
wait_for('the first notification', sub { grep { @{ $_->{statuses} } } sent('calendar', 'sync') });
is(join(' ', map { @{ $_->{statuses} } } sent('calendar', 'sync')), '200', 'the handshake is answered');
is(inbox($calendar), '0', 'and is no message');
far_away($calendar);
event('Kickoff');
meeting_comes('Kickoff');
pass('an event comes by a notification');
is(inbox($calendar), '1 done', 'which was understood');
is(join(' ', map { @{ $_->{statuses} } } sent('calendar', 'exists')), '200', 'and answered');

my ($channel) = channels('calendar');
my $path = substr($channel->{address}, length "http://127.0.0.1:$port");
is(post($path, 'X-Goog-Channel-ID' => $channel->{id}, 'X-Goog-Message-Number' => 99, 'X-Goog-Resource-State' => 'exists', 'X-Goog-Channel-Token' => $_), 401, 'another token is refused') for 'wrong', '';
is(post($path, 'X-Goog-Channel-ID' => $channel->{id}, 'X-Goog-Message-Number' => 1, 'X-Goog-Resource-State' => 'sync'), 401, 'also for a handshake');
is(inbox($calendar), '1 done', 'which leaves nothing');
wait_for('the count of refusals', sub { refused($calendar) == 3 });
pass('but a count');

# Two channels tell of the same for a while.
watch_again($calendar);
wait_for('another channel', sub { channels('calendar') == 2 });
wait_until($node, "SELECT watch ->> 'id' FROM lealup.connection_stream WHERE connection_id = '$calendar'", (channels('calendar'))[1]{id});
far_away($calendar, 'a channel is renewed before it ends');
event('Workshop');
meeting_comes('Workshop');
wait_until($node, "SELECT count(*) FROM lealup.inbox WHERE connection_id = '$calendar' AND status = 'done'", 3);
pass('both channels are heard');
is(sql("SELECT count(*) FROM lealup.meeting WHERE title = 'Workshop'"), 1, 'and what they tell of comes once');

# A new secret makes a new channel; what the old one says is still believed.
sql("SELECT lealup.set_inbound_secret('$tenant', '$calendar', overlap => '1 day')");
wait_for('another channel', sub { channels('calendar') == 3 });
wait_for('its handshake', sub { scalar(grep { @{ $_->{statuses} } } sent('calendar', 'sync')) == 3 });
is((sent('calendar', 'sync'))[2]{statuses}[0], 200, 'a new secret makes a new channel');
far_away($calendar);
event('Standup');
meeting_comes('Standup');
is(join(' ', map { @{ $_->{statuses} } } (sent('calendar', 'exists'))[-3 .. -1]), '200 200 200', 'what bears the old secret is believed yet');

# Channels that end without a word: polls find news, and after three of them there is a new channel.
control('/calendar/silence', user => 'maria@team.example');
for my $n (1 .. 3)
{
	far_away($calendar, 'nobody tells') if $n == 1;
	event("Silence $n");
	sql("UPDATE lealup.connection_stream SET next_run_at = now() WHERE connection_id = '$calendar' AND claim_id IS NULL; SELECT lealup._wake('upkeep')");
	meeting_comes("Silence $n");
	wait_until($node, "SELECT unheard FROM lealup.connection_streams WHERE connection_id = '$calendar' AND state = 'ok'", $n);
}
wait_for('another channel', sub { channels('calendar') == 4 });
wait_until($node, "SELECT watch ->> 'id' FROM lealup.connection_stream WHERE connection_id = '$calendar'", (channels('calendar'))[3]{id});
pass('channels that have fallen silent are noticed, and a new one is opened');
far_away($calendar);
event('Heard');
meeting_comes('Heard');
wait_until($node, "SELECT unheard FROM lealup.connection_streams WHERE connection_id = '$calendar' AND state = 'ok'", 0);
pass('which is heard again');

# ---- A channel of Google Drive ----

control('/drive/files', user => 'maria@team.example', files => [ { id => 'handbook_folder', name => 'Handbook', folder => \1 }, { id => 'welcome_doc', name => 'Welcome', parent => 'handbook_folder', text => 'Hello' } ]);
my $drive = new_connection('google_drive', 'drive.readonly', folder => 'handbook_folder');
watched($drive);
far_away($drive);
control('/drive/update', id => 'welcome_doc', text => 'Good morning');
wait_until($node, "SELECT body FROM lealup.kb_document WHERE title LIKE '%Welcome'", 'Good morning');
pass('a changed document comes by a notification');
is(join(' ', map { @{ $_->{statuses} } } sent('drive', 'sync'), (sent('drive', 'change'))[0]), '200 200', 'whose channel shook hands, too');

# ---- Gmail, by Pub/Sub ----

my $pusher = 'pusher@project.iam.example';
my $gmail = new_connection('gmail', 'gmail.readonly', topic => 'projects/project-one/topics/gmail', push_account => $pusher);
watched($gmail);
my $url = sql("SELECT lealup.inbound_url('$tenant', '$gmail')");
my $push_path = substr($url, length "http://127.0.0.1:$port");
is(calls('oauth.certs'), 0, 'nobody has asked for keys');

sub pushed
{
	my ($claims, $header) = @_;
	my $token = control('/jwt', claims => { aud => $url, email => $pusher, %$claims }, header => $header // {})->{token};
	my $body = encode_json({ message => { data => 'eyJlbWFpbEFkZHJlc3MiOiAibWFyaWFAdGVhbS5leGFtcGxlIn0', messageId => int(rand(1e9)) } });
	return http_once($port, "POST $push_path HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer $token\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
}

control('/faults', path => '/oauth2/v3/certs', status => 500, times => 1);
my $answer = pushed({});
is("$answer->{status} $answer->{headers}{'retry-after'}", '503 10', 'what cannot be verified yet is to be sent again');
wait_until($node, "SELECT error LIKE '%500%' FROM lealup.oidc_key_set");
pass('why keys could not be fetched is told');
is(pushed({})->{status}, 503, 'and nothing else becomes of it');
sql("UPDATE lealup.oidc_key_set SET next_fetch_at = now(); SELECT lealup._wake('upkeep')");
wait_until($node, 'SELECT fetched_at IS NOT NULL AND error IS NULL FROM lealup.oidc_key_set');
is(pushed({})->{status}, 204, 'with the keys it is taken');
for ([ 'another audience', { aud => "$url/" } ], [ 'another URL as audience', { aud => $channel->{address} } ], [ 'another issuer', { iss => 'https://accounts.google.example' } ],
	[ 'another account', { email => 'else@project.iam.example' } ], [ 'an account that is not verified', { email_verified => \0 } ], [ 'an expired token', { exp => time - 120 } ], [ 'one of the future', { iat => time + 600 } ])
{
	my ($what, $claims) = @$_;
	is(pushed($claims)->{status}, 401, "$what is refused");
}
is(pushed({}, { alg => 'none' })->{status}, 401, 'one without a signature as well');
is(pushed({}, { kid => 'unknown' })->{status}, 401, 'an unknown key is not asked for just after keys were fetched');
my $asked = calls('oauth.certs');
is($asked, 1, 'they were fetched once, after the failure');
sql("UPDATE lealup.oidc_key_set SET fetched_at = fetched_at - interval '2 min'");
is(pushed({}, { kid => 'unknown' })->{status}, 503, 'later it is');
wait_until($node, "SELECT fetched_at > now() - interval '1 min' FROM lealup.oidc_key_set");
is(pushed({}, { kid => "unknown$_" })->{status}, 401, 'once') for 1 .. 3;
is(calls('oauth.certs'), $asked + 1, 'not for each');
wait_for('the count of refusals', sub { refused($gmail) == 12 });
pass('all are counted');
is(inbox($gmail), '1 done', 'and leave nothing');

control('/gmail/push_to', user => 'maria@team.example', url => $url, audience => $url, email => $pusher);
far_away($gmail);
control('/gmail/deliver', mail => { from => 'Ana <ana@acme.example>', to => 'maria@team.example', subject => 'News', text => 'Hello' });
wait_until($node, "SELECT count(*) FROM lealup.timeline_event WHERE source = 'gmail'", 1);
pass('a mail comes by a notification');

# ---- The end ----

my $last = sql("SELECT watch ->> 'id' FROM lealup.connection_stream WHERE connection_id = '$calendar'");
sql("SELECT lealup.disconnect('$tenant', '$_')") for $calendar, $drive, $gmail;
wait_until($node, 'SELECT count(*) FROM lealup.connection_job', 0);
is(join(' ', map { $_->{id} } grep { $_->{stopped} } channels('calendar')), $last, 'who is disconnected has the channel stopped');
is(scalar(grep { !$_->{stopped} } channels('drive')), 0, 'of Google Drive as well');
is(control('/gmail/state', user => 'maria@team.example')->{watch}, undef, 'and Gmail\'s watch');
is(post($_, 'X-Goog-Channel-Token' => 'any'), 404, 'the address is not known any more') for $path, $push_path;
is(sql("SELECT (SELECT count(*) FROM lealup.inbound_token), (SELECT count(*) FROM lealup.tenant_route WHERE kind = 'inbound'), (SELECT count(*) FROM lealup.vault_secret)"), '0|0|0', 'and nothing is left of it');

my $log = slurp_file($node->logfile);
unlike($log, qr{ya29\.|/v1/inbound/[0-9a-f]{8}|eyJ}, 'no secret is in the log');
unlike($log, qr/TRAP|PANIC/, 'and no fault');
$node->stop;
done_testing();
