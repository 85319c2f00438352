# SPDX-License-Identifier: Apache-2.0
#
# The wrong protocol on a port. Plain HTTP on a TLS port gets httpd's 400 with a page that names the
# https URL, and nothing the client sent is executed. TLS on a plain port is closed at once, with a
# log line that says what happened instead of a line of binary noise.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi'], conf => <<'CONF');
<VirtualHost *:@PORT@>
  ServerName a.test:@PORT@
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  ScriptAlias /cgi/ @ROOT@/cgi/
</VirtualHost>
<VirtualHost *:@PLAIN@>
  ServerName plain.test
</VirtualHost>
CONF
my ($port, $trace) = ($server->port, $server->root . '/run/cgi-ran');
$server->cgi('touch', "open my \$f, '>', '$trace'; print \"Content-Type: text/plain\\n\\nran\\n\";");

subtest 'HTTP on the TLS port' => sub {
    my $answer = $server->get('/', name => 'a.test', scheme => 'http');
    is $answer->status, 400, 'curl http://: 400';
    like $answer->header('content-type'), qr{^text/html}, 'as a page';
    like $answer->body, qr/HTTPS/i, 'that names the reason';
    like $answer->body, qr{https://a\.test:$port/}, 'and the address to use' if is_tlsplus();

    my %requests = (
        'HTTP/1.1 GET'      => "GET /cgi/touch HTTP/1.1\r\nHost: a.test\r\n\r\n",
        'HTTP/1.0 GET'      => "GET /cgi/touch HTTP/1.0\r\n\r\n",
        'POST with a body'  => "POST /cgi/touch HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
        'HEAD'              => "HEAD /cgi/touch HTTP/1.1\r\nHost: a.test\r\n\r\n",
        'two requests'      => "GET /cgi/touch HTTP/1.1\r\nHost: a.test\r\n\r\n" x 2,
        'PUT'               => "PUT /cgi/touch HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
        'a long header'     => "GET /cgi/touch HTTP/1.1\r\nHost: a.test\r\nX: " . 'y' x 20_000 . "\r\n\r\n",
    );
    for my $what (sort keys %requests) {
        my $raw = TLSplus::Raw->connect($port);
        $raw->send($requests{$what});
        my $bytes = $raw->read_all;
        like $bytes, qr{^HTTP/1\.[01] 400 }, "$what: 400";
        isnt $raw->ended, '', "$what: the connection is closed";
        is scalar(() = $bytes =~ m{^HTTP/1\.}mg), 1, "$what: one answer";
    }
    ok !-e $trace, 'no request was executed';
};

subtest 'HTTP in pieces' => sub {
    my $raw = TLSplus::Raw->connect($port);
    $raw->send("GET /cgi/touch HTTP/1.1\r\nHost: a.test\r\n\r\n", each => 1);
    like $raw->read_all, qr{^HTTP/1\.[01] 400 }, 'byte by byte: 400';
    ok !-e $trace, 'and not executed';
};

subtest 'after a handshake has begun it is no HTTP' => sub {
    my $raw = TLSplus::Raw->connect($port);
    $raw->send(record(HANDSHAKE, substr client_hello(name => 'a.test'), 0, 50));
    $raw->send("GET /cgi/touch HTTP/1.1\r\nHost: a.test\r\n\r\n");
    unlike $raw->read_all, qr{HTTP/1}, 'no page inside TLS';
    ok !-e $trace, 'and not executed';
};

subtest 'TLS on the plain port' => sub {
    my $mark   = $server->mark;
    my $answer = $server->handshake(name => 'plain.test', port => 'PLAIN');
    is $answer->protocol, undef, 's_client gets nowhere';
    my $raw = TLSplus::Raw->connect($server->port('PLAIN'));
    $raw->send(record(HANDSHAKE, client_hello(name => 'plain.test')));
    $raw->read_all;
    isnt $raw->ended, '', 'the connection is closed';
    if (is_tlsplus()) {
        logs $server, qr/TP\d{4}: .*TLS.*plain/i, 'the log says that TLS was spoken', mark => $mark;
        logs $server, qr/TP\d{4}: .*plain\.test|TP\d{4}: .*localhost/, 'and names the virtual host', mark => $mark;
    }
    is $server->get('/', name => 'plain.test', scheme => 'http', port => 'PLAIN')->status, 200, 'plain HTTP still works there';
};

serves $server, 'TLS still works', name => 'a.test';
ok $server->stop, 'stops cleanly';
done_testing;
