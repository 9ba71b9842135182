# What the team is told in Slack, and what it does there: cards that follow, buttons that act, and /lealup, with running workers.
use strict;
use warnings;

use JSON::PP;
use LealupTest;
use LealupTest::Slack;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
my $slack = LealupTest::Slack->new;
my $node = $slack->node;
sub sql { return $node->safe_psql('postgres', @_) }
sub slack { return $slack->control(@_) }

my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', '$_\@team.example', initcap('$_'), 'admin') RETURNING id") } qw(maria luis eva);
my %user = map { $_ => slack('/users', email => "$_\@team.example", name => ucfirst $_)->{id} } qw(maria luis);
$user{guest} = slack('/users', email => 'guest@elsewhere.example', name => 'Guest')->{id};
my $alerts = slack('/channels', name => 'alerts')->{id};
my $acme = sql("INSERT INTO lealup.customer (tenant_id, name, domain, arr, owner_id, renewal_date) VALUES ('$tenant', 'Acme <& Co>', 'acme.example', 60000, '$member{maria}', current_date + 90) RETURNING id");
my $c = $slack->connect($tenant, options => { channel => '#alerts' });
is(sql("SELECT lealup.set_slack_notices('$tenant', '$c', '{tickets,escalations,health,renewals,tasks,issues,integrations,approvals,playbooks}', '#alerts')"), 9, 'an admin says what the team is told');
is(sql("SELECT string_agg(operation, ' ' ORDER BY operation) FROM lealup.notification_rule WHERE mode = 'mirror' AND active AND operation LIKE 'update%'"), 'update_approval update_task update_ticket', 'and cards follow');

