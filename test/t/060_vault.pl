# Where keys come from, what becomes of secrets while they do not come, and how keys are changed.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP qw(decode_json);
use LealupTest;
use LealupTest::Peer;
use MIME::Base64;
use PostgreSQL::Test::Utils;
use Test::More;

delete $ENV{$_} for grep { /^AWS_/ } keys %ENV;
# No test may ask the machine's own metadata service.
$ENV{AWS_EC2_METADATA_SERVICE_ENDPOINT} = 'http://127.0.0.1:1';

my $peer = start_peer();
my $kms = LealupTest::Peer->new(
	dir => PostgreSQL::Test::Utils::tempdir('kms'),
	output => "${PostgreSQL::Test::Utils::test_logfile}_kms",
	command => [ dirname(__FILE__) . '/../peers/kms_server.py' ]);
wait_for('the port of KMS', sub {
	$kms->running or die 'the double of KMS ended: ' . $kms->output;
	$kms->read_ports;
});
my $endpoint = $kms->url('kms', '/');
my $node = new_node('main');
my $dir = $node->basedir;
my $old_file = "$dir/lealup.key";
my $secret = 'a-secret-of-at-least-32-characters';
my $count = 0;

sub sql { return $node->safe_psql('postgres', @_) }

sub calls { return map { decode_json($_) } $kms->lines }

sub control
{
	my ($path) = @_;
	my $answer = HTTP::Tiny->new(proxy => undef, http_proxy => undef)->get($kms->url('kms', "/control/$path"));
	$answer->{success} or die "$path: $answer->{status}";
	return;
}

sub write_file
{
	my ($name, $text) = @_;
	open my $file, '>:raw', "$dir/$name.new" or die "$name: $!";
	print $file $text;
	close $file;
	chmod 0600, "$dir/$name.new";
	rename "$dir/$name.new", "$dir/$name" or die "$name: $!";
	return "$dir/$name";
}

sub random_key { return join '', map { sprintf '%02x', int rand 256 } 1 .. 32 }

sub settings
{
	my (%set) = @_;
	$node->safe_psql('postgres', "ALTER SYSTEM SET lealup.$_ = '$set{$_}'") for sort keys %set;
	$node->reload;
	return;
}

sub subscribe
{
	my ($name) = @_;
	my $tenant = sql("SELECT lealup.create_tenant('$name')");
	# After a reload the keys may be on their way.
	wait_for("a subscription of $name", sub {
		($node->psql('postgres', "SELECT lealup.create_subscription('$tenant', '" . $peer->url('ok', "/$name")
			  . "', '{*}', '$secret', headers => '{\"X-Token\": \"token-of-$name\"}')"))[0] == 0;
	});
	return $tenant;
}

sub emit
{
	my (@names) = @_;
	my $list = join ',', map { "'$_'" } @names;
	sql("SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant WHERE name IN ($list)");
	return;
}

sub webhooks { return grep { $_->{path} ne '/assistant' } $peer->requests('ok') }

sub received
{
	my ($name) = @_;
	return grep { $_->{path} eq "/$name" } webhooks();
}

