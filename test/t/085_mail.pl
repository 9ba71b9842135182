# Mail to members, at a server and read by a parser that others wrote: what arrives, over which connections, what goes wrong, and what is not lost.
use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use File::Basename qw(dirname);
use JSON::PP qw(decode_json);
use LealupTest;
use LealupTest::Http;
use LealupTest::Peer;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node' if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;
my $modules = PostgreSQL::Test::Utils::tempdir('npm');
plan skip_all => 'npm has no smtp-server and no mailparser here'
  if system("npm install --silent --no-audit --no-fund --prefix '$modules' smtp-server\@3.21.6 mailparser\@3.9.1 >'$modules/npm.log' 2>&1") != 0;

my $ca = make_ca();
my $smtp = LealupTest::Peer->new(
	dir => PostgreSQL::Test::Utils::tempdir('smtp'),
	output => "${PostgreSQL::Test::Utils::test_logfile}_smtp",
	command => [ 'node', dirname(__FILE__) . '/../peers/smtp_server.mjs', '--modules', $modules, '--ca-dir', $ca ]);
wait_for('the ports of the mail server', sub { $smtp->running or die $smtp->output; $smtp->read_ports });

my $password = 'smtp-password-of-the-test';
my $gateway = PostgreSQL::Test::Cluster::get_free_port();
my $public = "http://127.0.0.1:$gateway";
my $node = new_node('main', ca_file => "$ca/ca.pem", conf => encode_utf8(qq{
log_min_messages = debug1
lealup.smtp_from = 'LealUp Ünit <notify\@team.example>'
lealup.smtp_user = 'mailer'
lealup.smtp_unsubscribe_address = 'stop\@team.example'
lealup.mail_recipient_rate = 1000
lealup.mail_tenant_rate = 10000
lealup.gateway_listen = '127.0.0.1:$gateway'
lealup.gateway_database = 'postgres'
lealup.public_url = '$public'
}));
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', @_) }
sub entries { my ($event, $match) = @_; $match //= sub { 1 }; return grep { $_->{event} eq $event && $match->($_) } map { decode_json($_) } $smtp->lines }
sub mails_to { my ($to) = @_; return entries('mail', sub { $_[0]{to}[0] eq $to }) }
sub wait_for_mails { my ($to, $n) = @_; wait_for("$n mails to $to", sub { mails_to($to) >= $n }); return mails_to($to) }

my $tenant = sql(q{SELECT lealup.create_tenant('Northwind')});

sub member
{
	my ($email, %opt) = @_;
	my $name = $opt{name} // 'Ana Alba';
	return sql("INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', '$email', \$\$$name\$\$, '" . ($opt{role} // 'csm') . "') RETURNING id");
}

# Has a member told of something; gives nothing.
sub notify
{
	my ($member, $subject, $body, $kind) = @_;
	$kind //= 'playbook';
	sql("SELECT lealup._notify_members('$tenant', '$kind', ARRAY['$member'::uuid], \$\$$subject\$\$, \$\$$body\$\$, now())");
	return;
}

sub state_of
{
	my ($member) = @_;
	return sql("SELECT status, attempts, error FROM lealup.mail_message WHERE member_id = '$member' ORDER BY id");
}

sub settle
{
	my ($member, $pattern, $name) = @_;
	my $last = '';
	wait_for("the mail to end: $name", sub { ($last = state_of($member)) =~ $pattern }, details => sub { "\nlast: $last\n" . slurp_file($node->logfile) =~ s/.*(?=.{3000}$)//sr });
	pass($name);
	return;
}

# Another server; what it could not be sent at is tried there at once.
sub use_server
{
	my (%opt) = @_;
	sql("ALTER SYSTEM SET lealup.$_ = '$opt{$_}'") for sort keys %opt;
	$node->reload;
	wait_until($node, "SHOW lealup.$_", $opt{$_}) for sort keys %opt;
	return;
}

# ---- Nothing without a server ----

my $ana = member('ana@team.example', name => 'Ana "the" Ñandú', role => 'admin');
notify($ana, 'Early', 'x');
is(sql('SELECT count(*) FROM lealup.mail_notice'), 0, 'without a server nobody is told anything');
for my $bad ('mail.example.com', 'https://mail.example.com', 'smtp://', 'smtp://user:word@mail.example.com', 'smtp://mail.example.com/path', 'smtp://:25', "smtp://a b")
{
	my ($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.smtp_url = '$bad'");
	like($err, qr/invalid value for parameter "lealup.smtp_url".*HINT:.*smtp:\/\/mail/s, "no mail server: $bad");
}
for my $bad ('nobody', 'A <a@b> x', "a\@b\nBcc: c\@d", '<a@b', 'A <a b@c>', 'A <a@b,c@d>')
{
	my ($status, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET lealup.smtp_from = \$\$$bad\$\$");
	ok($status != 0, "no sender: " . $bad =~ s/\n/\\n/r);
}

# ---- A password ----

use_server(smtp_url => 'smtp://localhost:' . $smtp->port('starttls'));
notify($ana, "Gmail \x{2013} está caído 🚨 y esto es un asunto bastante largo, con más de setenta y ocho caracteres", "It <b>stopped</b> & fell.\n\n.\n.a line\nSee https://x.example/?a=1&b=2 and \"this\".\nñandú " . 'x' x 1200);
wait_until($node, q{SELECT last_error FROM lealup.worker_status WHERE worker = 'sync'}, 'mails wait: lealup.smtp_user is set, and there is no password: SELECT lealup.set_smtp_password(...)');
is(sql('SELECT status, attempts FROM lealup.mail_message'), 'queued|0', 'without a password it waits, which is no attempt');
my ($status, $out, $err) = $node->psql('postgres', "SELECT lealup.set_smtp_password('wrong')");
is($status, 0, 'it is set');
settle($ana, qr/^queued\|1\|login: the server did not accept user and password \(535\)$/, 'a wrong one is told of, without what the server said');
$node->safe_psql('postgres', "SELECT lealup.set_smtp_password('$password'); UPDATE lealup.mail_message SET next_attempt_at = now()");
use_server(smtp_timeout => '50s');

# ---- What arrives ----

my ($mail) = wait_for_mails('ana@team.example', 1);
settle($ana, qr/^sent\|2\|$/, 'it is sent');
my $id = sql('SELECT id FROM lealup.mail_message');
is($mail->{from}, 'notify@team.example', 'from the sender');
is_deeply($mail->{to}, ['ana@team.example'], 'to the member');
is($mail->{user}, 'mailer', 'logged in');
is($mail->{secure}, JSON::PP::true, 'over TLS');
is($mail->{subject}, "[Northwind] Gmail \x{2013} está caído 🚨 y esto es un asunto bastante largo, con más de setenta y ocho caracteres", 'the subject');
is($mail->{sender}[0]{name}, 'LealUp Ünit', "the sender's name");
is($mail->{recipient}[0]{name}, 'Ana "the" Ñandú', "the recipient's name");
is($mail->{id}, "<$id\@team.example>", 'the Message-ID is that of the row');
is($mail->{auto}, 'auto-generated', 'answered by no robot');
is($mail->{mime}, '1.0', 'MIME-Version');
is($mail->{type}, 'multipart/alternative', 'text and HTML');
like($mail->{text}, qr/^It <b>stopped<\/b> & fell\.\n\n\.\n\.a line\nSee https:\/\/x\.example\/\?a=1&b=2 and "this"\.\nñandú x{1200}\n\nThis is an automatic message/, 'the text is as it was');
like($mail->{html}, qr/<p>It &lt;b&gt;stopped&lt;\/b&gt; &amp; fell\.<\/p>/, 'the HTML is escaped');
like($mail->{html}, qr/<a href="https:\/\/x\.example\/\?a=1&amp;b=2">/, 'with links');
ok(!$mail->{list}, 'a single notice is no digest');
my ($head, $content) = split /\r\n\r\n/, $mail->{raw}, 2;
unlike($head . $content, qr/[^\x00-\x7f]/, 'all of it is ASCII');
unlike($mail->{raw}, qr/(?<!\r)\n|\r(?!\n)/, 'lines end as they should');
# The boundary's line is libcurl's own.
is((scalar grep { length > 76 && !/^Content-Type: multipart/ } split /\r\n/, $mail->{raw}), 0, 'and none is longer than 76 characters');
is((scalar grep { lc eq 'date' } @{ $mail->{headers} }), 1, 'one date');
is(sql("SELECT '$mail->{date}'::timestamptz = date_trunc('second', created_at) FROM lealup.mail_message"), 't', 'that of the row');

# A name or subject that would be a header of its own: control characters do not come from us, but a row may be put in by hand.
my $eve = member('eve@team.example', name => "Eve\r\nBcc: all\@evil.example");
sql("INSERT INTO lealup.mail_message (tenant_id, id, member_id, kinds, digest, notices, subject, text, html, status, attempts, next_attempt_at, created_at)
	VALUES ('$tenant', lealup.uuid7(), '$eve', '{task}', false, 1, E'Hello\\r\\nBcc: all\@evil.example\\r\\n\\r\\nBody', 'x', 'x', 'queued', 0, now(), now()); SELECT lealup._wake('upkeep')");
($mail) = wait_for_mails('eve@team.example', 1);
is_deeply([ grep { /bcc/i } @{ $mail->{headers} } ], [], 'a line break in a name or subject begins no header');
is($mail->{subject}, '[Northwind] Hello  Bcc: all@evil.example    Body', 'it is a blank');

# ---- A digest, and the link that ends it ----

sql("SELECT lealup._notify_members('$tenant', 'integration', ARRAY['$ana'::uuid], 'Storm ' || n, 'Body', now()) FROM generate_series(1, 40) n");
my (undef, $digest) = wait_for_mails('ana@team.example', 2);
is($digest->{subject}, '[Northwind] 40 notices: integrations that are disconnected', 'a storm is one mail');
like($digest->{text}, qr/\* Storm 20.*\.\.\. and 20 more\./s, 'with the first ones');
my ($link) = $digest->{raw} =~ /^List-Unsubscribe: <([^>]+)>,\r\n <mailto:stop\@team\.example\?subject=unsubscribe>\r$/m;
like($link, qr{^\Q$public\E/v1/mail/unsubscribe/[0-9a-f]{64}$}, 'it has a link that ends it, and an address');
like($digest->{raw}, qr/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m, 'of one click');
my $path = substr $link, length $public;
my $form = 'List-Unsubscribe=One-Click';
my $reply = http_once($gateway, "GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
is($reply->{status}, 200, 'whoever follows it is asked');
is(sql("SELECT frequency FROM lealup.mail_preferences WHERE member_id = '$ana' AND kind = 'integration'"), 'immediate', 'and nothing has ended');
$reply = http_once($gateway, "POST $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($form) . "\r\n\r\n$form");
is($reply->{status}, 200, 'one click');
is(sql("SELECT frequency FROM lealup.mail_preferences WHERE member_id = '$ana' AND kind = 'integration'"), 'off', 'ends it');
is(http_once($gateway, "POST ${path}0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")->{status}, 404, 'another link is none');

# ---- Faults of recipients, each for itself ----

my %member = map { $_ => member("$_\@team.example") } qw(defer reject policy toobig drop gone fine);
notify($member{$_}, "To $_", 'x') for sort keys %member;
settle($member{fine}, qr/^sent\|1\|$/, 'a good one is sent beside them');
settle($member{defer}, qr/^queued\|1\|the server said: 451 4\.3\.0 try later$/, '4xx: later');
settle($member{reject}, qr/^failed\|1\|the server said: 550 5\.1\.1 no such user$/, '5xx of the recipient: never');
settle($member{policy}, qr/^failed\|1\|the server said: 550 5\.7\.1 relaying denied$/, 'of the sender: not this mail');
settle($member{toobig}, qr/^failed\|1\|the server said: 552 5\.3\.4 too big$/, 'of the content: not this mail');
settle($member{drop}, qr/^queued\|1\|connection: /, 'a connection that ends: later');
settle($member{gone}, qr/^queued\|1\|connection: /, 'also at the very end');
is(sql('SELECT string_agg(address, $$ $$) FROM lealup.mail_failure'), 'reject@team.example', 'the address that is none is marked');
notify($member{reject}, 'Again', 'x');
is(sql("SELECT count(*) FROM lealup.mail_notice WHERE member_id = '$member{reject}'"), 0, 'and gets no more');
sql("SELECT lealup.clear_mail_failure('$tenant', '$member{reject}')");
notify($member{reject}, 'Once more', 'x');
settle($member{reject}, qr/^failed\|1\|[^\n]*\nfailed\|1\|/, 'until somebody clears it');
sql("UPDATE lealup.mail_message SET next_attempt_at = now() WHERE member_id = '$member{gone}'; SELECT lealup._wake('upkeep')");
my @gone = wait_for_mails('gone@team.example', 2);
is($gone[0]{id}, $gone[1]{id}, 'what may have arrived is sent again under the same Message-ID');
sql("UPDATE lealup.mail_message SET status = 'cancelled', ended_at = now() WHERE status = 'queued'");

# ---- Connections ----

my $n = 0;
sub at_server
{
	my ($name, $scheme, $pattern, $what) = @_;
	use_server(smtp_url => "$scheme://localhost:" . $smtp->port($name));
	my $who = member('who' . ++$n . '@team.example');
	notify($who, $what, 'x');
	settle($who, $pattern, $what);
	sql("UPDATE lealup.mail_message SET status = 'cancelled', ended_at = now() WHERE member_id = '$who' AND status = 'queued'");
	return "who$n\@team.example";
}
my $to = at_server('smtps', 'smtps', qr/^sent\|1\|$/, 'SMTPS');
is((mails_to($to))[0]{secure}, JSON::PP::true, 'is encrypted');
at_server('wronghost', 'smtp', qr/^queued\|1\|connection: SSL/, "another host's certificate");
at_server('expired', 'smtps', qr/^queued\|1\|connection: SSL/, 'an expired certificate');
at_server('plain', 'smtp', qr/^queued\|1\|TLS: the server does not offer STARTTLS/, 'a server without STARTTLS');
use_server(smtp_tls => 'optional');
at_server('plain', 'smtp', qr/^queued\|1\|TLS: the server does not offer STARTTLS/, 'nor does a user go there if TLS is optional');
at_server('wronghost', 'smtp', qr/^queued\|1\|connection: SSL/, 'optional does not mean that any certificate will do');
is_deeply([ map { $_->{listener} } entries('sender', sub { $_[0]{listener} =~ /plain|wronghost|expired/ }) ], [], 'nothing was sent over any of these');
is_deeply([ map { $_->{listener} } entries('login', sub { !$_[0]{secure} || $_[0]{listener} =~ /plain|wronghost|expired/ }) ], [], 'and no password');
use_server(smtp_user => '');
$to = at_server('plain', 'smtp', qr/^sent\|1\|$/, 'without a user, and optional, it will do');
# Longer than this test waits.
use_server(smtp_timeout => '10min');
at_server('stubborn', 'smtp', qr/^failed\|1\|the server said: 550 5\.1\.1 no such user$/, 'nobody waits for the answer to QUIT');
is((entries('stubborn'))[-1]{word}, 'QUIT', 'but it is said');
use_server(smtp_user => 'mailer', smtp_tls => 'required', smtp_timeout => '2s');
at_server('mute', 'smtp', qr/^queued\|1\|timeout: /, 'a server that says nothing');
use_server(smtp_url => 'smtp://localhost:' . $smtp->port('starttls'));
my ($hang, $beside) = (member('hang@team.example'), member('beside@team.example'));
notify($hang, 'Hang', 'x');
notify($beside, 'Beside', 'x');
settle($beside, qr/^sent\|1\|$/, 'one that hangs');
settle($hang, qr/^queued\|1\|timeout: the server did not take it within 2 s$/, 'does not hold up the others');
sql("UPDATE lealup.mail_message SET status = 'cancelled', ended_at = now() WHERE status = 'queued'");

# A password in a file.
my $file = $node->basedir . '/smtp-password';
append_to_file($file, "$password\n");
chmod 0644, $file;
use_server(smtp_password_file => $file, smtp_timeout => '1min');
sql("SELECT lealup.set_smtp_password(NULL)");
my $filed = member('filed@team.example');
notify($filed, 'File', 'x');
wait_until($node, q{SELECT last_error FROM lealup.worker_status WHERE worker = 'sync'}, 'mails wait: the file that lealup.smtp_password_file names is accessible to others: chmod 600 it');
chmod 0600, $file;
settle($filed, qr/^sent\|1\|$/, 'the password may be in a file that nobody else reads');

# ---- A worker that is killed while it sends ----

my @slow = map { member("slow$_\@team.example") } 1 .. 12;
my $list = join ', ', map { "'$_'" } @slow;
my $pid = worker_pid($node, kind => 'sync');
sql("SELECT lealup._notify_members('$tenant', 'playbook', ARRAY[$list]::uuid[], 'Slow', 'x', now())");
wait_for('mails on their way', sub { entries('mail', sub { $_[0]{to}[0] =~ /^slow/ }) > 0 });
kill 'KILL', $pid;
worker_pid($node, kind => 'sync', not => $pid);
wait_until($node, "SELECT count(*) FROM lealup.mail_message WHERE status = 'sent' AND member_id IN ($list)", 12);
my %ids;
$ids{ $_->{to}[0] }{ $_->{id} }++ for entries('mail', sub { $_[0]{to}[0] =~ /^slow/ });
is(scalar keys %ids, 12, 'nothing is lost');
is((scalar grep { keys %{ $ids{$_} } != 1 } keys %ids), 0, 'each has one Message-ID');
is((scalar grep { (values %{ $ids{$_} })[0] > 2 } keys %ids), 0, 'and came at most twice');
ok((scalar grep { (values %{ $ids{$_} })[0] == 2 } keys %ids) > 0, 'as some did');

# ---- From an event to the mail ----

sql("SELECT lealup.set_mail_preference('$tenant', '$ana', 'integration', NULL); DELETE FROM lealup.mail_message WHERE member_id = '$ana'");
my $connection = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_name) VALUES ('$tenant', 'gmail', 'workspace', 'connected', 'box') RETURNING id");
sql("SELECT lealup._connection_problem('$tenant', '$connection', 'the grant was revoked', lealup.uuid7(), now(), 'Connect it again.')");
my @mails = wait_for_mails('ana@team.example', 3);
is($mails[2]{subject}, '[Northwind] Gmail is disconnected', 'a connection that stops is a mail to the admin');
like($mails[2]{text}, qr/^Gmail stopped working for box: the grant was revoked\n\nConnect it again\./, 'that says why, and what to do');

# ---- Secrets ----

$node->stop;
my $log = slurp_file($node->logfile);
# The literals of this test's own SQL are not logged (log_statement is off).
unlike($log, qr/\Q$password\E/, 'the password is in no log');
unlike($log, qr{/v1/mail/unsubscribe/[0-9a-f]}, 'nor is a link that ends mails');
$smtp->stop;
done_testing();
