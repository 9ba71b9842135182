# README's example of a provider, pasted into psql as it stands there: a key connects it, what the service has comes in, then what changes.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = dirname(__FILE__) . '/..';
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $base = "http://127.0.0.1:$port";
my $http = HTTP::Tiny->new;

my ($example) = slurp_file("$top/../README.md") =~ /\n## Adding a provider\n.*?\n```sql\n(.*?)```/s or die 'README.md has no example of a provider';

my $server = fork() // die;
exec 'python3', "$top/peers/records_server.py", $port if $server == 0;
END { if ($server) { my $status = $?; kill 'KILL', $server; waitpid $server, 0; $? = $status; } }

sub control
{
	my (%message) = @_;
	my $answer = $http->post("$base/control", { content => encode_json(\%message) });
	return $answer->{success} ? decode_json($answer->{content}) : undef;
}
wait_for('the server', sub { control(op => 'stats') });

my $node = new_node('main', conf => "lealup.allow_http = on\nlealup.allowed_networks = '127.0.0.0/8'");
$node->start;
setup_db($node);

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

is(sql($example), '', 'the example is taken as it stands, and nothing is wrong with it');
like(sql(q{SELECT string_agg(h, ' ') FROM lealup.provider_help('notepad') h}), qr/# Notepad .*make an API key.*`api_key`: API key; required; secret.*does not read: Notebooks/, 'it explains itself');

# The service is here instead of there.
sql("UPDATE lealup.provider SET base_url = '$base', allowed_hosts = '{127.0.0.1}' WHERE name = 'notepad'");
is(sql(q{SELECT * FROM lealup.check_provider('notepad')}), '', 'as well elsewhere');

my $tenant = sql(q{SELECT lealup.create_tenant('Readers')});
control(op => 'make', from => 1, to => 250);
control(op => 'delete', ids => ['7']);
control(op => 'tokens', valid => ['the-right-key']);

my $wrong = sql(qq{SELECT connection_id FROM lealup.connect('$tenant', 'notepad', options => '{"api_key": "a-wrong-key"}')});
wait_until($node, "SELECT state, reason, fix FROM lealup.connections WHERE id = '$wrong'",
	'error|Notepad does not accept the key.|Make a new key at the provider, and give it to reconnect().', timeout => 60);
pass('a wrong key is told at once, with what to do');

my $c = sql(qq{SELECT connection_id FROM lealup.connect('$tenant', 'notepad', options => '{"api_key": "the-right-key"}')});
wait_until($node, "SELECT state, account_id, account_name FROM lealup.connections WHERE id = '$c'", 'connected|acme-1|The Acme account', timeout => 60);
pass('the right one connects');

my $timeline = "SELECT count(*), count(DISTINCT external_id), min(source), min(kind) FROM lealup.timeline_event WHERE connection_id = '$c'";
wait_until($node, "SELECT mode, result, seen, created, failed FROM lealup.sync_runs WHERE connection_id = '$c' LIMIT 1", 'backfill|ok|251|249|0', timeout => 60);
is(sql($timeline), '249|249|notepad|note', 'what it has is on the timeline');

# The runs are counted, so that it is clear which one is meant.
my $runs = 1;
sub next_run
{
	$runs++;
	sql("SELECT lealup.sync_now('$tenant', '$c')");
	wait_until($node, "SELECT count(*) >= $runs FROM lealup.sync_runs WHERE connection_id = '$c'", 't', timeout => 60);
	return sql("SELECT mode, result, seen, created, updated, deleted FROM lealup.sync_runs WHERE connection_id = '$c' ORDER BY trace_id DESC LIMIT 1");
}

control(op => 'make', from => 250, to => 260);
control(op => 'delete', ids => [ '8', '9' ]);
is(next_run(), 'incremental|ok|13|10|1|2', 'then what changes, comes and goes');
is(sql($timeline), '257|257|notepad|note', 'and the timeline is as the service is');

control(op => 'make', from => 261, to => 265);
control(op => 'lose_cursor');
control(op => 'make', from => 266, to => 266);
like(next_run(), qr/^backfill\|ok\|\d+\|6\|0\|0$/, 'a cursor that is lost is a new beginning');
is(sql($timeline), '263|263|notepad|note', 'which doubles nothing');
unlike(slurp_file($node->logfile), qr/the-right-key|a-wrong-key/, 'no key is in the log');

$node->stop;
done_testing();
