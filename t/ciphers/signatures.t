# SPDX-License-Identifier: Apache-2.0
#
# SSLOpenSSLConfCmd SignatureAlgorithms against the host's key: where no client of a version can be served configtest
# says so, with what to write, and nowhere else.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

# key, list, further lines => versions that cannot be served
my @CASES = (
    ['rsa',     'RSA+SHA256',                              '',                                    'TLSv1.3'],
    ['rsa',     'RSA+SHA256:RSA+SHA384:ECDSA+SHA256',      '',                                    'TLSv1.3'],
    ['rsa',     'rsa_pkcs1_sha256:rsa_pss_rsae_sha256',    '',                                    ''],
    ['rsa',     'RSA-PSS+SHA256',                          '',                                    ''],
    ['rsa',     'PSS+SHA384:ECDSA+SHA256',                 '',                                    ''],
    ['rsa',     'ECDSA+SHA256',                            'SSLCipherSuite ECDHE',                'TLSv1.2 TLSv1.3'],
    ['rsa',     'ECDSA+SHA256',                            'SSLCipherSuite kRSA:ECDHE',           'TLSv1.2 TLSv1.3'],
    ['rsa',     'RSA+SHA256',                              'SSLProtocol TLSv1.2',                 ''],
    ['rsa',     'RSA+SHA256',                              'SSLOpenSSLConfCmd MaxProtocol TLSv1.2', ''],
    ['rsa',     'RSA+SHA256',                              'SSLOpenSSLConfCmd SignatureAlgorithms RSA+SHA256:PSS+SHA256', ''],
    ['ec',      'ECDSA+SHA256',                            '',                                    ''],
    ['ec',      'ECDSA+SHA384',                            '',                                    'TLSv1.3'],
    ['ec',      'ecdsa_secp384r1_sha384',                  '',                                    'TLSv1.3'],
    ['ec',      'ecdsa_secp256r1_sha256:ed25519',          '',                                    ''],
    ['ec',      'RSA+SHA256:RSA-PSS+SHA256',               '',                                    'TLSv1.2 TLSv1.3'],
    ['p384',    'ECDSA+SHA384',                            '',                                    ''],
    ['p384',    'ECDSA+SHA256',                            '',                                    'TLSv1.3'],
    ['ed25519', 'ed25519:ECDSA+SHA256',                    '',                                    ''],
    ['ed25519', 'ECDSA+SHA256',                            '',                                    'TLSv1.2 TLSv1.3'],
);

my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ['*.test'], key => $_) for qw(rsa ec p384 ed25519);

sub host ($at, $case) {
    my ($key, $list, $more) = @$case;
    return tls_host("h$at.test", pair($key), "  SSLOpenSSLConfCmd SignatureAlgorithms $list", "  $more");
}

# The same mistake of many hosts is told for some of them: each is asked about alone.
sub told ($case) { TLSplus::Server->new(certs => $certs, conf => host(0, $case))->configtest->{text} }

my $server = TLSplus::Server->start(certs => $certs, conf => join '', map { host($_, $CASES[$_]) } 0 .. $#CASES);
for my $at (0 .. $#CASES) {
    my ($key, $list, $more, $unserved) = @{ $CASES[$at] };
    my $what = join ', ', grep { length } $key, $list, $more;
    my @versions = ('TLSv1.2', $more =~ /TLSv1\.2/ ? () : 'TLSv1.3');
    my @failed = grep { !$server->handshake(name => "h$at.test", tls => $_)->ok } @versions;
    is "@failed", $unserved, "$what: not served: " . ($unserved || 'nobody');
    my $text = told([$key, $list, $more]);
    if (!$unserved) {
        unlike $text, qr/TP0339/, '... and configtest has nothing to say';
        next;
    }
    my $versions = $unserved =~ s/ /, /r;
    like $text, qr/TP0339: [^\n]*\): \Q$versions\E: "\Q$list\E"; configured: /, '... as configtest says';
    my ($mended) = $text =~ /TP0339: .* Fix: write: SSLOpenSSLConfCmd SignatureAlgorithms (\S+)$/m;
    my $again = told([$key, $mended // 'nothing', $more]);
    ok $again =~ /Syntax OK/ && $again !~ /TP0339/, '... and no more when that is written' or diag $again;
}
ok $server->stop, 'stops cleanly';
done_testing;
