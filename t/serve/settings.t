# SPDX-License-Identifier: Apache-2.0
#
# Switches of a virtual host: SSLSessionTickets, SSLCompression, SSLInsecureRenegotiation,
# SSLOpenSSLConfCmd; each applies to its own name on a shared port. And renegotiation by the client,
# which no switch allows.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', '*.a.test']);
$certs->leaf('r', san => ['a.test', '*.a.test'], key => 'rsa', cn => 'by command');

my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF');
SSLCertificateFile    @CERTS@/a.crt
SSLCertificateKeyFile @CERTS@/a.key
SSLOpenSSLConfCmd     Groups X25519:P-256
SSLSessionCache       none
<VirtualHost *:@PORT@>
  ServerName default.a.test
  SSLEngine on
  SSLCompression off
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName no-tickets.a.test
  SSLEngine on
  SSLSessionTickets off
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName legacy.a.test
  SSLEngine on
  SSLInsecureRenegotiation on
</VirtualHost>
<VirtualHost *:@PORT@ *:@PORT2@>
  ServerName groups.a.test
  SSLEngine on
  SSLOpenSSLConfCmd Groups P-384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName sigalgs.a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/r.crt
  SSLCertificateKeyFile @CERTS@/r.key
  SSLOpenSSLConfCmd SignatureAlgorithms rsa_pss_rsae_sha384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName ciphers.a.test
  SSLEngine on
  SSLOpenSSLConfCmd CipherString ECDHE-ECDSA-CHACHA20-POLY1305
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName options.a.test
  SSLEngine on
  SSLOpenSSLConfCmd Options -SessionTicket,ServerPreference
</VirtualHost>
<VirtualHost *:@PORT3@>
  ServerName by-command.a.test
  SSLEngine on
  SSLOpenSSLConfCmd Certificate @CERTS@/r.crt
  SSLOpenSSLConfCmd PrivateKey  @CERTS@/r.key
</VirtualHost>
CONF

sub shake ($name, %opt) { $server->handshake(name => "$name.a.test", %opt) }

subtest 'SSLSessionTickets' => sub {
    my $ticket = qr/TLS session ticket:/;
    like shake('default', tls => 'TLSv1.2')->output, $ticket, 'TLS 1.2: a ticket by default';
    my $without = shake('no-tickets', tls => 'TLSv1.2');
    is $without->protocol, 'TLSv1.2', 'TLS 1.2: a handshake';
    unlike $without->output, $ticket, '... without any when off';
    # in TLS 1.3 a ticket comes with or after the first answer
    my $request = "GET / HTTP/1.1\r\nHost: %s.a.test\r\nConnection: close\r\n\r\n";
    my $file    = $server->root . '/run/session';
    for my $case (['default', 1], ['no-tickets', 0]) {
        my ($name, $reused) = @$case;
        for my $tls ('TLSv1.2', 'TLSv1.3') {
            shake($name, tls => $tls, sess_out => $file, request => sprintf $request, $name);
            my $again = -s $file ? shake($name, tls => $tls, sess_in => $file)->reused : 0;
            is $again, $reused, "$name, $tls: " . ($reused ? 'resumed by ticket' : 'not resumed');
            unlink $file;
        }
    }
};

subtest 'compression is off' => sub {
    like shake('default', tls => 'TLSv1.2', args => ['-comp'])->output, qr/^Compression: NONE/m, 'whatever the client offers';
};

subtest 'SSLOpenSSLConfCmd' => sub {
    is shake('default', groups => 'P-256:P-384')->group, 'prime256v1', 'commands of the main server';
    is shake('default', groups => 'P-384')->protocol, undef, 'leave out what they do not name';
    # the stock mod_ssl takes groups from the default host of the port, whatever the name
    for my $place ({ port => 'PORT2' }, is_tlsplus() ? {} : ()) {
        my $name = $place->{port} ? 'by its port' : 'by its name';
        is shake('groups', %$place, groups => 'X25519:P-384')->group, 'secp384r1', "Groups of a host, $name";
        is shake('groups', %$place, groups => 'X25519')->protocol, undef, "Groups of a host, $name: nothing else";
    }
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        my $answer = shake('sigalgs', tls => $tls, sigalgs => 'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384');
        like $answer->output, qr/^Peer signing digest: SHA384/m, "SignatureAlgorithms, $tls" or diag $answer->error;
    }
    is shake('ciphers', tls => 'TLSv1.2')->cipher, 'ECDHE-ECDSA-CHACHA20-POLY1305', 'CipherString';
    is shake('ciphers', tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-AES128-GCM-SHA256')->protocol, undef, 'and nothing else';
    my $without = shake('options', tls => 'TLSv1.2');
    is $without->protocol, 'TLSv1.2', 'Options: a handshake';
    unlike $without->output, qr/TLS session ticket:/, 'Options: ... without a ticket';
    my $by_command = $server->handshake(name => 'by-command.a.test', port => 'PORT3', sigalgs => 'rsa_pss_rsae_sha256');
    is $by_command->subject, 'CN = by command', 'Certificate and PrivateKey instead of SSLCertificateFile' or diag $by_command->error;
};

# RFC 5746: s_client's R asks for one. TLS 1.2 only; it does not exist in 1.3.
subtest 'renegotiation by the client' => sub {
    for my $name ('default', 'legacy') {
        my $mark = $server->mark;
        my $done = run([$server->client->s_client_command(name => "$name.a.test", tls => 'TLSv1.2')],
            stdin => "R\nGET / HTTP/1.1\nHost: $name.a.test\n\n", timeout => 20);
        ok !$done->{timed_out}, "$name: the server's refusal reaches the client";
        like $done->{out} . $done->{err}, qr/RENEGOTIATING/, "$name: the client asks";
        unlike $done->{out}, qr/^HTTP/m, "$name: and gets no further";
        serves $server, "$name: the server goes on", name => "$name.a.test";
    }
};

subtest 'secure renegotiation is offered' => sub {
    like shake($_, tls => 'TLSv1.2')->output, qr/^Secure Renegotiation IS supported/m, $_ for 'default', 'legacy';
};

ok $server->stop, 'stops cleanly';
done_testing;
