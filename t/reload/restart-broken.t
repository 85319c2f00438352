# SPDX-License-Identifier: Apache-2.0
#
# A restart over certificates and keys that cannot be used: the parent lives, every host answers, those that are
# broken with what they had before, and everything else is as configured. A first start and configtest refuse.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a',      san => ['a.test'], cn => 'a before');
$certs->leaf('next',   san => ['a.test'], cn => 'a renewed');
$certs->leaf('rsa',    san => ['a.test'], cn => 'a with RSA', key => 'rsa');
$certs->leaf('b',      san => ['b.test'], cn => 'b one');
$certs->leaf('b2',     san => ['b.test'], cn => 'b two');
$certs->leaf('weak',   san => ['a.test'], key => 'rsa1024');
$certs->leaf('locked', san => ['a.test'], password => 'opensesame');
my $dir     = $certs->dir;
my %CONTENT = map { my $name = $_; map { ("$name.$_" => slurp("$dir/$name.$_")) } qw(crt key) } qw(a next b b2 weak rsa);
my $REQUEST = run(['openssl', 'req', '-new', '-key', "$dir/next.key", '-subj', '/CN=a.test'])->{out};

my $server = TLSplus::Server->new(certs => $certs, modules => ['status']);
my $tls    = $server->root . '/tls';

