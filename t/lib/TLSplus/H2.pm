# SPDX-License-Identifier: Apache-2.0
#
# One stream of an HTTP/2 connection, which clients do not let a test talk on freely: a WebSocket
# (RFC 8441) as the conversation it carries. Fields are sent as they are (RFC 7541 6.2.2), and of those that come
# only the status is looked at.
#
#   my $stream = TLSplus::H2->websocket($server, '/path', name => 'a.test');
#   is $stream->status, 200;
#   $stream->send($bytes); $stream->take(5);
package TLSplus::H2;
use v5.36;
use parent 'TLSplus::Stream';

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8 };
use constant { END_STREAM => 1, ACK => 1, END_HEADERS => 4, ENABLE_CONNECT_PROTOCOL => 8 };
use constant MOST => 16_384;    # of a frame (RFC 9113 4.2)
use constant PREFACE => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

sub websocket ($class, $server, $path, %opt) {
    my $tls = TLSplus::Stream->tls($server, alpn => 'h2', %opt);
    my $self = bless {
        tls => $tls, in => '', end => '', owner => $$, status => '', allows_connect => 0,
        window => { 0 => 65_535, 1 => 65_535 },
    }, $class;
    $tls->send(PREFACE . _frame(SETTINGS, 0, 0, ''));
    $self->_until(30, sub { $self->{allows_connect} }) or return $self;
    my $block = _block(':method' => 'CONNECT', ':protocol' => 'websocket', ':scheme' => 'https', ':path' => $path,
        ':authority' => $opt{name} . ':' . $server->port, 'sec-websocket-version' => '13');
    $tls->send(_frame(HEADERS, END_HEADERS, 1, $block));
    $self->_until(30, sub { length $self->{status} });
    return $self;
}

sub status ($self) { $self->{status} }

# All that a client sends who asks once and acknowledges nothing, for programs that send bytes as they are.
sub one_request ($class, $name, $path, @fields) {
    return PREFACE . _frame(SETTINGS, 0, 0, '') . _frame(HEADERS, END_STREAM | END_HEADERS, 1,
        _block(':method' => 'GET', ':scheme' => 'https', ':path' => $path, ':authority' => $name, @fields));
}

sub _block (@fields) {
    my $block = '';
    $block .= "\0" . join '', map { chr(length) . $_ } splice @fields, 0, 2 while @fields;
    return $block;
}

sub _frame ($type, $flags, $stream, $payload) {
    return substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags, $stream) . $payload;
}

# As far as the windows of stream and connection allow, waiting for more.
sub send ($self, $bytes, %opt) {
    my $window = $self->{window};
    while (length $bytes) {
        $self->_until(20, sub { $window->{0} > 0 && $window->{1} > 0 }) or return 0;
        my ($size) = sort { $a <=> $b } MOST, length $bytes, @$window{0, 1};
        $self->{tls}->send(_frame(DATA, 0, 1, substr $bytes, 0, $size, '')) or return 0;
        $_ -= $size for @$window{0, 1};
    }
    return 1;
}

sub _read_until ($self, $seconds, $enough) { $self->_until($seconds, $enough) }

sub _until ($self, $seconds, $enough) {
    my $until = time + $seconds;
    until ($enough->()) {
        return 0 if length $self->{end} || time > $until;
        my $head = $self->{tls}->take(9, $seconds);
        if (!defined $head) { $self->{end} = $self->{tls}->ended; return 0 }
        my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $head;
        my $length = $high << 16 | $low;
        $self->_take($type, $flags, $stream & 0x7fffffff, $length ? $self->{tls}->take($length, $seconds) // '' : '');
    }
    return 1;
}

sub _take ($self, $type, $flags, $stream, $payload) {
    my $tls = $self->{tls};
    if ($type == SETTINGS && !($flags & ACK)) {
        my %setting = unpack '(nN)*', $payload;
        $self->{allows_connect} = 1 if $setting{ ENABLE_CONNECT_PROTOCOL() };
        $tls->send(_frame(SETTINGS, ACK, 0, ''));
    }
    elsif ($type == PING && !($flags & ACK)) { $tls->send(_frame(PING, ACK, 0, $payload)) }
    elsif ($type == WINDOW_UPDATE) { $self->{window}{$stream} += unpack 'N', $payload }
    elsif ($type == HEADERS)    { $self->{status} ||= $payload =~ /^(?:[\x20-\x3f]*)\x88/ ? 200 : 'another' }
    elsif ($type == DATA && length $payload) {
        $self->{in} .= $payload;
        $tls->send(join '', map { _frame(WINDOW_UPDATE, 0, $_, pack 'N', length $payload) } 0, 1);
    }
    $self->{end} = 'closed' if $type == RST_STREAM || $type == GOAWAY || ($stream && $type <= HEADERS && $flags & END_STREAM);
}

sub close ($self) { $self->{tls}->close }

1;
