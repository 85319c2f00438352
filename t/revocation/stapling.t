# SPDX-License-Identifier: Apache-2.0
#
# OCSP stapling: a response is fetched beside all handshakes, checked, and sent to clients that ask for one, whatever
# kind of certificate it is for and whoever may sign it. What is not good is not sent, and no handshake waits for a
# responder.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;
use TLSplus::Tool;

needs_tlsplus();

my $certs     = TLSplus::Certs->new;
my $ca        = $certs->ca;
my $responder = TLSplus::Responder->start(certs => $certs);
my $asks      = 'authorityInfoAccess=OCSP;URI:' . $responder->url('good');
$responder->answers('good');
$certs->leaf('ec',  san => ['a.test', 'localhost'], extensions => [$asks]);
$certs->leaf('rsa', san => ['a.test', 'localhost'], extensions => [$asks], key => 'rsa');
$certs->leaf('delegate', cn => 'delegate', extensions => ['extendedKeyUsage=OCSPSigning', 'noCheck=ignored']);
$certs->leaf('other',    cn => 'other');
$certs->write('ec.rooted',  $certs->read('ec.crt'),  $certs->read('ec.root'));
$certs->write('rsa.rooted', $certs->read('rsa.crt'), $certs->read('rsa.root'));

sub both_kinds { (pair('rsa', 'rooted'), pair('ec', 'rooted')) }

subtest 'both kinds of certificate, both versions' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status'], conf => tls_host('a.test', both_kinds(), '  SSLUseStapling on',
            "  <Location /server-status>\n    SetHandler server-status\n  </Location>"));
    my %kind = (ec => 'ECDSA+SHA256', rsa => 'RSA-PSS+SHA256');
    for my $kind (sort keys %kind) {
        for my $tls ('TLSv1.2', 'TLSv1.3') {
            ok comes_to_staple($server, 'good', tls => $tls, sigalgs => $kind{$kind}), "$kind, $tls";
        }
    }
    is $responder->asked('good'), 2, 'the responder was asked once for each certificate';
    is $server->handshake(name => 'a.test')->verify, 0, 'who asks for no staple gets the certificate';

    my $looked = check('localhost:' . $server->port, '--ca', $ca);
    like $looked->{out}, qr/staple +good, of \S+ \S+ UTC, until \S+ \S+ UTC/, 'tlsplus-check believes it, too';

    my $status = $server->get('/server-status?auto', name => 'a.test')->body;
    like $status, qr/^TLSStapleCertificates: 2\nTLSStaplesHeld: 2\nTLSStaplesFailing: 0\nTLSStapleFirstOver: 3[0-9]{3}\n/m, 'the status page knows them';
    my ($sent) = $status =~ /^TLSHandshakesStapled: (\d+)/m;
    cmp_ok $sent, '>=', 5, 'and counts handshakes with a response';
    like $status, qr/^TLSStaplesReceived: 2\nTLSStapleQuestionsFailed: 0\nTLSStaplesRefused: 0\n/m, 'and responses';
    like $server->get('/server-status', name => 'a.test')->body, qr/OCSP stapling.*certificates that are stapled: <b>2</s, 'for people as well';
    is stapled($server, tls => 'TLSv1.2', args => ['-status'], sess_out => $server->root . '/run/s'), 'good', 'a session is begun';
    is stapled($server, tls => 'TLSv1.2', args => ['-status'], sess_in => $server->root . '/run/s'), 'no word', 'resumed, there is no certificate to staple to';
    ok $server->stop, 'stops cleanly';
};

