# Rows that nobody could make through the functions, put in by hand: each of
# them fails alone, where somebody can see it, and everything else goes on.
# A constraint that refuses such a row is as good.
use strict;
use warnings;

use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $node = new_node('main');
$node->start;
setup_db($node);

my $tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('poisoned')});
my $other_tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('another')});

sub subscribe
{
	my ($owner, $path, $events) = @_;
	my $url = $peer->url('ok', $path);
	return $node->safe_psql('postgres',
		qq{SELECT lealup.create_subscription('$owner', '$url', '$events', rate_limit => 0)});
}

# Every poisoned row has healthy neighbours: the same event to another
# subscription, and another tenant.
my $healthy = subscribe($tenant, '/healthy', '{health.changed}');
my $neighbour = subscribe($other_tenant, '/neighbour', '{health.changed}');

sub emit
{
	my ($name, $owner) = @_;
	$owner //= $tenant;
	return $node->safe_psql('postgres', qq{
		SELECT lealup.emit('$owner', 'health.changed', '{"name":"$name"}', context => '{"arr":5,"segment_id":"s"}')});
}

# How many requests with that name came to a path.
sub came
{
	my ($path, $name) = @_;
	return scalar grep { /"path": "\Q$path\E"/ && /\\"name\\":\\"$name\\"/ } $peer->lines('ok');
}

my $pid = worker_pid($node);
my $sync_pid = worker_pid($node, kind => 'sync');
my $number = 0;

# A failure here is one of many, and not to take as long as the whole test may.
my $patience = 60;

# What is around the poison still works.
sub others_go_on
{
	my ($what, $name) = @_;
	$name //= 'after' . ++$number;
	emit($name) if $name =~ /^after/;
	emit($name, $other_tenant);
	ok(eval { wait_for('the others', sub { came('/healthy', $name) && came('/neighbour', $name) }, timeout => $patience) },
		"$what: the others go on")
	  or diag($node->safe_psql('postgres', 'SELECT worker, state, last_error FROM lealup.worker_status'));
	return;
}

# Runs SQL as a superuser; false if a constraint refuses it.
sub by_hand
{
	my ($what, $sql) = @_;
	my $err;
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql", stderr => \$err, on_error_stop => 1);
	return 1 if $err eq '';
	like($err, qr/ERROR:  2[23]/, "$what: is refused");
	return 0;
}

# The state of a subscription's deliveries: "status attempts error".
sub state_of
{
	my ($subscription) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT concat_ws(' ', status, attempts, error) FROM lealup.delivery WHERE subscription_id = '$subscription' ORDER BY id});
}

sub wait_for_state
{
	my ($what, $subscription, $expected) = @_;
	my $state = '';
	eval { wait_for('the state', sub { ($state = state_of($subscription)) =~ $expected }, timeout => $patience) };
	like($state, $expected, $what);
	return;
}

# ---- Subscriptions ----

