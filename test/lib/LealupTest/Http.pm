# Raw HTTP/1 over sockets: requests are sent as the bytes that a test wrote, and answers taken apart.
package LealupTest::Http;

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP qw(decode_json);
use Time::HiRes qw(time);

our @EXPORT = qw(http_connect http_send http_read http_once http_get);

# What came after an answer that was read, by connection.
my %rest;

# A connection to a port of 127.0.0.1, or to a unix socket.
sub http_connect
{
	my ($where) = @_;
	my $socket = $where =~ m{^/}
	  ? IO::Socket::UNIX->new(Peer => $where)
	  : IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $where, Timeout => 10);
	# An earlier one that is gone may have had its name.
	delete $rest{$socket} if $socket;
	return $socket;
}

sub http_send
{
	my ($socket, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes)
	{
		my $n = syswrite($socket, $bytes);
		return 0 unless $n;
		substr($bytes, 0, $n) = '';
	}
	return 1;
}

# The next answer on a connection: { status, headers, body, json }; undef if the server closes it before one is complete, or is
# silent for so many seconds. What comes after the answer is kept for the next call.
sub http_read
{
	my ($socket, %opt) = @_;
	my $end = time() + ($opt{timeout} // 15);
	my $select = IO::Select->new($socket);
	my $bytes = delete $rest{$socket} // '';
	while (1)
	{
		if ($bytes =~ /\A(HTTP\/1\.1 (\d+)[^\r\n]*\r\n(.*?\r\n)?\r\n)/s)
		{
			my ($head, $status, $lines) = ($1, $2, $3 // '');
			my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $lines;
			my $length = $opt{head} || $status < 200 || $status == 204 ? 0 : $headers{'content-length'} // 0;
			if (length($bytes) >= length($head) + $length)
			{
				my $body = substr($bytes, length $head, $length);
				$rest{$socket} = substr($bytes, length($head) + $length);
				my $json = $body =~ /^\{/ ? eval { decode_json($body) } : undef;
				return { status => $status, headers => \%headers, body => $body, json => $json };
			}
		}
		my $left = $end - time();
		return if $left <= 0 || !$select->can_read($left);
		my $n = sysread($socket, $bytes, 65536, length $bytes);
		return unless $n;
	}
}

# Whether the server closes the connection within some seconds, without another byte.
sub closed
{
	my ($socket, $seconds) = @_;
	return 0 if length($rest{$socket} // '');
	return 0 unless IO::Select->new($socket)->can_read($seconds // 10);
	my $n = sysread($socket, my $byte, 1);
	return !$n;
}

# One request on a connection of its own. The answer has one more field, closed: whether the server closed the connection.
sub http_once
{
	my ($where, $bytes, %opt) = @_;
	my $socket = http_connect($where) or return;
	http_send($socket, $bytes);
	my $answer = http_read($socket, %opt);
	$answer->{closed} = LealupTest::Http::closed($socket, $opt{wait} // 1) if $answer;
	delete $rest{$socket};
	return $answer;
}

sub http_get
{
	my ($where, $path, %headers) = @_;
	my $lines = join '', map { "$_: $headers{$_}\r\n" } sort keys %headers;
	# A connection that a reload finds without a request is closed: as any client does, it is tried again.
	for (1 .. 3)
	{
		my $answer = http_once($where, "GET $path HTTP/1.1\r\nHost: test\r\nConnection: close\r\n$lines\r\n");
		return $answer if $answer;
	}
	return;
}

1;