# Waits until a message of a channel fits, and gives it.
sub comes
{
	my ($channel, $pattern, $name) = @_;
	my $found;
	wait_for("a message like $pattern", sub {
			($found) = grep { (encode_json($_->{blocks} // []) . $_->{text}) =~ $pattern } @{ slack('/messages', channel => $channel)->{messages} };
			return $found;
		}, timeout => 90, details => sub { "\n" . encode_json(slack('/messages', channel => $channel)) . sql("SELECT operation, status, error FROM lealup.action") });
	pass($name) if $name;
	return $found;
}
sub direct { my ($who) = @_; my ($im) = grep { $_->{is_im} && $_->{user} eq $user{$who} } @{ slack('GET /channels') }; return $im->{id} }
# Presses a button of a message as it was when it was seen.
sub press
{
	my ($channel, $message, $action, $who) = @_;
	my ($button) = grep { $_->{action_id} eq $action } map { @{ $_->{elements} } } grep { $_->{type} eq 'actions' } @{ $message->{blocks} };
	return slack('/press', channel => $channel, ts => $message->{ts}, action => $action, user => $user{$who}, value => $button->{value});
}
sub buttons { my ($message) = @_; return join ' ', map { $_->{action_id} } map { @{ $_->{elements} } } grep { $_->{type} eq 'actions' } @{ $message->{blocks} } }

# ---- Tickets --------------------------------------------------------------------

my $ticket = sql("INSERT INTO lealup.ticket (tenant_id, customer_id, subject, assignee_id) VALUES ('$tenant', '$acme', 'Export <fails> & *more*', '$member{luis}') RETURNING id");
my $card = comes($alerts, qr/Export &lt;fails&gt; &amp; more/, 'a ticket has a card');
like(encode_json($card->{blocks}), qr/<\@$user{luis}>.*Acme &lt;&amp; Co&gt;|Acme &lt;&amp; Co&gt;.*<\@$user{luis}>/, 'with customer and assignee');
is(press($alerts, $card, 'resolve_ticket', 'luis')->{status}, 200, 'its button is answered at once');
wait_until($node, "SELECT status FROM lealup.ticket WHERE id = '$ticket'", 'resolved', timeout => 60);
is(sql("SELECT member_id FROM lealup.audit WHERE action = 'ticket.resolve' AND object_id = '$ticket'"), $member{luis}, 'and acts, for who pressed it');
$card = comes($alerts, qr/Resolved/, 'the card follows');
is(buttons($card), 'reopen_ticket', 'with the button that now makes sense');
sql("SELECT lealup.reopen_ticket('$tenant', '$ticket')");
comes($alerts, qr/:white_circle: Open/, 'what is done in lealup is shown as well');
sql("UPDATE lealup.ticket SET priority = 'urgent', assignee_id = NULL, subject = 'Renamed' WHERE id = '$ticket'");
$card = comes($alerts, qr/Renamed.*(nobody.*Urgent|Urgent.*nobody)/s, 'and so is every field');
is(press($alerts, $card, 'resolve_ticket', 'guest')->{status}, 200, 'somebody that nobody knows presses it');
wait_until($node, "SELECT error FROM lealup.inbox WHERE status = 'ignored' AND name = 'interactivity' ORDER BY id DESC LIMIT 1", "the account $user{guest} is no member's", timeout => 60);
is(sql("SELECT status FROM lealup.ticket WHERE id = '$ticket'"), 'open', 'for nothing');

# Faster than Slack can be told.
slack('DELETE /calls');
sql("UPDATE lealup.ticket SET subject = 'Take $_', status = CASE WHEN $_ % 2 = 0 THEN 'open' ELSE 'pending' END WHERE id = '$ticket'") for 1 .. 40;
comes($alerts, qr/Take 40/, 'after forty changes the card shows the last');
wait_until($node, "SELECT count(*) FROM lealup.mirror_job", 0, timeout => 60);
wait_until($node, "SELECT count(*) FROM lealup.action WHERE status IN ('approved', 'sending')", 0, timeout => 60);
cmp_ok(slack('GET /calls')->{'chat.update'}, '<=', 40, 'without more calls than changes');
is(slack('GET /calls')->{'chat.postMessage'} // 0, 0, 'and no other card');
like(comes($alerts, qr/Take 40/)->{text}, qr/Take 40/, 'where nothing is shown of the blocks the text is right');

# Routing: an escalation goes to whom it is for.
sql("SELECT lealup.set_escalation_rule('$tenant', 1, 'member', '$member{maria}'); SELECT lealup.escalate_ticket('$tenant', '$ticket', 'No answer <for> days')");
wait_for('a direct message', sub { direct('maria') }, timeout => 90);
my $escalated = comes(direct('maria'), qr/Escalated to maria.*No answer &lt;for&gt; days/s, 'an escalation is a direct message to whom it goes');
press(direct('maria'), $escalated, 'resolve_ticket', 'maria');
comes($alerts, qr/Resolved/, 'what is done there is shown on the other card, too');
comes(direct('maria'), qr/Resolved/, 'and on its own');

# A card that somebody deletes is let be.
slack('/delete', channel => $alerts, ts => $card->{ts});
sql("SELECT lealup.reopen_ticket('$tenant', '$ticket')");
comes(direct('maria'), qr/:white_circle: Open/, 'a card that was deleted keeps the other one from nothing');
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'failed'"), 0, 'and is no failure');

# ---- Tasks -----------------------------------------------------------------------

my $task = sql("INSERT INTO lealup.task (tenant_id, customer_id, title, assignee_id, due_at) VALUES ('$tenant', '$acme', 'Call them', '$member{luis}', now() + interval '2 days') RETURNING id");
wait_for('a direct message', sub { direct('luis') }, timeout => 90);
$card = comes(direct('luis'), qr/Call them/, 'a task goes to whose it is');
is(buttons($card), 'acknowledge_task complete_task', 'who acknowledges or completes it');
press(direct('luis'), $card, 'acknowledge_task', 'luis');
$card = comes(direct('luis'), qr/In progress/, 'it is acknowledged');
is(sql("SELECT status FROM lealup.task WHERE id = '$task'"), 'in_progress', 'in lealup as well');
press(direct('luis'), $card, 'complete_task', 'luis');
$card = comes(direct('luis'), qr/Completed/, 'and completed');
my $nobody = sql("INSERT INTO lealup.task (tenant_id, title, assignee_id) VALUES ('$tenant', 'Eva does it', '$member{eva}') RETURNING id");
comes($alerts, qr/Eva does it/, 'one of somebody without an account goes to the channel');

# ---- Approvals ----------------------------------------------------------------------

my $draft = sql("SET lealup.member_id = '$member{luis}'; SELECT lealup.create_action('$tenant', '$c', 'post_to_customer', '{\"channel\": \"$alerts\", \"text\": \"Dear <customer>\"}', '$acme')");
$card = comes(direct('luis'), qr/Dear &lt;customer&gt;/, 'what waits for approval is shown to whom it concerns, as a whole');
is(sql("SELECT status FROM lealup.action WHERE id = '$draft'"), 'draft', 'and waits');
is(buttons($card), 'approve_action cancel_action', 'for a button');
sql("SELECT lealup.update_action('$tenant', '$draft', '{\"channel\": \"$alerts\", \"text\": \"Dear friend\"}')");
press(direct('luis'), $card, 'approve_action', 'luis');
wait_until($node, "SELECT error FROM lealup.inbox WHERE status = 'ignored' AND name = 'interactivity' ORDER BY id DESC LIMIT 1", "action $draft was changed since it was shown", timeout => 60);
is(sql("SELECT status FROM lealup.action WHERE id = '$draft'"), 'draft', 'what was changed since it was seen is not approved');
$card = comes(direct('luis'), qr/Dear friend/, 'the card shows it as it is');
press(direct('luis'), $card, 'approve_action', 'guest');
press(direct('luis'), $card, 'approve_action', 'maria');
wait_until($node, "SELECT status FROM lealup.action WHERE id = '$draft'", 'sent', timeout => 60);
is(sql("SELECT approved_by FROM lealup.action WHERE id = '$draft'"), $member{maria}, 'it is approved by who pressed the button');
comes($alerts, qr/Dear friend/, 'and sent');
comes(direct('luis'), qr/Done by Maria/, 'which is shown');
my $other = sql("SET lealup.member_id = '$member{luis}'; SELECT lealup.create_action('$tenant', '$c', 'post_to_customer', '{\"channel\": \"$alerts\", \"text\": \"Never\"}', '$acme')");
press(direct('luis'), comes(direct('luis'), qr/Never/), 'cancel_action', 'luis');
comes(direct('luis'), qr/Cancelled/, 'or cancelled');
is(sql("SELECT status FROM lealup.action WHERE id = '$other'"), 'cancelled', 'for good');
my $long = sql("SET lealup.member_id = '$member{luis}'; SELECT lealup.create_action('$tenant', '$c', 'post_to_customer', jsonb_build_object('channel', '$alerts', 'text', 'Long ' || repeat('x', 5000)), '$acme')");
is(buttons(comes(direct('luis'), qr/too long to be shown/)), 'cancel_action', 'what is too long to be read there is not approved there');

# ---- Notices ---------------------------------------------------------------------------

sql("SELECT lealup.set_health_definition('$tenant', NULL, '[{\"kind\": \"csat\", \"worst\": 0, \"best\": 100}]');
	INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at, source, external_id) VALUES ('$tenant', '$acme', 'csat', 90, now() - interval '1 day', 'test', '1');
	INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, source, external_id) VALUES ('$tenant', '$acme', 'csat', 20, 'test', '2')");
comes(direct('maria'), qr/:chart_with_downwards_trend: Health of Acme &lt;&amp; Co&gt;.*at_risk/s, 'health goes to the owner');
sql("SELECT lealup.create_playbook('$tenant', 'Save them', '{customer.status_changed}', '[{\"type\": \"notify\", \"channel\": \"slack:#alerts\", \"text\": \"Go & see {{customer_name}}\"}, {\"type\": \"notify\", \"channel\": \"slack\", \"text\": \"You, too\"}]')");
sql("UPDATE lealup.customer SET status = 'paused' WHERE id = '$acme'");
comes($alerts, qr/Go &amp; see Acme &lt;&amp; Co&gt;/, 'what a playbook says is said');
comes(direct('maria'), qr/You, too/, 'to the owner where it names no channel');
is(sql("SELECT string_agg(DISTINCT status, ' ') FROM lealup.notification WHERE channel LIKE 'slack%'"), 'delivered', 'and settled');

# ---- /lealup -----------------------------------------------------------------------------

my $answer = slack('/command', text => 'acme', user => $user{maria});
is($answer->{status} . ' ' . $answer->{body}{response_type}, '200 ephemeral', 'a command is answered');
like(encode_json($answer->{body}{blocks}), qr/Acme <& Co>.*:red_circle: 20.*60,000 USD.*Maria.*Open tickets: 1.*Take 40.*Open tasks/s, 'with the customer');
like($answer->{body}{text}, qr/health 20/, 'in short, too');
like(slack('/command', text => '', user => $user{maria})->{body}{text}, qr/shows a customer/, 'alone it explains itself');
like(slack('/command', text => 'acme', user => $user{guest})->{body}{text}, qr/does not know who you are/, 'a stranger learns nothing');
my $many = slack('/commands', commands => [ 'acme', 'nobody', 'help' ], users => [ $user{maria} ], count => 100, per_second => 100);
is($many->{failed}, 0, 'a hundred in a second');

# ---- Judged by Slack's own types -----------------------------------------------------------

SKIP:
{
	my $modules = PostgreSQL::Test::Utils::tempdir('npm');
	skip 'npm has no @slack/web-api here', 2
	  if system("npm install --silent --no-audit --no-fund --prefix '$modules' \@slack/web-api\@8.2.0 typescript\@5.9.3 >'$modules/npm.log' 2>&1") != 0;
	my %type = ('chat.postMessage' => 'ChatPostMessageArguments', 'chat.update' => 'ChatUpdateArguments', 'users.list' => 'UsersListArguments', 'conversations.list' => 'ConversationsListArguments');
	my @asked = grep { $type{ $_->{method} } } map { decode_json($_) } $slack->{double}->lines;
	my $n = 0;
	my $text = "import type { KnownBlock, " . join(', ', sort values %type) . " } from '\@slack/web-api';\n";
	for my $request (@asked)
	{
		my %args = %{ $request->{args} };
		# Slack knows it, and its types do not.
		delete $args{client_msg_id};
		$args{limit} += 0 if exists $args{limit};
		$text .= "export const r" . $n++ . ": $type{$request->{method}} = " . encode_json(\%args) . ";\n";
	}
	$text .= "export const answer: { response_type: 'ephemeral' | 'in_channel', text: string, blocks?: KnownBlock[] } = " . encode_json($answer->{body}) . ";\n";
	append_to_file("$modules/requests.ts", $text);
	cmp_ok($n, '>', 50, 'what Slack was asked is judged');
	is(`cd '$modules' && npx --no-install tsc --noEmit --strict --skipLibCheck --module nodenext --moduleResolution nodenext requests.ts 2>&1 | grep -v '^npm' | head -n 20`, '', 'by the types of Slack\'s own library');
}

# ---- In the end ------------------------------------------------------------------------------

is(sql("SELECT coalesce(string_agg(operation || ': ' || error, '; '), '') FROM lealup.action WHERE status = 'failed'"), '', 'nothing has failed');
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'sent' AND approved_by IS NULL AND (audience <> 'own_team' OR rule_id IS NULL)"), 0, 'nothing was sent that nobody had approved');
is(sql("SELECT count(*) FROM lealup.inbox WHERE status = 'failed'"), 0, 'all that came was understood');
is(sql("SELECT lealup.set_slack_notices('$tenant', '$c', '{}', '#alerts')"), 0, 'an admin ends it all');
slack('DELETE /calls');
sql("UPDATE lealup.ticket SET subject = 'Silence' WHERE id = '$ticket'; INSERT INTO lealup.ticket (tenant_id, subject) VALUES ('$tenant', 'More silence')");
wait_until($node, 'SELECT (SELECT count(*) FROM lealup.outbox) + (SELECT count(*) FROM lealup.notification_job) + (SELECT count(*) FROM lealup.mirror_job)', 0, timeout => 60);
usleep(300_000);
is(encode_json(slack('GET /calls')), '{}', 'and Slack is told nothing');
is(sql('SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'no worker tells of an error');
$node->stop;
done_testing();
