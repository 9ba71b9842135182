# Linear with running workers and the gateway, against a double that keeps state and refuses what Linear's own schema does not know: from consent to random edits on both sides.
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
use Time::HiRes qw(usleep);

my $modules = PostgreSQL::Test::Utils::tempdir('npm');
plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
plan skip_all => 'graphql and Linear\'s library could not be installed'
  if system("npm install --silent --no-audit --no-fund --prefix '$modules' graphql\@16.15.0 \@linear/sdk\@98.0.0 >'$modules/npm.log' 2>&1") != 0;

my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);
my $double = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('double'), output => "${PostgreSQL::Test::Utils::test_logfile}_double",
	command => [ 'node', dirname(__FILE__) . '/../peers/linear.mjs', '--modules', $modules ]);
wait_for('the ports of the double', sub { $double->running or die $double->output; $double->read_ports });
my $base = 'http://127.0.0.1:' . $double->port('linear');
my $patience = $ENV{LEALUP_PATIENCE} // 120;
my %team = (by => 'ada@team.example');

sub linear
{
	my ($op, %message) = @_;
	my $answer = $http->post($double->url('control', '/'), { content => encode_json({ op => $op, %message }) });
	die "$op: $answer->{status} $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content});
}

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\nlealup.public_url = 'http://127.0.0.1:$port'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', @_) }
wait_for('the gateway', sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });

