# An import of 50,000 rows whose server is killed again and again: it resumes,
# and every row arrives exactly once; others see how far it is, and cannot run
# it at the same time.
use strict;
use warnings;

use IPC::Run ();
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $rows = 50_000;

my $node = new_node('main');
$node->start;
setup_db($node);
my $tenant = $node->safe_psql('postgres', q{SELECT lealup.create_tenant('import')});
$node->safe_psql('postgres', qq{
	SELECT lealup.save_import_mapping('$tenant', 'accounts', 'customer',
		'{"external_id": "id", "name": "name", "arr": {"column": "arr", "format": "comma"}, "custom.note": "note"}')});

sub status
{
	return $node->safe_psql('postgres', 'SELECT status FROM lealup.import_status');
}

# A session of its own, which goes on by itself.
sub start_import
{
	my ($import, $out, $err) = @_;
	return IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "CALL lealup.run_import('$tenant', '$import')" ],
		'<', '/dev/null', '>', $out, '2>', $err);
}

# ---- Upload ----

# As a spreadsheet writes it: byte order mark, semicolons, line breaks in
# quotes. Every hundredth row has no name.
my $dir = PostgreSQL::Test::Utils::tempdir;
my $csv = "\xEF\xBB\xBFid;name;arr;note\r\n";
$csv .= join '', map { "$_;" . ($_ % 100 ? "Customer $_" : '') . ";1.000,50;\"first line\nof $_\"\r\n" } 1 .. $rows;
append_to_file("$dir/accounts.csv", $csv);

my ($import, $command) = split /\|/, $node->safe_psql('postgres',
	"SELECT * FROM lealup.begin_import('$tenant', 'accounts', E'\\ufeffid;name;arr;note')");
like($command, qr/^\\copy /, 'begin_import() gives the command of the upload');

sub upload
{
	my ($file, $options) = @_;
	(my $copy = $command) =~ s/FILE/$file/;
	$copy =~ s/\)$/$options)/;
	my $err;
	$node->psql('postgres', "SELECT lealup.continue_upload('$tenant', '$import');\n$copy\n", stderr => \$err);
	return $err;
}

# What COPY refuses leaves nothing behind.
append_to_file("$dir/ragged.csv", "id;name;arr;note\n1;a;1;\n2;b\n");
append_to_file("$dir/latin1.csv", "id;name;arr;note\n1;Espa\xF1a;1;\n");
like(upload("$dir/ragged.csv", ''), qr/missing data for column "c3"/, 'a row that is too short');
like(upload("$dir/latin1.csv", ''), qr/invalid byte sequence/, 'a file in another encoding');
is($node->safe_psql('postgres', 'SELECT count(*) FROM lealup.import_row'), 0, 'leave nothing behind');
is(upload("$dir/accounts.csv", ", ENCODING 'UTF8'"), '', 'the file is uploaded');
is($node->safe_psql('postgres', 'SELECT count(*) FROM lealup.import_row'), $rows, 'all of it');
is(status(), 'new', 'and waits');

# ---- Kills ----

my $killed = 0;
my $seen = 0;
while (1)
{
	my ($out, $err) = ('', '');
	my $before = $node->safe_psql('postgres', 'SELECT done FROM lealup.import');
	my $session = start_import($import, \$out, \$err);
	last if $killed == 3;

	# From another session: it goes on.
	wait_until($node, "SELECT done > $before AND status = 'running' FROM lealup.import_status");
	$seen++;
	if ($killed == 0)
	{
		my $refusal;
		isnt($node->psql('postgres', "CALL lealup.run_import('$tenant', '$import')", stderr => \$refusal), 0,
			'a second session cannot run the import');
		like($refusal, qr/another session runs this import/, 'and is told why');
	}
	my ($pid) = $node->safe_psql('postgres', q{
		SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL lealup.run_import%' AND pid <> pg_backend_pid()});
	kill 'KILL', $pid;
	$session->finish;
	$killed++;
	wait_until($node, 'SELECT true');
	is(status(), 'interrupted', "kill $killed is seen");
}
wait_until($node, 'SELECT status FROM lealup.import_status', 'completed');
is($seen, 3, 'its progress was seen from other sessions');

my $refused = $rows / 100;
my $good = $rows - $refused;
is($node->safe_psql('postgres', 'SELECT rows, done, inserted, updated, unchanged, merged, rejected FROM lealup.import_status'),
	"$rows|$rows|$good|0|0|0|$refused", 'every row is counted once');
is($node->safe_psql('postgres', q{
		SELECT count(*), count(DISTINCT i.external_id), count(DISTINCT c.id), min(c.arr), max(c.arr),
			count(*) FILTER (WHERE c.name = 'Customer ' || i.external_id AND c.custom ->> 'note' = E'first line\nof ' || i.external_id)
		FROM lealup.customer c JOIN lealup.customer_identity i ON i.tenant_id = c.tenant_id AND i.customer_id = c.id}),
	"$good|$good|$good|1000.50|1000.50|$good", 'every customer is there once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM lealup.customer'), $good, 'and no other');
is($node->safe_psql('postgres', q{
		SELECT count(*), count(DISTINCT customer_id) FROM lealup.event WHERE event_type = 'customer.created'}),
	"$good|$good", 'each emitted its event once');
is($node->safe_psql('postgres', q{SELECT count(*), bool_and(row_no % 100 = 0), min(reason) FROM lealup.import_reject}),
	"$refused|t|is empty", 'the rows that were refused are those without a name');
is($node->safe_psql('postgres', 'SELECT count(*) FROM lealup.import_row'), 0, 'nothing is left staged');
is($node->safe_psql('postgres', q{SELECT count(*) FROM lealup.audit WHERE action = 'import.complete'}), 1, 'the end is audited once');

# ---- Other ends ----

# A cancelled statement and a transaction of the caller's stop nothing for good.
($import, $command) = split /\|/, $node->safe_psql('postgres',
	"SELECT * FROM lealup.begin_import('$tenant', 'accounts', 'id;name;arr;note')");
is(upload("$dir/accounts.csv", ", ENCODING 'UTF8'"), '', 'the file again');
my $err;
isnt($node->psql('postgres', "BEGIN; CALL lealup.run_import('$tenant', '$import');", stderr => \$err), 0, 'an import does not run in a transaction');
like($err, qr/invalid transaction termination/, 'because it commits');
my $this = "FROM lealup.import_status WHERE id = '$import'";
isnt($node->psql('postgres', "SET statement_timeout = '200ms'; CALL lealup.run_import('$tenant', '$import')", stderr => \$err), 0, 'a timeout stops it');
is($node->safe_psql('postgres', "SELECT status, error $this"), 'failed|canceling statement due to statement timeout', 'and is named');
$node->safe_psql('postgres', "CALL lealup.run_import('$tenant', '$import')");
is($node->safe_psql('postgres', "SELECT status, done, unchanged, rejected $this"), "completed|$rows|$good|$refused", 'the rest follows; nothing has changed');

$node->stop;
done_testing();
