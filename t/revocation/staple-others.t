# SPDX-License-Identifier: Apache-2.0
#
# Other modules and our staples, in whatever order they are loaded: another TLS module is given responses for its own
# certificates through httpd's hooks (t/modules/mod_peer.c plays it), without our asking ourselves; and mod_md, where
# it staples, comes first.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs;
use TLSplus::Env qw(has_module modules_dir needs_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Process qw(run spew wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();

my $certs     = TLSplus::Certs->new;
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->ca;
$responder->answers($_) for 'ours', 'theirs';
$responder->answers('forced', status => 'revoked');
for my $name ('ours', 'theirs') {
    $certs->leaf($name, san => ['a.test'], extensions => ['authorityInfoAccess=OCSP;URI:' . $responder->url($name)]);
    $certs->write("$name.rooted", $certs->read("$name.crt"), $certs->read("$name.root"));
    chmod 0644, $certs->dir . "/$name.rooted", $certs->dir . "/$name.crt";    # read by mod_peer, and mod_md's children
}
$certs->leaf('quiet', san => ['a.test']);

# LoadModule lines are before ours or after it.
sub in_order ($order, $lines, $conf) { $order eq 'before' ? (before => $lines, conf => $conf) : (conf => "$lines\n$conf") }

my $peer = 'LoadModule peer_module ' . build_module('mod_peer', '-lssl', '-lcrypto');

sub asker ($name, @lines) {
    return join '', map { "$_\n" } '<VirtualHost *:@PLAIN@>', "  ServerName $name", '  SetHandler peer-staple', @lines, '</VirtualHost>';
}

# What `id` is answered: as stapled() has it.
sub given ($server, $name, $id) {
    my $answer = TLSplus::Plain::ask($server, "/staple?$id", host => $name);
    return 'none' if $answer->status == 404;
    my $file = spew($server->root . '/run/given.ocsp', $answer->body);
    my $seen = run(['openssl', 'ocsp', '-respin', $file, '-resp_text', '-noverify']);
    return $seen->{out} =~ /Cert Status: (\w+)/ ? $1 : 'no word';
}

for my $order ('before', 'after') {
    subtest "another TLS module, loaded $order ours" => sub {
        my $mark = $responder->asked('theirs');
        my $ours = $responder->asked('ours');
        my $server = TLSplus::Server->start(certs => $certs, modules => ['status'], in_order($order, $peer,
                tls_host('a.test', pair('ours', 'rooted'), '  SSLUseStapling on', "  <Location /server-status>\n    SetHandler server-status\n  </Location>")
                . asker('own.test',    '  SSLUseStapling on', '  Peer core ask @CERTS@/theirs.rooted of-theirs')
                . asker('same.test',   '  SSLUseStapling on', '  Peer core ask @CERTS@/ours.rooted of-ours')
                . asker('forced.test', '  SSLUseStapling on', '  SSLStaplingForceURL ' . $responder->url('forced'), '  Peer core ask @CERTS@/theirs.rooted of-forced')
                . asker('off.test',    '  Peer core ask @CERTS@/theirs.rooted of-off')
                . asker('alone.test',  '  SSLUseStapling on', '  Peer core ask @CERTS@/theirs.crt of-alone')
                . asker('quiet.test',  '  SSLUseStapling on', '  Peer core ask @CERTS@/quiet.crt of-quiet')));
        logs $server, qr/peer: core ask for $_\.test: provided/,     "$_: taken"     for qw(own same forced);
        logs $server, qr/peer: core ask for $_\.test: not provided/, "$_: not taken" for qw(off alone quiet);
        ok comes_to_staple($server, 'good'), 'ours are stapled as ever: they are not taken for somebody else\'s';
        ok wait_until(30, sub { given($server, 'own.test', 'of-theirs') eq 'good' }),      'a certificate of its own';
        ok wait_until(30, sub { given($server, 'forced.test', 'of-forced') eq 'revoked' }), 'under other settings';
        is given($server, 'same.test', 'of-ours'), 'good', 'one that we present as well';
        is given($server, 'off.test', "of-$_"), 'none', "$_: nothing" for qw(off alone quiet nobody);
        is $responder->asked('ours') - $ours, 1, 'about which the responder was asked once';
        is $responder->asked('theirs') - $mark, 1, 'as about the other';
        like $server->get('/server-status?auto', name => 'a.test')->body, qr/^TLSStapleCertificates: 3\nTLSStaplesHeld: 3\n/m, 'the status page knows them all';
        ok $server->graceful, 'a graceful restart';
        is given($server, 'own.test', 'of-theirs'), 'good', 'and there is one at once';
        is stapled($server), 'good', 'as ours';
        ok $server->stop, 'stops cleanly';
    };
}

# mod_md asks the responder that the certificate names; we, another one, which calls it revoked.
my $md = join "\n", map { "LoadModule ${_}_module " . modules_dir() . "/mod_$_.so" } grep { has_module($_) eq 'shared' } 'watchdog', 'md';

sub managed (@lines) { join '', map { "$_\n" } 'MDCertificateAgreement accepted', 'MDCertificateAuthority http://127.0.0.1:1/directory',
      'MDContactEmail admin@a.test', 'MDStoreDir @ROOT@/md', @lines }

for my $order ('before', 'after') {
    subtest "mod_md, loaded $order ours" => sub {
        plan skip_all => 'httpd has no mod_md' unless has_module('md');
        my $forced = '  SSLStaplingForceURL ' . $responder->url('forced');
        my $static = "<MDomain a.test>\n  MDCertificateFile    \@CERTS\@/ours.rooted\n  MDCertificateKeyFile \@CERTS\@/ours.key\n</MDomain>";
        my @rows = (
            # mod_md's lines                                 the host's                         stapled
            ['a certificate that it has',    ['MDStapling on', $static],                        [],                       'good'],
            ['one that it knows only so',    ['MDStapling on'],                                 [pair('ours', 'rooted')], 'good'],
            ['one that it leaves alone',     ['MDStapling on', 'MDStapleOthers off'],           [pair('ours', 'rooted')], 'revoked'],
            ['one that it has, not stapled', ['MDStapling off', $static],                       [],                       'revoked'],
        );
        for my $row (@rows) {
            my ($what, $lines, $own, $expected) = @$row;
            my %before = map { $_ => $responder->asked($_) } qw(ours forced);
            my $server = TLSplus::Server->new(certs => $certs, in_order($order, $md, managed(@$lines) . tls_host('a.test', @$own, '  SSLUseStapling on', $forced)));
            ok $server->begin, "$what: starts" or diag $server->said;
            ok comes_to_staple($server, $expected), "$what: $expected is stapled" or diag $server->log =~ s/^(?!.*(?:md|TP08)).*\n//gmr;
            is $responder->asked('forced') - $before{forced}, $expected eq 'good' ? 0 : 1, "$what: so often we have asked";
            is $responder->asked('ours') - $before{ours} > 0 ? 1 : 0, $expected eq 'good' ? 1 : 0, "$what: and it has, or not";
            ok $server->stop, 'stops cleanly';
        }
    };
}

$responder->stop;
done_testing;
