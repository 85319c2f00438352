# SPDX-License-Identifier: Apache-2.0
#
# Filters between TLS and the socket keep working: mod_reqtimeout's times for handshake, header and
# body, mod_logio's counts of what really went over the wire, mod_dumpio's dumps of decrypted data,
# and mod_remoteip's PROXY protocol, whose header comes before the first TLS record.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(has_module is_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Raw qw(client_hello record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $HOST = tls_host('a.test', pair('a'));

my $hello = record(HANDSHAKE, client_hello(name => 'a.test'));

subtest 'mod_reqtimeout' => sub {
    my $long = is_tlsplus() ? "TLSPlusHandshakeTimeout 600\n" : '';
    my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'],
        conf => "${long}AcceptFilter http none\nTimeout 600\nRequestReadTimeout handshake=2 header=2 body=2\n$HOST");
    my %stuck = ('nothing' => '', 'half a hello' => substr($hello, 0, 100), 'a hello, then silence' => $hello);
    my ($begun, $mark) = (time, $server->mark);
    my %raw = map { $_ => TLSplus::Raw->connect($server->port) } keys %stuck;
    $raw{$_}->send($stuck{$_}) for keys %stuck;
    for my $what (sort keys %stuck) {
        $raw{$what}->read_all(60);
        isnt $raw{$what}->ended, '', "handshake=2: $what: closed";
    }
    cmp_ok time - $begun, '>', 1.5, 'not before its time';

    # header and body: a client that finishes its handshake and then stops
    my %request = ('half a header' => "GET / HTTP/1.1\r\nHost: a.te", 'half a body' => "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhalf");
    for my $what (sort keys %request) {
        # without its request complete, s_client waits for the server to act
        my $answer = $server->handshake(name => 'a.test', request => $request{$what});
        ok $answer->{exit} == 0 || $answer->status, "$what: the server ended it" or diag $answer->output;
        is $answer->status // 408, 408, "$what: with 408 if with anything" if $what =~ /header/;
    }
    serves $server, 'an honest client is served', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

# It goes by the host of the address, as far as that says something, and else by what stands outside.
subtest 'mod_reqtimeout in virtual hosts' => sub {
    my $outside = is_tlsplus() ? "TLSPlusHandshakeTimeout 600\n" : '';
    my $host = sub ($port, $line) { $HOST =~ s/\@PORT\@/\@$port\@/r =~ s/SSLEngine/  $line\n  SSLEngine/r };
    my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'],
        conf => "${outside}AcceptFilter http none\nTimeout 600\nRequestReadTimeout handshake=3\n"
          . $host->(PORT  => '')
          . $host->(PORT2 => 'RequestReadTimeout header=10 handshake=1-2,minrate=500')
          . $host->(PORT3 => 'RequestReadTimeout header=10')
          . $host->(PORT4 => 'RequestReadTimeout handshake=0'));
    my %raw = map { $_ => TLSplus::Raw->connect($server->port($_)) } qw(PORT PORT2 PORT3 PORT4);
    $raw{$_}->send(substr $hello, 0, 100) for keys %raw;
    my %end;
    wait_until(60, sub {
        for my $port (keys %raw) {
            $raw{$port}->read_all(0);
            $end{$port} //= time if $raw{$port}->ended;
        }
        return keys %end == 3;
    });
    is join(' ', sort keys %end), 'PORT PORT2 PORT3', 'closed where there is a limit, and only there';
    cmp_ok $end{PORT2}, '<', $end{$_} - 0.5, "the host's own limit counts before the one outside ($_)" for qw(PORT PORT3);
    is $server->get('/', name => 'a.test', port => 'PORT4')->status, 200, 'served where it is off';
    ok $server->stop, 'stops cleanly';
};

# Bytes buy time: without an upper limit as much as there are bytes for. Who sends them is not closed with those that
# have a second less.
subtest 'mod_reqtimeout with a rate' => sub {
    my $outside = is_tlsplus() ? "TLSPlusHandshakeTimeout 600\n" : '';
    my $host = sub ($port, $line) { $HOST =~ s/\@PORT\@/\@$port\@/r =~ s/SSLEngine/  $line\n  SSLEngine/r };
    my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'], conf => "${outside}AcceptFilter http none\nTimeout 600\n"
          . $host->(PORT  => 'RequestReadTimeout handshake=2')
          . $host->(PORT2 => 'RequestReadTimeout handshake=1,minrate=1')
          . $host->(PORT3 => 'RequestReadTimeout handshake=1-600,minrate=1'));
    my %raw = map { $_ => TLSplus::Raw->connect($server->port($_)) } qw(PORT PORT2 PORT3);
    $raw{$_}->send(substr $hello, 0, 100) for keys %raw;
    ok wait_until(60, sub { $raw{PORT}->read_all(0); $raw{PORT}->ended }), 'two seconds are over';
    for my $port ('PORT2', 'PORT3') {
        ok $raw{$port}->send(substr $hello, 100), "$port: a hundred bytes were worth more";
        ok wait_until(20, sub { $raw{$port}->read_all(0); $raw{$port}->bytes =~ /\A\x16/ }), "$port: and the server answers";
    }
    ok $server->stop, 'stops cleanly';
};

