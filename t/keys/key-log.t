# SPDX-License-Identifier: Apache-2.0
#
# SSLKEYLOGFILE: the secrets of connections, for whoever reads a recording of them, and for nobody else.
use v5.36;
use Fcntl qw(F_SETPIPE_SZ O_NONBLOCK O_RDONLY);
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX qw(mkfifo);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ["$_.test"]) for qw(a b);
my $HOSTS = join '', map { tls_host("$_.test", pair($_)) } qw(a b);
my $PROTOCOL = {'TLSv1.2' => qr/^CLIENT_RANDOM ([0-9a-f]{64}) [0-9a-f]{96}$/m,
    'TLSv1.3' => qr/^CLIENT_TRAFFIC_SECRET_0 ([0-9a-f]{64}) [0-9a-f]{64,96}$/m};

sub server_with ($file, %opt) {
    my $server = TLSplus::Server->new(certs => $certs, conf => $HOSTS, %opt);
    $server->{env} = {SSLKEYLOGFILE => $server->root . "/$file"};
    return $server;
}

subtest 'with the variable' => sub {
    my $server = server_with('secrets', files => {secrets => ["# kept\n", 0666]});
    my $file   = $server->root . '/secrets';
    is $server->configtest->{exit}, 0, 'configtest';
    is((stat $file)[2] & 0777, 0666, '... leaves the file alone');
    ok $server->begin, 'starts' or return diag $server->said;
    is((stat $file)[2] & 0777, 0600, 'the file is its owner\'s alone');
    logs $server, qr/notice\].*TP0009: .*\Q$file\E/, 'a notice says so';
    my %seen;
    for my $name (qw(a b)) {
        for my $tls (sort keys %$PROTOCOL) {
            my $before = slurp($file);
            ok $server->handshake(name => "$name.test", tls => $tls)->ok, "$name, $tls: a handshake";
            ok wait_until(10, sub { substr(slurp($file), length $before) =~ $PROTOCOL->{$tls} }), '... and its secrets';
            my ($random) = substr(slurp($file), length $before) =~ $PROTOCOL->{$tls};
            ok !$seen{ $random // '' }++, '... of a connection of their own';
        }
    }
    like slurp($file), qr/\A# kept\n/, 'what was there stays';
    ok $server->graceful, 'a graceful restart';
    my $size = -s $file;
    serves $server, 'serves', name => 'a.test';
    ok wait_until(10, sub { -s $file > $size }), 'and goes on writing';
    like slurp($file), qr/[0-9a-f]{96}/, 'the file has secrets';
    unlike $server->log, qr/[0-9a-f]{96}/, 'the log has none';
    ok $server->stop, 'stops cleanly';
};

subtest 'without' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => $HOSTS, env => {SSLKEYLOGFILE => undef});
    serves $server, 'serves', name => 'a.test';
    says_nothing $server, qr/TP0009|TP0010/, 'and says nothing';
    ok $server->stop, 'stops cleanly';
};

subtest 'a file that cannot be' => sub {
    my $server = server_with('no/such/folder');
    ok $server->begin, 'starts all the same' or return diag $server->said;
    logs $server, qr/warn\].*TP0010: .*no\/such\/folder.*No such file/, 'and says why';
    serves $server, 'serves', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

# Whoever wants secrets as they come reads them from a pipe, and may be away or asleep.
subtest 'a pipe' => sub {
    my $server = server_with('pipe', patience => 15);
    my $pipe   = $server->root . '/pipe';
    mkfifo($pipe, 0600) or die "mkfifo: $!\n";
    ok $server->begin, 'that nobody reads: starts' or return diag $server->said;
    logs $server, qr/warn\].*TP0010: .*\Q$pipe\E/, '... and says so';
    sysopen my $reader, $pipe, O_RDONLY | O_NONBLOCK or die "$pipe: $!\n";
    ok $server->graceful, 'a graceful restart while somebody does';
    fcntl $reader, F_SETPIPE_SZ, 4096 or die "pipe: $!\n";
    is scalar(grep { $server->get('/', name => 'a.test')->status == 200 } 1 .. 20), 20, 'serves when the pipe is full';
    sysread $reader, my $secrets, 4096;
    like $secrets, $PROTOCOL->{'TLSv1.3'}, 'the secrets were in it';
    ok $server->stop, 'stops cleanly';
};

done_testing;
