# The way back from a provider through the real gateway: what people see, with the running worker behind it, and what nobody gets to see.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Http;
use LealupTest::Peer;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);
my $double = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('double'), output => "${PostgreSQL::Test::Utils::test_logfile}_double",
	command => [ 'node', dirname(__FILE__) . '/../peers/google/server.mjs' ]);
wait_for('the ports of the double', sub { $double->running or die $double->output; $double->read_ports });
my $base = 'http://127.0.0.1:' . $double->port('google');

sub control
{
	my ($path, %message) = @_;
	my $answer = $http->post($double->url('control', $path), { content => encode_json(\%message) });
	die "$path: $answer->{content}" unless $answer->{success};
	return;
}

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $callback = "http://127.0.0.1:$port/v1/oauth/callback";
my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlealup.gateway_listen = '$port'\nlealup.gateway_log = 'all'\nlealup.gateway_database = 'postgres'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });

my $scope = 'https://www.googleapis.com/auth/gmail.readonly';
sql(qq{INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, authorize_url, token_url, authorize_params, revoke, identity)
	VALUES ('test_mail', 'Test & Mail', 'workspace', '$base', '{127.0.0.1}', 'oauth2', '$base/o/oauth2/v2/auth', '$base/token', '{"access_type": "offline", "prompt": "consent"}',
		'{"method": "POST", "url": "$base/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}]}',
		'{"path": "/gmail/v1/users/me/profile", "id": "emailAddress", "name": "emailAddress"}');
	INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('test_mail', '$scope', 'mail')});
control('/users', email => 'ana@team.example');
control('/clients', client_id => 'hub', client_secret => 'hub-secret', redirect_uris => [$callback], session_seconds => 3599);
my $tenant = sql("SELECT lealup.create_tenant('OAuth')");
sql("SELECT lealup.set_oauth_client(NULL, 'test_mail', 'hub', 'hub-secret', '$callback', '{\"return_hosts\": [\"app.example\"]}')");

