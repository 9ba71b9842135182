# The OpenAPI document as others see it: a linter, and a client that knows the API by its document alone.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use IPC::Run;
use JSON::PP qw(decode_json encode_json);
use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;

my $modules = PostgreSQL::Test::Utils::tempdir('npm');
my $wanted = '@stoplight/spectral-cli@6.16.3 ajv@8.20.0 ajv-formats@3.0.1';
plan skip_all => 'there is no node' if system('command -v node >/dev/null') != 0;
plan skip_all => 'linter and validator could not be installed'
  if system("npm install --silent --no-audit --no-fund --prefix '$modules' $wanted >'$modules/npm.log' 2>&1") != 0;

# Requests to the addresses of examples end at a proxy that is not there.
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $nobody = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\nlealup.public_url = 'http://127.0.0.1:$port'\nlealup.proxy = 'http://127.0.0.1:$nobody'");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

my $document = wait_for('the gateway', sub {
	my $answer = http_get($port, '/v1/openapi.json');
	return $answer && $answer->{status} == 200 && $answer->{body};
});

# ---- The linter -------------------------------------------------------------

append_to_file("$modules/openapi.json", $document);
append_to_file("$modules/ruleset.yaml", qq(extends: ["spectral:oas"]\n));
sub lint
{
	my ($file) = @_;
	my $ok = IPC::Run::run([ "$modules/node_modules/.bin/spectral", 'lint', $file, '--ruleset', "$modules/ruleset.yaml", '--fail-severity', 'hint', '--quiet' ],
		'>', \my $output, '2>&1');
	return ($ok, $output);
}
my ($ok, $said) = lint("$modules/openapi.json");
ok($ok, 'the linter finds nothing, neither error nor warning') or diag($said);
(my $spoiled = $document) =~ s/"operationId"/"operation"/ or die 'the document has no operations';
append_to_file("$modules/spoiled.json", $spoiled);
($ok, $said) = lint("$modules/spoiled.json");
ok(!$ok && $said =~ /operationId/, 'but it would') or diag($said);

