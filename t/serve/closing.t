# SPDX-License-Identifier: Apache-2.0
#
# How a connection ends: close_notify by default, without one for ssl-unclean-shutdown, and waiting
# for the peer's for ssl-accurate-shutdown (RFC 8446 6.1); the half-closing client that still wants
# its answer; the environment knobs of old browsers, which belong to the core and must keep working.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_http2 is_tlsplus);
use TLSplus::H2;
use TLSplus::Raw;
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $conf = <<'CONF';
KeepAliveTimeout 2
ScriptAlias /cgi/ @ROOT@/cgi/
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  SetEnvIf User-Agent "unclean"  ssl-unclean-shutdown
  SetEnvIf User-Agent "accurate" ssl-accurate-shutdown
  SetEnvIf User-Agent "prefix"   ssl-unclean-anything=off
  SetEnvIf User-Agent "case"     SSL-Unclean-Shutdown
  SetEnvIf User-Agent "MSIE [2-5]" nokeepalive ssl-unclean-shutdown downgrade-1.0 force-response-1.0
</VirtualHost>
CONF
my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi'], conf => $conf);
$server->cgi('hello', 'print "Content-Type: text/plain\n\nhello\n";');

sub request ($agent, %opt) {
    my $close = $opt{keep} ? '' : "Connection: close\r\n";
    return $server->handshake(name => 'a.test', msg => 1, tls => $opt{tls} // 'TLSv1.3',
        request => 'GET ' . ($opt{path} // '/') . " HTTP/1.1\r\nHost: a.test\r\nUser-Agent: $agent\r\n$close\r\n");
}

my @NOTIFY = ('warning close_notify');

for my $tls ('TLSv1.2', 'TLSv1.3') {
    subtest "shutdown forms, $tls" => sub {
        my @forms = (
            # agent        alerts    why
            ['plain',      \@NOTIFY, 'close_notify by default'],
            ['unclean',    [],       'none with ssl-unclean-shutdown'],
            ['prefix',     [],       'none with any name that begins so, whatever its value'],
            ['case',       \@NOTIFY, 'names are case-sensitive'],
            ['accurate',   \@NOTIFY, 'close_notify with ssl-accurate-shutdown'],
        );
        for my $path ('/', '/cgi/hello', '/none') {
            for (@forms) {
                my ($agent, $alerts, $why) = @$_;
                my $answer = request($agent, tls => $tls, path => $path);
                is $answer->status, $path eq '/none' ? 404 : 200, "$path, $agent: answered" or diag $answer->error;
                is_deeply $answer->alerts, $alerts, "$path: $why";
            }
        }
        is_deeply request('plain', tls => $tls, keep => 1)->alerts, \@NOTIFY, 'close_notify when keep-alive runs out';
        is_deeply request('unclean', tls => $tls, keep => 1)->alerts, [], 'and none for the unclean';
    };
}

subtest 'old browsers' => sub {
    my $answer = request('Mozilla/4.0 (compatible; MSIE 5.01)', keep => 1);
    like $answer->body, qr{^HTTP/1\.0 200 }, 'force-response-1.0';
    like $answer->body, qr{^Connection: close\r?$}m, 'nokeepalive';
    is_deeply $answer->alerts, [], 'and no close_notify';
    like request('Mozilla/5.0')->body, qr{^HTTP/1\.1 200 }, 'others as ever';
};

# Two requests on one connection.
subtest 'the first request decides' => sub {
    for my $case (['plain', 'unclean', \@NOTIFY], ['unclean', 'plain', []]) {
        my ($first, $second, $alerts) = @$case;
        my $answer = $server->handshake(name => 'a.test', msg => 1, tls => 'TLSv1.3',
            request => "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: $first\r\n\r\n"
              . "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: $second\r\nConnection: close\r\n\r\n");
        is scalar(() = $answer->body =~ m{^HTTP/1\.1 200 }mg), 2, "$first, then $second: both are answered";
        is_deeply $answer->alerts, $alerts, "$first, then $second: as the first wants it";
    }
};

# One of many requests that may be under way: how the connection ends is no affair of a stream's.
subtest 'an HTTP/2 stream decides nothing' => sub {
    plan skip_all => 'no mod_http2, or on prefork' unless has_http2();
    plan skip_all => 'a stream may decide with mod_ssl' unless is_tlsplus();
    my $h2 = TLSplus::Server->start(certs => $certs, modules => ['cgi', 'http2'], conf => "Protocols h2 http/1.1\n$conf");
    $h2->cgi('hello', 'print "Content-Type: text/plain\n\nhello\n";');
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        for my $agent (qw(plain unclean accurate)) {
            my $answer = $h2->handshake(name => 'a.test', msg => 1, tls => $tls, alpn => 'h2',
                request => TLSplus::H2->one_request('a.test', '/cgi/hello', 'user-agent' => $agent));
            is $answer->alpn, 'h2', "$tls, $agent: HTTP/2";
            like $answer->output, qr/hello\n/, "$tls, $agent: answered";
            is_deeply $answer->alerts, \@NOTIFY, "$tls, $agent: close_notify all the same";
        }
    }
    ok $h2->stop, 'stops cleanly';
};

# gnutls-cli says it will send no more (close_notify) right behind its request, and reads on. What it
# asked for must still arrive whole (RFC 8446 6.1: the other direction stays open).
subtest 'half-close' => sub {
    plan skip_all => 'gnutls-cli is not installed' unless find_program('gnutls-cli');
    $server->put('htdocs/big.txt', "0123456789abcde\n" x 200_000);
    for my $tls ('1.2', '1.3') {
        my $answer = $server->client->gnutls(name => 'a.test', priority => "NORMAL:-VERS-ALL:+VERS-TLS$tls",
            request => "GET /big.txt HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
        is $answer->status, 200, "TLS $tls: answered";
        is scalar(() = $answer->body =~ /^0123456789abcde$/mg), 200_000, "TLS $tls: the whole answer comes";
    }
};

# An accurate shutdown waits for the peer, and not forever.
subtest 'a peer that never closes' => sub {
    my $answer = request('accurate');
    is $answer->status, 200, 'served';
    serves $server, 'and the next client too', name => 'a.test';
};

subtest 'a peer that resets' => sub {
    my $port = $server->port;
    for my $n (1 .. 20) {
        my $raw = TLSplus::Raw->connect($port);
        $raw->send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc") if $n % 2;
        $raw->reset;
    }
    serves $server, 'the server goes on', name => 'a.test';
};

ok $server->stop, 'stops cleanly';
done_testing;
