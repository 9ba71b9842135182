# HTTP requests that meet: each is a transaction of its own, as the gateway makes it.
use strict;
use warnings;

use IPC::Run;
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# A request as SQL; gives status, headers and body in lines of their own.
sub request
{
	my ($method, $path, $key, %opt) = @_;
	my $body = defined $opt{body} ? "convert_to('$opt{body}', 'UTF8')" : 'NULL';
	my $headers = join ', ', map { qq("$_": "$opt{headers}{$_}") } keys %{ $opt{headers} // {} };
	my $all = join ', ', grep { length } ($key ? qq("authorization": "Bearer $key") : ''), '"content-type": "application/json"', $headers;
	return "SELECT concat_ws(E'\\n', status, response_headers, convert_from(response_body, 'UTF8')) "
	  . "FROM lealup.http_request('$method', '$path', NULL, '{$all}', $body)";
}

sub answer
{
	my (@request) = @_;
	return sql('SET ROLE lealup_gateway; ' . request(@request));
}

sub begin
{
	my ($sql) = @_;
	my %run = (out => '', err => '');
	$run{handle} = IPC::Run::start([ 'psql', '-qXAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $sql ],
		'<', \undef, '>', \$run{out}, '2>', \$run{err});
	wait_for('the other session', sub {
		$run{handle}->pump_nb;
		!$run{handle}->pumpable || sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Lock'}) > 0 });
	return \%run;
}

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
my $key = sql("SELECT lealup.create_api_key('$tenant', 'test', '{*}')");
my $path = '/v1/webhook-subscriptions/' . sql("SELECT lealup.create_subscription('$tenant', 'https://receiver.example/', '{*}')");
my $session = $node->background_psql('postgres');

# ---- One Idempotency-Key ----------------------------------------------------

my @event = ('POST', '/v1/events', $key, body => '{"event": "task.created", "data": {}}', headers => { 'idempotency-key' => 'one' });
$session->query_safe('BEGIN; ' . request(@event));
like(answer(@event), qr/^409\n.*"retry-after": "1"/, 'a request that is being answered is not answered twice');
$session->query_safe('ROLLBACK');
my $first = answer(@event);
like($first, qr/^201\n/, 'one that failed may be made again');
my $again = answer(@event);
like($again, qr/^201\n.*"idempotency-replayed": "true"/, 'one that was answered has its answer');
is((split /\n/, $again)[2], (split /\n/, $first)[2], 'the same');
is(sql("SELECT count(*) FROM lealup.event WHERE tenant_id = '$tenant'"), 1, 'it happened once');

# ---- Who is in the way ------------------------------------------------------

sql("UPDATE lealup.api_key SET last_used_at = now() - interval '1 hour'");
$session->query_safe('BEGIN; SELECT FROM lealup.api_key FOR UPDATE');
like(answer('GET', $path, $key), qr/^200\n/, 'noting the last use waits for nobody');
$session->query_safe('COMMIT');

my ($etag) = answer('GET', $path, $key) =~ /"etag": "\\"([^"\\]+)\\""/;
my @change = ('PATCH', $path, $key, headers => { 'if-match' => '\\"' . $etag . '\\"' });
$session->query_safe('BEGIN; ' . request(@change, body => '{"description": "first"}'));
like(sql("SET ROLE lealup_gateway; SET lock_timeout = '100ms'; " . request(@change, body => '{"description": "second"}')), qr/^503\n.*"retry-after"/, 'who waits too long is told to try again');
my $other = begin('SET ROLE lealup_gateway; ' . request(@change, body => '{"description": "second"}'));
$session->query_safe('COMMIT');
$other->{handle}->finish;
like($other->{out}, qr/^412\n/, 'of two that saw one version, one changes it');
is(sql('SELECT description FROM lealup.subscription'), 'first', 'the first');

# The objects of the core have no version of their own: a hash of what they show is as good.
foreach my $object ([ 'customers', 'name' ], [ 'contacts', 'name' ], [ 'tasks', 'title' ], [ 'tickets', 'subject' ])
{
	my ($resource, $field) = @$object;
	my $made = answer('POST', "/v1/$resource", $key, body => qq({"$field": "made"}));
	my ($where) = $made =~ /"location": "([^"]+)"/;
	my ($version) = $made =~ /"etag": "\\"([^"\\]+)\\""/;
	my @patch = ('PATCH', $where, $key, headers => { 'if-match' => '\\"' . $version . '\\"' });
	$session->query_safe('BEGIN; ' . request(@patch, body => qq({"$field": "first"})));
	my $second = begin('SET ROLE lealup_gateway; ' . request(@patch, body => qq({"$field": "second"})));
	$session->query_safe('COMMIT');
	$second->{handle}->finish;
	like($second->{out}, qr/^412\n/, "of two that saw one version of one of the $resource, one changes it");
	like(answer('GET', $where, $key), qr/"$field" : "first"/, 'the first');
}

# What is unique is taken by one of two that come at once.
$session->query_safe('BEGIN; ' . request('POST', '/v1/contacts', $key, body => '{"email": "jo@a.example"}'));
my $same = begin('SET ROLE lealup_gateway; ' . request('POST', '/v1/contacts', $key, body => '{"email": "JO@a.example"}'));
$session->query_safe('COMMIT');
$same->{handle}->finish;
like($same->{out}, qr/^409\n/, 'an e-mail address belongs to one contact');
$session->query_safe('BEGIN; ' . request('POST', '/v1/customers', $key, body => '{"name": "One", "identities": [{"provider": "crm", "external_id": "1"}]}'));
$same = begin('SET ROLE lealup_gateway; ' . request('POST', '/v1/customers', $key, body => '{"name": "Two", "identities": [{"provider": "crm", "external_id": "1"}]}'));
$session->query_safe('COMMIT');
$same->{handle}->finish;
like($same->{out}, qr/^409\n.*identities\[0\]/s, 'an external id to one customer');
is(sql("SELECT count(*) FROM lealup.customer WHERE name = 'Two'"), 0, 'who came too late left nothing');

# ---- A limit for all processes ----------------------------------------------

my $slow = sql("SELECT lealup.create_api_key('$tenant', 'slow', '{*}', rate_limit => 1)");
# Ten at once, and one more each second.
my @statuses = map { (split /\n/, answer('GET', '/v1/webhook-events', $slow))[0] } 1 .. 25;
ok($statuses[0] == 200 && $statuses[9] == 200 && grep({ $_ == 429 } @statuses) > 0, 'every session counts') or diag("@statuses");

# ---- Too late ---------------------------------------------------------------

sql(q{CREATE FUNCTION lealup._http_sleep(call lealup.http_call) RETURNS lealup.http_reply LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
	SELECT lealup._add_route('GET', '/sleep', '_http_sleep', NULL, 'Sleeps')});
my ($rc, $out, $err) = $node->psql('postgres', "SET ROLE lealup_gateway; SET statement_timeout = '200ms'; " . request('GET', '/sleep'));
like($err, qr/canceling statement due to statement timeout/, 'a request that is cancelled ends, which is for the listener to say');

# ---- Metrics ----------------------------------------------------------------

like(answer('GET', '/metrics'), qr/^401\n/, 'metrics need a key');
$node->append_conf('postgresql.conf', 'lealup.metrics_public = on');
$node->reload;
wait_for('the reload', sub { sql('SHOW lealup.metrics_public') eq 'on' });
my $metrics = answer('GET', '/metrics');
like($metrics, qr/^lealup_worker_up\{worker="sync"\} 1$/m, 'unless they are public: then they tell of the workers');
like($metrics, qr/^lealup_subscriptions\{status="active"\} 1$/m, 'and of every tenant');

# ---- Revocation -------------------------------------------------------------

sql("SELECT lealup.revoke_api_key(tenant_id, id) FROM lealup.api_key WHERE name = 'test'");
like(answer('GET', $path, $key), qr/^401\n/, 'a key that is revoked ends at once');

$session->quit;
unlike(slurp_file($node->logfile), qr/\Q$key\E|whsec_/, 'no key is in the log');
$node->stop;
done_testing();