# What is emitted arrives, signed and with its header.
sub works
{
	my ($what, @names) = @_;
	my %before = map { $_ => scalar received($_) } @names;
	emit(@names);
	wait_idle($node);
	is(join(',', map { received($_) - $before{$_} } @names), join(',', (1) x @names), "$what: deliveries arrive");
	my @wrong = grep {
		my $r = $_;
		$r->{header}{'x-lealup-signature'} ne 'sha256=' . hmac_sha256_hex("$r->{header}{'x-lealup-timestamp'}.$r->{body}", $secret)
		  or '/' . substr($r->{header}{'x-token'} // '', length 'token-of-') ne $r->{path}
	} webhooks();
	is(scalar(@wrong), 0, "$what: each is signed, and has its header");
	return;
}

sub all_encrypted
{
	wait_until($node, 'SELECT count(*) FROM lealup.vault_secret WHERE get_byte(ciphertext, 0) = 1', 0);
	return;
}

sub rewrapped
{
	my ($what) = @_;
	wait_until($node, 'SELECT done = total AND total > 0 AND failed = 0 AND problem IS NULL AND sealed = 0 FROM lealup.rewrap_status()');
	pass("$what: rewrap_status() tells that all is done");
	return;
}

sub ciphertexts { return sql("SELECT string_agg(id || encode(ciphertext, 'hex'), ',' ORDER BY id) FROM lealup.vault_secret") }
sub wrapped_by { return sql("SELECT string_agg(DISTINCT CASE WHEN length(wrapping_key_id) = 8 THEN 'local' ELSE convert_from(wrapping_key_id, 'UTF8') END, ' ') FROM lealup.vault_key") }
sub restart_cold { $node->restart; return }

# Kills the sync worker, upon which the whole server starts anew.
sub crash
{
	my $log = -s $node->logfile;
	kill 'KILL', worker_pid($node, kind => 'sync');
	wait_for('the restart', sub { slurp_file($node->logfile, $log) =~ /reinitializing.*ready to accept connections/s });
	wait_until($node, 'SELECT true');
	return;
}

# ---- A changed key file ----------------------------------------------------

# Refused statements, in which this test writes secrets, are the administrator's to leave out of the log.
$node->append_conf('postgresql.conf', 'log_min_error_statement = panic');
$node->start;
setup_db($node);
my @names = map { "t$_" } 1 .. 12;
subscribe($_) for @names;
all_encrypted();
works('a key file', @names);

is(sql('SELECT requested_at IS NULL, total, done, failed, problem IS NULL, sealed FROM lealup.rewrap_status()'), 't|0|0|0|t|0', 'nobody has asked for anything yet');
my $before = ciphertexts();
my $keys_before = sql('SELECT count(DISTINCT wrapping_key_id), count(*) FROM lealup.vault_key');
is($keys_before, '1|12', 'each tenant has a data key');
my $new_file = write_file('new.key', random_key());
settings(key_file => $new_file, key_file_previous => $old_file);
restart_cold();
works('both keys', @names);

# Killed again and again while it is under way: each time the whole server starts anew.
my $old_id = sql("SELECT DISTINCT encode(wrapping_key_id, 'hex') FROM lealup.vault_key");
sql('SELECT lealup.rewrap()');
for my $round (1 .. 3)
{
	$node->safe_psql('postgres', "SELECT lealup.rewrap()") if $round > 1;
	wait_until($node, 'SELECT done > 0 FROM lealup.rewrap_status()');
	crash();
}
rewrapped('through kills');
is(sql("SELECT count(*) FROM lealup.vault_key WHERE encode(wrapping_key_id, 'hex') = '$old_id'"), 0, 'no key is wrapped by the old one');
is(ciphertexts(), $before, 'no ciphertext was touched');
settings(key_file_previous => '');
unlink $old_file;
restart_cold();
works('the old key is gone', @names);

# ---- A wrong key: rewrap() says so, and goes on by itself ------------------

my $third_file = write_file('third.key', random_key());
settings(key_file => $third_file);
restart_cold();
sql('SELECT lealup.rewrap()');
wait_until($node, q{SELECT failed = total AND done = 0 AND problem LIKE '%another key than the one in lealup.key_file' FROM lealup.rewrap_status()});
pass('rewrap_status() tells why keys cannot be unwrapped');
emit('t1');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'deliveries of a subscription wait: %another key than%'});
is(sql('SELECT count(*) FROM lealup.delivery_queue'), 1, 'and a delivery waits');
settings(key_file_previous => $new_file);
rewrapped('the key is there again');
wait_idle($node);
is(sql('SELECT max(attempt_no) FROM lealup.delivery_attempt'), 1, 'what waited has used up no attempt');

# ---- A key that a command gives --------------------------------------------

my $command_key = random_key();
my $command = write_file('command.pl', "#!/usr/bin/perl\n");
sub command
{
	my ($perl) = @_;
	write_file('command.pl', "#!/usr/bin/perl\n$perl\n");
	chmod 0700, $command;
	return;
}
command("print STDERR 'stderr-of-$command_key'; \$| = 1; print '$command_key'; exit(\@ARGV == 2 && \$ARGV[1] eq 'b;c' ? 0 : 1);");
settings(key_provider => 'command', key_command => "$command a b;c");
subscribe('commanded');
all_encrypted();
works('a command', 'commanded', 't1');
sql('SELECT lealup.rewrap()');
rewrapped('from file to command');
settings(key_file => '', key_file_previous => '');
restart_cold();
works('the command alone', @names, 'commanded');

