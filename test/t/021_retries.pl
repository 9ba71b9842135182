# What happens to a delivery after its first attempt: retries, dead letters, replays, and subscriptions that are paused,
# deleted or disabled.
use strict;
use warnings;

use Encode qw(encode_utf8);
use JSON::PP qw(decode_json);
use LealupTest;
use POSIX qw(strftime);
use Test::More;

my $peer = start_peer();
my $node = new_node('retries', conf => 'lealup.max_retry_after = 1h');
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub rows { return @{ decode_json(encode_utf8(sql("SELECT coalesce(json_agg(r), '[]') FROM ($_[0]) r"))) } }

# Every case has a tenant of its own, so that its events reach its subscriptions only.
my $tenant;
sub new_tenant { my ($name) = @_; note $name; return $tenant = sql("SELECT lealup.create_tenant('$name')") }

# Options are SQL expressions by parameter name.
sub subscribe
{
	my ($path, %opt) = @_;
	my $url = $path =~ /^http/ ? $path : $peer->url('ok', $path);
	my $events = delete $opt{events} // q(ARRAY['customer.*']);
	my $options = join '', map { ", $_ => $opt{$_}" } sort keys %opt;
	return sql("SELECT lealup.create_subscription('$tenant', '$url', $events$options)");
}

sub emit
{
	my ($n) = @_;
	return sql("SELECT lealup.emit('$tenant', 'customer.updated', '{}') FROM generate_series(1, @{[ $n // 1 ]})");
}

# The attempts that were made, with the wait before each, measured from the end of the one before, and the planned wait after it.
sub attempts
{
	my ($subscription) = @_;
	return rows(qq(
		SELECT attempt_no, status, final, trigger, response_status, error, started_at, delivery_id,
		       extract(epoch FROM started_at - lag(started_at + latency_us * interval '1 microsecond') OVER w)::float8 AS waited,
		       extract(epoch FROM next_attempt_at - (started_at + latency_us * interval '1 microsecond'))::float8 AS will_wait
		FROM lealup.delivery_attempt WHERE subscription_id = '$subscription' WINDOW w AS (PARTITION BY delivery_id ORDER BY attempt_no)
		ORDER BY id));
}

sub wait_attempts
{
	my ($subscription, $n) = @_;
	wait_until($node, "SELECT count(*) FROM lealup.delivery_attempt WHERE subscription_id = '$subscription'", $n);
	return attempts($subscription);
}

sub replay_pending { sql("SELECT lealup.replay(tenant_id, id) FROM lealup.delivery_queue WHERE subscription_id = '$_[0]'"); return }
sub status { return sql("SELECT status FROM lealup.subscription WHERE id = '$_[0]'") }
sub received { my ($path) = @_; return grep { $_->{path} eq $path } $peer->requests }
sub seconds_ok { my ($value, $low, $high, $what) = @_; ok($value >= $low && $value <= $high, $what) or diag "$value is not in $low .. $high"; return }

# ---- The schedule ----

