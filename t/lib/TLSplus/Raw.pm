# SPDX-License-Identifier: Apache-2.0
#
# Bytes on a socket, and TLS as bytes: what no well-behaved client can send. A test opens a plain
# connection, sends what it likes in the pieces it likes, and reads what comes back as records. The
# ClientHello made here is complete and acceptable to a server (RFC 8446 4.1.2), so that each test
# spoils exactly one thing in it.
package TLSplus::Raw;
use v5.36;
use Errno       qw(EAGAIN EINTR EWOULDBLOCK ECONNRESET EPIPE);
use Exporter    'import';
use IO::Handle  ();
use IO::Socket::INET ();
use IO::Select  ();
use Socket      qw(INADDR_LOOPBACK IPPROTO_TCP SO_RCVBUF SOL_SOCKET TCP_NODELAY pack_sockaddr_in);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(client_hello handshake_message record fragments extension
  parse_records alert_name %ALERT HANDSHAKE ALERT APPLICATION_DATA CHANGE_CIPHER_SPEC);

use constant { CHANGE_CIPHER_SPEC => 20, ALERT => 21, HANDSHAKE => 22, APPLICATION_DATA => 23 };

# RFC 8446 section 6 and the TLS 1.2 ones still in use
our %ALERT = (
    close_notify => 0,            unexpected_message => 10,   bad_record_mac => 20,
    record_overflow => 22,        handshake_failure => 40,    bad_certificate => 42,
    certificate_unknown => 46,    illegal_parameter => 47,    unknown_ca => 48,
    decode_error => 50,           decrypt_error => 51,        protocol_version => 70,
    insufficient_security => 71,  internal_error => 80,       inappropriate_fallback => 86,
    user_canceled => 90,          no_renegotiation => 100,    missing_extension => 109,
    unsupported_extension => 110, unrecognized_name => 112,   certificate_required => 116,
    no_application_protocol => 120,
);
my %ALERT_NAME = reverse %ALERT;

