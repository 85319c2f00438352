# SPDX-License-Identifier: Apache-2.0
#
# Lists of ciphers, groups and signatures with a word that OpenSSL does not know: the word is named,
# and the line to write instead is taken at its word. With it nothing is left to say.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Mistakes qw(expected good unmark);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('direct', san => ['a.test'], key => 'rsa');

sub configtest ($conf) { TLSplus::Server->new(certs => $certs, conf => $conf)->configtest }

# The configuration with other lines in the place of one.
sub follow ($conf, $line, @written) {
    my @lines = split /\n/, $conf;
    splice @lines, $line - 1, 1, map { "  $_" } @written;
    return join("\n", @lines) . "\n";
}

# The lines that a message says are to be written.
sub lines_to_write ($text, $id) {
    my ($fix) = $text =~ /TP0$id: .*?\. Fix: write: (SSL.*)$/m or return;
    return split /; and: /, $fix;
}

my $IANA = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
my $RSA  = 'ECDHE-RSA-AES128-GCM-SHA256';
my $NEW  = 'TLS_AES_128_GCM_SHA256';
my $CMD  = 'SSLOpenSSLConfCmd';

# OpenSSL takes IANA's names in lists from 3.2 on: they are words like others then, and no fix replaces them.
my $takes_iana = run(['openssl', 'ciphers', $IANA])->{exit} == 0;
my $TAKEN      = $takes_iana ? $IANA : $RSA;
sub before_iana (@row) { $takes_iana ? () : \@row }

sub place ($line) { good('  <Directory /tmp>', $line, '  </Directory>') }

