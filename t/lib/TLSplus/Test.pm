# SPDX-License-Identifier: Apache-2.0
#
# Assertions that many test files share. A log is long: when a line is missing these show its end,
# not all of it.
package TLSplus::Test;
use v5.36;
use Exporter 'import';
use Test::More;
use TLSplus::Env     qw(find_program sanitized);
use TLSplus::Process qw(run slurp);

our @EXPORT = qw(finds_nothing logs says_nothing refused serves needs_memory_of memory_of);

use constant TAIL => 12;

sub _tail ($text) {
    my @lines = split /\n/, $text;
    splice @lines, 0, -TAIL if @lines > TAIL;
    return join "\n", @lines;
}

# A line that matches comes to the error log within the limit. mark => from there; seconds. Returns it.
sub logs ($server, $pattern, $name, %opt) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $line = $server->wait_log($pattern, %opt);
    ok defined $line, $name or diag "no line matches $pattern; the log ends:\n" . _tail($server->log($opt{mark} // 0));
    return $line // '';
}

# No line matches so far. Wait for something that comes later first.
sub says_nothing ($server, $pattern, $name, %opt) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($line) = $server->log_lines($pattern, $opt{mark} // 0);
    ok !defined $line, $name or diag "logged: $line";
}

# This configuration neither starts nor passes configtest, and the words match. Returns the words.
sub refused ($server, $pattern, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $found   = $server->configtest;
    my $started = $server->begin;
    my $said    = $server->said;
    $server->stop if $started;
    ok $found->{exit} > 0 && !$started && $found->{text} =~ $pattern, $name or diag join "\n",
      "configtest: exit $found->{exit}" . ($found->{text} =~ $pattern ? '' : ", nothing matches $pattern:"),
      _tail($found->{text}), $started ? 'and the server started' : 'the server did not start, which is right';
    return $found->{text};
}

# This configuration passes configtest, which says nothing that matches: by default no message of the module at all.
sub finds_nothing ($server, $name, $pattern = qr/TP\d{4}: /) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $found = $server->configtest;
    my @told  = grep { $_ =~ $pattern } split /\n/, $found->{text};
    ok $found->{exit} == 0 && $found->{text} =~ /\bSyntax OK$/m && !@told, $name or diag join "\n",
      "configtest: exit $found->{exit}", @told ? @told : _tail($found->{text});
}

# A new client is served: the server goes on whatever was done to it before.
sub serves ($server, $name, %opt) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $answer = $server->get('/', %opt);
    is $answer->status, 200, $name or diag $answer->error, "\n", _tail($server->log);
}

# Skips the subtest where memory_of() cannot work.
sub needs_memory_of () {
    plan skip_all => 'no gcore (Debian: gdb)' unless find_program('gcore');
    plan skip_all => 'a sanitized process is tens of gigabytes' if sanitized();
}

# All that this process of the server holds in memory; undef, and a failed test, if that cannot be had.
sub memory_of ($server, $pid) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $done = run(['gcore', '-o', $server->root . '/core', $pid], timeout => 120);
    my $core = $server->root . "/core.$pid";
    ok -s $core, 'a core file' or diag($done->{err}), return undef;
    my $content = slurp($core);
    unlink $core;
    return $content;
}

1;
