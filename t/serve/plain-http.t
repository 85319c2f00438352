# SPDX-License-Identifier: Apache-2.0
#
# The wrong protocol on a port. Plain HTTP on a TLS port gets httpd's 400 with a page that names the
# https URL, and nothing the client sent is executed. TLS on a plain port is closed at once, with a
# log line that says what happened instead of a line of binary noise.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi'], conf => <<'CONF' =~ s/\@REDIRECT\@/is_tlsplus() ? '  TLSPlusPlainHTTP redirect' : ''/er);
<VirtualHost *:@PORT@>
  ServerName a.test:@PORT@
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  ScriptAlias /cgi/ @ROOT@/cgi/
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName b.test
  ServerAlias *.b.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
</VirtualHost>
<VirtualHost *:@PORT2@>
  ServerName sent.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
@REDIRECT@
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

# The name and the path that were asked for, if the name is one of ours; nothing of a request is repeated that could
# be anything but an address.
subtest 'where the page leads' => sub {
    plan skip_all => 'mod_ssl links to the first host, or not at all' unless is_tlsplus();
    my @rows = (
        # Host                 target                     link
        ['a.test',             '/x',                      "https://a.test:$port/x"],
        ["a.test:$port",       '/page?x=1&y=2',           "https://a.test:$port/page?x=1&amp;y=2"],
        ['b.test',             '/page?x=1',               "https://b.test:$port/page?x=1"],
        ['B.Test:99',          '/',                       'https://b.test:99/'],
        ['w.b.test:443',       '/%22%3E%3Cx%3E',          'https://w.b.test/%22%3E%3Cx%3E'],
        ['stranger.test',      '/page',                   "https://a.test:$port/page"],
        ['127.0.0.1',          '/page',                   "https://a.test:$port/page"],
        ['',                   '/page',                   "https://a.test:$port/page"],
        ['a.test"><script>',   '/page',                   "https://a.test:$port/page"],
        ['user@b.test',        '/page',                   "https://a.test:$port/page"],
        ['b.test',             '/"><script>alert(1)',     "https://b.test:$port/"],
        ['b.test',             'http://b.test/x',         "https://b.test:$port/"],
        ['b.test',             "/x\ry",                   "https://b.test:$port/"],
    );
    for (@rows) {
        my ($host, $target, $link) = @$_;
        my $raw = TLSplus::Raw->connect($port);
        $raw->send("GET $target HTTP/1.1\r\nCookie: secret=1\r\nHost: $host\r\n\r\n");
        my $bytes = $raw->read_all;
        my $label = "$host $target" =~ s/\r/\\r/r;
        like $bytes, qr{^HTTP/1\.1 400 }, "$label: 400";
        like $bytes, qr{You're speaking plain HTTP to an SSL-enabled server port}, "$label: in the known words";
        my @links = $bytes =~ /href="([^"]*)"/g;
        is "@links", $link, "$label: links to $link";
        unlike $bytes, qr/<script>|secret=/, "$label: repeats nothing else";
    }
};

subtest 'TLSPlusPlainHTTP redirect' => sub {
    plan skip_all => 'mod_ssl has no such directive' unless is_tlsplus();
    my $other = $server->port('PORT2');
    my @rows  = (
        # request line               Host             status Location
        ['GET /x?y=1 HTTP/1.1',      "sent.test:$other", 308, "https://sent.test:$other/x?y=1"],
        ['POST /x HTTP/1.1',         'SENT.test',        308, "https://sent.test:$other/x"],
        ['HEAD / HTTP/1.1',          'sent.test',        308, "https://sent.test:$other/"],
        ['GET /x HTTP/1.1',          'stranger.test',    400, undef],
        ['GET /x HTTP/1.1',          '',                 400, undef],
    );
    for (@rows) {
        my ($line, $host, $status, $location) = @$_;
        my $raw = TLSplus::Raw->connect($other);
        $raw->send("$line\r\nHost: $host\r\nContent-Length: 0\r\n\r\n");
        my $bytes = $raw->read_all;
        like $bytes, qr{^HTTP/1\.1 $status }, "$line, $host: $status";
        is +($bytes =~ /^Location: (.*?)\r$/m)[0], $location, "$line, $host: " . ($location // 'no Location');
        isnt $raw->ended, '', "$line, $host: the connection is closed";
    }
    my $followed = $server->get('/', name => 'sent.test', scheme => 'http', port => 'PORT2', insecure => 1, args => ['-L']);
    is $followed->status, 200, 'curl -L arrives at the page';
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
    my $said = $raw->read_all;
    like $said, qr/\A\x15\x03/, 'an alert';
    unlike $said, qr{HTTP/1}, 'and no page inside TLS';
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
