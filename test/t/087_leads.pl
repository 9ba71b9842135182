# Leads that many sessions write at a time: none is there twice, nobody waits for ever, and what each change tells is sent, signed, once.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use Encode qw(encode_utf8);
use JSON::PP qw(decode_json);
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $node = new_node('leads');
$node->start;
setup_db($node);
sub sql { return $node->safe_psql('postgres', $_[0]) }

my $tenant = sql("SELECT lealup.create_tenant('Acme')");
sql("SELECT lealup.set_lead_field('$tenant', 'phone', is_unique => true)");

# Each brings leads that the others bring as well, by address and in any order; some want a number that is somebody's.
$node->pgbench('--no-vacuum --client=6 --jobs=2 --transactions=25 --max-tries=100', 0, [qr{actually processed: 150/150}, qr{number of failed transactions: 0 \(}], [qr{^$}],
	'six sessions write the same leads',
	{ '087_leads_save' => qq{
		SELECT (count(*) FILTER (WHERE r.outcome = 'failed' AND NOT r.errors \@> '[{"code": "unique", "field": "phone"}]') = 0)::int AS ok FROM lealup.save_leads('$tenant', (
			SELECT jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'u' || (random() * 60)::int || '\@example.com', 'stage', 's' || (random() * 5)::int) ||
				CASE WHEN random() < 0.2 THEN jsonb_build_object('phone', '+3460012' || lpad((random() * 20)::int::text, 4, '0')) ELSE '{}' END))
			FROM generate_series(1, 20)), 'email') r \\gset
		SELECT 1 / :ok;
	} });
is(sql("SELECT count(*) > 40, count(*) = count(DISTINCT fields ->> 'email') FROM lealup.lead WHERE tenant_id = '$tenant'"), 't|t', 'each address is that of one lead');
my $held = "SELECT field, value, lead_id FROM lealup.lead_unique WHERE tenant_id = '$tenant'";
my $had = "SELECT k.key, lower(k.value), l.id FROM lealup.lead l, jsonb_each_text(l.fields) k WHERE l.tenant_id = '$tenant' AND k.key IN ('email', 'phone')";
is(sql("SELECT count(*) FROM (($held EXCEPT $had) UNION ALL ($had EXCEPT $held)) x"), '0', 'the unique values are those that leads have');
is(sql("SELECT count(*) FROM (SELECT v.key FROM lealup.lead l, jsonb_each_text(l.versions) v WHERE l.tenant_id = '$tenant' AND lealup._lead_stamp_clock(v.value) > l.clock) x"), '0', 'no stamp is later than its lead');

# A field becomes unique while leads are written: whoever came first, it is.
$node->pgbench('--no-vacuum --client=4 --jobs=2 --transactions=20 --max-tries=100', 0, [qr{actually processed: 80/80}], [qr{^$}], 'while others write',
	{
		'087_leads_field@1' => "SELECT lealup.set_lead_field('$tenant', 'company', is_unique => true);\nSELECT lealup.set_lead_field('$tenant', 'company', is_unique => false);\n"
		  . "UPDATE lealup.lead SET fields = fields - 'company', versions = versions - 'company' WHERE tenant_id = '$tenant' AND fields ? 'company';",
		'087_leads_write@3' => "SELECT count(*) FROM lealup.save_leads('$tenant', (SELECT jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'c' || md5(random()::text) || '\@example.com',"
		  . " 'company', md5(random()::text)))) FROM generate_series(1, 5)));"
	});
sql("UPDATE lealup.lead SET fields = fields - 'company', versions = versions - 'company' WHERE tenant_id = '$tenant' AND fields ? 'company'");
sql("SELECT lealup.set_lead_field('$tenant', 'company', is_unique => true)");
is(sql("SELECT count(*) FROM lealup.lead_unique WHERE tenant_id = '$tenant' AND field = 'company'"), '0', 'nobody has a value that none has any more');

# One lead is sold, a thousand are not.
my ($automation, $secret) = split /\n/, sql(qq{SELECT lealup.create_lead_automation('$tenant', 'Sold', '@{[$peer->url('ok', '/leads')]}', condition => '{"stage": {"from": "opportunity won", "to": "post purchase"}}') AS id \\gset
	SELECT :'id'; SELECT lealup.reveal_secret(:'id')});
sql("SELECT count(*) FROM lealup.save_leads('$tenant', (SELECT jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'w' || n || '\@example.com', 'stage', 'opportunity won'))) FROM generate_series(1, 1000) n), 'email')");
sql("SELECT count(*) FROM lealup.save_leads('$tenant', (SELECT jsonb_agg(jsonb_build_object('fields', jsonb_build_object('email', 'w' || n || '\@example.com', 'stage',
	CASE n WHEN 7 THEN 'post purchase' ELSE 'lost' END))) FROM generate_series(1, 1000) n), 'email')");
wait_until($node, "SELECT count(*) FROM lealup.outbox", 0);
wait_until($node, "SELECT count(*) FROM lealup.delivery_log WHERE subscription_id = '$automation' AND status = 'success'", 1);
is(sql("SELECT count(*) FROM lealup.delivery_log WHERE subscription_id = '$automation'"), '1', 'one change is sent');
my @requests = grep { $_->{path} eq '/leads' } $peer->requests('ok');
is(scalar @requests, 1, 'once');
my $r = $requests[0];
my $sent = decode_json(encode_utf8($r->{body}));
is_deeply([ @{$sent}{qw(event tenant_id)}, @{ $sent->{data}{before} }{qw(email stage)}, @{ $sent->{data}{after} }{qw(email stage)}, $sent->{data}{changed} ],
	[ 'lead.updated', $tenant, 'w7@example.com', 'opportunity won', 'w7@example.com', 'post purchase', ['stage'] ], 'with both states');
is($r->{header}{'x-lealup-signature'}, 'sha256=' . hmac_sha256_hex("$r->{header}{'x-lealup-timestamp'}." . encode_utf8($r->{body}), $secret), 'signed with the secret of the automation');

$node->stop;
done_testing();
