# SPDX-License-Identifier: Apache-2.0
#
# Tunnels: CONNECT and WebSockets through us, by both modules that make them. Whoever tunnels
# writes what it has and waits, without asking for a flush: every byte must be on the wire at once, both
# ways, after a pause as well, and the end of either side must reach the other. WebSockets over HTTP/2
# (RFC 8441), too.
#
#   make check T=t/serve/tunnels.t                           some hundred messages, a short pause
#   TLSPLUS_LONG=1 make check T=t/serve/tunnels.t            10,000 messages on each, a minute's pause: two minutes
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2);
use TLSplus::H2;
use TLSplus::Host;
use TLSplus::Process qw(run wait_until);
use TLSplus::Server;
use TLSplus::Stream;
use TLSplus::Test;

my $LONG     = $ENV{TLSPLUS_LONG};
my $MESSAGES = $LONG ? 10_000 : 100;
my $PAUSE    = $LONG ? 60 : 1;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

# Frames come back as they came, in frames of the backend's.
my $websocket = TLSplus::Backend->start(sub ($stream) {
    TLSplus::Backend::accept_websocket($stream) or return;
    while (my ($opcode, $payload) = $stream->take_frame(TLSplus::Backend::PATIENCE)) {
        last if $payload eq 'end';
        $stream->send(TLSplus::Stream::frame($opcode == TLSplus::Stream::PING ? TLSplus::Stream::PONG : $opcode, $payload));
    }
});
# Speaks first, which no request asks for.
my $speaker = TLSplus::Backend->start(sub ($stream) {
    TLSplus::Backend::accept_websocket($stream) or return;
    $stream->send('1');
    $stream->take(1, TLSplus::Backend::PATIENCE) eq 'a' or return;
    $stream->send('2');
    $stream->_read_until(TLSplus::Backend::PATIENCE, sub { 0 });
    $stream->send('rest');
});
my $echo = TLSplus::Backend->start(\&TLSplus::Backend::echo);
my $first_to_end = TLSplus::Backend->start(sub ($stream) {
    $stream->send('bye');
    $stream->half_close;
    $stream->_read_until(TLSplus::Backend::PATIENCE, sub { 0 });
});

my ($ws, $speak, $tcp, $ending) = map { $_->port } $websocket, $speaker, $echo, $first_to_end;
my $server = TLSplus::Server->start(certs => $certs,
    modules => [qw(proxy proxy_connect proxy_http proxy_wstunnel), has_http2() ? 'http2' : ()], conf => <<"CONF");
Timeout 300
<IfModule mpm_prefork_module>
  StartServers 8
</IfModule>
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key
  <IfModule mod_http2.c>
    Protocols h2 http/1.1
    H2WebSockets on
  </IfModule>
  ProxyRequests On
  AllowCONNECT $tcp $ending \@PORT\@
  ProxyPass /wstunnel   ws://127.0.0.1:$ws/
  ProxyPass /http       http://127.0.0.1:$ws/ upgrade=websocket
  ProxyPass /speak-ws   ws://127.0.0.1:$speak/
  ProxyPass /speak-http http://127.0.0.1:$speak/ upgrade=websocket
</VirtualHost>
CONF

my $mask = "\x37\xfa\x21\x3d";

# The tunnel and the status; no tunnel if it is not answered in time.
sub upgrade ($server, $path, $seconds, %opt) {
    my $stream = TLSplus::Stream->tls($server, name => 'a.test', %opt);
    $stream->send("GET $path HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    my $head = $stream->take_until("\r\n\r\n", $seconds) // '';
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+) };
    return ($stream, $status // 'none');
}

sub upgraded ($path, %opt) {
    my ($stream, $status) = upgrade($server, $path, 30, %opt);
    is $status, 101, "$path: 101";
    return $stream;
}

# Tunnels one after the other, until there are `most` or one is not answered.
sub opened ($server, $path, $most, $seconds) {
    my @open;
    while (@open < $most) {
        my ($stream, $status) = upgrade($server, $path, $seconds);
        return @open if $status ne '101';
        push @open, $stream;
    }
    return @open;
}

