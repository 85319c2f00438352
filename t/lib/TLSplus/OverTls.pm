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
use Socket qw(AF_UNIX PF_UNSPEC SHUT_WR SOCK_SEQPACKET SOL_SOCKET SO_LINGER);
use TLSplus::Env     qw(find_program scratch_dir);
use TLSplus::Process qw(run slurp spew wait_until);

our @EXPORT = qw(over_tls);

# s_server closes its connection when it is told to end, and says no close_notify; with this in its process it does.
my $goodbye;

use constant MOST_AT_ONCE => 16_000;    # what s_server reads at once

# For TLSplus::Backend->start: `serve` gets the plaintext of each connection, once the handshake is done. It ends with
# close_notify unless it has been cut before. args => of s_server; file => full: with the chain.
sub over_tls ($certs, $name, $serve, %opt) {
    $goodbye //= _goodbye();
    my $dir = scratch_dir('tlsplus-behind');
    my $crt = $certs->dir . "/$name." . ($opt{file} // 'crt');
    return sub ($raw) {
        my $at   = "$dir/$$";
        # named from its folder: s_server has no room for a long path
        my $self = __PACKAGE__->_of_server($dir, ['openssl', 's_server', '-unix', $$, '-naccept', '1', '-cert', $crt,
            '-key', $certs->dir . "/$name.key", '-cert_chain', $crt, @{ $opt{args} // [] }]);
        $self->{number} = $raw->{number};
        my $server = wait_until(60, sub { IO::Socket::UNIX->new(Peer => $at) }) or die "s_server does not come: $!; " . slurp("$dir/errors") . "\n";
        $self->{peer}  = $raw->socket->can('peerport') ? $raw->socket->peerport : undef;    # none of a path
        $self->{below} = _pump_beside($raw->socket, $server);
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
        $ENV{LD_PRELOAD} = $goodbye;
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    close $theirs;
    $ours->blocking(0);
    return bless { socket => $ours, in => '', end => '', pid => $pid, owner => $$ }, $class;
}

# What is put around s_server's functions.
sub _goodbye () {
    my $dir = scratch_dir('tlsplus-goodbye');
    my $cc  = $ENV{CC} // find_program('cc') // find_program('gcc') // find_program('clang') // die "no C compiler\n";
    spew("$dir/goodbye.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>

static SSL *live;

SSL *SSL_new(SSL_CTX *context) {
  SSL *(*next)(SSL_CTX *) = (SSL * (*)(SSL_CTX *)) dlsym(RTLD_NEXT, "SSL_new");
  return live = next(context);
}

void SSL_free(SSL *ssl) {
  void (*next)(SSL *) = (void (*)(SSL *))dlsym(RTLD_NEXT, "SSL_free");
  if (ssl == live) live = NULL;
  next(ssl);
}

int BIO_closesocket(int socket) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "BIO_closesocket");
  if (live != NULL && SSL_get_fd(live) == socket) SSL_shutdown(live);
  return next(socket);
}
C
    my $built = run([$cc, qw(-shared -fPIC -o), "$dir/goodbye.so", "$dir/goodbye.c", '-lssl'], timeout => 120);
    die "goodbye.c: $built->{err}\n" if $built->{exit} != 0;
    return "$dir/goodbye.so";
}

# A process that carries the records between the two, to the end of both. Returns where it takes orders.
sub _pump_beside ($proxy, $server) {
    socketpair my $ours, my $orders, AF_UNIX, SOCK_SEQPACKET, PF_UNSPEC or die "socketpair: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid) { CORE::close $_ for $proxy, $server, $orders; return $ours }
    CORE::close $ours;
    $_->blocking(1) for $proxy, $server;
    my %to    = ($proxy => $server, $server => $proxy);
    my $ready = IO::Select->new($proxy, $server);
    my ($holds, $late) = (0, '');
    my $carry = sub ($from) {
        my $got = sysread $from, my $bytes, 65_536;
        return if !defined $got && $!{EINTR};
        return $late .= $bytes if $got && $from == $proxy && !grep { $_ == $server } $ready->handles;
        return _write_all($to{$from}, $bytes) if $got;
        $ready->remove($from);
        shutdown $to{$from}, SHUT_WR unless $holds && $from == $server;
        # s_server waits for the other side's end before it goes
        shutdown $server, SHUT_WR if $from == $server;
    };
    my $obey = sub {
        my $got = sysread $orders, my $order, 65_536;
        return $ready->remove($orders) if !$got;
        # behind all that s_server has said
        $carry->($server) while grep { $_ == $server } $ready->can_read(0);
        $holds = 1 if $order eq 'hold';
        if ($order eq 'rest') {
            $carry->($proxy) while grep({ $_ == $proxy } $ready->handles) && $ready->can_read(60);
            return syswrite $orders, "rest $late";
        }
        _write_all($proxy, $1) if $order =~ /\Asay (.*)/s;
        if ($order eq 'reset') {
            setsockopt $proxy, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
            CORE::close $proxy;
        }
        syswrite $orders, 'done';
        POSIX::_exit(0) if $order eq 'reset';
    };
    $ready->add($orders);
    while ($ready->count > 1 || ($holds && $ready->count)) {
        for my $from ($ready->can_read) { $from == $orders ? $obey->() : $carry->($from) }
    }
    POSIX::_exit(0);
}

# Below TLS. hold: from now on the end of s_server is not the connection's, which lasts until the proxy ends it;
# reset: the connection ends with an RST; say_below: bytes that are no records of s_server's.
sub hold  ($self) { $self->_below('hold') }
sub reset ($self) { $self->_below('reset') }
sub say_below ($self, $bytes) { $self->_below("say $bytes") }
# What the proxy has sent to its end since s_server is gone.
sub rest_below ($self) { $self->_below('rest') =~ s/^rest //r }

sub _below ($self, $order) {
    syswrite $self->{below}, $order or die "the pump has ended: $!\n";
    sysread $self->{below}, my $done, 65_536;
    return $done // '';
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
