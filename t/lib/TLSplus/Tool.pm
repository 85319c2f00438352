# SPDX-License-Identifier: Apache-2.0
#
# The commands tlsplus-cert and tlsplus-check as tests run them, and small servers on the loopback
# address that answer as they are told: one that hands out certificates, one that is silent.
package TLSplus::Tool;
use v5.36;
use Exporter 'import';
use IO::Socket::INET ();
use POSIX            ();
use TLSplus::Env     qw(sanitized tool);
use TLSplus::Process qw(run);

our @EXPORT = qw(cert check openssl file_mode answering until_gone);

my @helpers;    # process ids of answering(), ours alone

sub _env ($opt) {
    # A test that takes a limit away from the process takes it from the leak checker too.
    return { (sanitized() ? (ASAN_OPTIONS => 'detect_leaks=0') : ()), %{ $opt->{env} // {} } };
}

# cert('/in/this/folder', 'selfsigned', '--name', 'a.test')->{exit}
sub cert ($dir, @arguments) {
    my %opt = ref $arguments[-1] eq 'HASH' ? %{ pop @arguments } : ();
    return run([tool('tlsplus-cert'), @arguments], dir => $dir, timeout => 120, %opt, env => _env(\%opt));
}

sub check (@arguments) {
    my %opt  = ref $arguments[-1] eq 'HASH' ? %{ pop @arguments } : ();
    my $done = run([tool('tlsplus-check'), @arguments], timeout => 120, %opt, env => _env(\%opt));
    $done->{text} = $done->{out} . $done->{err};
    return $done;
}

# The openssl program in a folder; dies unless it succeeds. Returns what it printed.
sub openssl ($dir, @arguments) {
    my $done = run(['openssl', @arguments], dir => $dir, timeout => 120);
    die "openssl @arguments: $done->{err}" if $done->{exit} != 0;
    return $done->{out};
}

sub file_mode ($path) { sprintf '%04o', (stat $path)[2] & 07777 }

# A server on 127.0.0.1 that hands each connection, and the first line it sent, to `answer`, until the
# test ends. Returns its port. read => 0: does not wait for a line first.
sub answering ($answer, %opt) {
    my $listening = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 20, Proto => 'tcp')
      or die "no port: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{PIPE} = 'IGNORE';
        $SIG{TERM} = sub { POSIX::_exit(0) };
        while (my $client = $listening->accept) {
            my $line = $opt{read} // 1 ? <$client> : '';
            $client->autoflush(1);
            $answer->($client, $line // '');
            close $client;
        }
        POSIX::_exit(0);
    }
    push @helpers, $pid;
    return $listening->sockport;
}

# For an `answer`: waits until the client has gone, and reads what it still sends. A server that closes before is not
# listened to: what it has said may go with the reset of the connection.
sub until_gone ($client) {
    while (sysread($client, my $rest, 65_536)) { }
}

END {
    my $status = $?;
    for my $pid (@helpers) {
        kill TERM => $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}

1;