# Who had its time is closed for good, not held for as long again as it goes on sending.
subtest 'a client that goes on dribbling' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['reqtimeout'],
        conf => "AcceptFilter http none\nTimeout 600\nRequestReadTimeout handshake=2\n$HOST");
    my @raw = map { TLSplus::Raw->connect($server->port) } 1 .. 2;
    my ($at, $silent, $cut) = (0);
    wait_until(60, sub {
        $raw[0]->read_all(0.05);
        $silent ||= time if $raw[0]->ended;
        $cut    ||= time if !$raw[1]->send(substr $hello, $at++ % length $hello, 1);
        return $silent && $cut;
    });
    ok $silent && $cut, 'both are closed';
    cmp_ok $cut - $silent, '<', 1.5, 'the one that went on no later than the silent one';
    ok $server->stop, 'stops cleanly';
};

subtest 'mod_logio' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => <<"CONF");
LogFormat "%r in=%I out=%O total=%S body=%B" io
CustomLog logs/io.log io
$HOST
CONF
    $server->put('htdocs/big', 'x' x 200_000);
    serves $server, 'served', name => 'a.test';
    is $server->get('/big', name => 'a.test')->status, 200, 'a larger file';
    $server->stop;
    my $log = TLSplus::Process::slurp($server->root . '/logs/io.log');
    my ($in, $out, $total, $body) = $log =~ m{^GET / HTTP/1\.1 in=(\d+) out=(\d+) total=(\d+) body=(\d+)}m;
    ok defined $total, 'one line for the small one' or return diag $log;
    is $body, 15, 'body bytes';
    cmp_ok $in,  '>', 300, 'in: a hello and a request, encrypted';
    cmp_ok $out, '>', 15 + 200, 'out: more than the plain bytes';
    is $total, $in + $out, 'total is their sum';
    ($out) = $log =~ m{^GET /big .* out=(\d+)}m;
    cmp_ok $out, '>', 200_000, 'out: the large file';
    cmp_ok $out, '<', 220_000, 'with the overhead of records, not more';
};

subtest 'mod_dumpio' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['dumpio'], loglevel => 'info dumpio:trace7',
        conf => "DumpIOInput On\nDumpIOOutput On\n$HOST");
    my $answer = $server->get('/?seek', name => 'a.test');
    is $answer->status, 200, 'served' or diag $answer->error;
    is $answer->body, "hello over TLS\n", 'whole';
    logs $server, qr{dumpio_out|mod_dumpio}, 'output was dumped';
    is $server->post('/', 'x' x 50_000, name => 'a.test')->status, 200, 'a body passes too';
    ok $server->stop, 'stops cleanly';
};

subtest 'mod_remoteip PROXY protocol' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['remoteip', 'headers'], conf => <<"CONF");
RemoteIPProxyProtocol On
LogFormat "%a %r %>s" remote
CustomLog logs/remote.log remote
$HOST
CONF
    my $answer = $server->get('/', name => 'a.test', args => ['--haproxy-protocol']);
    is $answer->status, 200, 'version 1, by curl: served' or diag $answer->error;

    # by hand: the address of the real client, both versions of the protocol, in pieces
    my $v1 = "PROXY TCP4 192.0.2.9 198.51.100.1 5678 443\r\n";
    my $v2 = "\r\n\r\n\0\r\nQUIT\n" . pack('CCn', 0x21, 0x11, 12) . pack('C4C4nn', 192, 0, 2, 11, 198, 51, 100, 1, 5678, 443);
    for my $case (['version 1', $v1], ['version 2', $v2]) {
        my ($what, $header) = @$case;
        my $raw = TLSplus::Raw->connect($server->port);
        $raw->send($header . $hello);
        ok $raw->read_record(HANDSHAKE), "$what and a hello in one segment: answered";
        $raw->close;
        $raw = TLSplus::Raw->connect($server->port);
        $raw->send($header . $hello, each => 7);
        ok $raw->read_record(HANDSHAKE), "$what, seven bytes at a time: answered";
        $raw->close;
    }
    my $none = TLSplus::Raw->connect($server->port);
    $none->send($hello);
    $none->read_all;
    isnt $none->ended, '', 'no header: closed';
    is scalar(grep { $_->{type} == HANDSHAKE } $none->records), 0, 'without an answer';
    ok $server->stop, 'stops cleanly';
};

done_testing;
