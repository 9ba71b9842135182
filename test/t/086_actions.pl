# Actions with running workers: what was approved arrives once and in order, whatever happens to the provider, to the network or to the worker.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $top = dirname(__FILE__) . '/..';
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $base = "http://127.0.0.1:$port";
my $http = HTTP::Tiny->new;
my $server;

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}

$server = fork() // die;
exec 'python3', "$top/peers/records_server.py", $port if $server == 0;
END { if (defined $server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }
wait_for('the server', sub { control(op => 'stats') });

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sql(qq{
	CREATE SCHEMA acme;
	GRANT USAGE ON SCHEMA acme TO PUBLIC;
	INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, fields)
	VALUES ('acme', 'Acme', 'workspace', '$base', '{127.0.0.1}', 'api_key', '[{"name": "api_key", "title": "API key", "secret": true, "required": true}]');
	CREATE FUNCTION acme.request(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('method', 'POST', 'path', '/' || (call ->> 'operation'), 'json',
		jsonb_build_object('text', call #> '{input,text}') || CASE call ->> 'operation' WHEN 'issues' THEN jsonb_build_object('key', call #> '{action,idempotency_key}') ELSE '{}' END);
	CREATE FUNCTION acme.response(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('external_id', response #> '{body,id}');
	CREATE FUNCTION acme.search(call jsonb) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object('path', '/issues', 'query', jsonb_build_object('key', call #> '{action,idempotency_key}'));
	CREATE FUNCTION acme.found(call jsonb, response jsonb) RETURNS jsonb LANGUAGE sql STABLE
		RETURN CASE WHEN response #> '{body,found,0}' IS NOT NULL THEN jsonb_build_object('external_id', response #> '{body,found,0}') END;
	INSERT INTO lealup.provider_operation (provider, name, title, audience, input, request, response, idempotency) VALUES
		('acme', 'messages', 'Say', 'customer', '{"text": {"required": true}}', 'acme.request', 'acme.response', '{"in": "header", "field": "Idempotency-Key"}'),
		('acme', 'plain', 'Say', 'own_team', '{"text": {"required": true}}', 'acme.request', 'acme.response', NULL),
		('acme', 'issues', 'Make', 'customer', '{"text": {"required": true}}', 'acme.request', 'acme.response', '{"search": "acme.search", "found": "acme.found"}');
});
my $tenant = sql("SELECT lealup.create_tenant('Acme')");
my $member = sql("INSERT INTO lealup.member (tenant_id, email, role) VALUES ('$tenant', 'ada\@example.com', 'admin') RETURNING id");
my $c = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, account_id) VALUES ('$tenant', 'acme', 'workspace', 'connected', 'a1') RETURNING id");
sql("SELECT lealup._store_secret('$tenant', '$c', 'api_key', 'key-of-the-test')");

sub draft
{
	my ($operation, $text, $more) = @_;
	$more //= '';
	return sql(qq(SELECT lealup.create_action('$tenant', '$c', '$operation', '{"text": "$text"}'$more)));
}

sub approve
{
	my (@ids) = @_;
	sql("SET lealup.member_id = '$member'; SELECT lealup.approve_action('$tenant', id) FROM unnest('{" . join(',', @ids) . "}'::uuid[]) WITH ORDINALITY u(id, n) ORDER BY n");
	return;
}

sub settles
{
	my ($id, $status, $name) = @_;
	wait_until($node, "SELECT status FROM lealup.action WHERE id = '$id'", $status, timeout => 90);
	pass($name);
	return;
}

# What has arrived with a text.
sub arrived
{
	my ($text) = @_;
	return scalar grep { $_->{text} eq $text } @{ control(op => 'posted')->{posted} };
}

# Retries come at once: the test does not wait for a minute.
sub hurry
{
	my ($id) = @_;
	wait_until($node, "SELECT status, attempts > 0, next_attempt_at > now() + interval '5 s' FROM lealup.action WHERE id = '$id'", 'approved|t|t', timeout => 90);
	sql("SET lealup.member_id = '$member'; SELECT lealup.retry_action('$tenant', '$id')");
	return;
}

# ---- Only what was approved ---------------------------------------------------

my $first = draft('messages', 'first');
my $second = draft('messages', 'second');
approve($second);
settles($second, 'sent', 'what was approved is sent');
is(arrived('second') . arrived('first'), '10', 'and nothing else');
is(sql("SELECT external_id, attempts, error IS NULL FROM lealup.action WHERE id = '$second'"), 'p1|1|t', 'what it made is known');

# ---- Attempts -------------------------------------------------------------------

control(op => 'fault', path => '/messages', status => 500, body => 'trouble');
approve($first);
hurry($first);
settles($first, 'sent', 'after trouble it is sent');
is(arrived('first'), 1, 'once');

my $lost = draft('messages', 'lost');
control(op => 'fault', path => '/messages', status => 502, body => 'no answer', lose => JSON::PP::true);
approve($lost);
hurry($lost);
settles($lost, 'sent', 'an answer that got lost is asked for again');
is(arrived('lost'), 1, 'with the same key, so that it happens once');

my $issue = draft('issues', 'issue');
control(op => 'fault', path => '/issues', status => 0, lose => JSON::PP::true);
approve($issue);
hurry($issue);
settles($issue, 'sent', 'where there are no keys');
is(arrived('issue'), 1, 'it is looked for, and found');

my $plain = draft('plain', 'plain');
control(op => 'fault', path => '/plain', status => 0, lose => JSON::PP::true);
approve($plain);
settles($plain, 'failed', 'where there is neither');
like(sql("SELECT error FROM lealup.action WHERE id = '$plain'"), qr/may have worked/, 'somebody has to look');
is(arrived('plain'), 1, 'and it is not sent twice by itself');

my $limited = draft('messages', 'limited');
control(op => 'fault', path => '/messages', status => 429, headers => { 'Retry-After' => '2' }, body => '{}');
approve($limited);
settles($limited, 'sent', 'a limit is waited for');
is(sql("SELECT attempts FROM lealup.action WHERE id = '$limited'"), '1', 'which is no attempt');

# ---- A crash between sending and recording -----------------------------------------

my @crash = (draft('messages', 'crash-key'), draft('issues', 'crash-search'), draft('plain', 'crash-plain'));
control(op => 'fault', path => $_, lose => JSON::PP::true, delay => 600) for '/messages', '/issues', '/plain';
approve(@crash);
wait_for('all three to be on their way', sub { arrived('crash-key') && arrived('crash-search') && arrived('crash-plain') });
is(sql("SELECT string_agg(DISTINCT status || ' ' || handed_out, ',') FROM lealup.action WHERE id IN ('" . join("','", @crash) . "')"), 'sending true', 'their answers are not there');
$node->stop('immediate');
$node->start;
settles($crash[0], 'sent', 'after a crash one goes again, with its key');
settles($crash[1], 'sent', 'one is looked for');
settles($crash[2], 'failed', 'and one is for somebody to look at');
is(join(' ', map { arrived("crash-$_") } qw(key search plain)), '1 1 1', 'each happened once');

# ---- Order ------------------------------------------------------------------------------

my $ticket = sql("INSERT INTO lealup.ticket (tenant_id, subject) VALUES ('$tenant', 'Help') RETURNING id");
my @row = map { draft('messages', "order-$_", ", ticket_id => '$ticket'") } 1 .. 5;
control(op => 'fault', path => '/messages', status => 500, body => 'trouble');
approve(@row);
hurry($row[0]);
settles($row[4], 'sent', 'those of one ticket are sent');
is(join(' ', map { $_->{text} } grep { $_->{text} =~ /^order/ } @{ control(op => 'posted')->{posted} }), 'order-1 order-2 order-3 order-4 order-5', 'in the order in which they were approved');

# ---- Holds ----------------------------------------------------------------------------------

control(op => 'tokens', valid => ['another key']);
my $held = draft('messages', 'held');
approve($held);
wait_until($node, "SELECT status, held ~ 'state error' FROM lealup.actions WHERE id = '$held'", 'approved|t', timeout => 60);
pass('a connection whose key is refused holds what it has to send, for all to see');
is(sql("SELECT state FROM lealup.connection WHERE id = '$c'"), 'error', 'and is in error');
control(op => 'tokens', valid => undef);
sql("SELECT lealup._connection_established('$tenant', '$c', clock_timestamp())");
settles($held, 'sent', 'when it works again it goes');
is(arrived('held'), 1, 'once');

# ---- Rules ----------------------------------------------------------------------------------

sql(qq(SELECT lealup.set_notification_rule('$tenant', 'Tickets', '{ticket.created}', '$c', 'plain', '{"text": "ticket {{data.subject}}"}')));
sql("INSERT INTO lealup.ticket (tenant_id, subject) SELECT '$tenant', n::text FROM generate_series(1, 50) n");
wait_until($node, "SELECT count(*) FROM lealup.action WHERE rule_id IS NOT NULL AND status = 'sent'", '50', timeout => 90);
my %texts = map { $_->{text} => 1 } grep { $_->{text} =~ /^ticket/ } @{ control(op => 'posted')->{posted} };
is(scalar(keys %texts), 50, 'what a rule tells of is told');
is(sql("SELECT count(*) FROM lealup.action WHERE status = 'sent' AND approved_by IS NULL AND (audience <> 'own_team' OR rule_id IS NULL)"), '0', 'nothing was sent that nobody had approved');
is(sql('SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL'), 0, 'no worker tells of an error');
$node->stop;
done_testing();
