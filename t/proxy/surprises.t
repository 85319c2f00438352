# SPDX-License-Identifier: Apache-2.0
#
# What surprises at stock mod_ssl towards backends and is relied on all the same: what is offered, what a backend
# may ask for in the middle, when a connection is used again, what a balancer makes of a failed handshake. And what is
# said of configurations that do less, or more, than they seem to.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus mpm);
use TLSplus::Host;
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Process qw(wait_until);
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('good',    san => ['localhost'], cn => 'good');
$certs->leaf('expired', san => ['localhost'], cn => 'expired', expired => 1);
$certs->leaf('ours', cn => 'ours', issuer => 'clients');
$certs->write('ours.pair', map { $certs->read("ours.$_") } qw(crt key));

# Answers each request with the number of its connection and what s_server told of it.
my $serve = sub ($stream) {
    while (my $request = TLSplus::Backend::take_request($stream)) {
        if ($request->{path} =~ m{/trailers$}) {
            $stream->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n4\r\nbody\r\n0\r\nX-Late: late\r\n\r\n");
            next;
        }
        my ($protocols) = $stream->told =~ /^ALPN protocols advertised by the client: (.*)$/m;
        TLSplus::Backend::answer($stream, "connection $stream->{number}", 'X-Alpn: ' . ($protocols // 'none'));
        $stream->command('K') if $request->{path} =~ m{/keys$};
        my ($end) = $request->{path} =~ m{/(end|cut)$} or next;
        $stream->cut if $end eq 'cut';
        return;
    }
};
# Asks for a certificate in the middle, and tells what it got then.
my $asks_later = sub ($command) {
    sub ($stream) {
        TLSplus::Backend::take_request($stream) or return;
        $stream->command($command);
        # what it tells comes by itself, before the second request does
        TLSplus::Backend::answer($stream, 'first');
        TLSplus::Backend::take_request($stream) or return;
        TLSplus::Backend::answer($stream, 'second');
    };
};
my @ask = ('-verifyCAfile', $certs->dir . '/clients.crt', '-verify', '2');
my %at = (
    tls2    => TLSplus::Backend->start(over_tls($certs, 'good', $serve, args => ['-tls1_2', '-alpn', 'http/1.1'])),
    tls3    => TLSplus::Backend->start(over_tls($certs, 'good', $serve, args => ['-tls1_3', '-alpn', 'http/1.1'])),
    renews  => TLSplus::Backend->start(over_tls($certs, 'good', $asks_later->('r'), args => ['-tls1_2'])),
    asks2   => TLSplus::Backend->start(over_tls($certs, 'good', $asks_later->('R'), args => ['-tls1_2', @ask])),
    asks3   => TLSplus::Backend->start(over_tls($certs, 'good', $asks_later->('c'), args => ['-tls1_3', @ask])),
);
my $behind = TLSplus::Behind->start($certs, expired => [pair('expired')], fine => [pair('good')],
    location2 => [pair('good'), '  SSLProtocol TLSv1.2', '  SSLCACertificateFile @CERTS@/clients.crt', "  <Location /asks/>\n    SSLVerifyClient require\n  </Location>"],
    location3 => [pair('good'), '  SSLProtocol TLSv1.3', '  SSLCACertificateFile @CERTS@/clients.crt', "  <Location /asks/>\n    SSLVerifyClient require\n  </Location>"]);
my %port = ((map { $_ => $at{$_}->port } keys %at), map { $_ => $behind->port($_) } qw(expired fine location2 location3));

# One process and one connection to each backend: what is used again is seen.
my $one_process = mpm() eq 'prefork' ? "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n" : '';
my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm)], conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$one_process
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
SSLProxyMachineCertificateFile \@CERTS\@/ours.pair
@{[ map { "ProxyPass /$_/ https://localhost:$port{$_}/\n" } sort keys %port ]}
<Proxy balancer://some>
  BalancerMember https://localhost:$port{expired} retry=60
  BalancerMember https://localhost:$port{fine}
