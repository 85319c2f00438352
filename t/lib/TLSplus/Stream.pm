# SPDX-License-Identifier: Apache-2.0
#
# A conversation over TLS: bytes both ways for as long as a test wants, where TLSplus::Client sends one
# request and reads to the end. `openssl s_client` speaks TLS; its standard input and output are one socket of ours,
# so that whatever TLSplus::Raw does with a TCP connection can be done with the plaintext.
#
#   my $stream = TLSplus::Stream->tls($server, name => 'a.test', tls => 'TLSv1.3');
#   $stream->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
#   my $head = $stream->take_until("\r\n\r\n");
package TLSplus::Stream;
use v5.36;
use parent 'TLSplus::Raw';
use File::Temp ();
use IO::Handle ();
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM);
use TLSplus::Process qw(slurp);

# Options as TLSplus::Client::s_client_command. end => 1: the end of what we send ends s_client, too.
sub tls ($class, $server, %opt) {
    my $end = delete $opt{end};
    return $class->of_program([
        $server->client->s_client_command(%opt), '-quiet', '-verify_quiet', ($end ? '-no_ign_eof' : ()),
    ]);
}

# The standard input and output of any program.
sub of_program ($class, $command) {
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!\n";
    my $said = File::Temp->new(TEMPLATE => 'tlsplus-io-XXXXXX', TMPDIR => 1);
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<&', $theirs or POSIX::_exit(126);
        open STDOUT, '>&', $theirs or POSIX::_exit(126);
        open STDERR, '>&', $said->fileno or POSIX::_exit(126);
        close $_ for $ours, $theirs;
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    close $theirs;
    $ours->blocking(0);
    return bless { socket => $ours, in => '', end => '', pid => $pid, said => $said, owner => $$ }, $class;
}

# A connection that somebody has accepted or made.
sub of_socket ($class, $socket) {
    $socket->blocking(0);
    return bless { socket => $socket, in => '', end => '', owner => $$ }, $class;
}

# Exactly `count` bytes, taken from what has come; undef if they do not come in time.
sub take ($self, $count, $seconds = 20) {
    return undef unless $self->_read_until($seconds, sub { length $self->{in} >= $count });
    return substr $self->{in}, 0, $count, '';
}

# All up to and with `mark`; undef if it does not come in time.
sub take_until ($self, $mark, $seconds = 20) {
    return undef unless $self->_read_until($seconds, sub { index($self->{in}, $mark) >= 0 });
    return substr $self->{in}, 0, index($self->{in}, $mark) + length $mark, '';
}

# All there is until the other side ends; undef if it does not in time.
sub take_rest ($self, $seconds = 20) {
    $self->_read_until($seconds, sub { 0 });
    return length $self->{end} ? substr $self->{in}, 0, length $self->{in}, '' : undef;
}

# Puts bytes back to be taken next.
sub put_back ($self, $bytes) { substr $self->{in}, 0, 0, $bytes }

# ---- WebSocket frames (RFC 6455 5.2) ----

use constant BINARY => 2;
use constant PING => 9;
use constant PONG => 10;

sub frame ($opcode, $payload, $mask = undef) {
    my $length = length $payload;
    my $bit    = defined $mask ? 0x80 : 0;
    my $head   = $length < 126 ? pack('CC', 0x80 | $opcode, $bit | $length)
      : $length < 65_536 ? pack('CCn', 0x80 | $opcode, $bit | 126, $length)
      :                    pack('CCQ>', 0x80 | $opcode, $bit | 127, $length);
    return $head . $payload if !defined $mask;
    return $head . $mask . ($payload ^. substr $mask x ($length / 4 + 1), 0, $length);
}

# The next frame as (opcode, payload unmasked), or nothing if none comes in time.
sub take_frame ($self, $seconds = 20) {
    my $head = $self->take(2, $seconds) // return;
    my ($opcode, $length) = unpack 'CC', $head;
    my $masked = $length & 0x80;
    $length &= 0x7f;
    $length = unpack 'n',  $self->take(2, $seconds) // return if $length == 126;
    $length = unpack 'Q>', $self->take(8, $seconds) // return if $length == 127;
    my $mask = $masked ? $self->take(4, $seconds) // return : '';
    my $payload = $self->take($length, $seconds) // return;
    $payload ^.= substr $mask x ($length / 4 + 1), 0, $length if $masked;
    return ($opcode & 0x0f, $payload);
}

# What the program had to complain of, once it has ended.
sub said ($self) {
    waitpid delete $self->{pid}, 0 if $self->{pid};
    return slurp($self->{said}->filename);
}

sub close ($self) {
    CORE::close $self->{socket};
    $self->_end_program;
}

sub _end_program ($self) {
    my $pid = delete $self->{pid} // return;
    kill TERM => $pid;
    waitpid $pid, 0;
}

sub DESTROY ($self) {
    return if $self->{owner} != $$;
    local ($?, $!, $@);
    $self->_end_program;
}

1;