sub gets { my ($query, $wanted, $name) = @_; is(eval { wait_until($node, $query, $wanted, timeout => $patience); $wanted } // sql($query), $wanted, $name); return; }
# What Linear shows of an issue comes to be as it should.
sub issue { my ($id) = @_; return (grep { $_->{id} eq $id } @{ linear('state')->{issues} })[0]; }
sub shows
{
	my ($id, $wanted, $name) = @_;
	my $seen = '';
	eval { wait_for("issue $id", sub { my $i = issue($id); $seen = $i ? join(' ', map { $_ // '-' } @{$i}{qw(title priority state assignee)}) : 'gone'; $seen eq $wanted }, timeout => $patience) };
	is($seen, $wanted, $name);
	return;
}

# ---- Consent ------------------------------------------------------------------

sql("UPDATE lealup.provider SET authorize_url = '$base/oauth/authorize', token_url = '$base/oauth/token', base_url = '$base', allowed_hosts = '{127.0.0.1}' WHERE name = 'linear'");
my $callback = 'https://hub.example/v1/oauth/callback';
sql("SELECT lealup.set_oauth_client(NULL, 'linear', 'hub', 'hub-secret', '$callback')");
linear('user', name => "\u$_", email => "$_\@team.example") for qw(ada ben eve);
linear('user', name => 'Bot', email => 'bot@linear.example', app => JSON::PP::true);
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, name, email, role) VALUES ('$tenant', '\u$_', '$_\@team.example', 'admin') RETURNING id") } qw(ada ben);
my $acme = sql("INSERT INTO lealup.customer (tenant_id, name, tier, owner_id) VALUES ('$tenant', 'Acme', 'enterprise', '$member{ben}') RETURNING id");
my $old = linear('issue', %team, title => 'From before', state => 'In Progress', assignee => 'ben@team.example', priority => 2);
linear('issue', %team, title => 'Of others', team => 'OPS');
linear('comment', by => 'eve@team.example', issue => $old->{id}, body => 'I look at it');

my ($c, $url) = split /\|/, sql(qq(SELECT * FROM lealup.connect('$tenant', 'linear', NULL, '{"team": "ENG", "issues_become": "tickets", "labels": ["Bug", "tier:enterprise=Enterprise"], "states": "pending=Waiting"}'))), 2;
my $location = $http->get($url)->{headers}{location} // die 'no consent';
my %back = $location =~ /[?&](\w+)=([^&]*)/g;
sql("SELECT lealup.complete_connect('$back{state}', '$back{code}')");
gets("SELECT state, account_name FROM lealup.connection WHERE id = '$c'", 'connected|Acme Engineering', 'the workspace is connected');
gets("SELECT count(*) > 0 FROM lealup.sync_run WHERE connection_id = '$c' AND result = 'ok'", 't', 'and read');
is(sql("SELECT string_agg(name || coalesce(' ' || matched_by, ''), ', ' ORDER BY name) FROM lealup.member_account WHERE connection_id = '$c'"), 'Ada email, Ben email, Eve', 'whose accounts are whose; an application is nobody');
is(sql("SELECT t.subject, t.status, t.priority, m.name FROM lealup.ticket t LEFT JOIN lealup.member m ON m.id = t.assignee_id WHERE t.tenant_id = '$tenant'"), 'From before|open|high|Ben', 'an issue of the team is a ticket');
is(sql("SELECT body, internal, author_member_id IS NULL FROM lealup.ticket_message WHERE tenant_id = '$tenant'"), 'I look at it|t|t', 'with its comments, for the team');

my $hook = sql("SELECT lealup.inbound_url('$tenant', '$c')");
sql("SELECT lealup.set_inbound_secret('$tenant', '$c', 'lin_wh_0123456789abcdefghijkl')");
linear('webhook', url => $hook, secret => 'lin_wh_0123456789abcdefghijkl');

# ---- Issues of tickets ------------------------------------------------------------

sub ticket { my ($subject, $more) = @_; return sql("INSERT INTO lealup.ticket (tenant_id, customer_id, subject, assignee_id, channel) VALUES ('$tenant', '$acme', '$subject', '$member{ada}', 'email') RETURNING id"); }
sub action
{
	my ($operation, $input, $what) = @_;
	my $id = sql("SET lealup.member_id = '$member{ada}'; SELECT lealup.create_action('$tenant', '$c', '$operation', '$input', $what)");
	sql("SET lealup.member_id = '$member{ada}'; SELECT lealup.approve_action('$tenant', '$id')");
	return $id;
}
sub hurry
{
	my ($id) = @_;
	wait_until($node, "SELECT status, attempts > 0, next_attempt_at > now() + interval '5 s' FROM lealup.action WHERE id = '$id'", 'approved|t|t', timeout => 90);
	sql("SET lealup.member_id = '$member{ada}'; SELECT lealup.retry_action('$tenant', '$id')");
	return;
}
sub linked { my ($id) = @_; wait_until($node, "SELECT count(*) FROM lealup.external_object WHERE connection_id = '$c' AND object_id = '$id'", '1', timeout => $patience); return sql("SELECT external_id FROM lealup.external_object WHERE connection_id = '$c' AND object_id = '$id'"); }

my $ticket = ticket('It burns');
linear('fault', field => 'issueCreate', lose => JSON::PP::true);
my $made = action('create_issue', '{"description": "See the logs."}', "ticket_id => '$ticket'");
hurry($made);
gets("SELECT status FROM lealup.action WHERE id = '$made'", 'sent', 'an issue, though the connection broke when it was made');
my $issue = linked($ticket);
is(scalar(grep { $_->{title} eq 'It burns' } @{ linear('state')->{issues} }), 1, 'is there once');
is(join('; ', map { ref $_ ? join(',', sort @$_) : $_ } @{ issue($issue) }{qw(description labels state assignee priority)}), "See the logs.\n\nCustomer: Acme; Bug,Enterprise; Backlog; ada\@team.example; 3", 'with owner, priority and labels');
is(sql("SELECT count(*) FROM lealup.ticket WHERE tenant_id = '$tenant'"), 2, 'and is no ticket of its own, though its webhook came first');
my $again = action('create_issue', '{}', "ticket_id => '$ticket'");
gets("SELECT status, error FROM lealup.action WHERE id = '$again'", 'failed|it has an issue already: ENG-2', 'it has no second one');
my $elsewhere = action('create_issue', '{"team": "NONE"}', "ticket_id => '" . ticket('Lost') . "'");
gets("SELECT status, error ~ 'no such team' FROM lealup.action WHERE id = '$elsewhere'", 'failed|t', 'a team that there is not');
$elsewhere = action('create_issue', '{"labels": ["Nonsense"]}', "ticket_id => '" . ticket('Lost') . "'");
gets("SELECT error FROM lealup.action WHERE id = '$elsewhere'", 'Linear has no such labels: Nonsense', 'a label that there is not');

# ---- Both ways ---------------------------------------------------------------------

is(sql("SET lealup.member_id = '$member{ada}'; SELECT lealup.set_mirror('$tenant', '$c', '{ticket,ticket_message,task}')"), 5, 'changes are carried there');
sql("UPDATE lealup.ticket SET subject = 'It burns!', priority = 'urgent', status = 'pending', assignee_id = '$member{ben}' WHERE id = '$ticket'");
shows($issue, 'It burns! 1 Waiting ben@team.example', 'what changes here');
linear('change', %team, id => $issue, title => 'Fire', state => 'Done', assignee => 'ada@team.example');
gets("SELECT t.subject, t.status, t.priority, m.name FROM lealup.ticket t JOIN lealup.member m ON m.id = t.assignee_id WHERE t.id = '$ticket'", 'Fire|resolved|urgent|Ada', 'and what changes there');
sql("UPDATE lealup.ticket SET status = 'open', assignee_id = NULL WHERE id = '$ticket'");
shows($issue, 'Fire 1 Todo -', 'a ticket that is opened again');
linear('change', %team, id => $issue, state => 'In Progress');
sql("UPDATE lealup.ticket SET status = 'escalated', priority = 'low' WHERE id = '$ticket'");
shows($issue, 'Fire 4 In Progress -', 'what is more here than there leaves the state alone');

my $said = sql("SET lealup.member_id = '$member{ben}'; SELECT lealup.add_ticket_message('$tenant', '$ticket', 'Any news?', internal => true)");
my $comment = linked($said);
is(join('|', @{ issue($issue)->{comments} }), "**Ben** wrote in lealup:\n\nAny news?", 'a message says who wrote it');
my $own = linked(sql("SET lealup.member_id = '$member{ada}'; SELECT lealup.add_ticket_message('$tenant', '$ticket', 'Yes')"));
is(issue($issue)->{comments}[1], 'Yes', 'but not of whose account it is');
my $answer = linear('comment', by => 'ben@team.example', issue => $issue, body => 'It is out')->{id};
gets("SELECT m.body, m.internal, a.name FROM lealup.ticket_message m JOIN lealup.member a ON a.id = m.author_member_id WHERE m.external_id = '$answer'", 'It is out|t|Ben', 'a comment has its author here');
linear('edit', id => $answer, body => 'It is out.');
gets("SELECT body FROM lealup.ticket_message WHERE external_id = '$answer'", 'It is out.', 'an edit there');
linear('edit', id => $comment, body => "**Ben** wrote in lealup:\n\nAny news at all?");
gets("SELECT body FROM lealup.ticket_message WHERE id = '$said'", 'Any news at all?', 'of ours as well');
sql("SELECT lealup.edit_ticket_message('$tenant', '$said', 'No news?')");
wait_for('the edit', sub { issue($issue)->{comments}[0] eq "**Ben** wrote in lealup:\n\nNo news?" }, timeout => $patience);
pass('an edit here');
linear('uncomment', id => $answer);
gets("SELECT body, deleted_at IS NOT NULL FROM lealup.ticket_message WHERE external_id = '$answer'", '(deleted)|t', 'a comment that goes there');
sql("SELECT lealup.delete_ticket_message('$tenant', '$said')");
wait_for('the deletion', sub { @{ issue($issue)->{comments} } == 1 }, timeout => $patience);
pass('a message that goes here');
is(sql("SELECT count(*) FROM lealup.ticket_message WHERE ticket_id = '$ticket'"), 3, 'nothing came back');

my $task = sql("INSERT INTO lealup.task (tenant_id, customer_id, title, description, due_at) VALUES ('$tenant', '$acme', 'Fix it', 'Soon', '2026-12-24') RETURNING id");
action('create_task_issue', '{}', "task_id => '$task'");
my $todo = linked($task);
is(join(' ', @{ issue($todo) }{qw(title description due)}), 'Fix it Soon 2026-12-24', 'a task is an issue as well');
sql("UPDATE lealup.task SET status = 'in_progress', description = 'Now', due_at = NULL WHERE id = '$task'");
shows($todo, 'Fix it 3 In Progress -', 'which follows');
is(issue($todo)->{description} . ' ' . (issue($todo)->{due} // 'none'), 'Now none', 'in all that both have');
linear('change', %team, id => $todo, state => 'Canceled', due => '2027-01-01');
gets("SELECT status FROM lealup.task WHERE id = '$task'", 'cancelled', 'both ways');
is(sql("SELECT count(*) FROM lealup.ticket WHERE external_id = '$todo'"), 0, 'and is no ticket');

# ---- Trouble -----------------------------------------------------------------------

linear('fault', field => 'token', times => 1);
linear('expire');
sql("UPDATE lealup.ticket SET subject = 'New token' WHERE id = '$ticket'");
wait_for('the refresh', sub { sql("UPDATE lealup.connection_job SET due_at = least(due_at, now()) WHERE connection_id = '$c' AND kind = 'refresh' AND claim_id IS NULL; SELECT lealup._wake('upkeep')"); issue($issue)->{title} eq 'New token' }, timeout => $patience);
is(sql("SELECT state FROM lealup.connection WHERE id = '$c'"), 'connected', 'an answer with new tokens that got lost is given again');

linear('fault', status => 400, code => 'RATELIMITED', headers => { 'X-RateLimit-Requests-Reset' => int((time + 3) * 1000) });
sql("UPDATE lealup.ticket SET subject = 'Waited' WHERE id = '$ticket'");
gets("SELECT wait_reason FROM lealup.connection WHERE id = '$c'", 'Linear limits how much may be asked in an hour', 'a limit is understood');
shows($issue, 'Waited 4 In Progress -', 'and waited for');
linear('fault', field => 'issueUpdate', code => 'INPUT_ERROR', message => 'title is not nice');
sql("UPDATE lealup.ticket SET subject = 'Ugly' WHERE id = '$ticket'");
gets("SELECT pending, error FROM lealup.linked_objects WHERE object_id = '$ticket'", '{subject}|Linear says: title is not nice', 'what an answer of status 200 refuses shows');
sql("UPDATE lealup.ticket SET priority = 'high' WHERE id = '$ticket'");
shows($issue, 'Ugly 2 In Progress -', 'until the next change');
gets("SELECT pending, error IS NULL FROM lealup.linked_objects WHERE object_id = '$ticket'", '{}|t', 'which settles it');

# ---- Random edits of both sides -----------------------------------------------------

my $seed = $ENV{LEALUP_SEED} // time;
srand $seed;
note("LEALUP_SEED=$seed");
my @both;
for my $n (1 .. 4) { my $t = ticket("Both $n"); action('create_issue', '{}', "ticket_id => '$t'"); push @both, { ticket => $t }; }
$_->{issue} = linked($_->{ticket}) for @both;
linear('webhook', url => $hook, secret => 'lin_wh_0123456789abcdefghijkl', jitter_ms => 1500, twice => JSON::PP::true);
my %before = %{ linear('calls') };
my ($edits, $n, %mine, @theirs) = (0, 0);
my @people = (undef, 'ada@team.example', 'ben@team.example');
my @priority = qw(urgent high normal low);
for (1 .. 160)
{
	my $b = $both[ rand @both ];
	my $what = int rand 7;
	$n++;
	if (rand() < 0.5)
	{
		$edits++;
		if ($what == 0) { sql("UPDATE lealup.ticket SET subject = 'Here $n' WHERE id = '$b->{ticket}'") }
		elsif ($what == 1) { sql("UPDATE lealup.ticket SET priority = '$priority[rand 4]' WHERE id = '$b->{ticket}'") }
		elsif ($what == 2) { sql("UPDATE lealup.ticket SET status = CASE status WHEN 'open' THEN 'resolved' ELSE 'open' END WHERE id = '$b->{ticket}'") }
		elsif ($what == 3) { my $who = (undef, 'ada', 'ben')[ rand 3 ]; sql("UPDATE lealup.ticket SET assignee_id = " . ($who ? "'$member{$who}'" : 'NULL') . " WHERE id = '$b->{ticket}'") }
		elsif ($what == 4) { push @{ $mine{ $b->{ticket} } }, sql("SET lealup.member_id = '$member{ben}'; SELECT lealup.add_ticket_message('$tenant', '$b->{ticket}', 'Here says $n')") }
		elsif (my $m = $mine{ $b->{ticket} } && $mine{ $b->{ticket} }[ rand @{ $mine{ $b->{ticket} } } ]) { sql("UPDATE lealup.ticket_message SET body = 'Here edits $n' WHERE id = '$m'") }
	}
	else
	{
		my %issue = (by => 'eve@team.example', id => $b->{issue});
		if ($what == 0) { linear('change', %issue, title => "There $n") }
		elsif ($what == 1) { linear('change', %issue, priority => 1 + int rand 4) }
		elsif ($what == 2) { linear('change', %issue, state => (rand() < 0.5 ? 'Todo' : 'Done')) }
		elsif ($what == 3) { linear('change', %issue, assignee => $people[ rand 3 ]) }
		elsif ($what == 4) { push @theirs, linear('comment', by => 'eve@team.example', issue => $b->{issue}, body => "There says $n")->{id} }
		elsif (@theirs) { linear('edit', id => $theirs[ rand @theirs ], body => "There edits $n") }
	}
	usleep(int rand 40_000);
}
my $still = q(SELECT (SELECT count(*) FROM lealup.mirror_job) + (SELECT count(*) FROM lealup.action WHERE status IN ('approved', 'sending')) + (SELECT count(*) FROM lealup.inbox WHERE status = 'pending'));
sub settled
{
	wait_for('peace', sub { my $quiet = linear('quiet')->{waiting} == 0 && sql($still) eq '0'; usleep(300_000) if $quiet; $quiet && linear('quiet')->{waiting} == 0 && sql($still) eq '0' }, timeout => 2 * $patience);
	return;
}
settled();
sub here { my ($t) = @_; return sql(qq(SELECT concat_ws(' ', t.subject, CASE t.priority WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 WHEN 'normal' THEN 3 ELSE 4 END, t.status, coalesce(m.email, '-')) FROM lealup.ticket t LEFT JOIN lealup.member m ON m.id = t.assignee_id WHERE t.id = '$t')) }
sub there { my ($i) = @_; my $s = issue($i); return join ' ', $s->{title}, $s->{priority}, ($s->{type} eq 'completed' ? 'resolved' : 'open'), $s->{assignee} // '-' }
is(there($_->{issue}), here($_->{ticket}), "both sides end the same: $_->{issue}") for @both;
for my $b (@both)
{
	my @there = map { s/^.*? wrote in lealup:\n\n//sr } @{ issue($b->{issue})->{comments} };
	is(join('; ', sort @there), sql("SELECT coalesce(string_agg(body, '; ' ORDER BY body COLLATE \"C\"), '') FROM lealup.ticket_message WHERE ticket_id = '$b->{ticket}'"), 'with the same comments');
	my %text = map { $_ => sql("SELECT body FROM lealup.ticket_message WHERE id = '$_'") } @{ $mine{ $b->{ticket} } // [] };
	my @ours = map { $text{$_} } @{ $mine{ $b->{ticket} } // [] };
	is(join('; ', grep { my $t = $_; grep { $_ eq $t } @ours } @there), join('; ', @ours), 'those from here in their order');
}
my %after = %{ linear('calls') };
my $asked = 0;
$asked += ($after{$_} // 0) - ($before{$_} // 0) for qw(issueUpdate commentCreate commentUpdate commentDelete);
cmp_ok($asked, '<=', $edits, "no more was changed there than was changed here ($asked for $edits)");
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'failed' AND created_at > (SELECT min(created_at) FROM lealup.ticket WHERE subject LIKE 'Both%' OR id = '$both[0]{ticket}')"), 0, 'nothing has failed');
is(sql("SELECT count(*) FROM lealup.linked_objects WHERE pending <> '{}' OR error IS NOT NULL"), 0, 'nothing is pending');
my $runs = sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$c'");
sql("SELECT lealup.sync_now('$tenant', '$c')");
wait_until($node, "SELECT count(*) > $runs FROM lealup.sync_run WHERE connection_id = '$c'", 't', timeout => $patience);
settled();
is(join(' ', map { ($after{$_} // 0) } qw(issueUpdate commentCreate commentUpdate)), do { my %now = %{ linear('calls') }; join ' ', map { $now{$_} // 0 } qw(issueUpdate commentCreate commentUpdate) }, 'and what is read again changes nothing');
is(there($_->{issue}), here($_->{ticket}), 'on either side') for @both;
is(linear('quiet')->{refused}, 0, 'no webhook was refused');

# ---- What goes -----------------------------------------------------------------------

linear('webhook', url => $hook, secret => 'lin_wh_0123456789abcdefghijkl');
linear('archive', id => $old->{id});
linear('trash', id => $both[0]{issue});
linear('remove', id => $both[1]{issue});
gets("SELECT string_agg((deleted_at IS NOT NULL)::text, ' ' ORDER BY object_id = '$both[1]{ticket}', object_id = '$both[0]{ticket}') FROM lealup.external_object WHERE connection_id = '$c' AND external_id IN ('$old->{id}', '$both[0]{issue}', '$both[1]{issue}')",
	'false true true', 'in the trash and removed is gone, archived is not');
sql("UPDATE lealup.ticket SET subject = 'Alone' WHERE id = '$both[1]{ticket}'");
is(sql("SELECT count(*) FROM lealup.mirror_job") . sql("SELECT subject FROM lealup.ticket WHERE id = '$both[1]{ticket}'"), '0Alone', 'the ticket stays, and is nothing to Linear any more');
linear('trash', id => $both[0]{issue}, back => JSON::PP::true);
gets("SELECT deleted_at IS NULL FROM lealup.external_object WHERE external_id = '$both[0]{issue}'", 't', 'what comes out of the trash is linked again');
linear('withdraw');
sql("SELECT lealup.sync_now('$tenant', '$c')");
wait_for('the end', sub { sql("UPDATE lealup.connection_job SET due_at = least(due_at, now()) WHERE connection_id = '$c' AND claim_id IS NULL; SELECT lealup._wake('upkeep')"); sql("SELECT state FROM lealup.connection WHERE id = '$c'") eq 'error' }, timeout => $patience);
like(sql("SELECT reason FROM lealup.connection WHERE id = '$c'"), qr/Linear does not accept the grant any more/, 'access that was withdrawn');
$node->stop;
done_testing();
