# SPDX-License-Identifier: Apache-2.0
#
# What responders say about clients' certificates, decision by decision, held against the stock mod_ssl: kinds of
# answers, honest and not, settings, chains, modes. Who is served, and with which alert the others are sent away, must
# be the same. Where it is not, the last column says why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_module);
use TLSplus::Host;
use TLSplus::Responder;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('elsewhere');
my $signs = 'extendedKeyUsage=OCSPSigning';
$certs->leaf('client',   cn => 'client');
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');
$certs->leaf('sub',      cn => 'sub authority', ca => 1);
$certs->leaf('below',    cn => 'below', by => 'sub');
$certs->leaf('delegate', cn => 'delegate', extensions => [$signs]);
$certs->leaf('delegate-expired', cn => 'delegate expired', extensions => [$signs], expired => 1);
$certs->leaf('delegate-of-sub', cn => 'delegate of sub', extensions => [$signs], by => 'sub');
$certs->leaf('no-delegate', cn => 'no delegate');
$certs->leaf('alien',    cn => 'alien', issuer => 'elsewhere', extensions => [$signs]);
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->leaf("aia-$_", cn => "aia $_", extensions => ["authorityInfoAccess=OCSP;URI:" . $responder->url($_)]) for qw(good revoked);
$certs->leaf('aia-ldap', cn => 'aia ldap', extensions => ['authorityInfoAccess=OCSP;URI:ldap://127.0.0.1/']);
my $down = do { my $gone = TLSplus::Responder->start(certs => $certs); my $url = $gone->url('x'); $gone->stop; $url };

my $ON = 'SSLOCSPEnable on';
# name, client, what the responder does, settings beside SSLOCSPDefaultResponder, and where ours differs: [stock, ours, why]
my @CASES = (
    ['good',            'client', {}, $ON],
    ['revoked',         'client', { status => 'revoked' }, $ON],
    ['revoked-reason',  'client', { status => 'revoked', reason => 1 }, $ON],
    ['unknown',         'client', { status => 'unknown' }, $ON],
    ['off',             'client', { status => 'revoked' }, 'SSLOCSPEnable off'],
    ['by-key',          'client', { by => 'key' }, $ON],
    ['without-cert',    'client', { with_cert => 0 }, $ON],
    # replies that are no answers
    (map { [$_, 'client', { reply => $_ }, $ON] } qw(malformed internal trylater sigrequired unauthorized)),
    (map { ["http-$_", 'client', { http => $_ }, $ON] } qw(close html 404 redirect empty garbage hang_body)),
    ['http-hang',       'client', { http => 'hang' }, "$ON\nSSLOCSPResponderTimeout 1"],
    ['http-huge',       'client', { http => 'huge' }, $ON],
    ['http-404_answer', 'client', { http => '404_answer' }, $ON],
    ['wrong-type',      'client', { http => 'wrong_type' }, $ON],
    # whose answer, and of what
    ['delegate',        'client', { signer => 'delegate' }, $ON],
    ['delegate-key',    'client', { signer => 'delegate', by => 'key' }, $ON],
    ['delegate-apart',  'client', { signer => 'delegate', with_cert => 0 }, $ON],
    ['delegate-old',    'client', { signer => 'delegate-expired' }, $ON],
    ['delegate-of-sub', 'client', { signer => 'delegate-of-sub' }, $ON],
    ['no-delegate',     'client', { signer => 'no-delegate' }, $ON],
    ['itself',          'client', { signer => 'client' }, $ON],
    ['alien',           'client', { signer => 'alien' }, $ON],
    ['other-authority', 'client', { signer => 'elsewhere' }, $ON],
    ['bad-signature',   'client', { signature => 'wrong' }, $ON],
    ['wrong-serial',    'client', { serial => 'wrong' }, $ON],
    ['no-verify',       'client', { signer => 'alien' }, "$ON\nSSLOCSPNoVerify on"],
    ['no-verify-bad',   'client', { signer => 'alien', signature => 'wrong' }, "$ON\nSSLOCSPNoVerify on"],
    ['no-verify-revoked', 'client', { signer => 'alien', status => 'revoked' }, "$ON\nSSLOCSPNoVerify on"],
    ['pinned',          'client', { signer => 'alien' }, "$ON\nSSLOCSPResponderCertificateFile \@CERTS\@/alien.crt"],
    ['pinned-apart',    'client', { signer => 'alien', with_cert => 0 }, "$ON\nSSLOCSPResponderCertificateFile \@CERTS\@/alien.crt"],
    ['pinned-other',    'client', { signer => 'alien' }, "$ON\nSSLOCSPResponderCertificateFile \@CERTS\@/delegate.crt"],
    # when
    ['no-next',         'client', { next => 'none' }, $ON],
    ['expired',         'client', { this => -7200, next => -3600 }, $ON],
    ['just-expired',    'client', { this => -7200, next => -100 }, $ON],
    ['just-expired-strict', 'client', { this => -7200, next => -100 }, "$ON\nSSLOCSPResponseTimeSkew 10"],
    ['early',           'client', { this => 3600, next => 7200 }, $ON],
    ['a-bit-early',     'client', { this => 100, next => 7200 }, $ON],
    ['too-old',         'client', { this => -7200 }, "$ON\nSSLOCSPResponseMaxAge 3600"],
    ['old-enough',      'client', { this => -1800 }, "$ON\nSSLOCSPResponseMaxAge 3600"],
    # nonces
    ['nonce-none',      'client', { nonce => 'none' }, $ON],
    ['nonce-wrong',     'client', { nonce => 'wrong' }, $ON],
    ['nonce-off',       'client', { nonce => 'none' }, "$ON\nSSLOCSPUseRequestNonce off"],
    # whom to ask
    ['aia-good',        'aia-good', { status => 'revoked' }, $ON],
    ['aia-revoked',     'aia-revoked', {}, $ON],
    ['overridden',      'aia-revoked', {}, "$ON\nSSLOCSPOverrideResponder on"],
    ['aia-ldap',        'aia-ldap', {}, $ON],
    ['aia-ldap-fine',   'aia-ldap', {}, "$ON no_ocsp_for_cert_ok"],
    ['nobody',          'client', undef, $ON],
    ['nobody-fine',     'client', undef, "$ON no_ocsp_for_cert_ok"],
    ['override-nobody', 'aia-good', undef, "$ON\nSSLOCSPOverrideResponder on"],
    ['fine-but-revoked', 'client', { status => 'revoked' }, "$ON no_ocsp_for_cert_ok"],
    ['fine-but-down',   'client', $down, "$ON no_ocsp_for_cert_ok"],
    ['down',            'client', $down, $ON],
    ['no-url',          'client', 'nonsense', $ON],
    # chains
    ['chain',           'below', { signer => 'ca' }, $ON],
    ['leaf',            'below', { signer => 'sub' }, 'SSLOCSPEnable leaf'],
    ['leaf-revoked',    'below', { signer => 'sub', status => 'revoked' }, 'SSLOCSPEnable leaf'],
    # modes
    ['optional',        'client', { status => 'revoked' }, $ON, 'optional'],
    ['lenient-known',   'client', {}, $ON, 'optional_no_ca'],
    ['lenient-unknown', 'stranger', {}, $ON, 'optional_no_ca'],
    ['lenient-off',     'stranger', {}, 'SSLOCSPEnable off', 'optional_no_ca'],
    ['nobody-shows',    undef, { status => 'revoked' }, $ON, 'optional'],
);

