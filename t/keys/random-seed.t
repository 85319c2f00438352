# SPDX-License-Identifier: Apache-2.0
#
# SSLRandomSeed: every source and form is accepted as ever, none of them can hold up a start or a
# connection, and what is not needed on this library is said once.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
my $HOST = tls_host('a.test', pair('a'));

my @ACCEPTED = (
    'startup builtin',
    'connect builtin',
    'STARTUP BUILTIN',
    'startup file:/dev/urandom 512',
    'startup /dev/urandom 256',
    'startup file:@ROOT@/run/seed',
    'startup file:run/seed 16',
    'startup exec:@ROOT@/run/program 16',
    'startup exec:@ROOT@/run/program',
    'connect file:/dev/urandom 512',
    'connect exec:@ROOT@/run/program 16',
    # without end and without a number of bytes: the stock mod_ssl reads for ever
    is_tlsplus() ? ('startup file:/dev/urandom', 'startup file:/dev/urandom 0') : (),
);

# A server with these lines; seed and program stand ready.
sub with ($lines) {
    my $server = TLSplus::Server->new(certs => $certs, conf => "$lines\n$HOST");
    $server->put('run/seed', 'some bytes that nobody can guess');
    $server->put('run/program', ["#!/bin/sh\necho \"asked for \$1\" >> $server->{root}/run/asked\nhead -c \${1:-32} /dev/urandom\n", 0755]);
    return $server;
}

subtest 'forms' => sub {
    for my $line (@ACCEPTED) {
        my $server = with("SSLRandomSeed $line");
        ok $server->begin, $line or diag $server->said;
        serves $server, "$line: serves", name => 'a.test';
        $server->stop;
    }
    my $all = with(join "\n", map { "SSLRandomSeed $_" } @ACCEPTED);
    ok $all->begin, 'all of them together' or diag $all->said;
    serves $all, 'serve', name => 'a.test';
    is slurp($all->root . '/run/asked') =~ /^asked for 16$/m, 1, 'a program is told how many bytes';
    $all->stop;
};

subtest 'refused' => sub {
    refused(with("SSLRandomSeed $_"), qr/SSLRandomSeed|seed/i, $_)
      for 'startup', 'always builtin', 'startup builtin 512', 'startup file:@ROOT@/run/none', 'startup exec:@ROOT@/run/none',
      'startup egd:@ROOT@/run/seed', 'startup file:/dev/urandom -1', 'startup @ROOT@/none 16';
};

subtest 'nothing can hold it up' => sub {
    plan skip_all => 'the stock mod_ssl waits' unless is_tlsplus();
    my $server = with(<<'CONF');
SSLRandomSeed startup file:@ROOT@/run/fifo 512
SSLRandomSeed connect file:@ROOT@/run/fifo 512
SSLRandomSeed connect exec:@ROOT@/run/never 512
CONF
    POSIX::mkfifo($server->root . '/run/fifo', 0644) or die "mkfifo: $!\n";
    $server->put('run/never', ["#!/bin/sh\nexec sleep 1000\n", 0755]);
    ok $server->begin, 'a source that never gives a byte does not keep it from starting' or diag $server->said;
    serves $server, 'nor from serving', name => 'a.test' for 1 .. 3;
    like $server->said, qr/TP0132: /, 'the start-up source that gave nothing is warned about';
    my $mark = $server->mark;
    serves $server, 'and again', name => 'a.test';
    says_nothing $server, qr/TP013\d/, 'a connection says nothing of it', mark => $mark;
    ok $server->stop, 'stops cleanly';

    my $slow = with('SSLRandomSeed startup exec:@ROOT@/run/never 512');
    $slow->put('run/never', ["#!/bin/sh\nexec sleep 1000\n", 0755]);
    ok $slow->begin, 'a program that never ends is ended' or diag $slow->said;
    like $slow->said, qr/TP0134: /, 'and that is said';
    ok $slow->stop, 'stops cleanly';
};

subtest 'unreadable and failing sources' => sub {
    plan skip_all => 'the stock mod_ssl says nothing' unless is_tlsplus();
    my $failing = with('SSLRandomSeed startup exec:@ROOT@/run/fails 16');
    $failing->put('run/fails', ["#!/bin/sh\nexit 3\n", 0755]);
    ok $failing->begin, 'a program that fails: starts' or diag $failing->said;
    like $failing->said, qr/TP0133: /, 'with a warning';
    $failing->stop;
    my $short = with('SSLRandomSeed startup file:@ROOT@/run/seed 4096');
    ok $short->begin, 'a file that is too short: starts';
    like $short->said, qr/TP0132: /, 'with a warning';
    $short->stop;
    my $connect = with("SSLRandomSeed connect builtin\nSSLRandomSeed connect file:/dev/urandom 512");
    ok $connect->begin, 'seeding for each connection: starts';
    is scalar(() = $connect->said =~ /TP0130: /g), 1, 'and is told once that nothing comes of it' or diag $connect->said;
    $connect->stop;
};

done_testing;