# ---- What the API does not make ---------------------------------------------

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
my %ids;
sub make
{
	my ($name, $sql) = @_;
	($ids{$name}) = split /\n/, sql($sql);
	return;
}
make('member_id', "INSERT INTO lealup.member (tenant_id, email, name, role) VALUES ('$tenant', 'lee\@your-system.com', 'Lee', 'director') RETURNING id");
make('segment_id', "INSERT INTO lealup.segment (tenant_id, name) VALUES ('$tenant', 'Enterprise') RETURNING id");
make('meeting_id', "INSERT INTO lealup.meeting (tenant_id, title, starts_at, ends_at) VALUES ('$tenant', 'Review', '2030-07-01', '2030-07-02') RETURNING id");
make('document_id', "SELECT lealup.upsert_kb_document('$tenant', 'manual', 'd1', 'Exports', 'How to export data.', 'english')");
make('playbook_id', "SELECT lealup.create_playbook('$tenant', 'Welcome', '{customer.created}', '[{\"type\": \"create_task\", \"title\": \"Greet\"}, {\"type\": \"wait\", \"for\": \"1 day\"}, {\"type\": \"note\", \"title\": \"Greeted\"}]')");
# Two customers with renewals, of which one is completed and one lost, and a message that tells of an issue.
sql("INSERT INTO lealup.customer (tenant_id, name, renewal_date) VALUES ('$tenant', 'Beta', '2026-01-01'), ('$tenant', 'Gamma', '2026-01-02');
	SELECT lealup.add_timeline_event('$tenant', 'email', 'Contract', 'We want to cancel our contract.', customer_id => c.id, direction => 'in', source => 'mail') FROM lealup.customer c WHERE name = 'Beta'");
wait_until($node, q{SELECT count(*) FROM lealup.playbook_run r JOIN lealup.playbook_step_run s ON s.run_id = r.id AND s.status = 'pending'}, 2);
make('run_id', "UPDATE lealup.playbook_run SET status = 'failed', finished_at = now() WHERE id = (SELECT min(id::text)::uuid FROM lealup.playbook_run) RETURNING id");
sql("SELECT lealup.save_import_mapping('$tenant', 'accounts', 'customer', '{\"external_id\": \"Id\", \"name\": \"Name\"}')");
make('import_id', "SELECT (lealup.import_csv('$tenant', 'accounts', E'Id,Name\\n1,Zeta\\n2,')).import_id");
# A connection that works, what it was told, and what it could not take in.
sql("SELECT lealup.set_oauth_client(NULL, 'gmail', 'client', 'client-secret', 'https://hub.example.com/v1/oauth/callback')");
make('connection_id', "INSERT INTO lealup.connection (tenant_id, provider, kind, member_id, state, account_id) VALUES ('$tenant', 'gmail', 'personal', '$ids{member_id}', 'connected', 'lee\@your-system.com') RETURNING id");
sql("INSERT INTO lealup.connection_stream (tenant_id, connection_id, stream, next_run_at) VALUES ('$tenant', '$ids{connection_id}', 'messages', 'infinity');
	INSERT INTO lealup.sync_run (tenant_id, id, retention_class, connection_id, stream, mode, result, started_at, ended_at, seen, created, updated, same, deleted, failed, skipped, calls, waited_ms)
	VALUES ('$tenant', lealup.uuid7(), 30, '$ids{connection_id}', 'messages', 'backfill', 'ok', now(), now(), 1, 0, 0, 0, 0, 1, 0, 2, 0)");
make('error_id', "INSERT INTO lealup.record_error (tenant_id, connection_id, stream, external_id, class, reason, item, created_at, updated_at)
	VALUES ('$tenant', '$ids{connection_id}', 'messages', 'm1', 'unavailable', 'it is not there', '{\"id\": \"m1\"}', now(), now()) RETURNING id");
make('inbound_id', "INSERT INTO lealup.inbox (tenant_id, id, connection_id, name, received_at, dedupe_key, headers, status, next_attempt_at)
	VALUES ('$tenant', lealup.uuid7(), '$ids{connection_id}', 'pubsub', now(), 'n1', '{}', 'failed', now()) RETURNING id");
# A lead sync, and a record that it could not apply.
make('lead_sync_id', "SELECT sync_id FROM lealup.create_lead_sync('$tenant', 'Clinic')");
sql("SELECT lealup.enable_lead_sync('$tenant', '$ids{lead_sync_id}'); SELECT lealup._apply_leads('$tenant', '$ids{lead_sync_id}', ARRAY['{\"entity\": \"lead\", \"fields\": {\"email\": \"none\"}}'::jsonb])");
make('sync_record_id', 'SELECT id FROM lealup.lead_sync_record');
# What is done at a provider is approved by a member, whose key another one is.
sql("INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('desk', 'Desk', 'workspace', 'https://desk.example', '{desk.example}', 'none');
	INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response) VALUES ('desk', 'reply', 'Reply', 'customer', '{\"text\": {\"required\": true}}', 'x.x', 'x.x'),
		('desk', 'tell', 'Tell', 'own_team', '{}', 'x.x', 'x.x')");
make('desk_id', "INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id, paused_at) VALUES ('$tenant', 'desk', 'workspace', 'connected', 'd', now()) RETURNING id");
sql("INSERT INTO lealup.member_account (tenant_id, connection_id, external_id) VALUES ('$tenant', '$ids{desk_id}', 'U1');
	INSERT INTO lealup.mail_failure (tenant_id, member_id, address, reason, failed_at) VALUES ('$tenant', '$ids{member_id}', 'lee\@your-system.com', '550 no such user', now())");
my $key = sql("SELECT lealup.create_api_key('$tenant', 'client', '{*}', rate_limit => 1000000)");
my $member_key = sql("SELECT lealup.create_api_key('$tenant', 'lee', '{*}', '$ids{member_id}', rate_limit => 1000000)");

# ---- The client -------------------------------------------------------------

my $client = File::Spec->rel2abs(dirname(__FILE__) . '/../peers/api_client.mjs');
local @ENV{qw(KEY MEMBER_KEY IDS)} = ($key, $member_key, encode_json(\%ids));
my $ran = IPC::Run::run([ 'node', $client, '--library', $modules, '--url', "http://127.0.0.1:$port" ], '>', \my $output, '2>', \my $errors);
ok($ran, 'the client runs to its end') or diag($errors);
foreach my $line (map { decode_json($_) } split /\n/, $output)
{
	is_deeply($line->{problems}, [], $line->{what});
}
cmp_ok(scalar(split /\n/, $output), '>', 150, 'so many were judged');

$node->stop;
done_testing();
