#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What a proxy pays for TLS to its backend: a client that speaks plain HTTP asks httpd, whose TLS module asks a
# backend. The backend is a third server, mod_ssl's, and the same for all: only the proxy's CPU counts. `plain` is the
# same httpd in front of the same backend in plain HTTP; nginx and haproxy take part where they are installed.
#
#   make bench
#   make bench ARGS='rounds=3 scale=0.5 only=resumed,100 KB'         fewer, shorter, some
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(max);
use TLSplus::Bench;
use TLSplus::Client;
use TLSplus::Env     qw(builddir module_so modules_dir);
use TLSplus::Process qw(run);
use TLSplus::Turns;

$| = 1;
my %arg  = (rounds => 5, scale => 1, only => '', threads => 4, map { split /=/, $_, 2 } @ARGV);
my $load = builddir() . '/t/bench/load';
-x $load or die "no $load: run make bench\n";
my $stock = modules_dir() . '/mod_ssl.so';
-f $stock or die "no $stock to compare with\n";

# name, path at the proxy, its port, requests, what a connection to the backend must be, at most this ratio to mod_ssl
my @OPERATIONS = (
    ['keep-alive 1 KB',           '/kept/index.html',   'PLAIN',  20000, 'kept',    0.85],
    ['new TLS 1.3 connection',    '/full/index.html',   'PLAIN',  2500,  'Initial', 0.85],
    ['new TLS 1.2 connection',    '/full/index.html',   'PLAIN2', 2500,  'Initial', 0.85],
    ['resumed TLS 1.3',           '/again/index.html',  'PLAIN',  2500,  'Resumed', 0.60],
    ['resumed TLS 1.2',           '/again/index.html',  'PLAIN2', 2500,  'Resumed', 0.60],
    ['100 KB file',               '/kept/100k.bin',     'PLAIN',  4000,  'kept',    0.70],
    ['100 MB file',               '/kept/100m.bin',     'PLAIN',  12,    'kept',    0.70],
);

# What a backend says of the connection that a request came over.
my $bench = TLSplus::Bench->new;
my $TELL = <<"CONF";
# a worker of mod_proxy also has what leads further than its own URL; so another path, and before it
Alias /again/ @{[ $bench->www ]}/
Header set X-Resumed "expr=%{SSL:SSL_SESSION_RESUMED}"
Header set X-From "expr=%{REMOTE_PORT}"
CONF
my $again = $bench->httpd('resumes', $stock, modules => ['headers'], extra => $TELL);
my $never = $bench->httpd('never resumes', $stock, modules => ['headers'], cache => 'none',
    extra => $TELL . "SSLSessionTickets off\nSSLOpenSSLConfCmd NumTickets 0\n");

# The first host agrees on TLS 1.3 with its backends, the second on TLS 1.2; or both on no TLS at all.
sub front ($plain = 0) {
    my ($scheme, $port) = $plain ? ('http', 'plain') : ('https', 'ecdsa');
    my ($to_again, $to_never) = map { "$scheme://localhost:$_->{port}{$port}/" } $again, $never;
    return join '', map { my ($mine, $version) = @$_; <<"HOST" } ['PLAIN', 'TLSv1.3'], ['PLAIN2', 'TLSv1.2'];
<VirtualHost *:\@$mine\@>
  ServerName localhost
  SSLProxyEngine on
  SSLProxyVerify require
  SSLProxyVerifyDepth 2
  SSLProxyCACertificateFile \@CERTS\@/ca.crt
  SSLProxyProtocol $version
  ProxyPass /again/ ${to_again}again/ disablereuse=on
  ProxyPass /kept/  $to_again
  ProxyPass /full/  $to_never disablereuse=on
  CustomLog logs/none.log test env=never
</VirtualHost>
HOST
}

my @modules = (modules => ['proxy', 'proxy_http']);
my @proxies = grep { defined } (
    $bench->httpd('mod_ssl', $stock, @modules, hosts => front()),
    $bench->httpd('ours', module_so(), @modules, hosts => front()),
    $bench->nginx_proxy($again, $never), $bench->haproxy_proxy($again, $never),
    $bench->httpd('plain', module_so(), @modules, hosts => front(1)),
);

my $clients = TLSplus::Client->new(server => $again->{server});
sub port_of ($proxy, $name) { $proxy->{server} ? $proxy->{server}->port($name) : $proxy->{port}{$name} }

# Dies unless the proxy and its backend do what is to be measured.
sub check ($proxy, $what) {
    my ($name, $path, $port, undef, $kind) = @$what;
    return if $proxy->{name} eq 'plain';
    my @said = map { $clients->get($path =~ s{[^/]+$}{index.html}r, scheme => 'http', port => port_of($proxy, $port)) } 1 .. 20;
    my @seen = map { $_->header($kind eq 'kept' ? 'x-from' : 'x-resumed') // '' } @said;
    my $fine = $kind eq 'kept' ? scalar grep { $_ eq $seen[-1] } @seen[0 .. 18]    # of those for each process
      : $seen[-1] eq ($proxy->{name} eq 'mod_ssl' ? 'Initial' : $kind);
    die "$name, $proxy->{name}: @{[ map { $_->status } @said ]}, the backend saw @seen\n" unless $fine && !grep { $_->status != 200 } @said;
}

sub measure ($proxy, $what) {
    my ($name, $path, $port, $count) = @$what;
    my $times  = max($arg{threads}, int $count * $arg{scale});
    my $before = $proxy->cpu;
    my $done   = run([$load, port_of($proxy, $port), $times, $arg{threads}, 'how=keep', 'tls=none', "path=$path"], timeout => 300);
    my $used   = $proxy->cpu - $before;
    my ($fine, $p99) = $done->{out} =~ /^done (\d+) errors 0 .* p99_us (\S+)/
      or die "$name, $proxy->{name}: $done->{out}$done->{err}\n";
    return { us => $used / $fine, p99 => $p99 };
}

TLSplus::Turns::print_head();
for my $what (@OPERATIONS) {
    my ($name, $most) = @$what[0, -1];
    next if length $arg{only} && !grep { $name =~ /\Q$_\E/ } split /,/, $arg{only};
    check($_, $what) for @proxies;
    my $turns = TLSplus::Turns->take($arg{rounds}, \@proxies, sub ($proxy) { measure($proxy, $what) });
    $turns->print_rows($name, 'mod_ssl', aim => [ours => $most]);
    print "\n";
}
printf "memory afterwards (PSS): %s\n", join ', ', map { sprintf '%s %.1f MB', $_->{name}, $_->memory / 1024 } @proxies;
my $clean = 1;
$clean &= $_->stop ? 1 : 0 for @proxies, $again, $never;
exit !$clean;
