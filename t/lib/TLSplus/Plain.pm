# SPDX-License-Identifier: Apache-2.0
#
# Requests over plain HTTP by a socket of the test's own: for the client's side of a proxy, where some hundred
# requests are asked and none of them is about the client. Says exactly what it is told to say.
#
#   my $answer = TLSplus::Plain::ask($server, '/path', host => 'a.test', port => 'PLAIN');
#   is $answer->status, 200;  $answer->header('x-name');  $answer->body;
package TLSplus::Plain;
use v5.36;
use IO::Socket::INET ();
use TLSplus::Raw ();
use TLSplus::Stream ();

# One request, read to the end that the server makes. Options:
#   host      Host header (default localhost); undef sends none; http => '1.0'
#   port      name of a port (default PLAIN) or its number
#   method, headers => ['A: b'], body => bytes; seconds
sub ask ($server, $path, %opt) {
    my $stream = opened($server, %opt);
    $stream->send(request($path, %opt));
    $stream->_read_until($opt{seconds} // 60, sub { 0 });
    return TLSplus::Plain::Answer->of($stream->bytes, $stream->ended);
}

# Many such requests at once: [path, %opt] each; the answers come in their order.
sub ask_all ($server, @asked) {
    my @streams = map { my ($path, %opt) = @$_; my $stream = opened($server, %opt); $stream->send(request($path, %opt)); $stream } @asked;
    for my $stream (@streams) {
        $stream->_read_until(60, sub { 0 });
        $stream->close;    # until then a thread or process of the server may linger
    }
    return map { TLSplus::Plain::Answer->of($_->bytes, $_->ended) } @streams;
}

# A connection to talk on: a TLSplus::Stream.
sub opened ($server, %opt) {
    my $port = $opt{port} // 'PLAIN';
    return TLSplus::Stream->of_socket(TLSplus::Raw->connect($port =~ /^\d+$/ ? $port : $server->port($port))->socket);
}

# Whether somebody does at this port of loopback.
sub listens ($port) { defined IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1) }

sub request ($path, %opt) {
    my @lines = (($opt{method} // (defined $opt{body} ? 'POST' : 'GET')) . " $path HTTP/" . ($opt{http} // '1.1'));
    my $host = exists $opt{host} ? $opt{host} : 'localhost';
    push @lines, "Host: $host" if defined $host;
    push @lines, @{ $opt{headers} // [] };
    push @lines, 'Content-Length: ' . length $opt{body} if defined $opt{body};
    push @lines, 'Connection: close' unless $opt{stays};
    return join("\r\n", @lines, '', '') . ($opt{body} // '');
}

# The next answer on a connection that stays; undef if there is none that is whole in time.
sub next_answer ($stream, $seconds = 60) {
    my $head = $stream->take_until("\r\n\r\n", $seconds) // return undef;
    my $answer = TLSplus::Plain::Answer->of($head, '');
    my $length = $answer->header('content-length');
    if (defined $length) { $answer->{body} = $stream->take($length, $seconds) // return undef }
    elsif (($answer->header('transfer-encoding') // '') eq 'chunked') {
        while (1) {
            my $size = hex(($stream->take_until("\r\n", $seconds) // return undef) =~ s/[^0-9a-fA-F].*//sr);
            $answer->{body} .= $stream->take($size, $seconds) // return undef if $size;
            last if !$size;
            $stream->take(2, $seconds) // return undef;
        }
        while ((my $line = $stream->take_until("\r\n", $seconds) // return undef) ne "\r\n") {
            $answer->{trailers} .= $line;
        }
    }
    return $answer;
}

package TLSplus::Plain::Answer;
use v5.36;

# ended: as TLSplus::Raw says it. A body that came in chunks is put together; what is missing of it shows in `whole`.
sub of ($class, $bytes, $ended) {
    my $self = bless { status => undef, headers => {}, body => '', trailers => '', whole => 0, ended => $ended, bytes => $bytes }, $class;
    my ($head, $body) = $bytes =~ /\A(?:HTTP\/1\.\d 1\d\d [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)*(HTTP\/1\.\d \d{3}.*?\r\n)\r\n(.*)\z/s or return $self;
    ($self->{status}) = $head =~ /^HTTP\/1\.\d (\d+)/;
    while ($head =~ /^([^:\r\n]+): *([^\r\n]*)\r$/mg) {
        my ($name, $value) = (lc $1, $2);
        $self->{headers}{$name} = exists $self->{headers}{$name} ? "$self->{headers}{$name}, $value" : $value;
    }
    if (($self->{headers}{'transfer-encoding'} // '') eq 'chunked') { $self->_take_chunks($body) }
    else {
        $self->{body}  = $body;
        my $length = $self->{headers}{'content-length'};
        $self->{whole} = defined $length ? length $body == $length : $ended eq 'closed';
    }
    return $self;
}

sub _take_chunks ($self, $body) {
    while ($body =~ s/\A([0-9a-fA-F]+)[^\r\n]*\r\n//) {
        my $size = hex $1;
        if (!$size) {
            $self->{whole} = 1 if $body =~ /\A((?:[^\r\n]+\r\n)*)\r\n/;
            $self->{trailers} = $1 // '';
            return;
        }
        $self->{body} .= substr $body, 0, $size, '';
        return unless $body =~ s/\A\r\n//;
    }
}

sub status   ($self) { $self->{status} }
sub header   ($self, $name) { $self->{headers}{ lc $name } }
sub body     ($self) { $self->{body} }
sub trailers ($self) { $self->{trailers} }
sub whole    ($self) { $self->{whole} }
sub ended    ($self) { $self->{ended} }
sub bytes    ($self) { $self->{bytes} }

1;
