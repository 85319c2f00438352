# SPDX-License-Identifier: Apache-2.0
#
# Clients stuck in the middle of a handshake cost sockets, not workers: with 400 of them on one child
# of 25 threads every new client is answered, and a stuck one that goes on at last is served as if
# nothing had been. Where there are more of them than the MPM will hold, the oldest are let go.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
needs_mpm('event');

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

# One child, so that no second one can come to the rescue. (ServerLimit is fixed for the life of the
# parent; a graceful restart needs room for the old child beside the new one.)
sub one_child ($factor, $limit = 1) {
    return <<"CONF" . tls_host('a.test', pair('a'));
AcceptFilter http none
ServerLimit $limit
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
AsyncRequestWorkerFactor $factor
TLSPlusHandshakeTimeout 300
CONF
}

my $hello = record(HANDSHAKE, client_hello(name => 'a.test'));
my $half  = length($hello) >> 1;

# Connections that have sent a part of a hello and wait.
sub stuck ($server, $count, $bytes) {
    return map {
        my $raw = TLSplus::Raw->connect($server->port);
        $raw->send(substr $hello, 0, $bytes);
        $raw
    } 1 .. $count;
}

subtest '400 stuck clients' => sub {
    # the MPM holds 25 and as many times the factor as workers are idle, of which ten are busy at most
    my $server = TLSplus::Server->start(certs => $certs, conf => one_child(40));
    my @stuck  = (stuck($server, 100, 0), stuck($server, 100, 1), stuck($server, 200, $half));
    for my $wave (1 .. 3) {
        my @clients = map { spawn($server->client->curl_command('/', name => 'a.test')) } 1 .. 10;
        is scalar(grep { $_->wait(60)->{out} =~ /^200 / } @clients), 10, "wave $wave: all ten new clients are answered";
    }
    is scalar(grep { $_->read_all(0); $_->ended } @stuck), 0, 'and no stuck one was closed for it';

    $_->send(substr $hello, $half) for @stuck[200 .. 399];
    is scalar(grep { $_->read_record(HANDSHAKE, 60) } @stuck[200 .. 399]), 200,
      'those that go on are answered, however long they waited';
    $_->close for @stuck;
    serves $server, 'served after all left', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'more than the MPM holds' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => one_child(2));
    my $mark   = $server->mark;
    my @stuck  = stuck($server, 200, $half);
    for my $wave (1 .. 3) {
        my @clients = map { spawn($server->client->curl_command('/', name => 'a.test', args => ['--max-time', '55'])) } 1 .. 5;
        is scalar(grep { $_->wait(60)->{out} =~ /^200 / } @clients), 5, "wave $wave: all five new clients are answered";
    }
    logs $server, qr/TP0403: /, 'the log says that unfinished handshakes were given up', mark => $mark;
    my @open = grep { $_->read_all(0); !$_->ended } @stuck;
    cmp_ok scalar @open, '<', 200, 'some were let go';
    ok !$stuck[-1]->ended, 'the youngest was not among them';
    ok $server->stop, 'stops cleanly with the rest of them open';
};

subtest 'a stop does not wait for them' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => one_child(20, 2));
    my @stuck  = stuck($server, 50, $half);
    serves $server, 'served', name => 'a.test';
    ok $server->graceful, 'graceful restart';
    serves $server, 'served by the new generation', name => 'a.test';
    ok $server->stop, 'stop';
    isnt $stuck[0]->read_all(20) . $stuck[0]->ended, '', 'stuck ones are closed';
};

done_testing;