</Proxy>
ProxyPass /balancer/ balancer://some/
CONF

sub asked ($server, $path) {
    my $answer = TLSplus::Plain::ask($server, $path);
    return ($answer->status // 'closed') . ' ' . ($answer->status == 200 ? $answer->body : $answer->body =~ m{<strong>(.*?)</strong>} ? $1 : '');
}

# Connections are counted from the first that a test sees of a server's.
my %seen;
sub counted ($server, $answer) {
    my ($number) = $answer =~ /connection (\d+)/ or return $answer;
    my $seen = $seen{$server} //= {};
    my $which = $seen->{$number} // 1 + keys %$seen;
    $seen->{$number} = $which;
    return $answer =~ s/connection \d+/connection $which/r;
}

for my $tls (2, 3) {
    $twins->both("HTTP/1 offers no protocol, TLS 1.$tls", sub ($server) { TLSplus::Plain::ask($server, "/tls$tls/x")->header('x-alpn') }, 'none');
    %seen = ();
    $twins->both("the connection is used again, and its ticket is none of the answer, TLS 1.$tls", sub ($server) {
        join ', ', map { counted($server, asked($server, "/tls$tls/$_")) } qw(a b c);
    }, '200 connection 1, 200 connection 1, 200 connection 1');
    # at once; t/proxy/idle.t has what happens later
    for my $end (qw(end cut)) {
        %seen = ();
        $twins->both("where the backend has left, another is made ($end, TLS 1.$tls)", sub ($server) {
            my @answers = map { counted($server, asked($server, "/tls$tls/$_")) } 'a', $end;
            wait_until(20, sub { $at{"tls$tls"}->has_left }) or return 'the backend has not left';
            join ', ', @answers, counted($server, asked($server, "/tls$tls/b"));
        }, '200 connection 1, 200 connection 1, 200 connection 2');
    }
}
%seen = ();
$twins->both('new keys in between', sub ($server) { join ', ', map { counted($server, asked($server, "/tls3/$_")) } qw(keys a b) },
    '200 connection 1, 200 connection 1, 200 connection 1');

for my $tls (2, 3) {
    # httpd passes no trailers of answers on; they must not be taken for the next answer either
    $twins->both("trailers behind a body in chunks, TLS 1.$tls", sub ($server) {
        my $answer = TLSplus::Plain::ask($server, "/tls$tls/trailers");
        join ', ', $answer->status, $answer->body, $answer->trailers || 'no trailers', $answer->whole ? 'whole' : 'not whole', asked($server, "/tls$tls/b") =~ /^200 connection \d+$/ ? 'and on' : 'stuck';
    }, '200, body, no trailers, whole, and on');
}

$twins->both("a backend may renegotiate", sub ($server) { join ', ', map { asked($server, '/renews/') } 1, 2 }, '200 first, 200 second');
$twins->both("and ask for a certificate then", sub ($server) { join ', ', map { asked($server, '/asks2/') } 1, 2 }, '200 first, 200 second');
$twins->both("or behind the handshake of TLS 1.3", sub ($server) { join ', ', map { asked($server, '/asks3/') } 1, 2 }, '200 first, 200 second');
for my $tls (2, 3) {
    $twins->both("a server that asks for it in one place alone, TLS 1.$tls", sub ($server) {
        join ', ', map { my $answer = TLSplus::Plain::ask($server, "/location$tls/$_"); $answer->status . ' ' . ($answer->header('x-client') // '') } qw(x asks/x x);
    }, '200 (null), 200 ours, 200 ours');
}

$twins->both('a balancer whose first member has expired', sub ($server) { join ', ', map { TLSplus::Plain::ask($server, '/balancer/x')->status } 1 .. 4 },
    '500, 200, 200, 200');
ok $twins->stop, 'both stop cleanly';
done_testing;
