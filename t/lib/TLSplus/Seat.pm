# SPDX-License-Identifier: Apache-2.0
#
# A server that is started by somebody at a terminal: a TLSplus::Server on a pseudo-terminal, with
# the answers that somebody gives.
#
#   my $server = TLSplus::Seat->new(certs => $certs, conf => $conf,
#       dialog => [[qr/Pass phrase: /, "secret\r"]]);
#   ok $server->begin;  like $server->screen, qr/.../;
#
# Each answer is typed once its question has been shown. Linux only: no module of perl's own knows
# pseudo-terminals.
package TLSplus::Seat;
use v5.36;
use parent 'TLSplus::Server';
use File::Temp   ();
use POSIX        qw(:errno_h);
use TLSplus::Process qw(wait_until);

use constant {TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431, O_NOCTTY => 0400};
use constant DIALOG_SECONDS => 60;

sub new ($class, %opt) {
    my $dialog = delete $opt{dialog} // [];
    my $self   = $class->SUPER::new(%opt);
    $self->{dialog} = $dialog;
    return $self;
}

# What was shown so far.
sub screen ($self) {
    $self->_look;
    return $self->{screen};
}

# True if what is typed is shown, as it was before the dialog.
sub echoes ($self) {
    my $modes = POSIX::Termios->new;
    $modes->getattr(fileno $self->{terminal}) // die "getattr: $!\n";
    return ($modes->getlflag & POSIX::ECHO()) != 0 && ($modes->getlflag & POSIX::ICANON()) != 0;
}

sub _launch ($self) {
    my $mark = $self->mark;
    $self->{screen}  = '';
    $self->{process} = $self->_sit_down($self->_command('-DFOREGROUND'));
    my ($read, @talk) = (0, @{ $self->{dialog} });
    my $up = wait_until(DIALOG_SECONDS, sub {
        $self->_look;
        if (@talk && substr($self->{screen}, $read) =~ $talk[0][0]) {
            $read += $+[0];
            syswrite $self->{terminal}, (shift @talk)->[1];
        }
        return !$self->{process}->running ? 'ended' : $self->_serves($mark) ? 'up' : '';
    });
    $self->_look;
    return 1 if $up eq 'up';
    $self->{process}->stop('KILL') if !$up;
    $self->{console} = $self->{screen};
    $self->_forget;
    return 0;
}

sub said ($self) { return $self->screen . $self->log }

sub _look ($self) {
    $self->{terminal}->blocking(0);
    while (sysread $self->{terminal}, my $piece, 4096) { $self->{screen} .= $piece }
}

# A TLSplus::Process whose controlling terminal is ours.
sub _sit_down ($self, $command) {
    open my $terminal, '+<', '/dev/ptmx' or die "/dev/ptmx: $!\n";
    ioctl $terminal, TIOCSPTLCK, my $unlocked = pack 'i', 0 or die "unlock the terminal: $!\n";
    ioctl $terminal, TIOCGPTN, my $number = pack 'i', 0     or die "number of the terminal: $!\n";
    my $name = '/dev/pts/' . unpack 'i', $number;
    # Held open, so that the terminal can still be looked at when the server has gone.
    sysopen my $seat, $name, 2 | O_NOCTTY or die "$name: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::setsid();
        $SIG{$_} = 'DEFAULT' for qw(INT TERM ALRM PIPE);
        my %env = %{ $self->_env };
        while (my ($variable, $value) = each %env) {
            defined $value ? ($ENV{$variable} = $value) : delete $ENV{$variable};
        }
        open STDIN,  '+<', $name   or POSIX::_exit(126);
        open STDOUT, '>&', \*STDIN or POSIX::_exit(126);
        open STDERR, '>&', \*STDIN or POSIX::_exit(126);
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    @$self{qw(terminal seat)} = ($terminal, $seat);
    my %file = map { $_ => File::Temp->new(TMPDIR => 1) } qw(out err);
    return bless {pid => $pid, file => \%file, command => $command, owner => $$}, 'TLSplus::Process';
}

1;
