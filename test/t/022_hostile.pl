# Endpoints that misbehave, all at a time: each harms nobody but its own delivery, and the log tells what it did.
use strict;
use warnings;

use Encode qw(encode_utf8);
use JSON::PP qw(decode_json);
use LealupTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = start_peer();
# Few shared buffers, so that what the worker's memory grows by is its own.
my $node = new_node('hostile', conf => "shared_buffers = 16MB\nlealup.endpoint_rate_limit = 1000");
$node->start;
setup_db($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub rows { return @{ decode_json(encode_utf8(sql("SELECT coalesce(json_agg(r), '[]') FROM ($_[0]) r"))) } }

my $timeout = qr/^timeout: no complete response within [15]000 ms$/;
my $broken = qr/^broken response: \S/;

# What hangs gets a second, or a few where something is to come before it hangs; what is to fail for another reason gets so long
# that a slow machine does not make it a timeout.
my %timeouts = map { $_ => $timeout } qw(hang_accept hang hang_headers hang_body drip drip_headers);
my %seconds = (hang_body => 5, drip => 5);
my %failures = (
	endless_body => qr/^response too large: more than 1024 kB of body$/,
	huge_headers => qr/^response too large: more than 64 kB of headers$/,
	huge_header => qr/^response too large: more than 64 kB of headers$/,
	continue_flood => qr/^response too large: more than 64 kB of headers$/,
	early_hints_flood => qr/^response too large: more than 64 kB of headers$/,
	(map { $_ => $broken } qw(cut_empty cut_header cut_headers cut_body cut_chunk bad_chunk garbage http09 nul_headers reset)),
	reset_early => qr/^(broken response|connection): \S/,
	redirect => qr/^the endpoint answered 302$/,
	redirect307 => qr/^the endpoint answered 307$/,
	refused => qr/^connection: \S/);
my @successes = qw(big_ok no_content close stale set_cookie binary gzip_bomb);
# A resolver without a network may be slow to say so; a label of more than 63 characters is refused without asking anybody.
my %names = (
	'nowhere.invalid' => qr/^(DNS: \S|timeout: )/,
	('x' x 70) . '.invalid' => qr/^DNS: \S/);

my $tenant = sql("SELECT lealup.create_tenant('Hostile')");
my %of;
sub subscribe
{
	my ($name, $url, $seconds) = @_;
	$of{$name} = sql("SELECT lealup.create_subscription('$tenant', '$url', ARRAY['customer.updated'], retry_schedule => '{0}', timeout => '$seconds s')");
	return;
}
subscribe($_, $peer->url($_), $seconds{$_} // 1) for sort keys %timeouts;
subscribe($_, $peer->url($_), 30) for sort keys %failures, @successes;
subscribe($_, "http://$_/", 10) for sort keys %names;
subscribe('healthy', $peer->url('ok', '/healthy'), 30);
subscribe('held', $peer->url('ok', '/hold/all'), 30);
cmp_ok(scalar(keys %of), '<=', 50, 'all fit into one tenant');

my $worker = worker_pid($node);
sub peak_memory { return slurp_file("/proc/$worker/status") =~ /^VmHWM:\s+(\d+) kB/m ? $1 / 1024 : die 'no VmHWM' }

sub emit
{
	my ($n) = @_;
	return sql("SELECT lealup.emit('$tenant', 'customer.updated', '{}') FROM generate_series(1, $n)");
}
sub finished
{
	my ($what, $n) = @_;
	my $ids = join ',', map { "'$of{$_}'" } @$what;
	wait_until($node, "SELECT count(*) FROM lealup.delivery_attempt WHERE subscription_id IN ($ids) AND final", $n * @$what);
	return;
}

sub held
{
	return ($peer->ask('/count')->{'/hold/all'} // {})->{in_flight} // 0;
}

emit(1);
wait_for('a request in flight', \&held);
my $memory = peak_memory();
emit(4);
finished(['healthy'], 5);
wait_for('all requests in flight', sub { held() >= 5 });
is(held(), 5, 'a healthy endpoint is served while others are waited for');
is(sql("SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$of{healthy}' AND status = 'success' AND attempts = 1"), 5, 'all of it');
is($peer->ask('/release/all')->{released}, 5, 'what was waited for is still there');
finished([ keys %of ], 5);
is(sql("SELECT count(*) FROM lealup.delivery WHERE subscription_id = '$of{held}' AND status = 'success'"), 5, 'and succeeds');
wait_idle($node);

is(worker_pid($node), $worker, 'the worker is the same as before');
is(sql("SELECT sum(restarts) FROM lealup.worker_status"), 0, 'no worker had to be restarted');
is(sql("SELECT count(*) FROM lealup.worker_status WHERE last_error IS NOT NULL"), 0, 'and none had an error');
my $grown = peak_memory() - $memory;
cmp_ok($grown, '<', 64, 'its memory stayed small') or diag "grew by $grown MB";

# ---- What each of them led to ----

my %log;
push @{ $log{ $_->{subscription_id} } }, $_ for rows("SELECT * FROM lealup.delivery_log WHERE tenant_id = '$tenant' ORDER BY id");

# Checks the attempts of one endpoint; gives the first one.
sub check
{
	my ($name, $status, $error) = @_;
	my @attempts = @{ $log{ $of{$name} } };
	my $ok = !grep { $_->{status} ne $status || !$_->{final}
		|| (defined $error ? ($_->{error} // '') !~ $error || $_->{error} =~ /[^ -~]/ : defined $_->{error}) } @attempts;
	ok($ok && @attempts == 5, "$name: 5 attempts $status")
	  or diag explain [ map { "$_->{status}: " . ($_->{error} // 'no error') } @attempts ];
	return $attempts[0];
}

my %first = ((map { $_ => check($_, 'failed', $timeouts{$_}) } sort keys %timeouts),
	(map { $_ => check($_, 'failed', $failures{$_}) } sort keys %failures),
	(map { $_ => check($_, 'failed', $names{$_}) } sort keys %names),
	(map { $_ => check($_, 'success') } @successes, 'healthy', 'held'));

is($first{$_}{response_status}, undef, "$_: there is no status without complete headers")
  for qw(hang_accept hang hang_headers drip_headers huge_headers huge_header continue_flood early_hints_flood cut_empty cut_header
  cut_headers garbage http09 reset refused nowhere.invalid);
ok((grep { ($_->{response_status} // 0) == 200 } @{ $log{ $of{$_} } }), "$_: a status that came is shown, and is no success")
  for qw(hang_body drip endless_body cut_body cut_chunk bad_chunk);
like($first{$_}{latency_ms}, qr/^\d+(\.\d+)?$/, "$_: latency") for 'hang', 'healthy';
cmp_ok($first{hang}{latency_ms}, '>=', 1000, 'a timeout is not shorter than it should be');

is(scalar(grep { $_->{path} eq '/stolen' } $peer->requests), 0, 'redirects are not followed');
like($first{redirect}{response_headers}{Location}, qr/stolen/, 'but visible');
is($first{set_cookie}{response_headers}{'Set-Cookie'}, '[redacted]', 'cookies are not kept');
is($first{binary}{response_body}, 'nul ?, latin ?, broken ?????', 'a body that is no text is readable in the view');
is($first{binary}{response_headers}{'X-Binary'}, 'caf? ??', 'so is such a header');
is(sql("SELECT encode(response_body, 'hex') FROM lealup.delivery_attempt WHERE subscription_id = '$of{binary}' LIMIT 1"),
	unpack('H*', "nul \x00, latin \xe9, broken \xff\xfe\xed\xa0\x80"), 'the log has its bytes');
is($first{big_ok}{response_status}, 200, 'a large answer is a success');
is($first{big_ok}{response_body}, substr('{"fill":"' . 'x' x 5000, 0, 4096), 'of which lealup.response_log_size bytes are kept');
is($first{no_content}{response_status}, 204, '204 is a success');
is($first{no_content}{response_body}, undef, 'without a body');
is(sql("SELECT count(*) FROM lealup.delivery_attempt WHERE subscription_id = '$of{gzip_bomb}' AND length(response_body) = 4096
	AND substr(response_body, 1, 2) = '\\x1f8b'"), 5, 'what is packed is not unpacked');
is(sql("SELECT max(pg_column_size(a.*)) < 32768 FROM lealup.delivery_attempt a WHERE tenant_id = '$tenant'"), 't', 'no row of the log is large');

# A limit that changes holds from the next response on.
$node->append_conf('postgresql.conf', "lealup.max_response_size = 100kB\nlealup.response_log_size = 10");
$node->reload;
wait_until($node, 'SHOW lealup.max_response_size', '100kB');
%log = ();
wait_for('the reload', sub {
	sql("SELECT lealup.send_test_event('$tenant', '$of{healthy}')");
	wait_idle($node);
	sql("SELECT length(response_body) FROM lealup.delivery_log WHERE trigger = 'test' AND subscription_id = '$of{healthy}' ORDER BY id DESC LIMIT 1") == 10;
});
ok(1, 'lealup.response_log_size is reloadable');
my $test = sql("SELECT lealup.send_test_event('$tenant', '$of{big_ok}')");
wait_idle($node);
is(sql("SELECT error FROM lealup.delivery WHERE id = '$test'"), 'response too large: more than 100 kB of body', 'so is lealup.max_response_size');

is(worker_pid($node), $worker, 'the worker is still the same');
$node->stop;
unlike(slurp_file($node->logfile), qr/terminated by|ERROR/, 'the server log has no crash and no error');
done_testing();
