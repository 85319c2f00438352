# SPDX-License-Identifier: Apache-2.0
#
# A hundred certificates are replaced at once, again and again, while clients connect as fast as they can: every child
# serves the new ones, no handshake fails, a connection of before goes on, and no process grows.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus mpm sanitized);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Renewal qw(replace);
use TLSplus::Server;
use TLSplus::Stream;

needs_tlsplus();
use constant HOSTS            => 100;
use constant ROUNDS           => 3;
use constant IN_FORCE_SECONDS => 90;

# One heap: with one for each thread it takes a thousand replacements until each heap has what it needs.
local $ENV{MALLOC_ARENA_MAX} = 1;
my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('page', san => ['page.test']);
# Key pairs are the dear part, so each round moves the pairs on by one host; the names in them are everybody's.
my @names = map { "h$_.test" } 1 .. HOSTS;
$certs->leaf("c$_", san => \@names, cn => "c$_") for 1 .. HOSTS;
my %shown;
for my $n (1 .. HOSTS) {
    $shown{$n} = $certs->fingerprint("c$n.crt");
    spew("$dir/h$n.$_", $certs->read("c$n.$_"), 0600) for 'crt', 'key';
}
# Which certificate host n has in this round.
sub of_round ($n, $round) { ($n + $round - 1) % HOSTS + 1 }

my $server = TLSplus::Server->start(certs => $certs, modules => ['status'],
    conf => join '', TLSplus::Renewal::CHILDREN . "KeepAliveTimeout 3000\n", tls_host('page.test', pair('page')), map { tls_host("h$_.test", pair("h$_")) } 1 .. HOSTS);
my $renewal = TLSplus::Renewal->new($server, 'page.test');
wait_until(30, sub { 3 <= (() = $server->children) });

# All hosts once, a new connection each, many at a time; a process of prefork serves one. Returns how many were answered 200, and the errors.
my $port = $server->port;
spew("$dir/curl.conf", join '', "silent\nshow-error\nparallel\nparallel-max = " . (mpm() eq 'prefork' ? 3 : 20) . "\nheader = \"Connection: close\"\ncacert = $dir/page.root\n",
    map { "url = https://h$_.test:$port/\nresolve = h$_.test:$port:127.0.0.1\noutput = /dev/null\nwrite-out = \"%{http_code}\\n\"\n" } 1 .. HOSTS);
sub visit_all { my $done = run(['curl', '-K', "$dir/curl.conf"], timeout => 120); return (scalar(() = $done->{out} =~ /^200$/mg), $done->{err}) }

sub resident ($pid) { slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+) kB/m ? $1 : 0 }

my $kept = TLSplus::Stream->tls($server, name => 'h1.test');
my $ask  = sub { $kept->send("GET / HTTP/1.1\r\nHost: h1.test\r\n\r\n"); $kept->take_until("HTTP/1.1 200") };
ok defined $ask->(), 'a connection that stays';
is((visit_all())[0], HOSTS, 'all hosts answer');

my (%memory, $failed, $asked);
for my $round (1 .. ROUNDS) {
    my $begun = time;
    for my $n (1 .. HOSTS) { replace($certs, 'c' . of_round($n, $round), "h$n") }
    my $is_in = wait_until(IN_FORCE_SECONDS, sub {
        my ($answered, $said) = visit_all();
        $asked  += HOSTS;
        $failed += HOSTS - $answered;
        diag $said if $answered != HOSTS;
        return ($renewal->figure('TLSCertificatesReplaced') // 0) == HOSTS * $round;
    });
    ok $is_in, "round $round: all are in force";
    note sprintf 'after %.1f s', time - $begun;
    my @wrong = grep { $renewal->fingerprint("h$_.test") ne $shown{ of_round($_, $round) } } 1 .. HOSTS;
    is_deeply \@wrong, [], "round $round: each host shows its own";
    for my $n (1, HOSTS / 2, HOSTS) {
        my ($showing, $all) = $renewal->children_showing("h$n.test", 'c' . of_round($n, $round));
        cmp_ok $showing, '>=', $all - TLSplus::Renewal::BUSY, "round $round: host $n in each child";
    }
    visit_all() for 1 .. 3;
    my ($child) = $server->children;
    $memory{$round} = [map { resident($_) } $server->pid, $child];
    note sprintf 'parent %d KB, a child %d KB', @{ $memory{$round} };
}
is $failed, 0, "none of $asked handshakes failed";
ok defined $ask->(), 'the connection of before goes on';
is scalar(my @refused = $server->log_lines(qr/TP0931/)), 0, 'nothing was told as refused';
SKIP: {
    skip 'sanitizers keep memory of their own', 2 if sanitized();
    # a certificate takes 10 KB or so: what was not let go would be a megabyte a round
    cmp_ok $memory{ +ROUNDS }[0], '<', $memory{1}[0] + 1000, 'the parent does not grow';
    skip 'each child of prefork is one of many', 1 if mpm() eq 'prefork';
    cmp_ok $memory{ +ROUNDS }[1], '<', $memory{1}[1] + 3000, 'nor does a child';
}
$kept->close;
$server->stop;
done_testing;
