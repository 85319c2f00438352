# SPDX-License-Identifier: Apache-2.0
#
# SSLClientCertHeader: what an application behind the server gets under the names of RFC 9440, as a
# backend of mod_proxy and as a CGI program, when clients tell the truth and when they lie.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use MIME::Base64 qw(encode_base64);
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 has_module needs_tlsplus);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
for my $module (qw(proxy proxy_http)) {
    plan skip_all => "httpd has no mod_$module" unless has_module($module);
}
my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['on.test', 'lenient.test', 'dir.test', 'unset.test', 'big.test']);
$certs->leaf('client',   cn => 'client');
$certs->leaf('chained',  cn => 'of a chain', intermediates => 2);
$certs->leaf('stranger', cn => 'stranger', issuer => 'unrelated');
$certs->leaf('large',    cn => 'large', san => [map { "a-name-of-some-length-number-$_.test" } 1 .. 200]);
my $all = $certs->dir;
$certs->write('roots.crt', $certs->read('client.root'), $certs->read('chained.root'), $certs->read('large.root'));

# The backend is a plain virtual host: it shows the header it got, byte for byte.
my $backend = <<'CONF';
  ProxyPass        "/app" "http://127.0.0.1:@PLAIN@/cgi/raw"
CONF
my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi', 'proxy', 'proxy_http', 'headers', 'include', 'http2', 'setenvif', 'rewrite'],
    files => {
        'htdocs/page.shtml' => '<!--#include virtual="/cgi/sub" -->',
        'htdocs/files/index.shtml' => '<!--#echo var="HTTP_CLIENT_CERT" -->',
    },
    conf => <<"CONF");
Protocols h2 http/1.1
LogFormat "%U cert=%{Client-Cert}i %{Client-Cert-Chain}i trailer=%{Client-Cert}^ti other=%{X-Other}i" trailers
ScriptAlias /cgi/ \@ROOT\@/cgi/
SSLCertificateFile    \@CERTS\@/server.crt
SSLCertificateKeyFile \@CERTS\@/server.key
SSLCACertificateFile  \@CERTS\@/roots.crt
SSLVerifyDepth 5
<Directory "\@ROOT\@/htdocs">
  Options +Includes
  AddOutputFilter INCLUDES .shtml
</Directory>
ErrorDocument 404 /cgi/error
<VirtualHost *:\@PORT\@>
  ServerName on.test
  SSLEngine on
  SSLVerifyClient optional
  SSLClientCertHeader on
  SetEnvIf Client-Cert "lie" early=1
  <Location "/cgi/never">
    SSLClientCertHeader off
  </Location>
  <Location "/cgi/moved">
    RewriteEngine on
    RewriteRule .* /cgi/raw [PT]
  </Location>
  MergeTrailers on
  CustomLog logs/trailers.log trailers
  RequestHeader set X-After "expr=%{HTTP:Client-Cert}" "expr=-n %{HTTP:Client-Cert}"
$backend</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName lenient.test
  SSLEngine on
  SSLVerifyClient optional_no_ca
  SSLClientCertHeader on
$backend</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName dir.test
  SSLEngine on
  SSLVerifyClient optional
  <Location "/cgi/sub">
    SSLClientCertHeader on
  </Location>
  <Location "/app">
    SSLClientCertHeader on
  </Location>
$backend</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName unset.test
  SSLEngine on
  SSLVerifyClient optional
$backend</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName backend.test
</VirtualHost>
<VirtualHost *:\@PLAIN2\@>
  ServerName plain.test
  SSLClientCertHeader on
$backend</VirtualHost>
CONF
my $show = 'print "Content-Type: text/plain\r\n\r\n"; print map { "$_=$ENV{$_}\n" } grep { /CERT|EARLY|X_AFTER|^early/i } sort keys %ENV;';
$server->cgi($_, $show) for qw(raw sub never error moved);

