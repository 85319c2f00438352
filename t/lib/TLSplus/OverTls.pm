# SPDX-License-Identifier: Apache-2.0
#
# The server's end of a conversation over TLS in the hands of a test: what it says, when, and how it ends, where a
# server proper would do only what is right. `openssl s_server` speaks TLS, one for each connection.
#
#   my $backend = TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) {
#       TLSplus::Backend::take_request($stream);
#       $stream->send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhal");
#       $stream->cut;                            # the connection ends, TLS does not
#   }, args => ['-tls1_2']));
#
# What begins with one of the letters B K P Q R S c k q r must not be the first of what is sent at once: they are commands.
package TLSplus::OverTls;
use v5.36;
use parent 'TLSplus::Stream';
use Errno qw(EINTR);
use Exporter 'import';
use IO::Select ();
use IO::Socket::UNIX ();
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SHUT_WR SOCK_SEQPACKET);
use TLSplus::Env     qw(scratch_dir);
use TLSplus::Process qw(slurp wait_until);

our @EXPORT = qw(over_tls);

use constant MOST_AT_ONCE => 16_000;    # what s_server reads at once

# For TLSplus::Backend->start: `serve` gets the plaintext of each connection, once the handshake is done. It ends with
# close_notify unless it has been cut before. args => of s_server; file => full: with the chain.
sub over_tls ($certs, $name, $serve, %opt) {
    my $dir = scratch_dir('tlsplus-behind');
    my $crt = $certs->dir . "/$name." . ($opt{file} // 'crt');
    return sub ($raw) {
        my $at   = "$dir/$$";
        # named from its folder: s_server has no room for a long path
        my $self = __PACKAGE__->_of_server($dir, ['openssl', 's_server', '-unix', $$, '-naccept', '1', '-cert', $crt,
            '-key', $certs->dir . "/$name.key", '-cert_chain', $crt, @{ $opt{args} // [] }]);
        $self->{number} = $raw->{number};
        my $server = wait_until(60, sub { IO::Socket::UNIX->new(Peer => $at) }) or die "s_server does not come: $!; " . slurp("$dir/errors") . "\n";
        _pump_beside($raw->socket, $server);
        unlink $at;
        my $told = $self->take_until("Secure Renegotiation IS", 120);
        $self->take_until("supported\n") if defined $told;
        $self->{told} = $told // '';
        $serve->($self) if defined $told;
        $self->end;
    };
}

sub _of_server ($class, $dir, $command) {
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, PF_UNSPEC or die "socketpair: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        chdir $dir or POSIX::_exit(126);
        open STDIN,  '<&', $theirs or POSIX::_exit(126);
        open STDOUT, '>&', $theirs or POSIX::_exit(126);
        open STDERR, '>>', 'errors' or POSIX::_exit(126);
        close $_ for $ours, $theirs;
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    close $theirs;
    $ours->blocking(0);
    return bless { socket => $ours, in => '', end => '', pid => $pid, owner => $$ }, $class;
}

# A process that carries the records between the two, to the end of both.
sub _pump_beside ($one, $other) {
    my $pid = fork // die "fork: $!\n";
    if ($pid) { CORE::close $_ for $one, $other; return }
    $_->blocking(1) for $one, $other;
    my %to    = ($one => $other, $other => $one);
    my $ready = IO::Select->new($one, $other);
    while ($ready->count) {
        for my $from ($ready->can_read) {
            my $got = sysread $from, my $bytes, 65_536;
            next if !defined $got && $!{EINTR};
            if ($got) { _write_all($to{$from}, $bytes) }
            else      { $ready->remove($from); shutdown $to{$from}, SHUT_WR }
        }
    }
    POSIX::_exit(0);
}

sub _write_all ($to, $bytes) {
    while (length $bytes) {
        my $sent = syswrite $to, $bytes;
        return if !defined $sent && !$!{EINTR};
        substr $bytes, 0, $sent // 0, '';
    }
}

# What s_server tells of the connection: the version, the session, the client's certificate.
sub told ($self) { $self->{told} }

sub send ($self, $bytes, %opt) { $self->SUPER::send($bytes, each => MOST_AT_ONCE, %opt) }

# r: renegotiates; R: and asks for a certificate; c: asks for one behind the handshake (TLS 1.3); K: new keys both ways.
sub command ($self, $letter) { $self->SUPER::send("$letter\n") }

# The connection ends without close_notify, behind all that was sent.
sub cut ($self) {
    my $pid = delete $self->{pid} // return;
    wait_until(20, sub { $self->_is_taken && slurp("/proc/$pid/stat") =~ /^\d+ \(.*\) S /s });
    kill KILL => $pid;
    waitpid $pid, 0;
}

# Whether s_server has read what was sent to it (unix(7), SIOCOUTQ).
sub _is_taken ($self) {
    my $left = pack 'i', 0;
    ioctl $self->{socket}, 0x5411, $left or die "SIOCOUTQ: $!\n";
    return unpack('i', $left) == 0;
}

# With close_notify.
sub end ($self) {
    my $pid = delete $self->{pid} // return;
    $self->SUPER::send('Q');
    waitpid $pid, 0;
}

1;