my @seen;
sub begin
{
	my (%options) = @_;
	my ($id, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', 'test_mail', options => '" . encode_json(\%options) . "')"), 2;
	push @seen, $url =~ /[?&]state=([^&]+)/;
	return ($id, $url);
}

# Where the provider sends the browser: the path and query of the callback.
sub agree
{
	my ($url, %consent) = @_;
	control('/consent', user => 'ana@team.example', %consent);
	my $location = $http->get($url)->{headers}{location} // die 'no way back';
	push @seen, $location =~ /[?&]code=([^&]+)/;
	is(index($location, "$callback?"), 0, 'the provider sends people to the gateway');
	return substr($location, length "http://127.0.0.1:$port");
}

# A page, as every one of them has to be: it says what it is to say, and nothing of what it was called with.
sub page
{
	my ($path, $status, $heading, $text, $what) = @_;
	my $answer = http_get($port, $path);
	is($answer->{status}, $status, "$what: $status");
	like($answer->{body}, qr{<h1>\Q$heading\E</h1>\n<p>[^<>]*$text[^<>]*</p>}, "$what: the page says it");
	my %is = %{ $answer->{headers} };
	is(join('; ', map { "$_: " . ($is{$_} // '') } qw(content-type cache-control referrer-policy x-content-type-options x-frame-options)),
		'content-type: text/html; charset=utf-8; cache-control: no-store; referrer-policy: no-referrer; x-content-type-options: nosniff; x-frame-options: DENY', "$what: its headers are strict");
	is($is{'content-security-policy'}, q{default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'}, "$what: nothing may be loaded, framed or sent");
	my @echoed = grep { length > 8 && index($answer->{body}, $_) >= 0 } map { s/%([0-9A-Fa-f]{2})/chr hex $1/ger } ($path =~ /=([^&]*)/g), @seen;
	is("@echoed", '', "$what: nothing that it was called with is in it");
	ok(!exists $is{'set-cookie'} && !exists $is{'lealup-route'}, "$what: no cookie");
	return;
}

sub state_of { my ($id) = @_; return sql("SELECT state FROM lealup.connection WHERE id = '$id'") }

# ---- It goes well ----

my ($id, $url) = begin();
my $back = agree($url);
page($back, 200, 'Connecting', 'Test &amp; Mail has agreed', 'success');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", 'connected');
is(sql("SELECT account_id FROM lealup.connection WHERE id = '$id'"), 'ana@team.example', 'then it is connected');
page($back, 400, 'Not connected', 'was used already', 'a second time');
is(state_of($id), 'connected', 'which changes nothing');

# ---- It does not ----

my ($denied, $denied_url) = begin();
page(agree($denied_url, error => 'access_denied'), 400, 'Not connected', 'Access to Test &amp; Mail was declined', 'denial');
is(state_of($denied), 'error', 'which the connection tells as well');
my ($late, $late_url) = begin();
my $late_back = agree($late_url);
sql("UPDATE lealup.oauth_state SET expires_at = now() - interval '1 s' WHERE connection_id = '$late'");
page($late_back, 400, 'Not connected', 'expired|10 minutes', 'too late');
is(state_of($late), 'pending', 'which changes nothing');
page('/v1/oauth/callback?state=' . ('x' x 43) . '&code=4%2F0abcdefgh', 400, 'Not connected', 'not known', 'a state that nobody was given');
my ($hostile, $hostile_url) = begin();
my ($state) = $hostile_url =~ /[?&]state=([^&]+)/;
my $answer = http_get($port, "/v1/oauth/callback?state=$state&error=server_error&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E%00%1b%22%27");
is($answer->{status}, 422, 'what is no text is refused') if $answer->{status} != 400;
unlike($answer->{body}, qr/<script/, 'and no markup is echoed');
$answer = http_get($port, "/v1/oauth/callback?state=$state&error=server_error&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
unlike($answer->{body}, qr{script|alert|server_error}, 'nor what the URL says in its own words');
like(sql("SELECT reason FROM lealup.connection WHERE id = '$hostile'"), qr{server_error.*alert\(1\)}, 'but the connection has it');
for ([ '', 'no state' ], [ "?state=$state&state=$state&code=x", 'two states' ], [ '?state=' . ('a' x 2000), 'one that is too long' ])
{
	my ($query, $what) = @$_;
	like(http_get($port, "/v1/oauth/callback$query")->{status}, qr/^4/, "$what is refused");
}
is(http_once($port, "POST /v1/oauth/callback HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")->{status}, 405, 'only GET will do');

# ---- Back to the application ----

for ([ {}, 'authorized' ], [ { error => 'access_denied' }, 'failed' ])
{
	my ($consent, $result) = @$_;
	my ($app, $app_url) = begin(return_url => 'https://app.example/settings?tab=mail');
	my $redirect = http_get($port, agree($app_url, %$consent));
	is("$redirect->{status} $redirect->{headers}{location}", "303 https://app.example/settings?tab=mail&connection_id=$app&result=$result", "back to the application: $result");
	is($redirect->{headers}{'referrer-policy'}, 'no-referrer', 'which is not told where from');
}
my (undef, undef, $error) = $node->psql('postgres', "SELECT lealup.connect('$tenant', 'test_mail', options => '{\"return_url\": \"https://elsewhere.example/\"}')");
like($error, qr/return_url/, 'but to no other host');

my $log = slurp_file($node->logfile);
like($log, qr{GET /v1/oauth/callback 200}, 'the log tells of requests');
is(join(' ', grep { index($log, $_) >= 0 } map { s/%([0-9A-Fa-f]{2})/chr hex $1/ger } @seen), '', 'without states and codes');
unlike($log, qr/hub-secret|ya29\.|TRAP|PANIC/, 'secrets and faults');
$node->stop;
done_testing();