sub field ($name) {
    my $base64 = join '', $certs->read("$name.crt") =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----END/s;
    return ':' . ($base64 =~ s/\n//gr) . ':';
}

# The intermediates of `chained`, nearest first.
sub chain_of ($name) {
    my @found = $certs->read("$name.chain") =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----END/sg;
    return join ', ', map { ':' . s/\n//gr . ':' } @found;
}

sub with ($who) {
    my $file = -f "$all/$who.chain" ? "$all/$who.full" : "$all/$who.crt";
    return (cert => $file, key => "$all/$who.key");
}

# What the application saw: {HTTP_CLIENT_CERT, ...}
sub seen ($path, %how) {
    my $answer = $server->get($path, insecure => 1, %how);
    is $answer->status, $how{status} // 200, "$path: answered" or diag $answer->error;
    return { $answer->body =~ /^(\w+)=(.*)$/mg };
}

my @LIES = ('Client-Cert: :bGll:', 'client-cert: lie', 'CLIENT-CERT: lie', 'Client_Cert: lie', 'Client.Cert: lie',
    'Client-Cert-Chain: lie', 'client_cert-chain: lie', 'Client-Cert: lie', 'Connection: Client-Cert, client-cert-chain');

for my $http ('1.1', '2') {
    my @lies = grep { $http ne '2' || !/^Connection/ } @LIES;
    for my $path ('/app', '/cgi/raw') {
        my $name = "$path, HTTP/$http";
        my $found = seen($path, name => 'on.test', http => $http, with('client'), headers => \@lies);
        is $found->{HTTP_CLIENT_CERT}, field('client'), "$name: the certificate";
        is $found->{HTTP_CLIENT_CERT_CHAIN}, undef, "$name: no chain, as the root is its issuer";
        is_deeply [grep { /^(?:lie|:bGll:)/ } values %$found], [], "$name: no lie" or diag explain $found;
        $found = seen($path, name => 'on.test', http => $http, with('chained'), headers => \@lies);
        is $found->{HTTP_CLIENT_CERT}, field('chained'), "$name, a chain: the certificate";
        is $found->{HTTP_CLIENT_CERT_CHAIN}, chain_of('chained'), "$name, a chain: in order, without the root";
        $found = seen($path, name => 'on.test', http => $http, headers => \@lies);
        is_deeply $found, {}, "$name, no certificate: nothing at all" or diag explain $found;
    }
}

subtest 'who else could see it' => sub {
    my $found = seen('/cgi/raw', name => 'on.test', with('client'), headers => ['Client-Cert: lie']);
    is $found->{early}, undef, 'SetEnvIf sees no lie';
    is $found->{HTTP_X_AFTER}, field('client'), 'RequestHeader sees the certificate';
};

subtest 'not verified, not sent' => sub {
    for my $who ('stranger') {
        is_deeply seen('/app', name => 'lenient.test', with($who), headers => \@LIES), {}, "$who with optional_no_ca";
    }
    is seen('/app', name => 'lenient.test', with('client'))->{HTTP_CLIENT_CERT}, field('client'), 'a known one is';
};

subtest 'off, not set, and plain HTTP' => sub {
    is_deeply seen('/cgi/never', name => 'on.test', with('client'), headers => \@LIES), {}, 'off: removed, and nothing sent';
    my $found = seen('/app', name => 'unset.test', with('client'), headers => ['Client-Cert: :dXA=:']);
    is $found->{HTTP_CLIENT_CERT}, ':dXA=:', 'not set: as another proxy sent it';
    is_deeply seen('/app', name => 'plain.test', port => 'PLAIN2', scheme => 'http', headers => \@LIES), {}, 'without TLS: removed';
};

subtest 'directories, subrequests, redirects' => sub {
    is seen('/app', name => 'dir.test', with('client'), headers => \@LIES)->{HTTP_CLIENT_CERT}, field('client'), 'set for a location';
    is seen('/page.shtml', name => 'dir.test', with('client'), headers => \@LIES)->{HTTP_CLIENT_CERT}, field('client'), 'set for a subrequest';
    is_deeply seen('/page.shtml', name => 'dir.test', headers => \@LIES), {}, 'a subrequest without certificate';
    is seen('/missing', name => 'on.test', with('client'), headers => \@LIES, status => 404)->{HTTP_CLIENT_CERT},
        field('client'), 'an error document';
    is_deeply seen('/missing', name => 'on.test', headers => \@LIES, status => 404), {}, 'an error document without certificate';
    is seen('/cgi/moved', name => 'on.test', with('client'), headers => \@LIES)->{HTTP_CLIENT_CERT}, field('client'), 'an internal redirect';
};

subtest 'a resumed session' => sub {
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        my %how = (name => 'on.test', tls => $tls, request => "GET /app HTTP/1.0\r\nHost: on.test\r\nClient-Cert: lie\r\n\r\n",
            args => ['-cert', "$all/chained.crt", '-key', "$all/chained.key", '-cert_chain', "$all/chained.chain"]);
        my $first = $server->handshake(%how, sess_out => $server->root . "/run/$tls");
        like $first->body, qr/^HTTP_CLIENT_CERT=\Q@{[field('chained')]}\E\r?$/m, "$tls: the first connection";
        like $first->body, qr/^HTTP_CLIENT_CERT_CHAIN=:/m, "$tls: with the chain";
        my $again = $server->handshake(%how, sess_in => $server->root . "/run/$tls");
        is $again->reused, 1, "$tls: resumed";
        like $again->body, qr/^HTTP_CLIENT_CERT=\Q@{[field('chained')]}\E\r?$/m, "$tls: the certificate again";
        unlike $again->body, qr/CHAIN|lie/, "$tls: a session has no chain";
    }
};

# What comes behind the body is made a header by "MergeTrailers on", when a handler has read it, for the log and for
# whatever looks then.
subtest 'trailers' => sub {
    $server->cgi('sink', 'local $/; my $body = <STDIN>; print "Content-Type: text/plain\n\n", length $body;');
    my $entry = 0;
    my $logged = sub {
        my @lines;
        TLSplus::Process::wait_until(20, sub { @lines = split /\n/, TLSplus::Process::slurp($server->root . '/logs/trailers.log') =~ s{^(?!/cgi/sink).*\n}{}mgr; @lines > $entry });
        return $lines[$entry++];
    };
    my $trailers = join '', map { "$_\r\n" } 'Client-Cert: lie', 'client_cert-chain: lie', 'Client.Cert: lie', 'Connection: client-cert', 'X-Other: seen';
    for my $who ('nobody', 'client') {
        my $expected = 'cert=' . ($who eq 'nobody' ? '-' : field($who)) . ' - trailer=- other=seen';
        my $answer = $server->handshake(name => 'on.test', request => "POST /cgi/sink HTTP/1.1\r\nHost: on.test\r\nConnection: close\r\n"
              . "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n$trailers\r\n",
            args => $who eq 'nobody' ? [] : ['-cert', "$all/$who.crt", '-key', "$all/$who.key"]);
        is $answer->status, 200, "$who, HTTP/1.1: answered";
        is $logged->(), "/cgi/sink $expected", "$who, HTTP/1.1: no lie";
        SKIP: {
            skip 'no HTTP/2 on prefork', 1 if !has_http2();
            $certs->write('body', 'body');
            $server->client->nghttp('/cgi/sink', name => 'on.test', args => ['-d', "$all/body", '--trailer=client-cert: lie', '--trailer=x-other: seen',
                $who eq 'nobody' ? () : ('--cert', "$all/$who.crt", '--key', "$all/$who.key")]);
            like $logged->(), qr{^/cgi/sink \Q$expected\E}, "$who, HTTP/2: no lie";
        }
    }
};

subtest 'too large' => sub {
    my $mark = $server->mark;
    is_deeply seen('/app', name => 'on.test', with('large'), headers => \@LIES), {}, 'not sent';
    logs $server, qr/TP0541: .*Client-Cert of \d+ octets/, 'and that is said', mark => $mark;
};

ok $server->stop, 'stops cleanly';
done_testing;
