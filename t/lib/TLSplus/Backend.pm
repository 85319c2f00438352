# SPDX-License-Identifier: Apache-2.0
#
# What a proxy has behind it: a process that listens on loopback and holds each conversation in a process of
# its own, as a function of the test does it. Ends with the test, whatever way that ends.
#
#   my $backend = TLSplus::Backend->start(sub ($stream) { $stream->send($stream->take(5)) });
#   ... ProxyPass /echo http://127.0.0.1:@{[ $backend->port ]}/
package TLSplus::Backend;
use v5.36;
use Digest::SHA qw(sha1);
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use TLSplus::Stream ();

use constant PATIENCE => 120;

sub start ($class, $serve) {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1024, ReuseAddr => 1) or die "listen: $@\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM ALRM);
        $SIG{CHLD} = 'IGNORE';
        $SIG{PIPE} = 'IGNORE';
        while (1) {
            my $socket = $listener->accept or next;
            next if fork // 1;
            CORE::close $listener;
            eval { $serve->(TLSplus::Stream->of_socket($socket)) };
            print STDERR "# backend: $@" if length $@;
            POSIX::_exit(0);
        }
    }
    POSIX::setpgid($pid, $pid);
    return bless { pid => $pid, port => $listener->sockport, owner => $$ }, $class;
}

sub port ($self) { $self->{port} }

# ---- conversations ----

# Whatever comes goes back at once, to the end of the other side.
sub echo ($stream, $seconds = PATIENCE) {
    my $until = time + $seconds;
    while (time < $until) {
        $stream->_read_until($seconds, sub { length $stream->{in} });
        my $bytes = substr $stream->{in}, 0, length $stream->{in}, '';
        $stream->send($bytes) if length $bytes;
        last if !length $bytes && length $stream->ended;
    }
}

# Answers an upgrade to `websocket`; true if it was one.
sub accept_websocket ($stream) {
    my $head = $stream->take_until("\r\n\r\n", PATIENCE) // return 0;
    my ($key) = $head =~ /^Sec-WebSocket-Key: *(\S+)\r$/mi;
    return 0 unless defined $key && $head =~ /^Upgrade: *websocket\r$/mi;
    my $proof = encode_base64(sha1($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'), '');    # RFC 6455 4.2.2
    $stream->send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          . "Sec-WebSocket-Accept: $proof\r\n\r\n");
    return 1;
}

sub DESTROY ($self) {
    return if $self->{owner} != $$;
    local ($?, $!, $@);
    kill KILL => -$self->{pid};
    waitpid $self->{pid}, 0;
}

1;
