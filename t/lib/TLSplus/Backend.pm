# SPDX-License-Identifier: Apache-2.0
#
# What a proxy has behind it: a process that listens on loopback and holds each conversation in a process of
# its own, as a function of the test does it. Ends with the test, whatever way that ends.
#
#   my $backend = TLSplus::Backend->start(sub ($stream) { $stream->send($stream->take(5)) });
#   ... ProxyPass /echo http://127.0.0.1:@{[ $backend->port ]}/
#
# The stream knows its {number}, counted from 1. What a conversation notes with note() the test reads with notes().
package TLSplus::Backend;
use v5.36;
use Digest::SHA qw(sha1);
use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use TLSplus::Env     qw(scratch_dir);
use TLSplus::Process qw(slurp);
use TLSplus::Stream ();

use constant PATIENCE => 120;

my $notes;    # in a conversation: where note() writes

# port => one where another has listened before; unix => 1: at a path() instead
sub start ($class, $serve, %opt) {
    my $path = $opt{unix} ? scratch_dir('tlsplus-behind') . '/socket' : undef;
    my $listener = $path ? IO::Socket::UNIX->new(Local => $path, Listen => 1024)
      : IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $opt{port} // 0, Listen => 1024, ReuseAddr => 1);
    $listener or die "listen: $@ $!\n";
    chmod 0777, $path or die "chmod $path: $!\n" if $path;
    my $file = File::Temp->new(TEMPLATE => 'tlsplus-io-XXXXXX', TMPDIR => 1);
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM ALRM);
        $SIG{CHLD} = 'IGNORE';
        $SIG{PIPE} = 'IGNORE';
        $notes = $file->filename;
        my $number = 0;
        while (1) {
            my $socket = $listener->accept or next;
            ++$number;
            next if fork // 1;
            CORE::close $listener;
            my $stream = TLSplus::Stream->of_socket($socket);
            $stream->{number} = $number;
            eval { $serve->($stream) };
            print STDERR "# backend: $@" if length $@;
            POSIX::_exit(0);
        }
    }
    POSIX::setpgid($pid, $pid);
    return bless { pid => $pid, port => $path ? undef : $listener->sockport, path => $path, file => $file, owner => $$ }, $class;
}

sub port ($self) { $self->{port} }
sub path ($self) { $self->{path} }

# A line for the test, whole however many conversations there are.
sub note ($line) { _append($notes, $line) }

# A line of the test's own, for which a conversation may wait by has_noted().
sub add_note ($self, $line) { _append($self->{file}->filename, $line) }

sub _append ($path, $line) {
    open my $out, '>>', $path or die "$path: $!\n";
    syswrite $out, "$line\n";
}

sub notes ($self) { split /\n/, slurp($self->{file}->filename) }

# In a conversation: how many lines all of them have noted.
sub noted () { slurp($notes) =~ tr/\n// }
sub has_noted ($line) { scalar grep { $_ eq $line } split /\n/, slurp($notes) }
sub noted_like ($pattern) { scalar grep { $_ =~ $pattern } split /\n/, slurp($notes) }

# Whether somebody holds a connection to it that it has ended (proc(5), net/tcp: CLOSE_WAIT).
sub has_left ($self) {
    my $port = sprintf '%04X', $self->{port};
    return slurp('/proc/net/tcp') =~ /^ *\d+: \w+:\w+ \w+:$port 08 /m;
}

# Whether something lies unread at the other end of the connection from that port of the proxy's, or it has ended there.
sub has_reached ($self, $peer) {
    my ($state, $unread) = slurp('/proc/net/tcp') =~ /^ *\d+: \w+:@{[ sprintf '%04X', $peer ]} \w+:@{[ sprintf '%04X', $self->{port} ]} (\w\w) \w+:(\w+) /m;
    return !defined $state || $state ne '01' || hex $unread > 0;
}

# Nobody listens any more, and what was under way is cut.
sub stop ($self) {
    my $pid = delete $self->{pid} or return;
    kill KILL => -$pid;
    waitpid $pid, 0;
}

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

# The next request as {method, path, head, body}; nothing if none comes. `Expect: 100-continue` is answered if `continue`.
sub take_request ($stream, %opt) {
    my $head = $stream->take_until("\r\n\r\n", PATIENCE) // return undef;
    # s_server may have told something of its own before
    $head =~ s{\A.*^(?=\S+ \S+ HTTP/1\.[01]\r$)}{}ms;
    my ($method, $path) = $head =~ m{\A(\S+) (\S+) HTTP/} or return undef;
    $stream->send("HTTP/1.1 100 Continue\r\n\r\n") if $opt{continue} && $head =~ /^Expect: *100-continue\r$/mi;
    my $body = $opt{head_only} ? '' : take_body($stream, $head) // return undef;
    return { method => $method, path => $path, head => $head, body => $body };
}

# What belongs to this head: of a length that it says, or in chunks.
sub take_body ($stream, $head) {
    return $stream->take($1, PATIENCE) if $head =~ /^Content-Length: *(\d+)\r$/mi;
    return '' unless $head =~ /^Transfer-Encoding: *chunked\r$/mi;
    my $body = '';
    while (1) {
        my $size = hex(($stream->take_until("\r\n", PATIENCE) // return undef) =~ s/[^0-9a-fA-F].*//sr);
        my $piece = $stream->take($size + 2, PATIENCE) // return undef;
        return $body if !$size;
        $body .= substr $piece, 0, $size;
    }
}

sub answer ($stream, $body, @headers) {
    return $stream->send(join "\r\n", 'HTTP/1.1 200 OK', 'Content-Length: ' . length $body, @headers, '', $body);
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
    $self->stop;
}

1;
