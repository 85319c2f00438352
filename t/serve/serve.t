# SPDX-License-Identifier: Apache-2.0
#
# The main job: a virtual host with a certificate and a key answers over TLS, to every client, in
# every version, over one connection or many. Several certificates stand side by side and each
# client gets the one it can verify.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('ec',  key => 'ec',      san => ['a.test'], intermediates => 1);
$certs->leaf('rsa', key => 'rsa',     san => ['a.test'], intermediates => 1);
$certs->leaf('ed',  key => 'ed25519', san => ['a.test'], intermediates => 1);

my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => <<'CONF');
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/ec.full
  SSLCertificateKeyFile @CERTS@/ec.key
  SSLCertificateFile    @CERTS@/rsa.full
  SSLCertificateKeyFile @CERTS@/rsa.key
  SSLCertificateFile    @CERTS@/ed.full
  SSLCertificateKeyFile @CERTS@/ed.key
  Header set X-Seen "%{SSL_PROTOCOL}s|%{HTTPS}s|%{SSL_CIPHER}s"
</VirtualHost>
<VirtualHost *:@PLAIN@>
  ServerName a.test
</VirtualHost>
CONF

subtest 'curl' => sub {
    for my $tls ('1.2', '1.3') {
        my $answer = $server->get('/', name => 'a.test', tls => $tls);
        is $answer->status, 200, "TLS $tls: status" or diag $answer->output;
        is $answer->body, "hello over TLS\n", "TLS $tls: body";
        is $answer->verify, 0, "TLS $tls: chain verified against the root alone";
        like $answer->header('X-Seen'), qr/^TLSv\Q$tls\E\|on\|\w+/, "TLS $tls: what the request sees of it";
    }
    is $server->get('/none', name => 'a.test')->status, 404, 'httpd above answers as ever';
    is $server->get('/', name => 'a.test', scheme => 'http', port => 'PLAIN')->status, 200,
      'a plain virtual host beside it stays plain';
};

subtest 'one connection, many requests' => sub {
    my $port   = $server->port;
    my $answer = $server->get('/', name => 'a.test',
        args => [map { ('-o', '/dev/null', "https://a.test:$port/?$_") } 1 .. 20]);
    my @lines = $answer->output =~ /^(\d+ 1\.1 \d+)/mg;
    is scalar @lines, 21, 'every request is answered';
    is scalar(grep { $_ eq '200 1.1 0' } @lines), 20, 'all but the first on the same connection';
};

subtest 'openssl s_client' => sub {
    for my $version ('TLSv1.2', 'TLSv1.3') {
        my $answer = $server->handshake(name => 'a.test', tls => $version,
            request => "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
        is $answer->protocol, $version, "$version spoken";
        is $answer->verify, 0, "$version: certificate verified";
        is $answer->chain_length, 2, "$version: leaf and intermediate sent, the root not";
        is $answer->status, 200, "$version: answered" or diag $answer->output;
    }
};

subtest 'gnutls-cli' => sub {
    plan skip_all => 'gnutls-cli is not installed' unless find_program('gnutls-cli');
    my %priority = ('TLSv1.2' => 'NORMAL:-VERS-ALL:+VERS-TLS1.2', 'TLSv1.3' => 'NORMAL:-VERS-ALL:+VERS-TLS1.3');
    for my $version (sort keys %priority) {
        my $answer = $server->client->gnutls(name => 'a.test', priority => $priority{$version},
            request => "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
        is $answer->protocol, $version, "$version spoken" or diag $answer->output;
        is $answer->verify, 0, "$version: certificate verified";
        is $answer->status, 200, "$version: answered";
    }
};

# Which of the three certificates a client is shown follows from what it can verify: the cipher list
# before TLS 1.3, signature algorithms since.
my @CHOICE = (
    { key => 'ec',  client => { tls => 'TLSv1.3', sigalgs => 'ecdsa_secp256r1_sha256' } },
    { key => 'rsa', client => { tls => 'TLSv1.3', sigalgs => 'rsa_pss_rsae_sha256' } },
    { key => 'ed',  client => { tls => 'TLSv1.3', sigalgs => 'ed25519' } },
    { key => 'ec',  client => { tls => 'TLSv1.2', cipher  => 'ECDHE-ECDSA-AES128-GCM-SHA256', sigalgs => 'ECDSA+SHA256' } },
    { key => 'rsa', client => { tls => 'TLSv1.2', cipher  => 'ECDHE-RSA-AES128-GCM-SHA256' } },
    { key => 'ed',  client => { tls => 'TLSv1.2', cipher  => 'ECDHE-ECDSA-AES128-GCM-SHA256', sigalgs => 'ed25519' } },
);
my %SIGNATURE = (ec => 'ECDSA', rsa => qr/^RSA(-PSS)?$/, ed => 'ed25519');

subtest 'the certificate a client can verify' => sub {
    for my $case (@CHOICE) {
        my %client = %{ $case->{client} };
        my $label  = join ' ', "$case->{key}:", map { $client{$_} } sort keys %client;
        my $answer = $server->handshake(name => 'a.test', %client);
        like $answer->signature // $answer->error, qr/^$SIGNATURE{ $case->{key} }$/, $label;
    }
};

subtest 'a client that can verify none of them' => sub {
    my $mark   = $server->mark;
    my $answer = $server->handshake(name => 'a.test', tls => 'TLSv1.3', sigalgs => 'ed448');
    is $answer->protocol, undef, 'no handshake';
    is $answer->alert, 'handshake failure', 'the alert says so';
    serves $server, 'the next client is served', name => 'a.test';
    logs $server, qr/no shared|signature alg|sigalg/i, 'one log line with the reason', mark => $mark;
};

ok $server->stop, 'stops cleanly';
done_testing;
