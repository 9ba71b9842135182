# OAuth against servers of others: Glewlwyd, which is strict, and oauth2-mock-server, which misbehaves in every way that it is told to.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $peers = dirname(__FILE__) . '/../peers';
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);
my $gateway = PostgreSQL::Test::Cluster::get_free_port();
my $callback = "http://127.0.0.1:$gateway/v1/oauth/callback";
my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\n"
	  . "lealup.gateway_listen = '127.0.0.1:$gateway'\nlealup.gateway_database = 'postgres'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
my $tenant = sql("SELECT lealup.create_tenant('OAuth')");
my $json = JSON::PP->new->canonical->allow_nonref->utf8;

sub start
{
	my ($name, @command) = @_;
	my $peer = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir($name), output => "${PostgreSQL::Test::Utils::test_logfile}_$name", command => \@command);
	wait_for("the port of $name", sub { $peer->running or die $peer->output; $peer->read_ports });
	return $peer;
}

# A provider of the test's own. Two connections to it are of two providers, because one account is connected once.
sub new_provider
{
	my ($name, $base, %column) = @_;
	my %row = (name => $name, title => ucfirst $name, kind => 'workspace', base_url => $base, allowed_hosts => '{127.0.0.1}', auth => 'oauth2', refresh => 'rotating', %column);
	my @names = sort keys %row;
	sql('INSERT INTO lealup.provider (' . join(', ', @names) . ') VALUES (' . join(', ', map { "\$q\$$row{$_}\$q\$" } @names) . ')');
	sql("INSERT INTO lealup.provider_scope (provider, scope, reads) VALUES ('$name', 'crm', 'customers')");
	return;
}