new_tenant('a short schedule');
my @steps = (0.3, 0.2, 0.5, 0.1);
my $short = subscribe('/status/503?short', retry_schedule => "'{300 ms, 200 ms, 500 ms, 100 ms}'");
my $event = emit();
my @attempts = wait_attempts($short, 4);
wait_idle($node);
is_deeply([ map { $_->{attempt_no} } @attempts ], [ 1 .. 4 ], 'attempts are numbered');
is_deeply([ map { $_->{status} } @attempts ], [ ('retrying') x 3, 'failed' ], 'the last one fails for good');
is_deeply([ map { $_->{final} ? 1 : 0 } @attempts ], [ 0, 0, 0, 1 ], 'and is the only final one');
cmp_ok($attempts[$_]{waited}, '>=', $steps[$_], "attempt $_ + 1 waits its step after the end of the one before") for 1 .. 3;
is($attempts[3]{will_wait}, undef, 'nothing follows the last one');
is(sql("SELECT bool_and(a.started_at >= e.created_at + interval '300 ms') FROM lealup.delivery_attempt a JOIN lealup.event e ON e.id = a.event_id
	WHERE a.subscription_id = '$short' AND a.attempt_no = 1"), 't', 'the first attempt waits the first step');
is($attempts[$_]{error}, 'the endpoint answered 503', 'the error tells the status') for 0 .. 3;
is(scalar(received('/status/503?short')), 4, 'so many requests were sent');
my ($delivery) = rows("SELECT * FROM lealup.delivery WHERE subscription_id = '$short'");
is("$delivery->{status} $delivery->{attempts} $delivery->{response_status}", 'failed 4 503', 'the dead letter is visible');
is(status($short), 'active', 'the subscription stays active');

sql("SELECT lealup.replay('$tenant', '$delivery->{id}')");
@attempts = wait_attempts($short, 8);
is_deeply([ map { $_->{attempt_no} } @attempts ], [ 1 .. 8 ], 'a replay goes on counting');
is_deeply([ map { $_->{final} ? 1 : 0 } @attempts ], [ 0, 0, 0, 1, 0, 0, 0, 1 ], 'and begins the schedule anew');
is_deeply([ map { $_->{trigger} } @attempts ], [ ('event') x 4, ('replay') x 4 ], 'the log tells the two apart');
is(scalar(grep { $_->{delivery_id} ne $delivery->{id} } @attempts), 0, 'the delivery id stays');
cmp_ok($attempts[$_]{waited}, '>=', $steps[ $_ - 4 ], 'the replay waits its steps') for 5 .. 7;

# Where an attempt takes longer than the step, it shows from when the wait counts.
my $late = subscribe('/hold/late', timeout => "'600 ms'", retry_schedule => "'{0, 300 ms, 300 ms}'");
emit();
@attempts = wait_attempts($late, 3);
cmp_ok($attempts[$_]{waited}, '>=', 0.3, 'a wait begins when the attempt before it has ended') for 1, 2;
wait_attempts($short, 12);

new_tenant('the default schedule');
my $default = subscribe('/status/500');
emit();
# Replaying a pending delivery only sends it earlier, so the seven steps can be walked.
my @default = (60, 300, 1800, 7200, 43200, 86400);
for my $n (1 .. 7)
{
	@attempts = wait_attempts($default, $n);
	if ($n == 7)
	{
		is("$attempts[6]{status}", 'failed', 'attempt 7 is the last');
		last;
	}
	my $step = $default[ $n - 1 ];
	my $jitter = $step / 10 > 30 ? 30 : $step / 10;
	seconds_ok($attempts[-1]{will_wait}, $step, $step + $jitter + 0.001, "after attempt $n the next one waits $step s and a little");
	is(sql("SELECT status || ' ' || attempt_no || ' ' || (next_attempt_at = (SELECT max(next_attempt_at) FROM lealup.delivery_attempt WHERE subscription_id = '$default'))
		FROM lealup.delivery_log WHERE subscription_id = '$default' AND status = 'pending'"), 'pending ' . ($n + 1) . ' true', 'the log shows when');
	replay_pending($default);
}
is(status($default), 'active', 'the subscription stays active');
emit();
is((wait_attempts($default, 8))[7]{attempt_no}, 1, 'and gets new events');

# ---- What is retried ----

new_tenant('statuses');
my @success = (200, 201, 202, 204, 206, 299);
my @final = (301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 499);
my @retried = (408, 425, 429, 500, 501, 502, 503, 504, 520, 599);
my %of = map { $_ => subscribe("/status/$_") } @success, @final, @retried;
my %any = map { $_ => subscribe("/status/$_", retry_on => "'any'") } 302, 404, 410, 204;
emit();
wait_until($node, 'SELECT count(*) FROM lealup.delivery_attempt WHERE tenant_id = ' . "'$tenant'", keys(%of) + keys(%any));
my %result = map { $_->{subscription_id} => "$_->{status} $_->{response_status}" }
  rows("SELECT subscription_id, status, response_status FROM lealup.delivery_attempt WHERE tenant_id = '$tenant'");
is($result{ $of{$_} }, "success $_", "$_ is a success") for @success;
is($result{ $of{$_} }, "failed $_", "$_ is final") for @final;
is($result{ $of{$_} }, "retrying $_", "$_ is retried") for @retried;
is($result{ $any{$_} }, "retrying $_", "$_ is retried if anything is") for 302, 404, 410;
is($result{ $any{204} }, 'success 204', 'but not a success');
is(scalar(received('/stolen')), 0, 'no redirect was followed');
is(sql("SELECT count(*) FROM lealup.subscription WHERE tenant_id = '$tenant' AND status <> 'active'"), 0, 'none of them disables a subscription');

# ---- Retry-After ----

new_tenant('Retry-After');
my $date = time() + 1200;
my $http_date = strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $date);
my %wait = (
	seconds => subscribe('/status/429?retry_after=600', retry_schedule => "'{0, 1 s}'"),
	date => subscribe('/status/503?retry_after=' . ($http_date =~ s/ /%20/gr), retry_schedule => "'{0, 1 s}'"),
	past => subscribe('/status/503?retry_after=Mon,%2001%20Jan%202001%2000:00:00%20GMT', retry_schedule => "'{0, 1 h}'"),
	earlier => subscribe('/status/429?retry_after=5', retry_schedule => "'{0, 1 h}'"),
	capped => subscribe('/status/429?retry_after=999999999', retry_schedule => "'{0, 1 s}'"),
	huge => subscribe('/status/429?retry_after=99999999999999999999999', retry_schedule => "'{0, 1 h}'"),
	negative => subscribe('/status/429?retry_after=-600', retry_schedule => "'{0, 1 h}'"),
	nonsense => subscribe('/status/429?retry_after=soon', retry_schedule => "'{0, 1 h}'"),
	final => subscribe('/status/404?retry_after=1', retry_schedule => "'{0, 1 s}'"),
	last => subscribe('/status/503?retry_after=1', retry_schedule => "'{0}'"));
emit();
my %first = map { $_ => (wait_attempts($wait{$_}, 1))[0] } sort keys %wait;
seconds_ok($first{seconds}{will_wait}, 600, 600.2, 'seconds are honoured');
my ($next) = sql("SELECT extract(epoch FROM next_attempt_at) FROM lealup.delivery_queue WHERE subscription_id = '$wait{date}'");
seconds_ok($next, $date, $date + 60, 'so is a date');
seconds_ok($first{$_}{will_wait}, 3600, 3630.001, "$_: the schedule's own wait is longer") for qw(past earlier huge negative nonsense);
seconds_ok($first{capped}{will_wait}, 3600, 3600.001, 'not longer than lealup.max_retry_after');
is($first{final}{status}, 'failed', 'what is final stays final');
is($first{last}{status}, 'failed', 'there is no attempt more than the schedule has');

# ---- Replay and recover ----

new_tenant('recover');
$peer->ask('/set/recover/503');
my $recover = subscribe('/switch/recover', retry_schedule => "'{0}'");
my $since = sql('SELECT clock_timestamp()');
emit(5);
wait_attempts($recover, 5);
my $until = sql('SELECT clock_timestamp()');
emit(2);
wait_attempts($recover, 7);
$peer->ask('/set/recover/200');
my $one = sql("SELECT id FROM lealup.delivery WHERE subscription_id = '$recover' ORDER BY id LIMIT 1");
is(sql("SELECT lealup.replay('$tenant', '$one')"), $one, 'a replay gives the delivery id');
wait_until($node, "SELECT status || ' ' || attempts FROM lealup.delivery WHERE id = '$one'", 'success 2');
is($node->psql('postgres', "SELECT lealup.replay('$tenant', lealup.uuid7())"), 3, 'an unknown delivery cannot be replayed');

sub recovered { my ($more) = @_; return sql("SELECT lealup.recover('$tenant', '$recover', '$since'$more)") }
is(recovered(', dry_run => true'), 6, 'a dry run counts all that failed');
is(recovered(", '$until', dry_run => true"), 4, 'within the period');
is(recovered(", '$until', 'success', dry_run => true"), 1, 'of the status');
is(recovered(", '$until', 'any', dry_run => true"), 5, 'or of any');
is(sql("SELECT count(*) FROM lealup.delivery_queue WHERE tenant_id = '$tenant'"), 0, 'and changes nothing');
is(recovered(", '$until'"), 4, 'a recovery of the period');
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$recover' AND status = 'success'", 5);
is(recovered(''), 2, 'then of all');
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$recover' AND status = 'success'", 7);
is(recovered(''), 0, 'then nothing is left');
is(scalar(received('/switch/recover')), 14, 'each was sent twice: once in vain, once recovered');

# ---- Pause, resume, delete ----

new_tenant('pause');
my $paused = subscribe('/paused');
my $control = subscribe('/control');
sql("SELECT lealup.pause_subscription('$tenant', '$paused')");
emit(3);
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$control' AND status = 'success'", 3);
is(sql("SELECT DISTINCT status || ' ' || error FROM lealup.delivery_log WHERE subscription_id = '$paused'"),
	'pending held: the subscription is paused', 'the log says what is held and why');
is(scalar(received('/paused')), 0, 'nothing was sent');
ok($node->psql('postgres', "SELECT lealup.send_test_event('$tenant', '$paused')"), 'not even a test event');
sql("SELECT lealup.resume_subscription('$tenant', '$paused')");
wait_attempts($paused, 3);
is(scalar(received('/paused')), 3, 'what was held is sent after resumption');

my $deleted = subscribe('/deleted', retry_schedule => "'{0, 1 h}'");
sql("SELECT lealup.pause_subscription('$tenant', '$deleted')");
emit(3);
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$deleted'", 3);
sql("SELECT lealup.delete_subscription('$tenant', '$deleted')");
is_deeply([ map { "$_->{status} " . ($_->{final} ? 'final ' : '') . $_->{error} } wait_attempts($deleted, 3) ],
	[ ('failed final cancelled: the subscription was deleted') x 3 ], 'what was pending ends as failed');
emit();
wait_until($node, "SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$control' AND status = 'success'", 7);
is(sql("SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$deleted'"), 3, 'later events are not for it');
is(scalar(received('/deleted')), 0, 'nothing is sent to it');
$one = sql("SELECT id FROM lealup.delivery WHERE subscription_id = '$deleted' LIMIT 1");
ok($node->psql('postgres', "SELECT lealup.replay('$tenant', '$one')"), 'nothing can be replayed to it');

# ---- Changes reach what is pending ----

new_tenant('changes');
my $moved = subscribe($peer->url('refused', '/'), retry_schedule => "'{0, 1 h}'");
emit();
like((wait_attempts($moved, 1))[0]{error}, qr/^connection: /, 'a refused connection is retried');
sql("SELECT lealup.update_subscription('$tenant', '$moved', url => '" . $peer->url('ok', '/moved') . "')");
replay_pending($moved);
is((wait_attempts($moved, 2))[1]{status}, 'success', 'a changed url is used for what is pending');
is(scalar(received('/moved')), 1, 'and only that');

my $patient = subscribe('/hold/patient', timeout => "'30 s'");
my $impatient = subscribe('/hold/impatient', timeout => "'300 ms'", retry_schedule => "'{0, 1 h}'");
emit();
is((wait_attempts($impatient, 1))[0]{error}, 'timeout: no complete response within 300 ms', 'a timeout of its own');
is($peer->ask('/release/patient')->{released}, 1, 'others have theirs');
is((wait_attempts($patient, 1))[0]{status}, 'success', 'and wait that long');

my $test = subscribe('/status/503?test', retry_schedule => "'{0, 1 ms, 1 ms}'");
sql("SELECT lealup.send_test_event('$tenant', '$test')");
is_deeply([ map { "$_->{attempt_no} $_->{status}" } wait_attempts($test, 1) ], ['1 failed'], 'a test event is tried once');

# ---- Disabling ----

new_tenant('gone');
my $observer = subscribe('/observer', events => q(ARRAY['integration.disconnected']));
my $gone = subscribe('/status/410?gone', disable_on_gone => 'true');
emit();
wait_until($node, "SELECT status FROM lealup.subscription WHERE id = '$gone'", 'disabled');
is(sql("SELECT status_reason FROM lealup.subscription WHERE id = '$gone'"), 'the endpoint answered 410 Gone', 'with its reason');
wait_attempts($observer, 1);
my ($told) = received('/observer');
my $told_body = decode_json(encode_utf8($told->{body}));
is($told_body->{event}, 'integration.disconnected', 'the tenant hears of it');
is_deeply([ @{ $told_body->{data} }{qw(integration subscription_id reason)} ],
	[ 'webhook', $gone, 'the endpoint answered 410 Gone' ], 'which subscription, and why');
emit();
wait_until($node, "SELECT error FROM lealup.delivery_log WHERE subscription_id = '$gone' AND status = 'pending'", 'held: the subscription is disabled');
is(scalar(received('/status/410?gone')), 1, 'a disabled subscription is sent nothing');
sql("SELECT lealup.update_subscription('$tenant', '$gone', url => '" . $peer->url('ok', '/back') . "')");
sql("SELECT lealup.resume_subscription('$tenant', '$gone')");
is((wait_attempts($gone, 2))[1]{status}, 'success', 'resumption sends what was held');
is(status($gone), 'active', 'and it is active again');

new_tenant('failures');
$observer = subscribe('/observer2', events => q(ARRAY['integration.*']));
my $failing = subscribe('/switch/failing', retry_schedule => "'{0, 1 ms}'", disable_after_failures => 3);
sub deliver_one
{
	my ($code) = @_;
	$peer->ask("/set/failing/$code");
	emit();
	wait_until($node, "SELECT NOT EXISTS (SELECT FROM lealup.outbox) AND NOT EXISTS (SELECT FROM lealup.delivery_queue WHERE subscription_id = '$failing')");
	return sql("SELECT status || ' ' || consecutive_failures FROM lealup.subscription WHERE id = '$failing'");
}
is(deliver_one(500), 'active 1', 'a failed delivery counts once, however often it was tried');
is(deliver_one(500), 'active 2', 'one more');
is(deliver_one(200), 'active 0', 'a success resets the count');
is(deliver_one(500), 'active 1', 'it begins anew');
is(deliver_one(404), 'active 2', 'and counts whatever fails');
like(deliver_one(500), qr/^disabled/, 'three in a row disable it');
is(sql("SELECT status_reason FROM lealup.subscription WHERE id = '$failing'"), '3 deliveries in a row failed', 'with its reason');
wait_attempts($observer, 1);
is((received('/observer2'))[0]{header}{'x-lealup-event'}, 'integration.disconnected', 'the tenant hears of it');
$peer->ask('/set/failing/200');
emit(4);
wait_until($node, "SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id = '$failing'", 4);
sql("SELECT lealup.resume_subscription('$tenant', '$failing')");
wait_until($node, "SELECT count(*) FROM lealup.delivery_queue WHERE subscription_id = '$failing'", 0);
is(sql("SELECT status || ' ' || consecutive_failures FROM lealup.subscription WHERE id = '$failing'"), 'active 0', 'resumption resets the count, too');

# Many that fail at once, among them some that were in flight when the third one failed, disable it once.
new_tenant('failures at once');
$observer = subscribe('/observer3', events => q(ARRAY['integration.*']));
my $burst = subscribe('/hold/burst', retry_schedule => "'{0}'", disable_after_failures => 3, timeout => "'1 s'");
emit(20);
wait_until($node, "SELECT status FROM lealup.subscription WHERE id = '$burst'", 'disabled');
wait_attempts($observer, 1);
wait_until($node, "SELECT in_flight FROM lealup.worker_status WHERE worker LIKE 'delivery%'", 0);
is(scalar(received('/observer3')), 1, 'failures at once are told once');

$node->stop;
done_testing();