my $long = $peer->url('ok', '/' . 'x' x 3000);
my $injecting = $peer->url('ok', '/') . '\r\nX-Injected: yes';
my @subscriptions = (
	# what, change, path of the endpoint, what becomes of its delivery
	[ 'url: not a url', q{url = 'not a url'}, '/', qr/^failed 1 (invalid url|not sent)/ ],
	[ 'url: empty', q{url = ''}, '/', qr/^failed 1 (invalid url|not sent)/ ],
	[ 'url: another scheme', q{url = 'ftp://127.0.0.1/'}, '/', qr/^failed 1 (invalid url|not sent)/ ],
	[ 'url: too long', qq{url = '$long'}, '/', qr/^failed 1 (invalid url|not sent)/ ],
	[ 'url: line break', qq{url = E'$injecting'}, '/', qr/^failed 1 (invalid url|not sent)/ ],
	[ 'url: null host', q{url = 'http://'}, '/', qr/^failed 1 (invalid url|not sent)/ ],

	[ 'filters: array', q{filters = '[]'}, '/', qr/^$/ ],
	[ 'filters: string', q{filters = '"x"'}, '/', qr/^$/ ],
	[ 'filters: null', q{filters = 'null'}, '/', qr/^$/ ],
	[ 'filters: unknown', q{filters = '{"no_such_filter":1}'}, '/', qr/^$/ ],
	[ 'filters: wrong type', q{filters = '{"min_arr":"abc"}'}, '/', qr/^$/ ],
	[ 'filters: nested', q{filters = '{"min_arr":{"a":[1]},"segment_id":[[1]]}'}, '/', qr/^$/ ],
	[ 'filters: huge number', q{filters = '{"min_arr":1e100000}'}, '/', qr/^$/ ],
	[ 'filters: null value', q{filters = '{"segment_id":null}'}, '/', qr/^$/ ],

	[ 'events: none', q{events = '{}'}, '/', qr/^$/ ],
	[ 'events: null', q{events = '{NULL}'}, '/', qr/^$/ ],
	[ 'events: two dimensions', q{events = '{{health.changed,x},{y,z}}'}, '/', qr/^(|success 1)$/ ],

	[ 'retry_schedule: empty', q{retry_schedule = '{}'}, '/status/503', qr/^failed 1 / ],
	[ 'retry_schedule: null', q{retry_schedule = '{NULL}'}, '/status/503', qr/^(failed|pending) 1/ ],
	[ 'retry_schedule: null later', q{retry_schedule = '{0,NULL}'}, '/status/503', qr/^(failed|pending)/ ],
	[ 'retry_schedule: two dimensions', q{retry_schedule = '{{0},{1 ms}}'}, '/status/503', qr/^(failed|pending)/ ],
	[ 'retry_schedule: negative', q{retry_schedule = '{-1 day,-1 day}'}, '/status/503', qr/^failed 2 / ],
	[ 'retry_schedule: for ever', q{retry_schedule = '{300000 years}'}, '/', qr/^(|pending 0)/ ],
	[ 'retry_schedule: overflowing', q{retry_schedule = '{0,178000000 years}'}, '/status/503', qr/^(failed|pending) 1/ ],
	[ 'retry_schedule: long', q{retry_schedule = array_fill('0'::interval, '{40}')}, '/status/503', qr/^failed \d+ / ],

	[ 'timeout: zero', q{timeout = '0'}, '/', qr/^\w+ [01]/ ],
	[ 'timeout: negative', q{timeout = '-5 s'}, '/', qr/^\w+ [01]/ ],
	[ 'timeout: for ever', q{timeout = '178000000 years'}, '/', qr/^\w+ [01]/ ],
	[ 'rate_limit: negative', q{rate_limit = -1}, '/', qr/^\w+ [01]/ ],
	[ 'rate_limit: smallest', q{rate_limit = -2147483648}, '/', qr/^\w+ [01]/ ],
	[ 'max_in_flight: zero', q{max_in_flight = 0}, '/', qr/^\w+ [01]/ ],
	[ 'max_in_flight: largest', q{max_in_flight = 2147483647}, '/', qr/^success 1/ ],
	[ 'disable_after_failures: negative', q{disable_after_failures = -1}, '/status/404', qr/^failed 1/ ],
	[ 'consecutive_failures: largest', q{disable_after_failures = 5, consecutive_failures = 2147483647}, '/status/404', qr/^failed 1/ ],
	[ 'created_at: in the future', q{created_at = 'infinity'}, '/', qr/^$/ ],
);

for my $case (@subscriptions)
{
	my ($what, $change, $path, $expected) = @$case;
	my $id = subscribe($tenant, $path, '{health.changed}');
	if (by_hand($what, "UPDATE lealup.subscription SET $change WHERE id = '$id'"))
	{
		my $name = 'case' . ++$number;
		emit($name);
		others_go_on($what, $name);
		wait_until($node, 'SELECT count(*) FROM lealup.outbox', 0);
		wait_for_state("$what: fares as it should", $id, $expected);
	}
	$node->safe_psql('postgres', qq{
		DELETE FROM lealup.delivery_queue WHERE subscription_id = '$id';
		UPDATE lealup.subscription SET status = 'deleted', version = version + 1 WHERE id = '$id';
		SELECT lealup._wake('subscription')});
}
unlike(join('', $peer->lines), qr/x-injected/i, 'no url makes a header');

# ---- Secrets ----

# Healthy ones are re-encrypted by the sync worker, whatever lies beside them.
sub reencrypted
{
	my ($what, @ids) = @_;
	my $list = join ',', map { "'$_'" } @ids;
	eval {
		wait_until($node, qq{
			SELECT count(*) FROM lealup.vault_secret WHERE owner_id IN ($list) AND get_byte(ciphertext, 0) = 1}, 0,
			timeout => $patience);
	};
	is($@, '', "$what: other secrets are re-encrypted");
	return;
}
reencrypted('before', $healthy, $neighbour);

