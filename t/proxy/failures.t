# SPDX-License-Identifier: Apache-2.0
#
# Backends that fail: before, in and behind the handshake, in the middle of a body and at its end. The client gets what
# it gets with the stock mod_ssl, in bounded time; the log says once which backend it was and what was wrong; no
# worker is lost, and the backend is used again once it has come to its senses.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Process qw(wait_until);
use TLSplus::Raw qw(record %ALERT ALERT HANDSHAKE);
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('good', san => ['localhost'], cn => 'good');

sub hello ($stream) { $stream->_read_until(60, sub { length $stream->{in} }) }

# Before there is TLS: what is done once the ClientHello has come, or before it.
my %RAW = (
    'closes at once'        => sub ($stream) { $stream->close },
    'resets at once'        => sub ($stream) { $stream->reset },
    'closes on the hello'   => sub ($stream) { hello($stream); $stream->close },
    'resets on the hello'   => sub ($stream) { hello($stream); $stream->reset },
    'is silent'             => sub ($stream) { $stream->_read_until(60, sub { 0 }) },
    'stops in a record'     => sub ($stream) { hello($stream); $stream->send("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"); $stream->_read_until(60, sub { 0 }) },
    'ends in a record'      => sub ($stream) { hello($stream); $stream->send("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"); $stream->close },
    'sends garbage'         => sub ($stream) { hello($stream); $stream->send(pack 'C*', map { ($_ * 7 + 3) % 256 } 1 .. 500); $stream->close },
    'sends zeros'           => sub ($stream) { hello($stream); $stream->send("\0" x 500); $stream->close },
    'speaks HTTP'           => sub ($stream) { hello($stream); $stream->send("HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno TLS"); $stream->close },
    'speaks HTTP first'     => sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nno TLS"); hello($stream); $stream->close },
    'speaks SMTP'           => sub ($stream) { $stream->send("220 mail.test ESMTP\r\n"); hello($stream); $stream->close },
    (map { my $name = $_; ("sends alert $name" => sub ($stream) { hello($stream); $stream->send(record(ALERT, chr(2) . chr $ALERT{$name}, version => 0x0303)); $stream->close }) }
        qw(handshake_failure protocol_version unrecognized_name internal_error)),
    'sends close_notify'    => sub ($stream) { hello($stream); $stream->send(record(ALERT, "\1\0", version => 0x0303)); $stream->close },
    'sends another message' => sub ($stream) { hello($stream); $stream->send(record(HANDSHAKE, "\x0b\0\0\3\0\0\0", version => 0x0303)); $stream->close },
    'sends a huge record'   => sub ($stream) { hello($stream); $stream->send("\x16\x03\x03\xff\xff" . 'x' x 70_000); $stream->close },
);

# With TLS: what is done once the request has come.
my $head = "HTTP/1.1 200 OK\r\nX-Number: 1\r\n";
my %TLS = (
    'cuts instead of an answer'          => sub ($stream) { $stream->cut },
    'ends instead of an answer'          => sub ($stream) { $stream->end },
    'cuts in the head'                   => sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nX-Num"); $stream->cut },
    'ends in the head'                   => sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nX-Num"); $stream->end },
    'cuts in a body of known length'     => sub ($stream) { $stream->send("${head}Content-Length: 1000\r\n\r\nhalf"); $stream->cut },
    'ends in a body of known length'     => sub ($stream) { $stream->send("${head}Content-Length: 1000\r\n\r\nhalf"); $stream->end },
    'cuts behind a body of known length' => sub ($stream) { $stream->send("${head}Content-Length: 4\r\n\r\nfull"); $stream->cut },
    'ends behind a body of known length' => sub ($stream) { $stream->send("${head}Content-Length: 4\r\n\r\nfull"); $stream->end },
    'cuts in a chunk'                    => sub ($stream) { $stream->send("${head}Transfer-Encoding: chunked\r\n\r\n8\r\nhalf"); $stream->cut },
    'ends in a chunk'                    => sub ($stream) { $stream->send("${head}Transfer-Encoding: chunked\r\n\r\n8\r\nhalf"); $stream->end },
    'cuts between chunks'                => sub ($stream) { $stream->send("${head}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"); $stream->cut },
    'cuts a body that ends so'           => sub ($stream) { $stream->send("$head\r\nhalf"); $stream->cut },
    'ends a body that ends so'           => sub ($stream) { $stream->send("$head\r\nfull"); $stream->end },
    'sends plain text in the middle'     => sub ($stream) { $stream->send("${head}Content-Length: 1000\r\n\r\nhalf"); $stream->command('P'); $stream->_read_until(60, sub { 0 }) },
    'renegotiates in the middle'         => sub ($stream) { $stream->send("${head}Content-Length: 8\r\n\r\nhalf"); $stream->command('r'); $stream->send('full'); TLSplus::Backend::take_request($stream) },
    'is silent in a body'                => sub ($stream) { $stream->send("${head}Content-Length: 1000\r\n\r\nhalf"); $stream->_read_until(60, sub { 0 }) },
    'is silent'                          => sub ($stream) { $stream->_read_until(60, sub { 0 }) },
);

