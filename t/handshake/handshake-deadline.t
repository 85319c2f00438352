# SPDX-License-Identifier: Apache-2.0
#
# The whole handshake has a deadline, whatever the client does to stretch it: says nothing, stops in
# the middle, or sends a byte now and then. It ends with the handshake and with nothing after it. It
# holds on every MPM, whether a handshake waits in the MPM (event) or in a thread.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(has_module needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(wait_until);
use TLSplus::Raw qw(client_hello parse_records record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

use constant {
    DEADLINE => 2,     # seconds, as configured below
    LIMIT    => 15,    # what a busy machine may add; still below the default of 20
};

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

# Without AcceptFilter the kernel keeps a connection to itself until its first byte (TCP_DEFER_ACCEPT,
# half a minute), and a client that says nothing would not reach the server within this test.
my $conf = <<'CONF' . tls_host('a.test', pair('a'));
AcceptFilter http none
AcceptFilter https none
TLSPlusHandshakeTimeout 2
Timeout 100
KeepAliveTimeout 10
ScriptAlias /cgi/ @ROOT@/cgi/
CONF

my $hello   = record(HANDSHAKE, client_hello(name => 'a.test'));
my $hello12 = record(HANDSHAKE, client_hello(name => 'a.test', versions => []));
my @STUCK   = (
    ['nothing',                          ''],
    ['one byte',                         substr $hello, 0, 1],
    ['a bare record header',             substr $hello, 0, 5],
    ['half a hello',                     substr $hello, 0, length($hello) / 2],
    ['all of a hello but a byte',        substr $hello, 0, -1],
    ['a TLS 1.3 hello, then silence',    $hello],
    ['a TLS 1.2 hello, then silence',    $hello12],
);

for my $mpm (grep { has_module("mpm_$_") } qw(event worker prefork)) {
    subtest "MPM $mpm" => sub {
        my $server = TLSplus::Server->start(certs => $certs, mpm => $mpm, modules => ['cgi'], conf => $conf);
        $server->cgi('slow', 'select undef, undef, undef, 3; print "Content-Type: text/plain\n\ndone\n";');
        my ($mark, $begun) = ($server->mark, time);
        my @raw = map {
            my $raw = TLSplus::Raw->connect($server->port);
            $raw->send($_->[1]);
            $raw
        } @STUCK;
        serves $server, 'others are served meanwhile', name => 'a.test';
        for my $case (0 .. $#STUCK) {
            my $what = $STUCK[$case][0];
            $raw[$case]->read_all(DEADLINE + LIMIT);
            cmp_ok time - $begun, '>', DEADLINE - 0.5, "$what: not before the deadline" if $case == 0;
            isnt $raw[$case]->ended, '', "$what: closed";
            my $mine = qr/client 127\.0\.0\.1:${\ $raw[$case]->local_port}\].*TP04\d\d:/;
            my $line = logs $server, $mine, "$what: logged", mark => $mark;
            like $line, qr/TP0402: /, "$what: as a handshake not finished in time";
            is scalar($server->log_lines($mine, $mark)), 1, "$what: in one line";
        }

        # time is not bought by sending a little: at this pace the hello alone would take ten deadlines
        my $drip = TLSplus::Raw->connect($server->port);
        my @rest = split //, $hello;
        my $pace = 10 * DEADLINE / @rest;
        while (@rest && !$drip->ended && $drip->send(shift @rest)) { $drip->read_all($pace) }
        isnt $drip->ended, '', 'a byte now and then: closed all the same';
        cmp_ok scalar(@rest), '>', 0, '... before it has sent a whole hello';
        logs $server, qr/client 127\.0\.0\.1:${\ $drip->local_port}\].* TP0402: /, '... and logged as not finished in time', mark => $mark;

        is $server->get('/cgi/slow', name => 'a.test')->body, "done\n", 'a request may take longer than the handshake may';
        serves $server, 'still serving', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    };
}

# The server's first flight is longer than what the systems between it and such a client hold for it.
subtest 'not all is taken' => sub {
    $certs->leaf('long', san => ['a.test'], extensions => ['nsComment=' . join ' ', ('a long comment') x 1400]);
    for my $mpm (grep { has_module("mpm_$_") } qw(event worker prefork)) {
        my $server = TLSplus::Server->start(certs => $certs, mpm => $mpm, conf => "SendBufferSize 4096\n" . $conf =~ s/\ba\.(crt|key)/long.$1/gr);
        my @raw    = map { TLSplus::Raw->connect($server->port, window => 2304) } 1 .. 2;
        my ($mark, $begun) = ($server->mark, time);
        $_->send($hello) for @raw;
        my %line;
        wait_until(DEADLINE + LIMIT, sub {
            sysread $raw[1]->socket, my $byte, 1;    # takes a byte now and then; the other takes none
            for my $i (0, 1) {
                $line{$i} //= ($server->log_lines(qr/client 127\.0\.0\.1:${\ $raw[$i]->local_port}\].*TP04\d\d:/, $mark))[0];
            }
            return 2 == grep { defined } values %line;
        });
        like $line{0} // '', qr/TP0402: /, "$mpm: who reads nothing had its time";
        like $line{1} // '', qr/TP0402: /, "$mpm: who reads a byte now and then had its time";
        cmp_ok time - $begun, '>', DEADLINE - 0.5, "$mpm: not before the deadline";
        ok $server->stop, "$mpm: stops cleanly";
    }
};

subtest 'values' => sub {
    for my $value ('1', '20', '3600') {
        is TLSplus::Server->new(conf => "TLSPlusHandshakeTimeout $value\n")->configtest->{exit}, 0, "accepted: $value";
    }
    for my $value ('0', '-1', '3601', 'soon', '5s', '1.5', '""', '20 30') {
        refused(TLSplus::Server->new(conf => "TLSPlusHandshakeTimeout $value\n"),
            qr/TLSPlusHandshakeTimeout/, "refused: $value");
    }
    refused(TLSplus::Server->new(conf => <<'CONF'), qr/TLSPlusHandshakeTimeout/, 'refused in a virtual host');
<VirtualHost *:@PORT@>
  TLSPlusHandshakeTimeout 5
</VirtualHost>
CONF
};

done_testing;
