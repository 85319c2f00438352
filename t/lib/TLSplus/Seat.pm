# SPDX-License-Identifier: Apache-2.0
#
# A server that is started by somebody at a terminal: a TLSplus::Server on a TLSplus::Terminal, with
# the answers that somebody gives.
#
#   my $server = TLSplus::Seat->new(certs => $certs, conf => $conf,
#       dialog => [[qr/Pass phrase: /, "secret\r"]]);
#   ok $server->begin;  like $server->screen, qr/.../;
package TLSplus::Seat;
use v5.36;
use parent 'TLSplus::Server';
use TLSplus::Process qw(wait_until);
use TLSplus::Terminal ();

use constant DIALOG_SECONDS => 60;

sub new ($class, %opt) {
    my $dialog = delete $opt{dialog} // [];
    my $self   = $class->SUPER::new(%opt);
    $self->{dialog} = $dialog;
    return $self;
}

# What was shown so far.
sub screen ($self) { $self->{seat} ? $self->{seat}->screen : '' }

# True if what is typed is shown, as it was before the dialog.
sub echoes ($self) { $self->{seat}->echoes }

sub _launch ($self) {
    my $mark = $self->mark;
    my $seat = $self->{seat} = TLSplus::Terminal->start($self->_command('-DFOREGROUND'),
        env => $self->_env, dialog => $self->{dialog});
    $self->{process} = $seat->process;
    my $up = wait_until(DIALOG_SECONDS, sub {
        $seat->talk;
        $seat->screen;
        return !$self->{process}->running ? 'ended' : $self->_serves($mark) ? 'up' : '';
    });
    return 1 if $up eq 'up';
    $self->{process}->stop('KILL') if !$up;
    $self->_forget($self->{process});
    return 0;
}

sub said ($self) { return $self->screen . $self->log }

1;
