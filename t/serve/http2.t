# SPDX-License-Identifier: Apache-2.0
#
# ALPN through httpd's own protocol negotiation: with `Protocols h2 http/1.1` and mod_http2 a client
# that offers h2 gets it, per virtual host; one that offers nothing, or only what nobody speaks, is
# still served HTTP/1.1.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_http2 is_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

plan skip_all => 'mod_http2 does not run on prefork' if !has_http2();

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', '*.a.test', 'localhost']);

my $server = TLSplus::Server->start(certs => $certs, modules => ['http2', 'cgi', 'headers'], conf => <<'CONF');
SSLCertificateFile    @CERTS@/a.crt
SSLCertificateKeyFile @CERTS@/a.key
ScriptAlias /cgi/ @ROOT@/cgi/
Header set X-Protocol "%{SSL_PROTOCOL}s|%{HTTPS}s"
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  Protocols h2 http/1.1
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName one.a.test
  SSLEngine on
  Protocols http/1.1
</VirtualHost>
CONF
$server->cgi('length', 'local $/; my $body = <STDIN>; print "Content-Type: text/plain\n\n", length $body, "\n";');

subtest 'what is agreed' => sub {
    my @offers = (
        # SNI          offered          agreed
        ['a.test',     'h2,http/1.1',   'h2'],
        ['a.test',     'http/1.1,h2',   'h2'],          # ProtocolsHonorOrder is on by default
        ['a.test',     'h2',            'h2'],
        ['a.test',     'http/1.1',      'http/1.1'],
        ['a.test',     'spdy/3,h2',     'h2'],
        ['one.a.test', 'h2,http/1.1',   'http/1.1'],
        ['one.a.test', 'http/1.1',      'http/1.1'],
    );
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        for (@offers) {
            my ($name, $offered, $agreed) = @$_;
            my $answer = $server->handshake(name => $name, alpn => $offered, tls => $tls);
            is $answer->alpn, $agreed, "$tls, $name: $offered: $agreed";
        }
        my $none = $server->handshake(name => 'a.test', tls => $tls);
        ok $none->protocol && !defined $none->alpn, "$tls: nothing offered, nothing agreed, handshake done";
        next unless is_tlsplus();    # stock mod_ssl answers with an empty choice, which clients refuse
        my $odd = $server->handshake(name => 'a.test', alpn => 'gopher', tls => $tls,
            request => "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
        is $odd->status, 200, "$tls: only unknown protocols offered: HTTP/1.1 is served";
    }
};

subtest 'curl' => sub {
    for my $tls ('1.2', '1.3') {
        my $answer = $server->get('/', name => 'a.test', http => '2', tls => $tls);
        is $answer->status, 200, "TLS $tls: answered" or diag $answer->error;
        is $answer->http_version, '2', "TLS $tls: in HTTP/2";
        is $answer->body, "hello over TLS\n", "TLS $tls: the page";
        is $answer->header('X-Protocol'), "TLSv$tls|on", "TLS $tls: a stream knows it is on TLS";
    }
    is $server->get('/', name => 'one.a.test', http => '2')->http_version, '1.1', 'a host without h2 answers in 1.1';
    my $post = $server->post('/cgi/length', 'x' x 300_000, name => 'a.test', http => '2');
    is $post->body, "300000\n", 'a body longer than the flow control window arrives';
};

subtest 'many streams on one connection' => sub {
    my $port   = $server->port;
    my $answer = $server->get('/', name => 'a.test', http => '2',
        args => ['--parallel', map { ('-o', '/dev/null', "https://a.test:$port/?$_") } 1 .. 50]);
    is scalar(() = $answer->output =~ /^200 2 /mg), 51, 'all are answered in HTTP/2' or diag $answer->output;
};

subtest 'nghttp' => sub {
    plan skip_all => 'nghttp is not installed' unless find_program('nghttp');
    my $answer = $server->client->nghttp('/', name => 'a.test');
    is $answer->alpn,   'h2', 'h2 agreed';
    is $answer->status, 200,  'answered' or diag $answer->output;
    is $answer->header('content-length'), 15, 'with its headers';
};

# The answers of many streams come in one brigade, each with its end: records and ends take turns.
subtest 'answers that end between others' => sub {
    plan skip_all => 'h2load (nghttp2-client) is not installed' unless find_program('h2load');
    $server->put('htdocs/1k.html', 'x' x 1024);
    my $done = run(['h2load', '-n', 2000, '-c', 4, '-m', 100, '-t', 2, 'https://localhost:' . $server->port . '/1k.html'],
        timeout => 120);
    like $done->{out}, qr/ 2000 succeeded, 0 failed, 0 errored/, 'all arrive, and no connection breaks' or diag $done->{out};
    says_nothing $server, qr/TP0406|SSL alert/, 'no client saw a record it could not read';
};

# RFC 9113 9.2: a coalesced connection may be used for another host only if that host agrees.
subtest 'a request for another host on the same connection' => sub {
    my $answer = $server->get('/', name => 'a.test', http => '2', host => 'one.a.test');
    is $answer->status, 200, 'same TLS settings: served';
};

serves $server, 'still serving', name => 'a.test';
ok $server->stop, 'stops cleanly';
done_testing;
