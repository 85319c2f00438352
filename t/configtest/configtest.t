# SPDX-License-Identifier: Apache-2.0
#
# configtest tells the truth: a configuration that would not start fails it, with the id of the
# message, the directive and the line that must change; what only deserves a warning gets one, passes
# and starts. Each row below is one configuration; the line to be named is marked with "!".
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(library_compresses needs_tlsplus openssl_is_at_least run_as);
use TLSplus::Process qw(run slurp spew);
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Token qw(has_engine);

needs_tlsplus();

# ---- files the rows name ----

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->ca;
$certs->leaf('a',      san => ['a.test'], intermediates => 2);
$certs->leaf('direct', san => ['a.test'], dh => 1024);
$certs->leaf('other',  san => ['a.test']);
$certs->leaf('rsa',    san => ['a.test'], key => 'rsa');
$certs->leaf('small',  san => ['a.test'], key => 'rsa1024');
$certs->leaf('sha1',   san => ['a.test'], md => 'sha1');
$certs->leaf('locked', san => ['a.test'], password => 'opensesame');
$certs->leaf('old',    san => ['a.test'], expired => 1);
$certs->leaf('early',  san => ['a.test'], future  => 1);
$certs->leaf('soon',   san => ['a.test'], start   => -56);
$certs->leaf('client', san => ['a.test'], extensions => ['extendedKeyUsage=clientAuth']);
$certs->leaf('isca',   san => ['a.test'], ca => 1);
$certs->leaf('b',      san => ['b.test']);
$certs->leaf('unnamed', cn => 'a.test');
$certs->leaf('ed',      san => ['a.test'], key => 'ed25519');
$certs->leaf('mid',    cn  => 'expired intermediate', ca => 1, expired => 1);
$certs->leaf('below',  san => ['a.test'], by => 'mid');
$certs->leaf('weak',   cn  => 'intermediate over SHA-1', ca => 1, md => 'sha1');
$certs->leaf('beneath', san => ['a.test'], by => 'weak');

my ($leaf, $key) = map { $certs->read("direct.$_") } qw(crt key);
my @chain = $certs->read('a.chain') =~ /(-----BEGIN.*?-----END[^\n]*\n)/sg;
$certs->write('text.crt',      "this is no certificate\n");
$certs->write('empty.crt',     '');
$certs->write('binary.crt',    join '', map { chr($_ * 7 % 256) } 1 .. 500);
$certs->write('cut.crt',       substr $leaf, 0, length($leaf) - 60);
$certs->write('garbled.crt',   "-----BEGIN CERTIFICATE-----\nAAECAwQFBgcICQ==\n-----END CERTIFICATE-----\n");
$certs->write('garbled.key',   "-----BEGIN PRIVATE KEY-----\nAAECAwQFBgcICQ==\n-----END PRIVATE KEY-----\n");
$certs->write('notbase64.crt', $leaf =~ s/^MI/!!/mr);
$certs->write('swapped.crt',   $certs->read('a.crt'), reverse @chain);
$certs->write('twice.crt',     $certs->read('a.full'), $chain[0]);
$certs->write('stranger.crt',  $certs->read('a.full'), $certs->read('b.crt'));
$certs->write('gap.crt',       $certs->read('a.crt'), $chain[1]);
$certs->write('dh.crt',        $leaf, $certs->read('direct.dh'));
$certs->write('open.key',      $key);
$certs->write('blank.crt',     "\n\n  \n");
$certs->crl('list');
run(['openssl', 'crl2pkcs7', '-nocrl', '-certfile', "$dir/a.chain", '-out', "$dir/chain.p7b"])->{exit} == 0 or die "no PKCS#7\n";
chmod 0644, "$dir/open.key" or die "chmod: $!\n";
{
    open my $huge, '>', "$dir/huge.crt" or die "huge.crt: $!\n";
    truncate $huge, 1 << 30 or die "truncate: $!\n";
}

# ---- rows ----

# A virtual host for a.test with these lines; pair('x') gives it the files of x.
# With the engine for PKCS#11 it is the token that is missing, without it the way there.
my $TOKEN = has_engine() ? 236 : 235;

sub host (@lines) {
    return join '', map { "$_\n" } '<VirtualHost *:@PORT@>', '  ServerName a.test', '  SSLEngine on', @lines, '</VirtualHost>';
}