my @ERRORS = (
    # id   words that are named      the line                                            lines to write
    # a list that blanks take apart
    [151, ['HIGH, !aNULL'],          'SSLCipherSuite HIGH, !aNULL',                       'SSLCipherSuite HIGH:!aNULL'],
    [151, ['HIGH : !aNULL'],         'SSLCipherSuite HIGH : !aNULL',                      'SSLCipherSuite HIGH:!aNULL'],
    [151, ['HIGH, !aNULL, !MD5'],    'SSLCipherSuite HIGH, !aNULL, !MD5',                 'SSLCipherSuite HIGH:!aNULL:!MD5'],
    [151, ['SSL HIGH !MD5'],         'SSLCipherSuite SSL HIGH !MD5',                      'SSLCipherSuite HIGH:!MD5'],
    [151, ['HIGH; high'],            'SSLCipherSuite HIGH; high',                         'SSLCipherSuite HIGH'],
    [151, ["$RSA, $NEW"],            "SSLCipherSuite $RSA, $NEW",                         "SSLCipherSuite $RSA", "SSLCipherSuite TLSv1.3 $NEW"],
    [151, ["$NEW, TLS_AES_256"],     "SSLCipherSuite TLSv1.3 $NEW, TLS_AES_256_GCM_SHA384", "SSLCipherSuite TLSv1.3 $NEW:TLS_AES_256_GCM_SHA384"],
    [151, ['no list'],               'SSLCipherSuite',                                    'SSLCipherSuite HIGH'],
    [107, ['TLSv1.2'],               'SSLCipherSuite TLSv1.2 HIGH',                       'SSLCipherSuite HIGH'],
    [107, ['ssl'],                   "SSLCipherSuite ssl $IANA",                          "SSLCipherSuite $TAKEN"],
    [107, ['tlsv1.3'],               "SSLCipherSuite tlsv1.3 $NEW",                       "SSLCipherSuite TLSv1.3 $NEW"],
    [152, ['HIGH, !aNULL'],          "$CMD CipherString HIGH, !aNULL",                    "$CMD CipherString HIGH:!aNULL"],
    [152, ['X25519, P-256'],         "$CMD Groups X25519, P-256",                         "$CMD Groups X25519:P-256"],
    [152, ['-SessionTicket'],        "$CMD Options -SessionTicket, Compression",          "$CMD Options -SessionTicket,Compression"],
    [152, ["$NEW TLS_AES_256"],      "$CMD Ciphersuites $NEW TLS_AES_256_GCM_SHA384",     "$CMD Ciphersuites $NEW:TLS_AES_256_GCM_SHA384"],
    [152, ['nothing follows "Gr'],   "$CMD Groups"],
    [120, ['"Curvess"'],             "$CMD Curvess X25519",                               "$CMD Curves X25519"],
    [120, ['"-sigalgs"'],            "$CMD -sigalgs ed25519"],
    [120, ['"-curves"'],             "$CMD -curves X25519:P-256",                         "$CMD Curves X25519:P-256"],
    [120, ['"cipherstrings"'],       "$CMD cipherstrings 'HIGH !aNULL'",                  "$CMD CipherString \"HIGH !aNULL\""],
    # a list that selects nothing, or that OpenSSL cannot read
    [303, ['"PROFILE=SYSTEM"'],      'SSLCipherSuite PROFILE=SYSTEM',                     'SSLCipherSuite DEFAULT'],
    before_iana(303, [qq{"$IANA"}],  "SSLCipherSuite $IANA",                              "SSLCipherSuite $RSA"),
    [303, [qq{"$NEW"}],              "SSLCipherSuite $NEW",                               "SSLCipherSuite TLSv1.3 $NEW"],
    [303, ['"high"'],                'SSLCipherSuite high',                               'SSLCipherSuite HIGH'],
    [303, ['"default"'],             'SSLCipherSuite default',                            'SSLCipherSuite DEFAULT'],
    [303, ['"NOSUCHCIPHER"'],        'SSLCipherSuite NOSUCHCIPHER',                       'SSLCipherSuite HIGH'],
    [303, ['RC4-SHA'],               'SSLCipherSuite RC4-SHA',                            'SSLCipherSuite HIGH:RC4-SHA'],
    [303, ['!aNULL:!MD5'],           'SSLCipherSuite !aNULL:!MD5',                        'SSLCipherSuite HIGH:!aNULL:!MD5'],
    [303, ['"EDH+"'],                'SSLCipherSuite "EECDH EDH+ aRSA RC4 !aNULL"',       'SSLCipherSuite EECDH:EDH+aRSA:RC4:!aNULL'],
    [303, ['"@STRENGHT"'],           'SSLCipherSuite HIGH:@STRENGHT',                     'SSLCipherSuite HIGH:@STRENGTH'],
    [303, ['"@SECLEVEL=9"'],         'SSLCipherSuite HIGH:@SECLEVEL=9',                   'SSLCipherSuite HIGH'],
    [303, ['"|"'],                   'SSLCipherSuite HIGH|AES',                           'SSLCipherSuite HIGH:AES'],
    [303, ['"!"'],                   'SSLCipherSuite "HIGH ! aNULL"',                     'SSLCipherSuite HIGH:!aNULL'],
    [303, ['belongs to no word'],         "SSLCipherSuite \xe2\x80\x9cHIGH:!aNULL\xe2\x80\x9d", 'SSLCipherSuite HIGH:!aNULL'],
    [309, ['"PROFILE=SYSTEM"'],      "$CMD CipherString PROFILE=SYSTEM",                  "$CMD CipherString DEFAULT"],
    before_iana(309, [qq{"$IANA"}],  "$CMD CipherString $IANA",                           "$CMD CipherString $RSA"),
    [309, [qq{"$NEW"}],              "$CMD CipherString $NEW",                            "$CMD Ciphersuites $NEW"],
    # suites of TLS 1.3
    [306, ['"TLS_AES_512_GCM'],      'SSLCipherSuite TLSv1.3 TLS_AES_512_GCM_SHA999',     "SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:$NEW"],
    [306, ['"tls_aes_128_gcm'],      'SSLCipherSuite TLSv1.3 tls_aes_128_gcm_sha256',     "SSLCipherSuite TLSv1.3 $NEW"],
    [306, ['"TLS13-AES-128-GCM'],    'SSLCipherSuite TLSv1.3 TLS13-AES-128-GCM-SHA256',   "SSLCipherSuite TLSv1.3 $NEW"],
    [306, ['"HIGH"'],                'SSLCipherSuite TLSv1.3 HIGH',                       'SSLCipherSuite HIGH'],
    [306, ["$NEW,TLS_AES_256"],      "SSLCipherSuite TLSv1.3 $NEW,TLS_AES_256_GCM_SHA384", "SSLCipherSuite TLSv1.3 $NEW:TLS_AES_256_GCM_SHA384"],
    [309, ['"tls_aes_128_gcm'],      "$CMD Ciphersuites tls_aes_128_gcm_sha256",          "$CMD Ciphersuites $NEW"],
    # groups, and what else OpenSSL has lists of
    [309, ['"nosuchgroup"', 'X25519, P-256'], "$CMD Groups X448:nosuchgroup",             "$CMD Groups X448"],
    [309, ['"p521_kyber1024"', '"kyber512"'], "$CMD Curves p521_kyber1024:kyber512"],
    [309, ['"P256"'],                "$CMD Groups X25519:P256",                           "$CMD Groups X25519:P-256"],
    [309, ['"curve25519"'],          "$CMD Curves curve25519:P-256",                      "$CMD Curves X25519:P-256"],
    [309, ['"secp256v1"'],           "$CMD Groups secp256v1"],
    [309, ['"P-255"'],               "$CMD ECDHParameters P-255",                         "$CMD ECDHParameters P-256"],
    [309, ['"rsa_pss_rsae_sha265"'], "$CMD SignatureAlgorithms ed25519:rsa_pss_rsae_sha265", "$CMD SignatureAlgorithms ed25519:rsa_pss_rsae_sha256"],
    [309, ['"TLSv12"'],              "$CMD MinProtocol TLSv12",                           "$CMD MinProtocol TLSv1.2"],
    [309, ['"-SessionTickets"'],     "$CMD Options -SessionTickets",                      "$CMD Options -SessionTicket"],
);

