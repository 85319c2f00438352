# SPDX-License-Identifier: Apache-2.0
#
# Sessions on memcached and Redis: two httpd that share nothing else resume each other's sessions.
# And these servers in trouble: gone, stopped in the middle, slow, lying, back again. A connection
# loses a tenth of a second to that, three times, and then nothing until the server is well.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_module needs_tlsplus scratch_dir);
use TLSplus::Host;
use TLSplus::Process qw(spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $REQUEST = "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n";

sub conf ($cache, $more = '') {
    return <<"CONF" . tls_host('a.test:443', pair('a'));
SSLSessionCache $cache
SSLSessionTickets off
$more
<Location /status>
  SetHandler server-status
</Location>
CONF
}

sub start ($cache, $more = '', %opt) {
    my ($kind) = $cache =~ /^(\w+)/;
    return TLSplus::Server->start(certs => $certs, conf => conf($cache, $more), modules => ['status', "socache_$kind"], %opt);
}

sub free_port { IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport }

my $dir = scratch_dir('stores');

# A real server of that kind on a port; it keeps nothing on disk.
sub store ($kind, $port) {
    my @command = $kind eq 'redis'
      ? ('redis-server', '--port', $port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', $dir)
      : ('memcached', '-p', $port, '-l', '127.0.0.1', '-U', 0, ($> == 0 ? ('-u', 'nobody') : ()));
    my $process = spawn([@command]);
    wait_until(20, sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) })
      or die "$kind does not listen: " . $process->out . $process->err;
    return $process;
}

my $count = 0;

sub session ($server, $version) {
    my $file = sprintf '%s/run/session-%d', $server->root, ++$count;
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_out => $file);
    is $answer->status, 200, "$version: served" or diag $answer->output;
    return $file;
}

sub once ($server, $version, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, %opt);
    return defined $answer->status && $answer->status == 200 ? $answer->reused : undef;
}

sub status ($server, $name) { $server->get('/status?auto', name => 'a.test')->body =~ /^\Q$name\E: (\w+)/m ? $1 : undef }

# One request to a store on a port, and its answer up to what ends it.
sub talk ($port, $request, $end) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "port $port: $!";
    $socket->print($request);
    my $answer = '';
    while ($answer !~ $end) { sysread $socket, $answer, 65536, length $answer or last }
    return $answer;
}

# What lies in the store is of no use to others, and what they put there is none to us.
sub is_sealed ($kind, $port, $node) {
    my $file = session($node, 'TLSv1.2');
    my ($id) = qx{openssl sess_id -in '$file' -noout -text} =~ /Session-ID: ([0-9A-F]+)/;
    my $key  = 'mod_ssl-sess:' . lc $id;
    my $entry = $kind eq 'redis' ? talk($port, "GET $key\r\n", qr/\r\n.+\r\n\z/s) : talk($port, "get $key\r\n", qr/END\r\n/);
    my ($value) = $entry =~ /\r\n(.+?)\r\n(?:END\r\n)?\z/s;
    cmp_ok length $value, '>', 100, 'and has something in it';
    unlike $value, qr/\x30[\x81\x82].{1,2}\x02\x01/s, 'which is no session that anybody can read';
    my $put = sub ($what) {
        my $answer = $kind eq 'redis'
          ? talk($port, sprintf("*3\r\n\$3\r\nSET\r\n\$%d\r\n%s\r\n\$%d\r\n%s\r\n", length $key, $key, length $what, $what), qr/\r\n/)
          : talk($port, sprintf("set %s 0 300 %d\r\n%s\r\n", $key, length $what, $what), qr/\r\n/);
        like $answer, qr/OK|STORED/, 'somebody writes there';
    };
    $put->($value);
    is once($node, 'TLSv1.2', sess_in => $file), 1, 'the entry as it was';
    $put->($value ^. ("\0" x 60 . "\1"));
    is once($node, 'TLSv1.2', sess_in => $file), 0, 'an altered one is a miss';
}

