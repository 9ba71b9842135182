# Keys that the gateway has to fetch before it can verify a provider's notification: from a command, and from KMS.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use File::Basename qw(dirname);
use HTTP::Tiny;
use LealupTest;
use LealupTest::Http;
use LealupTest::Peer;
use PostgreSQL::Test::Utils;
use Test::More;

delete $ENV{$_} for grep { /^AWS_/ } keys %ENV;
# No test may ask the machine's own metadata service.
$ENV{AWS_EC2_METADATA_SERVICE_ENDPOINT} = 'http://127.0.0.1:1';

my $kms = LealupTest::Peer->new(
	dir => PostgreSQL::Test::Utils::tempdir('kms'),
	output => "${PostgreSQL::Test::Utils::test_logfile}_kms",
	command => [ dirname(__FILE__) . '/../peers/kms_server.py' ]);
wait_for('the port of KMS', sub {
	$kms->running or die 'the double of KMS ended: ' . $kms->output;
	$kms->read_ports;
});
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $node = new_node('main', conf => "lealup.gateway_listen = '$port'\nlealup.gateway_log = 'all'\nlealup.gateway_database = 'postgres'\nlealup.public_url = 'http://127.0.0.1:$port'");
my $dir = $node->basedir;

sub sql { return $node->safe_psql('postgres', @_) }

sub write_file
{
	my ($name, $mode, $text) = @_;
	open my $file, '>:raw', "$dir/$name.new" or die "$name: $!";
	print $file $text;
	close $file;
	chmod $mode, "$dir/$name.new";
	rename "$dir/$name.new", "$dir/$name" or die "$name: $!";
	return "$dir/$name";
}

sub settings
{
	my (%set) = @_;
	sql("ALTER SYSTEM SET lealup.$_ = '$set{$_}'") for sort keys %set;
	$node->reload;
	return;
}

sub control
{
	my ($path) = @_;
	my $answer = HTTP::Tiny->new(proxy => undef, http_proxy => undef)->get($kms->url('kms', "/control/$path"));
	$answer->{success} or die "$path: $answer->{status}";
	return;
}

sub gateway { return worker_pid($node, kind => 'gateway') }
sub is_up { my $answer = http_get($port, '/healthz'); return $answer && $answer->{status} == 200 }

# The command writes down whose child it is, and waits as long as there is a file.
my $key = join '', map { sprintf '%02x', int rand 256 } 1 .. 32;
my $runs = "$dir/runs";
my $command = write_file('command.pl', 0700, <<"PL");
#!/usr/bin/perl
open my \$runs, '>>', '$runs';
syswrite \$runs, getppid() . "\\n";
select undef, undef, undef, 0.05 while -e '$dir/wait';
print '$key';
PL
sub runs_of { my ($pid) = @_; return -e $runs ? scalar(grep { $_ eq $pid } split /\n/, slurp_file($runs)) : 0 }

$node->append_conf('postgresql.conf', "lealup.key_provider = 'command'\nlealup.key_command = '$command'\nlealup.key_file = ''");
$node->start;
setup_db($node);
wait_for('the gateway', \&is_up);

# ---- A connection whose notifications are signed ----

sql(q{CREATE SCHEMA regress; GRANT USAGE ON SCHEMA regress TO lealup_provider;
	CREATE FUNCTION regress.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT '{"ignore": "test"}'::jsonb $$;
	INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('signed', 'Signed', 'workspace', 'https://api.example.com', '{api.example.com}', 'api_key');
	INSERT INTO lealup.provider_inbound (provider, name, signature, dedupe, handler)
	VALUES ('signed', 'main', '{"type": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex"}', '{"body": true}', 'regress.handle');
	INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth, authorize_url, token_url)
	VALUES ('of_client', 'Of the client', 'workspace', 'https://api.example.com', '{api.example.com}', 'oauth2', 'https://api.example.com/authorize', 'https://api.example.com/token');
	INSERT INTO lealup.provider_inbound (provider, name, signature, dedupe, handler)
	VALUES ('of_client', 'main', '{"type": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex", "key": "client_secret"}', '{"body": true}', 'regress.handle')});
my %path;
my %secret;
my $count = 0;

