# SPDX-License-Identifier: Apache-2.0
#
# What mod_ssl staples beside what we do: the same where a response is good or revoked; where it says nothing that helps a
# client, mod_ssl staples it and we do not. And while a responder hangs, our handshakes are done: the responder is let go
# only after the last of them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;
use TLSplus::Twins;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('other', cn => 'other');
my $responder = TLSplus::Responder->start(certs => $certs);

my %CASES = (
    #               the responder                        mod_ssl       ours
    good         => [{},                                 'good',       'good'],
    revoked      => [{ status => 'revoked' },            'revoked',    'revoked'],
    unknown      => [{ status => 'unknown' },            'unknown',    'none'],
    later        => [{ reply => 'trylater' },            'trylater',   'none'],
    unauthorized => [{ reply => 'unauthorized' },        'unauthorized', 'none'],
    closed       => [{ http => 'close' },                'trylater',   'none'],
    page         => [{ http => 'html' },                 'trylater',   'none'],
    stale        => [{ this => -7200, next => -3600 },   'good',       'none'],     # though it is over
);
# mod_ssl keeps one response for a certificate, whatever its host's directives are.
for my $name (keys %CASES) {
    $certs->leaf($name, san => ["$name.test"]);
    $certs->write("$name.rooted", $certs->read("$name.crt"), $certs->read("$name.root"));
    $responder->answers($name, %{ $CASES{$name}[0] });
}

my $conf = "SSLStaplingCache shmcb:\@ROOT\@/run/staples(65536)\nSSLUseStapling on\nSSLStaplingErrorCacheTimeout 3600\n" . join '',
    map { tls_host("$_.test", pair($_, 'rooted'), '  SSLStaplingForceURL ' . $responder->url($_)) } sort keys %CASES;
my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf);

for my $name (sort keys %CASES) {
    my (undef, $theirs, $mine) = @{ $CASES{$name} };
    is stapled($twins->stock, name => "$name.test"), $theirs, "$name: mod_ssl staples $theirs";
    ok comes_to_staple($twins->ours, $mine, name => "$name.test"), "$name: we, $mine";
}
ok wait_until(60, sub { $twins->ours->log_lines(qr/TP0860: /) == 6 }), 'of ours, each that is not stapled is told';
is stapled($twins->ours, name => "$_.test"), $CASES{$_}[2], "$_: still" for sort keys %CASES;
ok $twins->stop, 'both stop cleanly';

subtest 'a responder that hangs delays nobody' => sub {
    $responder->answers('slow', wait_for => 'handshakes are done');
    $certs->leaf('a', san => ['a.test']);
    $certs->write('a.rooted', $certs->read('a.crt'), $certs->read('a.root'));
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('a', 'rooted'), '  SSLUseStapling on',
            '  SSLStaplingResponderTimeout 120', '  SSLStaplingForceURL ' . $responder->url('slow')));
    ok wait_until(30, sub { $responder->asked('slow') }), 'it was asked, and holds its answer back';
    is stapled($server), 'none', 'a handshake is done meanwhile' for 1 .. 10;
    is $responder->asked('slow'), 1, 'and asks nothing';
    $responder->let_go('handshakes are done');
    ok comes_to_staple($server, 'good'), 'let go, it answers, which is stapled';
    ok $server->stop, 'stops cleanly';
};

$responder->stop;
done_testing;
