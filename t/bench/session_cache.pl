#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Our memory cache against httpd's shmcb, in one run on one machine: the same work by the same number
# of processes on as much memory, alternating, the best of three each (a shared machine only ever
# makes a run slower).
#
#   make bench && perl t/bench/session_cache.pl [processes, default 8] [seconds, default 3]
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use IO::Socket::INET ();
use TLSplus::Env qw(builddir httpd modules_dir scratch_dir);
use TLSplus::Process qw(run spew);

my ($processes, $seconds) = ($ARGV[0] // 8, $ARGV[1] // 3);
my $apxs = $ENV{TLSPLUS_APXS} // 'apxs';
my $ours = builddir() . '/t/bench/session_cache';
-x $ours or die "no $ours: run make bench first\n";

# httpd does not start without a port, though nothing is served
my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
my $root = scratch_dir('bench');
mkdir "$root/run";
copy("$FindBin::Bin/mod_shmcb_bench.c", "$root/mod_shmcb_bench.c") or die "mod_shmcb_bench.c: $!\n";
my $built = run(['sh', '-c', "cd '$root' && '$apxs' -c mod_shmcb_bench.c"], timeout => 120);
$built->{exit} == 0 or die "apxs: $built->{out}$built->{err}\n";
spew("$root/httpd.conf", <<"CONF");
ServerRoot "$root"
ServerName localhost
DefaultRuntimeDir run
PidFile run/httpd.pid
ErrorLog "$root/error.log"
Listen 127.0.0.1:$port
LoadModule mpm_event_module @{[modules_dir()]}/mod_mpm_event.so
LoadModule socache_shmcb_module @{[modules_dir()]}/mod_socache_shmcb.so
LoadModule shmcb_bench_module $root/.libs/mod_shmcb_bench.so
CONF

my %best;
for my $round (1 .. 3) {
    my %said;
    $said{shmcb} = do {
        local @ENV{qw(BENCH_PROCESSES BENCH_SECONDS)} = ($processes, $seconds);
        run([httpd(), '-d', $root, '-f', "$root/httpd.conf", '-X'], timeout => 60 + $seconds)->{out};
    };
    $said{shm} = run([$ours, $processes, $seconds], timeout => 60 + $seconds)->{out};
    for my $which (sort keys %said) {
        my ($rate) = $said{$which} =~ /^$which operations\/s (\d+)/m or die "$which said: $said{$which}", TLSplus::Process::slurp("$root/error.log"), "\n";
        print "round $round: $said{$which}";
        $best{$which} = $rate if $rate > ($best{$which} // 0);
    }
}
printf "%d processes: shm %d operations/s, shmcb %d operations/s, ratio %.1f\n",
  $processes, $best{shm}, $best{shmcb}, $best{shm} / $best{shmcb};
