# README's tour of lead sync, as it stands there but for the port: two databases of one server.
use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Run ();
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($tour) = slurp_file(dirname(__FILE__) . '/../../README.md') =~ /\n## Lead sync\n.*?\n```sql\n(.*?)```/s or die 'README.md has no tour of lead sync';
is($tour =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/g, 2, 'the port is to be filled in');

# What the tour sets is left to it.
my $node = new_node('main', conf => "lealup.allow_http = off\nlealup.allowed_networks = ''");
$node->start;
my ($out, $err);
ok(IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-d', 'postgres' ], '<', \$tour, '>', \$out, '2>', \$err), 'it runs to its end') or diag($err);
wait_until($node, q{SELECT count(*) FROM lealup.lead_sync_record}, '2', db => 'hospital');
is($node->safe_psql('hospital', 'SELECT fields FROM lealup.lead'), ($tour =~ /\n-- (\{"city".*\})\n/)[0], 'the hospital has the lead, as the tour says');
is($node->safe_psql('hospital', q{SELECT string_agg(concat_ws(' ', r.entity, r.status, r.reason), ', ' ORDER BY r.id) FROM lealup.lead_sync_record r}), 'lead new, activity new', 'and what happened with it');
is($node->safe_psql('hospital', 'SELECT note FROM lealup.lead_activity'), 'Comes on Monday', 'all of it');
is($node->safe_psql('clinic', 'SELECT count(*) FROM lealup.lead'), '1', 'and the clinic keeps it');
$node->stop;
done_testing();
