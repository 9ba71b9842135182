# A ticket and its threads at Slack, with running workers: what is said, changed and deleted on both sides at once ends the same, in order, said once and by whom it was said,
# whatever gets lost, comes late or in another order, and though the server crashes.
use strict;
use warnings;
use utf8;

use Encode qw(decode encode);
use JSON::PP;
use LealupTest;
use LealupTest::Slack;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
my $slack = LealupTest::Slack->new;
my $node = $slack->node(conf => "lealup.sync_workers = 2\n");
sub sql { my ($sql) = @_; return decode('UTF-8', $node->safe_psql('postgres', encode('UTF-8', $sql))) }
sub slack { return $slack->control(@_) }

my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', '$_\@team.example', initcap('$_'), 'admin') RETURNING id") } qw(maria luis);
my %user = map { $_ => slack('/users', email => "$_\@team.example", name => ucfirst $_)->{id} } qw(maria luis);
my %name = ((map { $user{$_} => ucfirst $_ } keys %user), (map { $member{$_} => ucfirst $_ } keys %member));
my $channel = slack('/channels', name => 'support')->{id};
my $c = $slack->connect($tenant);
sql("SELECT lealup.set_slack_notices('$tenant', '$c', '{tickets}', '#support')");
is(sql("SELECT string_agg(operation, ' ' ORDER BY operation) FROM lealup.notification_rule WHERE operation LIKE 'relay%' AND mode = 'mirror' AND active"), 'relay_delete relay_edit relay_message', 'messages of tickets that are shown go to their threads');

sub as { my ($who, $sql) = @_; return sql("SET lealup.member_id = '$member{$who}'; $sql") }
sub thread_of { my ($ticket, $like) = @_; my $found = sql("SELECT external_id FROM lealup.external_object WHERE entity = 'ticket' AND object_id = '$ticket' AND external_id LIKE '$like%'"); return $found ? [ split /:/, $found ] : undef }
# A ticket, which is shown in the channel: its id, and the channel and the time of its card.
sub ticket
{
	my ($subject) = @_;
	my $id = sql("SELECT lealup.create_ticket('$tenant', '$subject')");
	return ($id, @{ wait_for("the card of $subject", sub { thread_of($id, 'C') }, timeout => 90) });
}
# Shows it to somebody as a direct message as well.
sub show
{
	my ($ticket, $who) = @_;
	my $id = as('maria', "SELECT lealup.create_action('$tenant', '$c', 'notify_ticket', '{\"channel\": {\"member\": \"$member{$who}\"}}', ticket_id => '$ticket')");
	as('maria', "SELECT lealup.approve_action('$tenant', '$id')");
	return @{ wait_for('the card', sub { thread_of($ticket, 'D') }, timeout => 90) };
}
sub add { my ($who, $ticket, $body, $internal) = @_; return as($who, "SELECT lealup.add_ticket_message('$tenant', '$ticket', \$b\$$body\$b\$, internal => " . ($internal ? 'true' : 'false') . ')') }

