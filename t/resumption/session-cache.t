# SPDX-License-Identifier: Apache-2.0
#
# SSLSessionCache: what it accepts, what it refuses and in which words, and caches in trouble: locked
# by a process that does not let go, out of the children's reach, damaged, full. None of that costs a
# client more than a full handshake.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Fcntl qw(:flock);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus run_as);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $REQUEST = "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n";
my $HOST    = tls_host('a.test', pair('a'));

sub new_server ($top, %opt) {
    return TLSplus::Server->new(certs => $certs, conf => "$top\n$HOST", modules => ['socache_dbm'], %opt);
}

sub start ($top, %opt) {
    return TLSplus::Server->start(certs => $certs, conf => "$top\n$HOST", modules => ['socache_dbm'], %opt);
}

sub once ($server, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => 'TLSv1.2', request => $REQUEST, %opt);
    return defined $answer->status && $answer->status == 200 ? $answer->reused : undef;
}

sub session ($server) {
    state $count = 0;
    my $file = sprintf '%s/run/session-%d', $server->root, ++$count;
    once($server, sess_out => $file);
    return $file;
}

subtest 'refused, with the line and what to write instead' => sub {
    my @bad = (
        ['SSLSessionCache',                    qr/takes one argument/],
        ['SSLSessionCache shm:512000 more',    qr/takes one argument/],
        ['SSLSessionCache shm:1000',           qr/TP0602.*SSLSessionCache at \S+test\.conf:1.*65536.*shm:512000/],
        ['SSLSessionCache shm:lots',           qr/TP0602.*"lots"/],
        ['SSLSessionCache shm:/run/x(512000)', qr/TP0602/],
        ['SSLSessionCache shm:1T',             qr/TP0602/],
        ['SSLSessionCache redis:h:1',          qr/TP0600.*SSLSessionCache at \S+test\.conf:1.*"redis".*known here: dbm,.*shm, shmcb.*Fix: add: LoadModule socache_redis_module \/\S+\/mod_socache_redis\.so; Debian: a2enmod socache_redis/],
        ['SSLSessionCache memcache:h:1',       qr/TP0600.*LoadModule socache_memcache_module/],
        ['SSLSessionCache dc:UNIX:/x',         qr/TP0600.*mod_socache_dc\.so.*socache_dc_module/],
        ['SSLSessionCache nosuch:x',           qr/TP0600.*"nosuch".*SSLSessionCache shm:512000/],
        ['SSLSessionCache shmcb:run/x(100)',   qr/TP0601.*test\.conf:1.*size has to be >= 8192 bytes/],
        ['SSLSessionCache shmcb:run/x(512000', qr/TP0601/],
        ["SSLSessionCache shm:512000\nTLSPlusSessionCacheWait 0", qr/TP0614.*test\.conf:2/],
        ["TLSPlusSessionCacheWait 10001",      qr/TP0614/],
        ["TLSPlusTicketKeyRotation 9",        qr/TP0635.*test\.conf:1/],
        ["TLSPlusTicketKeyRotation 1h",        qr/TP0635/],
        ['SSLSessionCacheTimeout -1',          qr/SSLSessionCacheTimeout/],
    );
    for my $row (@bad) {
        my ($line, $words) = @$row;
        refused(new_server($line), $words, $line =~ tr/\n/;/r);
    }
    refused(new_server("<Directory />\nSSLSessionCache none\n</Directory>"), qr/not allowed/, 'in a directory');
    refused(new_server("<VirtualHost *:\@PORT\@>\nSSLSessionCache none\n</VirtualHost>"), qr/cannot occur within <VirtualHost>|not allowed/, 'in a virtual host');
};

subtest 'a cache that cannot be opened stops the start' => sub {
    my $server = new_server('SSLSessionCache dbm:/nonexistent/x');
    ok !$server->begin, 'not started';
    like $server->said . $server->log, qr/TP0604.*SSLSessionCache at \S+test\.conf:1.*dbm: /, 'and it says why';
};

subtest 'warnings that do not stop it' => sub {
    my @odd = (
        ['SSLSessionCache none', qr/TP0603.*SSLSessionCache at \S+test\.conf:1.*shm:512000/],
        ['SSLSessionCache dbm:@ROOT@/run/sessions', qr/TP0607.*test\.conf:1.*shm:512000/],
    );
    for my $row (@odd) {
        my ($line, $words) = @$row;
        my $server = new_server($line);
        my $found  = $server->configtest;
        is $found->{exit}, 0, "$line passes configtest";
        like $found->{text}, $words, 'with a warning';
        ok $server->begin, 'and starts';
        serves($server, 'and serves');
        $server->stop;
    }
    finds_nothing new_server(''), 'nothing is said about the default', qr/TP06\d\d: /;
};

