# Gmail with running workers, from consent to the end, against the double that keeps state and refuses what Gmail refuses.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;

my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);
my $double = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('double'), output => "${PostgreSQL::Test::Utils::test_logfile}_double",
	command => [ 'node', dirname(__FILE__) . '/../peers/google/server.mjs' ]);
wait_for('the ports of the double', sub { $double->running or die $double->output; $double->read_ports });
my $base = 'http://127.0.0.1:' . $double->port('google');

sub control
{
	my ($path, %message) = @_;
	my $method = $path =~ s/^(GET|DELETE) // ? $1 : 'POST';
	my $answer = $http->request($method, $double->url('control', $path), { content => encode_json(\%message) });
	die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return $answer->{content} eq '' ? undef : decode_json($answer->{content});
}

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
sub due { my ($id, $kind) = @_; sql("UPDATE lealup.connection_job SET due_at = now() WHERE connection_id = '$id' AND kind = '$kind'; SELECT lealup._wake('upkeep')"); return; }

sql("UPDATE lealup.provider SET authorize_url = '$base/o/oauth2/v2/auth', token_url = '$base/token', allowed_hosts = '{127.0.0.1}', revoke = jsonb_set(revoke, '{url}', '\"$base/revoke\"'),
	base_url = regexp_replace(base_url, '^https://[^/]+', '$base'), identity = replace(identity::text, 'https://www.googleapis.com', '$base')::jsonb WHERE name = 'gmail' OR name LIKE 'google%'");
my $callback = 'https://hub.example/v1/oauth/callback';
control('/clients', client_id => 'hub', client_secret => 'hub-secret', redirect_uris => [$callback]);
sql("SELECT lealup.set_oauth_client(NULL, '$_', 'hub', 'hub-secret', '$callback')") for qw(gmail google_calendar google_drive);
control('/users', email => "$_\@team.example") for qw(maria luis eva);
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', '$_\@team.example', 'admin') RETURNING id") } qw(maria luis eva);
my $acme = sql("INSERT INTO lealup.customer (tenant_id, name, domain) VALUES ('$tenant', 'Acme', 'acme.example') RETURNING id");
my $ana = sql("INSERT INTO lealup.contact (tenant_id, customer_id, name, email) VALUES ('$tenant', '$acme', 'Ana', 'ana\@acme.example') RETURNING id");

# Goes where the URL leads, as a browser, and gives what the provider sends it back with.
sub agree
{
	my ($url, %consent) = @_;
	control('/consent', %consent);
	my $answer = $http->get($url);
	my $location = $answer->{headers}{location} // die "$answer->{status} $answer->{content}";
	my %back = map { my ($name, $value) = split /=/; $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; ($name => $value) } split /&/, ($location =~ s/^[^?]*\?//r);
	return \%back;
}

sub connect_as
{
	my ($provider, $who, $options, %consent) = @_;
	my $json = encode_json($options // {});
	my ($id, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', '$provider', " . ($provider eq 'google_drive' ? 'NULL' : "'$member{$who}'") . ", '$json')"), 2;
	my $back = agree($url, user => "$who\@team.example", %consent);
	sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
	return $id;
}

# The next run of a connection, which it is told to begin now unless it is the first.
my %runs;
sub run
{
	my ($id) = @_;
	sql("SELECT lealup.sync_now('$tenant', '$id')") if $runs{$id}++;
	wait_until($node, "SELECT count(*) >= $runs{$id} FROM lealup.sync_run WHERE connection_id = '$id'", 't', timeout => 120);
	$runs{$id} = sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$id'");
	return sql("SELECT concat_ws(' ', mode, result, seen, created, updated, deleted, failed, skipped) FROM lealup.sync_run WHERE connection_id = '$id' ORDER BY id DESC LIMIT 1");
}

sub ago { my ($days) = @_; return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - $days * 86400)); }
sub mails { my ($who, @mails) = @_; return @{ control('/gmail/mails', user => "$who\@team.example", mails => \@mails)->{ids} }; }
sub titles { return sql(q{SELECT coalesce(string_agg(concat_ws(' ', title, direction), ', ' ORDER BY title), '') FROM lealup.timeline_event WHERE source = 'gmail' AND tenant_id = '} . $tenant . q{'}); }

my ($maria_says, $ana_says) = ('Maria <maria@team.example>', 'Ana <ana@acme.example>');

# ---- Consent ------------------------------------------------------------------

sql("INSERT INTO lealup.provider_scope (provider, scope, required, reads) VALUES ('gmail', 'https://www.googleapis.com/auth/gmail.metadata', true, 'headers')");
my $partly = connect_as('gmail', 'eva', {}, decline => ['https://www.googleapis.com/auth/gmail.readonly']);
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$partly'", 'error', timeout => 60);
like(sql("SELECT reason || ' ' || fix FROM lealup.connections WHERE id = '$partly'"), qr/was not granted: .*gmail\.readonly.*every box/, 'who unticks a box is told that it is needed');
is(sql("SELECT count(*) FROM lealup.connection_stream WHERE connection_id = '$partly'"), 0, 'and nothing is read');
sql("SELECT lealup.disconnect('$tenant', '$partly'); DELETE FROM lealup.provider_scope WHERE scope LIKE '%gmail.metadata'");
wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$partly'", '0', timeout => 60);
is(scalar @{ control('GET /grants') }, 0, 'what was granted is given back');
my ($denied, $url) = split /\|/, sql("SELECT * FROM lealup.connect('$tenant', 'gmail', '$member{eva}')"), 2;
is(agree($url, deny => \1)->{error}, 'access_denied', 'who does not agree comes back as well');

# ---- A backfill -----------------------------------------------------------------

control('/gmail/label', user => 'maria@team.example', id => 'Label_7', name => 'Private');
my ($question) = mails('maria', { from => $ana_says, to => $maria_says, subject => '=?UTF-8?Q?Renovaci=C3=B3n?=', text => 'Can we talk?', date => ago(3), thread_id => '1aaa' });
mails('maria',
	{ from => $maria_says, to => $ana_says, subject => 'Re: Renewal', text => 'Yes.', date => ago(2), thread_id => '1aaa', labels => ['SENT'], headers => [ [ 'In-Reply-To', '<q@acme.example>' ] ] },
	{ from => 'Joe <joe@unknown.example>', to => $maria_says, subject => 'Hello', text => 'Who am I?', date => ago(5) },
	{ from => 'Luis <luis@team.example>', to => $maria_says, subject => 'Lunch', date => ago(1) },
	{ from => 'news@mail.noise.example', to => $maria_says, subject => 'Offers', date => ago(1) },
	{ from => $ana_says, to => $maria_says, subject => 'Birthday', date => ago(4), labels => [ 'INBOX', 'Label_7' ] },
	{ from => $maria_says, to => $ana_says, subject => 'Draft', date => ago(1), labels => ['DRAFT'] },
	{ from => $ana_says, to => $maria_says, subject => 'Prize', date => ago(1), labels => ['SPAM'] },
	{ from => $ana_says, to => $maria_says, subject => 'Long ago', date => ago(100) });
my $maria = connect_as('gmail', 'maria', { ignore_domains => 'noise.example', ignore_labels => 'private' });
is(run($maria), 'backfill ok 7 3 0 0 0 4', 'ninety days are read, and what is to be ignored is passed over');
is(titles(), 'Hello in, Re: Renewal out, Renovación in', 'in both directions');
is(sql("SELECT account_id || ' ' || state FROM lealup.connection WHERE id = '$maria'"), 'maria@team.example connected', 'of the account that agreed');
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE customer_id = '$acme' AND contact_id = '$ana' AND member_id = '$member{maria}' AND channel = 'email'"), 2, 'each with its customer, contact and member');
is(sql("SELECT count(DISTINCT payload ->> 'thread_id') FROM lealup.timeline_event WHERE customer_id = '$acme'"), 1, 'in their thread');
is(sql("SELECT value FROM lealup.unmatched WHERE tenant_id = '$tenant'"), 'joe@unknown.example', 'and a stranger waits to be assigned');
is(sql("SELECT body FROM lealup.timeline_event WHERE title = 'Renovación'"), 'Can we talk?', 'with its text');
is(sql("SELECT count(*) FROM lealup.sync_record WHERE connection_id = '$maria' AND skipped IS NOT NULL OR id = 'x'"), 0, 'of what is ignored nothing is kept');

# ---- What changes -----------------------------------------------------------------

is(run($maria), 'incremental ok 0 0 0 0 0 0', 'then there is nothing new');
my $sent = control('/gmail/deliver', mail => { from => $maria_says, to => $ana_says, cc => 'luis@team.example', subject => 'Offer', text => 'Here it is.' });
my ($later) = mails('maria', { from => $ana_says, to => $maria_says, subject => 'Thanks', text => 'Thank you.' });
is(run($maria), 'incremental ok 2 2 0 0 0 0', 'new ones come');
control('/gmail/labels', user => 'maria@team.example', id => $later, remove => ['UNREAD'], add => ['STARRED']);
is(run($maria), 'incremental ok 0 0 0 0 0 0', 'that they are read and starred is nothing to us');
control('/gmail/labels', user => 'maria@team.example', id => $later, add => ['TRASH']);
control('/gmail/delete', user => 'maria@team.example', id => $question);
is(run($maria), 'incremental ok 2 0 0 2 0 0', 'what is deleted goes, and so does what is put into the trash');
control('/gmail/labels', user => 'maria@team.example', id => $later, remove => ['TRASH']);
is(run($maria), 'incremental ok 1 1 0 0 0 0', 'and comes back from it');
control('/gmail/labels', user => 'maria@team.example', id => $later, add => ['Label_7']);
is(run($maria), 'incremental ok 1 0 0 1 0 0', 'a label that is ignored takes a mail away');
is(titles(), 'Hello in, Offer out, Re: Renewal out', 'as one sees');

my $luis = connect_as('gmail', 'luis');
is(run($luis), 'backfill ok 1 1 0 0 0 0', 'a colleague has one of them, too');
is(titles(), 'Hello in, Offer out, Re: Renewal out', 'which is one on the timeline');
control('/gmail/delete', user => 'maria@team.example', id => $sent->{ids}{'maria@team.example'});
is(run($maria), 'incremental ok 1 0 0 1 0 0', 'when it is deleted in one mailbox');
is(titles(), 'Hello in, Offer out, Re: Renewal out', 'it stays for the other');

# ---- A history that Gmail forgot ---------------------------------------------------

my ($missed) = mails('maria', { from => $ana_says, to => $maria_says, subject => 'Missed', text => 'Are you there?' });
control('/gmail/delete', user => 'maria@team.example', id => sql("SELECT id FROM lealup.sync_record WHERE connection_id = '$maria' AND targets[1] LIKE '%' AND deleted_at IS NULL
	AND targets[1] = (SELECT 'timeline_event:' || external_id FROM lealup.timeline_event WHERE title = 'Hello')"));
control('/gmail/forget', user => 'maria@team.example');
like(run($maria), qr/^backfill ok \d+ 1 0 1 0 \d+$/, 'a history that Gmail does not remember is made up for by reading all again');
is(titles(), 'Missed in, Offer out, Re: Renewal out', 'nothing is lost or doubled, and what was deleted meanwhile is gone');
is(run($maria), 'incremental ok 0 0 0 0 0 0', 'and then it goes on');

# ---- Trouble ------------------------------------------------------------------------

control('/expire', user => 'maria@team.example');
mails('maria', { from => $ana_says, to => $maria_says, subject => 'Fresh', text => 'News' });
is(run($maria), 'incremental ok 1 1 0 0 0 0', 'an access token that has ended is replaced in the middle of a run');
is(sql("SELECT token_version FROM lealup.connection WHERE id = '$maria'"), 2, 'by one');

mails('maria', map { { from => $ana_says, to => $maria_says, subject => "Burst $_", text => 'Again' } } 1 .. 120);
my $soon = strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime(time + 3));
control('/faults', path => '/messages/', status => 429, reason => 'rateLimitExceeded', message => 'Resource has been exhausted', headers => { 'Retry-After' => '1' }, times => 2, skip => 10);
control('/faults', path => '/messages/', status => 403, reason => 'userRateLimitExceeded', message => "User-rate limit exceeded.  Retry after $soon", times => 3, skip => 20);
control('/faults', path => '/messages/', status => 500, body => '<html>Backend error</html>', times => 5, skip => 30);
control('/faults', path => '/messages/', reset => \1, times => 3, skip => 40);
control('/faults', path => '/messages/', cut => 50, status => 200, body => { id => 'x', padding => 'y' x 200 }, times => 2, skip => 50);
control('/faults', path => '/history', status => 503, body => '<html>Service unavailable</html>', times => 1);
is(run($maria), 'incremental failed 0 0 0 0 0 0', 'a page that cannot be had ends the run');
is(run($maria), 'incremental ok 120 120 0 0 0 0', 'limits, errors and cut connections cost nothing but time');
is(scalar(grep { $_->{hits} != $_->{times} } @{ control('GET /faults') }), 0, 'though all of them happened');
control('DELETE /faults');
is(sql("SELECT count(*), count(DISTINCT external_id) FROM lealup.timeline_event WHERE title LIKE 'Burst%'"), '120|120', 'each is there once');

# ---- kill -9 --------------------------------------------------------------------------

# Without Gmail's limits, by which a mailbox of that size takes a minute.
sql("DELETE FROM lealup.provider_budget WHERE provider = 'gmail'");
control('/quota', gmail => { user => 0, project => 0 });
control('/gmail/generate', user => 'eva@team.example', count => 3000);
control('/faults', path => '/messages/', delay_ms => 20, times => 1000000);
my $eva = connect_as('gmail', 'eva');
my $there = "SELECT count(*) FROM lealup.sync_record WHERE connection_id = '$eva'";
for my $least (1, 800, 1600)
{
	wait_until($node, "SELECT ($there) >= $least", 't', timeout => 120);
	my $log = -s $node->logfile;
	kill 'KILL', worker_pid($node, kind => 'sync');
	wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /all server processes terminated; reinitializing/ });
	wait_until($node, 'SELECT true');
}
like(run($eva), qr/^backfill ok \d+ \d+ 0 0 0 0$/, 'a mailbox of 3,000 mails is read to its end, though the worker was killed three times');
control('DELETE /faults');
is(sql("SELECT count(*), count(DISTINCT external_id) FROM lealup.timeline_event WHERE connection_id = '$eva'"), '3000|3000', 'with nothing lost and nothing doubled');
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE connection_id = '$eva' AND direction = 'out'"), 1000, 'in both directions');

# ---- Taken back -------------------------------------------------------------------------

control('/gmail/generate', user => 'luis@team.example', count => 2000);
control('/gmail/forget', user => 'luis@team.example');
control('/faults', path => '/messages/', user => 'luis@team.example', delay_ms => 100, times => 1000000);
my $before = sql("SELECT seen FROM lealup.connection_stream WHERE connection_id = '$luis'");
sql("SELECT lealup.sync_now('$tenant', '$luis')");
wait_until($node, "SELECT mode = 'backfill' AND seen > 100 FROM lealup.connection_stream WHERE connection_id = '$luis'", 't', timeout => 60);
control('/withdraw', user => 'luis@team.example');
wait_until($node, "SELECT state ->> 'invalid_grants' FROM lealup.connection_job WHERE connection_id = '$luis' AND kind = 'refresh'", '1', timeout => 60);
due($luis, 'refresh');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$luis'", 'error', timeout => 60);
pass('who takes the access back in the middle of a backfill ends it');
like(sql("SELECT reason FROM lealup.connections WHERE id = '$luis'"), qr/access was withdrawn/, 'which is told in plain words');
is(sql("SELECT count(*) FROM lealup.event WHERE event_type = 'integration.disconnected' AND data ->> 'connection_id' = '$luis'"), 1, 'and by one event');
control('DELETE /faults');
my $back = agree(sql("SELECT lealup.reconnect('$tenant', '$luis')"), user => 'luis@team.example');
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
wait_until($node, "SELECT count(*) = 2001 FROM lealup.sync_record WHERE connection_id = '$luis' AND deleted_at IS NULL", 't', timeout => 120);
pass('connected anew, it is read to the end');

# ---- The end ------------------------------------------------------------------------------

my $folder = control('/drive/tree', user => 'maria@team.example', folders => 1, files => 2)->{id};
my $calendar = connect_as('google_calendar', 'maria');
my $drive = connect_as('google_drive', 'maria', { folder => $folder });
wait_until($node, "SELECT count(*) FROM lealup.connection WHERE id IN ('$calendar', '$drive') AND state = 'connected'", '2', timeout => 60);
sub grants { my ($who) = @_; return scalar grep { $_->{user} eq "$who\@team.example" } @{ control('GET /grants') }; }
is(grants('maria'), 1, 'Gmail, Calendar and Drive share one grant');
sql("SELECT lealup.disconnect('$tenant', '$maria', true)");
sql("SELECT lealup.disconnect('$tenant', '$calendar')");
wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id IN ('$maria', '$calendar')", '0', timeout => 60);
is(grants('maria'), 1, 'which stays as long as one of them is connected');
sql("SELECT lealup.disconnect('$tenant', '$drive')");
wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$drive'", '0', timeout => 60);
is(grants('maria'), 0, 'and is revoked with the last');
is(sql("SELECT count(*) FROM lealup.vault_secret WHERE owner_id IN ('$maria', '$calendar', '$drive')"), 0, 'and nothing of it is left here');
wait_until($node, "SELECT count(*) = 0 FROM lealup.sync_record WHERE connection_id = '$maria'", 't', timeout => 120);
wait_until($node, "SELECT purge_at IS NULL FROM lealup.connection WHERE id = '$maria'", 't', timeout => 60);
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE connection_id = '$maria'"), 0, 'with purge, what it has brought goes as well');
is(sql("SELECT count(*) FROM lealup.timeline_event WHERE title = 'Offer'"), 1, 'but for what a colleague still has');

unlike(slurp_file($node->logfile), qr{ya29\.|1//[A-Za-z0-9]|hub-secret}, 'no token and no secret is in the log');
$node->stop;
done_testing();
