# SPDX-License-Identifier: Apache-2.0
#
# A connection that a child accepted just before it was told to stop. event's listener leaves when it
# counts no connection, and counts one only when its worker has begun with it: a worker that begins
# later finds nobody who would wait for the client, and must do so itself.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs;
use TLSplus::Env qw(mpm);
use TLSplus::Host;
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Server;
use TLSplus::Test;
use POSIX qw(mkfifo);

plan skip_all => 'only event hands connections back to a listener' if mpm() ne 'event';

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
my $server = TLSplus::Server->start(
    certs  => $certs,
    before => 'LoadModule hold_module ' . build_module('mod_hold') . "\nHoldAt \@ROOT\@/run/hold",
    conf   => tls_host('a.test', pair('a')));
$server->put('htdocs/large', 'x' x 5_000_000);
my $hold = $server->root . '/run/hold';

sub threads ($pid) { my @threads = glob "/proc/$pid/task/*"; return scalar @threads }

# Children that were told to stop: the parent goes on before it has new ones.
my %old;

sub restart_gracefully ($name) {
    $old{$_} = 1 for $server->children;
    ok $server->graceful, $name;
}

# A client whose connection is accepted, and which stands still before the server's flight; its child is
# told to stop, and only then the connection's worker begins. Gives the child and the client.
sub begin_at_the_last_moment ($path) {
    my ($child, @older);
    ok wait_until(20, sub { ($child, @older) = $server->children; defined $child && !@older && !$old{$child} }), 'there is one child';
    mkfifo($hold, 0644) or die "mkfifo: $!\n";
    my $client = spawn($server->client->curl_command($path, name => 'a.test'));
    ok wait_until(20, sub { -e "$hold.held" }), 'the connection is accepted, and its worker is late';
    kill STOP => $client->pid;
    rename $hold, "$hold.old";    # new connections are not held
    restart_gracefully('graceful restart');
    ok wait_until(20, sub { threads($child) <= 3 }), 'of the old child the main thread, the watch over handshakes and the late worker are left';
    open my $writer, '>', "$hold.old" or die "$hold.old: $!\n";
    unlink "$hold.old", "$hold.held";
    return ($child, $client);
}

sub ends ($child) {
    return wait_until(20, sub { !kill 0 => $child });
}

for my $path ('/', '/large') {
    subtest "a request for $path" => sub {
        my ($child, $client) = begin_at_the_last_moment($path);
        wait_until(0.5, sub { !kill 0 => $child });
        ok kill(0 => $child), 'the child waits for the client';
        kill CONT => $client->pid;
        like $client->wait(60)->{out}, qr/^200 /, 'the request is answered';
        ok ends($child), 'then the child ends';
    };
}

subtest 'a client that stays silent' => sub {
    $server->configure("TLSPlusHandshakeTimeout 1\n$server->{conf}");
    restart_gracefully('one second for a handshake');
    my $mark = $server->mark;
    my ($child, $client) = begin_at_the_last_moment('/');
    ok ends($child), 'holds the child until the deadline';
    like $server->log($mark), qr/ TP0402: /, 'a log line says so';
    kill CONT => $client->pid;
    unlike $client->wait(60)->{out}, qr/^200 /, 'and is not answered';
};

done_testing;
