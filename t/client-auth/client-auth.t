# SPDX-License-Identifier: Apache-2.0
#
# Client certificates for a whole virtual host: who gets in, what is logged about who does not, which
# authorities a client is shown, revocation lists, and what configtest finds.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX qw(mkfifo);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
my $client = 'extendedKeyUsage=clientAuth';
$certs->leaf('server', san => [map { "$_.test" } qw(none optional require lenient leaf chain forgiving old folder)]);
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('good',     cn => 'good');
$certs->leaf('gone',     cn => 'gone');
$certs->leaf('expired',  cn => 'expired', expired => 1);
$certs->leaf('expired-ca', cn => 'expired authority', ca => 1, expired => 1);
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');
$certs->leaf('selfmade', cn => 'selfmade', self_signed => 1);
$certs->leaf('server-only', cn => 'server-only', extensions => ['extendedKeyUsage=serverAuth']);
$certs->leaf('deep',     cn => 'deep', intermediates => 1);
$certs->leaf('sub',      cn => 'sub authority', ca => 1);
$certs->leaf('below',    cn => 'below', by => 'sub', extensions => [$client]);
$certs->leaf('below-gone', cn => 'below-gone', by => 'sub');
$certs->crl('crl',     revoked => ['gone']);
$certs->crl('crl-sub', by => 'sub', revoked => ['below-gone']);
$certs->crl('crl-old', expired => 1);
$certs->write('crls.pem', $certs->read('crl.pem'), $certs->read('crl-sub.pem'));
mkdir $certs->dir . "/$_" for qw(hashed unhashed hashed-crls bare);
for my $folder (qw(hashed unhashed)) { $certs->write("$folder/root.crt", $certs->read('ca.crt')) }
$certs->write('hashed-crls/root.pem', $certs->read('crl.pem'));
run(['openssl', 'rehash', $certs->dir . "/$_"]) for qw(hashed hashed-crls);
$certs->write('no-ca.pem', "nothing here\n");
# looked into when a client comes, by the user httpd runs as
chmod 0755, map { $certs->dir . $_ } '', map { "/$_" } qw(hashed hashed-crls);
chmod 0644, glob $certs->dir . '/hashed*/*';

my $ca = 'SSLCACertificateFile @CERTS@/ca.crt';

sub host ($name, $more) {
    return tls_host("$name.test", pair('server'), '  Header always set X-Verify "expr=%{SSL_CLIENT_VERIFY}"',
        '  Header always set X-Name   "expr=%{SSL_CLIENT_S_DN_CN}"', $more);
}

sub with ($who) {
    return () if $who eq 'nobody';
    my $dir = $certs->dir;
    return (cert => -f "$dir/$who.chain" ? "$dir/$who.full" : "$dir/$who.crt", key => "$dir/$who.key");
}

my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf =>
      host('none',      $ca)
    . host('optional',  "$ca\nSSLVerifyClient optional")
    . host('require',   "$ca\nSSLVerifyClient require")
    . host('lenient',   "$ca\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5")
    . host('leaf',      "$ca\nSSLVerifyClient require\nSSLVerifyDepth 2\nSSLCARevocationCheck leaf\nSSLCARevocationFile \@CERTS\@/crl.pem")
    . host('chain',     "$ca\nSSLVerifyClient require\nSSLVerifyDepth 2\nSSLCARevocationCheck chain\nSSLCARevocationFile \@CERTS\@/crls.pem")
    . host('forgiving', "$ca\nSSLVerifyClient require\nSSLVerifyDepth 2\nSSLCARevocationCheck chain no_crl_for_cert_ok\nSSLCARevocationFile \@CERTS\@/crl.pem")
    . host('old',       "$ca\nSSLVerifyClient require\nSSLCARevocationCheck leaf\nSSLCARevocationFile \@CERTS\@/crl-old.pem")
    . host('folder',    "SSLCACertificatePath \@CERTS\@/hashed\nSSLVerifyClient require\nSSLCARevocationCheck leaf\nSSLCARevocationPath \@CERTS\@/hashed-crls\nSSLCADNRequestFile \@CERTS\@/elsewhere.crt"));

