#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What an operation costs: server CPU of mod_ssl, of this module, of nginx and haproxy where they are
# installed, and the floor: the same in plain HTTP by the same httpd, and OpenSSL alone in memory.
#
#   make bench
#   make bench ARGS='rounds=3 scale=0.5 only=full,100 KB'            fewer, shorter, some
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(max min);
use TLSplus::Bench;
use TLSplus::Env     qw(builddir find_program has_module module_so modules_dir);
use TLSplus::Process qw(run spawn wait_until);
use TLSplus::Turns;

$| = 1;
my %arg  = (rounds => 5, scale => 1, only => '', threads => 4, map { split /=/, $_, 2 } @ARGV);
my $load = builddir() . '/t/bench/load';
my $alone = builddir() . '/t/bench/alone';
-x $_ or die "no $_: run make bench\n" for $load, $alone;
my $stock = modules_dir() . '/mod_ssl.so';
-f $stock or die "no $stock to compare with\n";

# name, certificate, operations, options of the clients and of `alone`, of `alone` only, at most this
# ratio to mod_ssl
my @OPERATIONS = (
    ['full TLS 1.3, ECDSA',      'ecdsa', 4000,  'tls=1.3 how=connect',            '', 0.75],
    ['full TLS 1.3, RSA',        'rsa',   2500,  'tls=1.3 how=connect',            '', 0.75],
    ['full TLS 1.2, ECDSA',      'ecdsa', 4000,  'tls=1.2 how=connect',            '', 0.75],
    ['resumed TLS 1.3',          'ecdsa', 5000,  'tls=1.3 how=resume',             '', 0.75],
    ['resumed TLS 1.2, ticket',  'ecdsa', 8000,  'tls=1.2 how=resume',             '', 0.70],
    ['resumed TLS 1.2, id',      'ecdsa', 8000,  'tls=1.2 how=resume tickets=no',  '', 0.70],
    ['keep-alive 1 KB',          'ecdsa', 40000, 'how=keep path=/index.html',      'bytes=1024',      0.85],
    ['100 KB file',              'ecdsa', 12000, 'how=keep path=/100k.bin',        'bytes=100000',    0.68],
    ['100 MB file',              'ecdsa', 24,    'how=keep path=/100m.bin',        'bytes=100000000', 0.90],
    ['HTTP/2, 100 streams, 1 KB', 'ecdsa', 40000, 'h2', '', 0.85],
);

my $bench = TLSplus::Bench->new;
my $has_http2 = find_program('h2load') && has_module('http2');
my %http2 = $has_http2 ? (modules => ['http2'], extra => "Protocols h2 h2c http/1.1\nH2MaxSessionStreams 200") : ();
my $ours  = $bench->httpd('ours', module_so(), %http2);
my @servers = grep { defined } $bench->httpd('mod_ssl', $stock, %http2), $ours, $bench->nginx, $bench->haproxy;
my $plain = bless { %$ours, name => 'plain' }, ref $ours;