sub alert_name ($code) { $ALERT_NAME{$code} // "alert $code" }

# ---- a connection ----

# TLSplus::Raw->connect($port): a TCP connection to 127.0.0.1. from => another address of the
# loopback network; window => octets that are received and not read yet (the system doubles them).
sub connect ($class, $port, %opt) {
    local $SIG{PIPE} = 'IGNORE';
    my $socket = IO::Socket::INET->new(LocalAddr => $opt{from} // '127.0.0.1', Proto => 'tcp', Timeout => $opt{seconds} // 20)
      or die "socket: $@\n";
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, $opt{window} if $opt{window};    # the window is agreed at once
    $socket->connect(pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "connect to port $port: $@ $!\n";
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;    # pieces must arrive as pieces
    $socket->blocking(0);
    return bless { socket => $socket, in => '', end => '' }, $class;
}

# Sends all of `bytes`; each => n sends n bytes at a time. False if the server has closed.
sub send ($self, $bytes, %opt) {
    local $SIG{PIPE} = 'IGNORE';
    my $piece = $opt{each} // length $bytes;
    my $end   = time + ($opt{seconds} // 20);
    my $at    = 0;
    while ($at < length $bytes) {
        my $sent = syswrite $self->{socket}, $bytes, $piece - $at % $piece, $at;
        if (defined $sent) { $at += $sent; next; }
        return 0 unless $!{EAGAIN} || $!{EINTR};
        return 0 if time > $end;
        IO::Select->new($self->{socket})->can_write(0.5);
    }
    return 1;
}

# Reads until the server closes or `seconds` are over; returns all bytes so far. ended() tells which.
sub read_all ($self, $seconds = 20) {
    $self->_read_until($seconds, sub { 0 });
    return $self->{in};
}

# Reads until what has come matches, or the connection or the time is over; true if it matched.
sub read_until ($self, $pattern, $seconds = 20) {
    return $self->_read_until($seconds, sub { $self->{in} =~ $pattern });
}

# Reads until a complete record of this type has come.
sub read_record ($self, $type, $seconds = 20) {
    return $self->_read_until($seconds, sub { grep { $_->{type} == $type } parse_records($self->{in}) });
}

# With no time left it still takes what lies ready: seconds => 0 looks and does not wait.
sub _read_until ($self, $seconds, $enough) {
    my $end = time + $seconds;
    until ($enough->()) {
        return 0 if $self->{end};
        my $left = $end - time;
        IO::Select->new($self->{socket})->can_read($left > 0 ? $left : 0) or return 0;
        my $got = sysread $self->{socket}, $self->{in}, 65_536, length $self->{in};
        if    (!defined $got && ($!{EAGAIN} || $!{EINTR})) { next }
        elsif (!defined $got) { $self->{end} = $!{ECONNRESET} ? 'reset' : "error $!" }
        elsif ($got == 0)     { $self->{end} = 'closed' }
    }
    return 1;
}

# 'closed' after the server's FIN, 'reset' after an RST, '' while open.
sub ended ($self) { $self->{end} }

# Everything read so far, and the records and alerts in it.
sub bytes   ($self) { $self->{in} }
sub records ($self) { parse_records($self->{in}) }

# Names of plaintext alerts received, such as 'decode_error'.
sub alerts ($self) {
    return map { alert_name(ord substr $_->{body}, 1, 1) }
      grep { $_->{type} == ALERT && length $_->{body} == 2 } $self->records;
}

sub half_close ($self) { shutdown $self->{socket}, 1 }
sub close      ($self) { CORE::close $self->{socket} }
sub socket     ($self) { $self->{socket} }
sub local_port ($self) { $self->{socket}->sockport }

# Ends with an RST instead of a FIN.
sub reset ($self) {
    setsockopt $self->{socket}, Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack('ii', 1, 0);
    CORE::close $self->{socket};
}

# ---- TLS as bytes ----

sub record ($type, $body, %opt) {
    return pack('Cnn', $type, $opt{version} // 0x0301, $opt{length} // length $body) . $body;
}

sub handshake_message ($type, $body, %opt) {
    my $length = $opt{length} // length $body;
    return pack('CCn', $type, $length >> 16, $length & 0xffff) . $body;
}

# A handshake message cut into records of at most `size` bytes of it each.
sub fragments ($message, $size) {
    return join '', map { record(HANDSHAKE, $_) } unpack "(a$size)*", $message;
}

sub extension ($type, $body) { pack('nn', $type, length $body) . $body }

sub _vector ($bytes, $width) { ($width == 1 ? pack('C', length $bytes) : pack('n', length $bytes)) . $bytes }

# A ClientHello handshake message (not yet in a record). Options, with their defaults:
#   name      SNI; none
#   alpn      ['h2', 'http/1.1']; none
#   versions  [0x0304, 0x0303] in supported_versions; [] leaves the extension out
#   ciphers   numbers; TLS 1.3 and ECDHE suites
#   groups    numbers; X25519 and P-256.  key_share => 0 leaves the share out
#   sigalgs   numbers; ECDSA, RSA-PSS, PKCS#1, Ed25519
#   session   session id bytes; 32 of them.  legacy => legacy_version 0x0303
#   extra     raw bytes put after the extensions inside their vector
#   pad       a padding extension (RFC 7685) of so many bytes
sub client_hello (%opt) {
    my @sigalgs  = @{ $opt{sigalgs}  // [0x0403, 0x0804, 0x0401, 0x0807] };
    my @versions = @{ $opt{versions} // [0x0304, 0x0303] };
    my @groups   = @{ $opt{groups}   // [0x001d, 0x0017] };
    my @ciphers  = @{ $opt{ciphers}  // [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030] };
    my $extensions = '';
    $extensions .= extension(0, _vector("\0" . _vector($opt{name}, 2), 2)) if defined $opt{name};
    $extensions .= extension(10, _vector(pack('n*', @groups), 2)) . extension(11, _vector("\0", 1));
    $extensions .= extension(13, _vector(pack('n*', @sigalgs), 2));
    $extensions .= extension(16, _vector(join('', map { _vector($_, 1) } @{ $opt{alpn} }), 2)) if $opt{alpn};
    $extensions .= extension(23, '');    # extended_master_secret
    if (@versions) {
        $extensions .= extension(43, _vector(pack('n*', @versions), 1)) . extension(45, "\1\1");
        # any 32 bytes are a valid X25519 share; this is the base point
        my $share = pack('n', 0x001d) . _vector("\x09" . "\0" x 31, 2);
        $extensions .= extension(51, _vector($share, 2)) if $opt{key_share} // 1;
    }
    $extensions .= extension(21, "\0" x $opt{pad}) if defined $opt{pad};
    $extensions .= $opt{extra} // '';
    return handshake_message(1,
          pack('n', $opt{legacy} // 0x0303)
        . join('', map { chr int rand 256 } 1 .. 32)
        . _vector($opt{session} // join('', map { chr int rand 256 } 1 .. 32), 1)
        . _vector(pack('n*', @ciphers), 2)
        . "\1\0"
        . _vector($extensions, 2));
}

# Complete records in `bytes`: {type, version, body}.
sub parse_records ($bytes) {
    my @records;
    for (my $at = 0; $at + 5 <= length $bytes;) {
        my ($type, $version, $length) = unpack 'Cnn', substr $bytes, $at, 5;
        last if $at + 5 + $length > length $bytes;
        push @records, { type => $type, version => $version, body => substr $bytes, $at + 5, $length };
        $at += 5 + $length;
    }
    return @records;
}

1;
