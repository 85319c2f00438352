# SPDX-License-Identifier: Apache-2.0
#
# What configtest says of connections to other servers: everything that mod_ssl finds out at the start or by a 500,
# and what it never says. Each message names its line; where its fix is a line to write, it is written, and nothing is
# left to say. And the dump shows what holds where.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(modules_dir needs_tlsplus);
use TLSplus::Mistakes;
use TLSplus::Server;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('one', cn => 'one');
$certs->leaf('two', cn => 'two');
$certs->leaf('locked', cn => 'locked', password => 'opensesame');
$certs->leaf('over',   cn => 'over', expired => 1);
$certs->leaf('below',  cn => 'below', intermediates => 1);
$certs->write('one.pair',    map { $certs->read("one.$_") } qw(crt key));
$certs->write('crossed.pair', $certs->read('one.crt'), $certs->read('two.key'));
$certs->write('locked.pair', map { $certs->read("locked.$_") } qw(crt enc.key));
$certs->write('over.pair',   map { $certs->read("over.$_") } qw(crt key));
$certs->write('below.pair',  map { $certs->read("below.$_") } qw(crt key));
$certs->write('open.pair',   map { $certs->read("one.$_") } qw(crt key));
$certs->hashed('open', 'open.pair');
chmod 0644, $_ or die "chmod $_: $!\n" for map { glob $certs->dir . "/$_" } 'open.pair', 'open/*';
$certs->write('text.pem', "this is no certificate\n");
$certs->crl('list');

my @MODULES = qw(proxy proxy_http proxy_balancer slotmem_shm lbmethod_byrequests rewrite);

# A host that passes requests on; "!" marks the line to be named.
sub front (@lines) { join '', map { "$_\n" } '<VirtualHost *:@PLAIN@>', '  ServerName a.test', @lines, '</VirtualHost>' }

my @engine = ('  SSLProxyEngine on');
my @pass   = ('  ProxyPass /x/ https://localhost:1/');
my @verify = ('  SSLProxyVerify require', '  SSLProxyCACertificateFile @CERTS@/ca.crt');

