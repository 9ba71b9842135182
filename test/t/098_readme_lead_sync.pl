# README's tour of lead sync, as it stands there but for the port: two databases of one server. And what its gateway takes and refuses.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_base64);
use File::Basename qw(dirname);
use HTTP::Tiny;
use IPC::Run ();
use LealupTest;
use MIME::Base64 qw(decode_base64);
use PostgreSQL::Test::Utils;
use Test::More;

my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($tour) = slurp_file(dirname(__FILE__) . '/../../README.md') =~ /\n## Lead sync\n.*?\n```sql\n(.*?)```/s or die 'README.md has no tour of lead sync';
is($tour =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/g, 2, 'the port is to be filled in');

# What the tour sets is left to it.
my $node = new_node('main', conf => "lealup.allow_http = off\nlealup.allowed_networks = ''");
$node->start;
my ($out, $err);
ok(IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-d', 'postgres' ], '<', \$tour, '>', \$out, '2>', \$err), 'it runs to its end') or diag($err);
wait_until($node, q{SELECT count(*) FROM lealup.lead_sync_record}, '2', db => 'hospital');
is($node->safe_psql('hospital', 'SELECT fields FROM lealup.lead'), ($tour =~ /\n-- (\{"city".*\})\n/)[0], 'the hospital has the lead, as the tour says');
is($node->safe_psql('hospital', q{SELECT string_agg(concat_ws(' ', r.entity, r.status, r.reason), ', ' ORDER BY r.id) FROM lealup.lead_sync_record r}), 'lead new, activity new', 'and what happened with it');
is($node->safe_psql('hospital', 'SELECT note FROM lealup.lead_activity'), 'Comes on Monday', 'all of it');
is($node->safe_psql('clinic', 'SELECT count(*) FROM lealup.lead'), '1', 'and the clinic keeps it');

# ---- What is taken, and what is not ----

my $http = HTTP::Tiny->new(timeout => 30);
my $hospital = $node->safe_psql('hospital', 'SELECT tenant_id FROM lealup.tenant');
sub post
{
	my ($url, $body, %headers) = @_;
	return $http->post($url, { content => $body, headers => { 'Content-Type' => 'application/json', %headers } })->{status};
}
my ($url, $secret) = split /\|/, $node->safe_psql('hospital', "SELECT url, secret FROM lealup.create_lead_sync('$hospital', 'Signed')");
is(post($url, '{"event": "lead.created", "data": {}}'), 401, 'what is not signed is refused');
is(post($url, '{"event": "lead.created", "data": {}}', 'X-Lealup-Token' => $secret), 401, 'whoever knows the secret has to sign');
my ($id, $now, $body) = ('msg_1', time(), '{"event": "lead.created", "data": {"lead_id": "1", "after": {"email": "s@example.com"}}}');
my $mac = hmac_sha256_base64("$id.$now.$body", decode_base64(substr $secret, 6));
$mac .= '=' while length($mac) % 4;
is(post($url, $body, 'webhook-id' => $id, 'webhook-timestamp' => $now, 'webhook-signature' => "v1,$mac"), 200, 'what is signed as Standard Webhooks are is taken');
is(post($url, $body, 'webhook-id' => 'msg_2', 'webhook-timestamp' => $now, 'webhook-signature' => "v1,$mac"), 401, 'but not under another name');
is($http->get($url)->{status}, 200, 'whoever asks for the URL gets an answer');

my $sync;
($sync, $url, $secret) = split /\|/, $node->safe_psql('hospital', "SELECT * FROM lealup.create_lead_sync('$hospital', 'LeadSquared', 'leadsquared', header => true)");
$node->safe_psql('hospital', "SELECT lealup.enable_lead_sync('$hospital', '$sync')");
$body = '{"Before": {"ProspectID": "p1", "FirstName": "L"}, "After": {"ProspectID": "p1", "FirstName": "Lea", "EmailAddress": "lea@example.com"}}';
is(post($url, $body), 401, 'LeadSquared without the header');
is(post($url, $body, 'X-Lealup-Token' => 'x' . $secret), 401, 'with another one');
is(post($url, $body, 'X-Lealup-Token' => $secret, 'Content-Type' => 'text/plain'), 200, 'with the right one, whatever the content type');
wait_until($node, q{SELECT fields ->> 'first_name' FROM lealup.lead WHERE fields ->> 'email' = 'lea@example.com'}, 'Lea', db => 'hospital');
is($node->safe_psql('hospital', qq{SELECT count(*) FROM lealup.inbox WHERE headers::text || convert_from(body, 'UTF8') LIKE '%$secret%'}), '0', 'the secret is not kept with the message');
is($node->safe_psql('hospital', q{SELECT count(*) FROM lealup.lead_sync_record WHERE status = 'skipped' AND reason = 'the sync is disabled'}), '1', 'what came to a sync that is disabled was skipped');
$node->stop;
done_testing();
