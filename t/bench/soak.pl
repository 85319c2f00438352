#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# One server under mixed load for a long time: every answer is compared with what the file holds,
# memory may not grow over the second half, and nothing may be said in the error log. HTTP/1.1 by
# t/bench/soak, HTTP/2 by curl beside it.
#
# With proxied=1 the server passes everything on to another one over TLS, half of the files over connections that are
# kept, half over one for each request; then both are watched. What glibc and httpd's pools keep for later is kept small
# there (arenas=1, MALLOC_ARENA_MAX; memfree=64, MaxMemFree in KiB): by default each of many pools keeps what the largest
# of its requests needed, up to 2 MB, with any TLS module. stock=1 has the stock mod_ssl in front, to hold against.
#
#   make soak                                          200,000 requests
#   make soak ARGS='proxied=1 requests=100000'
#   make soak ARGS='requests=20000 threads=8 seed=7'   the seed is printed; a run can be had again
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(sum);
use TLSplus::Bench;
use TLSplus::Env     qw(builddir find_program has_module module_so modules_dir mpm sanitized);
use TLSplus::Process qw(run slurp spawn wait_until);

$| = 1;
my %arg = (requests => 200_000, threads => 8, seed => time % 100_000, h2 => 0.1, proxied => 0, stock => 0, arenas => 0, memfree => 2048, map { split /=/, $_, 2 } @ARGV);
%arg = (%arg, arenas => 1, memfree => 64, map { split /=/, $_, 2 } @ARGV) if $arg{proxied};
my $soak = builddir() . '/t/bench/soak';
-x $soak or die "no $soak: run make soak\n";
$ENV{MALLOC_ARENA_MAX} = $arg{arenas} if $arg{arenas};
my $bench = TLSplus::Bench->new(small => 1);
run([$soak, 'files', $bench->www])->{exit} == 0 or die "no room for the files\n";

my $has_http2 = mpm() ne 'prefork' && find_program('curl') && has_module('http2');
# A fixed number of children: one that comes or goes is no growth.
my $children = mpm() eq 'prefork' ? "StartServers 24\nMinSpareServers 1\nMaxSpareServers 64\n"
  : "ServerLimit 2\nStartServers 2\nThreadsPerChild 25\nMinSpareThreads 1\nMaxSpareThreads 50\nMaxRequestWorkers 50\n";
my $files = $bench->httpd('files', module_so(), modules => ['include', $has_http2 ? 'http2' : ()], extra => $children . <<'CONF');
MaxConnectionsPerChild 0
<FilesMatch "\.shtml$">
  Options +Includes
  SetOutputFilter INCLUDES
</FilesMatch>
<IfModule mod_http2.c>
  Protocols h2 http/1.1
</IfModule>
CONF
my $server  = $arg{proxied} ? in_front_of($files) : $files;
my @watched = $arg{proxied} ? ($server, $files) : $server;

# What mod_proxy says of clients that leave before they have asked.
my $of_clients = qr/AH01095: prefetch request body failed|AH0(?:1097|2608|2609): (?:read|pass) request body failed/;

sub in_front_of ($backend) {
    my $to = "https://localhost:$backend->{port}{ecdsa}/";
    return $bench->httpd('proxy', $arg{stock} ? modules_dir() . '/mod_ssl.so' : module_so(), modules => ['proxy', 'proxy_http', $has_http2 ? 'http2' : ()], extra => $children . <<"CONF");
MaxConnectionsPerChild 0
MaxMemFree $arg{memfree}
SSLProxyEngine on
SSLProxyVerify require
SSLProxyVerifyDepth 2
SSLProxyCACertificateFile \@CERTS\@/ca.crt
ProxyPassMatch "^/(f[0-9]*[02468][.].*)\$" $to\$1 disablereuse=on
ProxyPass / $to
<IfModule mod_http2.c>
  Protocols h2 http/1.1
</IfModule>
CONF
}

my $trouble = 0;
sub judge ($fine, $what) {
    print $fine ? 'ok     ' : 'FAILED ', $what, "\n";
    $trouble = 1 if !$fine;
}

# Forty files at once on one connection; how many came as they should. Every fifth batch is cut off.
sub http2_batch ($number) {
    my @files = map { int rand 17 } 1 .. 40;
    my $to    = "$bench->{root}/h2";
    mkdir $to;
    my $cut = $number % 5 == 4;
    my $done = run(['curl', '-sk', '--http2', '--parallel', '--parallel-max', 40, ($cut ? ('--max-time', '0.05') : ()),
        map { ('-o', "$to/$_", "https://localhost:$server->{port}{ecdsa}/f$files[$_].bin") } 0 .. $#files], timeout => 120);
    my $right = grep { slurp("$to/$_") eq slurp($bench->www . "/f$files[$_].bin") } 0 .. $#files;
    unlink glob "$to/*";
    return ($cut ? 0 : scalar @files, $cut ? 0 : $right);
}

print "$arg{requests} requests by $arg{threads} clients, seed $arg{seed}\n";
srand $arg{seed};
my $load = spawn([$soak, 'run', $server->{port}{ecdsa}, $arg{requests}, $arg{threads}, $arg{seed}]);
my (%memory, $batches, $asked, $right);
my $began = time;
while ($load->running || ($has_http2 && ($asked // 0) < $arg{requests} * $arg{h2})) {
    push @{ $memory{ $_->{name} } }, $_->memory for @watched;
    if ($has_http2) {
        my @batch = http2_batch($batches++);
        $asked += $batch[0];
        $right += $batch[1];
    } else {
        wait_until 1, sub { !$load->running };    # a sample a second, while there is something to sample
    }
}
$load->wait(10);
my ($wrong) = $load->out =~ / wrong 0 broken 0 /;
judge($load->{exit} == 0 && defined $wrong, 'HTTP/1.1: ' . $load->out . $load->err);
judge($asked && $right == $asked, "HTTP/2: $right of $asked answers are right") if $has_http2;

# Quarters of the time, to be looked at. What is judged is the last of them against as much time from the 20,000th request
# on, when caches and pools are full; of a short run, from its middle on.
sub judge_memory ($name, @memory) {
    my $quarter = int @memory / 4 or return;
    my $mean = sub ($from) { sum(@memory[$from .. $from + $quarter - 1]) / $quarter / 1024 };
    my $full = $arg{requests} > 40_000 ? int @memory * 20_000 / $arg{requests} : 2 * $quarter;
    my ($then, $last) = ($mean->($full), $mean->(@memory - $quarter));
    judge($last <= $then * 1.03 + 1, sprintf '%s, memory: %.1f MB, and %.1f MB at the end; by quarters of %d s in all: %s MB', $name, $then, $last, time - $began,
        join ', ', map { sprintf '%.1f', $mean->($_ * $quarter) } 0 .. 3);
}

for my $each (@watched) {
    judge_memory($each->{name}, @{ $memory{ $each->{name} } }) if !sanitized();
    my @said = grep { /:(?:warn|error|crit|alert|emerg)\]/ && !/$of_clients/ } split /\n/, $each->{server}->log;
    judge(!@said, "$each->{name}: nothing in the error log" . join '', map { "\n  $_" } @said > 10 ? @said[0 .. 9] : @said);
    judge($each->stop, "$each->{name} stops cleanly");
}
exit $trouble;