# id, what, configuration, 1 if it is refused.
my @ROWS = (
    [800, 'nobody is verified',                      front('! SSLProxyEngine on', @pass)],
    [800, 'nobody is verified, as is written',       front(@engine, '! SSLProxyVerify none', @pass)],
    [801, 'any name will do',                        front(@engine, @verify, '! SSLProxyCheckPeerName off')],
    [801, 'any name will do, by the old switch',     front(@engine, @verify, '! SSLProxyCheckPeerCN off')],
    [802, 'nobody to be believed',                   front(@engine, '! SSLProxyVerify require')],
    [802, 'nobody to be believed, optionally',       front(@engine, '! SSLProxyVerify optional')],
    [803, 'authorities without verification',        front(@engine, '! SSLProxyCACertificateFile @CERTS@/ca.crt')],
    [803, 'a list without verification',             front(@engine, '  SSLProxyCARevocationCheck leaf', '! SSLProxyCARevocationFile @CERTS@/list.pem')],
    [804, 'a chain that is trusted',                 front(@engine, @verify, '  SSLProxyMachineCertificateFile @CERTS@/below.pair', '! SSLProxyMachineCertificateChainFile @CERTS@/below.chain')],
    [804, 'a lone certificate that is trusted',      front(@engine, @verify, '! SSLProxyMachineCertificateFile @CERTS@/elsewhere.crt')],
    [805, 'settings without engine',                 front('! SSLProxyVerify require', '  SSLProxyCACertificateFile @CERTS@/ca.crt')],
    [805, 'a section without engine',                front(@engine) . qq{<Proxy "https://localhost:1/">\n! SSLProxyCheckPeerName off\n</Proxy>\n}],
    [806, 'a backend without engine',                front('! ProxyPass /x/ https://localhost:1/')],
    [806, 'a backend for WebSockets',                front('! ProxyPass /x/ wss://localhost:1/')],
    [806, 'a backend over HTTP/2',                   front('! ProxyPass /x/ h2://localhost:1/')],
    [806, 'a backend behind a socket',               front('! ProxyPass /x/ unix:/run/x|https://localhost/')],
    [806, 'a backend by a pattern',                  front('! ProxyPassMatch ^/x/(.*)$ https://localhost:1/$1')],
    [806, 'a backend by a rule',                     front('  RewriteEngine on', '! RewriteRule ^/x/(.*) https://localhost:1/$1 [NE,P]')],
    [806, 'a member without engine',                 front('  ProxyPass /x/ balancer://b/', '<Proxy balancer://b>', '! BalancerMember https://localhost:1', '</Proxy>')],
    [806, 'a member elsewhere',                      front('  ProxyPass /x/ balancer://b/', '! BalancerMember balancer://b https://localhost:1')],
    [806, 'an engine that is off',                   front('  SSLProxyEngine off', '! ProxyPass /x/ https://localhost:1/'), 0, qr/SSLProxyEngine is off at \S*test\.conf:3.*Fix: write SSLProxyEngine on at \S*test\.conf:3/],
    [806, 'a place in the host',                     front('<Location /x>', '! ProxyPass https://localhost:1/', '</Location>'), 0, qr/Fix: write SSLProxyEngine on into the <VirtualHost> at \S*test\.conf:1/],
    [806, 'a handler',                               front('<Location /x>', '! SetHandler "proxy:https://localhost:1/"', '</Location>')],
    [806, 'an engine of another section',            front('! ProxyPass /x/ https://localhost:1/', '<Proxy https://localhost:2/>', @engine, '</Proxy>')],
    [807, 'a section without the host\'s engine',    "! <Proxy https://localhost:1/>\n  SSLProxyVerify none\n</Proxy>\n" . front(@engine, @pass)],
    [807, 'a section without the host\'s verification', "SSLProxyEngine on\n! <Proxy https://localhost:1/>\n  SSLProxyCheckPeerExpire off\n</Proxy>\n" . front(@verify, @pass)],
    [154, 'groups that this OpenSSL does not have',  front(@engine, @verify, '! TLSPlusProxyGroups nosuch:P-384'), 1],
    [154, 'a misspelt group',                        front(@engine, @verify, '! TLSPlusProxyGroups X25591:P-384'), 1],
    [156, 'trust without a sign',                    front(@engine, @verify, '! TLSPlusProxyTrust system'), 1, qr/Fix: write: TLSPlusProxyTrust \+system\b/],
    [156, 'misspelt trust',                          front(@engine, @verify, '! TLSPlusProxyTrust +system +partial-chian'), 1],
    [156, 'trust with commas',                       front(@engine, @verify, '! TLSPlusProxyTrust +system,+partial-chain'), 1],
    [803, 'trust without verification',              front(@engine, '! TLSPlusProxyTrust +partial-chain')],
    [808, 'a name that is required and not checked', front(@engine, @verify, '! TLSPlusProxyRequireName on', '  SSLProxyCheckPeerName off')],
    [155, 'a URL for a name',                        front(@engine, @verify, '! TLSPlusProxyName https://a.test:8443/x'), 1, qr/Fix: write: TLSPlusProxyName a\.test\b/],
    [155, 'an address and a port for a name',        front(@engine, @verify, '! TLSPlusProxyName [::1]:8443'), 1, qr/Fix: write: TLSPlusProxyName ::1\b/],
    [155, 'a wildcard for a name',                   front(@engine, @verify, '! TLSPlusProxyName *.test'), 1],
    [810, 'versions that the security level forbids', front(@engine, '! SSLProxyProtocol TLSv1')],
    # what a start would find, too late
    [300, 'no version',                              front(@engine, '! SSLProxyProtocol -all'), 1],
    [301, 'versions with a hole',                    front(@engine, '! SSLProxyProtocol -all +TLSv1.1 +TLSv1.3')],
    [303, 'ciphers that do not exist',               front(@engine, '! SSLProxyCipherSuite nosuch'), 1],
    [304, 'ciphers without keys',                    front(@engine, '! SSLProxyCipherSuite aNULL'), 1],
    [306, 'suites that do not exist',                front(@engine, '! SSLProxyCipherSuite TLSv1.3 nosuch'), 1],
    [336, 'a cipher among others',                   front(@engine, '! SSLProxyCipherSuite HIGH:nosuch')],
    [700, 'a misspelt word',                         front(@engine, '! SSLProxyVerify requre'), 1],
    [701, 'a misspelt word for lists',               front(@engine, @verify, '! SSLProxyCARevocationCheck chian', '  SSLProxyCARevocationFile @CERTS@/list.pem'), 1],
    [701, 'no word for lists',                       front(@engine, @verify, '! SSLProxyCARevocationCheck sometimes', '  SSLProxyCARevocationFile @CERTS@/list.pem'), 1],
    [701, 'another word for what is missing',        front(@engine, @verify, '! SSLProxyCARevocationCheck leaf whatever', '  SSLProxyCARevocationFile @CERTS@/list.pem'), 1],
    [703, 'no authority in a file',                  front(@engine, '! SSLProxyCACertificateFile @CERTS@/one.key'), 1],
    [704, 'text for an authority',                   front(@engine, '! SSLProxyCACertificateFile @CERTS@/text.pem'), 1],
    [703, 'no authority in a folder',                front(@engine, '! SSLProxyCACertificatePath @ROOT@/run'), 1],
    [708, 'no list in a file',                       front(@engine, '! SSLProxyCARevocationFile @CERTS@/one.crt'), 1],
    [709, 'text for a list',                         front(@engine, '! SSLProxyCARevocationFile @CERTS@/text.pem'), 1],
    [712, 'a look-up in no list',                    front(@engine, @verify, '! SSLProxyCARevocationCheck chain'), 1],
    [713, 'a list that is not used',                 front(@engine, @verify, '! SSLProxyCARevocationFile @CERTS@/list.pem')],
    [719, 'a server among the authorities',          front(@engine, '  SSLProxyVerify require', '! SSLProxyCACertificateFile @CERTS@/one.crt')],
    [233, 'a key that others can read',              front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/open.pair'), 0, qr/open\.pair.* mode 0644\).*Fix: run: chmod 600 \S*open\.pair/],
    [233, 'a key in a folder that others can read',  front(@engine, '! SSLProxyMachineCertificatePath @CERTS@/open'), 0, qr/Fix: run: chmod 600 \S*open\/\S+/],
    [309, 'a command that OpenSSL refuses',          front(@engine, @verify, '  TLSPlusProxyOpenSSLConfCmd Options UnsafeLegacyServerConnect', '! TLSPlusProxyOpenSSLConfCmd Options nosuch'), 1],
    [120, 'a command about whom to believe',         front(@engine, @verify, '! TLSPlusProxyOpenSSLConfCmd VerifyMode Peer'), 1, qr/Fix: say it with SSLProxyVerify\b/],
    [820, 'an encrypted key',                        front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/locked.pair'), 1],
    [821, 'a key alone',                             front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/one.key'), 1],
    [822, 'a key of another certificate',            front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/crossed.pair'), 1],
    [823, 'no pair',                                 front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/text.pem')],
    [825, 'a certificate that has ended',            front(@engine, '! SSLProxyMachineCertificateFile @CERTS@/over.pair')],
);

# The marked line is "  <Proxy ...": the message has the line and not its first word.
sub wanted ($id, $line, $directive) {
    my $label = sprintf 'TP%04d: ', $id;
    return $directive =~ /^</ ? qr/^.*$label.*at \S*test\.conf:$line\b/m : expected($id, $line, $directive);
}

# A notice is told at the start, in the log; all else by configtest, too.
my %NOTICE = (800 => 1, 801 => 1);

# (exit, what is said) of the server with its configuration.
sub asked ($server, $id) {
    return @{ $server->configtest }{qw(exit text)} if !$NOTICE{$id};
    my $exit = $server->configtest->{exit};
    $server->begin or return ($exit, $server->said);
    my $log = $server->log;
    $server->stop;
    unlink glob $server->root . '/logs/*';
    return ($exit, $log);
}

my $followed = 0;
for my $row (@ROWS) {
    my ($id, $what, $marked, $refused, $more) = @$row;
    my $label = sprintf 'TP%04d: %s', $id, $what;
    my ($conf, $line, $directive) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf, modules => \@MODULES);
    my ($exit, $text) = asked($server, $id);
    is $exit, $refused ? 1 : 0, "$label: " . ($refused ? 'refused' : 'passes') or diag $text;
    like $text, wanted($id, $line, $directive), "$label: is told with its line";
    like $text, $more, "$label: and in these words" if $more;
    my ($fix, $at) = told($text, $id);
    like $fix // '', qr/^\w/, "$label: what to do about it" or next;
    my $do = instruction($fix) or next;
    my ($verb, $argument) = @$do;
    next if $verb eq 'run';
    $server->configure(changed($conf, $at, $verb, $argument));
    ($exit, $text) = asked($server, $id);
    is $exit, 0, "$label: $verb " . ($argument // '') . ': passes' or diag $text;
    ok !told($text, $id), "$label: and is told no more" or diag $text;
    ++$followed;
}
cmp_ok $followed, '>=', 20, "$followed fixes were followed";

# ---- nothing to say ----

my %QUIET = (
    'a host that verifies'               => front(@engine, @verify, @pass),
    'settings of the main server'        => "SSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/ca.crt\n" . front(@engine, @pass),
    'a server that is believed itself'   => front(@engine, '  SSLProxyVerify require', '  SSLProxyCACertificateFile @CERTS@/one.crt', '  TLSPlusProxyTrust +partial-chain'),
    'an engine that is off'              => front('  SSLProxyEngine off', '  SSLProxyVerify require'),
    'a backend without TLS'              => front('  ProxyPass /x/ http://localhost:1/'),
    'a backend of the main server'       => "ProxyPass /x/ https://localhost:1/\n" . front(@engine, @verify),
    'a section that says all'            => front(@pass, '<Proxy https://localhost:1/>', @engine, @verify, '</Proxy>'),
    'a section of the main server'       => "<Proxy https://localhost:1/>\n" . join("\n", @engine, @verify) . "\n</Proxy>\n" . front(@pass),
    'a section for all'                  => front(@pass, '<ProxyMatch .*>', @engine, @verify, '</ProxyMatch>'),
    'a member in a section with engine'  => front('  ProxyPass /x/ balancer://b/', '<Proxy balancer://b>', @engine, @verify, '  BalancerMember https://localhost:1', '</Proxy>'),
    'a rule that redirects'              => front('  RewriteEngine on', '  RewriteRule ^/x/(.*) https://localhost:1/$1 [R]'),
    'old versions at level 0'            => front(@engine, @verify, '  SSLProxyProtocol TLSv1', '  SSLProxyCipherSuite DEFAULT:@SECLEVEL=0'),
    'a redirection'                      => front('  Redirect /x https://localhost:1/'),
    'a certificate to be shown'          => front(@engine, @verify, '  SSLProxyMachineCertificateFile @CERTS@/one.pair'),
);
for my $what (sort keys %QUIET) {
    my $done = TLSplus::Server->new(certs => $certs, conf => $QUIET{$what}, modules => \@MODULES)->configtest;
    is $done->{exit}, 0, "$what: passes" or diag $done->{text};
    unlike $done->{text}, qr/TP\d{4}/, "$what: and nothing is to be said";
}

# ---- once for each settings ----

{
    my $server = TLSplus::Server->new(certs => $certs, modules => \@MODULES,
        conf => "SSLProxyEngine on\n" . join '', map { front(@pass) =~ s/a\.test/h$_.test/r } 1 .. 20);
    is scalar(() = (asked($server, 800))[1] =~ /TP0800: /g), 1, 'twenty hosts with the settings of one are told once';
    $server->configure(join '', map { front(@engine, @pass) =~ s/a\.test/h$_.test/r } 1 .. 20);
    my ($exit, $text) = asked($server, 800);
    is scalar(() = $text =~ /TP0800: /g), 3, 'twenty that each say the same are told in three lines';
    like $text, qr/TP0800: .*so for 17 more virtual hosts/, 'the last of which counts the others';
}

# ---- the dump ----

{
    my $conf = join "\n", 'SSLProxyEngine on', 'SSLProxyVerifyDepth 3', '<VirtualHost *:@PLAIN@>', '  ServerName a.test', '  SSLProxyCheckPeerCN off',
        '  SSLProxyMachineCertificateFile @CERTS@/one.pair', '  <Proxy "https://localhost:1/">', @verify, '  </Proxy>', '</VirtualHost>', '';
    my $done = TLSplus::Server->new(certs => $certs, conf => $conf, modules => \@MODULES)->configtest(define => ['DUMP_TLS']);
    my %part = map { /\A([^\n]*)\n(.*)\z/s ? ($1 => $2) : () } split /^To other servers, /m, $done->{out};
    my ($main)    = grep { /main server/ } keys %part;
    my ($host)    = grep { /^a\.test/ } keys %part;
    my ($section) = grep { /^<Proxy https:\/\/localhost:1\/> \(\S*test\.conf:7\):$/ } keys %part;
    like $part{ $main // '' } // '', qr/^  SSLProxyVerifyDepth +3 +\S*test\.conf:2$/m, 'the dump: a setting of the main server with its line';
    like $part{ $host // '' } // '', qr/^  SSLProxyVerifyDepth +3 +\S*test\.conf:2$/m, '... which a virtual host has, too';
    like $part{ $host // '' } // '', qr/^  SSLProxyCheckPeerName +off +\S*test\.conf:5$/m, '... what two switches come to';
    like $part{ $host // '' } // '', qr/^  certificate: CN=one, \S+one\.pair$/m, '... a certificate with its file';
    like $part{ $section // '' } // '', qr/^  SSLProxyVerify +require +\S*test\.conf:8$/m, '... a section with its own';
    like $part{ $section // '' } // '', qr/^  SSLProxyVerifyDepth +3 +\S*test\.conf:2$/m, '... and with what it has from its server';
    like $part{ $section // '' } // '', qr/^  SSLProxyCipherSuite +DEFAULT +default$/m, '... and with what nobody says';
}

# ---- once read ----

# As many hosts as are there are asked; the settings of each are what its own lines say.
{
    my $server = TLSplus::Server->start(certs => $certs, modules => \@MODULES,
        conf => "SSLProxyEngine on\n" . front(@verify, @pass) . (front('  SSLProxyVerify none', @pass) =~ s/a\.test/b.test/r));
    ok $server->graceful, 'settings of backends are read again at a graceful restart';
    $server->stop;
}

done_testing;