for my $kind ('redis', 'memcache') {
    my $program = $kind eq 'redis' ? 'redis-server' : 'memcached';
    SKIP: {
        skip "$program is not installed", 1 unless find_program($program);
        skip "mod_socache_$kind is not installed", 1 unless has_module("socache_$kind");
        subtest "$kind, the real one" => sub {
            my $port  = free_port();
            my $store = store($kind, $port);
            my @nodes = map { start("$kind:127.0.0.1:$port") } 1 .. 2;
            for my $version ('TLSv1.2', 'TLSv1.3') {
                is once($nodes[1], $version, sess_in => session($nodes[0], $version)), 1, "$version: a session of one node resumes on the other";
                is once($nodes[0], $version, sess_in => session($nodes[1], $version)), 1, "$version: and the other way round";
            }
            is_sealed($kind, $port, $nodes[0]);
            cmp_ok status($nodes[0], 'TLSSessionCacheHits'), '>=', 1, 'hits are counted';
            is status($nodes[0], 'CacheType'), $kind, 'the status page says where';
            is status($nodes[0], 'TLSSessionCacheFailures'), 0, 'no failures';
            my $file = session($nodes[0], 'TLSv1.2');
            ok $_->graceful, 'graceful restart' for @nodes;
            is once($nodes[1], 'TLSv1.2', sess_in => $file), 1, 'resumed after it';

            # stopped: it accepts, and never answers
            my $mark = $nodes[0]->mark;
            kill STOP => $store->pid;
            my $begun = time;
            is once($nodes[0], 'TLSv1.2', sess_in => $file), 0, "stopped: full handshake $_" for 1 .. 10;
            my $took = time - $begun;
            cmp_ok $took, '<', 5, sprintf 'ten took %.1f s together', $took;
            logs($nodes[0], qr/TP0610.*SSLSessionCache at \S+test\.conf:1.*127\.0\.0\.1:$port: no answer in time/, 'told', mark => $mark);
            is scalar(() = $nodes[0]->log =~ /TP0610/g), 1, 'once';
            kill CONT => $store->pid;
            logs($nodes[0], qr/TP0611.*127\.0\.0\.1:$port/, 'it goes on, and that is told', seconds => 40, mark => $mark);
            is once($nodes[0], 'TLSv1.2', sess_in => $file), 1, 'resumed again';

            # gone altogether, and back without its content
            $mark = $nodes[0]->mark;
            $store->stop;
            is once($nodes[0], 'TLSv1.2', sess_in => $file), 0, "gone: full handshake $_" for 1 .. 5;
            logs($nodes[0], qr/TP0610.*(?:Connection refused|connection closed|reset by peer)/, 'told', mark => $mark);
            $store = store($kind, $port);
            logs($nodes[0], qr/TP0611/, 'back', seconds => 40, mark => $mark);
            is once($nodes[0], 'TLSv1.2', sess_in => session($nodes[0], 'TLSv1.2')), 1, 'resumed';
            says_nothing($_, qr/\[ssl:(?:error|crit)\]/, 'never an error') for @nodes;
            $_->stop for @nodes;
            $store->stop;
        };
    }
}

# A server on a port that does to every request what `answer` says: text to send, or undef to say
# nothing and leave the connection open. Ends with the returned object.
sub liar ($port, $answer) {
    my $listen = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => $port, ReuseAddr => 1) or die "port $port: $!";
    my $pid = fork // die;
    return bless \$pid, 'Liar' if $pid;
    $SIG{TERM} = sub { POSIX::_exit(0) };
    my $select = IO::Select->new($listen);
    while (1) {
        for my $ready ($select->can_read) {
            if ($ready == $listen) { $select->add(scalar $listen->accept); next }
            if (!sysread $ready, my $request, 65536) { $select->remove($ready); close $ready; next }
            my $text = $answer->();
            if    (!defined $text) { }
            elsif ($text eq 'close') { $select->remove($ready); close $ready }
            else                     { syswrite $ready, $text }
        }
    }
}
sub Liar::DESTROY { kill TERM => ${ $_[0] }; waitpid ${ $_[0] }, 0 }