# One that hangs holds nobody up: the key that it gave before holds meanwhile.
command('sleep 3600');
settings();
works('a command that hangs', 't1');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'lealup.key_command did not end within 10 seconds'});
pass('and is ended');
command("print '$command_key'");
settings();
my $asking = sql(q{SELECT tenant_id FROM lealup.tenant WHERE name = 't1'});
sql("SELECT lealup.set_assistant('$asking', '" . $peer->url('ok', '/assistant') . "', 'small', 'sk-of-the-assistant', classify => true)");
all_encrypted();

for ([ 'it fails', 'exit 3', 'exit status was not 0' ], [ 'it writes too much', "print 'x' x 100000", 'more than a key' ],
	[ 'it writes no key', "print 'not-the-key-$command_key'", 'did not write 32 bytes' ])
{
	my ($what, $perl, $problem) = @$_;
	command($perl);
	settings();
	wait_until($node, "SELECT count(*) FROM lealup.worker_status WHERE last_error LIKE '%$problem%' AND worker IN ('sync', 'sync 1', 'delivery 1')", 2);
	my (undef, undef, $error) = $node->psql('postgres', "SELECT lealup.rotate_secret(tenant_id, id) FROM lealup.subscription LIMIT 1");
	like($error, qr/no key to protect secrets is set up.*lealup\.key_command/s, "$what: sealing is refused with a hint");
	unlike($error, qr/\Q$command_key/, "$what: without what it wrote");
}
emit('t2');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'deliveries of a subscription wait: lealup.key_command did not write 32 bytes%'});
is(sql('SELECT count(*) FROM lealup.delivery_queue'), 1, 'without the command\'s key a delivery waits');
sql("INSERT INTO lealup.timeline_event (tenant_id, kind, direction, channel, body) VALUES ('$asking', 'email', 'in', 'email', 'Hello')");
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'questions to an assistant wait: lealup.key_command%'});
is(sql('SELECT status, attempts FROM lealup.assistant_job'), 'pending|0', 'and so does a question to an assistant, without an attempt');
command("print '$command_key'");
settings();
wait_idle($node);
pass('the delivery is sent when the command gives the key');
wait_until($node, 'SELECT attempts > 0 FROM lealup.assistant_job');
is((grep { $_->{path} eq '/assistant' } $peer->requests('ok'))[0]{header}{authorization}, 'Bearer sk-of-the-assistant', 'and the question is asked');

# ---- KMS, which is not there at first --------------------------------------

my $one = 'arn:aws:kms:eu-test-1:111122223333:key/one';
my $two = 'arn:aws:kms:eu-test-1:111122223333:key/two';
my $credentials = write_file('credentials', "[other]\naws_access_key_id = AKIAWRONG\n[default]\naws_access_key_id = AKIAFIXED\naws_secret_access_key=fixed/secret+of-the-test\n");
settings(key_provider => 'aws_kms', kms_key_id => 'alias/one', kms_region => 'eu-test-1', kms_endpoint => 'http://127.0.0.1:1/',
	kms_credentials_file => $credentials, kms_timeout => '1s');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'KMS cannot be reached: connection: %'});