subtest 'the lock is held by somebody who does not let go' => sub {
    my $server = start("SSLSessionTickets off\nSSLSessionCache shmcb:\@ROOT\@/run/sessions(512000)\nMutex flock:\@ROOT\@/run ssl-cache");
    my $file = session($server);
    is once($server, sess_in => $file), 1, 'resumed while the lock is free';
    my ($lock) = glob $server->root . '/run/ssl-cache*';
    ok defined $lock, 'the lock is a file' or return $server->stop;
    open my $handle, '+<', $lock or die "$lock: $!";
    ok flock($handle, LOCK_EX | LOCK_NB), 'taken';
    is once($server, sess_in => $file), 0, 'a full handshake meanwhile';
    flock $handle, LOCK_UN;
    is once($server, sess_in => $file), 1, 'resumed: it was free again';
    says_nothing($server, qr/TP06/, 'a lock that is taken for a moment is nothing to tell');
    ok flock($handle, LOCK_EX | LOCK_NB), 'taken again';
    # each comes to its end while the lock is held here: nobody waits for it
    is once($server, sess_in => $file), 0, "full handshake $_" for 1 .. 20;
    ok wait_until(30, sub { once($server, sess_in => $file); $server->log =~ /TP0608.*locked/ }), 'told when it stays taken';
    once($server, sess_in => $file) for 1 .. 5;
    is scalar $server->log_lines(qr/TP0608/), 1, 'and only once, by all children together';
    close $handle;
    # the first access after that finds it free
    once($server);
    logs($server, qr/TP0609/, 'told when it is over');
    is once($server, sess_in => $file), 1, 'resumed again: the session is still there';
    $server->stop;
};

SKIP: {
    my ($user) = run_as();
    skip 'the children run as the user who started httpd', 1 unless defined $user;
    subtest 'the children cannot enter the folder of the lock' => sub {
        my $server = new_server("SSLSessionTickets off\nSSLSessionCache shmcb:\@ROOT\@/run/sessions(512000)\nMutex flock:\@ROOT\@/closed ssl-cache");
        mkdir $server->root . '/closed', 0700;
        ok $server->begin, 'starts' or diag $server->said;
        my $folder = $server->root . '/closed';
        logs($server, qr/TP0612.*\Q$folder\E is not searchable for user \Q$user\E.*Fix: chmod o\+x \Q$folder\E/, 'the parent names folder, user and remedy');
        logs($server, qr/TP0606.*ssl-cache/, 'a child says that it goes without');
        serves($server, 'and serves', name => 'a.test');
        my $file = session($server);
        is once($server, sess_in => $file), 0, 'with full handshakes';
        $server->stop;
    };
}

subtest 'a dbm file that is damaged or gone' => sub {
    my $server = start("SSLSessionTickets off\nSSLSessionCache dbm:\@ROOT\@/run/sessions");
    my $file = session($server);
    is once($server, sess_in => $file), 1, 'resumed from an intact file';
    my @dbm = glob $server->root . '/run/sessions*';
    ok scalar @dbm, 'there are files';
    for my $damage ('overwritten', 'cut', 'gone') {
        for my $path (@dbm) {
            if ($damage eq 'overwritten') { spew($path, join '', map { chr(255 - $_ % 251) } 1 .. 20000) }
            elsif ($damage eq 'cut')      { spew($path, 'x' x 100) }
            else                          { unlink $path }
        }
        my $failed = 0;
        for my $turn (1 .. 10) {
            my $reused = once($server, sess_in => $file);
            $failed++ unless defined $reused;
        }
        is $failed, 0, "$damage: no connection fails";
    }
    logs($server, qr/:warn\].* TP0616: .*dbm: /, 'it is told that the cache fails');
    is scalar $server->log_lines(qr/TP0616/), 1, '... once';
    cmp_ok scalar $server->log_lines(qr/:error\]/), '<=', 6, '... and the provider, which writes a line each time, is let alone';
    $server->stop;
};