my @WARNINGS = (
    [336, ['"high"'],                'SSLCipherSuite high:AES',                           'SSLCipherSuite HIGH:AES'],
    before_iana(336, [qq{"$IANA"}, $RSA], "SSLCipherSuite HIGH:$IANA",                    "SSLCipherSuite HIGH:$RSA"),
    before_iana(336, ['TLS_RSA_WITH_AES_128_CBC_SHA'], "SSLCipherSuite SSL $RSA:TLS_RSA_WITH_AES_128_CBC_SHA", "SSLCipherSuite $RSA:AES128-SHA"),
    [336, ['"ecdhe-rsa-aes128-gcm'], "SSLCipherSuite AES256-SHA:\L$RSA",                  "SSLCipherSuite AES256-SHA:$RSA"],
    [336, ['"ECDHE-RSA-AES128-GCM-SHA384"'], "SSLCipherSuite AES256-SHA:ECDHE-RSA-AES128-GCM-SHA384", "SSLCipherSuite AES256-SHA:$RSA"],
    [336, ['"ECDHE-RSA-AES128-GCM"'], "SSLCipherSuite AES256-SHA:ECDHE-RSA-AES128-GCM",   "SSLCipherSuite AES256-SHA:$RSA"],
    [336, ['"ECDHE-RSA-CHACHA20-POLY1305-SHA256"'], 'SSLCipherSuite HIGH:ECDHE-RSA-CHACHA20-POLY1305-SHA256', 'SSLCipherSuite HIGH:ECDHE-RSA-CHACHA20-POLY1305'],
    [336, ['"aNUL"'],                'SSLCipherSuite HIGH:!aNUL',                         'SSLCipherSuite HIGH:!aNULL'],
    [336, ['"EECHD"'],               'SSLCipherSuite EECHD+AESGCM:HIGH',                  'SSLCipherSuite EECDH+AESGCM:HIGH'],
    [336, ['"NOSUCHCIPHER"'],        'SSLCipherSuite HIGH:NOSUCHCIPHER',                  'SSLCipherSuite HIGH'],
    [336, ['"PROFILE=SYSTEM"'],      'SSLCipherSuite HIGH:PROFILE=SYSTEM',                'SSLCipherSuite DEFAULT:HIGH'],
    [336, ['"DEFAULT"'],             'SSLCipherSuite HIGH:DEFAULT',                       'SSLCipherSuite DEFAULT:HIGH'],
    [336, ['"TLSv1.1"'],             'SSLCipherSuite HIGH:!TLSv1.1',                      'SSLCipherSuite HIGH'],
    [337, [qq{"$NEW"}],              "SSLCipherSuite $NEW:$RSA",                          "SSLCipherSuite $RSA", "SSLCipherSuite TLSv1.3 $NEW"],
    [336, ['"high"'],                "$CMD CipherString AES:high",                        "$CMD CipherString AES:HIGH"],
    [337, [qq{"$NEW"}],              "$CMD CipherString $NEW:$RSA",                       "$CMD CipherString $RSA", "$CMD Ciphersuites $NEW"],
    [336, ['"TLS_AES_256_GCM_SHA348"'], "SSLCipherSuite TLSv1.3 $NEW:TLS_AES_256_GCM_SHA348", "SSLCipherSuite TLSv1.3 $NEW:TLS_AES_256_GCM_SHA384"],
    [337, [qq{"$RSA"}],              "SSLCipherSuite TLSv1.3 $NEW:$RSA",                  "SSLCipherSuite TLSv1.3 $NEW", "SSLCipherSuite $RSA"],
    [337, [qq{"$IANA"}],             "SSLCipherSuite TLSv1.3 $IANA",                      "SSLCipherSuite $TAKEN"],
    [336, ['"TLS_AES_256_GCM_SHA348"'], "$CMD Ciphersuites $NEW:TLS_AES_256_GCM_SHA348",  "$CMD Ciphersuites $NEW:TLS_AES_256_GCM_SHA384"],
);

