# SPDX-License-Identifier: Apache-2.0
#
# Connections over HTTP/2 are kept where all who share them have the same settings, and used by nobody else. Who shares
# them depends on where their ProxyPass stands: doc/proxy.md, "Connections that are kept".
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Process qw(slurp);
use TLSplus::Server;

needs_tlsplus;
plan skip_all => 'mod_http2 does not run on prefork' if mpm() eq 'prefork';

my $REQUESTS = 6;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('good', san => ['localhost'], cn => 'good');
for my $name (qw(one two)) {
    $certs->leaf($name, cn => $name, issuer => 'clients');
    $certs->write("$name.pair", map { $certs->read("$name.$_") } qw(crt key));
}
my $behind = TLSplus::Behind->start($certs, h2 => [pair('good'), '  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient optional', '  Protocols h2',
    '  CustomLog logs/ports.log "%{remote}p %{SSL_CLIENT_S_DN_CN}x"'], { modules => ['http2'], conf => "ServerLimit 1\nThreadsPerChild 100\nMaxRequestWorkers 100\n" });
my $to = 'h2://localhost:' . $behind->port('h2') . '/';

# For each: what stands in the main server, what in the hosts one and two beside their certificates, and whether
# connections are kept.
my $pass = "ProxyPass / $to\n";
my %ROWS = (
    'a ProxyPass in each host'         => ['', $pass, 1],
    'and sections of other schemes'    => ["<Proxy \"https://elsewhere.test/\">\nSSLProxyCheckPeerExpire off\n</Proxy>\n",
        "$pass<Proxy \"wss://elsewhere.test/\">\nSSLProxyCheckPeerName off\n</Proxy>\n", 1],
    'and a section for it'             => ['', "$pass<Proxy \"$to\">\nSSLProxyCheckPeerExpire off\n</Proxy>\n", 0],
    'and a section that may be for it' => ['', "$pass<ProxyMatch \"^h2:\">\nSSLProxyCheckPeerExpire off\n</ProxyMatch>\n", 0],
    'a ProxyPass of the main server'   => [$pass, '', 0],
    'a balancer of the main server'    => ["<Proxy \"balancer://all\">\nBalancerMember $to\n</Proxy>\n", "ProxyPass / balancer://all/\n", 0],
);

for my $what (sort keys %ROWS) {
    my ($main, $host, $kept) = @{ $ROWS{$what} };
    my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http2 proxy_balancer lbmethod_byrequests slotmem_shm)],
        conf => "ServerLimit 1\nThreadsPerChild 25\nMaxRequestWorkers 25\nSSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/ca.crt\n$main"
            . join '', map { "<VirtualHost *:\@PLAIN\@>\nServerName $_.test\nSSLProxyMachineCertificateFile \@CERTS\@/$_.pair\n$host</VirtualHost>\n" } qw(one two));
    my $ports = $behind->server->root . '/logs/ports.log';
    my $mark  = -s $ports // 0;
    my @wrong = grep { $_ ne '200 one' && $_ ne '200 two' } map {
        my $name   = $_ % 2 ? 'one' : 'two';
        my $answer = TLSplus::Plain::ask($server, "/$_", host => "$name.test");
        my $client = $answer->header('x-client') // '';
        $client eq $name ? $answer->status . " $client" : ($answer->status // 'closed') . " $client for $name"
    } 1 .. 2 * $REQUESTS;
    ok !@wrong, "$what: each as itself" or diag join "\n", @wrong;
    my %connections = map { $_ => 1 } split /\n/, substr slurp($ports), $mark;
    if ($kept) { is keys %connections, 2, '... over one connection for each host' }
    else       { cmp_ok scalar keys %connections, '>', 2, '... and none is kept' }
    ok $server->stop, 'stops cleanly';
}
done_testing;