# What the FAQ of httpd calls random errors under heavy load.
subtest '200 clients on a dbm file that is damaged and deleted' => sub {
    my $server = start("SSLSessionTickets off\nSSLSessionCache dbm:\@ROOT\@/run/sessions");
    my $file   = session($server);
    my @dbm    = glob $server->root . '/run/sessions*';
    # each makes one handshake and comes back with its session five times
    my @command = ($server->client->s_client_command(name => 'a.test', tls => 'TLSv1.2'), '-reconnect');
    my $go = $server->root . '/run/go';
    my @clients = map { spawn(['sh', '-c', "until test -e '$go'; do sleep 0.2; done; exec \"\$@\"", 'sh', @command], stdin => "Q\n") } 1 .. 200;
    my $damaged = 0;
    spew($go, '');
    while (grep { $_->running } @clients) {
        for my $path (@dbm) {
            $damaged % 2 ? unlink $path : spew($path, join '', map { chr(255 - $_ % 251) } 1 .. 20000);
        }
        $damaged++;
        select undef, undef, undef, 0.02;
    }
    my ($whole, $handshakes) = (0, 0);
    for my $client (@clients) {
        my $done = $client->wait(120);
        my $made = () = $done->{out} =~ /^(?:New|Reused), TLSv1\.2, Cipher is E/mg;
        $handshakes += $made;
        $whole++ if $made == 6;
        diag $done->{err} if $made != 6;
    }
    cmp_ok $damaged, ">=", 3, "damaged $damaged times";
    is $whole, 200, "no client fails in any of $handshakes handshakes";
    says_nothing($server, qr/\[ssl:(?:error|crit)\]/, 'and none is an error');
    is once($server), 0, 'a new client is served';
    $server->stop;
};

subtest 'a full cache' => sub {
    my $server = start("SSLSessionTickets off\nSSLSessionCache shm:64K\n<Location /status>\nSetHandler server-status\n</Location>",
        modules => ['status']);
    my $first = session($server);
    my $port = $server->port;
    my $handshakes = 0;
    my $value = sub ($name) {
        $server->get('/status?auto', name => 'a.test')->body =~ /^\Q$name\E: (\d+)/m ? $1 : 0;
    };
    # s_client makes six sessions at a time with -no_ticket -reconnect and no session to begin with
    while ($value->('TLSSessionCacheEvictions') < 20 && $handshakes < 600) {
        my $done = run(['openssl', 's_time', '-connect', "127.0.0.1:$port", '-new', '-time', 1], timeout => 30);
        $handshakes += $done->{out} =~ /^(\d+) connections in/m ? $1 : 0;
    }
    cmp_ok $value->('TLSSessionCacheEvictions'), '>=', 20, "evictions after $handshakes handshakes";
    is once($server, sess_in => $first), 0, 'the oldest session is gone';
    my $file = session($server);
    is once($server, sess_in => $file), 1, 'the newest resumes';
    is $value->('TLSSessionCacheFailures'), 0, 'and nothing failed';
    $server->stop;
};

subtest 'the cache goes when it is not configured any more' => sub {
    my $server = start("SSLSessionTickets off\nSSLSessionCache shm:512000");
    my $file = session($server);
    for my $line ('SSLSessionCache shmcb:@ROOT@/run/sessions(512000)', 'SSLSessionCache none', 'SSLSessionCache shm:512000') {
        $server->configure("SSLSessionTickets off\n$line\n$HOST");
        ok $server->graceful, "graceful restart with $line";
        is once($server, sess_in => $file), 0, 'the session of the cache before is not found';
    }
    $file = session($server);
    is once($server, sess_in => $file), 1, 'a new one is';
    $server->stop;
};

subtest 'the sample in conf/' => sub {
    my $server = start('Include @SRCDIR@/conf/session-cache.conf');
    serves($server, 'serves as it is', name => 'a.test');
    $server->stop;
    # every line that is commented out works too, in the groups that belong together
    my $sample = slurp(TLSplus::Env::srcdir() . '/conf/session-cache.conf');
    my @groups = map { [/^#((?:SSL|TLSPlus)\S+ .*)$/mg] } split /\n\n/, $sample;
    my $tried = 0;
    for my $lines (@groups) {
        for my $line (@$lines) {
            my ($module) = $line =~ /SSLSessionCache (redis|memcache):/;
            my $each = new_server($line =~ s{/etc/ssl/}{conf/}r, modules => [defined $module ? "socache_$module" : ()]);
            $each->put('conf/ticket.secret'  => [('0' x 64) . "\n", 0600]);
            $each->put("conf/ticket-$_.key" => [join('', map { chr(200 - $_) } 1 .. 80), 0600]) for qw(new old);
            my $found = $each->configtest;
            is $found->{exit}, 0, $line or diag $found->{text};
            $tried++;
        }
    }
    is $tried, 6, 'all of them';
};

done_testing;
