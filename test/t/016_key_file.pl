# The key that protects secrets: what is wrong with it is told, and deliveries wait until it is there.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use LealupTest;
use MIME::Base64;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
my $secret = 'a-secret-of-at-least-32-characters';
my $node = new_node('main', conf => "lealup.key_file = ''");
my $key_file = $node->basedir . '/key';
my $key = join '', map { chr int rand 256 } 1 .. 32;
my $other_key = $key ^ ("\xff" x 32);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Renamed into place, as an administrator's tool would do it.
sub write_key
{
	my ($bytes, $mode) = @_;
	open my $file, '>:raw', "$key_file.new" or die "$key_file.new: $!";
	print $file $bytes;
	close $file;
	chmod $mode // 0600, "$key_file.new";
	rename "$key_file.new", $key_file or die "$key_file: $!";
	return;
}

sub subscribe
{
	my ($tenant, $path) = @_;
	my $url = $peer->url('ok', $path);
	return "SELECT lealup.create_subscription(tenant_id, '$url', '{*}', '$secret') FROM lealup.tenant WHERE name = '$tenant'";
}

sub emit
{
	my ($tenant) = @_;
	sql("SELECT lealup.emit(tenant_id, 'customer.created', '{}') FROM lealup.tenant WHERE name = '$tenant'");
	return;
}

sub received
{
	my ($path) = @_;
	return grep { $_->{path} eq $path } $peer->requests('ok');
}

# ---- What can be wrong ----------------------------------------------------

my $log = 0;
$node->start;
setup_db($node);
sql("SELECT lealup.create_tenant('Acme'), lealup.create_tenant('Late')");

sub refused
{
	my ($what, $problem) = @_;
	wait_for("the log to tell about: $what",
		sub { slurp_file($node->logfile, $log) =~ /lealup has no key to protect secrets: .*$problem/ });
	# The backend has the key from the launcher, which publishes it before it writes to the log.
	my ($status, $out, $err) = $node->psql('postgres', subscribe('Acme', '/acme'));
	like($err, qr/no key to protect secrets is set up\n.*HINT: .*openssl rand -hex 32 .*lealup\.key_file/,
		"a subscription is refused with a hint: $what");
	wait_until($node, qq{SELECT count(*) FROM lealup.worker_status WHERE last_error LIKE '%$problem%'}, 2);
	$log = -s $node->logfile;
	return;
}

refused('no file is set', 'lealup.key_file is not set');
sql("ALTER SYSTEM SET lealup.key_file = '$key_file'");
$node->reload;
refused('a file that does not exist', 'could not open the file');
for ([ 'a file that everybody can read', 0644, 'accessible to others' ],
	[ 'a file that the group can write', 0660, 'accessible to others' ],
	[ 'a file without permissions for its owner', 0000, 'could not open the file' ],
	[ 'a key that is too short', 0600, 'does not hold 32 bytes', 'abc' ],
	[ 'an empty file', 0600, 'does not hold 32 bytes', '' ],
	[ 'a key with a wrong digit', 0600, 'does not hold 32 bytes', 'x' . substr(unpack('H*', $key), 1) ],
	[ 'a file with more than a key', 0600, 'does not hold 32 bytes', unpack('H*', $key) x 2 ])
{
	my ($what, $mode, $problem, $bytes) = @$_;
	write_key($bytes // unpack('H*', $key), $mode);
	$node->reload;
	refused($what, $problem);
}
unlink $key_file;
mkdir $key_file;
$node->reload;
refused('a directory', 'no regular file');
rmdir $key_file;
is(sql('SELECT count(*) FROM lealup.subscription'), 0, 'nothing is left of refused subscriptions');

# ---- The right key, in each of its forms ----------------------------------

write_key(unpack('H*', $key) . "\n");
$node->reload;
wait_for('the key', sub { ($node->psql('postgres', subscribe('Acme', '/acme')))[0] == 0 });
my $count = 0;
for ([ 'hexadecimal', unpack('H*', $key) . "\n" ], [ 'upper case', uc unpack('H*', $key) ], [ 'base64', encode_base64($key) ],
	[ 'as it is', $key ], [ 'readable by the group', unpack('H*', $key), 0640 ])
{
	my ($form, $bytes, $mode) = @$_;
	write_key($bytes, $mode);
	# A restart makes sure that it is read.
	$node->restart;
	emit('Acme');
	wait_idle($node);
	is(scalar(received('/acme')), ++$count, "the key works: $form");
}
wait_until($node, q{SELECT NOT EXISTS (SELECT FROM lealup._sealed_secrets('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'))});

# ---- Another key ----------------------------------------------------------

my $waiting = q{SELECT last_error FROM lealup.worker_status WHERE worker = 'delivery 1' AND last_error LIKE 'deliveries of a subscription wait: %'};
write_key(unpack('H*', $other_key));
$node->reload;
emit('Acme');
wait_until($node, "SELECT count(*) FROM ($waiting) w WHERE last_error LIKE '%another key than the one in lealup.key_file'", 1);
pass('with another key worker_status tells that deliveries wait, and why');

# A tenant that is new is served under the new key meanwhile.
wait_for('the other key', sub { ($node->psql('postgres', subscribe('Late', '/late')))[0] == 0 });
emit('Late');
wait_for('the tenant of the other key', sub { received('/late') });
is(sql(q{SELECT attempt_no, (SELECT count(*) FROM lealup.delivery_attempt a WHERE a.tenant_id = q.tenant_id) FROM lealup.delivery_queue q}),
	"1|$count", 'a waiting delivery uses up no attempts, and does not hinder others');

$node->restart;
wait_until($node, "SELECT count(*) FROM ($waiting) w", 1);
emit('Acme');
wait_until($node, 'SELECT count(*) FROM lealup.delivery_queue', 2);
is(scalar(received('/acme')), $count, 'nothing is sent after a restart either');

write_key(unpack('H*', $key));
$node->reload;
wait_idle($node);
is(scalar(received('/acme')), $count += 2, 'when the right key is back and the configuration is reloaded, all is sent');

# ---- No key after a restart -----------------------------------------------

unlink $key_file;
$node->restart;
emit('Acme');
wait_until($node, "SELECT count(*) FROM ($waiting) w", 1);
is(sql('SELECT count(*) FROM lealup.delivery_queue'), 1, 'without a key deliveries wait, too');
write_key(unpack('H*', $key));
$node->reload;
wait_idle($node);
is(scalar(received('/acme')), ++$count, 'and are sent when it is back');

is(scalar(grep {
		$_->{header}{'x-lealup-signature'} ne 'sha256=' . hmac_sha256_hex("$_->{header}{'x-lealup-timestamp'}.$_->{body}", $secret)
	} $peer->requests('ok')), 0, 'every request was signed with the secret');

$node->stop;
done_testing();