my @secrets = (
	[ 'secret: empty', q{''} ],
	[ 'secret: sealed, nothing else', q{'\x01'} ],
	[ 'secret: sealed garbage', q{('\x01' || repeat('ab', 100))::bytea} ],
	[ 'secret: encrypted, nothing else', q{'\x02'} ],
	[ 'secret: encrypted garbage', q{('\x02' || repeat('ab', 100))::bytea} ],
	[ 'secret: unknown kind', q{'\xff00'} ],
	[ 'secret: cut', q{substr(ciphertext, 1, length(ciphertext) - 1)} ],
	[ 'secret: of another row', qq{(SELECT ciphertext FROM lealup.vault_secret WHERE owner_id = '$healthy')} ],
);
for my $case (@secrets)
{
	my ($what, $ciphertext) = @$case;
	my $id = subscribe($tenant, '/', '{health.changed}');
	if (by_hand($what, "UPDATE lealup.vault_secret SET ciphertext = $ciphertext WHERE owner_id = '$id'"))
	{
		my $fresh = subscribe($other_tenant, '/fresh', '{task.created}');
		my $name = 'case' . ++$number;
		emit($name);
		others_go_on($what, $name);
		reencrypted($what, $fresh);
		wait_for_state("$what: its delivery waits", $id, qr/^pending 0/);
		ok(eval {
				wait_until($node, q{
					SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'deliveries of a subscription wait%'});
				1;
			}, "$what: is seen in worker_status");
		is(came('/', $name), 0, "$what: nothing is sent unsigned");
	}
	$node->safe_psql('postgres', qq{
		DELETE FROM lealup.delivery_queue WHERE subscription_id = '$id';
		SELECT lealup.delete_subscription('$tenant', '$id')});
}

my $mute = subscribe($tenant, '/', '{health.changed}');
$node->safe_psql('postgres', "DELETE FROM lealup.vault_secret WHERE owner_id = '$mute'");
emit('without_secret');
others_go_on('secret: none', 'without_secret');
wait_for_state('secret: none: its delivery waits', $mute, qr/^pending 0/);
is(came('/', 'without_secret'), 0, 'secret: none: nothing is sent unsigned');
$node->safe_psql('postgres', qq{
	DELETE FROM lealup.delivery_queue WHERE subscription_id = '$mute';
	SELECT lealup.delete_subscription('$tenant', '$mute')});

# A tenant's data key concerns that tenant only.
my $locked_tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('locked')});
my $locked = subscribe($locked_tenant, '/', '{health.changed}');
reencrypted('a tenant', $locked);
$node->safe_psql('postgres', qq{UPDATE lealup.vault_key SET wrapped = '\\xdead' WHERE tenant_id = '$locked_tenant'});
my $locked_too = subscribe($locked_tenant, '/', '{health.changed}');
emit('locked', $locked_tenant);
others_go_on('data key');
reencrypted('data key', subscribe($other_tenant, '/fresh', '{task.created}'));
wait_for_state('data key: the delivery waits', $locked, qr/^pending 0/);
$node->safe_psql('postgres', qq{
	DELETE FROM lealup.delivery_queue WHERE tenant_id = '$locked_tenant';
	SELECT lealup.delete_subscription('$locked_tenant', id) FROM lealup.subscription WHERE tenant_id = '$locked_tenant'});

# ---- Queue rows ----

my $event = emit('queued');
my $ok = subscribe($tenant, '/queue', '{task.overdue}');
my $failing = subscribe($tenant, '/status/503', '{task.overdue}');
$node->safe_psql('postgres', qq{
	SELECT lealup.update_subscription('$tenant', '$failing', retry_schedule => '{0,1 ms,1 ms}')});
