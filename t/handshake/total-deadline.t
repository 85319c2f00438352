# SPDX-License-Identifier: Apache-2.0
#
# A deadline is one for the whole, not for each wait: a client that sends one more byte shortly before
# its time is over is closed when one that stays silent is. For handshakes, and for a client that is
# asked for its certificate later on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(has_module needs_tlsplus);
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Relay;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

use constant {
    DEADLINE => 4,      # seconds, as configured below
    LATE     => 3.4,    # when the one more byte is sent
    LIMIT    => 60,
};

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->ca;
$certs->leaf('good', cn => 'good');

my $conf = <<'CONF';
AcceptFilter http none
AcceptFilter https none
TLSPlusHandshakeTimeout 4
Timeout 100
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  SSLCACertificateFile  @CERTS@/ca.crt
  <Location "/asked">
    SSLVerifyClient require
  </Location>
</VirtualHost>
CONF

my $hello = record(HANDSHAKE, client_hello(name => 'a.test'));

# Two connections begin together, `late` gets its byte, and both are waited for.
sub end_together ($what, $step, $late, $ended) {
    my $begun = time;
    my ($sent, %end) = 0;
    wait_until(LIMIT, sub {
        $step->();
        if (!$sent && time - $begun > LATE) { $late->(); $sent = 1 }
        for my $who (0, 1) { $end{$who} //= time if $ended->($who) }
        return keys %end == 2;
    });
    ok $sent, "$what: a byte was sent late";
    is scalar(keys %end), 2, "$what: both are closed" or return;
    cmp_ok $end{1} - $end{0}, '<', DEADLINE / 2, "$what: one more byte bought no more time";
    return;
}

for my $mpm (grep { has_module("mpm_$_") } qw(event worker prefork)) {
    subtest "MPM $mpm" => sub {
        my $server = TLSplus::Server->start(certs => $certs, mpm => $mpm, conf => $conf);
        for my $case (['nothing', 0], ['half a hello', length($hello) >> 1]) {
            my ($what, $first) = @$case;
            my @raw = map { TLSplus::Raw->connect($server->port) } 1 .. 2;
            $_->send(substr $hello, 0, $first) for @raw;
            end_together("handshake, $what",
                sub { $_->read_all(0) for @raw },
                sub { $raw[1]->send(substr $hello, $first, 1) },
                sub ($who) { $raw[$who]->ended });
        }

        for my $case (['TLSv1.2', 5], ['TLSv1.3', 4]) {
            my ($version, $records) = @$case;
            my @relay  = map { TLSplus::Relay->new($server->port, pass => $records) } 1 .. 2;
            my @client = map {
                spawn([$server->client->s_client_command(name => 'a.test', port => $_->port, tls => $version, request => 1,
                        args => ['-quiet', '-cert', $certs->dir . '/good.crt', '-key', $certs->dir . '/good.key', '-enable_pha'])],
                    stdin => "GET /asked HTTP/1.1\r\nHost: a.test\r\n\r\n")
            } @relay;
            my $step = sub { $_->step(0.05) for @relay };
            ok wait_until(LIMIT, sub { $step->(); return 2 == grep { $_->is_holding } @relay }), "$version: both are asked and try to answer" or next;
            end_together("asked, $version", $step, sub { $relay[1]->release(1) }, sub ($who) { $relay[$who]->ended });
            $_->stop for @client;
        }
        serves $server, 'still serving', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    };
}

done_testing;