sub pair ($name, $crt = 'crt') {
    return ("  SSLCertificateFile \@CERTS\@/$name.$crt", "  SSLCertificateKeyFile \@CERTS\@/$name.key");
}

# A complete server that lacks only these lines outside of virtual hosts.
sub global (@lines) { join('', map { "$_\n" } @lines) . host(pair('direct')) }

sub good (@lines) { host(pair('direct'), @lines) }

my @ERRORS = (
    # id   what                                        configuration
    # one directive at a time
    [100, 'SSLEngine with another word',               host('! SSLEngine maybe')],
    [101, 'SSLEngine with an address list',            host('! SSLEngine 127.0.0.1:443')],
    [103, 'an unknown version',                        good('! SSLProtocol all -SSLv3 TLSv1.4')],
    [103, 'versions in quotation marks',               good('! SSLProtocol "all -SSLv3"')],
    [103, 'versions with a comma between them',        good('! SSLProtocol TLSv1.2,TLSv1.3')],
    [104, 'SSLv2',                                     good('! SSLProtocol +SSLv2')],
    [105, 'SSLv3 without a library that has it',       good('! SSLProtocol +SSLv3')],
    [107, 'ciphers for a version that has no list',    good('! SSLCipherSuite TLSv1.2 HIGH')],
    [107, 'the selector in another spelling',          good('! SSLCipherSuite tlsv1.3 TLS_AES_128_GCM_SHA256')],
    [108, 'TLS 1.3 suites in a directory',             good('<Location /x>', '! SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256', '</Location>')],
    [111, 'a negative number',                         good('! SSLSessionCacheTimeout -1')],
    library_compresses() ? () : [113, 'compression without a library that has it', good('! SSLCompression on')],
    [114, 'an unknown SNI policy',                     global('! SSLVHostSNIPolicy lax')],
    [115, 'seeding at an unknown time',                global('! SSLRandomSeed always builtin')],
    [116, 'builtin with a number of bytes',            global('! SSLRandomSeed startup builtin 512')],
    [117, 'an entropy gathering daemon',               global('! SSLRandomSeed startup egd:@ROOT@/run')],
    [118, 'an unknown pass phrase dialog',             global('! SSLPassPhraseDialog ask')],
    [119, 'a session cache without name',              global('! SSLSessionCache :512000')],
    [120, 'an unknown OpenSSL command',                good('! SSLOpenSSLConfCmd Curvess X25519')],
    [121, 'a crypto device',                           global('! SSLCryptoDevice nosuchdevice')],
    [123, 'an unknown option',                         good('! SSLOptions +StdEnvVar')],
    [125, 'a handshake that takes no time',            global('! TLSPlusHandshakeTimeout 0')],
    [126, 'SSLLog',                                    global('! SSLLog logs/ssl.log')],
    [126, 'SSLLogLevel',                               global('! SSLLogLevel info')],
    [127, 'SSLMutex',                                  global('! SSLMutex default')],
    [127, 'SSLCacheServerPath',                        global('! SSLCacheServerPath bin/gcache')],
    # files
    [201, 'a certificate file that is not there',      host('! SSLCertificateFile @CERTS@/none.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [201, 'a key file that is not there',              host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/none.key')],
    [201, 'a chain file that is not there',            good('! SSLCertificateChainFile @CERTS@/none.crt')],
    [201, 'a seed file that is not there',             global('! SSLRandomSeed startup file:@ROOT@/none')],
    [203, 'a directory for a certificate',             host('! SSLCertificateFile @CERTS@')],
    [204, 'an empty certificate file',                 host('! SSLCertificateFile @CERTS@/empty.crt')],
    [205, 'a file of a gigabyte',                      host('! SSLCertificateFile @CERTS@/huge.crt')],
    # certificates and keys
    [200, 'no certificate',                            host() =~ s/  SSLEngine on/! SSLEngine on/r],
    [206, 'text for a certificate',                    host('! SSLCertificateFile @CERTS@/text.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [206, 'noise for a certificate',                   host('! SSLCertificateFile @CERTS@/binary.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [207, 'a request for a certificate',               host('! SSLCertificateFile @CERTS@/direct.csr', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [207, 'a key for a certificate',                   host('! SSLCertificateFile @CERTS@/direct.key', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [208, 'a certificate for a key',                   host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/direct.crt')],
    [208, 'a request for a key',                       host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/direct.csr')],
    [209, 'no key',                                    host('! SSLCertificateFile @CERTS@/direct.crt')],
    [210, 'a key that does not fit',                   host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/other.key')],
    [210, 'a key of another kind',                     host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/rsa.key')],
    [211, 'a garbled key',                             host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/garbled.key')],
    [212, 'a garbled certificate',                     host('! SSLCertificateFile @CERTS@/garbled.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [213, 'a certificate cut short',                   host('! SSLCertificateFile @CERTS@/cut.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [213, 'a certificate that is not base64',          host('! SSLCertificateFile @CERTS@/notbase64.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [215, 'a key that is too small',                   host('! SSLCertificateFile @CERTS@/small.crt', '  SSLCertificateKeyFile @CERTS@/small.key')],
    # later versions leave it to the client
    openssl_is_at_least(3, 2) ? () : [216, 'a signature that is too weak', host('! SSLCertificateFile @CERTS@/sha1.crt', '  SSLCertificateKeyFile @CERTS@/sha1.key')],
    [$TOKEN, 'a token that nobody can read',              host('! SSLCertificateFile "pkcs11:token=none;object=a"')],
    [237, 'text for a key',                            host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/text.crt')],
    [212, 'a garbled chain',                           good('! SSLCertificateChainFile @CERTS@/garbled.crt')],
    [213, 'a chain cut short',                         good('! SSLCertificateChainFile @CERTS@/cut.crt')],
    # settings that cannot work
    [300, 'no version at all',                         good('! SSLProtocol -all')],
    [302, 'only versions the library rules out',       good('! SSLProtocol -all +TLSv1')],
    [303, 'ciphers that select nothing',               good('! SSLCipherSuite NOSUCHCIPHER')],
    [304, 'anonymous ciphers only',                    good('! SSLCipherSuite ADH')],
    [304, 'NULL ciphers only',                         good('! SSLCipherSuite eNULL')],
    [306, 'an unknown TLS 1.3 suite',                  good('! SSLCipherSuite TLSv1.3 TLS_AES_512_GCM_SHA999')],
    [307, 'ciphers for another kind of key',           good('  SSLProtocol -all +TLSv1.2', '! SSLCipherSuite aRSA')],
    [309, 'a value OpenSSL refuses',                   good('! SSLOpenSSLConfCmd Groups nosuchgroup')],
    [206, 'text for a certificate, by command',         good('! SSLOpenSSLConfCmd Certificate @CERTS@/text.crt')],
);

# What httpd itself refuses, because the command table says so; it has no id of ours.
my @HTTPD = (
    ['a flag with another word',             good('! SSLHonorCipherOrder maybe'),             qr/SSLHonorCipherOrder must be On or Off/],
    ['a flag without a word',                good('! SSLSessionTickets'),                     qr/SSLSessionTickets must be On or Off/],
    ['a file without name',                  host('! SSLCertificateFile'),                    qr/SSLCertificateFile takes one argument/],
    ['two files in one line',                host('! SSLCertificateFile a b'),                qr/SSLCertificateFile takes one argument/],
    ['three words for ciphers',              good('! SSLCipherSuite SSL HIGH LOW'),           qr/SSLCipherSuite takes one or two arguments|SSLCipherSuite takes 1-2/],
    ['one word for an OpenSSL command',      good('! SSLOpenSSLConfCmd Groups'),              qr/SSLOpenSSLConfCmd takes two arguments/],
    ['one word for a seed',                  global('! SSLRandomSeed startup'),               qr/SSLRandomSeed takes two or three arguments/],
    ['SSLEngine in a directory',             good('<Directory />', '! SSLEngine on', '</Directory>'), qr/SSLEngine not allowed in <Directory/],
    ['SSLProtocol in a location',            good('<Location />', '! SSLProtocol all', '</Location>'), qr/SSLProtocol not allowed in <Location/],
    ['a certificate in a location',          good('<Location />', '! SSLCertificateFile @CERTS@/a.crt', '</Location>'), qr/not allowed in <Location/],
    ['SSLVHostSNIPolicy in a host',          good('! SSLVHostSNIPolicy strict'),              qr/cannot occur within <VirtualHost>/],
    ['SSLSessionCache in a host',            good('! SSLSessionCache none'),                  qr/cannot occur within <VirtualHost>/],
    ['SSLRandomSeed in a host',              good('! SSLRandomSeed startup builtin'),         qr/cannot occur within <VirtualHost>/],
    ['SSLPassPhraseDialog in a host',        good('! SSLPassPhraseDialog builtin'),           qr/cannot occur within <VirtualHost>/],
    ['a directive nobody has',               good('! SSLEngin on'),                           qr/Invalid command 'SSLEngin'/],
);

my @WARNINGS = (
    [106, 'a version without sign',                    good('! SSLProtocol TLSv1.2 TLSv1.3')],
    [112, 'a number with a unit',                      good('! SSLSessionCacheTimeout 300s')],
    [124, 'an option without sign',                    good('! SSLOptions StdEnvVars ExportCertData')],
    [218, 'a key too many',                            good('! SSLCertificateKeyFile @CERTS@/other.key')],
    [219, 'two certificates of one type',              good('! SSLCertificateFile @CERTS@/other.crt', '  SSLCertificateKeyFile @CERTS@/other.key')],
    [220, 'an expired certificate',                    host(pair('old')) =~ s/  (?=SSLCertificateFile)/! /r],
    [221, 'a certificate of tomorrow',                 host(pair('early')) =~ s/  (?=SSLCertificateFile)/! /r],
    [222, 'a certificate that expires soon',           host(pair('soon')) =~ s/  (?=SSLCertificateFile)/! /r],
    [223, 'the certificate of a CA',                   host(pair('isca')) =~ s/  (?=SSLCertificateFile)/! /r],
    [224, 'a certificate for another name',            host(pair('b')) =~ s/  (?=SSLCertificateFile)/! /r],
    [225, 'an alias the certificate does not name',    good('  ServerAlias a2.test') =~ s/  (?=SSLCertificateFile)/! /r],
    [226, 'a missing intermediate',                    host(pair('a')) =~ s/  (?=SSLCertificateFile)/! /r],
    [227, 'a chain in the wrong order',                host('! SSLCertificateFile @CERTS@/swapped.crt', '  SSLCertificateKeyFile @CERTS@/a.key')],
    [228, 'a certificate of somebody else',            host('! SSLCertificateFile @CERTS@/stranger.crt', '  SSLCertificateKeyFile @CERTS@/a.key')],
    [229, 'an intermediate twice',                     host('! SSLCertificateFile @CERTS@/twice.crt', '  SSLCertificateKeyFile @CERTS@/a.key')],
    [249, 'text for a chain',                          good('! SSLCertificateChainFile @CERTS@/text.crt')],
    [249, 'noise for a chain',                         good('! SSLCertificateChainFile @CERTS@/binary.crt')],
    [249, 'blank lines for a chain',                   good('! SSLCertificateChainFile @CERTS@/blank.crt')],
    [249, 'a key for a chain',                         good('! SSLCertificateChainFile @CERTS@/direct.key')],
    [249, 'a garbled key for a chain',                 good('! SSLCertificateChainFile @CERTS@/garbled.key')],
    [249, 'a request for a chain',                     good('! SSLCertificateChainFile @CERTS@/direct.csr')],
    [249, 'a revocation list for a chain',             good('! SSLCertificateChainFile @CERTS@/list.pem')],
    [249, 'PKCS#7 for a chain',                        good('! SSLCertificateChainFile @CERTS@/chain.p7b')],
    [231, 'an expired intermediate',                   host('! SSLCertificateFile @CERTS@/below.full', '  SSLCertificateKeyFile @CERTS@/below.key')],
    [232, 'a chain in two places',                     host(pair('a', 'full'), '  SSLCertificateChainFile @CERTS@/a.chain') =~ s/  (?=SSLCertificateFile)/! /r],
    [233, 'a key everybody may read',                  host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/open.key')],
    [234, 'small DH parameters',                       host('! SSLCertificateFile @CERTS@/dh.crt', '  SSLCertificateKeyFile @CERTS@/direct.key', '  SSLCipherSuite DEFAULT:@SECLEVEL=1')],
    [260, 'DH parameters that the level forbids',      host('! SSLCertificateFile @CERTS@/dh.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [262, 'a signature over SHA-1',                    host(pair('sha1'), '  SSLCipherSuite DEFAULT:@SECLEVEL=0') =~ s/  (?=SSLCertificateFile)/! /r],
    # what the library lets pass at its own level it lets pass here
    openssl_is_at_least(3, 2) ? [262, 'a signature over SHA-1, of no concern to the library', host(pair('sha1')) =~ s/  (?=SSLCertificateFile)/! /r] : (),
    [262, 'a chain with a signature over SHA-1',       host('! SSLCertificateFile @CERTS@/beneath.full', '  SSLCertificateKeyFile @CERTS@/beneath.key', '  SSLCipherSuite DEFAULT:@SECLEVEL=0')],
    [263, 'a name in the subject alone',               host(pair('unnamed')) =~ s/  (?=SSLCertificateFile)/! /r],
    [264, 'a key no browser knows',                    host(pair('ed')) =~ s/  (?=SSLCertificateFile)/! /r],
    [719, 'a server among the authorities',            good('! SSLCACertificateFile @CERTS@/direct.crt')],
    [238, 'a certificate for clients',                 host(pair('client')) =~ s/  (?=SSLCertificateFile)/! /r],
    [239, 'a chain with a gap',                        host('! SSLCertificateFile @CERTS@/gap.crt', '  SSLCertificateKeyFile @CERTS@/a.key')],
    [301, 'versions with a hole',                      good('! SSLProtocol -all +TLSv1.1 +TLSv1.3')],
    [305, 'anonymous ciphers among others',            good('! SSLCipherSuite HIGH:ADH')],
    [308, 'ciphers that leave TLS 1.2 without any',    good('  SSLProtocol -all +TLSv1.2 +TLSv1.3', '! SSLCipherSuite aRSA')],
    [313, 'hosts with and without TLS on one port',    good() . "<VirtualHost *:\@PORT\@>\n  ServerName b.test\n  SSLEngine off\n</VirtualHost>\n"],
    [314, 'two hosts of one name',                     good() . good()],
    [315, 'a name behind a wildcard',                  good('  ServerAlias *.test') . (good() =~ s/a\.test/c.test/r)],
    [316, 'a host nobody listens for',                 good() . (good() =~ s/\*:\@PORT\@/127.0.0.1:1/r)],
    [317, 'a port for https without a host',           "Listen 127.0.0.1:\@PORT2\@ https\n" . good()],
    [322, 'records made by the kernel',                good('! SSLOpenSSLConfCmd Options KTLS')],
    [330, 'a certificate without SSLEngine',           good() . "<VirtualHost *:\@PORT2\@>\n  ServerName b.test\n! SSLCertificateFile \@CERTS\@/b.crt\n  SSLCertificateKeyFile \@CERTS\@/b.key\n</VirtualHost>\n"],
    [332, 'TLS 1.0 at level 0',                        good('  SSLProtocol all', '! SSLCipherSuite DEFAULT:@SECLEVEL=0')],
    [333, 'clients without RFC 5746',                  good('! SSLInsecureRenegotiation on')],
    [335, 'h2 without mod_http2',                      good('! Protocols h2 http/1.1')],
    [624, 'a certificate for ticket keys',             good('! SSLSessionTicketKeyFile @CERTS@/a.crt')],
    [625, 'text for ticket keys',                      good('! SSLSessionTicketKeyFile @CERTS@/a.key')],
    [318, 'hosts without name',                        good() . (good() =~ s/  ServerName a\.test\n//r)],
);

# ---- checks ----

# The text without its marks, the number of the marked line, and the directive in it.
sub unmark ($text) {
    my @lines = split /\n/, $text;
    my ($at) = grep { $lines[$_] =~ /^! / } 0 .. $#lines;
    s/^! /  / for @lines;
    my $directive = defined $at ? (split ' ', $lines[$at])[0] : undef;
    return (join("\n", @lines) . "\n", defined $at ? $at + 1 : undef, $directive);
}

# The configuration with another line in that place.
sub follow ($conf, $line, $written) {
    my @lines = split /\n/, $conf;
    $lines[$line - 1] = "  $written";
    return join("\n", @lines) . "\n";
}

# "TP0210: ... - SSLCertificateKeyFile at .../test.conf:5", or httpd's own words for the place.
sub expected ($id, $line = undef, $directive = undef) {
    my $label = sprintf 'TP%04d: ', $id;
    return qr/$label/ if !defined $line;
    return qr/^.*$label.*\Q$directive\E at \S*test\.conf:$line\b|^.*line $line of \S*test\.conf:\n.*$label/m;
}

for my $row (@ERRORS) {
    my ($id, $what, $marked) = @$row;
    my ($conf, $line, $directive) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $text = refused $server, expected($id, $line, $directive), sprintf 'TP%04d: %s', $id, $what;
    like $text, qr/Fix: \w/, "$what: and what to do about it";
    next if $text !~ /\. Fix: write: (SSL[^;]+)$/m;
    # A line to write is taken at its word: with it in place of the other nothing is left to say.
    my $mended = TLSplus::Server->new(certs => $certs, conf => follow($conf, $line, $1))->configtest;
    is $mended->{exit}, 0, "$what: the fix is one" or diag $mended->{text};
    unlike $mended->{text}, expected($id), "$what: and the message is gone";
    unlike $mended->{text}, qr/test\.conf:$line\b/, "$what: and no other is there for its line";
}

for my $row (@HTTPD) {
    my ($what, $marked, $words) = @$row;
    my ($conf, $line) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $text = refused $server, $words, "httpd: $what";
    like $text, qr/line $line of \S*test\.conf/, "$what: with its line";
}

for my $row (@WARNINGS) {
    my ($id, $what, $marked) = @$row;
    my ($conf, $line, $directive) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    my $label  = sprintf 'TP%04d: %s', $id, $what;
    is $found->{exit}, 0, "$label: passes" or diag $found->{text};
    like $found->{text}, expected($id, $line, $directive), "$label: is told";
    ok $server->begin, "$label: starts" or diag $server->said;
    is $server->get('/', name => 'a.test', insecure => 1)->status, 200, "$label: serves";
    $server->stop;
}

# What starts, and is not what was meant; the lines as above, but nobody is served.
for (
    [331, 'a host for all ports before one with TLS', "! <VirtualHost *>\n  ServerName b.test\n</VirtualHost>\n" . good()],
    [334, 'a redirect to itself',                     good('! Redirect permanent / https://a.test:@PORT@/')],
    [334, 'a redirect to an alias of its own',        good('  ServerAlias www.a.test', '! Redirect / https://WWW.a.test:@PORT@/x')],
  ) {
    my ($id, $what, $marked) = @$_;
    my ($conf, $line, $directive) = unmark($marked);
    my $found = TLSplus::Server->new(certs => $certs, conf => $conf)->configtest;
    is $found->{exit}, 0, sprintf('TP%04d: %s: passes', $id, $what) or diag $found->{text};
    like $found->{text}, expected($id, $line, $directive =~ s/^<(\w+)$/<$1>/r), sprintf 'TP%04d: %s: is told', $id, $what;
}

# What is right, or nobody's business, is not told; what is told, once.
subtest 'no false alarm' => sub {
    my $two = good() =~ s/\*:\@PORT\@/127.0.0.1:\@PORT\@ 127.0.0.2:\@PORT\@/r;
    my @rows = (
        # id  times  what                                              configuration
        [706, 0, 'an expired authority, and no client is asked',       good('  SSLCACertificateFile @CERTS@/mid.crt')],
        [706, 1, 'an expired authority, and clients are asked',        good('  SSLCACertificateFile @CERTS@/mid.crt', '  SSLVerifyClient optional')],
        [706, 1, 'an expired authority, and clients of a place are',   good('  SSLCACertificateFile @CERTS@/mid.crt', '  <Location /x>', '    SSLVerifyClient require', '  </Location>')],
        [321, 0, 'a rule for all MSIE',                                good('  BrowserMatch ".*MSIE.*" nokeepalive ssl-unclean-shutdown')],
        [321, 1, 'a rule for MSIE and everybody else',                 good('  BrowserMatch "MSIE|Mozilla" nokeepalive ssl-unclean-shutdown')],
        [314, 1, 'two hosts of one name on two addresses',             "Listen 127.0.0.1:\@PORT\@\nListen 127.0.0.2:\@PORT\@\n$two$two"],
        [106, 1, 'three versions without sign',                        good('  SSLProtocol TLSv1 TLSv1.1 TLSv1.2')],
        [330, 0, 'a certificate that all inherit',                     "SSLCertificateFile \@CERTS\@/direct.crt\nSSLCertificateKeyFile \@CERTS\@/direct.key\n" . good() . "<VirtualHost *:\@PORT2\@>\n  ServerName b.test\n</VirtualHost>\n"],
        [330, 0, 'a certificate and SSLEngine off',                    good() . (good() =~ s/SSLEngine on/SSLEngine off/r =~ s/PORT/PORT2/r)],
        [331, 0, 'a host for all other ports',                         good() . "<VirtualHost *>\n  ServerName b.test\n</VirtualHost>\n"],
        [332, 0, 'level 0 without old versions',                       good('  SSLProtocol -all +TLSv1.2', '  SSLCipherSuite DEFAULT:@SECLEVEL=0')],
        [332, 0, 'old versions that the level rules out',              good('  SSLProtocol all')],
        [333, 0, 'SSLInsecureRenegotiation off',                       good('  SSLInsecureRenegotiation off')],
        [334, 0, 'a redirect to another name',                         good('  Redirect / https://b.test:@PORT@/')],
        [334, 0, 'a redirect to another port',                         good('  Redirect / https://a.test:1/')],
        [334, 0, 'a redirect of a path',                               good('  Redirect /x https://a.test:@PORT@/y')],
        [334, 0, 'a redirect from plain HTTP',                         good() . "<VirtualHost *:\@PLAIN\@>\n  ServerName a.test\n  Redirect / https://a.test:\@PORT\@/\n</VirtualHost>\n"],
        [335, 0, 'Protocols without h2',                               good('  Protocols http/1.1')],
    );
    for (@rows) {
        my ($id, $times, $what, $conf) = @$_;
        my $label = sprintf 'TP%04d: %s', $id, $what;
        my $found = TLSplus::Server->new(certs => $certs, conf => $conf)->configtest;
        is $found->{exit}, 0, "$label: passes" or diag $found->{text};
        is scalar(() = $found->{text} =~ /TP0$id: /g), $times, "$label: told $times times" or diag $found->{text};
    }
};

subtest 'all findings at once' => sub {
    my $conf = host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/other.key', '  SSLCipherSuite NOSUCHCIPHER')
      . (host('  SSLCertificateFile @CERTS@/text.crt', '  SSLProtocol -all') =~ s/a\.test/b.test/r)
      . (host(pair('old')) =~ s/a\.test/c.test/r);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    isnt $found->{exit}, 0, 'fails';
    for ([210, 5], [303, 6], [206, 11], [300, 12], [220, 17]) {
        my ($id, $line) = @$_;
        like $found->{text}, qr/TP0$id: .*test\.conf:$line\b/, sprintf 'TP%04d of line %d', $id, $line;
    }
    is scalar(() = $found->{text} =~ /TP0210: /g), 1, 'each is told once';
};

# What every host does wrong for itself is told for three of them; the third says for whom else.
subtest 'the same mistake of many hosts' => sub {
    my @names = map { "$_.test" } 'a' .. 'p';
    my $conf  = join '', map { host(pair('a')) =~ s/a\.test/$_/r } @names;
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes';
    my @told = grep { /TP0226: / } split /\n/, $found->{text};
    is scalar @told, 3, 'three lines of sixteen';
    like $told[$_], qr/test\.conf:\d+ \(vhost $names[$_]:\d+\): /, "a line about $names[$_]" for 0 .. 2;
    unlike $told[0], qr/so for/, 'the first is about one host';
    my $others = join ', ', map { "\Q$names[$_]\E:\\d+ at \\S*test\\.conf:" . (4 + 6 * $_) } 3 .. 12;
    like $told[2], qr/; so for 13 more virtual hosts: $others, \.\.\./, 'the third names ten others, each with its line, and counts all';
    is scalar(() = $found->{text} =~ /TP0224: /g), 3, 'and so what is about another name for each';
};

# Each file is another, and what is wrong is the same.
subtest 'a mistake in many files' => sub {
    my $pem  = $certs->read('isca.crt') . $certs->read('isca.key');
    my $many = 300;
    my $conf = join '', map { "<VirtualHost *:\@PORT\@>\n  ServerName h$_.test\n  SSLEngine on\n  SSLCertificateFile conf/h$_.pem\n</VirtualHost>\n" } 1 .. $many;
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf, files => { map { ("conf/h$_.pem" => [$pem, 0644]) } 1 .. $many });
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes' or diag $found->{text};
    for my $id ('TP0223', 'TP0224', 'TP0233') {
        my @told = grep { /$id: / } split /\n/, $found->{text};
        is scalar @told, 3, "$id: three lines of $many";
        like $told[2], qr/so for 297 more virtual hosts: h4\.test:\d+ at \S*test\.conf:\d+, /, "$id: the third counts the others";
    }
};

subtest 'nothing to say' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => host(pair('a', 'full'), '  SSLProtocol all -SSLv3'));
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes';
    unlike $found->{text}, qr/TP\d{4}/, 'without a word';
    like $found->{text}, qr/^Syntax OK$/m, "but httpd's own";
};

subtest 'a validity that browsers do not accept' => sub {
    my $long   = $certs->leaf('long', san => ['a.test'], days => 400, intermediates => 1);
    my $server = TLSplus::Server->new(certs => $certs, conf => host(pair('long', 'full')), env => { SSL_CERT_FILE => "$dir/ca.crt" });
    like $server->configtest->{text}, qr/TP0265: .*test\.conf:4\b.*: 400 days, issued by "CN=TLSplus test root ca"/, 'is told where the system trusts the root';
    $server->{env} = {};
    unlike $server->configtest->{text}, qr/TP0265/, 'and is no concern of private authorities';
    my $year = $certs->leaf('year', san => ['a.test'], days => 398, intermediates => 1);
    $server = TLSplus::Server->new(certs => $certs, conf => host(pair('year', 'full')), env => { SSL_CERT_FILE => "$dir/ca.crt" });
    unlike $server->configtest->{text}, qr/TP0265/, 'nor are 398 days';
};

subtest 'a key that belongs to the children' => sub {
    my ($user, $group) = run_as();
    plan skip_all => 'the server changes to no other account' unless defined $user;
    my ($uid, $gid) = (scalar getpwnam $user, scalar getgrnam $group);
    my $server = TLSplus::Server->new(certs => $certs, conf => host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/theirs.key'));
    for ([$uid, 0, 0600, 1, 'is theirs'], [0, $gid, 0640, 1, 'is for their group'], [0, $gid, 0600, 0, 'is for nobody'], [0, 0, 0640, 0, "is for root's group"]) {
        my ($owner, $of, $mode, $told, $what) = @$_;
        $certs->write('theirs.key', $key);
        chown $owner, $of, "$dir/theirs.key" or die "chown: $!\n";
        chmod $mode, "$dir/theirs.key" or die "chmod: $!\n";
        my $text = $server->configtest->{text};
        is $text =~ /TP0266: .*SSLCertificateKeyFile at \S*test\.conf:5\b/ ? 1 : 0, $told, "a key that $what";
    }
};

# A key that needs a pass phrase cannot be checked without asking somebody; configtest asks nobody.
subtest 'an encrypted key' => sub {
    my $conf = host('  SSLCertificateFile @CERTS@/locked.crt', '  SSLCertificateKeyFile @CERTS@/locked.enc.key');
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes';
    like $found->{text}, qr/TP0246: .*test\.conf:5\b/, 'and says that the key was not checked';
    ok !$server->begin, 'a start without a terminal ends';
    like $server->said, qr/TP0240: .*SSLPassPhraseDialog/s, 'with what to do';

    $server->put('run/right', ["#!/bin/sh\necho opensesame\n", 0755]);
    $server->put('run/wrong', ["#!/bin/sh\necho sesame\n",     0755]);
    $server->configure("SSLPassPhraseDialog exec:\@ROOT\@/run/wrong\n$conf");
    ok !$server->begin, 'a wrong pass phrase: no start';
    like $server->said, qr/TP0241: /, 'and the reason';
    $server->configure("SSLPassPhraseDialog exec:\@ROOT\@/run/right\n$conf");
    ok $server->begin, 'the right one: starts' or diag $server->said;
    serves $server, 'and serves', name => 'a.test';
    ok $server->graceful, 'a graceful restart asks nobody';
    serves $server, 'and serves', name => 'a.test';
    $server->stop;
};

done_testing;
