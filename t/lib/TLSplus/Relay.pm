# SPDX-License-Identifier: Apache-2.0
#
# Something between a real client and the server that keeps back what the client sends after so many
# TLS records, and lets it go in pieces, or takes nothing more from the server for a while: a client whose
# network, or whose will, stops there. One connection; nothing moves unless step() is called.
package TLSplus::Relay;
use v5.36;
use IO::Select       ();
use IO::Socket::INET ();
use TLSplus::Process qw(slurp);
use TLSplus::Raw     qw(CHANGE_CIPHER_SPEC);
use Time::HiRes      qw(time);

# TLSplus::Relay->new($server->port, pass => 4): the first four records of the client pass.
# With deaf => 1, window => octets: from the client's ChangeCipherSpec on (its last flight, up to TLS 1.2) no
# more comes from the server than fits into that window, until hear().
sub new ($class, $port, %opt) {
    my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') // die "listen: $@\n";
    return bless { listener => $listener, port => $port, pass => $opt{pass} // 1e9, in => '', held => '', ended => 0,
        deaf => $opt{deaf}, window => $opt{window}, is_deaf => 0 }, $class;
}

sub port ($self) { $self->{listener}->sockport }

# True once the client has sent more than may pass.
sub is_holding ($self) { length $self->{held} }

# When the server ended the connection; 0 before.
sub ended ($self) { $self->{ended} }

# True once nothing more is taken from the server.
sub is_deaf ($self) { $self->{is_deaf} }
sub hear ($self) { @$self{qw(deaf is_deaf)} = (0, 0) }

# True once the server's system holds what this side has no room for, as much as at the last look
# (proc_pid_net(5): tx_queue).
sub is_stuffed ($self) {
    my ($mine, $its) = map { sprintf '%04X', $_ } $self->{server}->socket->sockport, $self->{server}->socket->peerport;
    my ($queued) = slurp('/proc/net/tcp') =~ /^ *\d+: \w+:$its \w+:$mine \w+ (\w+):/m;
    my $before = $self->{queued} // 0;
    $self->{queued} = hex($queued // 0);
    return $before > 0 && $before == $self->{queued};
}

# Lets `count` octets of what is held go. False if the server does not take them.
sub release ($self, $count) { $self->{server}->send(substr $self->{held}, 0, $count, '') }

# Moves what there is to move, for at most so long.
sub step ($self, $seconds) {
    return if $self->{ended};
    my ($client, $server) = ($self->{client}, $self->{server});
    for my $ready (IO::Select->new(grep { defined } $client // $self->{listener}, $server && !$self->{is_deaf} ? $server->socket : undef)->can_read($seconds)) {
        if ($ready == $self->{listener}) {
            $self->{client} = $ready->accept;
            $self->{server} = TLSplus::Raw->connect($self->{port}, window => $self->{window});
        }
        elsif ($server && $ready == $server->socket) { $self->_from_server }
        else                                          { $self->_from_client }
    }
    return;
}

sub _from_server ($self) {
    my $got = sysread $self->{server}->socket, my $bytes, 65_536;
    $self->{ended} = time if !$got;
    syswrite $self->{client}, $bytes if $got;
    return;
}

sub _from_client ($self) {
    my $got = sysread $self->{client}, $self->{in}, 65_536, length $self->{in};
    return if !$got;
    for my $record (TLSplus::Raw::parse_records($self->{in})) {
        my $whole = substr $self->{in}, 0, 5 + length $record->{body}, '';
        $self->{is_deaf} = 1 if $self->{deaf} && $record->{type} == CHANGE_CIPHER_SPEC;
        if ($self->{pass} > 0) { $self->{pass}--; $self->{server}->send($whole) }
        else                   { $self->{held} .= $whole }
    }
    return;
}

1;