subtest 'who may sign it, and what it may say' => sub {
    my @fine = (
        ['the issuer',      good => {}],
        ['its delegate',    good => { signer => 'delegate' }],
        ['by key',          good => { by => 'key' }],
        ['revoked',         revoked => { status => 'revoked', reason => 1 }],
        ['without an end',  good => { next => 'none' }],
    );
    my @wrong = (
        [unknown      => { status => 'unknown' }],          [stranger     => { signer => 'other' }],
        [serial       => { serial => 'wrong' }],            [signature    => { signature => 'wrong' }],
        [expired      => { this => -7200, next => -1 }],    [future       => { this => 900, next => 7200 }],
        [malformed    => { reply => 'malformed' }],         [internal     => { reply => 'internal' }],
        [trylater     => { reply => 'trylater' }],          [sigrequired  => { reply => 'sigrequired' }],
        [unauthorized => { reply => 'unauthorized' }],
        (map { [$_ => { http => $_ }] } qw(hang hang_body drip close html 404 404_answer wrong_type redirect huge empty garbage)),
    );
    my @names = (map({ "f$_" } 0 .. $#fine), map { "w$_" } 0 .. $#wrong);
    $certs->leaf('many', san => [map { "$_.test" } @names], extensions => [$asks]);
    $certs->write('many.rooted', $certs->read('many.crt'), $certs->read('many.root'));
    $responder->answers("fine$_", %{ $fine[$_][2] }) for 0 .. $#fine;
    $responder->answers("wrong$_", %{ $wrong[$_][1] }) for 0 .. $#wrong;
    my $hosts = join '', map {
        my ($kind, $number) = /^(.)(\d+)/;
        tls_host("$_.test", pair('many', 'rooted'), '  SSLStaplingForceURL ' . $responder->url(($kind eq 'f' ? 'fine' : 'wrong') . $number))
    } @names;
    my $server = TLSplus::Server->start(certs => $certs, conf => "SSLUseStapling on\nSSLStaplingResponderTimeout 3\nTLSPlusStapleStore off\n$hosts");
    for my $i (0 .. $#wrong) {
        my ($what) = @{ $wrong[$i] };
        my $is_asked = wait_until(60, sub { $responder->asked("wrong$i") });
        ok $is_asked, "$what: the responder was asked";
        # Some hang at this moment: that handshakes are done all the same is what is to be seen.
        is stapled($server, name => "w$i.test"), 'none', "$what: nothing is stapled";
    }
    for my $i (0 .. $#fine) {
        ok comes_to_staple($server, $fine[$i][1], name => "f$i.test"), "$fine[$i][0]: $fine[$i][1]";
    }
    ok wait_until(60, sub { $server->log_lines(qr/TP0860: /) >= @wrong }), 'each failure is told';
    is scalar($server->log_lines(qr/TP0862: /)), 1, 'and the revocation';
    for my $case ([unknown => 'does not know'], [trylater => 'try later'], [hang => 'no complete answer in time'], [huge => '']) {
        my ($i) = grep { $wrong[$_][0] eq $case->[0] } 0 .. $#wrong;
        logs $server, qr{TP0860: .*\(vhost w$i\.test:\d+\): .*/wrong$i: .*$case->[1].*; nothing is stapled; asked again in \d+ seconds}, "$case->[0]: in words";
    }
    is stapled($server, name => "w$_.test"), 'none', "$wrong[$_][0]: still nothing is stapled" for 0 .. $#wrong;
    ok $server->stop, 'stops cleanly, whoever hangs';
};

# What the responder has in its hand while the handshakes below are done.
subtest 'a valid response goes on being stapled while its renewal hangs' => sub {
    $responder->answers('renewed');
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('ec', 'rooted'), '  SSLUseStapling on',
            '  SSLStaplingStandardCacheTimeout 1', '  SSLStaplingForceURL ' . $responder->url('renewed')));
    ok comes_to_staple($server, 'good'), 'fetched';
    ok wait_until(30, sub { $responder->asked('renewed') >= 2 }), 'and asked for again when it is time';
    $responder->answers('renewed', http => 'hang');
    my $before = $responder->asked('renewed');
    ok wait_until(30, sub { $responder->asked('renewed') > $before }), 'the responder hangs';
    is stapled($server), 'good', 'a handshake is done, with the response that is valid' for 1 .. 3;
    logs $server, qr/TP0860: .*the response before is stapled for another \d+ seconds/, 'which is told';
    is stapled($server), 'good', 'and goes on';
    $responder->answers('renewed', status => 'revoked', this => 0);
    ok comes_to_staple($server, 'revoked'), 'until there is another one';
    logs $server, qr/TP0861: /, 'which is told as well';
    ok $server->stop, 'stops cleanly';
};

