# SPDX-License-Identifier: Apache-2.0
#
# A client that looks at staples, and insists on one where the certificate promises it: gnutls-cli. RSA and ECDSA, TLS
# 1.2 and 1.3, signed by the issuer and by its delegate; without a staple, and with one that says revoked, it goes away.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program needs_tlsplus);
use TLSplus::Host;
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'no gnutls-cli (Debian: gnutls-bin)' unless find_program('gnutls-cli');

my $certs     = TLSplus::Certs->new;
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->ca;
my @ways = qw(direct delegated revoked);
my %manner = (direct => {}, delegated => { signer => 'delegate' }, revoked => { status => 'revoked' });
$certs->leaf('delegate', cn => 'delegate', extensions => ['extendedKeyUsage=OCSPSigning', 'noCheck=ignored']);
$responder->answers($_, %{ $manner{$_} }) for @ways;
for my $kind ('ec', 'rsa') {
    $certs->leaf($kind, san => ['off.test', map { "$_.test" } @ways], ($kind eq 'rsa' ? (key => 'rsa') : ()), extensions => ['tlsfeature=status_request']);
    $certs->write("$kind.rooted", $certs->read("$kind.crt"), $certs->read("$kind.root"));
}

my $conf = join '', map {
    tls_host("$_.test", pair('rsa', 'rooted'), pair('ec', 'rooted'), $_ eq 'off' ? () : ('  SSLUseStapling on', '  SSLStaplingForceURL ' . $responder->url($_)))
} @ways, 'off';
my $server = TLSplus::Server->start(certs => $certs, conf => $conf);

my %SIGNS = (ec => '+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256', rsa => '+SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256');
my %OPENSSL = (ec => 'ECDSA+SHA256', rsa => 'RSA-PSS+SHA256');

sub opinion ($kind, $version, $name) {
    my $seen = $server->client->gnutls(name => $name, priority => "NORMAL:-VERS-ALL:+VERS-TLS$version:-SIGN-ALL:$SIGNS{$kind}");
    my $output = $seen->output;
    return 'not such a certificate' if $output !~ ($kind eq 'ec' ? qr/key .*EC/i : qr/RSA key/);
    return 'content' if $output =~ /The certificate is trusted/ && $output =~ /Handshake was completed/;
    return 'revoked' if $output =~ /certificate chain is revoked|certificate was revoked/i;
    return 'missing' if $output =~ /status (?:response )?is (?:missing|required)|requires the server to include an (?:OCSP )?status/i;
    return $output;
}

for my $way (@ways) {
    my $word = $way eq 'revoked' ? 'revoked' : 'good';
    for my $kind ('ec', 'rsa') {
        ok comes_to_staple($server, $word, name => "$way.test", sigalgs => $OPENSSL{$kind}), "$way, $kind: there is a staple";
        for my $version ('1.2', '1.3') {
            is opinion($kind, $version, "$way.test"), $way eq 'revoked' ? 'revoked' : 'content', "$way, $kind, TLS $version";
        }
    }
}
for my $kind ('ec', 'rsa') {
    is opinion($kind, $_, 'off.test'), 'missing', "$kind, TLS $_: without the staple that is promised it goes away" for '1.2', '1.3';
}
ok $server->stop, 'stops cleanly';
$responder->stop;
done_testing;
