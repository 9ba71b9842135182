# A running peers/fault_server.py: its ports, what it received, its switches.
package LealupTest::Peer;

use strict;
use warnings;

use Carp;
use HTTP::Tiny;
use IPC::Run ();
use JSON::PP qw(decode_json);

sub new
{
	my ($class, %self) = @_;
	my $self = bless {
		%self,
		ports_file => "$self{dir}/ports.json",
		log_file => "$self{dir}/requests.jsonl",
		read => 0,
		lines => [],
	}, $class;

	# The peer ends when this pipe closes, so it cannot outlive the test even
	# if that is killed.  Perl's own pipe() is not inherited by the servers
	# that the test starts; IPC::Run's would be.
	pipe(my $stdin, $self->{alive}) or croak "pipe: $!";
	$self->{run} = IPC::Run::start(
		[ @{ $self->{command} }, '--ports', $self->{ports_file}, '--log', $self->{log_file} ],
		'<', $stdin, '>', $self->{output}, '2>&1');
	close $stdin;
	return $self;
}

sub running { my ($self) = @_; return $self->{run} && $self->{run}->pumpable }
sub output { my ($self) = @_; return slurp($self->{output}) }

# True once the peer has told its ports.
sub read_ports
{
	my ($self) = @_;
	return 0 unless -e $self->{ports_file};
	$self->{ports} = decode_json(slurp($self->{ports_file}));
	return 1;
}

sub port
{
	my ($self, $name) = @_;
	return $self->{ports}{$name} // croak "the peer has no endpoint $name";
}

# url('tls_ok', '/path', 'localhost'); the host is by default the address.
sub url
{
	my ($self, $name, $path, $host) = @_;
	my $port = $self->port($name);
	$host //= $name =~ /ok6$/ ? '[::1]' : '127.0.0.1';
	return ($name =~ /^tls_/ ? 'https' : 'http') . "://$host:$port" . ($path // '/');
}

# The log lines of all received requests, or of one endpoint's, as JSON text:
# for tests with so many that decoding them takes long.
sub lines
{
	my ($self, $name) = @_;
	if (open my $log, '<:raw', $self->{log_file})
	{
		seek $log, $self->{read}, 0;
		while (my $line = <$log>)
		{
			last unless $line =~ /\n\z/;
			$self->{read} += length $line;
			push @{ $self->{lines} }, $line;
		}
		close $log;
	}
	return @{ $self->{lines} } unless defined $name;
	return grep { /"behaviour": "\Q$name\E"/ } @{ $self->{lines} };
}

# The received requests, oldest first: time, behaviour, method, path, headers
# (pairs in order), header (by name in lower case), body ...
sub requests
{
	my ($self, $name) = @_;
	my @requests = map { decode_json($_) } $self->lines($name);
	for my $request (@requests)
	{
		$request->{header} = { map { lc $_->[0] => $_->[1] } @{ $request->{headers} } };
	}
	return @requests;
}

# Waits for at least so many requests, and returns all.
sub wait_for_requests
{
	my ($self, $count, %opt) = @_;
	my @lines;
	LealupTest::wait_for("$count requests",
		sub { (@lines = $self->lines($opt{name})) >= $count },
		timeout => $opt{timeout},
		details => sub { ', got ' . scalar(@lines) });
	return $self->requests($opt{name});
}

# Asks the peer itself: '/count', '/set/NAME/503', '/release/NAME'.
sub ask
{
	my ($self, $path) = @_;
	my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
	my $answer = $http->get($self->url('ok', $path));
	$answer->{success} or croak "GET $path: $answer->{status} $answer->{content}";
	return decode_json($answer->{content});
}

# Also safe after the peer's end.
sub stop
{
	my ($self) = @_;
	my $run = delete $self->{run} or return;
	close delete $self->{alive};
	$run->kill_kill(grace => 5);
	return;
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<:raw', $file or croak "$file: $!";
	local $/;
	my $text = <$in>;
	return $text;
}

1;