pass('an unreachable KMS is seen in worker_status');
subscribe('moved');
works('KMS is not there yet, but the command', 'moved', @names);
is(sql('SELECT count(*) FROM lealup.vault_secret v WHERE get_byte(ciphertext, 0) = 1'), 2, 'what is new stays sealed meanwhile');
settings(kms_endpoint => $endpoint);
all_encrypted();
works('KMS', 'moved', @names);
sql('SELECT lealup.rewrap()');
rewrapped('from command to KMS');
is(wrapped_by(), $one, 'all keys are wrapped by KMS, which says by which of its own');
settings(key_command => '');
restart_cold();
works('KMS alone', 'moved', @names);
# What backends seal to is a key pair of the database now.
subscribe('sealed');
all_encrypted();
works('sealed under KMS', 'sealed');
is(scalar(grep { $_->{error} } grep { $_->{mode} } calls()), 0, 'botocore finds every signature and every call right');
is(scalar(grep { ($_->{context}{'lealup:tenant'} // '') !~ /^[0-9a-f-]{36}$/ } grep { exists $_->{context} } calls()), 0, 'every call names the tenant');

# ---- A wrapped key in another row ------------------------------------------

my ($from, $to) = map { sql("SELECT tenant_id FROM lealup.tenant WHERE name = '$_'") } 't1', 't2';
my $kept = sql("SELECT encode(wrapped, 'hex') FROM lealup.vault_key WHERE tenant_id = '$to'");
sql("UPDATE lealup.vault_key SET wrapped = (SELECT wrapped FROM lealup.vault_key WHERE tenant_id = '$from') WHERE tenant_id = '$to'");
restart_cold();
emit('t2');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE 'deliveries of a subscription wait: %InvalidCiphertextException%does not belong to its row%'});
pass("another tenant's key does not open");
is(sql("SELECT count(*) FROM lealup.delivery_queue WHERE tenant_id = '$to'"), 1, 'its delivery waits');
emit('t1', 't3');
wait_until($node, "SELECT count(*) FROM lealup.delivery_queue", 1);
pass('while others are delivered');
sql("UPDATE lealup.vault_key SET wrapped = '\\x$kept' WHERE tenant_id = '$to'");
settings();
wait_idle($node);
pass('with its own key it goes on');

# ---- KMS that fails: seen, nothing lost, resumed without help --------------

for ([ 'throttle', '400 ThrottlingException' ], [ 'broken', '500 KMSInternalException' ], [ 'cut', 'cannot be reached' ], [ 'hang', 'cannot be reached: timeout' ],
	[ 'deny', '400 AccessDeniedException' ])
{
	my ($mode, $problem) = @$_;
	control("mode/$mode");
	restart_cold();
	emit('t4', 't5');
	wait_until($node, "SELECT count(*) > 0 FROM lealup.worker_status WHERE worker LIKE 'delivery%' AND last_error LIKE '%KMS%$problem%'");
	is(sql('SELECT count(*), max(attempt_no) FROM lealup.delivery_queue'), '2|1', "$mode: deliveries wait without an attempt, and worker_status says why");
	my $tenant = sql("SELECT lealup.create_tenant('under_$mode')");
	wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE worker LIKE 'sync%'});
	wait_for('a subscription', sub { ($node->psql('postgres', "SELECT lealup.create_subscription('$tenant', '" . $peer->url('ok', "/under_$mode") . "', '{*}', '$secret', headers => '{\"X-Token\": \"token-of-under_$mode\"}')"))[0] == 0 });
	pass("$mode: secrets can be sealed");
	control('mode/ok');
	wait_idle($node);
	pass("$mode: when KMS answers again they are sent without help");
	all_encrypted();
	works($mode, 't4', 't5', "under_$mode");
}

# ---- Another key in KMS ----------------------------------------------------

$before = ciphertexts();
settings(kms_key_id => $two);
subscribe('newer');
all_encrypted();
is(wrapped_by(), "$one $two", 'what is new is wrapped by the other key');
control('mode/throttle');
sql('SELECT lealup.rewrap()');
wait_until($node, q{SELECT failed > 0 AND problem LIKE '%ThrottlingException%' AND done < total FROM lealup.rewrap_status()});
pass('rewrap_status() tells what KMS says');
crash();
control('mode/ok');
rewrapped('from one key of KMS to another');
is(wrapped_by(), $two, 'the first key wraps nothing any more');
is(index(ciphertexts(), $before), 0, 'no ciphertext was touched');
control('disable/one');
restart_cold();
works('the first key is off', @names, 'newer');
settings(kms_key_id => 'alias/missing');
sql('SELECT lealup.rewrap()');
wait_until($node, q{SELECT failed = total AND problem LIKE '%NotFoundException%' FROM lealup.rewrap_status()});
pass('a key that is not there is told of');
works('a key that is not there', 't1');
settings(kms_key_id => $two);
rewrapped('the key is set right');

# ---- A new data key for a tenant -------------------------------------------

my $old_key = sql("SELECT id FROM lealup.vault_key WHERE tenant_id = '$to'");
sql("SELECT lealup.rotate_data_key('$to')");
wait_until($node, "SELECT count(*) FROM lealup.vault_key WHERE id = '$old_key'", 0);
is(sql("SELECT count(*), count(*) FILTER (WHERE retired_at IS NULL) FROM lealup.vault_key WHERE tenant_id = '$to'"), '1|1', 'a tenant gets a new data key, and the old one is gone');
is(sql("SELECT count(*) FROM lealup.vault_secret v JOIN lealup.vault_key k ON k.tenant_id = v.tenant_id AND substr(v.ciphertext, 2, 16) = uuid_send(k.id) WHERE v.tenant_id = '$to'"), 2,
	'under which its secrets are encrypted');
