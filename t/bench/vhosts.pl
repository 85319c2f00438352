#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What thousands of virtual hosts cost, each with a certificate of its own, beside mod_ssl in the same
# run: CPU (user and system, parent and children) and memory (PSS) of a start, of a graceful restart
# with nothing changed, and of one with one certificate changed. What httpd itself needs for as many plain
# virtual hosts is taken off both. Rounds alternate; medians are printed.
#
#   perl t/bench/vhosts.pl [hosts=10000] [rounds=3] [shape=self|chain] [servers=plain,mod_ssl,tlsplus]
#                          [requests=1000]
#
# requests: so many connections, each to another host, before the memory is measured once more.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use POSIX ();
use TLSplus::Env qw(modules_dir);
use TLSplus::ManyHosts;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Server;

my %option = (hosts => 10_000, rounds => 3, shape => 'self', servers => 'plain,mod_ssl,tlsplus', requests => 1000);
for (@ARGV) {
    my ($name, $value) = /^(\w+)=(.+)$/ or die "not name=value: $_\n";
    exists $option{$name} or die "no option $name\n";
    $option{$name} = $value;
}
my $many = TLSplus::ManyHosts->new($option{hosts}, $option{shape});
my %load = (
    plain   => { load => undef },
    mod_ssl => { load => 'ssl_module', so => modules_dir() . '/mod_ssl.so' },
    tlsplus => { load => 'ssl_module' },
);

sub tree ($pid) {
    my %below;
    for (glob '/proc/[0-9]*/stat') {
        my ($each, $above) = slurp($_) =~ /^(\d+) \(.*\) \S (\d+) /s or next;
        push @{ $below{$above} }, $each;
    }
    my @all = ($pid);
    for (my $at = 0; $at < @all; ++$at) { push @all, @{ $below{ $all[$at] } // [] } }
    return @all;
}

# Seconds of CPU of httpd and all its children, those that have ended included.
sub cpu ($pid) {
    my $ticks = 0;
    for (tree($pid)) {
        my @fields = split / /, slurp("/proc/$_/stat") =~ s/^.*\) //sr;
        $ticks += $_ for @fields[11 .. 14];
    }
    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# MiB; shared pages count for each process by its share.
sub pss ($pid) {
    my $kib = 0;
    for (tree($pid)) { $kib += $1 if slurp("/proc/$_/smaps_rollup") =~ /^Pss:\s+(\d+)/m }
    return $kib / 1024;
}

# The CPU of what `action` makes the server do, once it rests.
sub spent ($server, $action) {
    my $before = $server->pid ? cpu($server->pid) : 0;
    $action->() or die $server->said;
    my $last = -1;
    wait_until(120, sub {
        my $now  = cpu($server->pid);
        my $rest = $now == $last;
        $last = $now;
        select undef, undef, undef, 0.3;
        return $rest;
    });
    return $last - $before;
}

sub touch_one ($server) {
    # the pair of another host: what changes is the content
    copy($many->$_(2), $server->root . "/conf/own.$_") or die $! for qw(crt key);
}

sub measure ($name) {
    my $server = TLSplus::Server->new(
        %{ $load{$name} }, loglevel => 'warn', mpm => 'event', patience => 600,
        before => "StartServers 2\n",
    );
    copy($many->$_(1), $server->root . "/conf/own.$_") or die $! for qw(crt key);
    my $own = $server->root . '/conf/own.';
    $server->{conf} = $many->conf('@PORT@', plain => $name eq 'plain', crt => { 1 => "${own}crt" }, key => { 1 => "${own}key" });
    # LogLevel warn says nothing when the server is ready
    $server->{conf} .= "LogLevel mpm_event:notice\n";
    my %found;
    $found{start} = spent($server, sub { $server->begin });
    $found{'start PSS'} = pss($server->pid);
    $found{graceful} = spent($server, sub { $server->graceful });
    $found{'graceful PSS'} = pss($server->pid);
    touch_one($server);
    $found{'one changed'} = spent($server, sub { $server->graceful });
    if ($name ne 'plain' && $option{requests}) {
        for my $n (1 .. $option{requests}) {
            $server->handshake(name => $many->name(1 + $n * 7919 % $many->count));
        }
    }
    $found{'PSS after requests'} = pss($server->pid);
    $server->stop;
    return \%found;
}

sub median (@values) { (sort { $a <=> $b } @values)[$#values / 2] }

my %all;
for my $round (1 .. $option{rounds}) {
    for my $name (split /,/, $option{servers}) {
        my $found = measure($name);
        print "round $round $name: ", join(', ', map { sprintf '%s %.2f', $_, $found->{$_} } sort keys %$found), "\n";
        push @{ $all{$name}{$_} }, $found->{$_} for keys %$found;
    }
}
printf "%d virtual hosts, %s, %d rounds; s of CPU, MiB of PSS, above httpd's own\n", @option{qw(hosts shape rounds)};
# what, and at most which ratio to mod_ssl
my @AIMS = (
    ['start', 0.10], ['graceful', 0.10], ['one changed', 0.05],
    map { [$_, 0.40] } 'start PSS', 'graceful PSS', 'PSS after requests',
);
for (@AIMS) {
    my ($what, $aim) = @$_;
    my %median = map { $_ => median(@{ $all{$_}{$what} }) } keys %all;
    my %own = map { $_ => $median{$_} - ($median{plain} // 0) } keys %median;
    my $ratio = $own{mod_ssl} && defined $own{tlsplus} ? $own{tlsplus} / $own{mod_ssl} : undef;
    $ratio = !defined $ratio ? '-' : sprintf '%.3f, aim %.2f: %s', $ratio, $aim, $ratio <= $aim ? 'met' : 'missed';
    printf "%-20s %s  ratio %s\n", $what, join(', ', map { sprintf '%s %.2f', $_, $_ eq 'plain' ? $median{$_} : $own{$_} } sort keys %own), $ratio;
}