sub new_connection
{
	my ($name) = @_;
	my $tenant = sql("SELECT lealup.create_tenant('$name')");
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state) VALUES ('$tenant', 'signed', 'workspace', 'connected') RETURNING id");
	$secret{$name} = "secret-of-$name-" . int rand 1e9;
	wait_for('a key to seal to', sub { ($node->psql('postgres', "SELECT lealup.set_inbound_secret('$tenant', '$id', '$secret{$name}')"))[0] == 0 });
	$path{$name} = substr(sql("SELECT lealup.inbound_url('$tenant', '$id')"), length "http://127.0.0.1:$port");
	return;
}

sub all_encrypted
{
	wait_until($node, 'SELECT count(*) FROM lealup.vault_secret WHERE get_byte(ciphertext, 0) = 1', 0);
	return;
}

sub notify
{
	my ($name, $signed_by) = @_;
	my $body = '{"n": ' . ++$count . '}';
	my $signature = hmac_sha256_hex($body, $signed_by // $secret{$name});
	return http_once($port, "POST $path{$name} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\nX-Signature: $signature\r\n\r\n$body");
}

sub taken
{
	my ($name, $what) = @_;
	wait_for("a notification of $name", sub { notify($name)->{status} == 200 });
	pass($what);
	is(notify($name, 'forged')->{status}, 401, "$what: a forged one is refused");
	return;
}

sub held
{
	my ($name, $what) = @_;
	my $answer = notify($name);
	is("$answer->{status} $answer->{headers}{'retry-after'}", '503 10', $what);
	return;
}

# One that the secret of the installation's OAuth client verifies.
sub of_client
{
	my $tenant = sql("SELECT lealup.create_tenant('of client')");
	$secret{client} = 'client-secret-' . int rand 1e9;
	my $client = wait_for('an OAuth client', sub {
		my ($status, $out) = $node->psql('postgres', "SELECT lealup.set_oauth_client(NULL, 'of_client', 'hub', '$secret{client}', 'https://hub.example/v1/oauth/callback')");
		return $status == 0 && $out;
	});
	my $id = sql("INSERT INTO lealup.connection (tenant_id, provider, kind, state, client_tenant_id, client_id) VALUES ('$tenant', 'of_client', 'workspace', 'connected', lealup._installation(), '$client') RETURNING id");
	$path{client} = substr(sql("SELECT lealup.inbound_url('$tenant', '$id')"), length "http://127.0.0.1:$port");
	return;
}
sub installations_key { return sql(q{SELECT string_agg(k.id::text, ' ') FROM lealup.vault_secret v JOIN lealup.vault_key k ON k.tenant_id = v.tenant_id AND substr(v.ciphertext, 2, 16) = uuid_send(k.id)
	AND k.public_key IS NULL AND k.retired_at IS NULL WHERE v.tenant_id = lealup._installation()}) }

# ---- A command ----

new_connection('one');
of_client();
all_encrypted();
my $gateway = gateway();
is(runs_of($gateway), 0, 'without a notification the gateway does not ask for the key');
write_file('wait', 0600, '');
held('one', 'while the command runs a notification is to be sent again');
is(notify('one', 'forged')->{status}, 503, 'whatever its signature');
is(runs_of($gateway), 1, 'the command was started once');
ok(is_up(), 'and others are answered');
unlink "$dir/wait";
taken('one', 'when it has given the key they are taken');
is(runs_of($gateway), 1, 'which is kept');
is(sql('SELECT count(*) FROM lealup.inbox'), 1, 'nothing is kept that was not verified');

write_file('wait', 0600, '');
held('one', 'after a reload the key is not there') if settle();
# Another reload ends the command, too.
settings(log_retention => 31);
unlink "$dir/wait";
wait_for('the reload', sub { sql('SHOW lealup.log_retention') eq '31' });
my $before = runs_of($gateway);
taken('one', 'and then it is again');
is(runs_of($gateway), $before + 1, 'by one more run');

# Reloads, and waits until the gateway has noticed, which it tells by not knowing the key.
sub settle
{
	$node->reload;
	wait_for('a gateway without the key', sub { notify('one')->{status} == 503 });
	return 1;
}

write_file('command.pl', 0700, "#!/usr/bin/perl\nexit 3;\n");
settle();
wait_until($node, q{SELECT count(*) FROM lealup.worker_status WHERE worker = 'gateway 1' AND last_error LIKE 'lealup.key_command failed%'}, 1);
held('one', 'a command that fails is told of by worker_status');
write_file('command.pl', 0700, "#!/usr/bin/perl\nprint '$key';\n");
$node->reload;
taken('one', 'and run again after a reload');

# ---- KMS ----

sub epolls { my ($pid) = @_; return scalar grep { (readlink($_) // '') =~ /eventpoll/ } glob "/proc/$pid/fd/*" }
my $few = epolls($gateway);
my $credentials = write_file('credentials', 0600, "[default]\naws_access_key_id = AKIAFIXED\naws_secret_access_key=fixed/secret+of-the-test\n");
settings(key_provider => 'aws_kms', kms_key_id => 'alias/one', kms_region => 'eu-test-1', kms_endpoint => $kms->url('kms', '/'),
	kms_credentials_file => $credentials, kms_timeout => '1s');
wait_until($node, 'SELECT count(*) FROM lealup.vault_key WHERE public_key IS NOT NULL', 1);
sql('SELECT lealup.rewrap()');
wait_until($node, 'SELECT done = total AND total > 0 AND sealed = 0 FROM lealup.rewrap_status()');
new_connection('two');
all_encrypted();
settings(key_command => '');
is(gateway(), $gateway, 'the gateway is the one it was');
is(epolls($gateway), $few, 'without a notification it asks KMS nothing, and has no HTTP client');
taken($_, "a key that KMS has to open: $_") for 'one', 'two', 'client';
cmp_ok(epolls($gateway), '>', $few, 'for which it now has an HTTP client');

# The installation's own key is one like the tenants'.
is(sql(q{SELECT string_agg(DISTINCT convert_from(wrapping_key_id, 'UTF8'), ' ') FROM lealup.vault_key}), 'arn:aws:kms:eu-test-1:111122223333:key/one', 'KMS wraps all keys');
my $old_key = installations_key();
like($old_key, qr/^[0-9a-f-]{36}$/, 'the secret of the installation is encrypted by a key of its own');
sql('SELECT lealup.rotate_data_key(NULL)');
wait_until($node, "SELECT count(*) FROM lealup.vault_key WHERE id = '$old_key'", 0);
my $new_key = installations_key();
ok($new_key ne '' && $new_key ne $old_key, 'which is replaced');
taken('client', 'and its secret still verifies');

# A secret that no worker has re-encrypted is sealed to the database's pair of keys, which KMS opens as well.
control('mode/throttle');
$node->restart;
wait_for('the gateway', \&is_up);
held('two', 'while KMS refuses a notification is to be sent again');
new_connection('three');
held('three', 'also one whose secret is sealed yet');
wait_until($node, q{SELECT count(*) FROM lealup.worker_status WHERE worker = 'gateway 1' AND last_error LIKE '%ThrottlingException%'}, 1);
ok(is_up(), 'and others are answered');
is(sql(q{SELECT count(*) FROM lealup.inbox i JOIN lealup.tenant t USING (tenant_id) WHERE t.name = 'three'}), 0, 'nothing is kept that was not verified');
control('mode/ok');
taken($_, "when KMS answers again they are taken: $_") for 'two', 'three', 'one';
control('mode/hang');
$node->restart;
wait_for('the gateway', \&is_up);
held('one', 'a KMS that hangs holds nobody up');
ok(is_up(), 'neither others');
control('mode/ok');
taken('one', 'and is waited for');

my $log = slurp_file($node->logfile);
my $seen = $log . sql('SELECT string_agg(a::text, E\'\n\') FROM pg_stat_activity a') . sql('SELECT string_agg(w::text, E\'\n\') FROM lealup.worker_status w');
is(join(' ', grep { index($seen, $_) >= 0 } $key, 'fixed/secret+of-the-test', values(%secret), map { substr $_, 12 } values %path), '', 'no secret is in the log');
unlike($log, qr/TRAP|PANIC/, 'and no fault');
$node->stop;
done_testing();
