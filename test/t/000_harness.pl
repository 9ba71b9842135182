# The harness itself: what the other files rely on.
use strict;
use warnings;

use HTTP::Tiny;
use LealupTest;
use Test::More;

my $peer = start_peer(ok => 2);
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);

is($http->post($peer->url('ok'), { content => 'first' })->{status}, 200, 'the peer answers');
is($http->post($peer->url('ok2', '/status/503'), { content => 'second' })->{status},
	503, 'with what the path asks for');

my @requests = $peer->wait_for_requests(2);
is_deeply([ map { "$_->{behaviour} $_->{path} $_->{body}" } @requests ],
	[ 'ok / first', 'ok2 /status/503 second' ], 'requests are logged in order');
is($requests[0]{header}{'content-length'}, 5, 'with their headers');
is(scalar $peer->requests('ok2'), 1, 'and can be picked by endpoint');
is($peer->ask('/count')->{ok2}{requests}, 1, 'the peer tells its counters');

$peer->stop;
ok(!$http->post($peer->url('ok'), {})->{success}, 'a stopped peer is gone');
ok(!eval { wait_for('nothing', sub { 0 }, timeout => 0); 1 }, 'waiting in vain fails');

my $node = new_node('main');
$node->start;
setup_db($node);
setup_db($node, 'other');
wait_idle($node);
wait_until($node, 'SELECT current_database()', 'other', db => 'other');

my $pid = worker_pid($node, db => 'postgres');
kill 'TERM', $pid;
isnt(worker_pid($node, db => 'postgres', not => $pid), $pid, 'a killed worker has a successor');
$node->stop;

done_testing();
