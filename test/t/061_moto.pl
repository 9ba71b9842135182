# The same KMS calls against moto, which others wrote: where its Python package is installed, or where LEALUP_TEST_MOTO names a running one.
use strict;
use warnings;

use HTTP::Tiny;
use IPC::Run ();
use JSON::PP qw(decode_json encode_json);
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

delete $ENV{$_} for grep { /^AWS_/ } keys %ENV;
my $url = $ENV{LEALUP_TEST_MOTO};
my $moto;
unless ($url)
{
	plan skip_all => 'moto is not installed' unless IPC::Run::run([ 'python3', '-c', 'import moto.server, flask' ], '>', \my $out, '2>', \my $err);
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	$moto = IPC::Run::start([ 'python3', '-m', 'moto.server', '-H', '127.0.0.1', '-p', $port ], '>', '/dev/null', '2>', '/dev/null');
	$url = "http://127.0.0.1:$port/";
}

# moto does not look at signatures; the other test's KMS does.
sub kms
{
	my ($operation, %given) = @_;
	my $answer = HTTP::Tiny->new(proxy => undef, http_proxy => undef)->post($url, {
		content => encode_json(\%given),
		headers => {
			'Content-Type' => 'application/x-amz-json-1.1', 'X-Amz-Target' => "TrentService.$operation",
			'Authorization' => 'AWS4-HMAC-SHA256 Credential=AKIA/20200101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0' } });
	return $answer->{success} && ($answer->{content} =~ m{^\{} ? decode_json($answer->{content}) : {});
}
wait_for('moto', sub { kms('ListKeys') });
my ($first, $second) = map { kms('CreateKey')->{KeyMetadata}{Arn} } 1 .. 2;
like($first, qr/^arn:aws:kms:eu-west-1:/, 'moto makes keys');

my $peer = start_peer();
@ENV{qw(AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN)} = ('AKIAMOTO', 'secret', 'token');
my $node = new_node('main', conf => "lealup.key_file = ''\nlealup.key_provider = aws_kms\nlealup.kms_key_id = '$first'\nlealup.kms_endpoint = '$url'");
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', @_) }
my @tenants = map { sql("SELECT lealup.create_tenant('$_')") } 'one', 'two';
for my $tenant (@tenants)
{
	wait_for('the key pair', sub {
		($node->psql('postgres', "SELECT lealup.create_subscription('$tenant', '" . $peer->url('ok', "/$tenant") . "', '{*}')"))[0] == 0;
	});
}
wait_until($node, 'SELECT count(*) FROM lealup.vault_secret WHERE get_byte(ciphertext, 0) = 1', 0);
is(sql(q{SELECT string_agg(DISTINCT convert_from(wrapping_key_id, 'UTF8'), ' ') || ' ' || count(*) FROM lealup.vault_key}), "$first 3", 'keys are wrapped');
$node->restart;
sql("SELECT lealup.emit('$_', 'customer.created', '{}')") for @tenants;
wait_idle($node);
is(scalar($peer->requests('ok')), 2, 'and unwrapped');

sql("UPDATE lealup.vault_key k SET wrapped = (SELECT x.wrapped FROM lealup.vault_key x WHERE x.tenant_id = '$tenants[0]') WHERE k.tenant_id = '$tenants[1]'");
$node->restart;
sql("SELECT lealup.emit('$tenants[1]', 'customer.created', '{}')");
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'deliveries of a subscription wait: KMS answered Decrypt by 400 InvalidCiphertext%'});
pass("another tenant's key does not open");
sql("UPDATE lealup.vault_key SET retired_at = now() WHERE tenant_id = '$tenants[1]'");
sql("DELETE FROM lealup.delivery_queue; SELECT lealup.rotate_secret(tenant_id, id) FROM lealup.subscription WHERE tenant_id = '$tenants[1]'");
wait_until($node, "SELECT count(*) FROM lealup.vault_key WHERE tenant_id = '$tenants[1]' AND retired_at IS NULL", 1);
pass('but a tenant whose key is lost can have another');

sql("ALTER SYSTEM SET lealup.kms_key_id = '$second'");
$node->reload;
sql('SELECT lealup.rewrap()');
wait_until($node, 'SELECT done = total AND total > 2 FROM lealup.rewrap_status()');
ok(kms('DisableKey', KeyId => $first =~ s{.*/}{}r), 'the first key is turned off');
$node->restart;
sql("SELECT lealup.emit('$_', 'customer.created', '{}')") for @tenants;
wait_idle($node);
is(scalar($peer->requests('ok')), 4, 'after a change of the key the first one is not needed');

$node->stop;
$moto->kill_kill if $moto;
done_testing();