# In a place the list is for TLS 1.2, of a host that has it, and TP0717 says so where TLS 1.3 is.
my @PLACES = (
    [336, ['"high"'],                'SSLCipherSuite AES:high',                           'SSLCipherSuite AES:HIGH'],
    [337, [qq{"$NEW"}],              "SSLCipherSuite $NEW:$RSA",                          "SSLCipherSuite $RSA"],
    [338, ['"PROFILE=SYSTEM"'],      'SSLCipherSuite PROFILE=SYSTEM',                     'SSLCipherSuite DEFAULT'],
    [338, ['RC4'],                   'SSLCipherSuite RC4',                                'SSLCipherSuite HIGH:RC4'],
);

sub check ($row, $fails, $marked) {
    my ($id, $words, $line, @to_write) = @$row;
    my ($conf, $number, $directive) = unmark($marked);
    my $label = "TP0$id: $line";
    my $found = configtest($conf);
    ok !!$found->{exit} == $fails, "$label: " . ($fails ? 'fails' : 'passes');
    like $found->{text}, expected($id, $number, $directive), "$label: is told" or return;
    my ($message) = $found->{text} =~ /(TP0$id: .*)/;
    for my $word (@$words) {
        like $message, qr/\Q$word\E/, "$label: names $word";
    }
    my @written = lines_to_write($found->{text}, $id);
    is_deeply \@written, \@to_write, "$label: says what to write" if @to_write;
    return if !@written;
    my $mended = configtest(follow($conf, $number, @written));
    is $mended->{exit}, 0, "$label: the fix is one" or diag $mended->{text};
    unlike $mended->{text}, qr/TP0(?:107|120|151|152|303|306|309|336|337|338): /, "$label: and nothing is left to say";
}

check($_, 1, good("! $_->[2]")) for @ERRORS;
check($_, 0, good("! $_->[2]")) for @WARNINGS;
check($_, 0, good('  SSLProtocol -all +TLSv1.2', '  <Directory /tmp>', "! $_->[2]", '  </Directory>')) for @PLACES;