subtest 'where the issuer is looked for' => sub {
    $certs->leaf('deep', san => ['a.test'], intermediates => 1, extensions => [$asks]);
    my @rows = (
        ['behind the leaf, being a root',  [pair('ec', 'rooted')],                                'good'],
        ['among the authorities',          [pair('ec'), "  SSLCACertificateFile $ca"],            'good'],
        ['in the chain file',              [pair('ec'), "  SSLCertificateChainFile \@CERTS\@/ec.root"], 'good'],
        ['nowhere',                        [pair('ec')],                                          'none'],
    );
    for my $row (@rows) {
        my ($where, $lines, $expected) = @$row;
        my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', @$lines, '  SSLUseStapling on'));
        ok comes_to_staple($server, $expected), "$where: $expected";
        logs $server, qr/TP0863: .*a\.test/, 'which is told, and no reason not to start' if $expected eq 'none';
        ok $server->stop, 'stops cleanly';
    }
};

subtest 'certificates that name no responder' => sub {
    $certs->leaf('quiet', san => ['a.test'], intermediates => 1);
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('quiet', 'full'), '  SSLUseStapling on'));
    is stapled($server), 'none', 'are not stapled to';
    is scalar(grep { /\[ssl:(?:notice|warn|error)\]/ && /TP08[6-8]\d/ } split /\n/, $server->log), 0, 'and it is no trouble';
    logs $server, qr/TP0868: /, 'but for whom reads the level info';
    ok $server->stop, 'stops cleanly';
};

subtest 'a certificate that promises a staple' => sub {
    $certs->leaf('must', san => ['a.test', 'localhost'], extensions => [$asks, 'tlsfeature=status_request']);
    $certs->write('must.rooted', $certs->read('must.crt'), $certs->read('must.root'));
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('must', 'rooted')));
    logs $server, qr/TP0865: .*a\.test.*write: SSLUseStapling on/, 'where nobody staples';
    $server->stop;
    $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('must', 'rooted'), '  SSLUseStapling on'));
    logs $server, qr/TP0864: .*a\.test/, 'and where there is no response yet';
    ok comes_to_staple($server, 'good'), 'which comes';
    my $mark = $server->mark;
    ok $server->graceful, 'after a restart';
    is stapled($server), 'good', 'it is there at once';
    says_nothing $server, qr/TP086[45]/, 'and nothing is said', mark => $mark;
    is check('localhost:' . $server->port, '--ca', $ca)->{exit}, 0, 'tlsplus-check is content';
    ok $server->stop, 'stops cleanly';
};

subtest 'another module that staples' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('ec', 'rooted'), '  SSLUseStapling on'));
    ok comes_to_staple($server, 'good'), 'a response is fetched';
    my $kept;
    ok wait_until(20, sub { ($kept) = glob $server->root . '/run/tlsplus-staples/*.ocsp' }), 'and kept';
    $certs->write('theirs.ocsp', slurp($kept));
    chmod 0644, $certs->dir . '/theirs.ocsp';    # httpd's children read it, and they are not root
    ok $server->stop, 'stops cleanly';

    $responder->answers('ours', status => 'revoked');
    my $before = 'LoadModule peer_module ' . build_module('mod_peer', '-lssl', '-lcrypto');
    for my $way ('core', 'old') {
        $server = TLSplus::Server->start(certs => $certs, before => $before, conf => tls_host('a.test', pair('ec', 'rooted'),
                '  SSLUseStapling on', '  SSLStaplingForceURL ' . $responder->url('ours'), "  Peer $way staple \@CERTS\@/theirs.ocsp"));
        is stapled($server), 'good', "$way: what it has is stapled";
        logs $server, qr/peer: $way prime for a\.test/, "$way: it was offered the certificate";
        ok $server->stop, 'stops cleanly';
    }
    is $responder->asked('ours'), 0, 'and nobody else asks for one';
};

subtest 'bad news' => sub {
    $responder->answers('gone', status => 'revoked', reason => 1);
    for my $row (['', 'revoked'], ['  SSLStaplingReturnResponderErrors off', 'none']) {
        my ($line, $expected) = @$row;
        my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('ec', 'rooted'), '  SSLUseStapling on',
                '  SSLStaplingStandardCacheTimeout 1', '  SSLStaplingForceURL ' . $responder->url('gone'), $line));
        logs $server, qr/TP0862: .*a\.test: keyCompromise/, 'our own certificate is revoked, which is an error';
        ok comes_to_staple($server, $expected), "it is stapled: $expected";
        my $asked = $responder->asked('gone');
        ok wait_until(30, sub { $responder->asked('gone') >= $asked + 2 }), 'asked again and again';
        is scalar($server->log_lines(qr/TP0862/)), 1, 'told once';
        $server->stop;
    }
};

$responder->stop;
done_testing;
