# SPDX-License-Identifier: Apache-2.0
#
# Whatever a stranger can make the server hold or compute has a limit: doc/limits.md is the table, held
# here against the code, and the limits that no other test pushes are pushed here.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(httpd mpm needs_tlsplus sanitized scratch_dir srcdir);
use TLSplus::Host;
use TLSplus::Process qw(slurp spawn spew wait_until);
use TLSplus::Raw qw(client_hello record fragments HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

# | what | limit | where: `constant` = `value` in `file` | why | `test` |
subtest 'doc/limits.md' => sub {
    my @rows = grep { /^\| / && !/^\| What/ && !/^\| -/ } split /\n/, slurp(srcdir() . '/doc/limits.md');
    cmp_ok scalar @rows, '>', 10, 'has rows';
    my $named = '';
    for my $row (@rows) {
        my ($what, $limit, $where, $why, $test) = map { s/^\s+|\s+$//gr } (split /\|/, $row)[1 .. 5];
        my ($constant, $value, $file) = $where =~ /^`([^`]+)` = `([^`]+)` in `([^`]+)`$/ or do { fail("$what: where?"); next };
        my $code = slurp(srcdir() . "/$file");
        like $code, qr/\b\Q$constant\E\b\s*(?:=\s*|\{)\Q$value\E\s*[;}]/, "$what: $constant is $value in $file";
        cmp_ok length $why, '>', 20, "$what: has a reason";
        my ($path) = $test =~ /^`([^`]+)`$/;
        ok defined $path && -s srcdir() . "/$path", "$what: pushed by $test";
        $named .= "$constant\n";
    }
    my @constants = slurp(srcdir() . '/ssl_engine/base/limits.h') =~ /^constexpr .* (k\w+) =/mg;
    cmp_ok scalar @constants, '>', 5, 'limits.h has some';
    like $named, qr/\b$_$/m, "$_ of limits.h is in the table" for @constants;
};

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $HOST = <<'CONF' . tls_host('a.test', pair('a'));
AcceptFilter http none
TLSPlusHandshakeTimeout 300
Timeout 300
CONF
my $ONE_CHILD = "ServerLimit 1\nStartServers 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n";

sub hello (%opt) { fragments(client_hello(name => 'a.test', %opt), 16_384) }

subtest 'the size of a ClientHello' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => $HOST);
    my $raw = TLSplus::Raw->connect($server->port);
    $raw->send(hello(pad => 32_000));
    ok $raw->read_record(HANDSHAKE), 'one of nearly 32 KiB is answered';
    my $mark = $server->mark;
    $raw = TLSplus::Raw->connect($server->port);
    $raw->send(substr hello(pad => 40_000), 0, 16_400);
    $raw->read_all(20);
    is join(' ', $raw->alerts), 'illegal_parameter', 'one that will be larger is refused at its first record';
    logs $server, qr/TP0400: .*ClientHello of more than 32768 bytes/, 'and logged', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

subtest 'what a large ClientHello makes the server hold' => sub {
    plan skip_all => 'one process for all' unless mpm() eq 'event';
    plan skip_all => 'a sanitized process keeps what was given back' if sanitized();
    my $server = TLSplus::Server->start(certs => $certs, conf => "${ONE_CHILD}AsyncRequestWorkerFactor 40\n$HOST");
    serves $server, 'served', name => 'a.test';
    my ($child) = $server->children;
    my $size  = sub { (slurp("/proc/$child/status") =~ /^VmRSS:\s+(\d+)/m)[0] };
    my $hello = hello(alpn => [('x') x 15_000]);
    my $held  = sub ($count) {
        my @raw = map { TLSplus::Raw->connect($server->port) } 1 .. $count;
        $_->send($hello) for @raw;
        is scalar(grep { $_->read_record(HANDSHAKE, 60) } @raw), $count, "$count hellos of 30 KB, each with 15,000 protocols: answered";
        return @raw;
    };
    my @first  = $held->(20);
    my $before = $size->();
    my @others = $held->(100);
    my $each   = ($size->() - $before) / 100;
    cmp_ok $each, '<', 300, 'KiB for each (' . int($each) . ')';
    ok $server->stop, 'stops cleanly';
};

# The second time the clients come over an IPv6 socket, as with a Listen that names no address.
for my $listen ('', "Listen [::ffff:127.0.0.1]:\@PORT\@\n") {
    subtest 'a flood from one address' . ($listen && ', taken as IPv6') => sub {
        plan skip_all => 'only where the MPM can wait' unless mpm() eq 'event';
        my $server = TLSplus::Server->start(certs => $certs, conf => "$listen$ONE_CHILD$HOST");
        # in the middle of their handshake, each from elsewhere
        my @honest = map { TLSplus::Raw->connect($server->port, from => "127.0.1.$_") } 1 .. 10;
        $_->send(hello()) for @honest;
        is scalar(grep { $_->read_record(HANDSHAKE, 30) } @honest), 10, 'ten clients are answered, and take their time';
        my @flood = map {
            my $raw = TLSplus::Raw->connect($server->port, from => '127.0.2.1');
            $raw->send($_ % 2 ? hello() : substr hello(), 0, 100);
            $raw
        } 1 .. 200;
        ok wait_until(60, sub { $_->read_all(0) for @flood; return 130 <= grep { $_->ended } @flood }), 'two hundred from one address push out each other';
        is scalar(grep { $_->read_all(0); $_->ended } @honest), 0, 'and none of the ten';
        serves $server, 'a new client is served', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    };
}

subtest 'room for unfinished handshakes in further children' => sub {
    plan skip_all => 'only where the MPM can wait' unless mpm() eq 'event';
    my $server = TLSplus::Server->start(certs => $certs,
        conf => "ServerLimit 6\nStartServers 2\nThreadsPerChild 25\nMinSpareThreads 25\nMaxSpareThreads 75\nMaxRequestWorkers 150\n$HOST");
    # more than two children hold (2 x 56); whoever is let go comes again
    my @stuck;
    my $most = 0;
    my @children;
    ok wait_until(90, sub {
        @stuck = grep { $_->read_all(0); !$_->ended } @stuck;
        $most = @stuck if @stuck > $most;
        my $n = 0;
        while (@stuck < 200 && $n++ < 20) {
            push @stuck, TLSplus::Raw->connect($server->port, from => '127.0.3.' . (1 + int rand 250));
            $stuck[-1]->send(hello());
        }
        @children = $server->children;
        return $most >= 160 && @children > 2;
    }), '160 wait at the same time, and further children are started' or diag "at most $most, in " . @children;
    ok $server->stop, 'stops cleanly';
};

subtest 'few descriptors' => sub {
    plan skip_all => 'only where the MPM can wait' unless mpm() eq 'event';
    plan skip_all => 'a sanitizer has files of its own' if sanitized();
    my $dir = scratch_dir('tlsplus-few');
    spew("$dir/httpd", "#!/bin/sh\nulimit -n 64\nexec " . httpd() . " \"\$@\"\n", 0755);
    local $ENV{TLSPLUS_HTTPD} = "$dir/httpd";
    my $server = TLSplus::Server->start(certs => $certs, conf => "$ONE_CHILD$HOST");
    my $mark   = $server->mark;
    my @stuck  = map {
        my $raw = TLSplus::Raw->connect($server->port);
        $raw->send(substr hello(), 0, 100);
        $raw
    } 1 .. 100;
    for my $wave (1 .. 3) {
        my @clients = map { spawn($server->client->curl_command('/', name => 'a.test')) } 1 .. 3;
        is scalar(grep { $_->wait(60)->{out} =~ /^200 / } @clients), 3, "wave $wave: new clients are answered";
    }
    says_nothing $server, qr/AH02179|Too many open files/, 'and none was taken in that could not be', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

done_testing;
