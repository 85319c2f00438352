# SPDX-License-Identifier: Apache-2.0
#
# A fix that is followed word for word helps. Whoever copies what stands behind "Fix: write:", "add:",
# "run:" or "remove the line" into the configuration or into a shell is done with that message: here a
# machine does so for every mistake of TLSplus::Mistakes, and asks configtest again. What no line and no
# command can mend is declared as prose, so that no row goes unnoticed. What no configtest can tell says why, and
# every id of the catalogue is one of these three.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_module modules_dir needs_tlsplus run_as srcdir);
use TLSplus::Mistakes;
use TLSplus::Process qw(run slurp);
use TLSplus::Server;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
make_files($certs);
my $dir = $certs->dir;

# By id: what is missing, only a person can get or decide.
my %PROSE = map { $_ => 1 } (
    200, 201, 203 .. 213, 215, 216, 220 .. 225, 227 .. 229, 231, 235 .. 239, 262 .. 264,    # another certificate, key or chain
    246, 281, 283, 284,                                      # a secret
    108, 307, 308,                                           # which ciphers are wanted
    219, 311, 313 .. 315, 317, 318, 331, 334,                # which host is meant
    335,                                                     # a module is to be installed
    110, 703, 704, 706, 708, 709, 711, 719,             # another file or folder
    622 .. 625, 631,                                         # a secret to be made on all machines
    892, 893, 894, 895, 896,                                 # what is meant is for a person to say
    702, 712, 714, 716, 717,                                 # several lines, or a file that only its authority has
    501,                                                     # what was to be asked
    820 .. 828, 830, 831,                                    # another certificate, key or chain for backends
);

# By reason: what no configtest of this machine tells, so that its fix cannot be followed here.
my @APART = (
    ['before the first line of TLS is read: another module, httpd or library is to be loaded', 1 .. 4],
    ['about other messages, or about none: there is nothing to mend',   5 .. 8, 136, 137, 141, 142, 230, 257, 282, 609, 611, 617, 629],
    ['about the environment of the process that starts httpd',          9, 10],
    ['no path makes APR refuse it on this system',                      109],
    ['said when seeds are drawn, at a start (t/keys/random-seed.t)',       130 .. 135],
    ['about engines that only OpenSSL with engines has (t/keys/)',      138],
    ['about a library without algorithms, which openssl.cnf must load', 143, 620],
    ['access rights, and root, who reads everything, runs the tests',   202, 707],
    ['about keys that no command of every OpenSSL makes (t/keys/)',     214, 217, 248],
    ['only a start asks for pass phrases (t/keys/pass-phrase.t)',       240 .. 245, 247],
    ['a token must be there, or go away (t/keys/tokens.t)',              251 .. 256, 258, 259],
    ['about roots that the system trusts (t/configtest/configtest.t)',  265],
    ['about certificates of mod_md',                                    270, 319, 553],
    ['about a library without SRP',                                     280],
    ['about one connection or one request of a client',                 290, 291, 400 .. 410, 500, 503 .. 507, 509, 540, 541, 550 .. 552, 554, 560, 561, 613, 718, 730 .. 742],
    ['whatever OpenSSL may refuse beyond what is known: its words are the evidence', 310],
    ['only a start, or a child, opens caches and locks (t/resumption/)', 604 .. 606, 608, 610, 612, 615, 616, 618, 621],
    ['about settings for other servers: followed in t/proxy/settings.t', 155, 156, 800 .. 808, 810],
    ['about what is installed, as t/proxy/strict.t has it seen',          809],
    ['about one client and its responder, or how they are asked (t/client-auth/ocsp.t)', 898, 900 .. 908],
    ['about one connection to another server, or how it is made',       840 .. 852, 855, 856],
    ['whose request gets which connection is known by the pool alone',  853],
    ['TP0806 tells it of every line with a URL (t/proxy/settings.t); here a request made the URL up', 854],
    ['about responders, and where responses are kept: only a start asks and opens (t/revocation/)', 860 .. 868, 870],
    ['said while the server runs and its files change (t/resumption/ticket-keys.t)', 630],
    ['said at a restart, or while the server runs (t/reload/)', 930 .. 932, 950 .. 956, 959],
    ['said while the server runs and its lists are replaced (t/revocation/crl-replaced.t)', 910 .. 914],
);

