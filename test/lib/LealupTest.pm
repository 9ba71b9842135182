# What the TAP tests share: nodes with the extension loaded, the peer that
# receives deliveries, and waiting for conditions instead of sleeping.
#
# test/run sets LEALUP_TEST_CONF, the settings that make the staged build of
# the extension known to a server.
package LealupTest;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use File::Basename qw(dirname);
use File::Spec;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(time usleep);

use LealupTest::Peer;

our @EXPORT = qw(new_node setup_db make_ca start_peer wait_for wait_until
  wait_idle worker_pid worker_pids);

my $peers = File::Spec->rel2abs(dirname(__FILE__) . '/../peers');
my $timeout = $PostgreSQL::Test::Utils::timeout_default;
my $test_pid = $$;
my @peers;

# A node with the extension loaded, initialized but not started.
#   ca_file => FILE   certificate authority that the workers trust
#   conf => TEXT      further settings, which win over those made here
#   init => {...}     passed on to init(), as { allows_streaming => 1 }
sub new_node
{
	my ($name, %opt) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $key_file = $node->basedir . '/lealup.key';

	$node->init(extra => [ '-E', 'UTF8', '--locale=C.UTF-8' ],
		%{ $opt{init} // {} });

	# Cluster turns on statement logging, which would cost more than what is
	# tested, and turns off the restart after a crash, which is tested.
	$node->append_conf('postgresql.conf', join("\n",
		slurp_file($ENV{LEALUP_TEST_CONF}),
		'restart_after_crash = on',
		'log_statement = none',
		"lealup.key_file = '$key_file'",
		$opt{ca_file} ? "lealup.ca_file = '$opt{ca_file}'" : '',
		$opt{conf} // ''));

	my $umask = umask(077);
	append_to_file($key_file,
		join('', map { sprintf '%02x', int(rand(256)) } 1 .. 32) . "\n");
	umask($umask);
	return $node;
}

# Creates the extension in a database, which is made unless it exists.
sub setup_db
{
	my ($node, $db) = @_;
	$db //= 'postgres';
	my $exists = $node->safe_psql('postgres',
		'SELECT count(*) FROM pg_database WHERE datname = ' . quote($db));
	$node->safe_psql('postgres', qq(CREATE DATABASE "$db")) unless $exists;
	$node->safe_psql($db, 'CREATE EXTENSION lealup');
	return;
}

# A new certificate authority with the certificates of peers/make-ca; returns
# their directory, for start_peer(ca_dir => ...) and new_node(ca_file => ...).
sub make_ca
{
	my $dir = PostgreSQL::Test::Utils::tempdir('ca');
	system_or_bail("$peers/make-ca", $dir);
	return $dir;
}

# Starts peers/fault_server.py; see LealupTest::Peer.
#   ca_dir => DIR   also offers TLS
#   ipv6 => 1       also listens on ::1
#   ok => N         N more ordinary endpoints: ok1, ok2 ...
sub start_peer
{
	my (%opt) = @_;
	my $name = 'peer' . (@peers + 1);
	my @args;
	push @args, '--ca-dir', $opt{ca_dir} if $opt{ca_dir};
	push @args, '--ipv6' if $opt{ipv6};
	push @args, '--ok', $opt{ok} if $opt{ok};

	my $peer = LealupTest::Peer->new(
		dir => PostgreSQL::Test::Utils::tempdir($name),
		output => "${PostgreSQL::Test::Utils::test_logfile}_$name",
		command => [ "$peers/fault_server.py", @args ]);
	push @peers, $peer;
	wait_for("the ports of $name", sub {
		$peer->running or croak "$name ended: " . $peer->output;
		$peer->read_ports;
	});
	return $peer;
}

# Calls the function until it returns a true value, which it returns; dies
# with what the second function says when time is up.
sub wait_for
{
	my ($what, $condition, %opt) = @_;
	my $end = time() + ($opt{timeout} // $timeout);
	while (1)
	{
		my $result = $condition->();
		return $result if $result;
		last if time() > $end;
		usleep(50_000);
	}
	croak "timed out waiting for $what" . ($opt{details} ? $opt{details}->() : '');
}

# Repeats a query until it returns what is expected (t).  Errors count as not
# yet, because the server may be restarting.
#   db => NAME, timeout => SECONDS
sub wait_until
{
	my ($node, $sql, $expected, %opt) = @_;
	$expected //= 't';
	my ($out, $err) = ('', '');
	wait_for("\"$expected\" from: $sql", sub {
			$node->psql($opt{db} // 'postgres', $sql,
				stdout => \$out, stderr => \$err);
			return $err eq '' && $out eq $expected;
		},
		timeout => $opt{timeout},
		details => sub { "\nlast result: $out\n$err" });
	return;
}

# Waits until nothing is left to be delivered.
sub wait_idle
{
	my ($node, %opt) = @_;
	wait_until($node, q{
		SELECT NOT EXISTS (SELECT FROM lealup.outbox)
		   AND NOT EXISTS (SELECT FROM lealup.delivery_queue)}, 't', %opt);
	return;
}

# The process ids of workers.
#   kind => 'launcher' | 'delivery' | 'sync' ...   (delivery)
#   db => NAME                                     (any)
sub worker_pids
{
	my ($node, %opt) = @_;
	my $sql = 'SELECT pid FROM pg_stat_activity WHERE backend_type = '
	  . quote('lealup ' . ($opt{kind} // 'delivery'));
	$sql .= ' AND datname = ' . quote($opt{db}) if defined $opt{db};
	my ($out, $err) = ('', '');
	$node->psql('postgres', "$sql ORDER BY pid", stdout => \$out, stderr => \$err);
	return split /\n/, $out;
}

# Waits for a worker and returns its process id.  With not => PID it waits for
# the worker's successor.
sub worker_pid
{
	my ($node, %opt) = @_;
	my $not = $opt{not} // 0;
	return wait_for('a worker: ' . join(' ', map { "$_=$opt{$_}" } sort keys %opt),
		sub { (grep { $_ != $not } worker_pids($node, %opt))[0] },
		timeout => $opt{timeout});
}

sub quote
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

# A peer that outlived its test would keep prove waiting.  Processes that a
# test forked must leave the peers alone.
END
{
	my $status = $?;
	if ($$ == $test_pid)
	{
		$_->stop for @peers;
	}
	$? = $status;
}

1;