restart_cold();
works('a new data key', 't2');
my $old_pair = sql(q{SELECT id FROM lealup.vault_key WHERE public_key IS NOT NULL});
sql('SELECT lealup.rotate_data_key(NULL)');
wait_until($node, 'SELECT count(*) FROM lealup.vault_key WHERE public_key IS NOT NULL', 2);
subscribe('pair');
all_encrypted();
works('a new key pair', 'pair');
is(sql("SELECT retired_at IS NOT NULL FROM lealup.vault_key WHERE id = '$old_pair'"), 't', 'the old pair is kept');

# ---- Credentials -----------------------------------------------------------

settings(kms_credentials_file => '');
$ENV{AWS_ACCESS_KEY_ID} = 'AKIAFIXED';
$ENV{AWS_SECRET_ACCESS_KEY} = 'wrong-secret-in-the-environment';
restart_cold();
emit('t1');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE '%InvalidSignatureException%'});
pass('a wrong secret key is told of');
$ENV{AWS_SECRET_ACCESS_KEY} = 'fixed/secret+of-the-test';
restart_cold();
wait_idle($node);
pass('the environment\'s credentials do');
delete @ENV{qw(AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY)};
restart_cold();
emit('t1');
wait_until($node, q{SELECT count(*) > 0 FROM lealup.worker_status WHERE last_error LIKE '%no credentials for KMS%'});
pass('none are told of');
$ENV{AWS_CONTAINER_CREDENTIALS_FULL_URI} = $kms->url('kms', '/container');
$ENV{AWS_CONTAINER_AUTHORIZATION_TOKEN} = 'container-token';
restart_cold();
wait_idle($node);
works('a container\'s role', 't1');
delete @ENV{qw(AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN)};
($ENV{AWS_EC2_METADATA_SERVICE_ENDPOINT} = $endpoint) =~ s{/$}{};
restart_cold();
works('an instance\'s role', 't1', 't2');
like((grep { $_->{access_key} } calls())[-1]{access_key}, qr/^ASIA/, 'whose credentials are temporary');
control('expire/now');
subscribe('late');
all_encrypted();
works('when they expire others are fetched', 'late');
is(scalar(grep { ($_->{error} // '') eq 'ExpiredTokenException' } calls()) > 0, 1, 'since the first ones were refused');

# ---- Back to a file --------------------------------------------------------

my $last_file = write_file('last.key', random_key());
settings(key_provider => 'file', key_file => $last_file);
sql('SELECT lealup.rewrap()');
rewrapped('from KMS to a file');
settings(kms_key_id => '', kms_endpoint => 'http://127.0.0.1:1/');
restart_cold();
works('the file alone', @names, 'commanded', 'moved', 'newer', 'late');

# ---- What must not be seen -------------------------------------------------

my %plain = ($secret => 'a signing secret', 'token-of-t1' => 'a header', 'sk-of-the-assistant' => 'an API key', 'fixed/secret+of-the-test' => 'a secret access key', $command_key => 'the command\'s key');
for my $call (grep { $_->{plaintext} } calls())
{
	my $key = decode_base64($call->{plaintext});
	$plain{ encode_base64($key, '') } = $plain{ unpack('H*', $key) } = 'a data key';
}
cmp_ok(scalar(keys %plain), '>', 30, 'there is something to look for');
my $seen = slurp_file($node->logfile) . sql('SELECT string_agg(a::text, E\'\n\') FROM pg_stat_activity a') . sql('SELECT string_agg(w::text, E\'\n\') FROM lealup.worker_status w')
  . sql('SELECT string_agg(a::text, E\'\n\') FROM lealup.audit a') . sql('SELECT string_agg(k::text, E\'\n\') FROM lealup.vault_key k') . sql('SELECT string_agg(v::text, E\'\n\') FROM lealup.vault_secret v');
# This test's own statements, with the secrets in them, are in no log: log_statement is none.
is(join(', ', map { $plain{$_} } grep { index($seen, $_) >= 0 } sort keys %plain), '', 'no key and no secret is in logs, activity, status, audit or the vault\'s tables');
like($seen, qr/vault\.rotate_data_key/, 'though there is much to see');

$node->stop;
done_testing();
