#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What a resumed TLS 1.2 connection costs the server in CPU time: with tickets, and with session ids in each
# kind of memory cache. One machine, one client, rounds in turn, the least of them each (a shared machine only
# ever makes a round dearer).
#
#   make && perl t/bench/resumption.pl [rounds, default 5] [seconds, default 2]
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use TLSplus::Certs;
use TLSplus::Process qw(run slurp);
use TLSplus::Server;

my ($rounds, $seconds) = ($ARGV[0] // 5, $ARGV[1] // 2);
my @kinds = (
    ['tickets'     => "SSLSessionCache shm:512000\nSSLSessionTickets on"],
    ['ids, shm'    => "SSLSessionCache shm:512000\nSSLSessionTickets off"],
    ['ids, shmcb'  => "SSLSessionCache shmcb:\@ROOT\@/run/cache(512000)\nSSLSessionTickets off"],
    ['none (full)' => "SSLSessionCache none\nSSLSessionTickets off"],
);

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['localhost']);
my %server = map {
    my ($kind, $lines) = @$_;
    ($kind => TLSplus::Server->start(certs => $certs, loglevel => 'warn', conf => <<"CONF"))
$lines
<VirtualHost *:\@PORT\@>
  ServerName localhost
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key
</VirtualHost>
CONF
} @kinds;

# Nanoseconds of all threads of all children (the parent does nothing of it).
sub cpu ($server) {
    my $pid = $server->pid;
    my $sum = 0;
    for my $child (split ' ', slurp("/proc/$pid/task/$pid/children")) {
        $sum += (split ' ', slurp($_))[0] for glob "/proc/$child/task/*/schedstat";
    }
    return $sum;
}

my %least;
for my $round (1 .. $rounds) {
    for my $row (@kinds) {
        my $kind   = $row->[0];
        my $server = $server{$kind};
        my $before = cpu($server);
        my $done   = run(['openssl', 's_time', '-connect', '127.0.0.1:' . $server->port, '-tls1_2', '-reuse', '-www', '/', '-time', $seconds],
            timeout => 60 + $seconds);
        my ($made) = $done->{out} =~ /^(\d+) connections in \d+ real seconds/m or die "s_time said: $done->{out}$done->{err}\n";
        my $each = (cpu($server) - $before) / 1000 / ($made || 1);
        printf "round %d: %-12s %6d connections, %4.0f us of the server's CPU each\n", $round, $kind, $made, $each;
        $least{$kind} = $each if $each < ($least{$kind} // 1e9);
    }
}
$_->stop for values %server;
printf "%-12s %4.0f us, %.2f of tickets\n", $_, $least{$_}, $least{$_} / $least{tickets} for map { $_->[0] } @kinds;
