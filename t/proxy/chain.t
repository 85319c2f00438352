# SPDX-License-Identifier: Apache-2.0
#
# A long way: client, a proxy of ours, another one, a server that is not ours; TLS on each part of it. Bodies both ways
# byte for byte, WebSockets, HTTP/2 from end to end, backends that are slow or answer early, chunks and trailers, clients
# that go away in the middle; what is used again and resumed; balancers that look after their members.
#
#   make check T=t/proxy/chain.t                         10 MB, 200 messages
#   TLSPLUS_LONG=1 make check T=t/proxy/chain.t          100 MB, 1,000 messages
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(find_program mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Process qw(run slurp wait_until);
use TLSplus::Server;
use TLSplus::Stream;
use TLSplus::Test;

my $MEGABYTES = $ENV{TLSPLUS_LONG} ? 100 : 10;
my $MESSAGES  = $ENV{TLSPLUS_LONG} ? 1_000 : 200;
my $has_h2    = mpm() ne 'prefork';

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('good', san => ['localhost', 'a.test'], cn => 'good');
$certs->leaf('ours', cn => 'ours', issuer => 'clients');
$certs->write('ours.pair', map { $certs->read("ours.$_") } qw(crt key));

# ---- the far end ----

# Bytes that no two places of have in common.
my $unit = join '', map { pack 'N', $_ * 2_654_435_761 % 4_294_967_296 } 1 .. 262_144;    # 1 MiB
my $content = join '', map { $unit ^. (chr($_) x length $unit) } 1 .. $MEGABYTES;
my $digest = sha256_hex($content);

my $websocket = TLSplus::Backend->start(sub ($stream) {
    TLSplus::Backend::accept_websocket($stream) or return;
    while (my ($opcode, $payload) = $stream->take_frame(TLSplus::Backend::PATIENCE)) {
        last if $payload eq 'end';
        $stream->send(TLSplus::Stream::frame($opcode, $payload));
    }
});

# Tells what it got of a body, and in what form the request came.
my %SERVE = (
    upload => sub ($stream, $request) {
        my $body = TLSplus::Backend::take_body($stream, $request->{head});
        my ($form) = $request->{head} =~ /^(Transfer-Encoding|Content-Length):/mi;
        TLSplus::Backend::answer($stream, sha256_hex($body // ''), 'X-Form: ' . lc($form // 'none'));
    },
    chunks => sub ($stream, $) {
        $stream->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
        $stream->send(sprintf "%x\r\n%s\r\n", length, $_) for map { 'x' x $_ } 1, 2, 100, 8_000, 8_192, 16_384, 40_000;
        $stream->send("0\r\nX-Sum: sum\r\n\r\n");
    },
    # each part only when the part before has arrived
    slow => sub ($stream, $) {
        $stream->send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for my $part (1 .. 10) {
            $stream->send("8\r\nevent " . sprintf("%02d", $part) . "\r\n");
            wait_until(60, sub { TLSplus::Backend::noted() >= $part }) or return;
        }
        $stream->send("0\r\n\r\n");
    },
    arrived => sub ($stream, $) { TLSplus::Backend::note('arrived'); TLSplus::Backend::answer($stream, 'noted') },
    # refuses before the body has come, and lets it come to nothing
    early => sub ($stream, $request) {
        $stream->send("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large");
        TLSplus::Backend::take_body($stream, $request->{head});
    },
    # takes the first bytes only
    continue => sub ($stream, $request) {
        my $asked = $request->{head} =~ /^Expect: *100-continue\r$/mi;
        $stream->send("HTTP/1.1 100 Continue\r\n\r\n") if $asked;
        my $body = TLSplus::Backend::take_body($stream, $request->{head});
        TLSplus::Backend::answer($stream, length $body);
    },
    endless => sub ($stream, $) {
        $stream->send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
        1 while $stream->send('x' x 16_000, seconds => 60);
        TLSplus::Backend::note('left');
    },
);
sub backend (@args) {
    return TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) {
        while (my $request = TLSplus::Backend::take_request($stream, head_only => 1)) {
            my ($what) = $request->{path} =~ m{/(\w+)$};
            ($SERVE{$what} // $SERVE{arrived})->($stream, $request);
        }
    }, @args));
}
my $told = backend();

my @asks = ('  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient require');
my $files = '  Alias /files @ROOT@/htdocs';
my $behind = TLSplus::Behind->start($certs,
    (map { ("tls$_" => [pair('good'), @asks, "  SSLProtocol TLSv1.$_", $files]) } 2, 3),
    h2        => [pair('good'), @asks, '  Protocols h2', $files],
    websocket => [pair('good'), @asks, '  ProxyPass / http://127.0.0.1:' . $websocket->port . '/ upgrade=websocket'],
    (map { ($_ => [pair('good'), @asks]) } qw(first second)),
    { modules => [qw(proxy proxy_http http2)] });
my $large = $behind->server->put('htdocs/large', $content);
$behind->server->put("htdocs/$_", 'small') for qw(small fresh/x);

# ---- the way there ----

my $settings = <<'CONF';
  SSLProxyEngine on
  SSLProxyVerify require
  SSLProxyCACertificateFile @CERTS@/ca.crt
  SSLProxyMachineCertificateFile @CERTS@/ours.pair
CONF
my @modules = (qw(proxy proxy_http proxy_wstunnel proxy_balancer proxy_hcheck watchdog lbmethod_byrequests slotmem_shm headers), $has_h2 ? qw(http2 proxy_http2) : ());
my %port = map { $_ => $behind->port($_) } qw(tls2 tls3 h2 websocket first second);
# One process with so many threads that it need not end connections that are idle to serve others.
my $few = mpm() eq 'prefork' ? "StartServers 2\nMinSpareServers 1\nMaxSpareServers 2\nMaxRequestWorkers 16\n" : "StartServers 1\nServerLimit 1\nThreadsPerChild 100\nMaxRequestWorkers 100\n";
my $http2 = $has_h2 ? "  Protocols h2 http/1.1\n  H2MaxSessionStreams 200\n" : '';
my $middle = TLSplus::Server->start(certs => $certs, modules => \@modules, conf => "$few\nTimeout 30\n" . tls_host('localhost', pair('good'), $http2, $settings, <<"CONF"));
  ProxyPass /fresh2/ https://localhost:$port{tls2}/files/fresh/ disablereuse=on
  ProxyPass /fresh3/ https://localhost:$port{tls3}/files/fresh/ disablereuse=on
  ProxyPass /tls2/  https://localhost:$port{tls2}/files/
  ProxyPass /tls3/  https://localhost:$port{tls3}/files/
  ProxyPass /told/  https://localhost:@{[ $told->port ]}/ flushpackets=on
  ProxyPass /wss/   wss://localhost:$port{websocket}/
  ProxyPass /ws/    https://localhost:$port{websocket}/ upgrade=websocket
  <IfModule proxy_http2_module>
    ProxyPass /h2/  h2://localhost:$port{h2}/files/
  </IfModule>
CONF
my $there = 'localhost:' . $middle->port;
my $front = TLSplus::Server->start(certs => $certs, modules => \@modules, conf => "$few\nTimeout 30\n" . tls_host('a.test', pair('good'), $http2, $settings, <<"CONF"));
  ProxyPass /wss/   wss://$there/wss/
  ProxyPass /ws/    https://$there/ws/ upgrade=websocket
  <IfModule proxy_http2_module>
    ProxyPass /h2/  h2://$there/h2/
  </IfModule>
  ProxyPass /       https://$there/ flushpackets=on
CONF

# ---- bodies ----

for my $tls (2, 3) {
    for my $http ('1.1', $has_h2 ? '2' : ()) {
        my $to = $certs->dir . '/got';
        my $answer = $front->get("/tls$tls/large", name => 'a.test', http => $http, tls => "1.$tls", to => $to, seconds => 300);
        is $answer->status, 200, "$MEGABYTES MB down, TLS 1.$tls, HTTP/$http" or diag $answer->error;
        is(Digest::SHA->new(256)->addfile($to, 'b')->hexdigest, $digest, 'byte for byte');
        unlink $to;
        is $front->post('/told/upload', undef, name => 'a.test', http => $http, tls => "1.$tls", data_file => $large, seconds => 300)->body, $digest, "$MEGABYTES MB up";
    }
}
subtest 'HTTP/2 from end to end' => sub {
    plan skip_all => 'mod_http2 does not run on prefork' if !$has_h2;
    my $to = $certs->dir . '/got';
    my $answer = $front->get('/h2/large', name => 'a.test', http => '2', to => $to, seconds => 300);
    is $answer->status, 200, "$MEGABYTES MB down" or diag $answer->error;
    is(Digest::SHA->new(256)->addfile($to, 'b')->hexdigest, $digest, 'byte for byte');
    my ($seen) = grep { $_->{path} eq '/files/large' } $behind->seen('h2');
    is $seen && $seen->{http}, 'HTTP/2.0', 'by HTTP/2 to the last';
  SKIP: {
        skip 'no h2load (Debian: nghttp2-client)', 1 if !find_program('h2load');
        my $done = run(['h2load', '-n', '200', '-c', '1', '-m', '100', "--connect-to=127.0.0.1:@{[ $front->port ]}", "https://a.test:@{[ $front->port ]}/h2/small"], timeout => 120);
        like $done->{out}, qr/^requests: .* 200 succeeded, 0 failed/m, '100 streams at once, twice' or diag $done->{out}, $done->{err};
        like $done->{out}, qr/^status codes: 200 2xx/m, 'each answered with 200';
    }
};

# ---- forms ----

sub talking (%opt) { TLSplus::Stream->tls($front, name => 'a.test', %opt) }

subtest 'chunks and what comes behind them' => sub {
    my $stream = talking();
    $stream->send("POST /told/upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    $stream->send(sprintf "%x\r\n%s\r\n", length, $_) for map { 'y' x $_ } 1, 500, 20_000, 70_000;
    $stream->send("0\r\nX-Sum: sum\r\n\r\n");
    my $answer = TLSplus::Plain::next_answer($stream);
    is $answer && $answer->body, sha256_hex('y' x 90_501), 'a body in chunks gets there whole';
    $stream->send(TLSplus::Plain::request('/told/chunks', host => 'a.test', stays => 1));
    $answer = TLSplus::Plain::next_answer($stream);
    is $answer && length $answer->body, 1 + 2 + 100 + 8_000 + 8_192 + 16_384 + 40_000, 'and one comes back whole';
};
subtest 'a part at a time' => sub {
    my $stream = talking();
    $stream->send(TLSplus::Plain::request('/told/slow', host => 'a.test', stays => 1));
    my $arrived = 0;
    for my $part (1 .. 10) {
        last if !defined $stream->take_until(sprintf("event %02d", $part), 30);
        last if $front->get('/told/arrived', name => 'a.test')->status != 200;
        $arrived = $part;
    }
    is $arrived, 10, 'each arrives before the next is sent';
};
subtest '100-continue' => sub {
    my $stream = talking();
    $stream->send("POST /told/continue HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
    like $stream->take_until("\r\n\r\n") // '', qr{^HTTP/1\.1 100 }, 'the client is told to go on';
    $stream->send('z' x 5_000);
    my $answer = TLSplus::Plain::next_answer($stream);
    is $answer && $answer->body, 5_000, 'and its body gets there';
};
subtest 'an answer before the body has come' => sub {
    my $answer = $front->post('/told/early', undef, name => 'a.test', data_file => $large, seconds => 120);
    is $answer->status, 413, 'the refusal comes back' or diag $answer->error;
};

for my $path ('/wss/', '/ws/') {
    subtest "WebSocket, $path" => sub {
        my $stream = talking();
        $stream->send(TLSplus::Plain::request($path, host => 'a.test', stays => 1, headers => [
            'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
        like $stream->take_until("\r\n\r\n", 30) // '', qr{^HTTP/1\.1 101 }, 'accepted' or return;
        my @sizes = (1, 125, 126, 4_096, 16_384, 16_385, 65_536);
        my $fine = 0;
        for my $number (1 .. $MESSAGES) {
            my $payload = chr(ord('a') + $number % 26) x $sizes[$number % @sizes];
            $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, $payload, 'mask')) or last;
            my (undef, $back) = $stream->take_frame or last;
            last if $back ne $payload;
            ++$fine;
        }
        is $fine, $MESSAGES, "$MESSAGES messages there and back";
        $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, 'end', 'mask'));
        ok defined $stream->take_rest, 'and the end';
    };
}

subtest 'a client that goes away in the middle' => sub {
    my $before = grep { $_ eq 'left' } $told->notes;
    for my $tls (2, 3) {
        my $stream = talking(tls => "TLSv1.$tls");
        $stream->send(TLSplus::Plain::request('/told/endless', host => 'a.test', stays => 1));
        ok defined $stream->take(1_000_000, 60), "TLS 1.$tls: much has come";
        $stream->close;
        ok wait_until(60, sub { $before + $tls - 1 == grep { $_ eq 'left' } $told->notes }), 'and the backend is let go';
    }
};

# ---- again and again ----

subtest 'connections and sessions' => sub {
    for my $tls (2, 3) {
        my $mark = () = $behind->seen("tls$tls");
        $front->get("/tls$tls/small", name => 'a.test') for 1 .. 6;
        my @seen = $behind->seen("tls$tls");
        my $new = grep { $_->{requests} == 0 } @seen[$mark .. $#seen];
        cmp_ok $new, '<=', mpm() eq 'prefork' ? 3 : 1, "TLS 1.$tls: a connection is used again";
        is_deeply [map { $front->get("/fresh$tls/x", name => 'a.test')->status } 1 .. 8], [(200) x 8], 'requests for connections of their own';
        my @fresh = grep { $_->{path} =~ m{/fresh/} } $behind->seen("tls$tls");
        is scalar(grep { $_->{requests} == 0 } @fresh), 8, 'where it is not to be, each is new';
        cmp_ok scalar(grep { $_->{resumed} eq 'Resumed' } @fresh), '>=', mpm() eq 'prefork' ? 3 : 7, 'and resumes the session of the one before';
        ok !(grep { $_->{client} ne 'ours' } @fresh), 'as the same client';
    }
};

# ---- balancers ----

subtest 'a balancer, and its members looked after' => sub {
    my $changing = TLSplus::Backend->start(sub ($stream) { $stream->close });
    my $at = $changing->port;
    my $balanced = TLSplus::Server->start(certs => $certs, modules => \@modules, conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$few
$settings
<Proxy balancer://members>
  BalancerMember https://localhost:$port{first} hcmethod=GET hcuri=/health hcinterval=200ms hcpasses=1 hcfails=1
  BalancerMember https://localhost:$port{second} hcmethod=GET hcuri=/health hcinterval=200ms hcpasses=1 hcfails=1
  BalancerMember https://localhost:$at hcmethod=GET hcuri=/health hcinterval=200ms hcpasses=1 hcfails=1
</Proxy>
ProxyPass / balancer://members/
CONF
    my $ask = sub { TLSplus::Plain::ask($balanced, '/x') };
    ok wait_until(30, sub { (grep { $_->{path} eq '/health' } $behind->seen('first')) >= 2 && $balanced->log =~ /:$at.*(?:disabled|Disabling)|Health check DISABLING.*:$at/ }), 'the members are asked how they are, and one is put aside'
      or diag $balanced->log;
    my @answers = map { $ask->() } 1 .. 8;
    is_deeply [map { $_->status } @answers], [(200) x 8], 'nothing goes to it';
    my %by = map { $_->header('x-backend') // 'none' => 1 } @answers;
    is_deeply [sort keys %by], [qw(first second)], 'the others share the work';
    $changing->stop;
    my $back = TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) {
        while (my $request = TLSplus::Backend::take_request($stream)) { TLSplus::Backend::answer($stream, 'back', 'X-Backend: back') }
    }), port => $at);
    ok wait_until(60, sub { ($ask->()->header('x-backend') // '') eq 'back' }), 'until it works again';
    ok $balanced->stop, 'stops cleanly';
};

is $front->get('/tls3/small', name => 'a.test')->status, 200, 'still serving';
ok $front->stop, 'the first stops cleanly';
ok $middle->stop, 'and the second';
done_testing;
