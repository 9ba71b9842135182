# A workspace of Slack's double (peers/slack.mjs), a node whose gateway and sync worker talk to it, and a tenant that has connected it.
package LealupTest::Slack;

use strict;
use warnings;

use Carp;
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Http;
use LealupTest::Peer;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $callback = 'https://hub.example/v1/oauth/callback';

# verifier => DIR: where npm has installed a module that verifies what the double sends.
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { http => HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0, timeout => 120) }, $class;
	$self->{double} = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir('slack'), output => "${PostgreSQL::Test::Utils::test_logfile}_slack",
		command => [ 'node', dirname(__FILE__) . '/../../peers/slack.mjs', $opt{verifier} ? ('--verifier', $opt{verifier}) : () ]);
	wait_for('the ports of Slack\'s double', sub { $self->{double}->running or croak $self->{double}->output; $self->{double}->read_ports });
	$self->{base} = 'http://127.0.0.1:' . $self->{double}->port('slack');
	return $self;
}

# slack('POST /say', channel => ...): what the double's control port answers; without a method it is POST.
sub control
{
	my ($self, $path, %message) = @_;
	my $method = $path =~ s/^([A-Z]+) // ? $1 : 'POST';
	my $answer = $self->{http}->request($method, $self->{double}->url('control', $path), { content => $method eq 'POST' ? encode_json(\%message) : '' });
	croak "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content});
}

# A node with a gateway, started, whose provider slack is the double.
sub node
{
	my ($self, %opt) = @_;
	my $port = $self->{port} = PostgreSQL::Test::Cluster::get_free_port();
	my $node = $self->{node} = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'\nlealup.gateway_listen = '$port'\nlealup.gateway_database = 'postgres'\n"
		  . "lealup.public_url = 'http://127.0.0.1:$port'\n" . ($opt{conf} // ''));
	$node->start;
	setup_db($node);
	$self->wait_for_gateway;
	$node->safe_psql('postgres', "UPDATE lealup.provider SET base_url = '$self->{base}/api', authorize_url = '$self->{base}/oauth/v2/authorize', token_url = '$self->{base}/api/oauth.v2.access',
		allowed_hosts = '{127.0.0.1}' WHERE name = 'slack'");
	return $node;
}

sub wait_for_gateway
{
	my ($self) = @_;
	wait_for('the gateway', sub { my $answer = http_get($self->{port}, '/healthz'); $answer && $answer->{status} == 200 });
	return;
}

# Goes where the URL leads, as a browser, and gives what Slack sends it back with.
sub agree
{
	my ($self, $url) = @_;
	my $answer = $self->{http}->get($url);
	my $location = $answer->{headers}{location} // croak "$answer->{status} $answer->{content}";
	return { map { my ($name, $value) = split /=/; $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; ($name => $value) } split /&/, ($location =~ s/^[^?]*\?//r) };
}

# Connects the workspace for a tenant, enters the URL in the app, and waits until people and channels are known; gives the connection's id.
sub connect
{
	my ($self, $tenant, %opt) = @_;
	my $node = $self->{node};
	my $options = encode_json($opt{options} // {});
	my $scopes = $opt{scopes} // 'groups:read,chat:write.public,channels:history,groups:history,im:history,app_mentions:read';
	$node->safe_psql('postgres', "SELECT lealup.set_oauth_client('$tenant', 'slack', 'client', 'secret', '$callback')");
	my ($id, $url) = split /\|/, $node->safe_psql('postgres', "SELECT * FROM lealup.connect('$tenant', 'slack', NULL, '$options', '{$scopes}')"), 2;
	my $back = $self->agree($url);
	$node->safe_psql('postgres', "SELECT lealup.complete_connect('$back->{state}', '$back->{code}')");
	my $inbound = $self->{inbound} = $node->safe_psql('postgres', "SELECT lealup.set_inbound_secret('$tenant', '$id', '8f742231b10e8888abcd99yyyzzz85a5') IS NULL; SELECT lealup.inbound_url('$tenant', '$id')") =~ s/^t\n//r;
	my $entered = $self->control('/request_url', url => $inbound);
	croak $entered->{error} if $entered->{error};
	wait_until($node, "SELECT count(*) = 2 FROM lealup.sync_run WHERE connection_id = '$id' AND result = 'ok'", 't', timeout => 120);
	return $id;
}

1;