# Line 1 is of the whole server; a.test has its certificate in line 10, and its key in line 11.
sub conf (%opt) {
    my $file = $opt{file} // 'a';
    return ($opt{top} // '') . "\n" . <<'CONF' . tls_host('a.test', "  SSLCertificateFile \@ROOT\@/tls/$file.crt", "  SSLCertificateKeyFile \@ROOT\@/tls/$file.key", $opt{more} // ())
<IfModule status_module>
  <Location "/status">
    SetHandler server-status
  </Location>
</IfModule>
CONF
      . tls_host('b.test', '  SSLCertificateFile @ROOT@/tls/b.crt', '  SSLCertificateKeyFile @ROOT@/tls/b.key') . ($opt{hosts} // '');
}

# In one step, as one should; with undef in the place of its content it is taken away.
sub place ($name, $content) {
    return unlink "$tls/$name" if !defined $content;
    mkdir $tls;
    spew("$tls/$name.new", $content, 0600);
    rename "$tls/$name.new", "$tls/$name" or die "rename: $!\n";
}
sub pair_of ($name, $as) { place("$as.$_", $CONTENT{"$name.$_"}) for qw(crt key) }
sub subject ($name) { $server->handshake(name => $name)->subject // '' }
sub status () { $server->get('/status?auto', name => 'b.test')->body }

pair_of('a', 'a');
pair_of('b', 'b');
$server->configure(conf());

# What is put where, and the message that says why.
my @KINDS = (
    ['a key that is garbage',          sub { place('a.key', "no key\n" x 40) },                                 'TP0\d{3}|no private key', 11],
    ['a certificate that is garbage',  sub { place('a.crt', "no certificate\n" x 40) },                         'holds no certificate', 10],
    ['a truncated key',                sub { place('a.key', substr $CONTENT{'next.key'}, 0, 100) },             'key', 11],
    ['a truncated certificate',        sub { place('a.crt', substr $CONTENT{'next.crt'}, 0, 300) },             'PEM block', 10],
    ['a certificate cut in its DER',   sub { place('a.crt', $CONTENT{'next.crt'} =~ s/\n[^\n]{40,}\n/\n/r) },   'decoded', 10],
    ['the key of another certificate', sub { place('a.key', $CONTENT{'next.key'}) },                            'does not fit', 11],
    ['a certificate without its key',  sub { place('a.crt', $CONTENT{'next.crt'}) },                            'does not fit', 11],
    ['an empty key',                   sub { place('a.key', '') },                                              'is empty', 11],
    ['an empty certificate',           sub { place('a.crt', '') },                                              'is empty', 10],
    ['a key that is gone',             sub { place('a.key', undef) },                                           'does not exist', 11],
    ['a certificate that is gone',     sub { place('a.crt', undef) },                                           'does not exist', 10],
    ['both are gone',                  sub { place("a.$_", undef) for qw(crt key) },                            'does not exist.*does not exist', 10],
    ['a link that leads in a circle',  sub { place('a.key', undef); symlink "$tls/a.key", "$tls/a.key" },       'cannot be read', 11],
    ['a folder in its place',          sub { place('a.crt', undef); mkdir "$tls/a.crt" },                       'not lead to a regular file', 10],
    ['a request in its place',         sub { place('a.crt', $REQUEST) },                                        'certificate request', 10],
    ['a key that is too weak',         sub { pair_of('weak', 'a') },                                            'too weak', 10],
    ['a key with a pass phrase',       sub { place('a.key', slurp("$dir/locked.enc.key")) },                    'pass phrase', 11],
);

sub mend () {
    rmdir "$tls/a.crt";
    unlink "$tls/a.crt", "$tls/a.key";
}

for my $kind (@KINDS[1, 5, 11]) {
    $kind->[1]->();
    refused $server, qr/TP0(?!95)\d{3}: .*test\.conf:$kind->[3]\b/, "a first start: refused with $kind->[0]";
    mend();
    pair_of('a', 'a');
}

$server->begin or die $server->said;
my $parent = $server->pid;
my $round  = 0;
for my $kind (@KINDS) {
    my ($what, $break, $why, $line) = @$kind;
    subtest $what => sub {
        my $mark = $server->mark;
        my $b    = ++$round % 2 ? 'b2' : 'b';
        $break->();
        pair_of($b, 'b');
        ok $round % 3 ? $server->graceful : $server->restart, 'a restart' or return diag $server->said;
        is $server->pid, $parent, 'the parent lives';
        is subject('a.test'), 'CN = a before', 'the broken host has what it had';
        is subject('b.test'), $b eq 'b' ? 'CN = b one' : 'CN = b two', 'and the other what is configured';
        my @told = $server->log_lines(qr/:error\] .*TP(?!0931)\d{4}: .*a\.test/, $mark);
        is scalar(@told), 1, 'one line says so' or diag join "\n", @told;
        like $told[0] // '', qr/\[\w*:error\] .*TP0950: .*test\.conf:$line\b.*vhost a\.test:\d+\).*$why.*served is the certificate with serial \w+.*Fix: .*apachectl graceful/i, 'why, and what to do';
        like status(), qr/^TLSCertificatesKept: 1\n(?s:.*)^TLSCertificateKept: host=a\.test:\d+ place=\S+test\.conf:$line presents=serial \w+ until/m, 'mod_status shows it';
        my $tested = $server->configtest;
        # an encrypted key without a program may be what a person is going to open
        is $tested->{exit}, $why eq 'pass phrase' ? 0 : 1, 'configtest judges as ever';
        like $tested->{text}, qr/TP0(?!95)\d{3}: .*test\.conf:$line\b/, 'with the finding';
        mend();
        pair_of('a', 'a');
    };
}

subtest 'files that are right again' => sub {
    pair_of('next', 'a');
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart';
    is subject('a.test'), 'CN = a renewed', 'the new certificate is served';
    says_nothing $server, qr/TP095\d/, 'and nothing is said', mark => $mark;
    like status(), qr/^TLSCertificatesKept: 0$/m, 'nor shown';
};

subtest 'right again while the server runs' => sub {
    my $mark = $server->mark;
    place('a.key', 'x');
    ok $server->graceful, 'a restart over a broken key';
    like status(), qr/^TLSCertificatesKept: 1$/m, 'mod_status shows it';
    ok wait_until(90, sub { status() =~ /^TLSReloadLooks: (\d+)/m && $1 >= 3 }), 'the files are looked at';
    says_nothing $server, qr/TP0931: .*a\.test/, 'what the restart has told is not told again', mark => $mark;
    place('a.key', 'y');
    logs $server, qr/TP0931: .*a\.test/, 'but what is wrong now', mark => $mark, seconds => 90;
    pair_of('a', 'a');
    ok wait_until(60, sub { subject('a.test') eq 'CN = a before' }), 'files that are right are served without a restart';
    ok wait_until(60, sub { status() =~ /^TLSCertificatesKept: 0$/m }), 'and nothing is shown any more';
    place('a.crt', 'x');
    ok $server->graceful, 'a restart over a broken certificate';
    is subject('a.test'), 'CN = a before', 'keeps what came while the server ran';
    pair_of('next', 'a');
    ok $server->graceful, 'back';
};

subtest 'broken twice in a row' => sub {
    place('a.key', 'x');
    ok $server->graceful, "restart $_" for 1 .. 2;
    is subject('a.test'), 'CN = a renewed', 'kept over both';
    ok $server->restart, 'and a restart that is not graceful';
    is subject('a.test'), 'CN = a renewed', 'and over that';
    pair_of('next', 'a');
};

subtest 'a line that names another file' => sub {
    $server->configure(conf(file => 'mistyped'));
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart' or return diag $server->said;
    is subject('a.test'), 'CN = a renewed', 'the host has what it had';
    logs $server, qr/TP0950: .*test\.conf:10\b.*a\.test.*does not exist.*mistyped\.crt.*does not exist.*mistyped\.key.*served is/, 'and it is told', mark => $mark;
    ok $server->graceful, 'once more';
    is subject('a.test'), 'CN = a renewed', 'and still';
    $server->configure(conf());
};

subtest 'a second certificate of a host' => sub {
    pair_of('rsa', 'rsa');
    my $both = conf(more => "  SSLCertificateFile \@ROOT\@/tls/rsa.crt\n  SSLCertificateKeyFile \@ROOT\@/tls/rsa.key");
    $server->configure($both);
    my %kind = (ec => 'ECDSA+SHA256', rsa => 'RSA-PSS+SHA256');
    my $shown = sub ($kind) { $server->handshake(name => 'a.test', tls => 'TLSv1.3', sigalgs => $kind{$kind})->subject // '' };
    place('rsa.key', 'x');
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart with one that never was good';
    is $shown->('ec'), 'CN = a renewed', 'the first one is served';
    logs $server, qr/TP0951: .*test\.conf:13\b.*a\.test/, 'the second is left out', mark => $mark;
    place('rsa.key', $CONTENT{'rsa.key'});
    ok $server->graceful, 'and with both';
    is $shown->('rsa'), 'CN = a with RSA', 'both are served';
    place('rsa.crt', 'x');
    pair_of('a', 'a');
    ok $server->graceful, 'one broken, the other replaced';
    is $shown->('rsa'), 'CN = a with RSA', 'the broken one is what it was';
    is $shown->('ec'),  'CN = a before',   'the other is the new one';
    $server->configure(conf());
    ok $server->graceful, 'back';
};

subtest 'a new host' => sub {
    my $new = tls_host('new.test', '  SSLCertificateFile @ROOT@/tls/none.crt', '  SSLCertificateKeyFile @ROOT@/tls/none.key');
    my $off = "<VirtualHost *:\@PLAIN\@>\nServerName off.test\nSSLCertificateFile \@ROOT\@/tls/none.crt\n</VirtualHost>\n";
    my $dead = "<VirtualHost *:\@PORT\@>\nServerName shared.test\nSSLEngine on\nSSLCertificateFile \@ROOT\@/tls/a.crt\nSSLCertificateKeyFile \@ROOT\@/tls/a.key\n</VirtualHost>\n";
    $server->configure(conf(hosts => $new . $off . $dead));
    place('a.crt', 'x');
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart' or return diag $server->said;
    logs $server, qr/TP0952: .*does not exist.*none\.crt.*none\.key/, 'it has nothing to present, and that is told', mark => $mark;
    logs $server, qr/TP0953: .*off\.test|TP0953: .*none\.crt/, 'a host without TLS needs no certificate', mark => $mark;
    is subject('new.test'), '', 'its handshakes fail';
    is subject('shared.test'), 'CN = a before', 'one that names the files of another has the last certificate of these files';
    serves $server, 'b is served', name => 'b.test';
    mend();
    pair_of('a', 'a');
    $server->configure(conf());
    ok $server->graceful, 'back';
};

subtest 'TLSPlusKeepLastCertificate off' => sub {
    $server->configure(conf(top => 'TLSPlusKeepLastCertificate off'));
    ok $server->graceful, 'a restart with all files right';
    place('a.key', undef);
    ok $server->refuses_graceful, 'one with a broken key ends the server';
    like $server->said, qr/TP0201: .*test\.conf:11\b/, 'and says why';
};

done_testing;