# host, client, and who is seen ("SUCCESS good"), or the alert of TLS 1.3 and a part of what is logged
my @CASES = (
    [qw(none good)            => 'NONE'],
    [qw(optional nobody)      => 'NONE'],
    [qw(optional good)        => 'SUCCESS good'],
    [qw(optional stranger)    => 'unknown ca', qr/unable to get local issuer certificate; certificate "CN=stranger" at depth 0.*looked for: "CN=TLSplus test root elsewhere"/],
    [qw(require good)         => 'SUCCESS good'],
    [qw(require nobody)       => 'certificate required', qr/TP0731: .*vhost require\.test/],
    [qw(require expired)      => 'certificate expired',  qr/certificate has expired; certificate "CN=expired" at depth 0/],
    [qw(require server-only)  => 'unsupported certificate', qr/"CN=server-only" at depth 0/],
    [qw(require selfmade)     => 'unknown ca', qr/self-signed certificate; certificate "CN=selfmade"/],
    [qw(require deep)         => 'unknown ca', qr/at depth 2, SSLVerifyDepth allows 1; certificate "CN=TLSplus test root ca"/],
    [qw(lenient nobody)       => 'NONE'],
    [qw(lenient good)         => 'SUCCESS good'],
    [qw(lenient deep)         => 'SUCCESS deep'],
    [qw(lenient stranger)     => 'lenient stranger'],
    [qw(lenient selfmade)     => 'lenient selfmade'],
    [qw(lenient expired)      => 'certificate expired', qr/certificate has expired/],
    [qw(leaf good)            => 'SUCCESS good'],
    [qw(leaf gone)            => 'certificate revoked', qr/certificate revoked; certificate "CN=gone" at depth 0/],
    [qw(leaf below)           => 'unknown ca', qr/unable to get certificate CRL; certificate "CN=below" at depth 0/],
    [qw(chain below)          => 'SUCCESS below'],
    [qw(chain below-gone)     => 'certificate revoked', qr/certificate "CN=below-gone" at depth 0/],
    [qw(chain gone)           => 'certificate revoked', qr/certificate "CN=gone"/],
    [qw(forgiving below)      => 'SUCCESS below'],
    [qw(forgiving gone)       => 'certificate revoked', qr/certificate "CN=gone"/],
    [qw(old good)             => 'certificate unknown', qr/the revocation list of its issuer has expired/],
    [qw(folder good)          => 'SUCCESS good'],
    [qw(folder gone)          => 'certificate revoked', qr/certificate "CN=gone"/],
);

