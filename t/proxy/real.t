# SPDX-License-Identifier: Apache-2.0
#
# Reverse proxies as people run them before applications that speak TLS themselves: Jenkins, Tomcat, Nextcloud, GitLab
# and Keycloak, each in the form that its manual and its users give it. They start as they are, and serve an application
# that stands in for the real one as they do with the stock mod_ssl: pages, paths with encoded slashes, redirects, cookies,
# uploads, WebSockets.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 is_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Stream;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('a', san => ['app.test']);
$certs->leaf('inside', san => ['localhost', 'app.test'], cn => 'inside');
$certs->leaf('snakeoil', cn => 'snakeoil.example', self_signed => 1);
$certs->leaf('proxy', cn => 'proxy', issuer => 'clients', key => 'rsa');
$certs->leaf('user', cn => 'user', issuer => 'clients');
$certs->write('proxy.pem', map { $certs->read("proxy.$_") } qw(crt key));

# The application: says how the request came to it, redirects to itself, sets a cookie, echoes over a WebSocket.
my $application = TLSplus::Backend->start(sub ($stream) {
    while (my $request = TLSplus::Backend::take_request($stream)) {
        my %header = map { lc($_->[0]) => $_->[1] } map { [/^([^:]+): *(.*)/] } split /\r\n/, $request->{head} =~ s/\A.*?\r\n//sr;
        if (($header{upgrade} // '') eq 'websocket') {
            $stream->put_back($request->{head});
            TLSplus::Backend::accept_websocket($stream) or return;
            while (my ($opcode, $payload) = $stream->take_frame(TLSplus::Backend::PATIENCE)) {
                $stream->send(TLSplus::Stream::frame($opcode, "$request->{path} $payload"));
            }
            return;
        }
            if ($request->{path} =~ m{/redirect$}) {
            $stream->send("HTTP/1.1 302 Found\r\nLocation: https://$header{'x-as'}$request->{path}ed\r\nSet-Cookie: session=1; Path=/inside; Secure\r\nContent-Length: 0\r\n\r\n");
            next;
        }
        TLSplus::Backend::answer($stream, join "\n", "$request->{method} $request->{path}", length $request->{body},
            map { "$_: " . ($header{$_} // '-') } qw(host x-forwarded-proto x-forwarded-port x-forwarded-ssl x-real-ip x-client ssl_client_cert));
    }
});
my $to_application = join "\n", '  ProxyPreserveHost On', '  AllowEncodedSlashes NoDecode', '  RequestHeader set X-Client "%{SSL_CLIENT_S_DN_CN}s"',
    '  RequestHeader set X-As "%{HTTP_HOST}e"', '  SetEnvIf Host "(.*)" HTTP_HOST=$1',
    '  ProxyPass / http://127.0.0.1:' . $application->port . '/ nocanon upgrade=websocket';
my $behind = TLSplus::Behind->start($certs,
    snakeoil => [pair('snakeoil'), $to_application],
    inside   => [pair('inside'), $to_application],
    mutual   => [pair('inside'), '  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient require', $to_application],
    { modules => [qw(proxy proxy_http proxy_wstunnel)] });
my %port = map { $_ => $behind->port($_) } qw(snakeoil inside mutual);

my %CONF;
# its manual: "Reverse proxy - Apache", with the application's own https
$CONF{Jenkins} = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerAdmin  webmaster\@localhost
    ServerName   app.test

    SSLEngine on
    SSLCertificateFile    \@CERTS\@/a.crt
    SSLCertificateKeyFile \@CERTS\@/a.key

    SSLProxyEngine On
    SSLProxyCheckPeerCN off
    SSLProxyCheckPeerName off

    ProxyRequests     Off
    ProxyPreserveHost On
    AllowEncodedSlashes NoDecode

    <Proxy https://localhost:$port{snakeoil}/inside*>
      Order deny,allow
      Allow from all
    </Proxy>

    RewriteEngine on
    RewriteCond %{HTTP:Upgrade} =websocket [NC]
    RewriteRule ^/inside/(.*) wss://localhost:$port{snakeoil}/inside/\$1 [P,L]

    ProxyPass         /inside  https://localhost:$port{snakeoil}/inside nocanon
    ProxyPassReverse  /inside  https://localhost:$port{snakeoil}/inside
    ProxyPassReverse  /inside  https://app.test/inside
    RequestHeader set X-Forwarded-Proto "https"
    RequestHeader set X-Forwarded-Port "443"
</VirtualHost>
CONF
# as in countless answers: the connector with its self-made certificate, and every check switched off
$CONF{Tomcat} = <<"CONF";
<VirtualHost _default_:\@PORT\@>
    ServerName app.test:\@PORT\@
    ErrorLog logs/error.log
    LogLevel warn
    SSLEngine on
    SSLCertificateFile    \@CERTS\@/a.crt
    SSLCertificateKeyFile \@CERTS\@/a.key

    SSLProxyEngine on
    SSLProxyVerify none
    SSLProxyCheckPeerCN off
    SSLProxyCheckPeerName off
    SSLProxyCheckPeerExpire off
    SSLProxyProtocol all -SSLv3 -TLSv1 -TLSv1.1

    ProxyPreserveHost On
    AllowEncodedSlashes NoDecode
    <Location /inside>
        ProxyPass https://127.0.0.1:$port{snakeoil}/inside nocanon
        ProxyPassReverse https://127.0.0.1:$port{snakeoil}/inside
        ProxyPassReverseCookiePath /inside /
        RequestHeader set X-Forwarded-Proto "https"
    </Location>
    <Location /inside/ws>
        ProxyPass wss://127.0.0.1:$port{snakeoil}/inside/ws
    </Location>
</VirtualHost>
CONF
# its guide for reverse proxies, Apache
$CONF{Nextcloud} = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName app.test

    RewriteEngine On
    ProxyPreserveHost On
    RequestHeader set X-Real-IP %{REMOTE_ADDR}s
    AllowEncodedSlashes NoDecode
    SSLProxyEngine On
    SSLProxyVerify none
    SSLProxyCheckPeerName off
    SSLProxyCheckPeerCN off

    ProxyPass / https://localhost:$port{snakeoil}/ nocanon
    ProxyPassReverse / https://localhost:$port{snakeoil}/

    RewriteCond %{HTTP:Upgrade} websocket [NC]
    RewriteCond %{HTTP:Connection} upgrade [NC]
    RewriteCond %{THE_REQUEST} "^[a-zA-Z]+ /(.*) HTTP/\\d+(\\.\\d+)?\$"
    RewriteRule .? "wss://localhost:$port{snakeoil}/%1" [P,L,UnsafeAllow3F]

    <IfModule mod_http2.c>
      Protocols h2 h2c http/1.1
      H2WindowSize 5242880
      ProxyTimeout 86400
    </IfModule>

    SSLEngine on
    SSLCertificateFile    \@CERTS\@/a.crt
    SSLCertificateKeyFile \@CERTS\@/a.key
    SSLProtocol             -all +TLSv1.2 +TLSv1.3
    SSLCipherSuite          ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
    SSLHonorCipherOrder     off
    SSLSessionTickets       off

    TraceEnable off
    <Files ".ht*">
        Require all denied
    </Files>
    LimitRequestBody 0
    Timeout 86400
</VirtualHost>
CONF
# its recipes for web servers, Apache 2.4 with TLS, before the bundled server with https
$CONF{GitLab} = <<"CONF";
<VirtualHost *:\@PORT\@>
  SSLEngine on
  SSLProtocol all -SSLv2
  SSLHonorCipherOrder on
  SSLCipherSuite "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:ECDH+3DES:DH+3DES:RSA+AESGCM:RSA+AES:RSA+3DES:!aNULL:!MD5:!DSS"
  Header add Strict-Transport-Security: "max-age=15768000;includeSubdomains"
  SSLCompression Off
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key

  ServerName app.test
  ServerSignature Off

  ProxyPreserveHost On
  AllowEncodedSlashes NoDecode

  SSLProxyEngine on
  SSLProxyCACertificateFile \@CERTS\@/ca.crt
  SSLProxyVerify require
  SSLProxyVerifyDepth 2

  <Location />
    Require all granted
    ProxyPassReverse https://127.0.0.1:$port{inside}
    ProxyPassReverse https://app.test/
  </Location>

  RewriteEngine on
  RewriteCond %{HTTP:Upgrade} websocket [NC]
  RewriteCond %{HTTP:Connection} upgrade [NC]
  RewriteRule ^/?(.*) "wss://127.0.0.1:$port{inside}/\$1" [P,L]
  RewriteCond \@ROOT\@/htdocs/public%{REQUEST_FILENAME} !-f
  RewriteRule .* https://127.0.0.1:$port{inside}%{REQUEST_URI} [P,QSA,NE]

  RequestHeader set X_FORWARDED_PROTO 'https'
  RequestHeader set X-Forwarded-Ssl on

  DocumentRoot \@ROOT\@/htdocs
  ErrorDocument 502 /502.html
  ErrorDocument 503 /503.html
  LogFormat "%{X-Forwarded-For}i %l %u %t \\"%r\\" %>s %b" common_forwarded
  CustomLog logs/gitlab.log common_forwarded
</VirtualHost>
CONF
# its guide for reverse proxies and client certificates: TLS all the way, each side with a certificate
$CONF{Keycloak} = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName app.test
    SSLEngine on
    SSLCertificateFile    \@CERTS\@/a.crt
    SSLCertificateKeyFile \@CERTS\@/a.key
    SSLCACertificateFile  \@CERTS\@/clients.crt
    SSLVerifyClient optional
    SSLVerifyDepth 2
    SSLOptions +StdEnvVars +ExportCertData

    SSLProxyEngine On
    SSLProxyVerify require
    SSLProxyCACertificateFile \@CERTS\@/ca.crt
    SSLProxyMachineCertificateFile \@CERTS\@/proxy.pem
    SSLProxyCheckPeerCN on
    SSLProxyCheckPeerName on
    SSLProxyCheckPeerExpire on

    ProxyPreserveHost On
    AllowEncodedSlashes NoDecode
    RequestHeader unset SSL_CLIENT_CERT
    RequestHeader set SSL_CLIENT_CERT "%{SSL_CLIENT_CERT}s"
    RequestHeader set X-Forwarded-Proto "https"
    RequestHeader set X-Forwarded-Port "443"

    ProxyPass / https://localhost:$port{mutual}/ nocanon upgrade=websocket
    ProxyPassReverse / https://localhost:$port{mutual}/
</VirtualHost>
CONF

my @modules = (qw(proxy proxy_http proxy_wstunnel rewrite headers access_compat), has_http2() ? 'http2' : ());
my %CLIENT = (Keycloak => [cert => $certs->dir . '/user.crt', key => $certs->dir . '/user.key']);

sub page ($answer) { join ' | ', $answer->status // 'closed', split /\n/, $answer->body =~ s/<[^>]*>//gr }

for my $name (sort keys %CONF) {
    subtest $name => sub {
        my $twins = TLSplus::Twins->start(certs => $certs, modules => \@modules, conf => $CONF{$name});
        my @client = (name => 'app.test', @{ $CLIENT{$name} // [] });
        if (is_tlsplus) {
            my $found = $twins->ours->configtest;
            is $found->{exit}, 0, 'configtest is content' or diag $found->{text};
        }
        my %ask = (
            'a page'                => sub ($server) { page($server->get('/inside/page?a=b', @client)) },
            'an encoded slash'      => sub ($server) { page($server->get('/inside/group%2Fproject', @client)) },
            'an upload'             => sub ($server) { page($server->post('/inside/upload', 'u' x 300_000, @client)) },
            'a redirect, a cookie'  => sub ($server) { my $answer = $server->get('/inside/redirect', @client); join ' ', $answer->status, map { $answer->header($_) // '-' } qw(location set-cookie) },
            'a WebSocket'           => sub ($server) {
                my @as = map { ("-$_", $certs->dir . "/user." . ($_ eq 'cert' ? 'crt' : 'key')) } $CLIENT{$name} ? qw(cert key) : ();
                my $stream = TLSplus::Stream->tls($server, name => 'app.test', args => \@as);
                $stream->send(TLSplus::Plain::request('/inside/ws', host => 'app.test', stays => 1, headers => [
                    'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
                my ($status) = ($stream->take_until("\r\n\r\n", 30) // '') =~ m{^HTTP/1\.1 (\d+)};
                return $status // 'closed' if ($status // 0) != 101;
                $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, 'words', 'mask'));
                my (undef, $payload) = $stream->take_frame;
                return "$status $payload";
            },
        );
        for my $what (sort keys %ask) {
            my $ports = sub ($server) { my $port = $server->port; $ask{$what}->($server) =~ s/\b$port\b/PORT/gr };
            like $twins->alike($what, $ports), qr/^(?:200|302|101) /, 'and it works';
        }
        ok $twins->stop, 'both stop cleanly';
    };
}
done_testing;