my @LISTS     = ('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLCARevocationCheck chain');
my @PASSWORDS = qw(auth_basic authn_core authz_core authz_user);

# A host without TLS beside one with it, and these lines where it asks for a password.
sub password_host ($type, @require) {
    @require = ('  Require valid-user') if !@require;
    return good() . join '', map { "$_\n" } 'Listen @PLAIN@', '<VirtualHost *:@PLAIN@>', '  ServerName b.test', '  <Location /x>', $type,
      '  AuthName x', @require, '  Require valid-user', '  </Location>', '</VirtualHost>';
}

my @MORE = (
    # quotation marks and blanks of a word processor
    [201, 'typographic quotation marks',   host("! SSLCertificateFile \x{e2}\x{80}\x{9c}\@CERTS\@/direct.crt\x{e2}\x{80}\x{9d}", '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [201, 'guillemets',                    host('  SSLCertificateFile @CERTS@/direct.crt', "! SSLCertificateKeyFile \x{c2}\x{ab}\@CERTS\@/direct.key\x{c2}\x{bb}")],
    [201, 'a zero-width space',            host("! SSLCertificateFile \@CERTS\@/direct.crt\x{e2}\x{80}\x{8b}", '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [103, 'typographic marks and blanks',  good("! SSLProtocol \x{e2}\x{80}\x{9e}all\x{c2}\x{a0}-SSLv3\x{e2}\x{80}\x{9c}")],
    [153, 'a no-break space in a value',   good("! SSLCipherSuite \x{c2}\x{a0}HIGH")],
    # caches and tickets
    [600, 'a provider that is not loaded', global('! SSLSessionCache dbm:@ROOT@/run/cache')],
    [601, 'arguments that are refused',    global('! SSLSessionCache shmcb:@ROOT@/run/cache(1)')],
    [602, 'a size that is refused',        global('! SSLSessionCache shm:1')],
    [603, 'no cache',                      global('! SSLSessionCache none')],
    # stapling
    [869, 'a response that is made up',    good('! SSLStaplingFakeTryLater on')],
    [871, 'a responder that is no URL',    good('! SSLStaplingForceURL ocsp')],
    [872, 'a store that is no folder',     global('! TLSPlusStapleStore on')],
    # groups
    [154, 'a group that does not exist',   good('! TLSPlusGroups nosuchgroup:P-256')],
    [154, 'a misspelt group',              good('! TLSPlusGroups P256')],
    [154, 'no group that exists',          good('! TLSPlusGroups ?nosuchgroup')],
    [915, 'looks at no time',              global('! TLSPlusReload 0')],
    [957, 'warns at no time',              global('! TLSPlusExpiryWarning soon')],
    [958, 'a program by its name alone',   global('! TLSPlusNotifyCmd notify')],
    # clients
    [700, 'a misspelt word for clients',   good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLVerifyClient requre')],
    [701, 'a misspelt word for lists',     good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLCARevocationCheck chains', '  SSLCARevocationFile @CERTS@/list.pem')],
    [705, 'authorities without links',     good('! SSLCACertificatePath @ROOT@/ca')],
    [713, 'lists that are not used',       good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLCARevocationFile @CERTS@/list.pem')],
    # hosts
    [312, 'TLS on port 80',                good() . "<VirtualHost *:80>\n  ServerName b.test\n! SSLEngine on\n  SSLCertificateFile \@CERTS\@/b.crt\n  SSLCertificateKeyFile \@CERTS\@/b.key\n</VirtualHost>\n"],
    [312, 'TLS on port 80, inherited',     "SSLEngine on\nSSLCertificateFile \@CERTS\@/direct.crt\nSSLCertificateKeyFile \@CERTS\@/direct.key\n" . good() . "! <VirtualHost *:80>\n  ServerName b.test\n</VirtualHost>\n"],
    [321, 'a rule for every browser',      good('! BrowserMatch "MSIE|Mozilla" nokeepalive')],
    [210, 'a key that another host has',   host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/other.key') . (host(pair('other')) =~ s/a\.test/b.test/r)
                                          . (host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/direct.key') =~ s/a\.test/c.test/r)],
    [226, 'an intermediate in the folder', host('! SSLCertificateFile @ROOT@/site/cert.pem', '  SSLCertificateKeyFile @CERTS@/a.key')],
    # directives, one at a time
    [102, 'TLS by the Upgrade header',     good('! SSLEngine optional')],
    [110, 'a folder that is not there',    good('! SSLCACertificatePath @ROOT@/none')],
    [139, 'FIPS without a provider',       global('! SSLFIPS on')],
    [140, 'FIPS on and off',               global('SSLFIPS off', '! SSLFIPS on')],
    [145, 'an unknown word for OCSP',      good('! SSLOCSPEnable maybe')],
    [150, 'an unknown answer',             good('! TLSPlusPlainHTTP maybe')],
    [151, 'ciphers in two words',          good('! SSLCipherSuite HIGH !aNULL')],
    [152, 'groups in two words',           good('! SSLOpenSSLConfCmd Groups X25519 P-256')],
    # responders
    [890, 'a proxy that is no URL',        good('! SSLOCSPProxyURL proxy:3128')],
    [891, 'a time that is too long',       good('! TLSPlusOCSPCacheTime 100000')],
    [892, 'a responder that is no URL',    good('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on', '! SSLOCSPDefaultResponder ocsp.example')],
    [893, 'nobody to override with',       good('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on', '! SSLOCSPOverrideResponder on')],
    [894, 'OCSP without clients',          good('! SSLOCSPEnable on')],
    [895, 'no certificate of a responder', good('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on', '! SSLOCSPResponderCertificateFile @CERTS@/direct.key')],
    [896, 'OCSP and forgiveness',          good('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient optional_no_ca', '! SSLOCSPEnable on')],
    [897, 'anybody may answer',            good('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on', '! SSLOCSPNoVerify on')],
    # certificates and keys
    [246, 'an encrypted key',              host('  SSLCertificateFile @CERTS@/locked.crt', '! SSLCertificateKeyFile @CERTS@/locked.enc.key')],
    [250, 'garbled DH parameters',         host('! SSLCertificateFile @CERTS@/baddh.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [261, 'a group that TLS has not',      host('! SSLCertificateFile @CERTS@/oddgroup.crt', '  SSLCertificateKeyFile @CERTS@/direct.key')],
    (defined run_as()) ? [266, 'a key of the children', host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/theirs.key')] : (),
    # passwords
    [281, 'no verifier file',              good('! SSLSRPVerifierFile @CERTS@/direct.crt')],
    [283, 'no user',                       good('! SSLSRPVerifierFile @CERTS@/nobody.srpv')],
    [284, 'a group that is not known',     good('! SSLSRPVerifierFile @CERTS@/group.srpv')],
    [285, 'verifiers for everybody',       good('! SSLSRPVerifierFile @CERTS@/open.srpv')],
    [286, 'a seed alone',                  good('! SSLSRPUnknownUserSeed secret')],
    [287, 'no cipher for passwords',       good('  SSLSRPVerifierFile @CERTS@/users.srpv', '! SSLCipherSuite ECDHE')],
    [288, 'no version for passwords',      good('  SSLSRPVerifierFile @CERTS@/users.srpv', '! SSLProtocol TLSv1.3')],
    [289, 'a version without passwords',   good('! SSLSRPVerifierFile @CERTS@/users.srpv', '  SSLCipherSuite "!DSS:!aRSA:SRP"')],
    [289, '... that is asked for',         good('  SSLSRPVerifierFile @CERTS@/users.srpv', '  SSLCipherSuite "!DSS:!aRSA:SRP"', '! SSLProtocol all')],
    # hosts
    [311, 'no TLS on port 443',            good() . "! <VirtualHost *:443>\n  ServerName b.test\n</VirtualHost>\n"],
    [313, 'SSLEngine is inherited',        "SSLEngine on\nSSLCertificateFile \@CERTS\@/direct.crt\nSSLCertificateKeyFile \@CERTS\@/direct.key\n"
                                          . "<VirtualHost *:\@PORT\@>\n  ServerName a.test\n  SSLEngine off\n</VirtualHost>\n! <VirtualHost *:\@PORT\@>\n  ServerName b.test\n</VirtualHost>\n"],
    [331, 'a host without a port',         "! <VirtualHost *>\n  ServerName b.test\n</VirtualHost>\n" . good()],
    [332, 'old versions by a command',     good('! SSLProtocol all', '  SSLOpenSSLConfCmd CipherString DEFAULT:@SECLEVEL=0')],
    [334, 'a redirection to itself',       "Listen 443\n" . (good('! Redirect / https://a.test/') =~ s/:\@PORT\@/:443/r), [qw(alias)]],
    # ciphers
    [305, 'several words',                 good('! SSLCipherSuite HIGH:ADH:eNULL:!MD5')],
    [305, 'in quotation marks',            good('! SSLCipherSuite "HIGH ADH"')],
    [336, 'a word that is not known',      good('! SSLCipherSuite HIGH:NOSUCHCIPHER')],
    [337, 'a suite of TLS 1.3 in the list', good('! SSLCipherSuite HIGH:TLS_AES_128_GCM_SHA256')],
    [339, 'signatures of TLS 1.2 alone',   good('! SSLOpenSSLConfCmd SignatureAlgorithms ECDSA+SHA384')],
    [338, 'a place without ciphers',       good('  <Location /x>', '! SSLCipherSuite NOSUCHCIPHER', '  </Location>')],
    [717, 'ciphers of a place',            good('  <Location /x>', '! SSLCipherSuite HIGH', '  </Location>')],
    # passwords of HTTP
    [320, 'passwords in the clear',        password_host('! AuthType Basic'), \@PASSWORDS],
    [323, 'TLS instead of a password',     password_host('  AuthType Basic', '! Require ssl'), \@PASSWORDS],
    # what is asked of a request
    [501, 'an expression',                 good('  <Location /x>', '! SSLRequire %{NO_SUCH} eq "x"', '  </Location>')],
    [502, 'SSLRequireSSL with a word',     good('  <Location /x>', '! SSLRequireSSL off', '  </Location>')],
    [508, 'Require ssl with a word',       good('  <Location /x>', '! Require ssl on', '  </Location>'), [qw(authz_core)]],
    [508, 'Require ssl-verify-client with a word', good('  <Location /x>', '! Require ssl-verify-client x', '  </Location>'), [qw(authz_core)]],
    # caches and tickets
    (has_module('socache_dbm') ? [607, 'sessions in a file', global('! SSLSessionCache dbm:@ROOT@/run/cache'), [qw(socache_dbm)]] : ()),
    [614, 'no time for the cache',         global('SSLSessionCache shm:512000', '! TLSPlusSessionCacheWait 0')],
    [622, 'no ticket keys',                good('! SSLSessionTicketKeyFile @CERTS@/none.ticket')],
    [623, 'half a ticket key',             good('! SSLSessionTicketKeyFile @CERTS@/half.ticket')],
    [626, 'ticket keys for everybody',     good('! SSLSessionTicketKeyFile @CERTS@/open.ticket')],
    [627, 'a ticket key twice',            good('  SSLSessionTicketKeyFile @CERTS@/one.ticket', '! SSLSessionTicketKeyFile @CERTS@/one.ticket')],
    [628, 'too many ticket keys',          good((map { "  SSLSessionTicketKeyFile \@CERTS\@/one.ticket" } 1 .. 32), '! SSLSessionTicketKeyFile @CERTS@/one.ticket')],
    [631, 'a short secret',                good('! SSLSessionTicketSecretFile @CERTS@/half.ticket')],
    [632, 'keys and a secret',             good('  SSLSessionTicketSecretFile @CERTS@/one.ticket', '! SSLSessionTicketKeyFile @CERTS@/one.ticket')],
    [633, 'keys without tickets',          good('  SSLSessionTickets off', '! SSLSessionTicketKeyFile @CERTS@/one.ticket')],
    [634, 'tickets for a week',            good('  SSLSessionTicketSecretFile @CERTS@/one.ticket', '! SSLSessionCacheTimeout 604800')],
    [635, 'a key for a second',            global('! TLSPlusTicketKeyRotation 1')],
    # clients
    [702, 'authorities of a place',        good('  <Location /x>', '! SSLCACertificateFile @CERTS@/ca.crt', '  </Location>')],
    [703, 'a key for an authority',        good('! SSLCACertificateFile @CERTS@/direct.key')],
    [704, 'half an authority',             good('! SSLCACertificateFile @CERTS@/half-ca.crt')],
    [706, 'an expired authority',          good('  SSLVerifyClient require', '! SSLCACertificateFile @CERTS@/mid.crt')],
    [708, 'an authority for a list',       good(@LISTS, '! SSLCARevocationFile @CERTS@/ca.crt')],
    [709, 'half a list',                   good(@LISTS, '! SSLCARevocationFile @CERTS@/half-list.pem')],
    [710, 'lists without links',           good(@LISTS, '! SSLCARevocationPath @ROOT@/lists')],
    [711, 'an expired list',               good(@LISTS, '! SSLCARevocationFile @CERTS@/old-list.pem')],
    [712, 'no list',                       good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLCARevocationCheck chain')],
    [714, 'no authority',                  good('! SSLVerifyClient require')],
    [715, 'names without authorities',     good('! SSLCADNRequestFile @CERTS@/ca.crt')],
    # other servers
    [716, 'a place that asks',             good('  SSLCACertificateFile @CERTS@/ca.crt', '  <Location /x>', '! SSLVerifyClient require', '  </Location>')],
    # certificates for backends
    [820, 'an encrypted key for backends', good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-locked.pem')],
    [821, 'a key without certificate',     good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/direct.key')],
    [822, 'a key of somebody else',        good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-other.pem')],
    [823, 'a certificate without key',     good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/direct.crt')],
    [823, 'a folder without a pair',       good('  SSLProxyEngine on', '! SSLProxyMachineCertificatePath @ROOT@/ca')],
    [824, 'a garbled certificate beside',  good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-garbled.pem')],
    [825, 'an old certificate',            good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-old.pem')],
    [826, 'an early certificate',          good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-early.pem')],
    [827, 'one that ends soon',            good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-soon.pem')],
    [828, 'one for servers',               good('  SSLProxyEngine on', '! SSLProxyMachineCertificateFile @CERTS@/m-server.pem')],
    [829, 'a key for a chain',             good('  SSLProxyEngine on', '  SSLProxyMachineCertificateFile @CERTS@/m-direct.pem', '! SSLProxyMachineCertificateChainFile @CERTS@/direct.key')],
    [830, 'a chain of another',            good('  SSLProxyEngine on', '  SSLProxyMachineCertificateFile @CERTS@/m-direct.pem', '! SSLProxyMachineCertificateChainFile @CERTS@/mid.crt')],
    [831, 'an old link',                   good('  SSLProxyEngine on', '  SSLProxyMachineCertificateFile @CERTS@/m-below.pem', '! SSLProxyMachineCertificateChainFile @CERTS@/mid.crt')],
    [228, 'a chain of somebody else',      host(pair('b'), '! SSLCertificateChainFile @CERTS@/strange.chain') =~ s/a\.test/b.test/r],
);
# their prose is not that of their id
my %MENDED = map { $_ => 1 } 'typographic quotation marks', 'guillemets', 'a zero-width space', 'a key that another host has', 'a chain of somebody else';

$certs->leaf('elsewhere', san => ['c.test'], intermediates => 1, issuer => 'elsewhere');
$certs->write('strange.chain', $certs->read('elsewhere.chain'));
my $direct = $certs->read('direct.crt');
$certs->write('baddh.crt',    $direct, "-----BEGIN DH PARAMETERS-----\nAAECAwQFBgcICQ==\n-----END DH PARAMETERS-----\n");
$certs->write('oddgroup.crt', $direct, run([qw(openssl ecparam -name prime192v2)])->{out});
$certs->write('half-ca.crt',  $certs->read('ca.crt'), substr $certs->read('ca.crt'), 0, 300);
$certs->write('half-list.pem', substr $certs->read('list.pem'), 0, 200);
$certs->crl('old-list', expired => 1);
$certs->write('one.ticket',  'x1' x 40);
$certs->write('half.ticket', 'x' x 20);

# Certificate and key in one file, for backends.
$certs->leaf('server', cn => 'server', extensions => ['extendedKeyUsage=serverAuth']);
$certs->write("m-$_.pem", $certs->read("$_.crt"), $certs->read("$_.key")) for qw(direct old early soon server below);
$certs->write('m-locked.pem',  $certs->read('locked.crt'), $certs->read('locked.enc.key'));
$certs->write('m-other.pem',   $certs->read('direct.crt'), $certs->read('other.key'));
$certs->write('m-garbled.pem', $certs->read('garbled.crt'), $certs->read('m-direct.pem'));

# Files that a fix changes, or may.
sub make_exposed () {
    $certs->write('open.ticket', join '', map { chr($_ * 7 % 256) } 1 .. 80);
    run([qw(openssl srp -srpvfile), "$dir/users.srpv", qw(-gn 2048 -add -userinfo x -passout pass:secret anna)]) if !-s "$dir/users.srpv";
    $certs->write('open.srpv',   $certs->read('users.srpv'));
    chmod 0644, "$dir/open.ticket", "$dir/open.srpv" or die "chmod: $!\n";
    my ($account) = run_as();
    $certs->write('theirs.key', $certs->read('direct.key'));
    chown scalar getpwnam($account), -1, "$dir/theirs.key" if defined $account;
}
$certs->write('users.srpv', '');
make_exposed();
$certs->write('nobody.srpv', $certs->read('users.srpv') =~ s/^V/R/mgr);
$certs->write('group.srpv',  $certs->read('users.srpv') =~ s/\t2048\t/\t1234\t/r);

my %files = ('lists/list.pem' => $certs->read('list.pem'), 'ca/ca.crt' => $certs->read('ca.crt'), 'site/cert.pem' => $certs->read('a.crt'), 'site/chain.pem' => $certs->read('a.chain'));

my (%followed, %told_in_prose);
for my $row (errors, warnings, @MORE) {
    my ($id, $what, $marked, $modules) = @$row;
    my $label = sprintf 'TP%04d: %s', $id, $what;
    my ($conf) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf, files => \%files, modules => $modules // []);
    my ($fix, $at) = told($server->configtest->{text}, $id);
    ok defined $fix, "$label: is told" or next;
    my $do = instruction($fix);
    if ($PROSE{$id} && !$MENDED{$what} && !$do) {
        pass "$label: in prose";
        ++$told_in_prose{$id};
        next;
    }
    ok $do, "$label: what to do can be copied" or diag("Fix: $fix"), next;
    my ($verb, $argument) = @$do;
    if ($verb eq 'run') {
        my $done = run(['sh', '-c', $argument]);
        is $done->{exit}, 0, "$label: $argument" or diag $done->{err};
    }
    else {
        $server->configure(changed($conf, $at, $verb, $argument));
    }
    my $after = $server->configtest;
    is $after->{exit}, 0, "$label: $verb " . ($argument // '') . ': passes' or diag $after->{text};
    ok !told($after->{text}, $id), "$label: and is told no more" or diag $after->{text};
    ++$followed{$id};
    make_files($certs), make_exposed() if $verb eq 'run';
}

# On other machines: another OpenSSL, another account, without mod_socache_dbm.
push @APART, ['the row is for other machines', grep { my $id = $_; !grep { $_->[0] == $id } errors, warnings, @MORE } 113, 216, 235, 236, 266, 607];
my %apart = map { my ($why, @ids) = @$_; map { $_ => $why } @ids } @APART;
my ($enum) = slurp(srcdir() . '/ssl_engine/messages/diagnostics.h') =~ /enum class Tp : MessageId \{(.*?)\n\};/s or die "no enum Tp\n";
my %name = reverse $enum =~ /^\s*(\w+) = (\d+),/mg;
my @has_row = map { $_->[0] } errors, warnings, @MORE;
my %seen = map { $_ => 1 } @has_row, keys %apart;
is_deeply [map { sprintf 'TP%04d %s', $_, $name{$_} } grep { !$seen{$_} } sort { $a <=> $b } keys %name], [], 'every message has a row, or a reason to have none';
is_deeply [grep { $apart{$_} } @has_row], [], '... not both';
is_deeply [grep { !$name{$_} } sort keys %seen], [], '... and every row a message';

is join(' ', grep { $followed{$_} && !$told_in_prose{$_} } sort keys %PROSE), '', 'what is declared as prose is prose';
cmp_ok scalar(keys %followed), '>=', 40, scalar(keys %followed) . ' messages were followed';
note 'followed: ', join ' ', sort keys %followed;
note 'in prose: ', join ' ', sort keys %told_in_prose;

done_testing;
