# SPDX-License-Identifier: Apache-2.0
#
# Clients that finish their handshake and then say nothing hold no worker where the MPM can wait: with
# four times as many of them as there are threads every new client is answered, and a silent one that
# speaks at last is served as if nothing had been. In TLS 1.2 and 1.3, for HTTP/1.1 and HTTP/2.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Crowd;
use TLSplus::Env qw(has_module mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'no C compiler' unless TLSplus::Crowd->program;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $HOST = tls_host('a.test', pair('a'));

# ServerLimit is fixed for the life of the parent; one child, so that no second one comes to the rescue.
my $ONE_CHILD = <<"CONF";
ServerLimit 1
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
AsyncRequestWorkerFactor 40
Timeout 300
ExtendedStatus On
$HOST
<VirtualHost *:\@PLAIN\@>
  <Location "/status">
    SetHandler server-status
  </Location>
</VirtualHost>
CONF

sub new_clients_are_answered ($server, $count, $name) {
    my @clients = map { spawn($server->client->curl_command('/', name => 'a.test')) } 1 .. $count;
    is scalar(grep { $_->wait(60)->{out} =~ /^200 / } @clients), $count, $name;
}

# Workers that do something, besides the one that tells.
sub busy ($server) {
    my ($busy) = $server->get('/status?auto', scheme => 'http', port => 'PLAIN')->body =~ /^BusyWorkers: (\d+)/m;
    return $busy - 1;
}

my @modules = ('status', grep { has_module($_) } 'http2');
my @cases   = (['1.3', 'http/1.1'], ['1.2', 'http/1.1'], (has_module('http2') ? (['1.3', 'h2'], ['1.2', 'h2']) : ()));

SKIP: {
    skip 'only where the MPM can wait', 1 unless mpm() eq 'event';
    subtest '100 silent clients, 25 threads' => sub {
        for my $case (@cases) {
            my ($tls, $alpn) = @$case;
            my $what   = "TLS $tls, $alpn";
            my $server = TLSplus::Server->start(certs => $certs, modules => \@modules, conf => "Protocols h2 http/1.1\n$ONE_CHILD");
            my $crowd  = TLSplus::Crowd->new($server->port, name => 'a.test', count => 100, tls => $tls, alpn => $alpn);
            is $crowd->ready, 100, "$what: all finish their handshakes";
            new_clients_are_answered($server, 10, "$what: new clients are answered");
            is wait_until(30, sub { busy($server) == 0 }) ? 0 : busy($server), 0, "$what: no worker is held";
            is $crowd->look->{closed}, 0, "$what: none was closed for it";
            is $crowd->ask, 100, "$what: all are answered when they speak at last" if $alpn ne 'h2';
            $crowd->leave;
            ok $server->stop, "$what: stops cleanly";
        }
    };

    # ThreadsPerChild 25, MaxRequestWorkers 150 and mod_reqtimeout as Debian ships them
    subtest "200 silent clients, Debian's settings" => sub {
        my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'], conf => <<"CONF");
ServerLimit 16
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
$HOST
CONF
        my $crowd = TLSplus::Crowd->new($server->port, name => 'a.test', count => 200);
        is $crowd->ready, 200, 'all finish their handshakes';
        new_clients_are_answered($server, 10, "wave $_: new clients are answered") for 1 .. 3;
        $crowd->leave;
        ok $server->stop, 'stops cleanly';
    };

    subtest 'a limit of their own' => sub {
        my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'],
            conf => "Timeout 300\nRequestReadTimeout header=2 handshake=1\n$HOST");
        my $mark  = $server->mark;
        my $crowd = TLSplus::Crowd->new($server->port, name => 'a.test', count => 3);
        is $crowd->ready, 3, 'three finish their handshakes';
        ok wait_until(60, sub { $crowd->look->{closed} == 3 }), 'closed in the time of header=';
        logs $server, qr/TP0409: /, 'and logged', mark => $mark;
        $crowd->leave;
        ok $server->stop, 'stops cleanly';
    };
}

# A client that only connects sees the tickets, and their lifetime, before it has asked for anything.
subtest 'tickets without a request' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => "SSLSessionCacheTimeout 4321\n$HOST");
    for my $tls ('1.2', '1.3') {
        my $crowd = TLSplus::Crowd->new($server->port, name => 'a.test', count => 3, tls => $tls);
        is $crowd->ready, 3, "TLS $tls: three connect";
        my $seen = {};
        ok wait_until(20, sub { $seen = $crowd->look; return $seen->{tickets} >= 3 }), "TLS $tls: and have tickets";
        is $seen->{hint}, 4321, "TLS $tls: with the lifetime of the session";
        $crowd->leave;
    }
    ok $server->stop, 'stops cleanly';
};

# Nagle's algorithm keeps a request back until the Finished before it is acknowledged, which the
# kernel does 40 ms later if nobody makes it.
subtest 'a client that waits for an acknowledgement' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => $HOST);
    my %took = map {
        my $crowd = TLSplus::Crowd->new($server->port, name => 'a.test', count => 50, nodelay => $_, ask_at_once => 1);
        is $crowd->ready, 50, "nodelay $_: all are served";
        my $took = $crowd->took;
        $crowd->leave;
        $_ => $took
    } 1, 0;
    cmp_ok $took{0} - $took{1}, '<', 50 * 0.02, 'takes no tenths of a second more than one that does not';
    ok $server->stop, 'stops cleanly';
};

done_testing;