# Lists as they are in use, some of them for ten years: names that OpenSSL gave up are no mistake.
subtest 'no false alarm' => sub {
    my @lists = (
        'ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP:+eNULL', 'HIGH:!aNULL', 'DEFAULT', 'DEFAULT@SECLEVEL=1', 'HIGH:MEDIUM:!MD5:!RC4:!3DES:!ADH', 'ALL', 'HIGH:@STRENGTH',
        '@SECLEVEL=0:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:DES-CBC3-SHA', 'HIGH;!aNULL', 'AES256+EECDH:AES256+EDH',
        'ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP', 'ALL:!aNULL:!eNULL:!SSLv2:!LOW:!EXP:!MD5:@STRENGTH',
        'ECDHE-RSA-AES256-SHA384:AES256-SHA256:RC4:HIGH:!MD5:!aNULL:!EDH:!EXP:!SSLV2:!eNULL', 'HIGH:-ADH', '-ALL:HIGH',
        'RC4-SHA:AES128-SHA:ALL:!ADH:!EXP:!LOW:!MD5:!SSLV2:!NULL', 'EECDH+CHACHA20:EECDH+AES', 'HIGH:COMPLEMENTOFDEFAULT',
        'kEECDH:+kEECDH+SHA:kEDH:+kEDH+SHA:+kEDH+CAMELLIA:kECDH:+kECDH+SHA:kRSA:+kRSA+SHA:+kRSA+CAMELLIA:!aNULL:!eNULL:!SSLv2:!RC4:!DES:!EXP:!SEED:!IDEA:+3DES',
        'EDH+CAMELLIA:EDH+aRSA:EECDH+aRSA+AESGCM:EECDH+aRSA+SHA384:EECDH:+CAMELLIA256:+AES256:+SSLv3:!PSK:!DSS:!ECDSA:CAMELLIA256-SHA:AES256-SHA',
        'EECDH+ECDSA+AESGCM EECDH+aRSA+AESGCM EECDH+aRSA+RC4 EECDH EDH +aRSA RC4 !aNULL !eNULL !LOW !3DES !MD5 !EXP !PSK !SRP !DSS',
        'EECDH+AESGCM EECDH EDH+AESGCM EDH !SEED !SHA1 !SHA256 !SHA384 !MEDIUM !LOW !aNULL !eNULL !PSK',
        'ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+3DES:DH+3DES:RSA+AESGCM:RSA+AES:RSA+3DES:!aNULL:!MD5:!DSS',
        'AES128-SHA:DHE-DSS-AES128-GCM-SHA256:kEDH+AESGCM:AES:CAMELLIA:DES-CBC3-SHA:!DES:!aECDH:!EDH-DSS-DES-CBC3-SHA:!EDH-RSA-DES-CBC3-SHA:!KRB5-DES-CBC3-SHA',
        'ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-DES-CBC3-SHA:EDH-RSA-DES-CBC3-SHA:ECDH-RSA-AES256-GCM-SHA384:ECDH-ECDSA-RC4-SHA:IDEA-CBC-SHA:SEED-SHA:DHE-RSA-SEED-SHA',
        'AES128-SHA:TLS_RSA_WITH_3DES_EDE_CBC_SHA:TLS_RSA_WITH_RC4_128_SHA:TLS_ECDH_RSA_WITH_AES_128_CBC_SHA', 'HIGH:EXP-RC4-MD5:GOST2001-GOST89-GOST89',
        'HIGH:!kDHr:!kDHd:!aDH:!kECDHr:!kECDHe:!EXPORT40:!RC2:!KRB5:!GOST', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-CHACHA20-POLY1305',
        $takes_iana ? ($IANA, "HIGH:$IANA") : (),
    );
    my $conf = join '', map { good(qq{  SSLCipherSuite "$lists[$_]"}) =~ s/a\.test/h$_.test/r } 0 .. $#lists;
    $conf .= good("  SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384:$NEW:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256", "  $CMD Curves X25519:prime256v1:secp384r1", "  $CMD Groups X25519:secp256r1:secp384r1");
    my $found = configtest($conf);
    is $found->{exit}, 0, 'passes' or diag $found->{text};
    is_deeply [ grep { /TP0(?:303|305|309|336|337|338): / } split /\n/, $found->{text} ], [], 'and no word of ' . @lists . ' lists is told';
};

# The line of a refused command is its own, whatever stands behind it.
subtest 'the line of a command' => sub {
    my ($conf, $number, $directive) = unmark(good("! $CMD CipherString NOSUCHCIPHER", "  $CMD MinProtocol TLSv1.2"));
    like configtest($conf)->{text}, expected(309, $number, $directive), 'is named';
};

done_testing;