sub connected ($server, $port, %opt) {
    my $stream = TLSplus::Stream->tls($server, name => 'a.test', %opt);
    $stream->send("CONNECT 127.0.0.1:$port HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n\r\n");
    my $head = $stream->take_until("\r\n\r\n", 30) // '';
    like $head, qr{^HTTP/1\.\d 200 }, 'CONNECT: 200';
    return $stream;
}

# How many of these messages came back as they were sent.
sub echoed ($stream, @sizes) {
    my $fine = 0;
    for my $size (@sizes) {
        my $payload = chr(ord('a') + $fine % 26) x $size;
        $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, $payload, $mask)) or last;
        my ($opcode, $back) = $stream->take_frame or last;
        last if $back ne $payload;
        ++$fine;
    }
    return $fine;
}

my @SIZES = (1, 1, 2, 125, 126, 4095, 4096, 4097, 16_384, 16_385, 65_535, 65_536);

# Carries its messages; how many of them came back is a test each.
sub carries ($what, $stream) {
    is echoed($stream, @SIZES), @SIZES, "$what: messages of 1 byte to 64 KiB, both ways" or return 0;
    return is echoed($stream, map { $SIZES[$_ % @SIZES] } 1 .. $MESSAGES), $MESSAGES, "$what: $MESSAGES more";
}

# All are silent at once: one pause after the other would be as many minutes as there are tunnels.
subtest 'WebSockets, over HTTP/2 as well' => sub {
    my (%upgraded, %h2);
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        for my $path ('/wstunnel', '/http') {
            my $what   = "$path, $tls";
            my $stream = upgraded($path, tls => $tls);
            $upgraded{$what} = $stream if carries($what, $stream);
            next if !has_http2();
            $stream = TLSplus::H2->websocket($server, $path, name => 'a.test', tls => $tls);
            is $stream->status, 200, "$what, HTTP/2: accepted" or next;
            $h2{"$what, HTTP/2"} = $stream if carries("$what, HTTP/2", $stream);
        }
    }
    select undef, undef, undef, $PAUSE;    # not a wait for something: the pause is what is tested
    my %open = (%upgraded, %h2);
    for my $what (sort keys %open) {
        my $stream = $open{$what};
        $stream->send(TLSplus::Stream::frame(TLSplus::Stream::PING, 'p', $mask));
        is_deeply [$stream->take_frame], [TLSplus::Stream::PONG, 'p'], "$what: a ping after $PAUSE s of silence";
        is echoed($stream, @SIZES), @SIZES, "$what: and messages again";
    }
    for my $what (sort keys %upgraded) {
        $upgraded{$what}->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, 'end', $mask));
        is $upgraded{$what}->take_rest, '', "$what: the end of the backend ends it";
    }
    $_->close for values %h2;
};

