# Two servers that send each other their leads: created and edited on both sides at random, while workers, gateways and clients are killed.
# At the end both have the same leads, none twice; nothing went round in circles, and nothing was lost unseen.
use strict;
use warnings;

use IPC::Run ();
use LealupTest;
use LealupTest::Http;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $leads = $ENV{LEALUP_TEST_LEADS} // 10_000;
my $kills = $ENV{LEALUP_TEST_KILLS} // 8;
my %side;

for my $name (qw(a b))
{
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $node = new_node($name, conf => "lealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\nlealup.public_url = 'http://127.0.0.1:$port'\n"
		. "autovacuum_naptime = 5s\nlealup.max_in_flight = 200\nlealup.max_in_flight_per_endpoint = 50");
	$node->start;
	setup_db($node);
	wait_for("the gateway of $name", sub { my $answer = http_get($port, '/healthz'); $answer && $answer->{status} == 200 });
	$side{$name} = { name => $name, node => $node, port => $port };
}

sub sql
{
	my ($side, $sql) = @_;
	return $side{$side}{node}->safe_psql('postgres', $sql);
}

# ---- Set-up ----

for my $name (qw(a b))
{
	my $s = $side{$name};
	$s->{tenant} = sql($name, "SELECT lealup.create_tenant('$name')");
	sql($name, "SELECT lealup.set_lead_field('$s->{tenant}', 'score', type => 'integer')");
	($s->{sync}, $s->{url}, $s->{secret}) = split /\|/, sql($name, "SELECT * FROM lealup.create_lead_sync('$s->{tenant}', 'the other', activity_behaviour => 'capture')");
	is(sql($name, "SELECT * FROM lealup.check_mapping('$s->{tenant}', '$s->{sync}')"), '', "the default mapping of $name is complete");
	sql($name, "SELECT lealup.enable_lead_sync('$s->{tenant}', '$s->{sync}')");
}
for my $name (qw(a b))
{
	my ($s, $other) = ($side{$name}, $side{ $name eq 'a' ? 'b' : 'a' });
	$s->{automation} = sql($name, "SELECT lealup.create_lead_automation('$s->{tenant}', 'to the other', '$other->{url}', '{lead.created,lead.updated,lead_activity.posted,lead_activity.updated}',
		peer => '$s->{sync}', secret => '$other->{secret}')");
	# A crash is to be the only reason for sending again, and soon.
	sql($name, "SELECT lealup.update_subscription('$s->{tenant}', '$s->{automation}', rate_limit => 0, retry_schedule => '{0,1 s,1 s,1 s,1 s,1 s,2 s,2 s,2 s,5 s}')");
	sql($name, qq{
		CREATE SCHEMA work;
		-- Each step makes leads of a pool that both sides share, or edits what is there; some addresses are given up, and taken by a new lead.
		CREATE FUNCTION work.step(tenant uuid, pool int) RETURNS void LANGUAGE plpgsql AS \$\$
		DECLARE
			k int := 1 + floor(random() * pool);
			old uuid;
			address text;
			dice float := random();
		BEGIN
			IF dice < 0.35 THEN
				PERFORM lealup.save_leads(tenant, (SELECT jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'p' || n || '\@example.com', 'first_name', 'made by $name', 'score', n)))
					FROM (SELECT DISTINCT 1 + floor(random() * pool)::int AS n FROM generate_series(1, 10)) x
					WHERE NOT EXISTS (SELECT FROM lealup.lead_unique u WHERE u.tenant_id = tenant AND u.field = 'email' AND u.value = 'p' || n || '\@example.com')
					HAVING count(*) > 0));
				RETURN;
			END IF;
			SELECT u.lead_id, u.value INTO old, address FROM lealup.lead_unique u WHERE u.tenant_id = tenant AND u.field = 'email' AND u.value >= 'p' || k ORDER BY u.value LIMIT 1;
			IF old IS NULL THEN
				RETURN;
			ELSIF dice < 0.90 THEN
				PERFORM lealup.update_lead(tenant, old, jsonb_build_object((ARRAY['first_name', 'last_name', 'city', 'stage', 'company'])[1 + floor(random() * 5)], '$name ' || floor(random() * 1000)))
				FROM generate_series(1, 1 + floor(random() * 2)::int);
			ELSIF dice < 0.94 THEN
				PERFORM lealup.update_lead(tenant, old, jsonb_build_object('email', '$name-' || gen_random_uuid() || '\@example.com', 'score', NULL));
			ELSIF dice < 0.95 THEN
				PERFORM lealup.update_lead(tenant, old, jsonb_build_object('email', '$name-' || gen_random_uuid() || '\@example.com'));
				PERFORM lealup.create_lead(tenant, jsonb_build_object('email', address, 'first_name', 'took it'));
			ELSE
				PERFORM lealup.post_lead_activity(tenant, old, 'call', 'by $name ' || dice);
			END IF;
		EXCEPTION WHEN duplicate_object OR no_data_found OR deadlock_detected THEN
			-- Somebody was faster.
		END \$\$;
		CREATE PROCEDURE work.run(tenant uuid, pool int, steps int) LANGUAGE plpgsql AS \$\$
		BEGIN
			FOR i IN 1 .. steps LOOP
				PERFORM work.step(tenant, pool);
				COMMIT;
			END LOOP;
		END \$\$;
	});
}