SKIP: {
    skip 'mod_socache_redis is not installed', 1 unless has_module('socache_redis');
    my %lie = (
        'garbage'                        => "220 mail.example ESMTP\r\n",
        'a session that is none'         => "\$12\r\nno DER at all\r\n",
        'less than it announced'         => "\$200\r\nabc",
        'more than anybody stored'       => "\$999999\r\n" . 'x' x 60000,
        'no end of a line'               => 'x' x 60000,
        'nothing'                        => undef,
        'the end of the connection'      => 'close',
        'that it wants a password'       => "-NOAUTH Authentication required.\r\n",
        'a session of somebody else'     => undef,
    );
    my %told = (
        'nothing'                   => 'no answer in time',
        'the end of the connection' => 'connection closed',
        'that it wants a password'  => '"-NOAUTH Authentication required.',
    );
    # bytes that are a session, of another id
    my $borrowed = start('shmcb:run/x(512000)');
    my $foreign  = session($borrowed, 'TLSv1.2');
    my $der = qx{openssl sess_id -in '$foreign' -outform DER};
    $borrowed->stop;
    $lie{'a session of somebody else'} = '$' . length($der) . "\r\n$der\r\n";
    for my $name (sort keys %lie) {
        subtest "redis answers $name" => sub {
            my $port   = free_port();
            my $liar   = liar($port, sub { $lie{$name} });
            my $server = start("redis:127.0.0.1:$port");
            my $file   = session($server, 'TLSv1.2');
            my $begun  = time;
            for my $turn (1 .. 8) {
                is once($server, 'TLSv1.2', sess_in => $file), 0, "full handshake $turn";
            }
            cmp_ok time - $begun, '<', 5, 'without much waiting';
            serves($server, 'and serves', name => 'a.test');
            my $words = $told{$name} // 'an answer that is none';
            # an entry that another machine may be able to open is a miss like others, and stays there
            if ($name eq 'a session of somebody else') {
                says_nothing($server, qr/TP0610/, 'and nothing is wrong with the store');
                return $server->stop;
            }
            logs($server, qr/TP0610.*SSLSessionCache at \S+test\.conf:1: 127\.0\.0\.1:$port: \Q$words\E/, 'and it says what it is going without');
            is scalar(() = $server->log =~ /TP0610/g), 1, 'once';
            $server->stop;
        };
    }
}

SKIP: {
    skip 'mod_socache_redis is not installed', 1 unless has_module('socache_redis');
    subtest 'redis stops in the middle of its answers, and comes back' => sub {
        my $port   = free_port();
        my $well   = "$dir/well";
        my $liar   = liar($port, sub { -e $well ? "\$-1\r\n" : "\$200\r\nabc" });
        my $server = start("redis:127.0.0.1:$port");
        my $file   = session($server, 'TLSv1.2');
        is once($server, 'TLSv1.2', sess_in => $file), 0, "full handshake $_" for 1 .. 8;
        logs($server, qr/TP0610.*127\.0\.0\.1:$port/, 'told');
        my $begun = time;
        is once($server, 'TLSv1.2', sess_in => $file), 0, "and $_ more" for 1 .. 8;
        my $each = (time - $begun) / 8;
        diag sprintf 'a handshake while it is known to be away: %.0f ms, the client included', $each * 1000;
        spew($well, '');
        logs($server, qr/TP0611.*127\.0\.0\.1:$port/, 'it answers again, which is told', seconds => 40);
        is once($server, 'TLSv1.2', sess_in => $file), 0, 'what it does not have is a full handshake';
        is scalar(() = $server->log =~ /TP061[01]/g), 2, 'one line for each change';
        says_nothing($server, qr/\[ssl:(?:error|crit)\]/, 'and no error');
        $server->stop;
    };
}

SKIP: {
    skip 'mod_socache_memcache is not installed', 1 unless has_module('socache_memcache');
    subtest 'arguments' => sub {
        my @bad = (
            ['memcache',                                 qr/TP0601.*test\.conf:1.*memcache/],
            ['memcache:127.0.0.1:x',                     qr/TP0601.*"127\.0\.0\.1:x" is no host:port.*memcache:127\.0\.0\.1:11211/],
            ['memcache:127.0.0.1:0',                     qr/TP0601/],
            ['memcache:' . join(',', ('127.0.0.1:1') x 17), qr/TP0601.*17 servers.*at most 16/],
        );
        for my $row (@bad) {
            my ($cache, $words) = @$row;
            refused(TLSplus::Server->new(certs => $certs, conf => conf($cache), modules => ['status', 'socache_memcache']), $words, substr $cache, 0, 40);
        }
        my $server = start('memcache:nowhere.invalid:1');
        logs($server, qr/TP0615.*test\.conf:1.*nowhere\.invalid/, 'a name without address is told');
        serves($server, 'and the server serves', name => 'a.test');
        $server->stop;
    };

    subtest 'TLSPlusSessionCacheWait' => sub {
        my $port = free_port();
        my $mute = liar($port, sub { undef });
        my %took;
        for my $wait (20, 1500) {
            my $server = start("memcache:127.0.0.1:$port", "TLSPlusSessionCacheWait $wait");
            my $begun = time;
            is once($server, 'TLSv1.2'), 0, "served with a wait of $wait ms";
            $took{$wait} = time - $begun;
            $server->stop;
        }
        cmp_ok $took{1500}, '>=', 1.4, 'the longer one was waited for';
        cmp_ok $took{20}, '<', 1.2, 'the shorter one was not exceeded';
    };
}

done_testing;
