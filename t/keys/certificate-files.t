# SPDX-License-Identifier: Apache-2.0
#
# The forms in which a certificate, its chain and its key may be given: in one file or three, in any
# encoding people have them in, for one certificate or several side by side, own or inherited.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->ca;
$certs->leaf('ec',   san => ['a.test'], intermediates => 2);
$certs->leaf('rsa',  san => ['a.test'], intermediates => 2, key => 'rsa');
$certs->leaf('ed',   san => ['a.test'], intermediates => 2, key => 'ed25519');
$certs->leaf('main', san => ['main.test']);
$certs->leaf('p384', san => ['a.test'], key => 'p384', intermediates => 1);
my ($leaf, $key, $chain) = map { $certs->read("ec.$_") } qw(crt key chain);
my @chain = $chain =~ /(-----BEGIN.*?-----END[^\n]*\n)/sg;
$certs->write('keyfirst.pem',  $key, $leaf, $chain);
$certs->write('commented.pem', "Bag Attributes\n  localKeyID: 01\nsubject=CN = a.test\n", $leaf, "some text\n", $chain);
$certs->write('crlf.pem',      ($leaf . $chain) =~ s/\n/\r\n/gr);
$certs->write('crlf.key',      $key =~ s/\n/\r\n/gr);
$certs->write('bom.pem',       "\xef\xbb\xbf", $leaf, $chain);
$certs->write('swapped.pem',   $leaf, reverse @chain);
$certs->write('rooted.pem',    $leaf, $chain, $certs->read('ec.root'));
$certs->write('with-ca.chain', $leaf, $chain);
$certs->write('nonewline.pem', ($leaf . $chain) =~ s/\n\z//r);

sub openssl (@arguments) {
    my $done = run(['openssl', @arguments]);
    die "openssl @arguments: $done->{err}" if $done->{exit};
}
openssl('ec', '-in', "$dir/ec.key", '-out', "$dir/sec1.key");
openssl('rsa', '-in', "$dir/rsa.key", '-traditional', '-out', "$dir/pkcs1.key");
openssl('rsa', '-in', "$dir/rsa.key", '-traditional', '-outform', 'DER', '-out', "$dir/pkcs1.der");
openssl('pkcs12', '-export', '-in', "$dir/ec.full", '-inkey', "$dir/ec.key", '-passout', 'pass:', '-out', "$dir/ec.p12");

# A server with one TLS host of these lines, asked for what it sends.
sub try_forms ($what, $lines, %expect) {
    subtest $what => sub {
        my $server = TLSplus::Server->new(certs => $certs, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
$lines
</VirtualHost>
CONF
        ok $server->begin, 'starts' or return diag $server->said;
        my $answer = $server->handshake(name => 'a.test', %{ $expect{client} // {} });
        is $answer->verify, $expect{verify} // 0, 'the client can verify it' or diag $answer->output;
        is $answer->chain_length, $expect{sent} // 3, 'certificates sent';
        serves $server, 'and is served', name => 'a.test', insecure => 1;
        ok $server->stop, 'stops cleanly';
    };
}

sub crt ($file) { "SSLCertificateFile \@CERTS\@/$file\n" }
sub key ($file) { "SSLCertificateKeyFile \@CERTS\@/$file\n" }
sub chain ($file) { "SSLCertificateChainFile \@CERTS\@/$file\n" }

try_forms 'leaf and chain in one file, key apart', crt('ec.full') . key('ec.key');
try_forms 'leaf, chain and key in one file',       crt('ec.all');
try_forms 'the key before the certificates',       crt('keyfirst.pem');
try_forms 'the one file named twice',              crt('ec.all') . key('ec.all');
try_forms 'three files',                           crt('ec.crt') . key('ec.key') . chain('ec.chain');
try_forms 'a chain file that begins with the leaf named as certificate file too',
  crt('with-ca.chain') . key('ec.key') . chain('with-ca.chain');
try_forms 'the chain file replaces the chain inside', crt('ec.full') . key('ec.key') . chain('ec.chain');
try_forms 'text between the blocks',               crt('commented.pem') . key('ec.key');
try_forms 'no line end at the end',                crt('nonewline.pem') . key('ec.key');
try_forms 'Windows line ends',                     crt('crlf.pem') . key('crlf.key');
try_forms 'a SEC1 key',                            crt('ec.full') . key('sec1.key');
try_forms 'a PKCS#1 key',                          crt('rsa.full') . key('pkcs1.key');
try_forms 'P-384',                                 crt('p384.full') . key('p384.key'), sent => 2;
try_forms 'leaf alone, its issuer missing',        crt('ec.crt') . key('ec.key'), sent => 1, verify => 21;

SKIP: {
    skip 'the stock mod_ssl reads PEM alone, and sends what the file has', 8 unless is_tlsplus();
    try_forms 'DER certificate and key',       crt('ec.crt.der') . key('ec.key.der') . chain('ec.chain');
    try_forms 'DER certificate, PEM key',      crt('ec.crt.der') . key('ec.key') . chain('ec.chain');
    try_forms 'PEM certificate, DER key',      crt('ec.full') . key('ec.key.der');
    try_forms 'a PKCS#1 key in DER',           crt('rsa.full') . key('pkcs1.der');
    try_forms 'PKCS#12 without pass phrase',   crt('ec.p12');
    try_forms 'a byte order mark',             crt('bom.pem') . key('ec.key');
    try_forms 'a chain in the wrong order is sent in the right one', crt('swapped.pem') . key('ec.key');
    try_forms 'the root in the file is not sent', crt('rooted.pem') . key('ec.key');
}

# n-th certificate with n-th key; those with their key inside come last.
for my $form (
    ['each with its key file', crt('ec.full') . key('ec.key') . crt('rsa.full') . key('rsa.key') . crt('ed.full') . key('ed.key')],
    ['certificates first',     crt('rsa.full') . crt('ec.full') . crt('ed.full') . key('rsa.key') . key('ec.key') . key('ed.key')],
    ['keys inside',            crt('ed.all') . crt('rsa.all') . crt('ec.all')],
    ['one key apart, two inside', crt('ec.full') . key('ec.key') . crt('rsa.all') . crt('ed.all')],
    ['a chain file for all',   crt('ec.crt') . key('ec.key') . crt('rsa.crt') . key('rsa.key') . crt('ed.crt') . key('ed.key') . chain('ec.chain')],
) {
    my ($what, $lines) = @$form;
    subtest "three kinds of key: $what" => sub {
        my $server = TLSplus::Server->start(certs => $certs,
            conf => "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine on\n$lines</VirtualHost>\n");
        my %signature = (ecdsa_secp256r1_sha256 => 'ECDSA', rsa_pss_rsae_sha256 => 'RSA-PSS', ed25519 => 'ed25519');
        for my $sigalg (sort keys %signature) {
            my $answer = $server->handshake(name => 'a.test', tls => 'TLSv1.3', sigalgs => $sigalg);
            is $answer->signature, $signature{$sigalg}, $sigalg or diag $answer->error;
            is $answer->chain_length, 3, "$sigalg: with its chain";
        }
        ok $server->stop, 'stops cleanly';
    };
}

# doc/directives/SSLCertificateFile.md: entry i of the host replaces entry i of the main server, further ones are kept.
subtest 'certificates of the main server' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF' . tls_host('main.test', pair('main')));
SSLCertificateFile    @CERTS@/ec.full
SSLCertificateKeyFile @CERTS@/ec.key
SSLCertificateFile    @CERTS@/rsa.full
SSLCertificateKeyFile @CERTS@/rsa.key
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
</VirtualHost>
CONF
    my %ec  = (tls => 'TLSv1.3', sigalgs => 'ecdsa_secp256r1_sha256');
    my %rsa = (tls => 'TLSv1.3', sigalgs => 'rsa_pss_rsae_sha256');
    is $server->handshake(name => 'a.test', %ec)->subject,     'CN = a.test',    'inherited, first';
    is $server->handshake(name => 'a.test', %rsa)->signature,  'RSA-PSS',        'inherited, second';
    is $server->handshake(name => 'main.test', %ec)->subject,  'CN = main.test', 'the first replaced';
    is $server->handshake(name => 'main.test', %rsa)->subject, 'CN = a.test',    'the second kept';
    ok $server->stop, 'stops cleanly';
};

# Files that were read before are looked at where they are used, not once more at their lines: what has
# become of them is told all the same, of all of them, with the line.
subtest 'files that go away before a graceful restart' => sub {
    my @names = qw(gone empty folder);
    $certs->leaf($_, san => ["$_.test"]) for @names;
    my $hosts  = join '', map { tls_host("$_.test", pair($_)) } @names;
    # A host with a log of its own: what stops the server is in the server's all the same.
    $hosts =~ s/folder\.key\n\K/  ErrorLog logs\/folder.log\n/;
    my $server = TLSplus::Server->start(certs => $certs, conf => "TLSPlusKeepLastCertificate off\n$hosts");
    ok $server->graceful, 'a graceful restart while they are there';
    unlink map { "$dir/$_.key" } qw(gone folder);
    $certs->write('empty.key', '');
    mkdir "$dir/folder.key";
    ok $server->refuses_graceful, 'the next one is refused';
    my %id = (gone => 'TP0201', empty => 'TP0204', folder => 'TP0203');
    for my $at (0 .. $#names) {
        my $line = 6 * $at + 6;
        like $server->log, qr/\b$id{ $names[$at] }: .*SSLCertificateKeyFile at \S+:$line .*$names[$at]\.key/m, "$names[$at]: told";
    }
    rmdir "$dir/folder.key";
};

done_testing;