for my $case (@CASES) {
    my ($host, $who, $expected, $logged) = @$case;
    for my $tls (qw(1.2 1.3)) {
        my $what = "$host, $who, TLS $tls";
        my $mark = $server->mark;
        my $answer = $server->get('/', name => "$host.test", tls => $tls, with($who));
        if ($logged) {
            ok !$answer->status, "$what: no answer";
            logs($server, $logged, "$what: says why", mark => $mark);
            my @lines = $server->log_lines(qr/TP\d{4}/, $mark);
            is scalar @lines, 1, "$what: in one line" or diag @lines;
            my $alert = $expected eq 'certificate required' && $tls eq '1.2' ? 'handshake failure' : $expected;
            like $lines[0] // '', qr/alert sent: \Q$alert\E/i, "$what: the right alert";
            next;
        }
        is $answer->status, 200, "$what: served" or diag $answer->error;
        my $seen = join ' ', grep { length } map { $answer->header($_) // '' } qw(x-verify x-name);
        $seen =~ s/^(?:GENEROUS|FAILED:.*certificate) /lenient /;
        $seen =~ s/^\(null\)$/NONE/;
        is $seen, $expected, "$what: what applications see";
    }
}

for my $case (['require', 'ca'], ['folder', 'elsewhere']) {
    my ($host, $shown) = @$case;
    my $output = $server->handshake(name => "$host.test", tls => 'TLSv1.2')->output;
    my ($names) = $output =~ /^Acceptable client certificate CA names\n((?:CN ?= ?.*\n)*)/m;
    is $names =~ s/ ?= ?/=/gr, "CN=TLSplus test root $shown\n", "$host: the authorities a client is shown";
}
like $server->handshake(name => 'none.test')->output, qr/^No client certificate CA names sent$/m, 'none: nothing is asked';
like $server->configtest(define => ['DUMP_TLS'])->{text}, qr/SSLVerifyClient +require +\S+test\.conf:\d+.*SSLCARevocationCheck +leaf/s,
    'DUMP_TLS shows how clients are verified';
ok $server->stop, 'stops cleanly';

# What configtest says: [lines, fatal, what]
my @FINDINGS = (
    ["SSLVerifyClient require" => 0, qr/TP0714: .*SSLVerifyClient at \S+test\.conf:8 /, 'no authority'],
    ["<Location /a>\nSSLVerifyClient optional_no_ca\n</Location>\n<Location /b>\nSSLVerifyClient require\n</Location>" => 0,
        qr/TP0714: .*SSLVerifyClient at \S+test\.conf:12 /, 'no authority for a place'],
    ["<Location /a>\nSSLVerifyClient require\n</Location>\nSSLCACertificateFile \@CERTS\@/ca.crt" => 0, qr/\A(?!.*TP0714)/s, 'one for a place'],
    ["SSLOpenSSLConfCmd VerifyMode Require" => 0, qr/TP0714: .*SSLOpenSSLConfCmd at \S+test\.conf:8 /, 'no authority for a command'],
    ["SSLOpenSSLConfCmd VerifyMode Require\nSSLOpenSSLConfCmd VerifyCAFile \@CERTS\@/ca.crt" => 0, undef, 'one by a command'],
    ["SSLOpenSSLConfCmd VerifyCAStore file:\@CERTS\@/pipe" => 1, qr/TP0309: .*pipe" is a named pipe/, 'a pipe for authorities'],
    ["SSLVerifyClient optional_no_ca" => 0, undef, 'no authority where none is needed'],
    ["SSLCACertificateFile \@CERTS\@/server.key" => 1, qr/TP0703: .*SSLCACertificateFile at \S+test\.conf:8 .*server\.key/, 'a file without a certificate'],
    ["SSLCACertificateFile \@CERTS\@/no-ca.pem" => 1, qr/TP0704: .*no-ca\.pem/, 'a file of something else'],
    ["SSLVerifyClient require\nSSLCACertificateFile \@CERTS\@/expired-ca.crt" => 0, qr/TP0706: .*"CN=expired authority"/, 'an authority that has expired'],
    ["SSLCACertificateFile \@CERTS\@/expired-ca.crt" => 0, undef, 'an expired authority where no client is asked'],
    ["SSLCACertificateFile \@CERTS\@/expired.crt" => 0, qr/TP0719: .*"CN=expired"/, 'a certificate that is no authority'],
    ["SSLCACertificatePath \@CERTS\@/bare" => 1, qr/TP0703: .*SSLCACertificatePath/, 'an empty folder'],
    ["SSLCACertificatePath \@CERTS\@/unhashed" => 0, qr/TP0705: /, 'a folder without links'],
    ["$ca\nSSLCARevocationCheck leaf" => 1, qr/TP0712: .*test\.conf:9 /, 'a look-up in no list'],
    ["$ca\nSSLCARevocationFile \@CERTS\@/crl.pem" => 0, qr/TP0713: /, 'a list that is not used'],
    ["$ca\nSSLCARevocationCheck leaf\nSSLCARevocationFile \@CERTS\@/ca.crt" => 1, qr/TP0709: |TP0708: /, 'a list that is none'],
    ["$ca\nSSLCARevocationCheck leaf\nSSLCARevocationFile \@CERTS\@/crl-old.pem" => 0, qr/TP0711: .*test root ca/, 'a list that has expired'],
    ["$ca\nSSLCARevocationCheck leaf\nSSLCARevocationPath \@CERTS\@/bare" => 0, qr/TP0710: /, 'a folder of lists without links'],
    ["SSLCADNRequestFile \@CERTS\@/ca.crt" => 0, qr/TP0715: /, 'names without authorities'],
    ["$ca\nSSLCADNRequestFile \@CERTS\@/no-ca.pem" => 1, qr/TP0704: .*SSLCADNRequestFile/, 'names that are none'],
);
mkfifo($certs->dir . '/pipe', 0600) or die "mkfifo: $!\n";
for my $row (@FINDINGS) {
    my ($lines, $fatal, $pattern, $what) = @$row;
    my $trial = TLSplus::Server->new(certs => $certs, modules => ['headers'], conf => host('require', $lines));
    finds_nothing($trial, "configtest, $what: nothing said", qr/TP07\d\d: /), next if !$pattern;
    my $found = $trial->configtest;
    is !!$found->{exit}, !!$fatal, "configtest, $what: " . ($fatal ? 'refused' : 'accepted') or diag $found->{text};
    like $found->{text}, $pattern, "configtest, $what: said";
}
done_testing;
