# LeadSquared with running workers, against the double that keeps state and refuses what LeadSquared refuses: leads and activities both ways.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);

plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;

my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
my $double = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('double'), output => "${PostgreSQL::Test::Utils::test_logfile}_double",
	command => [ 'node', dirname(__FILE__) . '/../peers/leadsquared.mjs' ]);
wait_for('the ports of the double', sub { $double->running or die $double->output; $double->read_ports });
my $base = 'http://127.0.0.1:' . $double->port('api');
my $json = JSON::PP->new->canonical->allow_nonref;

sub control
{
	my ($path, $message) = @_;
	my $method = $path =~ s/^(GET|DELETE) // ? $1 : 'POST';
	my $answer = $http->request($method, $double->url('control', $path), { content => $json->encode($message // {}) });
	die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return $json->decode($answer->{content});
}
sub there { my (%set) = @_; my $lead = delete $set{lead}; return control('/edit', { (defined $lead ? (lead => $lead) : ()), set => \%set }); }

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', $_[0]) }
sql("UPDATE lealup.provider SET base_url = '$base', allowed_hosts = '{127.0.0.1}' WHERE name = 'leadsquared'");
my $tenant = sql("SELECT lealup.create_tenant('Team')");
my $admin = sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', 'ada\@team.example', 'admin') RETURNING id");

sub connect_with
{
	my (%options) = @_;
	my $options = $json->encode({ access_key => 'u$access', secret_key => 'secret', activities => 'true', calls_per_5s => 20, %options });
	return sql("SELECT connection_id FROM lealup.connect('$tenant', 'leadsquared', NULL, '$options')");
}

# A request is counted when it arrives, so that one or two may come a little closer to those before.
control('/reset', { limit => 22 });

# ---- Keys -----------------------------------------------------------------------

my $wrong = connect_with(secret_key => 'another');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$wrong'", 'error', timeout => 90);
like(sql("SELECT reason FROM lealup.connections WHERE id = '$wrong'"), qr/does not accept the key/, 'keys that are not accepted are told at once');
sql("SELECT lealup.disconnect('$tenant', '$wrong')");
there(EmailAddress => "early$_\@acme.example", FirstName => "Early $_", Phone => "+34-60012345$_") for 1 .. 3;
my $c = connect_with();
wait_until($node, "SELECT state, account_id, account_name, facts ->> 'time_zone' FROM lealup.connection WHERE id = '$c'", 'connected|3b1041a3-8374-11e7-8758-0a106ee76b21|Education 101|Asia/Kolkata', timeout => 90);
pass('and right ones tell whose account it is');

my %runs;
sub run
{
	my ($stream) = @_;
	my $before = sql("SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$c' AND stream = '$stream'");
	sql("SELECT lealup.sync_now('$tenant', '$c', '$stream')");
	wait_until($node, "SELECT count(*) > $before FROM lealup.sync_run WHERE connection_id = '$c' AND stream = '$stream'", 't', timeout => 120);
	return;
}
# Everything that was to be sent was: retries come at once, the test does not wait for a minute.
sub sent
{
	wait_for('what is to be sent', sub {
		sql("UPDATE lealup.action SET next_attempt_at = now() WHERE status = 'approved' AND next_attempt_at > now() + interval '7 s' AND next_attempt_at < 'infinity'; SELECT lealup._wake('upkeep')");
		sql("SELECT (SELECT count(*) FROM lealup.action WHERE status IN ('approved', 'sending')) + (SELECT count(*) FROM lealup.notification_job WHERE due_at < 'infinity')
			+ (SELECT count(*) FROM lealup.outbox)") eq '0';
	}, timeout => 180);
	return;
}
sub here { my ($email) = @_; return sql("SELECT fields - 'email' FROM lealup.lead WHERE tenant_id = '$tenant' AND fields ->> 'email' = '$email' AND deleted_at IS NULL"); }
sub remote { my ($email) = @_; my ($lead) = grep { ($_->{EmailAddress} // '') eq $email } @{ control('GET /leads') }; return $lead; }
sub writes { my ($stats) = control('GET /stats'); my $n = 0; $n += $_ for values %{ $stats->{writes} }; return $n; }

# ---- What is there is read, once a sync takes it in ---------------------------------

wait_until($node, "SELECT count(*) FROM lealup.sync_run WHERE connection_id = '$c' AND result = 'ok'", '3', timeout => 120);
is(sql("SELECT count(*) FROM lealup.lead"), 0, 'without a sync nothing is made of leads');
is(sql("SELECT string_agg(name || ' ' || type || ' ' || is_unique, ', ' ORDER BY name) FROM lealup.lead_remote_field WHERE name IN ('EmailAddress', 'Phone', 'Score')"),
	'EmailAddress email true, Phone phone true, Score number false', 'what fields leads have there is known');
is(sql("SELECT sync_id = '$c' FROM lealup.create_lead_sync('$tenant', 'Sales', connection_id => '$c', country => 'ES', secondary_search_by => NULL, activity_behaviour => 'capture')"), 't', 'the connection becomes a sync');
is(sql("SELECT string_agg(field || ': ' || problem, '; ') FROM lealup.check_mapping('$tenant', '$c')"), '', 'whose mapping fits as it is made');
sql("SELECT lealup.set_lead_field('$tenant', 'visits', 'Visits', 'integer'); SELECT lealup.set_lead_sync_mapping('$tenant', '$c', 'visits', 'mx_Visits')");
like(sql("SELECT problem FROM lealup.check_mapping('$tenant', '$c')"), qr/the other account has no field 'mx_Visits'/, 'what is not there cannot be mapped');
control('/fields', [ { SchemaName => 'mx_Visits', DataType => 'Boolean' } ]);
run('fields');
is(sql("SELECT field || ': ' || problem FROM lealup.check_mapping('$tenant', '$c')"), 'visits: it is of the type integer here, and boolean there', 'nor what is something else');
control('/fields', [ { SchemaName => 'mx_Visits', DataType => 'Number' } ]);
run('fields');
sql("SELECT lealup.set_lead_sync_mapping('$tenant', '$c', 'call', '201', 'activity_type'); SELECT lealup.enable_lead_sync('$tenant', '$c')");
wait_until($node, "SELECT count(*) FROM lealup.lead WHERE tenant_id = '$tenant'", '3', timeout => 120);
is(here('early1@acme.example'), '{"phone": "+34600123451", "first_name": "Early 1"}', 'once it is enabled what was read before is taken in');
is(sql("SELECT source || ' ' || created || ' ' || failed || ' ' || api_url FROM lealup.lead_sync_job ORDER BY id DESC LIMIT 1"), "poll 3 0 $base", 'and logged, without keys');

there(lead => remote('early1@acme.example')->{ProspectID}, FirstName => 'Earlier', mx_Visits => '7');
run('leads');
is(here('early1@acme.example'), '{"phone": "+34600123451", "visits": 7, "first_name": "Earlier"}', 'changes follow');
control('/fields', [ { SchemaName => 'mx_Visits', DataType => 'Text' } ]);
there(lead => remote('early2@acme.example')->{ProspectID}, mx_Visits => 'many', FirstName => 'Other');
run('leads');
like(sql("SELECT reason FROM lealup.lead_sync_record WHERE status = 'failed'"), qr/visits: "many" is not an integer/, 'what does not fit fails alone, and says why');
there(lead => remote('early2@acme.example')->{ProspectID}, mx_Visits => '8');
run('leads');
is(here('early2@acme.example'), '{"phone": "+34600123452", "visits": 8, "first_name": "Other"}', 'once it is corrected there it comes');

# ---- What changes here goes there ----------------------------------------------------

is(writes(), 0, 'so far nothing was written there');
my $automation = sql("SELECT lealup.create_lead_automation('$tenant', 'To sales', NULL, connection_id => '$c')");
sql("SELECT lealup.create_lead('$tenant', '{\"email\": \"new\@acme.example\", \"first_name\": \"New\", \"visits\": 3, \"phone\": \"+34 600 999 111\"}')");
sent();
is_deeply([ @{ remote('new@acme.example') }{qw(FirstName mx_Visits Phone)} ], [ 'New', '3', '+34600999111' ], 'a lead that is made here is made there');
is(sql("SELECT count(*) FROM lealup.lead_link WHERE sync_id = '$c' AND entity = 'lead'"), 4, 'and known to be that one');
sql("SELECT lealup.update_lead('$tenant', (SELECT id FROM lealup.lead WHERE fields ->> 'email' = 'new\@acme.example'), '{\"email\": \"newer\@acme.example\", \"visits\": null}')");
sent();
is(remote('new@acme.example'), undef, 'a change of what it is searched by');
is_deeply([ @{ remote('newer@acme.example') }{qw(FirstName mx_Visits)} ], [ 'New', undef ], 'changes the same lead');
is(writes(), 2, 'by one request each');
run('leads');
run('leads');
sent();
is(writes(), 2, 'what comes back is no news');
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'sent'"), 2, 'and causes nothing');
is(scalar @{ control('GET /leads') }, 4, 'there is no lead twice');
there(lead => remote('newer@acme.example')->{ProspectID}, FirstName => 'Theirs');
run('leads');
sent();
is(here('newer@acme.example'), '{"phone": "+34600999111", "first_name": "Theirs"}', 'what changes there comes here');
is(writes(), 2, 'and does not go back');

# A condition, and a pause.
sql("SELECT lealup.update_lead_automation('$tenant', '$automation', condition => '{\"stage\": {\"from\": \"opportunity won\", \"to\": \"post purchase\"}}')");
my $early3 = sql("SELECT id FROM lealup.lead WHERE fields ->> 'email' = 'early3\@acme.example'");
sql("SELECT lealup.update_lead('$tenant', '$early3', '{\"stage\": \"opportunity won\"}')");
sent();
is(remote('early3@acme.example')->{ProspectStage}, undef, 'what does not meet the condition stays here');
sql("SELECT lealup.update_lead('$tenant', '$early3', '{\"stage\": \"post purchase\"}')");
sent();
is(remote('early3@acme.example')->{ProspectStage}, 'post purchase', 'what does goes');
sql("SELECT lealup.update_lead_automation('$tenant', '$automation', condition => '{}')");

# A refusal is seen, and the next change goes.
control('/edit', { set => { FirstName => 'Owner', Phone => '+34-600777777' } });
sql("SELECT lealup.update_lead('$tenant', '$early3', '{\"phone\": \"+34600777777\"}')");
wait_until($node, "SELECT count(*) FROM lealup.action WHERE status = 'failed'", '1', timeout => 90);
like(sql("SELECT error FROM lealup.action WHERE status = 'failed'"), qr/MXDuplicateEntryException: A Lead with same Phone already exists/, 'what LeadSquared refuses is told as it says it');
like(sql("SELECT error FROM lealup.lead_sending WHERE local_id = '$early3'"), qr/MXDuplicateEntry/, 'and at the lead');
sql("SELECT lealup.update_lead('$tenant', '$early3', '{\"phone\": \"+34600777778\"}')");
sent();
is(remote('early3@acme.example')->{Phone}, '+34600777778', 'the next change goes');

# ---- Answers that are lost, limits ----------------------------------------------------

control('/faults', { path => '/v2/LeadManagement.svc/Lead.Capture', lose => JSON::PP::true });
sql("SELECT lealup.create_lead('$tenant', '{\"email\": \"lost\@acme.example\", \"first_name\": \"Lost\"}')");
sent();
is(scalar(grep { ($_->{EmailAddress} // '') eq 'lost@acme.example' } @{ control('GET /leads') }), 1, 'a lead whose answer was lost is there once');
is(sql("SELECT count(*) FROM lealup.lead WHERE fields ->> 'email' = 'lost\@acme.example'"), 1, 'and here');
is(control('GET /stats')->{refused}{MXAPIRateLimitExceededException}, undef, 'never was more asked in 5 seconds than the plan allows');
sql("UPDATE lealup.provider_budget SET option = NULL, units = 5000 WHERE provider = 'leadsquared'");
control('/faults', { path => '/v2/LeadManagement.svc/Lead.Update', status => 200, exception => 'MXAPIRateLimitExceededException', message => 'API calls exceeded the limit of 20 in 5 second(s)' });
sql("SELECT lealup.update_lead('$tenant', '$early3', '{\"first_name\": \"Limited\"}')");
wait_until($node, "SELECT wait_reason ~ 'limits' AND not_before BETWEEN now() AND now() + interval '5 s' FROM lealup.connection WHERE id = '$c'", 't', timeout => 60);
pass('a limit is waited for, 5 seconds, though its status is 200');
sent();
is(remote('early3@acme.example')->{FirstName}, 'Limited', 'then it goes');
is(sql("SELECT attempts FROM lealup.action WHERE input ->> 'id' = '$early3' ORDER BY id DESC LIMIT 1"), 1, 'and that was no attempt');

# ---- Activities ------------------------------------------------------------------------

my $posted = control('/activity', { lead => remote('early1@acme.example')->{ProspectID}, event => 201, note => 'Asked for an offer', at => '2026-11-20 10:00:00' })->{Id};
control('/activity', { lead => remote('early1@acme.example')->{ProspectID}, event => 202, note => 'Not mapped' });
run('activities');
is(sql("SELECT string_agg(concat_ws(' ', type, note, occurred_at AT TIME ZONE 'UTC'), ', ') FROM lealup.lead_activity"), 'call Asked for an offer 2026-11-20 10:00:00', 'activities of kinds that are mapped come');
control('/activity', { activity => $posted, note => 'Asked for two offers' });
run('activities');
is(sql("SELECT string_agg(note, ', ') FROM lealup.lead_activity"), 'Asked for two offers', 'and their changes');
sql("SELECT lealup.create_lead_automation('$tenant', 'Calls to sales', NULL, '{lead_activity.posted,lead_activity.updated}', connection_id => '$c')");
control('/faults', { path => '/v2/ProspectActivity.svc/Create', lose => JSON::PP::true });
my $mine = sql("SELECT lealup.post_lead_activity('$tenant', '$early3', 'call', 'Called back')");
sent();
my @calls = grep { $_->{note} eq 'Called back' } @{ control('GET /activities') };
is(scalar @calls, 1, 'one that is posted here is there once, though its answer was lost');
run('activities');
is(sql("SELECT count(*) FROM lealup.lead_activity"), 2, 'and once here');
sql("SELECT lealup.update_lead_activity('$tenant', '$mine', 'Called back twice')");
sent();
run('activities');
is_deeply([ sort map { $_->{note} } @{ control('GET /activities') } ], [ 'Asked for two offers', 'Called back twice', 'Not mapped' ], 'a change of it is one there');
is(sql("SELECT string_agg(note, ', ' ORDER BY note) FROM lealup.lead_activity"), 'Asked for two offers, Called back twice', 'and here');

# ---- Many pages, while leads are changed ------------------------------------------------

my @many = @{ control('/edit', [ map { { set => { EmailAddress => "many$_\@acme.example", FirstName => "Many $_" } } } 1 .. 2300 ]) };
control('/faults', { path => '/v2/LeadManagement.svc/Leads.RecentlyModified', times => 3, delay_ms => 1500 });
my $pid = fork() // die;
if ($pid == 0)
{
	# Those of the first page are changed while others are read.
	usleep 2_200_000;
	control('/edit', [ map { { lead => $many[$_]{ProspectID}, set => { FirstName => "Changed $_" } } } 0 .. 99 ]);
	POSIX::_exit(0);
}
run('leads');
waitpid $pid, 0;
run('leads');
is(sql("SELECT count(*) FROM lealup.lead WHERE fields ->> 'email' LIKE 'many%'"), 2300, 'of several pages none is passed over, though leads leave them meanwhile');
is(sql("SELECT count(*) FROM lealup.lead WHERE fields ->> 'first_name' LIKE 'Changed%'"), 100, 'and what was changed follows');
sent();
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'sent' AND input ->> 'id' IN (SELECT id::text FROM lealup.lead WHERE fields ->> 'email' LIKE 'many%')"), 0, 'none of them goes back');

# ---- Both sides at random, while workers are killed -------------------------------------

control('/reset', { limit => 100000 });
control('/fields', [ { SchemaName => 'mx_Visits', DataType => 'Number' } ]);
sql("SELECT lealup.disconnect('$tenant', '$c')");
$tenant = sql("SELECT lealup.create_tenant('Second')");
sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', 'ada\@team.example', 'admin')");
sql("SELECT lealup.set_lead_field('$tenant', 'visits', 'Visits', 'integer')");
control('/reset', { limit => 100000, org => 'another' });
control('/fields', [ { SchemaName => 'mx_Visits', DataType => 'Number' } ]);
$c = connect_with(activities => 'false');
wait_until($node, "SELECT state FROM lealup.connection WHERE id = '$c'", 'connected', timeout => 90);
sql("SELECT lealup.create_lead_sync('$tenant', 'Sales', connection_id => '$c', country => 'ES'); SELECT lealup.set_lead_sync_mapping('$tenant', '$c', 'visits', 'mx_Visits')");
wait_until($node, "SELECT count(*) > 0 FROM lealup.lead_remote_field WHERE connection_id = '$c'", 't', timeout => 90);
sql("SELECT lealup.enable_lead_sync('$tenant', '$c'); SELECT lealup.create_lead_automation('$tenant', 'To sales', NULL, connection_id => '$c')");
my $seed = $ENV{LEALUP_TEST_SEED} // time ^ $$;
$seed = int $seed;
note "seed $seed";
srand $seed;
my %map = (first_name => 'FirstName', last_name => 'LastName', company => 'Company', city => 'mx_City', visits => 'mx_Visits', phone => 'Phone');
my (%name_of, $number);
my $edits = 0;
my $kills = 0;
my $until = time + 60;
while (time < $until)
{
	my $email = 'lead' . int(rand 50) . '@acme.example';
	my %values = map { $_ => $_ eq 'visits' ? int(rand 1000) : $_ eq 'phone' ? '+346' . sprintf('%08d', ++$number) : rand() < 0.1 ? '' : "$_ " . int(rand 1e6) } grep { rand() < 0.4 } sort keys %map;
	$values{first_name} = 'Name ' . int(rand 1e6) unless %values;
	$edits++;
	if (rand() < 0.5)
	{
		my $set = $json->encode({ email => $email, %values });
		$node->psql('postgres', "SELECT lealup.save_leads('$tenant', '[{\"fields\": $set}]', 'email')");
	}
	else
	{
		my $lead = remote($email);
		my %set = map { $map{$_} => "$values{$_}" } keys %values;
		there(%set, $lead ? (lead => $lead->{ProspectID}) : (EmailAddress => $email));
	}
	$node->psql('postgres', "SELECT lealup.sync_now('$tenant', '$c', 'leads')") if rand() < 0.3;
	control('/faults', { path => (qw(Lead.Capture Lead.Update Leads.RecentlyModified))[ rand 3 ] =~ s{^}{/v2/LeadManagement.svc/}r, (rand() < 0.5 ? 'lose' : 'reset') => JSON::PP::true }) if rand() < 0.05;
	if ($kills < 4 && time > $until - 50 + $kills * 12)
	{
		my $worker = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'lealup%' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
		if ($worker)
		{
			kill 'KILL', $worker;
			$kills++;
			wait_for('the server to be back', sub { $node->psql('postgres', 'SELECT 1', timeout => 10) == 0 }, timeout => 60);
		}
	}
	usleep 30_000;
}
control('DELETE /faults');
note "$edits edits, $kills kills";
my ($settled, $ours, $theirs);
for my $round (1 .. 12)
{
	sql("UPDATE lealup.connection SET not_before = NULL WHERE id = '$c'; UPDATE lealup.connection_stream SET next_run_at = now() WHERE connection_id = '$c' AND claim_id IS NULL; UPDATE lealup.lead_sync_record SET next_attempt_at = now() WHERE next_attempt_at > now()");
	sent();
	run('leads');
	sent();
	$ours = sql("SELECT string_agg(concat_ws('|', fields ->> 'email', fields ->> 'first_name', fields ->> 'last_name', fields ->> 'company', fields ->> 'city', fields ->> 'visits', fields ->> 'phone'), E'\n'
		ORDER BY fields ->> 'email' COLLATE \"C\") FROM lealup.lead WHERE tenant_id = '$tenant'");
	$theirs = join "\n", map { my $l = $_; join '|', grep { defined } map { my $v = $l->{$_}; $v =~ s/-//g if defined $v && $_ eq 'Phone'; $v } qw(EmailAddress FirstName LastName Company mx_City mx_Visits Phone) }
		sort { ($a->{EmailAddress} // '') cmp ($b->{EmailAddress} // '') } @{ control('GET /leads') };
	last if $settled = $ours eq $theirs && $round > 1;
}
is($ours, $theirs, 'both sides end the same');
is(sql("SELECT count(*) = count(DISTINCT fields ->> 'email') AND count(*) > 20 FROM lealup.lead WHERE tenant_id = '$tenant'"), 't', 'no lead is here twice');
my %seen;
is(scalar(grep { $seen{ $_->{EmailAddress} }++ } @{ control('GET /leads') }), 0, 'nor there');
is(sql("SELECT count(*) FROM lealup.action WHERE tenant_id = '$tenant' AND status = 'failed'"), 0, 'nothing has failed for good');
my $writes = writes();
note "$writes writes";
cmp_ok($writes, '<', $edits * 2, 'what was written there is bounded by what was changed');
run('leads');
sent();
is(writes(), $writes, 'and it has come to rest');
is(sql("SELECT count(*) FROM lealup.lead_link k JOIN lealup.lead l ON l.tenant_id = k.tenant_id AND l.id = k.local_id JOIN lealup.lead_sync s ON s.tenant_id = k.tenant_id AND s.id = k.sync_id
	WHERE k.sync_id = '$c' AND lealup._lead_differs(s, l, k.base, false) <> '{}'"), 0, 'what is known of the other side is what is there');
$node->stop;
done_testing();