# "name" => [mod_ssl's decision, ours, why]
my %ON_PURPOSE = (
    'without-cert' => ['handshake failure', 200, 'the issuer is known, and need not come along (RFC 6960 4.2.1)'],
    'no-verify-bad' => [200, 'handshake failure', 'whoever may sign has to have signed'],
    'wrong-type'   => [200, 'handshake failure', 'what is not said to be an answer is none (RFC 6960 A.2)'],
);

$certs->leaf('server', san => [map { "$_->[0].test" =~ s/_/-/gr } @CASES]);
my $conf = "<IfDirective TLSPlusOCSPPrivateResponders>\n  TLSPlusOCSPPrivateResponders on\n</IfDirective>\n";
for my $case (@CASES) {
    my ($name, $who, $does, $settings, $mode) = @$case;
    my $url = ref $does ? $responder->answers($name, %$does) : $does;
    $conf .= tls_host("$name.test" =~ s/_/-/gr, pair('server'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyDepth 3',
        '  SSLVerifyClient ' . ($mode // 'require'), (map { "  $_" } split /\n/, $settings),
        defined $url ? "  SSLOCSPDefaultResponder $url" : ());
}
$responder->answers('good');
$responder->answers('revoked', status => 'revoked');
my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf);

sub with ($who) {
    return () if !defined $who;
    my $dir = $certs->dir;
    return (cert => -f "$dir/$who.chain" ? "$dir/$who.full" : "$dir/$who.crt", key => "$dir/$who.key");
}

sub decision ($server, $name, $who, $tls) {
    my $answer = $server->get('/', name => "$name.test" =~ s/_/-/gr, tls => $tls, with($who));
    return $answer->status ? $answer->status : ($answer->error // '') =~ /alert ([a-z ]+?)(?:,|$)/ ? $1 : 'closed: ' . ($answer->error // '');
}

my $combinations = 0;
for my $case (@CASES) {
    my ($name, $who) = @$case;
    for my $tls ($name =~ /^(?:good|revoked|unknown|nobody|down|expired)$/ ? qw(1.2 1.3) : '1.3') {
        my ($theirs, $mine) = map { decision($_, $name, $who, $tls) } $twins->stock, $twins->ours;
        $combinations++;
        if (my $row = $ON_PURPOSE{$name}) {
            is "$theirs, $mine", "$row->[0], $row->[1]", "$name, TLS $tls: $theirs, here $mine, as $row->[2]";
        }
        else { is $mine, $theirs, "$name, TLS $tls: $theirs" or diag $twins->ours->log_lines(qr/TP09.*\(vhost \Q$name\E\./) }
    }
}
cmp_ok $combinations, '>=', 60, 'enough was compared';
ok $twins->stop, 'both stop cleanly';
done_testing;
