# SPDX-License-Identifier: Apache-2.0
#
# A client that takes its time to read the last flight of the server: up to TLS 1.2 the handshake ends with
# it, and it can be long (the ticket carries the client's certificate). The handshake is complete then as if
# the flight had gone at once: the client gets its answer, and the server knows its certificate.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_module);
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Relay;
use TLSplus::Server;
use TLSplus::Test;

use constant { WINDOW => 2304, LIMIT => 30 };

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->ca;
# Some 20 KB.
$certs->leaf('long', cn => 'long', extensions => ['nsComment=' . join ' ', ('a long comment') x 1400]);

for my $mpm (grep { has_module("mpm_$_") } qw(event worker prefork)) {
    subtest "MPM $mpm" => sub {
        my $server = TLSplus::Server->start(certs => $certs, mpm => $mpm, modules => ['headers'], conf => <<'CONF');
SendBufferSize 4096
AcceptFilter http none
AcceptFilter https none
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLProtocol TLSv1.2
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  SSLCACertificateFile  @CERTS@/ca.crt
  SSLVerifyClient require
  Header set X-Client "%{SSL_CLIENT_S_DN_CN}s"
</VirtualHost>
CONF
        my $relay  = TLSplus::Relay->new($server->port, deaf => 1, window => WINDOW);
        my $client = spawn([$server->client->s_client_command(name => 'a.test', port => $relay->port, tls => 'TLSv1.2', request => 1,
                args => ['-quiet', '-cert', $certs->dir . '/long.crt', '-key', $certs->dir . '/long.key'])],
            stdin => "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
        my $stuffed = wait_until(LIMIT, sub { $relay->step(0.05); return $relay->is_deaf && $relay->is_stuffed });
        ok $stuffed, 'the server has more to say than the client takes';
        $relay->hear;
        wait_until(LIMIT, sub { $relay->step(0.05); return !$client->running });
        $client->wait(0.1);
        like $client->out, qr{^HTTP/1\.1 200 }m,   'the client gets its answer' or diag $client->err;
        like $client->out, qr{^X-Client: long\r$}m, 'and is known by its certificate';
        ok $server->stop, 'stops cleanly';
    };
}
done_testing;
