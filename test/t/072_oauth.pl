# OAuth with a running worker, against the double of Google: a grant from its beginning to its end, what is taken back there, and what is down.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
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
	my ($method, $path, $body) = @_;
	my $answer = $http->request($method, $double->url('control', $path), { content => encode_json($body // {}) });
	die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return $answer->{content} eq '' ? undef : decode_json($answer->{content});
}

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }

my $scope = 'https://www.googleapis.com/auth/gmail.readonly';
my $hub = 'https://hub.example/v1/oauth/callback';
for my $name ('one', 'two')
{
	sql(qq{INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, authorize_url, token_url, authorize_params, grant_group, revoke, identity)
		VALUES ('test_$name', 'Mail $name', 'workspace', '$base', '{127.0.0.1}', 'oauth2', '$base/o/oauth2/v2/auth', '$base/token', '{"access_type": "offline", "prompt": "consent"}', 'test',
			'{"method": "POST", "url": "$base/revoke", "anonymous": true, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}]}',
			'{"path": "/gmail/v1/users/me/profile", "id": "emailAddress", "name": "emailAddress"}');
		INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('test_$name', '$scope', 'mail')});
}
control('POST', '/users', { email => $_ }) for 'ana@team.example', 'bea@team.example';
control('POST', '/clients', { client_id => 'hub', client_secret => 'hub-secret', redirect_uris => [$hub], session_seconds => 3599 });
my $tenant = sql("SELECT lealup.create_tenant('OAuth')");
sql("SELECT lealup.set_oauth_client(NULL, 'test_$_', 'hub', 'hub-secret', '$hub')") for 'one', 'two';

# Goes where the URL leads, as a browser, and gives what the provider sends it back with.
sub agree
{
	my ($url) = @_;
	my $answer = $http->get($url);
	my $location = $answer->{headers}{location} // die "$answer->{status} $answer->{content}";
	my %back = map { my ($name, $value) = split /=/; $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; ($name => $value) } split /&/, ($location =~ s/^[^?]*\?//r);
	return \%back;
}

sub state_is
{
	my ($id, $expected, $what) = @_;
	wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", $expected);
	is(sql("SELECT state FROM lealup.connection WHERE id = '$id'"), $expected, $what);
	return;
}

sub connect_as
{
	my ($provider, $user) = @_;
	control('POST', '/consent', { user => $user });
	my ($id, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', '$provider')"), 2;
	my $back = agree($url);
	sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
	return $id;
}

sub due { my ($id, $kind) = @_; sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = '$kind'; SELECT lealup._wake('upkeep')"); return; }
sub grants { return scalar @{ control('GET', '/grants') } }

# ---- A grant ----
my $one = connect_as('test_one', 'ana@team.example');
state_is($one, 'connected', 'a code and its verifier are changed for tokens, and these tell whose they are');
is(sql("SELECT account_id || ' ' || scopes::text || ' ' || token_version FROM lealup.connection WHERE id = '$one'"), "ana\@team.example {$scope} 1", 'with what was granted');
due($one, 'refresh');
wait_until($node, "SELECT token_version FROM lealup.connection WHERE id = '$one'", '2');
is(sql("SELECT string_agg(purpose, ' ' ORDER BY purpose) FROM lealup.vault_secret WHERE owner_id = '$one'"), 'access_token refresh_token', 'a refresh brings a new access token');

# ---- Two that share it ----
my $two = connect_as('test_two', 'ana@team.example');
state_is($two, 'connected', 'another provider of the group');
is(grants(), 1, 'shares the grant');
sql("SELECT lealup.disconnect('$tenant', '$one')");
is(sql("SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$one'"), '0', 'which stays when one of them goes');
due($two, 'refresh');
wait_until($node, "SELECT token_version FROM lealup.connection WHERE id = '$two'", '2');
pass('and works for the other');
control('POST', '/faults', { path => '^/revoke', status => 503, times => 1 });
sql("SELECT lealup.disconnect('$tenant', '$two')");
wait_until($node, "SELECT revoking LIKE '%503%' FROM lealup.connections WHERE id = '$two'", 't');
is(grants(), 1, 'while the provider is down it is not revoked, which is seen');
due($two, 'revoke');
wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$two'", '0');
is(grants(), 0, 'then it is, with the last of them');
is(sql("SELECT count(*) FROM lealup.vault_secret WHERE owner_id IN ('$one', '$two')"), '0', 'and nothing is left here');

# ---- Taken back there ----
my $bea = connect_as('test_one', 'bea@team.example');
state_is($bea, 'connected', 'another account');
control('POST', '/withdraw', { user => 'bea@team.example' });
due($bea, 'refresh');
wait_until($node, "SELECT state ->> 'invalid_grants' FROM lealup.connection_job WHERE connection_id = '$bea' AND kind = 'refresh'", '1');
due($bea, 'refresh');
state_is($bea, 'error', 'who takes the access back there is believed the second time');
is(sql("SELECT count(*) FROM lealup.event WHERE event_type = 'integration.disconnected' AND data ->> 'connection_id' = '$bea'"), '1', 'and it is an event');
like(sql("SELECT reason FROM lealup.connections WHERE id = '$bea'"), qr/^Mail one does not accept the grant any more \(invalid_grant\).*Token has been expired or revoked\.$/, 'in plain words');

# ---- What does not fit ----
control('POST', '/consent', { user => 'bea@team.example' });
my $again = agree(sql("SELECT lealup.reconnect('$tenant', '$bea')"));
my $later = agree(sql("SELECT lealup.reconnect('$tenant', '$bea')"));
my (undef, undef, $stderr) = $node->psql('postgres', "SELECT lealup.complete_connect('$again->{state}', '$again->{code}')");
like($stderr, qr/This link is not known/, 'a link that was replaced is void');
# A code that was stolen from another attempt has another verifier.
sql("SELECT lealup.complete_connect('$later->{state}', '$again->{code}')");
wait_until($node, "SELECT reason LIKE '%Invalid code verifier%' FROM lealup.connection WHERE id = '$bea'", 't');
is(sql("SELECT state FROM lealup.connection WHERE id = '$bea'"), 'error', 'a code of another attempt is worth nothing');
my $back = agree(sql("SELECT lealup.reconnect('$tenant', '$bea')"));
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
state_is($bea, 'connected', 'begun anew it is connected again');

my $log = slurp_file($node->logfile);
unlike($log, qr{ya29\.|1//[A-Za-z0-9]|hub-secret}, 'no token and no secret is in the log');

$node->stop;
done_testing();
