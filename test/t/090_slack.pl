# Slack with running workers, from consent to the end, against a double that keeps state, refuses what Slack refuses, and sends what Slack sends.
use strict;
use warnings;

use JSON::PP;
use LealupTest;
use LealupTest::Slack;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $have_library = system("npm install --silent --no-audit --no-fund --prefix '$modules' \@slack/bolt\@5.1.0 >'$modules/npm.log' 2>&1") == 0;
my $slack = LealupTest::Slack->new($have_library ? (verifier => "$modules/node_modules/\@slack/bolt/dist/index.js") : ());
my $node = $slack->node;
sub sql { return $node->safe_psql('postgres', @_) }
sub slack { return $slack->control(@_) }

my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', '$_\@team.example', initcap('$_'), 'admin') RETURNING id") } qw(maria luis eva);
my %user = map { $_ => slack('/users', email => "$_\@team.example", name => ucfirst $_)->{id} } qw(maria luis);
slack('/users', email => "u$_\@elsewhere.example", name => "User $_") for 1 .. 450;
$user{stranger} = slack('/users', email => 'eva@team.example', name => 'Not Eva', team_id => 'T9999', is_stranger => \1)->{id};
my %channel = map { $_ => slack('/channels', name => $_)->{id} } qw(general alerts);
$channel{customer} = slack('/channels', name => 'acme-and-us', shared => \1)->{id};
$channel{away} = slack('/channels', name => 'away', joined => \0)->{id};

# ---- Consent ------------------------------------------------------------------

my $c = $slack->connect($tenant);
is(sql("SELECT state, account_id, account_name, facts ->> 'bot_user_id' FROM lealup.connection WHERE id = '$c'"), 'connected|T0001|Team|U0BOT', 'the workspace that agreed is connected');
is(sql("SELECT string_agg(name || ' ' || matched_by, ', ' ORDER BY name) FROM lealup.member_account WHERE connection_id = '$c' AND member_id IS NOT NULL"), 'Luis email, Maria email',
	'members are known by their addresses, and nobody is by what another workspace says');
is(sql("SELECT count(*) FROM lealup.member_account WHERE connection_id = '$c'"), 453, 'all of the people, over several pages, but bots');
is(sql("SELECT string_agg(name, ' ' ORDER BY name) FROM lealup.external_channel WHERE connection_id = '$c' AND NOT shared"), 'alerts away general', 'channels are known, and who reads them');

# ---- Messages -------------------------------------------------------------------

sub post
{
	my ($operation, %input) = @_;
	my $id = sql("SET lealup.member_id = '$member{maria}'; SELECT lealup.create_action('$tenant', '$c', '$operation', \$\$" . encode_json(\%input) . '$$)');
	sql("SET lealup.member_id = '$member{maria}'; SELECT lealup.approve_action('$tenant', '$id')");
	wait_until($node, "SELECT status IN ('sent', 'failed') OR status = 'approved' AND next_attempt_at > now() + interval '5 s' FROM lealup.action WHERE id = '$id'", 't', timeout => 90);
	return $id;
}
sub outcome { my ($id) = @_; return sql("SELECT status || coalesce(': ' || error, '') FROM lealup.action WHERE id = '$id'") }
sub said { my ($channel, @more) = @_; return map { $_->{text} } @{ slack('/messages', channel => $channel, @more)->{messages} } }

