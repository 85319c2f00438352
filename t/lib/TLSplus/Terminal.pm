# SPDX-License-Identifier: Apache-2.0
#
# Programs that talk to a person: run on a pseudo-terminal, with the answers that the person gives.
#
#   my $done = type_to(['openssl', 'rsa', ...], dialog => [[qr/pass phrase/, "secret\r"]]);
#   is $done->{exit}, 0;  like $done->{screen}, qr/.../;
#
# Each answer is typed once its question has been shown. Linux only: no module of perl's own knows
# pseudo-terminals.
package TLSplus::Terminal;
use v5.36;
use Exporter 'import';
use File::Temp ();
use POSIX      ();
use TLSplus::Process qw(wait_until);

our @EXPORT_OK = qw(type_to);

use constant {TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431, O_NOCTTY => 0400};
use constant DIALOG_SECONDS => 60;

# A program whose controlling terminal is ours: env => {...}, dir => path, dialog => [[question, answer] ...].
sub start ($class, $command, %opt) {
    open my $terminal, '+<', '/dev/ptmx' or die "/dev/ptmx: $!\n";
    ioctl $terminal, TIOCSPTLCK, my $unlocked = pack 'i', 0 or die "unlock the terminal: $!\n";
    ioctl $terminal, TIOCGPTN, my $number = pack 'i', 0     or die "number of the terminal: $!\n";
    my $name = '/dev/pts/' . unpack 'i', $number;
    # Held open, so that the terminal can still be looked at when the program has gone.
    sysopen my $seat, $name, 2 | O_NOCTTY or die "$name: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::setsid();
        $SIG{$_} = 'DEFAULT' for qw(INT TERM ALRM PIPE);
        chdir $opt{dir} or POSIX::_exit(126) if defined $opt{dir};
        while (my ($variable, $value) = each %{ $opt{env} // {} }) {
            defined $value ? ($ENV{$variable} = $value) : delete $ENV{$variable};
        }
        open STDIN,  '+<', $name   or POSIX::_exit(126);
        open STDOUT, '>&', \*STDIN or POSIX::_exit(126);
        open STDERR, '>&', \*STDIN or POSIX::_exit(126);
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    my %file    = map { $_ => File::Temp->new(TMPDIR => 1) } qw(out err);
    my $process = bless {pid => $pid, file => \%file, command => $command, owner => $$}, 'TLSplus::Process';
    return bless {
        terminal => $terminal, seat => $seat, process => $process,
        screen => '', read => 0, dialog => [@{ $opt{dialog} // [] }],
    }, $class;
}

sub process ($self) { $self->{process} }

# What was shown so far.
sub screen ($self) {
    $self->{terminal}->blocking(0);
    while (sysread $self->{terminal}, my $piece, 4096) { $self->{screen} .= $piece }
    return $self->{screen};
}

# Types the next answer if its question is there.
sub talk ($self) {
    my $next = $self->{dialog}[0] // return;
    return unless substr($self->screen, $self->{read}) =~ $next->[0];
    $self->{read} += $+[0];
    syswrite $self->{terminal}, (shift @{ $self->{dialog} })->[1];
}

# True if what is typed is shown, as it was before the dialog.
sub echoes ($self) {
    my $modes = POSIX::Termios->new;
    $modes->getattr(fileno $self->{terminal}) // die "getattr: $!\n";
    return ($modes->getlflag & POSIX::ECHO()) != 0 && ($modes->getlflag & POSIX::ICANON()) != 0;
}

# Runs a program to its end: {exit, signal, screen, unsaid => answers nobody asked for, echoes}.
sub type_to ($command, %opt) {
    my $self  = __PACKAGE__->start($command, %opt);
    my $ended = wait_until(DIALOG_SECONDS, sub { $self->talk; $self->screen; !$self->process->running });
    $self->process->stop('KILL') unless $ended;
    my $done = $self->process;
    return {
        exit => $done->{exit}, signal => $done->{signal}, screen => $self->screen,
        unsaid => scalar @{ $self->{dialog} }, echoes => $self->echoes,
    };
}

1;
