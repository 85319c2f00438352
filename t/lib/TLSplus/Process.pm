# SPDX-License-Identifier: Apache-2.0
#
# Programs a test runs, and conditions it waits for. Every wait has a limit: a program that outlives
# its own is killed with its process group and says so in `timed_out`. Output goes to files, not
# pipes, so neither side can block the other however much is said.
package TLSplus::Process;
use v5.36;
use Exporter 'import';
use File::Temp ();
use POSIX       qw(:sys_wait_h setpgid);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(run spawn wait_until slurp spew);

sub slurp ($path) {
    open my $in, '<:raw', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub spew ($path, $content, $mode = 0644) {
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} $content;
    close $out or die "$path: $!\n";
    chmod $mode, $path or die "chmod $path: $!\n";
    return $path;
}

# Calls `condition` until it gives a true value, which is returned; false once `seconds` are over.
sub wait_until ($seconds, $condition) {
    my $end = time + $seconds;
    while (1) {
        my $value = $condition->();
        return $value if $value;
        return $value if time > $end;
        select undef, undef, undef, 0.02;
    }
}

# Starts a program: spawn(['curl', ...], stdin => bytes | stdin_file => path, env => {...},
# dir => path). An env value of undef removes the variable.
sub spawn ($command, %opt) {
    my %file = map { $_ => File::Temp->new(TEMPLATE => 'tlsplus-io-XXXXXX', TMPDIR => 1) } qw(in out err);
    if (defined $opt{stdin}) {
        binmode $file{in};
        print { $file{in} } $opt{stdin};
        $file{in}->flush;
    }
    my $stdin = $opt{stdin_file} // $file{in}->filename;
    my $pid   = fork // die "fork: $!\n";
    if (!$pid) {
        setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM ALRM PIPE);
        chdir $opt{dir} or POSIX::_exit(126) if defined $opt{dir};
        while (my ($name, $value) = each %{ $opt{env} // {} }) {
            defined $value ? ($ENV{$name} = $value) : delete $ENV{$name};
        }
        open STDIN,  '<',  $stdin               or POSIX::_exit(126);
        open STDOUT, '>&', $file{out}->fileno() or POSIX::_exit(126);
        open STDERR, '>&', $file{err}->fileno() or POSIX::_exit(126);
        no warnings 'exec';
        exec { $command->[0] } @$command;
        print STDERR "cannot run $command->[0]: $!\n";
        POSIX::_exit(127);
    }
    setpgid($pid, $pid);    # whichever of the two comes first
    return bless { pid => $pid, file => \%file, command => $command, owner => $$ }, __PACKAGE__;
}

# spawn() and wait(): run(['openssl', 'version'], timeout => 10)->{out}
sub run ($command, %opt) {
    my $timeout = delete $opt{timeout} // 60;
    return spawn($command, %opt)->wait($timeout);
}

# Waits for the end; fills exit (-1 if ended by a signal), signal, out, err, timed_out.
sub wait ($self, $timeout = 60) {
    return $self if exists $self->{exit};
    my $status = eval {
        local $SIG{ALRM} = sub { die "timeout\n" };
        Time::HiRes::alarm($timeout);
        my $got = waitpid $self->{pid}, 0;
        my $end = $?;
        Time::HiRes::alarm(0);
        $got == $self->{pid} ? $end : die "waitpid: $!\n";
    };
    Time::HiRes::alarm(0);
    if (!defined $status) {
        $self->{timed_out} = 1;
        kill KILL => -$self->{pid};
        waitpid $self->{pid}, 0;
        $status = $?;
    }
    return $self->_ended($status);
}

# True while the program runs; collects it when it does not.
sub running ($self) {
    return 0 if exists $self->{exit};
    my $got = waitpid $self->{pid}, WNOHANG;
    return 1 if $got == 0;
    $self->_ended($?);
    return 0;
}

sub stop ($self, $signal = 'TERM', $timeout = 10) {
    kill $signal => $self->{pid} if $self->running;
    return $self->wait($timeout);
}

# What it has said so far.
sub out ($self) { $self->{out} // slurp($self->{file}{out}->filename) }
sub err ($self) { $self->{err} // slurp($self->{file}{err}->filename) }
sub pid ($self) { $self->{pid} }

sub _ended ($self, $status) {
    $self->{signal} = WIFSIGNALED($status) ? WTERMSIG($status) : 0;
    $self->{exit}   = WIFEXITED($status)   ? WEXITSTATUS($status) : -1;
    $self->{out}    = slurp($self->{file}{out}->filename);
    $self->{err}    = slurp($self->{file}{err}->filename);
    delete $self->{file};
    return $self;
}

sub DESTROY ($self) {
    return if $self->{owner} != $$ || exists $self->{exit};
    local ($?, $!, $@);
    kill KILL => -$self->{pid};
    waitpid $self->{pid}, 0;
}

1;