others_go_on('queue', 'queued');
my $missing = '00000000-0000-7000-8000-000000000001';
my @queue = (
	# what, changed columns, what becomes of it
	[ 'queue: no such event', { event_id => $missing }, qr/^failed 1 the event no longer exists/ ],
	[ 'queue: no such subscription', { subscription_id => $missing }, qr/^failed 1 cancelled/ ],
	[ 'queue: no such tenant', { tenant_id => $missing }, qr/^pending 0/ ],
	[ 'queue: attempt 32000', { attempt_no => 32000 }, qr/^success 32000/ ],
	[ 'queue: attempt 32000, fails', { attempt_no => 32000, subscription_id => $failing }, qr/^failed 32000 / ],
	[ 'queue: first attempt 32000', { attempt_no => 32000, first_attempt_no => 32000, subscription_id => $failing }, qr/^failed 32002 / ],
	[ 'queue: last attempt', { attempt_no => 32767, first_attempt_no => 32767, subscription_id => $failing }, qr/^failed 32767 / ],
	[ 'queue: attempt 0', { attempt_no => 0, first_attempt_no => 0, subscription_id => $failing }, qr/^failed / ],
	[ 'queue: negative attempt', { attempt_no => -5, subscription_id => $failing }, qr/^failed / ],
	[ 'queue: attempts before the first', { first_attempt_no => 9, subscription_id => $failing }, qr/^failed / ],
	[ 'queue: negative first attempt', { first_attempt_no => -32768, subscription_id => $failing }, qr/^failed 1 / ],
	[ 'queue: no such retention class', { retention_class => 7 }, qr/^success 1/ ],
	[ 'queue: due long ago', { next_attempt_at => '-infinity' }, qr/^success 1/ ],
	[ 'queue: due never', { next_attempt_at => 'infinity' }, qr/^pending 0/ ],
	[ 'queue: random id', { id => 'ffffffff-ffff-4fff-bfff-ffffffffffff' }, qr/^(success|failed) 1/ ],
	[ 'queue: smallest id', { id => '00000000-0000-0000-0000-000000000000' }, qr/^(success|failed) 1/ ],
);
for my $case (@queue)
{
	my ($what, $changed, $expected) = @$case;
	my %row = (
		tenant_id => $tenant,
		id => $node->safe_psql('postgres', 'SELECT lealup.delivery_id(lealup.uuid7(), lealup.uuid7())'),
		subscription_id => $ok,
		event_id => $event,
		next_attempt_at => 'now',
		retention_class => 30,
		attempt_no => 1,
		first_attempt_no => 1,
		trigger => 'event',
		%$changed);
	my $columns = join ', ', sort keys %row;
	my $values = join ', ', map { "'$row{$_}'" } sort keys %row;
	if (by_hand($what, "INSERT INTO lealup.delivery_queue ($columns) VALUES ($values)"))
	{
		$node->safe_psql('postgres', q{SELECT lealup._wake('queue'), lealup._wake('upkeep')});
		others_go_on($what);
		my $state = '';
		eval {
			wait_for('the state', sub {
				$state = $node->safe_psql('postgres', qq{
					SELECT concat_ws(' ', status, attempts, error) FROM lealup.delivery WHERE id = '$row{id}'});
				return $state =~ $expected;
			}, timeout => $patience);
		};
		like($state, $expected, "$what: fares as it should");
	}
	$node->safe_psql('postgres', "DELETE FROM lealup.delivery_queue WHERE id = '$row{id}'");
}

# ---- Events and outbox rows ----

my $all = subscribe($tenant, '/all', '{*}');
my $filtering = subscribe($tenant, '/filtering', '{*}');
$node->safe_psql('postgres', qq{UPDATE lealup.subscription SET filters = '{"min_arr":1}' WHERE id = '$filtering'});

# Deliveries are looked up by event here, since there are two subscriptions.
sub state_of_event
{
	my ($id, $subscription) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT concat_ws(' ', status, attempts, error) FROM lealup.delivery
		WHERE event_id = '$id' AND subscription_id = '$subscription'});
}