# What one run against `server` came to: {us, p99}; dies if an answer was wrong, since a failure is fast.
sub measure ($server, $what, $count) {
    my ($name, $certificate, undef, $how) = @$what;
    my $is_plain = $server->{name} eq 'plain';
    my $port     = $server->{port}{ $is_plain ? 'plain' : $certificate };
    my $options  = $is_plain ? ($how =~ s/\btls=\S+//r =~ s/how=resume/how=connect/r) . ' tls=none' : $how;
    my $before   = $server->cpu;
    my $done = $how eq 'h2'
      ? run(['h2load', '-n', $count, '-c', 4, '-m', 100, '-t', 2, ($is_plain ? 'http' : 'https') . "://127.0.0.1:$port/index.html"],
        timeout => 300)
      : run([$load, $port, $count, $arg{threads}, split ' ', $options], timeout => 300);
    my $used = $server->cpu - $before;
    my ($fine, $p99) = $how eq 'h2'
      ? (($done->{out} =~ /(\d+) succeeded, 0 failed, 0 errored/)[0], 0)
      : $done->{out} =~ /^done (\d+) errors 0 .* p99_us (\S+)/;
    my ($resumed) = $done->{out} =~ / resumed (\d+)/;
    die "$name, $server->{name}: $done->{out}$done->{err}\n" unless $fine;
    die "$name, $server->{name}: $resumed of $fine resumed\n" if !$is_plain && $how =~ /resume/ && $resumed != $fine;
    return { us => $used / $fine, p99 => $p99 };
}

sub alone ($what) {
    my (undef, $certificate, $count, $how, $more) = @$what;
    my $few = max(10, min(1000, $count / 10));
    my $done = run([$alone, $bench->certs("$certificate.full"), $bench->certs("$certificate.key"), $few, split(' ', "$how $more")],
        timeout => 300);
    my ($us) = $done->{out} =~ /^alone_us (\S+)/ or die "alone: $done->{err}\n";
    return $us;
}

sub does ($server, $what) {
    my $how = $what->[3];
    return $has_http2 && $server->{name} ne 'haproxy' if $how eq 'h2';
    return $server->{name} ne 'haproxy' || $how !~ /100m/;
}

TLSplus::Turns::print_head();
for my $what (@OPERATIONS) {
    my ($name, undef, $count, $how, undef, $most) = @$what;
    next if length $arg{only} && !grep { $name =~ /\Q$_\E/ } split /,/, $arg{only};
    next if $how eq 'h2' && !$has_http2;
    my $times = max($arg{threads}, int $count * $arg{scale});
    my @taking = ((grep { does($_, $what) } @servers, $plain), $how eq 'h2' ? () : { name => 'alone' });
    my $turns  = TLSplus::Turns->take($arg{rounds}, \@taking,
        sub ($server) { $server->{name} eq 'alone' ? { us => alone($what) } : measure($server, $what, $times) });
    $turns->print_rows($name, 'mod_ssl', aim => [ours => $most], except => ['plain', 'alone']);
    my ($plain_us, $alone_us) = map { $turns->median($_) } qw(plain alone);
    $turns->print_row($name, 'floor', 'mod_ssl', $plain_us + ($alone_us // 0),
        sprintf('httpd %.1f', $plain_us) . (defined $alone_us ? sprintf(' + OpenSSL %.1f', $alone_us) : ''));
    print "\n";
}

# What a connection that is kept open between two requests keeps in memory, in KiB.
sub idle_memory ($server) {
    my $port    = $server->{port}{ $server->{name} eq 'plain' ? 'plain' : 'ecdsa' };
    my @command = ($load, $port, 'COUNT', 1, 'how=hold', 'tls=' . ($server->{name} eq 'plain' ? 'none' : '1.3'));
    my ($few, $many) = map {
        my $count  = $_;
        my $client = spawn([map { $_ eq 'COUNT' ? $count : $_ } @command]);
        wait_until(60, sub { $client->out =~ /^done / || !$client->running });
        $client->out =~ /^done $count errors 0 / or die "idle connections, $server->{name}: ", $client->out, $client->err, "\n";
        my $memory = $server->memory;
        $client->stop;
        $memory;
    } 50, 1050;
    return ($many - $few) / 1000;
}

# Servers of their own: those above have memory to spare from what they did.
if (!length $arg{only} || 'idle connection' =~ /\Q$arg{only}\E/) {
    my @fresh = ($bench->httpd('mod_ssl', $stock), map { $bench->httpd($_, module_so()) } 'ours', 'plain');
    my %kib   = map { $_->{name} => idle_memory($_) } @fresh;
    printf "%-26s %s; aim 0.74 of mod_ssl: %.2f, %s\n\n", 'idle connection, KiB',
      join(', ', map { sprintf '%s %.1f', $_, $kib{$_} } qw(mod_ssl ours plain)),
      $kib{ours} / $kib{mod_ssl}, $kib{ours} / $kib{mod_ssl} <= 0.74 ? 'met' : 'missed';
    $_->stop for @fresh;
}
printf "memory afterwards (PSS): %s\n", join ', ', map { sprintf '%s %.1f MB', $_->{name}, $_->memory / 1024 } @servers;
my $clean = 1;
$clean &= $_->stop ? 1 : 0 for @servers;
exit !$clean;
