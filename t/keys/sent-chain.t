# SPDX-License-Identifier: Apache-2.0
#
# Which certificates follow the server's own over the wire, beside mod_ssl in the same run: those of its file or of
# SSLCertificateChainFile, and where there is none of either, those that are found among the client authorities.
use v5.36;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(needs_tlsplus openssl_is_at_least);
use TLSplus::Host;
use TLSplus::Process qw(run spew);
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Twins;

needs_tlsplus();

# ---- authorities ----

# root - upper - lower - a.test, and the same for other shapes
my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->ca;
$certs->ca('elsewhere');
my %ca = (ca => 1);
$certs->leaf('upper',   cn => 'upper', %ca);
$certs->leaf('lower',   cn => 'lower', %ca, by => 'upper');
$certs->leaf('rsaca',   cn => 'rsa authority', %ca, key => 'rsa');
$certs->leaf('outdated', cn => 'upper', %ca, key_of => 'upper', expired => 1);
$certs->leaf('crossed', cn => 'upper', %ca, key_of => 'upper', issuer => 'elsewhere');
$certs->leaf('expired', cn => 'expired', %ca, expired => 1);
$certs->leaf('weak',    cn => 'weak', %ca, md => 'sha1');
$certs->leaf('a',       cn => 'leaf', san => ['*.test', 'h0.test'], by => 'lower');
$certs->leaf('b',       cn => 'leaf', san => ['*.test'], by => 'upper');
$certs->leaf('r',       cn => 'leaf', san => ['*.test'], by => 'rsaca', key => 'rsa');
$certs->leaf('e',       cn => 'leaf', san => ['*.test'], by => 'expired');
$certs->leaf('w',       cn => 'leaf', san => ['*.test'], by => 'weak');
$certs->leaf('direct',  cn => 'leaf', san => ['*.test']);
$certs->leaf('self',    cn => 'leaf', san => ['*.test'], self_signed => 1);

sub together ($name, @of) { $certs->write("$name.pem", map { $certs->read("$_.crt") } @of) }
together(all      => qw(lower upper ca));
together(jumbled  => qw(ca upper rsaca lower));
together(unrooted => qw(lower upper));
together(aged     => qw(outdated upper ca));
together(aging    => qw(upper outdated ca));
together(crossing => qw(crossed upper ca));
together(crosses  => qw(crossed upper elsewhere));
together(both     => qw(crossed upper ca elsewhere));
together(swapped  => qw(upper lower));
together(rooted   => qw(expired ca));
together(sha1     => qw(weak ca));
together(selfsame => qw(self));
together(full     => qw(a lower upper));
together(half     => qw(a lower));
together(stranger => qw(rsaca));
$certs->write('list.pem', "nothing\n");

sub folder ($name, @of) {
    mkdir "$dir/$name" or die "$name: $!\n";
    spew("$dir/$name/$_.pem", $certs->read("$_.crt")) for @of;
    my $done = run(['openssl', 'rehash', "$dir/$name"]);
    die "rehash: $done->{err}" if $done->{exit};
}
folder(folder => qw(lower upper ca));
folder(upward => qw(upper ca));

# ---- hosts ----

sub with_key ($file, $name) { ("  SSLCertificateFile \@CERTS\@/$file", (pair($name))[1]) }
sub ca_file ($name) { "SSLCACertificateFile \@CERTS\@/$name" }

