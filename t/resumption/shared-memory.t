# SPDX-License-Identifier: Apache-2.0
#
# Somebody writes over the memory that the children share, while they serve: the session cache's header
# and body, the ticket keys. No child dies, no client fails; what was hit is a full handshake; and what
# is stored afterwards resumes, with and without a graceful restart.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
use constant SESSIONS   => 10;
use constant JUNK_BYTES => 32;
use constant ATTEMPT_SECONDS => 25;    # a damaged ring is mended once in ten

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $HOST = tls_host('a.test', pair('a'));

srand 20260101;
sub junk ($size) { join '', map { chr int rand 256 } 1 .. $size }

# Where in `server` the segment lies that begins with `magic`: [first address, size up to the mapping's end].
sub segment ($server, $magic) {
    my $pid = $server->pid;
    open my $memory, '<:raw', "/proc/$pid/mem" or return undef;
    for (slurp("/proc/$pid/maps") =~ /^([0-9a-f]+-[0-9a-f]+) rw-s /gm) {
        my ($first, $end) = unpack 'Q>2', pack '(H16)2', map { sprintf '%016s', $_ } split /-/;
        sysseek $memory, $first, 0;
        my $size = $end - $first;
        next unless defined sysread($memory, my $bytes, $size);
        my $at = index $bytes, $magic;
        return [$first + $at, $size - $at] if $at >= 0;
    }
    return undef;
}

sub scribble ($server, $address, $bytes) {
    open my $memory, '+<:raw', '/proc/' . $server->pid . '/mem' or die "cannot write memory: $!\n";
    sysseek $memory, $address, 0;
    my $written = syswrite $memory, $bytes;
    die "cannot write memory: $!\n" unless ($written // 0) == length $bytes;
}

sub once ($server, %opt) {
    my $answer = $server->handshake(name => 'a.test', request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n", %opt);
    return defined $answer->status && $answer->status == 200 ? $answer->reused ? 'again' : 'new' : 'failed';
}

sub session ($server, $number) { $server->root . "/run/session-$number" }

# New clients; all of them must be served.
sub make_sessions ($server, %opt) {
    my @failed = grep { once($server, sess_out => session($server, $_), %opt) eq 'failed' } 1 .. SESSIONS;
    return !@failed;
}

# (resumed, served anew, failed)
sub come_again ($server, %opt) {
    my %count = (again => 0, new => 0, failed => 0);
    $count{ once($server, sess_in => session($server, $_), %opt) }++ for 1 .. SESSIONS;
    return @count{qw(again new failed)};
}

subtest 'the session cache' => sub {
    my @tls    = (tls => 'TLSv1.2');
    my $server = TLSplus::Server->start(certs => $certs, conf => "SSLSessionCache shm:128K\nSSLSessionTickets off\n$HOST");
    my $cache  = segment($server, 'TLsShC');
    plan skip_all => 'the memory of a process cannot be read here' unless $cache;
    my ($address, $size) = @$cache;
    my @children = $server->children;

    ok make_sessions($server, @tls), 'clients are served';
    scribble($server, $address, junk(JUNK_BYTES));
    is_deeply [come_again($server, @tls)], [SESSIONS, 0, 0], 'junk in the header costs nothing';
    scribble($server, $address + JUNK_BYTES, junk(JUNK_BYTES));
    is_deeply [come_again($server, @tls)], [SESSIONS, 0, 0], 'nor does the rest of it';
    is_deeply [$server->children], \@children, 'no child died of it';

    scribble($server, $address, junk($size));
    my ($again, $new, $failed) = come_again($server, @tls);
    is $failed, 0, 'junk everywhere fails nobody';
    ok make_sessions($server, @tls) && make_sessions($server, @tls), 'new clients are served';
    is_deeply [come_again($server, @tls)], [SESSIONS, 0, 0], 'and resume: it has healed';
    is_deeply [$server->children], \@children, 'no child died of that';

    scribble($server, $address + 64, "\xFF" x ($size - 64));
    ok $server->graceful, 'a graceful restart over a body of nothing but ones';
    ok make_sessions($server, @tls), 'its clients are served';
    is_deeply [come_again($server, @tls)], [SESSIONS, 0, 0], 'and resume from the first on';
    says_nothing($server, qr/exit signal/, 'no child has crashed');
};

subtest 'the ring of ticket keys' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => "SSLSessionCache none\n$HOST");
    my $ring   = segment($server, 'TkRing');
    plan skip_all => 'the memory of a process cannot be read here' unless $ring;
    my @children = $server->children;
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        ok make_sessions($server, tls => $tls), "$tls: clients are served";
        is((come_again($server, tls => $tls))[0], SESSIONS, "$tls: tickets open");
        scribble($server, $ring->[0] + 16, junk(32_000));
        is((come_again($server, tls => $tls))[2], 0, "$tls: junk over the keys fails nobody");
        my $healed = wait_until(ATTEMPT_SECONDS, sub {
            once($server, tls => $tls, sess_out => session($server, 1)) eq 'new'
              && once($server, tls => $tls, sess_in => session($server, 1)) eq 'again';
        });
        ok $healed, "$tls: a new key is made, tickets open again";
    }
    is_deeply [$server->children], \@children, 'no child died of it';
};

subtest 'ticket keys from a file' => sub {
    my $server = TLSplus::Server->new(certs => $certs,
        conf => "SSLSessionCache none\n" . $HOST =~ s{(?=</Virtual)}{  SSLSessionTicketKeyFile \@ROOT\@/conf/ticket.key\n}r);
    $server->put('conf/ticket.key' => [junk(80), 0600]);
    ok $server->begin, 'a host with a file of its own';
    my $name = substr slurp($server->root . '/conf/ticket.key'), 0, 16;
    my $slot = segment($server, $name);
    plan skip_all => 'the memory of a process cannot be read here' unless $slot;
    ok make_sessions($server, tls => 'TLSv1.2'), 'clients are served';
    is((come_again($server, tls => 'TLSv1.2'))[0], SESSIONS, 'tickets open');
    scribble($server, $slot->[0], junk(64));
    is((come_again($server, tls => 'TLSv1.2'))[2], 0, 'junk over the key fails nobody');
    ok wait_until(ATTEMPT_SECONDS, sub { once($server, tls => 'TLSv1.2', sess_in => session($server, 1)) eq 'again' }),
      'the parent gives it to the children again: the same tickets open';
    says_nothing($server, qr/TP0629/, 'and does not say that the file has changed');
};

done_testing;