sub connect_to
{
	my ($name, $agree) = @_;
	my ($id, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', '$name')"), 2;
	like($url, qr/[?&]code_challenge=[A-Za-z0-9_-]{43}&code_challenge_method=S256&/, "$name: PKCE by S256");
	my $location = $agree->($url);
	like($location, qr/^\Q$callback\E\?/, "$name: who agrees comes back");
	my $page = $http->get($location);
	is($page->{status}, 200, "$name: to the gateway, which says so") or diag($location, $page->{content});
	return wantarray ? ($id, $location) : $id;
}

# The connection's state, and why, once nothing is under way.
sub settled
{
	my ($id) = @_;
	wait_until($node, "SELECT state <> 'pending' AND NOT EXISTS (SELECT FROM lealup.connection_job j WHERE j.connection_id = c.id AND j.kind IN ('token', 'identity'))
		FROM lealup.connection c WHERE id = '$id'");
	return sql("SELECT concat_ws(': ', state, reason) FROM lealup.connection WHERE id = '$id'");
}

sub due { my ($id, $kind) = @_; sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = '$kind'; SELECT lealup._wake('upkeep')"); return; }

# Has the access token renewed, and tells what came of it: the state, how many new tokens, whether it is tried again soon, and why.
sub refreshed
{
	my ($id) = @_;
	my $before = sql("SELECT token_version FROM lealup.connection WHERE id = '$id'");
	due($id, 'refresh');
	wait_until($node, "SELECT NOT EXISTS (SELECT FROM lealup.connection_job j WHERE j.connection_id = '$id' AND j.kind = 'refresh' AND (j.claim_id IS NOT NULL OR j.due_at <= now()))");
	return sql("SELECT concat_ws('|', c.state, c.token_version - $before, CASE WHEN j.error IS NOT NULL AND j.due_at < now() + interval '20 minutes' THEN 'again' END, coalesce(j.error, c.reason))
		FROM lealup.connection c LEFT JOIN lealup.connection_job j ON j.tenant_id = c.tenant_id AND j.connection_id = c.id AND j.kind = 'refresh' WHERE c.id = '$id'");
}

# What of its tokens is there: which, and what they are (so that a change can be seen).
sub tokens { my ($id) = @_; return sql("SELECT string_agg(purpose, ' ' ORDER BY purpose) FROM lealup.vault_secret WHERE owner_id = '$id'") }
sub token_id { my ($id, $purpose) = @_; return sql("SELECT id FROM lealup.vault_secret WHERE owner_id = '$id' AND purpose = '$purpose'") }
sub expires_in { my ($id) = @_; return sql("SELECT round(extract(epoch FROM token_expires_at - now()) / 60) FROM lealup.connection WHERE id = '$id'") }

# ---- Glewlwyd ----

# Logs in as a person does, agrees, and gives where it sends the browser.
sub agree_at
{
	my ($server) = @_;
	my $base = 'http://127.0.0.1:' . $server->port('oauth') . '/api';
	my $login = $http->post("$base/auth/", { headers => { 'content-type' => 'application/json' }, content => '{"username": "ana", "password": "ana-password"}' });
	my ($cookie) = ($login->{headers}{'set-cookie'} // '') =~ /^([^;]+)/ or die "$login->{status} $login->{content}";
	my $granted = $http->put("$base/auth/grant/lealup", { headers => { 'content-type' => 'application/json', cookie => $cookie }, content => '{"scope": "crm"}' });
	die "$granted->{status} $granted->{content}" unless $granted->{success};
	return sub { my ($url) = @_; return $http->get("$url&g_continue", { headers => { cookie => $cookie } })->{headers}{location} };
}

sub with_glewlwyd
{
	my ($auth) = @_;
	my $name = "glewlwyd_$auth";
	my $server = start($name, "$peers/glewlwyd", $callback, "client_secret_" . ($auth eq 'basic' ? 'basic' : 'post'));
	my $api = 'http://127.0.0.1:' . $server->port('oauth') . '/api/oidc';
	my $client = $auth eq 'basic' ? '{"in": "basic", "user": "lealup", "secret": "client_secret", "owner": "client"}' : '{"in": "form", "name": "client_secret", "secret": "client_secret", "owner": "client"}';
	my $form = $auth eq 'basic' ? '{}' : '{"client_id": "{client_id}"}';
	new_provider($name, $api, authorize_url => "$api/auth", token_url => "$api/token", client_auth => $auth, refresh => 'single_use',
		revoke => qq({"method": "POST", "url": "$api/revoke", "anonymous": true, "form": $form, "fields": [{"in": "form", "name": "token", "secret": "revoke_token"}, $client]}));
	sql("SELECT lealup.set_oauth_client(NULL, '$name', 'lealup', 'glewlwyd-secret-0123456789', '$callback')");
	my $agree = agree_at($server);
	my ($id, $location) = connect_to($name, $agree);
	is(settled($id), 'connected', "$name: the code and its verifier bring tokens");
	is(sql("SELECT scopes::text || ' ' || token_version FROM lealup.connection WHERE id = '$id'"), '{crm} 1', "$name: for what was asked");
	is($http->get($location)->{status}, 400, "$name: the same way back is good for once");

	# Each refresh token is good for one time only.
	for my $n (1 .. 3)
	{
		my $before = token_id($id, 'refresh_token');
		is(refreshed($id), 'connected|1', "$name: refresh $n");
		isnt(token_id($id, 'refresh_token'), $before, "$name: brings a new refresh token");
	}
	like(tokens($id), qr/^access_token previous_refresh_token refresh_token$/, "$name: the one before is kept until the new token has worked");

	# One that was used already: it is refused, and so is all of its chain.
	sql(qq{DELETE FROM lealup.vault_secret WHERE owner_id = '$id' AND purpose = 'refresh_token';
		UPDATE lealup.vault_secret SET purpose = 'refresh_token' WHERE owner_id = '$id' AND purpose = 'previous_refresh_token'});
	like(refreshed($id), qr/^connected\|0\|again\|.* does not accept the grant any more \(invalid_grant\)/, "$name: a refusal without a word is said once");
	like(refreshed($id), qr/^error\|0\|.* does not accept the grant any more/, "$name: and believed the second time");
	is(tokens($id), '', "$name: nothing of it is kept");

	my $back = $agree->(sql("SELECT lealup.reconnect('$tenant', '$id')"));
	my ($state) = $back =~ /[?&]state=([^&]+)/;
	$http->get("$callback?state=$state&code=no-code-of-its");
	like(settled($id), qr/^error: \u$name .*\(invalid_code\)/, "$name: a bad code is refused");
	$http->get($agree->(sql("SELECT lealup.reconnect('$tenant', '$id')")));
	wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", 'connected');
	is(refreshed($id), 'connected|1', "$name: begun anew it works");

	sql("SELECT lealup.disconnect('$tenant', '$id')");
	wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$id'", '0');
	is(sql("SELECT coalesce(reason, 'revoked') FROM lealup.connection WHERE id = '$id'"), 'revoked', "$name: the grant is revoked");
	is(tokens($id), '', "$name: and nothing is left");
	sql("SELECT lealup.set_oauth_client(NULL, '$name', 'lealup', 'another-secret', '$callback')");
	my ($wrong) = connect_to($name, $agree);
	like(settled($wrong), qr/^error: \u$name does not accept the OAuth client/, "$name: a client's secret that is wrong is told from a bad code");
	return;
}

SKIP:
{
	skip 'there is no glewlwyd', 1
	  if system('command -v glewlwyd >/dev/null && command -v sqlite3 >/dev/null') != 0;
	with_glewlwyd($_) for 'basic', 'body';
}

# ---- oauth2-mock-server ----

my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $have_mock = system('command -v node >/dev/null') == 0
  && system("npm install --silent --no-audit --no-fund --prefix '$modules' oauth2-mock-server\@9.3.0 >'$modules/npm.log' 2>&1") == 0;

sub with_mock
{
	my $server = start('mock', 'node', "$peers/oauth_faults.mjs", '--modules', $modules);
	my $base = 'http://127.0.0.1:' . $server->port('oauth');
	my $next = sub { $http->post($server->url('control', '/next'), { content => $json->encode($_) }) for @_; return; };
	my $seen = sub { return $json->decode($http->get($server->url('control', '/seen'))->{content}) };
	my $agree = sub { my ($url) = @_; return $http->get($url)->{headers}{location} };
	my $n = 0;
	my $connect = sub {
		my ($order) = @_;
		my $name = 'mock_' . ++$n;
		new_provider($name, $base, authorize_url => "$base/authorize", token_url => "$base/token", identity => '{"path": "/userinfo", "id": "sub", "name": "sub"}');
		sql("SELECT lealup.set_oauth_client(NULL, '$name', 'hub', 'hub-secret', '$callback')");
		$next->($order) if $order;
		my $id = connect_to($name, $agree);
		return ($id, settled($id));
	};

	# ---- Odd answers to a code ----
	my %good = (scope => 'crm');
	for my $case (
		[ 'expires_in as a string', { patch => { %good, expires_in => '7200' } }, qr/^connected$/, 120 ],
		[ 'no expires_in', { omit => ['expires_in'], patch => \%good }, qr/^connected$/, '' ],
		[ 'an expires_in that is none', { patch => { %good, expires_in => { hours => 1 } } }, qr/^connected$/, '' ],
		[ 'bearer in lower case, and members that nobody knows', { patch => { %good, token_type => 'bearer', more => [ 1, { deep => \1 } ], id => 7 } }, qr/^connected$/, 60 ],
		[ 'no scope: as it was asked', { omit => ['scope'] }, qr/^connected$/, 60 ],
		[ 'text/html that is JSON nevertheless', { body => $json->encode({ access_token => 'a1', refresh_token => 'html', expires_in => 3600, scope => 'crm' }), headers => { 'content-type' => 'text/html' } }, qr/^connected$/, 60 ],
		[ 'no refresh token', { omit => ['refresh_token'], patch => \%good }, qr/^connected$/, 60 ],
		[ 'less than was asked for', { patch => { scope => 'other' } }, qr/^error: Mock_\d+ was not granted: to read customers/ ],
		[ '200 with an error', { body => { error => 'invalid_grant', error_description => 'no such code' } }, qr/^error: .*\(invalid_grant\).* It says: no such code$/ ],
		[ '200 with nothing', { body => '' }, qr/^error: Mock_\d+ refused it \(status 200\)/ ],
		[ 'a page', { body => '<html>Sign in to the hotel</html>', headers => { 'content-type' => 'text/html' } }, qr/^error: Mock_\d+ refused it \(status 200\)/ ],
		[ 'an access token that is no text', { patch => { %good, access_token => undef } }, qr/^error: / ],
		[ '403 without a word', { status => 403, body => '' }, qr/^error: .*\(status 403\)/ ],
		[ 'problem+json', { status => 400, body => { type => 'about:blank', title => 'Bad Request', detail => 'code is used' } }, qr/^error: .*code is used$/ ],
		[ 'a redirect', { status => 307, body => '', headers => { location => "$base/elsewhere" } }, qr/^error: .*\(status 307\)/ ])
	{
		my ($what, $order, $expected, $minutes) = @$case;
		my ($id, $state) = $connect->($order);
		like($state, $expected, "to a code: $what");
		is(expires_in($id), $minutes, "$what: how long it lives") if defined $minutes;
		is(tokens($id) =~ /new_|code/ ? 1 : 0, 0, "$what: nothing is left of the attempt");
	}

	# ---- Odd answers to a refresh ----
	my ($id, $state) = $connect->({ patch => \%good });
	is($state, 'connected', 'a connection');
	my @requests = @{ $seen->()->{token} };
	like($requests[-1]{body}, qr/(?=.*code=)(?=.*code_verifier=[A-Za-z0-9_-]{43})(?=.*client_secret=hub-secret)(?=.*grant_type=authorization_code)/, 'the request is as RFC 6749 and 7636 want it');
	for my $case (
		[ 'no expires_in', { omit => ['expires_in'] }, 'connected|1' ],
		[ 'expires_in as a string', { patch => { expires_in => '3600' } }, 'connected|1' ],
		[ 'members that nobody knows', { patch => { more => 'x' x 100_000 } }, 'connected|1' ],
		[ 'no other refresh token', { omit => ['refresh_token'] }, 'connected|1', 'same' ])
	{
		my ($what, $order, $expected, $same) = @$case;
		my $before = token_id($id, 'refresh_token');
		$next->($order);
		is(refreshed($id), $expected, "to a refresh: $what");
		is((token_id($id, 'refresh_token') eq $before ? 'same' : 'new'), $same // 'new', "$what: the refresh token");
	}
	# None of these is a word about the grant: it is tried again, and nothing is lost.
	my $kept = token_id($id, 'refresh_token');
	for my $case (
		[ 'cut before it begins', { cut => 0 } ],
		[ 'cut in its midst', { cut => 20 } ],
		[ 'more than a token can be', { body => { access_token => 'a', more => 'x' x 3_000_000 } } ],
		[ '200 with an error of its own', { body => { ok => \0, error => 'internal_error' } } ],
		[ '200 with nothing', { body => '' } ],
		[ 'no JSON', { body => '{"access_token": "abc' } ],
		[ 'a page', { body => '<html>We are back soon</html>', headers => { 'content-type' => 'text/html' } } ],
		[ '400 with a page', { status => 400, body => '<html>400 Bad Request</html>', headers => { 'content-type' => 'text/html' } } ],
		[ '401 with a page', { status => 401, body => '<html>401 Authorization Required</html>', headers => { 'content-type' => 'text/html' } } ],
		[ '403 of a proxy', { status => 403, body => '<html>Forbidden</html>', headers => { 'content-type' => 'text/html' } } ],
		[ '404', { status => 404, body => '' } ],
		[ '429', { status => 429, body => '', headers => { 'retry-after' => '7' } } ],
		[ '503', { status => 503, body => '' } ],
		(map { [ "a redirect, $_", { status => $_, body => '', headers => { location => "$base/elsewhere" } } ] } 301, 302, 303, 307, 308),
		[ 'an answer that does not end', { trickle => 500 } ])
	{
		my ($what, $order) = @$case;
		for my $time (1, 2)
		{
			next if $time == 2 && exists $order->{trickle};
			$next->($order);
			like(refreshed($id), qr/^connected\|0\|again\|./, "to a refresh: $what, time $time");
		}
		is(token_id($id, 'refresh_token'), $kept, "$what: the refresh token is kept");
		sql("UPDATE lealup.connection_job SET state = state - 'failures' WHERE connection_id = '$id'");
	}
	is($seen->()->{elsewhere}, 0, 'no redirect was followed');
	is(refreshed($id), 'connected|1', 'then it goes on');
	unlike(sql("SELECT concat(reason, fix, wait_reason) FROM lealup.connection WHERE id = '$id'"), qr/./, 'and shows nothing of it');

	# What is a word about the client stops it, until that is put right.
	$next->({ status => 401, body => { error => 'invalid_client' } });
	like(refreshed($id), qr/^error\|0\|waits for set_oauth_client/, 'a client that is refused');
	sql("SELECT lealup.set_oauth_client(NULL, (SELECT provider FROM lealup.connection WHERE id = '$id'), 'hub', 'hub-secret-2')");
	wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$id'", 'connected');
	like($seen->()->{token}[-1]{body}, qr/client_secret=hub-secret-2/, 'goes on by itself when it is put right');
	return;
}

SKIP:
{
	skip 'npm has no oauth2-mock-server here', 1 unless $have_mock;
	with_mock();
}

unlike(slurp_file($node->logfile), qr/glewlwyd-secret|hub-secret|mock-access|eyJ0eXAi/, 'no token and no secret is in the log');
$node->stop;
done_testing();