# name, lines, and what follows the leaf; a root is shown by stock, and never sent by us
my @HOSTS = (
    ['all in one file',               [pair('a'), ca_file('all.pem')],                       'lower, upper'],
    ['in any order',                  [pair('a'), ca_file('jumbled.pem')],                   'lower, upper'],
    ['without the root',              [pair('a'), ca_file('unrooted.pem')],                  'lower, upper'],
    ['one of two',                    [pair('a'), ca_file('lower.crt')],                     'lower'],
    ['the root alone',                [pair('a'), ca_file('ca.crt')],                        ''],
    ['issued by the root',            [pair('direct'), ca_file('all.pem')],                  ''],
    ['its own root',                  [pair('self'), ca_file('selfsame.pem')],               ''],
    ['a folder',                      [pair('a'), 'SSLCACertificatePath @CERTS@/folder'],    'lower, upper'],
    ['file and folder',               [pair('a'), ca_file('lower.crt'), 'SSLCACertificatePath @CERTS@/upward'], 'lower, upper'],
    ['clients asked',                 [pair('a'), ca_file('all.pem'), 'SSLVerifyClient optional', 'SSLVerifyDepth 1'], 'lower, upper'],
    ['clients told of others',        [pair('a'), ca_file('all.pem'), 'SSLVerifyClient optional', 'SSLCADNRequestFile @CERTS@/ca.crt'], 'lower, upper'],
    ['names alone',                   [pair('a'), ca_file('ca.crt'), 'SSLVerifyClient optional', 'SSLCADNRequestFile @CERTS@/all.pem'], ''],
    ['in both places',                [with_key('full.pem', 'a'), ca_file('all.pem')],           'lower, upper'],
    ['half in its file',              [with_key('half.pem', 'a'), ca_file('all.pem')],           'lower'],
    ['a chain file',                  [pair('a'), 'SSLCertificateChainFile @CERTS@/lower.crt', ca_file('all.pem')], 'lower'],
    ['a chain file in the wrong order', [pair('a'), 'SSLCertificateChainFile @CERTS@/swapped.pem', ca_file('all.pem')], 'lower, upper'],
    ['two files with chains',         [with_key('half.pem', 'a'), 'SSLCertificateChainFile @CERTS@/unrooted.pem'], 'lower, upper'],
    ['aged, then valid',              [pair('b'), ca_file('aged.pem')],                      'upper'],
    ['valid, then aged',              [pair('b'), ca_file('aging.pem')],                     'upper'],
    ['expired alone',                 [pair('e'), ca_file('rooted.pem')],                    'expired'],
    ['crossed, without its root',     [pair('b'), ca_file('crossing.pem')],                  'upper'],
    ['crossed, with its root alone',  [pair('b'), ca_file('crosses.pem')],                   'upper'],
    ['crossed, with both roots',      [pair('b'), ca_file('both.pem')],                      'upper'],
    ['two keys',                      [pair('a'), pair('r'), ca_file('jumbled.pem')],        'lower, upper'],
    ['of no use',                     [pair('a'), ca_file('stranger.pem')],                  ''],
    ['revocation looked at',          [pair('a'), ca_file('all.pem'), 'SSLCARevocationCheck chain no_crl_for_cert_ok', 'SSLCARevocationFile @CERTS@/crl.pem'], 'lower, upper'],
    ['by command',                    [pair('a'), 'SSLOpenSSLConfCmd ChainCAFile @CERTS@/all.pem'], 'lower, upper'],
    ['by command, folder',            [pair('a'), 'SSLOpenSSLConfCmd ChainCAPath @CERTS@/folder'],  'lower, upper'],
    ['by command, before the file',   [pair('a'), ca_file('all.pem'), 'SSLOpenSSLConfCmd ChainCAFile @CERTS@/lower.crt'], 'lower'],
    ['a command for clients',         [pair('a'), ca_file('ca.crt'), 'SSLOpenSSLConfCmd VerifyCAFile @CERTS@/all.pem'], ''],
);
$certs->crl('crl');

my $conf = '';
my @names = map { "h$_.test" } 0 .. $#HOSTS;
for my $at (0 .. $#HOSTS) {
    $conf .= tls_host($names[$at], @{ $HOSTS[$at][1] });
}
# inherited from the main server
$conf .= ca_file('all.pem') . "\n" . tls_host(['below.test', 'PORT2'], pair('a'));