# What is said, as both sides have it: who, and what, in order.
sub here { my ($ticket) = @_; return sql("SELECT coalesce(string_agg(concat_ws(': ', m.name, t.body), ' | ' ORDER BY t.body), '') FROM lealup.ticket_message t LEFT JOIN lealup.member m ON m.id = t.author_member_id
	WHERE t.ticket_id = '$ticket' AND t.deleted_at IS NULL") }
sub read_thread { my ($place, $root) = @_; return grep { $_->{ts} ne $root } @{ slack('/messages', channel => $place, thread => $root)->{messages} } }
sub plain { my ($text) = @_; $text =~ s/&lt;/</g; $text =~ s/&gt;/>/g; $text =~ s/&amp;/&/g; return $text }
sub said { my ($m) = @_; return plain($m->{bot_id} ? $m->{text} =~ s/^\*(\w+)\*(?: _internal_)?\n/$1: /r : "$name{$m->{user}}: $m->{text}") }
sub by_body { my ($text) = @_; return $text =~ s/^\w+: //r }
sub there { my @place = @_; return join ' | ', sort { by_body($a) cmp by_body($b) } map { said($_) } read_thread(@place) }

# Until nothing is left to be done on either side; what would be tried again later is tried again now.
sub settle
{
	wait_for('both sides to be still', sub {
		slack('/flush');
		return 0 if grep { !$_->{done} } @{ slack('GET /deliveries') };
		my $left = eval { sql(q{
			UPDATE lealup.inbox SET next_attempt_at = now() WHERE status = 'pending' AND next_attempt_at > now();
			UPDATE lealup.action SET next_attempt_at = now() WHERE status = 'approved' AND next_attempt_at BETWEEN now() AND now() + interval '1 year' AND error IS NOT NULL;
			UPDATE lealup.mirror_job SET due_at = now() WHERE due_at > now();
			SELECT lealup._wake('upkeep') IS NULL AND false;
			SELECT (SELECT count(*) FROM lealup.inbox WHERE status = 'pending') + (SELECT count(*) FROM lealup.action WHERE status IN ('approved', 'sending')) + (SELECT count(*) FROM lealup.mirror_job)}) };
		return defined $left && $left =~ /\n0$/;
	}, timeout => 300, details => sub { "\n" . sql(q{SELECT 'inbox', status, error, count(*)::text FROM lealup.inbox GROUP BY 2, 3 UNION ALL SELECT operation, status, error, next_attempt_at::text FROM lealup.action WHERE status NOT IN ('sent')}) });
	return;
}

# ---- One after the other ---------------------------------------------------------

my ($first, $place, $root) = ticket('First');
my $hello = add('maria', $first, 'Tom & <Jerry>');
settle();
is(there($place, $root), 'Maria: Tom & <Jerry>', 'what is said in the ticket is said in the thread, by whom it was said');
my $reply = slack('/say', channel => $place, user => $user{luis}, thread => $root, text => "I &amp; <\@$user{maria}> see")->{ts};
settle();
is(sql("SELECT body || ' ' || internal || ' ' || (author_member_id = '$member{luis}') FROM lealup.ticket_message WHERE external_id = '$place:$reply'"), 'I & @Maria see true true', 'and an answer in the thread is one in the ticket');
sql("SELECT lealup.edit_ticket_message('$tenant', '$hello', 'Changed')");
slack('/edit', channel => $place, ts => $reply, text => 'Changed, too');
settle();
is(there($place, $root), 'Maria: Changed | Luis: Changed, too', 'edits follow there');
is(here($first), 'Maria: Changed | Luis: Changed, too', 'and here');
sql("SELECT lealup.delete_ticket_message('$tenant', '$hello')");
slack('/delete', channel => $place, ts => $reply);
settle();
is(there($place, $root) . here($first), '', 'and so do deletions');
slack('/say', channel => $place, user => $user{luis}, text => 'something else');
my $other = slack('/say', channel => $place, user => $user{luis}, text => 'a thread of people')->{ts};
slack('/say', channel => $place, user => $user{maria}, thread => $other, text => 'among themselves');
my $file = slack('/say', channel => $place, user => $user{maria}, thread => $root, text => '<@U0BOT> look', files => [ { id => 'F1', name => 'offer.pdf', mimetype => 'application/pdf', size => 3 } ])->{ts};
settle();
is(here($first), "Maria: \@U0BOT look\n[file: offer.pdf]", 'only what is in the thread is kept, once, though it names the app; its files are named');
my ($second, $shown, $shown_root) = ticket('Second');
my ($direct, $direct_root) = show($second, 'luis');
like($direct, qr/^D/, 'a ticket is shown to somebody directly as well');
my $answer = slack('/say', channel => $direct, user => $user{luis}, thread => $direct_root, text => 'Mine.')->{ts};
settle();
is(here($second) . ', ' . there($direct, $direct_root) . ', ' . there($shown, $shown_root), 'Luis: Mine., Luis: Mine., Luis: Mine.', 'who answers there is read in the ticket and in its other thread');
slack('/edit', channel => $direct, ts => $answer, text => 'Ours.');
settle();
is(there($shown, $shown_root), 'Luis: Ours.', 'also when it is changed');
slack('/delete', channel => $direct, ts => $answer);
settle();
is(here($second) . there($direct, $direct_root) . there($shown, $shown_root), '', 'or deleted');

# ---- All at once -------------------------------------------------------------------

my $seed = $ENV{LEALUP_TEST_SEED} // time;
srand($seed);
note("seed $seed");
my @tickets;
for my $n (1 .. 4) { @{ $tickets[ $n - 1 ] }{qw(id channel root)} = ticket("Random $n") }
@{ $tickets[3] }{qw(two channel2 root2)} = (1, show($tickets[3]{id}, 'luis'));
slack('DELETE /deliveries');
slack('/deliver', hold => \1, shuffle => \1, retry_scale => 0.1);
my (%ours, %theirs);
my $n = 0;
my %did = map { $_ => 0 } qw(add edit delete say change remove);
my $told_before = sql("SELECT count(*) FROM lealup.action WHERE operation LIKE 'relay%'");
sub pick { my ($of) = @_; my @keys = sort keys %$of; return $keys[ rand @keys ] }

sub step
{
	my $t = $tickets[ rand @tickets ];
	my $who = rand() < 0.5 ? 'maria' : 'luis';
	my $what = rand();
	my $text = sprintf 'n%04d %s', ++$n, ('plain', 'a & b', '<x>', '*bold*', 'ñ 日本', '&amp;')[ rand 6 ];
	my $typed = $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr;
	if ($what < 0.25)
	{
		$did{add}++;
		$ours{ add($who, $t->{id}, $text, rand() < 0.5) } = $t;
	}
	elsif ($what < 0.4 && %ours)
	{
		$did{edit}++;
		sql("SELECT lealup.edit_ticket_message('$tenant', '" . pick(\%ours) . "', \$b\$$text\$b\$)");
	}
	elsif ($what < 0.48 && %ours)
	{
		$did{delete}++;
		my $m = pick(\%ours);
		delete $ours{$m};
		sql("SELECT lealup.delete_ticket_message('$tenant', '$m')");
	}
	elsif ($what < 0.75)
	{
		my $x = $t->{two} && rand() < 0.5 ? 2 : '';
		$did{say}++;
		my ($at, $thread) = @$t{ "channel$x", "root$x" };
		my $ts = slack('/say', channel => $at, user => $user{ $x ? 'luis' : $who }, thread => $thread, text => $typed)->{ts};
		$theirs{"$at:$ts"} = $t;
	}
	elsif ($what < 0.9 && %theirs)
	{
		$did{change}++;
		my ($at, $ts) = split /:/, pick(\%theirs);
		slack('/edit', channel => $at, ts => $ts, text => $typed);
	}
	elsif (%theirs)
	{
		$did{remove}++;
		my $m = pick(\%theirs);
		delete $theirs{$m};
		my ($at, $ts) = split /:/, $m;
		slack('/delete', channel => $at, ts => $ts);
	}
	slack('/flush') if rand() < 0.3;
	return;
}

sub crash
{
	my ($pid) = worker_pids($node, 'sync');
	kill 'KILL', $pid;
	wait_for('the server to be back', sub { my ($out, $err); return $node->psql('postgres', 'SELECT 1', stdout => \$out, stderr => \$err) == 0 }, timeout => 90);
	$slack->wait_for_gateway;
	return;
}

for my $round (1 .. 3)
{
	slack('/faults', path => 'chat.postMessage', lose => \1, skip => 2);
	slack('/faults', path => 'chat.update', lose => \1);
	slack('/faults', path => 'chat.', status => 429, headers => { 'retry-after' => '1' }, skip => 4, body => { ok => \0, error => 'ratelimited' });
	slack('/faults', path => 'chat.', error => 'internal_error', skip => 6);
	step() for 1 .. 40;
	slack('/flush');
	crash() if $round < 3;
}
slack('DELETE /faults');
settle();
note(join ' ', map { "$_ $did{$_}" } sort keys %did);
for my $t (@tickets)
{
	my $here = here($t->{id});
	isnt($here, '', 'something was said');
	is(there(@$t{qw(channel root)}), $here, 'and is the same on both sides');
	is(there(@$t{qw(channel2 root2)}), $here, 'also in the other thread') if $t->{two};
	my @posted = map { said($_) } grep { $_->{bot_id} && $_->{text} !~ /^\*Luis\* _internal_/ } read_thread(@$t{qw(channel root)});
	my %order;
	@order{ split / \| /, sql("SELECT coalesce(string_agg(concat_ws(': ', m.name, t.body), ' | ' ORDER BY t.id), '') FROM lealup.ticket_message t JOIN lealup.member m ON m.id = t.author_member_id WHERE t.ticket_id = '$t->{id}' AND t.deleted_at IS NULL") } = (0 .. 10_000);
	my @places = map { $order{$_} } grep { exists $order{$_} } @posted;
	is("@places", join(' ', sort { $a <=> $b } @places), 'what was said here is there in the order in which it was said');
	is(sql("SELECT string_agg(external_id, ' ' ORDER BY created_at) = string_agg(external_id, ' ' ORDER BY split_part(external_id, ':', 2)) FROM lealup.ticket_message WHERE ticket_id = '$t->{id}' AND source = 'slack'"), 't', 'and what was said there has its time');
}
is(sql("SELECT count(*) FROM lealup.ticket_message WHERE source = 'manual' AND ticket_id IN ('" . join("','", map { $_->{id} } @tickets) . "')"), $did{add}, 'nothing that went there came back');
cmp_ok(sql("SELECT count(*) FROM lealup.ticket_message WHERE source = 'slack' AND ticket_id IN ('" . join("','", map { $_->{id} } @tickets) . "')"), '<=', $did{say}, 'nor the other way round');
cmp_ok(sql("SELECT count(*) FROM lealup.action WHERE operation LIKE 'relay%'") - $told_before, '<=', 2 * ($did{add} + $did{edit} + $did{delete}) + $did{say} + $did{change} + $did{remove} + $did{delete}, 'and each change is carried once');
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'failed'") . ' ' . sql("SELECT count(*) FROM lealup.inbox WHERE status = 'failed'"), '0 0', 'nothing has failed');

done_testing();