is(outcome(post('post_message', channel => '#general', text => 'Tom & <!channel>')), 'sent', 'a message is posted');
is(join(',', said($channel{general})), 'Tom &amp; &lt;!channel&gt;', 'and nobody is called by what it says');
is(outcome(post('post_message', channel => { member => $member{luis} }, text => 'Hi', mention => { member => $member{luis} })), 'sent', 'somebody gets a direct message');
my ($direct) = grep { $_->{is_im} } @{ slack('GET /channels') };
is("$direct->{user} " . join(',', said($direct->{id})), "$user{luis} <\@$user{luis}> Hi", 'of the one whose account it is');
like(outcome(post('post_message', channel => '#acme-and-us', text => 'Between us')), qr/^failed: .*shared with another organization/, 'what is for the team does not go where a customer reads it');
is(outcome(post('post_to_customer', channel => $channel{customer}, text => 'Hello')), 'sent', 'what is for the customer does, approved');
is(outcome(post('post_message', channel => '#away', text => 'x')), 'sent', 'public channels need no invitation, if that was granted');
like(outcome(post('post_message', channel => '#nowhere', text => 'x')), qr/^failed: .*no channel '#nowhere'/, 'a channel that is not there');
my $root = post('post_message', channel => '#alerts', text => 'root');
my $at = sql("SELECT external_id FROM lealup.action WHERE id = '$root'");
is(outcome(post('post_message', channel => '#alerts', text => 'answer', thread => $at)), 'sent', 'an answer in its thread');
is(join(',', said($channel{alerts}, thread => $at =~ s/.*://r)), 'root,answer', 'is there');
# Over a connection that is not new it is tried again at once, so that one loss would not be noticed.
slack('/faults', path => 'chat.postMessage', lose => \1, times => 1000);
my $lost = post('post_message', channel => '#alerts', text => 'once');
slack('DELETE /faults');
sql("SET lealup.member_id = '$member{maria}'; SELECT lealup.retry_action('$tenant', '$lost')");
wait_until($node, "SELECT status FROM lealup.action WHERE id = '$lost'", 'sent', timeout => 60);
is(scalar(grep { $_ eq 'once' } said($channel{alerts})), 1, 'what was posted though the answer got lost is not posted again');

# ---- Limits and errors --------------------------------------------------------------

slack('/limits', per_channel_ms => 1000);
my @ids = split /\n/, sql("SET lealup.member_id = '$member{maria}'; SELECT lealup.create_action('$tenant', '$c', 'post_message', jsonb_build_object('channel', '#alerts', 'text', 'n' || n)) FROM generate_series(1, 4) n");
sql("SET lealup.member_id = '$member{maria}'; SELECT lealup.approve_action('$tenant', id) FROM unnest('{" . join(',', @ids) . "}'::uuid[]) id");
wait_until($node, "SELECT count(*) FROM lealup.action WHERE status = 'sent' AND id IN ('" . join("','", @ids) . "')", 4, timeout => 90);
is(sql("SELECT max(attempts) FROM lealup.action WHERE id IN ('" . join("','", @ids) . "')"), 1, 'limits are waited for, which is no attempt');
slack('/limits');
slack('/faults', path => 'chat.postMessage', error => 'internal_error');
like(outcome(post('post_message', channel => '#alerts', text => 'later')), qr/^approved: Slack has a problem/, 'a trouble of Slack\'s is tried again');
slack('/channel', id => $channel{alerts}, archived => \1);
like(outcome(post('post_message', channel => $channel{alerts}, text => 'x')), qr/^failed: the channel is archived/, 'an archived channel');
slack('/channel', id => $channel{alerts}, archived => \0);

# ---- Events ---------------------------------------------------------------------------

sub settled
{
	wait_until($node, q{SELECT count(*) FROM lealup.inbox WHERE status = 'pending'}, 0, timeout => 60);
	return;
}
my $eva = slack('/users', email => 'eva@team.example', name => 'Eva')->{id};
wait_until($node, "SELECT member_id FROM lealup.member_account WHERE connection_id = '$c' AND external_id = '$eva'", $member{eva}, timeout => 60);
pass('who joins the workspace is known at once');
slack('/user', id => $user{luis}, deleted => \1);
wait_until($node, "SELECT active FROM lealup.member_account WHERE connection_id = '$c' AND external_id = '$user{luis}'", 'f', timeout => 60);
pass('and who leaves it');
slack('/channel', id => $channel{general}, shared => \1);
wait_until($node, "SELECT shared FROM lealup.external_channel WHERE connection_id = '$c' AND external_id = '$channel{general}'", 't', timeout => 60);
like(outcome(post('post_message', channel => '#general', text => 'x')), qr/shared with another/, 'a channel that becomes shared is none for the team alone');
slack('/envelope', event => { type => 'user_change', user => { id => $user{maria}, deleted => \1 } }, envelope => { team_id => 'T7777', authorizations => [] });
settled();
is(sql("SELECT active FROM lealup.member_account WHERE external_id = '$user{maria}'"), 't', 'events of another workspace that has the app are passed over');
is(scalar(grep { !$_->{done} || $_->{statuses}[-1] != 200 } @{ slack('GET /deliveries') }), 0, 'each event was answered');
is(sql("SELECT count(*) FROM lealup.inbox WHERE status = 'failed'"), 0, 'and understood');
slack('/app', signing_secret => 'not the one that was entered');
is(slack('/command', text => 'x', user => $user{maria})->{status}, 401, 'what is signed otherwise is not taken');
slack('/app', signing_secret => '8f742231b10e8888abcd99yyyzzz85a5');

# ---- Token rotation ------------------------------------------------------------------------

slack('/app', rotation => \1);
my $back = $slack->agree(sql("SELECT lealup.reconnect('$tenant', '$c')"));
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
wait_until($node, "SELECT token_expires_at BETWEEN now() + interval '11 hours' AND now() + interval '12 hours' FROM lealup.connection WHERE id = '$c'", 't', timeout => 60);
pass('with token rotation access tokens live for 12 hours');
slack('/clock', advance => 43300);
is(outcome(post('post_message', channel => '#alerts', text => 'fresh')), 'sent', 'one that has ended is replaced');
is(sql("SELECT count(*) FROM lealup.vault_secret WHERE owner_id = '$c' AND purpose = 'refresh_token'"), 1, 'and so is the token for that');
slack('/clock', advance => -43300);

# ---- The end --------------------------------------------------------------------------------

slack('/uninstall');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$c'", 'error', timeout => 60);
is(sql("SELECT reason FROM lealup.connection WHERE id = '$c'"), 'The app was removed from the workspace.', 'whoever removes the app ends the connection');
$back = $slack->agree(sql("SELECT lealup.reconnect('$tenant', '$c')"));
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$c'", 'connected', timeout => 60);
slack('/revoke');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$c'", 'error', timeout => 60);
pass('and so does who revokes its tokens');
$back = $slack->agree(sql("SELECT lealup.reconnect('$tenant', '$c')"));
sql("SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$c'", 'connected', timeout => 60);
slack('DELETE /calls');
sql("SELECT lealup.disconnect('$tenant', '$c', purge => true)");
wait_until($node, "SELECT count(*) FROM lealup.connection_job WHERE connection_id = '$c'", 0, timeout => 60);
is(slack('GET /calls')->{'auth.revoke'}, 1, 'what is disconnected is revoked there');
wait_until($node, "SELECT count(*) FROM lealup.external_channel WHERE connection_id = '$c'", 0, timeout => 60);
SKIP:
{
	skip 'npm has no @slack/bolt here', 1 unless $have_library;
	unlike($slack->{double}->output, qr/Error/, 'Slack\'s own library takes every signature of the double for genuine');
}
is(sql('SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'no worker tells of an error');
$node->stop;
done_testing();