for my $tls ('TLSv1.2', 'TLSv1.3') {
    subtest "a backend that speaks first, $tls" => sub {
        for my $path ('/speak-ws', '/speak-http') {
            my $stream = upgraded($path, tls => $tls);
            is $stream->take(1), '1', "$path: its first byte comes by itself";
            $stream->send('a');
            is $stream->take(1), '2', 'and its second';
        }
    };

    subtest "CONNECT, $tls" => sub {
        my $stream = connected($server, $tcp, tls => $tls);
        my $fine = grep { $stream->send($_); ($stream->take(1) // '') eq $_ } ('a' .. 'z') x 4;
        is $fine, 104, 'single bytes, one after the other';
        my $large = 'x' x 1_000_000;
        $stream->send(substr $large, $_ * 50_000, 50_000), $stream->take(50_000) for 0 .. 18;
        $stream->send('y');
        is $stream->take(1), 'y', 'and after a large part a single one again';
    };

    subtest "the backend ends its side, $tls" => sub {
        my $stream = connected($server, $ending, tls => $tls);
        is $stream->take(3), 'bye', 'its last words arrive';
        $stream->send('still');
        ok wait_until(20, sub { $stream->take_rest(1); length $stream->ended }), 'and its end';
    };
}

# gnutls-cli ends its side (close_notify) behind what it sends, and reads on.
subtest 'the client ends its side' => sub {
    my $answer = run([
        'gnutls-cli', '--x509cafile', $certs->ca, '--verify-hostname', 'a.test', '--sni-hostname', 'a.test',
        '--port', $server->port, '127.0.0.1'
    ], stdin => "CONNECT 127.0.0.1:$tcp HTTP/1.1\r\nHost: x\r\n\r\n" . 'z' x 10_000, timeout => 60);
    is scalar($answer->{out} =~ tr/z//) >= 10_000, 1, 'what it had sent comes back whole';
} if TLSplus::Env::find_program('gnutls-cli');

subtest 'a request over plain HTTP through CONNECT, by curl' => sub {
    my $port = $server->port;
    my $inner = $server->get('/', name => 'a.test',
        args => ['--proxytunnel', '--proxy', "https://localhost:$port", '--proxy-insecure', '--noproxy', 'nothing',
            '--connect-to', "a.test:$port:127.0.0.1:$port"]);
    is $inner->status, 200, 'TLS inside TLS' or diag $inner->error;
    is $inner->body, "hello over TLS\n", 'whole';
};

serves $server, 'still serving', name => 'a.test';

# A tunnel holds a worker, as it does without TLS, and no more than that.
subtest 'as many at once as there are workers' => sub {
    my $workers = 10;
    my $host = tls_host('a.test', pair('a'), '  ProxyRequests On', "  AllowCONNECT $tcp");
    my $few = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_connect)], conf => <<"CONF" . $host);
ServerLimit $workers
<IfModule !mpm_prefork_module>
  ServerLimit 1
  ThreadsPerChild $workers
</IfModule>
MaxRequestWorkers $workers
Timeout 300
CONF
    my @tunnels = map { connected($few, $tcp) } 1 .. $workers;
    for my $round (1 .. 3) {
        $_->send('m') for @tunnels;
        is scalar(grep { ($_->take(1) // '') eq 'm' } @tunnels), $workers, "round $round: all $workers carry";
    }
    $_->close for @tunnels;
    serves $few, 'and the workers are free again', name => 'a.test';
    ok $few->stop, 'stops cleanly';
};
# WebSockets, beside stock: opened until one is not answered any more, which only time can tell. It is asked of stock,
# where a slow machine makes the number smaller and the test easier; ours has all the time it wants.
subtest 'as many WebSockets at once as mod_ssl holds with the same threads' => sub {
    my $stock = TLSplus::Env::modules_dir() . '/mod_ssl.so';
    plan skip_all => "no $stock to compare with" unless -f $stock;
    my $workers = 8;
    my $host = tls_host('a.test', pair('a'), "  ProxyPass /wstunnel ws://127.0.0.1:$ws/", "  ProxyPass /http http://127.0.0.1:$ws/ upgrade=websocket");
    my @same = (certs => $certs, modules => [qw(proxy proxy_http proxy_wstunnel)], conf => <<"CONF" . $host);
ServerLimit $workers
<IfModule !mpm_prefork_module>
  ServerLimit 1
  StartServers 1
  ThreadsPerChild $workers
</IfModule>
MaxRequestWorkers $workers
Timeout 300
CONF
    for my $path ('/wstunnel', '/http') {
        my $theirs = TLSplus::Server->start(@same, so => $stock);
        my @held = opened($theirs, $path, $workers + 2, 3);
        my $at_once = @held;
        cmp_ok $at_once, '>=', 1, "$path: mod_ssl holds $at_once";
        $_->close for @held;
        $theirs->stop;

        my $ours = TLSplus::Server->start(@same);
        @held = opened($ours, $path, $at_once, 30);
        is scalar @held, $at_once, "$path: and so do we";
        is scalar(grep { echoed($_, 1, 4097) == 2 } @held), $at_once, 'all carry';
        $_->close for @held;
        serves $ours, 'and the workers are free again', name => 'a.test';
        ok $ours->stop, 'stops cleanly';
    }
};
ok $server->stop, 'stops cleanly';
done_testing;
