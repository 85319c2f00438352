# SPDX-License-Identifier: Apache-2.0
#
# Restart and stop under load lose no request: connections under way are finished, new ones get the
# new configuration. Afterwards nothing is left: no process, no shared memory, no semaphore, no file.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(mpm);
use TLSplus::Host;
use TLSplus::Process qw(run spawn wait_until);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->leaf('b', san => ['a.test', 'localhost'], cn => 'second certificate');

sub conf ($name) {
    return <<"CONF" . tls_host('a.test', pair($name));
SSLSessionCache shmcb:\@ROOT\@/run/scache(512000)
KeepAlive off
ScriptAlias /cgi/ \@ROOT\@/cgi/
CONF
}

# What the machine holds besides files: System V objects and POSIX shared memory, by name.
sub held {
    my @ipc = map { my $kind = $_; map { "$kind $_" } split /\n/, run(['ipcs', $kind])->{out} } '-m', '-s', '-q';
    my %held = map { s/\s+$//r => 1 } grep { / 0x/ } @ipc;
    $held{$_} = 1 for glob '/dev/shm/*';
    return \%held;
}

# Other servers of this machine come and go; only what one left behind stays. So everything new must
# be gone sooner or later.
sub leaves_nothing ($before, $name) {
    my @new = grep { !$before->{$_} } keys %{ held() };
    ok wait_until(120, sub { my $now = held(); !grep { $now->{$_} } @new }), $name or diag join "\n", @new;
}

my $before = held();
my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi'], conf => conf('a'));
my $begun = $server->root . '/run/slow-request';
$server->cgi('slow', <<"PERL");
open my \$mark, '>', '$begun' or die;
select undef, undef, undef, 2;
print "Content-Type: text/plain\n\ndone\n";
PERL
$server->put('htdocs/large', 'x' x 5_000_000);

# A client that asks again and again, each time anew, until told to stop; its output has one line a
# request. A shell loop, so that the requests do not wait for this program.
sub load ($server, $until, $path) {
    my $curl = join ' ', map { "'" . s/'/'\\''/gr . "'" } @{ $server->client->curl_command($path, name => 'a.test') };
    return spawn(['sh', '-c', "while ! test -e '$until'; do $curl || echo failed; done"]);
}

subtest 'graceful restarts under load' => sub {
    my $until   = $server->root . '/run/enough';
    my @clients = map { load($server, $until, $_ % 2 ? '/' : '/large') } 1 .. 4;
    for my $round (1 .. 4) {
        # each generation serves a while before the next comes
        my $done = scalar(() = $server->access_log =~ /\n/g);
        ok wait_until(60, sub { scalar(() = $server->access_log =~ /\n/g) > $done + 20 }), "round $round: requests are served";
        $server->configure(conf($round % 2 ? 'b' : 'a'));
        ok $server->graceful, "round $round: graceful restart";
        my $subject = $server->handshake(name => 'a.test')->subject;
        is $subject, $round % 2 ? 'CN = second certificate' : 'CN = a.test', "round $round: new connections get the new certificate";
    }
    TLSplus::Process::spew($until, '');
    my @lines = map { split /\n/, $_->wait(60)->{out} } @clients;
    my @bad   = grep { !/^200 1\.1 / } @lines;
    cmp_ok scalar(@lines), '>', 80, 'many requests were made';
    is_deeply \@bad, [], 'every one of them was answered';
};

subtest 'a request under way survives a graceful restart' => sub {
    my $slow = spawn($server->client->curl_command('/cgi/slow', name => 'a.test'));
    ok wait_until(20, sub { -e $begun }), 'under way';
    unlink $begun;
    ok $server->graceful, 'graceful restart';
    like $slow->wait(60)->{out}, qr/^200 /, 'answered all the same';
};

subtest 'a session outlives a graceful restart' => sub {
    my $file = $server->root . '/run/session';
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        my $request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
        $server->handshake(name => 'a.test', tls => $tls, sess_out => $file, request => $request);
        is $server->handshake(name => 'a.test', tls => $tls, sess_in => $file)->reused, 1, "$tls: resumed before it";
    }
};

subtest 'a graceful stop' => sub {
    my $slow = spawn($server->client->curl_command('/cgi/slow', name => 'a.test'));
    ok wait_until(20, sub { -e $begun }), 'a request is under way';
    unlink $begun;
    ok $server->stop_gracefully, 'stops cleanly';
    like $slow->wait(60)->{out}, qr/^200 /, 'the request was answered';
};

leaves_nothing $before, 'no shared memory and no semaphore is left';
my @files = grep { -f && $_ !~ m{/(?:enough|session)$} } glob $server->root . '/run/*';
is_deeply \@files, [], 'no file is left in the runtime folder';

subtest 'a plain stop' => sub {
    ok $server->begin, 'starts again';
    serves $server, 'serves', name => 'a.test';
    ok $server->stop, 'stops cleanly';
    leaves_nothing $before, 'nothing is left';
};

done_testing;
