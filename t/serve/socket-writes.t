# SPDX-License-Identifier: Apache-2.0
#
# How often a child writes to its socket, counted by strace: 2 times for a whole TLS 1.3 connection
# with one small `Connection: close` request (the server's flight; then tickets, answer and
# close_notify together), and at most 3 for a 100 KB file on a connection kept alive. And how it ends one.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_program needs_tlsplus sanitized);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spawn wait_until);
use TLSplus::Server;

needs_tlsplus();
needs_program('strace');
plan skip_all => 'a sanitized process is not traced' if sanitized();

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF' . tls_host('a.test', pair('a')));
ServerLimit 1
StartServers 1
MaxRequestWorkers 25
<IfModule mpm_prefork_module>
  MinSpareServers 1
  MaxSpareServers 1
  MaxRequestWorkers 1
</IfModule>
CONF
$server->put('htdocs/100k', 'x' x 100_000);
my $port = $server->port;

my $trace = $server->root . '/run/trace';
my @pids  = map { ('-p', $_) } $server->children;
my $strace = spawn(['strace', '-f', '-qq', '-yy', '-e', 'trace=write,writev,sendto,sendmsg,sendfile,sendmmsg,shutdown,close,poll,epoll_ctl',
    '-o', $trace, @pids]);
# strace says nothing when it is ready with -qq; a request shows
my $ready = wait_until(20, sub {
    return 'ended' if !$strace->running;
    $server->get('/', name => 'a.test');
    return slurp($trace) =~ /:$port->/ ? 'ready' : '';
});
plan skip_all => 'this process may not trace others: ' . $strace->err if $ready ne 'ready';

# The system calls of the connection from this client port that put bytes on the socket.
sub writes ($client) {
    my $socket = qr/TCP:\[127\.0\.0\.1:$port->127\.0\.0\.1:$client\]/;
    wait_until(20, sub { slurp($trace) =~ /(?:close|shutdown)\(\d+<$socket/ });
    return grep { /(?:write|writev|sendto|sendmsg|sendfile|sendmmsg)\(\d+<$socket/ } split /\n/, slurp($trace);
}

# One client's port, by curl itself.
sub request ($path, %opt) {
    my $answer = $server->get($path, name => 'a.test', %opt, args => ['-w', '\nport %{local_port}\n', @{ $opt{args} // [] }]);
    my ($client) = $answer->output =~ /^port (\d+)/m;
    return ($client, $answer);
}

for (1 .. 3) {
    my ($client, $answer) = request('/', tls => '1.3', headers => ['Connection: close']);
    ok $answer->ok, "run $_: one small request, Connection: close" or diag $answer->error;
    my @writes = writes($client);
    is scalar @writes, 2, '2 writes' or diag join "\n", @writes;
}

{
    my ($client, $answer) = request('/', tls => '1.2', headers => ['Connection: close']);
    my @writes = writes($client);
    cmp_ok scalar @writes, '<=', 3, 'TLS 1.2 has a flight more: at most 3' or diag join "\n", @writes;
}

# On event, leaving the end of a connection to the MPM takes two changes of thread; a client on loopback
# ends its side sooner than that.
SKIP: {
    skip 'other MPMs keep the thread', 2 unless mpm() eq 'event';
    my ($client) = request('/', tls => '1.3', headers => ['Connection: close']);
    my $socket = qr/TCP:\[127\.0\.0\.1:$port->127\.0\.0\.1:$client\]/;
    writes($client);
    my ($before) = slurp($trace) =~ /\A(.*?shutdown\(\d+<$socket.*?)$/ms;
    ok $before, 'the server ends its side';
    like $before, qr/writev.*<$socket.*poll\(\[\{fd=\d+<$socket/s, '... after it waited for the client to end its own';
}

# A connection with one file, and one with six: the difference is what five files cost.
{
    my $files = sub ($count) {
        my ($client, $answer) = request('/100k', tls => '1.3',
            args => [map { ('-o', '/dev/null', "https://a.test:$port/100k") } 2 .. $count]);
        return scalar writes($client);
    };
    my ($one, $six) = ($files->(1), $files->(6));
    cmp_ok $six - $one, '<=', 15, "a 100 KB file over keep-alive: at most 3 writes ($one for one, $six for six)";
    cmp_ok $six, '>=', 6, 'they were seen';
}

$strace->stop('INT');
ok $server->stop, 'stops cleanly';
done_testing;