my (@rows, $passes);
my $pass = sub ($what, $backend) {
    my $path = 'r' . (1 + @rows);
    push @rows, { what => $what, path => "/$path/", port => $backend->port, backend => $backend };
    $passes .= "ProxyPass /$path/ https://localhost:@{[ $backend->port ]}/ connectiontimeout=1 timeout=2 retry=0\n";
};
$pass->("before TLS, $_", TLSplus::Backend->start($RAW{$_})) for sort keys %RAW;
for my $what (sort keys %TLS) {
    for my $tls ($what =~ /renegotiates/ ? 2 : (2, 3)) {
        $pass->("TLS 1.$tls, $what", TLSplus::Backend->start(over_tls($certs, 'good',
            sub ($stream) { TLSplus::Backend::take_request($stream) and $TLS{$what}->($stream) }, args => ["-tls1_$tls"])));
    }
}
# Holds each request until there are as many as workers.
my $workers = 8;
my $together = TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) {
    TLSplus::Backend::take_request($stream) or return;
    TLSplus::Backend::note('here');
    wait_until(60, sub { TLSplus::Backend::noted() % $workers == 0 });
    TLSplus::Backend::answer($stream, 'all');
}));
my $changing = TLSplus::Backend->start($RAW{'sends garbage'});

my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(proxy proxy_http reqtimeout)], conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
Timeout 20
ServerLimit $workers
<IfModule !mpm_prefork_module>
  ServerLimit 1
  ThreadsPerChild $workers
</IfModule>
MaxRequestWorkers $workers
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
ProxyPass /together/ https://localhost:@{[ $together->port ]}/ disablereuse=on
ProxyPass /changing/ https://localhost:@{[ $changing->port ]}/
$passes
CONF

# What a client gets, and whether it can tell that something is missing.
sub outcome ($answer) {
    my $status = $answer->status // 'closed';
    my ($reason) = $answer->body =~ m{Reason: <strong>(.*?)</strong>};
    return join ' ', $status, $status eq 200 ? ($answer->body, $answer->whole ? 'whole' : 'not whole') : $reason // ();
}

# Where it depends on what the system delivers first, mod_ssl gives either.
my %EITHER = (
    'resets at once'               => qr/^(?:503|500 Error during SSL Handshake with remote server)$/,
    'sends plain text in the middle' => qr/^(?:502|200 half not whole)$/,
);
my %told;
sub compare ($row, $theirs, $mine) {
    $told{$theirs}++;
    my ($either) = map { $EITHER{$_} } grep { $row->{what} =~ /\Q$_\E$/ } keys %EITHER;
    return is $mine, $theirs, "$row->{what}: $theirs" if !$either;
    ok $mine =~ $either && $theirs =~ $either, "$row->{what}: $mine" or diag "mod_ssl: $theirs, ours: $mine";
}

# A handshake that failed: which backend, by address and name, and why, once.
sub tells ($row, $mark) {
    return if !is_tlsplus || $row->{what} !~ /^before TLS/;
    # what came before the connection was complete is mod_proxy's to tell
    my $least = $row->{what} =~ /resets at once/ ? 0 : 1;
    my @lines = $twins->ours->log_lines(qr/\[ssl:(?:error|warn)\].*:$row->{port}\b/, $mark);
    my @good  = grep { /TP08(?:40|41|42): .*"localhost" at 127\.0\.0\.1:$row->{port}(?:: \S.*)?\. Fix: \S/ } @lines;
    ok @lines >= $least && @lines <= 1 && @good == @lines, 'one line says which backend and why' or diag join "\n", 'said:', @lines;
}

my ($silent, $quick) = map { my $kind = $_; [grep { ($_->{what} =~ /is silent|stops/) == $kind } @rows] } 1, 0;
for my $row (@$quick) {
    my @outcomes;
    my $mark = $twins->ours->mark;
    for my $server ($twins->stock, $twins->ours) {
        my $start = time;
        push @outcomes, outcome(TLSplus::Plain::ask($server, $row->{path}));
        cmp_ok time - $start, '<', 5, "$row->{what}: at once";
    }
    compare($row, @outcomes);
    tells($row, $mark);
}
# These take their time together.
my @outcomes;
for my $server ($twins->stock, $twins->ours) {
    my $start = time;
    push @outcomes, [map { outcome($_) } TLSplus::Plain::ask_all($server, map { [$_->{path}] } @$silent)];
    cmp_ok time - $start, '<', 10, 'silent backends are given up in time';
}
for my $number (0 .. $#$silent) {
    compare($silent->[$number], $outcomes[0][$number], $outcomes[1][$number]);
    tells($silent->[$number], 0);
}

cmp_ok scalar keys %told, '>=', 6, 'they differ';

$twins->both('a backend that fails', sub ($server) { outcome(TLSplus::Plain::ask($server, '/changing/')) }, '500 Error during SSL Handshake with remote server');
$changing->stop;
my $port = $changing->port;
$changing = TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) { TLSplus::Backend::take_request($stream) and TLSplus::Backend::answer($stream, 'back') }), port => $port);
$twins->both('and is used again when it works again', sub ($server) { outcome(TLSplus::Plain::ask($server, '/changing/')) }, '200 back whole');
$twins->both('all workers are still there', sub ($server) {
    join ' ', map { outcome($_) } TLSplus::Plain::ask_all($server, map { ['/together/'] } 1 .. $workers);
}, join ' ', ('200 all whole') x $workers);
ok $twins->stop, 'both stop cleanly';
done_testing;