sub waiting
{
	my ($name) = @_;
	return sql($name, q{SELECT (SELECT count(*) FROM lealup.outbox) + (SELECT count(*) FROM lealup.delivery_queue) + (SELECT count(*) FROM lealup.inbox WHERE status = 'pending')});
}

sub progress
{
	my ($name) = @_;
	return sql($name, q{SELECT format('%s leads; outbox %s, queue %s; inbox %s; records %s', (SELECT count(*) FROM lealup.lead WHERE deleted_at IS NULL), (SELECT count(*) FROM lealup.outbox),
		(SELECT count(*) FROM lealup.delivery_queue), (SELECT string_agg(x.status || ' ' || x.n, ', ') FROM (SELECT status, count(*) AS n FROM lealup.inbox GROUP BY 1) x),
		(SELECT string_agg(x.status || ' ' || x.n, ', ') FROM (SELECT status, count(*) AS n FROM lealup.lead_sync_record GROUP BY 1) x))});
}

# ---- Work and kills ----

my $began = time();
my %client;
sub work
{
	my ($name, $steps) = @_;
	my $node = $side{$name}{node};
	return IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'postgres', '-c', "CALL work.run('$side{$name}{tenant}', $leads, $steps)" ],
		'<', '/dev/null', '>', '/dev/null', '2>', '/dev/null');
}
my $killed = 0;
my $steps = int($leads / 25);
for (my $round = 1; $round <= 100; $round++)
{
	my @clients = map { work($_, $steps) } qw(a a b b);
	if ($killed < $kills)
	{
		sleep(0.5 + rand(1.5));
		my $name = (qw(a b))[ int rand 2 ];
		my $kind = (qw(delivery sync gateway))[ $killed % 3 ];
		my $pid = sql($name, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'lealup $kind' LIMIT 1");
		if ($pid)
		{
			kill 'KILL', $pid;
			$killed++;
			note("killed the $kind worker of $name");
		}
	}
	$_->finish for @clients;
	wait_until($side{$_}{node}, 'SELECT true', 't') for qw(a b);
	my $made = sql('a', 'SELECT count(*) FROM lealup.lead WHERE deleted_at IS NULL');
	note(sprintf "round %d after %.0f s: a: %s; b: %s", $round, time() - $began, progress('a'), progress('b'));
	last if $made >= $leads * 0.9 && $killed >= $kills;
}
is($killed, $kills, 'workers were killed');
note(sprintf 'edited for %.0f s', time() - $began);

# ---- The end ----

# What could not be applied because the other message was on its way is tried again by itself, but not at once.
wait_for('both to be quiet', sub {
	my $left = waiting('a') + waiting('b');
	return 0 if $left > 0;
	my $failed = 0;
	for my $name (qw(a b))
	{
		$failed += sql($name, "SELECT lealup.retry_lead_sync('$side{$name}{tenant}', '$side{$name}{sync}')");
		wait_until($side{$name}{node}, 'SELECT NOT EXISTS (SELECT FROM lealup.lead_sync_record WHERE next_attempt_at <= clock_timestamp())');
	}
	return $failed == 0 && waiting('a') + waiting('b') == 0;
}, timeout => 900, details => sub { "\na: " . progress('a') . "\nb: " . progress('b') . "\n" . sql('b', q{SELECT reason, count(*) FROM lealup.lead_sync_record WHERE status = 'failed' GROUP BY 1 ORDER BY 2 DESC LIMIT 5}) });
note(sprintf 'quiet after %.0f s', time() - $began);
note("$_: " . progress($_)) for qw(a b);

my %end;
for my $name (qw(a b))
{
	my $t = $side{$name}{tenant};
	$end{$name} = sql($name, "SELECT fields ->> 'email', fields FROM lealup.lead WHERE tenant_id = '$t' AND deleted_at IS NULL ORDER BY 1");
	is(sql($name, "SELECT count(*) FROM lealup.inbox WHERE status NOT IN ('done', 'ignored')"), '0', "$name has understood all that came");
	is(sql($name, "SELECT count(*) FROM lealup.lead_sync_record WHERE status = 'failed'"), '0', "nothing is failed on $name");
	is(sql($name, "SELECT count(*) FROM (SELECT fields ->> 'email' FROM lealup.lead WHERE tenant_id = '$t' AND deleted_at IS NULL GROUP BY 1 HAVING count(*) > 1) x"), '0', "no lead is twice on $name");
	is(sql($name, "SELECT count(*) FROM lealup.lead_link k LEFT JOIN lealup.lead l ON l.tenant_id = k.tenant_id AND l.id = k.local_id AND l.deleted_at IS NULL WHERE k.entity = 'lead' AND l.id IS NULL"), '0',
		"links of $name are to leads that are there");
	is(sql($name, "SELECT count(*) FROM (SELECT local_id FROM lealup.lead_link WHERE entity = 'lead' GROUP BY 1 HAVING count(*) > 1) x"), '0', "each lead of $name is one there");
}
my @a = split /\n/, $end{a};
my @b = split /\n/, $end{b};
cmp_ok(scalar @a, '>=', $leads * 0.9, scalar(@a) . ' leads');
my %of_b = map { $_ => 1 } @b;
my %of_a = map { $_ => 1 } @a;
is(join("\n", grep { !$of_b{$_} } @a), '', 'all that a has, b has, field by field');
is(join("\n", grep { !$of_a{$_} } @b), '', 'and the other way round');
my $activities = q{SELECT l.fields ->> 'email', y.note FROM lealup.lead_activity y JOIN lealup.lead l ON l.tenant_id = y.tenant_id AND l.id = y.lead_id ORDER BY 1, 2};
is(sql('a', $activities), sql('b', $activities), 'and what happened with them');

# What is sent is what was done here, which leads were found to be one, and which were made one.
for my $name (qw(a b))
{
	my $other = $name eq 'a' ? 'b' : 'a';
	my ($sent, $own, $linked) = split /\|/, sql($name, q{SELECT count(*) FILTER (WHERE context ? 'automation'), count(*) FILTER (WHERE data ->> 'origin' IS NULL), count(*) FILTER (WHERE event_type = 'lead.linked' OR event_type = 'lead.deleted' AND data ->> 'origin' IS NOT NULL)
		FROM lealup.event WHERE event_type LIKE 'lead%'});
	cmp_ok($sent, '<=', $own + $linked, "$name has sent $sent messages for $own changes and $linked links");
	is(sql($other, "SELECT count(*) FROM lealup.inbox"), $sent, "$other has each of them once");
}
$_->{node}->stop for values %side;
done_testing();
