# SPDX-License-Identifier: Apache-2.0
#
# Mistakes that people make in a configuration, one to a row: the id of the message, what it is, and
# the configuration, in which "!" marks the line to be named. What is told of them is one matter
# (t/configtest.t), whether it helps another (t/fixes.t).
package TLSplus::Mistakes;
use v5.36;
use Exporter 'import';
use TLSplus::Env     qw(library_compresses openssl_is_at_least);
use TLSplus::Host;
use TLSplus::Process qw(run);
use TLSplus::Token   qw(has_engine);

our @EXPORT = qw(changed errors expected global good host instruction make_files pair told unmark warnings);

my $OUTSIDE = qr/^(?:Listen|LoadModule|Mutex) /;    # not in a <VirtualHost>

# The files that the rows name.
sub make_files ($certs) {
    my $dir = $certs->dir;
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
}

# A virtual host for a.test with these lines.
sub host (@lines) { tls_host('a.test', @lines) }

# A complete server that lacks only these lines outside of virtual hosts.
sub global (@lines) { join('', map { "$_\n" } @lines) . host(pair('direct')) }

sub good (@lines) { host(pair('direct'), @lines) }

# What stops the server.
sub errors () {
    # With the engine for PKCS#11 it is the token that is missing, without it the way there.
    my $token = has_engine() ? 236 : 235;
    return (
        # id   what                                        configuration
        # one directive at a time
        [100, 'SSLEngine with another word',               good('! SSLEngine maybe')],
        [101, 'SSLEngine with an address list',            good('! SSLEngine 127.0.0.1:443')],
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
        [$token, 'a token that nobody can read',              host('! SSLCertificateFile "pkcs11:token=none;object=a"')],
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
        [203, 'a folder for DH parameters, by command',     good('! SSLOpenSSLConfCmd DHParameters @CERTS@')],
        [206, 'text for a certificate, by command',         good('! SSLOpenSSLConfCmd Certificate @CERTS@/text.crt')],
    );
}

# What passes, starts and serves.
sub warnings () {
    return (
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
        [317, 'a port for https without a host',           "! Listen 127.0.0.1:\@PORT2\@ https\n" . good()],
        [317, '... of every address',                      "! Listen \@PORT2\@ https\n" . good()],
        [322, 'records made by the kernel',                good('! SSLOpenSSLConfCmd Options KTLS')],
        [330, 'a certificate without SSLEngine',           good() . "<VirtualHost *:\@PORT2\@>\n  ServerName b.test\n! SSLCertificateFile \@CERTS\@/b.crt\n  SSLCertificateKeyFile \@CERTS\@/b.key\n</VirtualHost>\n"],
        [332, 'TLS 1.0 at level 0',                        good('! SSLProtocol all', '  SSLCipherSuite DEFAULT:@SECLEVEL=0')],
        [333, 'clients without RFC 5746',                  good('! SSLInsecureRenegotiation on')],
        [335, 'h2 without mod_http2',                      good('! Protocols h2 http/1.1')],
        [624, 'a certificate for ticket keys',             good('! SSLSessionTicketKeyFile @CERTS@/a.crt')],
        [625, 'text for ticket keys',                      good('! SSLSessionTicketKeyFile @CERTS@/a.key')],
        [318, 'hosts without name',                        good() . (good() =~ s/  ServerName a\.test\n//r)],
    );
}

# The text without its marks, the number of the marked line, and the directive in it.
sub unmark ($text) {
    my @lines = split /\n/, $text;
    my ($at) = grep { $lines[$_] =~ /^! / } 0 .. $#lines;
    s/^! /  / for @lines;
    my $directive = defined $at ? (split ' ', $lines[$at])[0] : undef;
    return (join("\n", @lines) . "\n", defined $at ? $at + 1 : undef, $directive);
}

# "TP0210: ... - SSLCertificateKeyFile at .../test.conf:5", or httpd's own words for the place.
sub expected ($id, $line = undef, $directive = undef) {
    my $label = sprintf 'TP%04d: ', $id;
    return qr/$label/ if !defined $line;
    return qr/^.*$label.*\Q$directive\E at \S*test\.conf:$line\b|^.*line $line of \S*test\.conf:\n.*$label/m;
}

# What a machine can do of a fix: the first instruction in it, as [verb, argument].
sub instruction ($fix) {
    for my $clause (split /; /, $fix) {
        return [$1, $2] if $clause =~ /^(write|add|run): (.+)$/;
        return ['remove', $1] if $clause =~ /^remove the line(?: at \S+:(\d+))?\b/;
    }
    return undef;
}

# The message with this id in what configtest said: (its fix, the line it names).
sub told ($text, $id) {
    my $label = sprintf 'TP%04d: ', $id;
    my ($line) = $text =~ /^(.*$label.*)$/m or return;
    my ($fix)  = $line =~ /\. Fix: (.*)$/;
    my ($at)   = $line =~ /test\.conf:(\d+)/;
    ($at) = $text =~ /line (\d+) of \S*test\.conf:\n.*$label/ if !defined $at;
    return ($fix // '', $at);
}

# The configuration after what instruction() gave was done at that line.
sub changed ($conf, $at, $verb, $what) {
    my @lines = split /\n/, $conf;
    return "$what\n$conf" if $verb eq 'add' && $what =~ $OUTSIDE;
    $at = $what if $verb eq 'remove' && defined $what;
    splice @lines, $at - 1, 1, $verb eq 'write' ? $what : () if $verb ne 'add';
    splice @lines, $at, 0, $what if $verb eq 'add';
    return join("\n", @lines) . "\n";
}

1;
