# SPDX-License-Identifier: Apache-2.0
#
# As whom a request goes to a backend, and over what: two hosts may share a balancer, or a ProxyPass of the main server, and
# with it the connections to the backends. A connection that was made with the certificate of one host, or without
# looking at the backend's, carries no request of a host that says otherwise - one after the other, side by side,
# over HTTP/1.1 and HTTP/2. What is the same is used again all the same.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca($_) for qw(elsewhere clients);
$certs->leaf('good', san => ['localhost'], cn => 'good');
for my $name (qw(one two)) {
    $certs->leaf($name, cn => $name, issuer => 'clients');
    $certs->write("$name.pair", map { $certs->read("$name.$_") } qw(crt key));
}
my @asks = ('  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient optional');
my $behind = TLSplus::Behind->start($certs, (map { ("http$_" => [pair('good'), @asks, "  SSLProtocol TLSv1.$_"], "h2-$_" => [pair('good'), @asks, "  SSLProtocol TLSv1.$_", '  Protocols h2']) } 2, 3),
    # so many threads that it need not end connections that are idle to serve others
    { modules => ['http2'], conf => "ServerLimit 1\nThreadsPerChild 200\nMaxRequestWorkers 200\n" });

# Host => its lines, and what the backend has to see of it: a common name, '(null)' for nobody; undef if it must not get there.
my $right = 'SSLProxyVerify require\nSSLProxyCACertificateFile @CERTS@/ca.crt' =~ s/\\n/\n/r;
my %HOSTS = (
    'lax'    => ['SSLProxyVerify none', '(null)'],
    'one'    => ["$right\nSSLProxyMachineCertificateFile \@CERTS\@/one.pair", 'one'],
    'two'    => ["$right\nSSLProxyMachineCertificateFile \@CERTS\@/two.pair", 'two'],
    'lax-one' => ["SSLProxyMachineCertificateFile \@CERTS\@/one.pair", 'one'],
    'strict' => [$right, '(null)'],
    'wrong'  => ["SSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/elsewhere.crt", undef],
    'wrong-one' => ["SSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/elsewhere.crt\nSSLProxyMachineCertificateFile \@CERTS\@/one.pair", undef],
);
my @kinds = map { ("http$_", mpm() eq 'prefork' ? () : "h2-$_") } 2, 3;
# What one host is refused puts no member out of service for the others.
my ($balancers, $passes) = ('', '');
for my $kind (@kinds) {
    my $url = ($kind =~ /^h2/ ? 'h2' : 'https') . '://localhost:' . $behind->port($kind);
    $balancers .= "<Proxy balancer://$kind>\n  BalancerMember $url status=+I\n</Proxy>\nProxyPass /shared-$kind/ $url/shared-$kind/\n";
    $passes .= "ProxyPass /$kind/ balancer://$kind/\n";
}
# One process: what could be shared is.
my $processes = mpm() eq 'prefork' ? "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n" : "StartServers 1\nServerLimit 1\nMaxRequestWorkers 25\n";
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm), mpm() eq 'prefork' ? () : 'proxy_http2'],
    conf => "$processes$balancers" . join '', map { "<VirtualHost *:\@PLAIN\@>\nServerName $_.test\nSSLProxyEngine on\n$HOSTS{$_}[0]\n$passes</VirtualHost>\n" } sort keys %HOSTS);

# What is wrong with an answer; nothing if it is as it should be.
sub wrong ($host, $answer) {
    my ($status, $client) = ($answer->status // 'closed', $answer->header('x-client') // '');
    my $expected = $HOSTS{$host}[1];
    return defined $expected ? ($status eq 200 && $client eq $expected ? () : "$host: $status $client") : $status =~ /^50[0-9]$/ ? () : "$host: $status";
}

for my $kind (@kinds) {
    for my $way ('balancer', 'ProxyPass of the main server') {
        my $path = $way eq 'balancer' ? "/$kind/" : "/shared-$kind/";
        my @hosts = sort keys %HOSTS;
        # each behind each other, and behind itself
        my @wrong;
        for my $first (@hosts) {
            for my $second (@hosts) {
                push @wrong, map { wrong($_, TLSplus::Plain::ask($server, $path . $_, host => "$_.test")) } $first, $second;
            }
        }
        ok !@wrong, "$kind, $way: each as itself, whoever went before" or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];

        my @asked = map { ($_) x 4 } @hosts, reverse @hosts;
        @wrong = ();
        for my $round (1 .. 4) {
            my @answers = TLSplus::Plain::ask_all($server, map { ["$path$_", host => "$_.test"] } @asked);
            push @wrong, map { wrong($asked[$_], $answers[$_]) } 0 .. $#asked;
        }
        ok !@wrong, "$kind, $way: and side by side" or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
    }
    my @seen = $behind->seen($kind);
    my %expected = map { $_ => ($HOSTS{$_}[1] // 'nobody') =~ s/\(null\)/-/r } keys %HOSTS;
    my @strangers = grep { my ($host) = $_->{path} =~ m{/([\w-]+)$}; $_->{client} ne $expected{$host} } @seen;
    ok @seen > 100 && !@strangers, "$kind: the backend saw each as itself" or diag join "\n", scalar @seen, map { "$_->{path} as $_->{client}" } @strangers;
}

subtest 'what is the same is used again' => sub {
    my $before = () = $behind->seen('http3');
    TLSplus::Plain::ask($server, '/http3/one', host => 'one.test') for 1 .. 5;
    my @seen = $behind->seen('http3');
    my $new = grep { $_->{requests} == 0 } @seen[$before .. $#seen];
    cmp_ok $new, '<=', 1, 'of five requests of one host at most one makes a connection';
};
ok $server->stop, 'stops cleanly';
done_testing;