my @events = (
	# what, columns of event and outbox, what becomes of its delivery
	[ 'event: empty type', { event_type => '' }, qr/^success|^failed/ ],
	[ 'event: unknown type', { event_type => 'no.such.type' }, qr/^success 1/ ],
	[ 'event: long type', { event_type => 'x' x 300 }, qr/^success|^failed/ ],
	[ 'event: very long type', { event_type => 'x.' x 50000 }, qr/^success|^failed/ ],
	[ 'event: line break in the type', { event_type => "a\r\nX-Injected: yes" }, qr/^success|^failed/ ],
	[ 'event: odd type', { event_type => "\"\\'*\t." }, qr/^success|^failed/ ],
	[ 'event: type that is no ASCII', { event_type => "\x{e9}t\x{e9}" }, qr/^success|^failed/ ],
	[ 'event: asterisk', { event_type => '*' }, qr/^success|^failed/ ],
	[ 'event: before time', { created_at => '-infinity' }, qr/^$/ ],
	[ 'event: after time', { created_at => 'infinity' }, qr/^success|^failed/ ],
	[ 'event: in the year 200000', { created_at => '200000-01-01' }, qr/^success|^failed/ ],
	[ 'event: array as data', { data => '[1,2]' }, qr/^success 1/ ],
	[ 'event: null as data', { data => 'null' }, qr/^success 1/ ],
	[ 'event: NUL in data', { data => '{"x":"\u0000"}' }, qr/^success 1/ ],
	[ 'event: half a character in data', { data => '{"x":"\ud800"}' }, qr/^success 1/ ],
	[ 'event: huge number in data', { data => '{"arr":1e999999}' }, qr/^success 1/ ],
	[ 'event: array as context', { context => '[]' }, qr/^success 1/ ],
	[ 'event: odd context', { context => '{"arr":{"a":1}}' }, qr/^success 1/ ],
	[ 'event: huge number in context', { context => '{"arr":1e131071}' }, qr/^success 1/ ],
	[ 'event: random id', { id => 'ffffffff-ffff-4fff-bfff-fffffffffffe' }, qr/^success 1/ ],
	[ 'outbox: no event', { event => 0 }, qr/^failed 1 the event no longer exists/ ],
	[ 'outbox: no such tenant', { event => 0, tenant_id => $missing }, qr/^$/ ],
	[ 'outbox: no such retention class', { event => 0, retention_class => 7 }, qr/^(failed|pending)/ ],
);
for my $case (@events)
{
	my ($what, $changed, $expected) = @$case;
	my %row = (
		tenant_id => $tenant,
		id => $node->safe_psql('postgres', 'SELECT lealup.uuid7()'),
		event_type => 'health.changed',
		created_at => 'now',
		retention_class => 30,
		data => '{}',
		context => '{"arr":5}',
		event => 1,
		%$changed);
	my $values = sub { join ', ', map { 'E' . LealupTest::quote($row{$_} =~ s/\\/\\\\/gr) } @_ };
	my @common = qw(tenant_id id event_type created_at retention_class);
	my $sql = 'BEGIN;';
	$sql .= sprintf 'INSERT INTO lealup.event (%s) VALUES (%s);', join(', ', @common, 'data', 'context'),
	  $values->(@common, 'data', 'context') if $row{event};
	$sql .= sprintf 'INSERT INTO lealup.outbox (%s) VALUES (%s);', join(', ', @common), $values->(@common);
	utf8::encode($sql);
	if (by_hand($what, "$sql COMMIT; SELECT lealup._wake('outbox')"))
	{
		others_go_on($what);
		my $state = '';
		eval { wait_for('the state', sub { ($state = state_of_event($row{id}, $all)) =~ $expected }, timeout => $patience) };
		like($state, $expected, "$what: fares as it should");
		unlike(state_of_event($row{id}, $filtering), qr/pending/, "$what: with filters, too");
	}
	$node->safe_psql('postgres', qq{
		DELETE FROM lealup.delivery_queue WHERE event_id = '$row{id}'; DELETE FROM lealup.outbox WHERE id = '$row{id}'});
}
unlike(join('', $peer->lines), qr/\["x-injected"/i, 'no event type makes a header');

# ---- All of that did not end a worker, and can be looked at ----

is(worker_pid($node), $pid, 'the delivery worker is the same as in the beginning');
is(worker_pid($node, kind => 'sync'), $sync_pid, 'the sync worker, too');
my $err;
$node->psql('postgres', 'DO $$ BEGIN WHILE lealup._upkeep(now()) LOOP END LOOP; END $$', stderr => \$err);
is($err, '', 'nothing of it is in the way of upkeep');
for my $view (qw(delivery_log delivery subscription_stats worker_status))
{
	my $out;
	$node->psql('postgres', "SELECT v.* FROM lealup.$view v", stdout => \$out, stderr => \$err);
	is($err, '', "$view can still be read");
}

$node->stop;
done_testing();