# The certificates a client is sent, each by name and digest; a root is just that.
sub sent ($server, $name, $port, @how) {
    my $done = run(['openssl', 's_client', '-connect', '127.0.0.1:' . $server->port($port), '-servername', $name, '-showcerts', @how],
        stdin => '', timeout => 30);
    my @blocks = $done->{out} =~ /^ *\d+ s:CN ?= ?(.*?)\n.*?(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)/gsm;
    my @found;
    while (my ($subject, $pem) = splice @blocks, 0, 2) {
        push @found, $subject =~ /^TLSplus test root/ ? 'root' : "$subject " . substr sha256_hex($pem), 0, 16;
    }
    return join "\n", @found;
}

sub names ($sent) { join ', ', map { s/ .*//r } split /\n/, $sent }

# What stock sends, without the root at its end.
my $ALIKE = sub ($stock, $ours) { $ours eq ($stock =~ s/\nroot\z//r) };

# It sends what a file holds as it is; here it is put in order.
my $SAME_ONES = sub ($stock, $ours) { join("\n", sort split /\n/, $ours) eq join "\n", sort split /\n/, $stock };
my %RULES = ((map { $_->[0] => $ALIKE } @HOSTS), 'a chain file in the wrong order' => $SAME_ONES);

my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf);
for my $version ('-tls1_2', '-tls1_3') {
    $twins->same("all shapes, $version", sub ($server) {
        return { map { $HOSTS[$_][0] => sent($server, $names[$_], 'PORT', $version) } 0 .. $#HOSTS };
    }, least => scalar @HOSTS, differ => \%RULES);
}
$twins->same('the key of another kind, and what the main server says', sub ($server) {
    my ($at) = grep { $HOSTS[$_][0] eq 'two keys' } 0 .. $#HOSTS;
    return {
        rsa   => sent($server, $names[$at], 'PORT', '-tls1_2', '-cipher', 'aRSA'),
        below => sent($server, 'below.test', 'PORT2'),
    };
}, differ => { rsa => $ALIKE, below => $ALIKE });

my $ours = $twins->ours;
for my $at (0 .. $#HOSTS) {
    my ($what, undef, $after) = @{ $HOSTS[$at] };
    is names(sent($ours, $names[$at], 'PORT')), join(', ', 'leaf', $after || ()), "$what: " . ($after || 'nothing');
}

subtest 'a client that knows the root alone' => sub {
    is $ours->get('/', name => $names[0])->status, 200, 'is content';
    ok $ours->graceful, 'also after a graceful restart';
    is $ours->get('/', name => $names[0])->status, 200, 'is content';
};

subtest 'what is told' => sub {
    my $text = $ours->configtest->{text};
    for my $at (0 .. $#HOSTS) {
        my ($what, undef, $after) = @{ $HOSTS[$at] };
        next if $what eq 'issued by the root' || $what eq 'its own root';
        my $told = $text =~ /TP0226: [^\n]*\Q$names[$at]\E/ ? 1 : 0;
        is $told, $after ? 0 : 1, "$what: " . ($after ? 'no issuer is missed' : 'the issuer is missed');
    }
    unlike $text, qr/TP0226: [^\n]*\Q$names[$_]\E/, "$HOSTS[$_][0]: the issuer is no intermediate" for 5, 6;
};
$twins->stop;

# With what is found there stock would fail in each handshake.
subtest 'an intermediate that the security level forbids' => sub {
    my $weak = tls_host('w.test', pair('w'), ca_file('sha1.pem'));
    my $server = TLSplus::Server->start(certs => $certs, conf => $weak);
    is names(sent($server, 'w.test', 'PORT')), 'leaf', 'is not sent, and the server is there';
    like $server->configtest->{text}, qr/TP0226: .*test\.conf:4\b.*"CN=weak"; it is among the authorities for clients, but .*md too weak/,
        'and the reason is told';
    $server->stop;
} unless openssl_is_at_least(3, 2);

done_testing;
