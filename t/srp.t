# SPDX-License-Identifier: Apache-2.0
#
# TLS-SRP (RFC 5054): what a client that names a user may do, and what only one that proves a password may.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Server;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->ca;

subtest 'a name alone is nobody' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], files => {'htdocs/secret/index.html' => "secret\n"}, conf => <<'CONF');
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLProtocol TLSv1.2
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  SSLCACertificateFile  @CERTS@/ca.crt
  Header always set X-User "%{SSL_SRP_USER}s %{SSL_CIPHER}s"
  <Location "/secret">
    SSLVerifyClient require
  </Location>
</VirtualHost>
CONF
    # s_client sends the name along with ciphers of all kinds; the server picks one without SRP
    my $ask = sub ($path) {
        return $server->handshake(name => 'a.test', cipher => 'ECDHE:SRP', max => 'TLSv1.2',
            args => [qw(-srpuser somebody -srppass pass:anything)], request => "GET $path HTTP/1.0\r\nHost: a.test\r\n\r\n");
    };
    my $answer = $ask->('/');
    is $answer->status, 200, 'served';
    like $answer->body, qr/^X-User: \(null\) ECDHE-/m, 'and is no user';
    $answer = $ask->('/secret/');
    is $answer->status, undef, 'a certificate that is required stays required';
    unlike $answer->output, qr/^secret$/m, 'nothing comes out';
    $server->stop;
};

done_testing;
