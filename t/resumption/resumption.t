# SPDX-License-Identifier: Apache-2.0
#
# A client resumes: with a session id and with tickets, TLS 1.2 and 1.3, in another child, after a
# graceful restart; and gets a full handshake, not an error, whenever it may not. Caches are the
# default one, our own, httpd's shmcb, and none.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(wait_until);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->leaf('b', san => ['b.test']);

my $REQUEST = "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n";

sub conf ($top, $host = '') {
    return <<"CONF" . tls_host('a.test', pair('a'), $host) . tls_host('b.test', pair('b'));
$top
<Location /status>
  SetHandler server-status
</Location>
CONF
}

sub start ($top, $host = '', %opt) {
    return TLSplus::Server->start(certs => $certs, modules => ['status'], conf => conf($top, $host), %opt);
}

# One full handshake that leaves a session in a file; its path, or undef if the server gave none.
my $files = 0;

sub visit ($server, $version, %opt) {
    my $file = sprintf '%s/run/session-%d', $server->root, ++$files;
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_out => $file, %opt);
    is $answer->status, 200, "$version: served" or diag $answer->output;
    return -s $file ? $file : undef;
}

# Comes back with it: 1 resumed, 0 a full handshake, undef no handshake at all.
sub again ($server, $version, $file, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_in => $file, %opt);
    return defined $answer->status && $answer->status == 200 ? $answer->reused : undef;
}

sub status ($server) {
    my %value;
    my $body = $server->get('/status?auto', name => 'a.test')->body;
    $value{$1} = $2 while $body =~ /^(\w+): (\d+)$/mg;
    return \%value;
}

my @VERSIONS = ('TLSv1.2', 'TLSv1.3');
my @CACHES   = (
    ['the default'  => ''],
    ['shmcb'        => 'SSLSessionCache shmcb:@ROOT@/run/ssl_scache(512000)'],
    ['our own'      => 'SSLSessionCache shm:512000'],
    ['dbm'          => 'SSLSessionCache dbm:@ROOT@/run/ssl_scache.dbm'],
    ['no cache'     => 'SSLSessionCache none'],
    ['no cache, but ids' => 'SSLSessionCache nonenotnull'],
);

for my $row (@CACHES) {
    my ($name, $line) = @$row;
    next if !is_tlsplus() && $line =~ /^$|shm:/;
    for my $tickets ('on', 'off') {
        subtest "$name, tickets $tickets" => sub {
            my $server = start("$line\nSSLSessionTickets $tickets", '', modules => ['status', 'socache_dbm']);
            my $expected = $tickets eq 'on' || $line !~ /none/ ? 1 : 0;
            for my $version (@VERSIONS) {
                my $file = visit($server, $version);
                SKIP: {
                    skip "$version: no session was given", 3 if !$expected && !defined $file;
                    ok defined $file, "$version: the client got a session" or next;
                    is again($server, $version, $file), $expected, "$version: " . ($expected ? 'resumed' : 'full handshake');
                    # a session id may be used again; a TLS 1.3 ticket without a store as well
                    is again($server, $version, $file), $expected, "$version: and once more"
                      if $version eq 'TLSv1.2';
                }
            }
            $server->stop;
        };
    }
}

subtest 'a cipher that the client no longer offers' => sub {
    my $server = start('SSLSessionCache shm:512000');
    my $file   = visit($server, 'TLSv1.2', cipher => 'ECDHE-ECDSA-AES128-GCM-SHA256');
    is again($server, 'TLSv1.2', $file, cipher => 'ECDHE-ECDSA-AES256-GCM-SHA384'), undef,
        'refused: whoever resumes must offer the cipher of the session (RFC 5246 7.4.1.2)';
    is again($server, 'TLSv1.2', $file), 1, 'the session itself is still good';
    $server->stop;
};

# Many children, each with its own view of the cache; ticket keys are common to all.
for my $tickets ('on', 'off') {
    for my $version (@VERSIONS) {
        subtest "across children, tickets $tickets, $version" => sub {
            my $server = start(
                "SSLSessionTickets $tickets\nMaxConnectionsPerChild 1\nLogFormat \"%P\" pid\nCustomLog logs/pids.log pid",
                '', mpm => 'prefork', modules => ['status']
            );
            my $file = visit($server, $version);
            my $resumed = 0;
            for my $turn (1 .. 6) {
                my $next = sprintf '%s/run/next-%d', $server->root, $turn;
                $resumed += again($server, $version, $file, sess_out => $next) // 0;
                $file = $next if -s $next;
            }
            is $resumed, 6, 'every time';
            my %pids = map { $_ => 1 } TLSplus::Process::slurp($server->root . '/logs/pids.log') =~ /^(\d+)\n/mg;
            cmp_ok scalar(keys %pids), '>=', 2, 'several children served it';
            $server->stop;
        };
    }
}

for my $tickets ('on', 'off') {
    subtest "across a graceful restart, tickets $tickets" => sub {
        needs_tlsplus();
        my $server = start("SSLSessionCache shm:512000\nSSLSessionTickets $tickets");
        for my $version (@VERSIONS) {
            my $file = visit($server, $version);
            ok $server->graceful, 'graceful restart';
            is again($server, $version, $file), 1, "$version: resumed after it";
        }
        my $file = visit($server, 'TLSv1.2');
        $server->configure(conf("SSLSessionCache shm:1M\nSSLSessionTickets $tickets"));
        ok $server->graceful, 'graceful restart with a cache of another size';
        is again($server, 'TLSv1.2', $file), $tickets eq 'on' ? 1 : 0, 'its content is new, tickets are not';
        $server->stop;
    };
}

subtest 'a session ends with SSLSessionCacheTimeout' => sub {
    my $server = start("SSLSessionCache shmcb:\@ROOT\@/run/ssl_scache(512000)", 'SSLSessionCacheTimeout 1');
    for my $tickets ('on', 'off') {
        $server->configure(conf("SSLSessionCache shmcb:\@ROOT\@/run/ssl_scache(512000)\nSSLSessionTickets $tickets",
                'SSLSessionCacheTimeout 1'));
        ok $server->graceful, "tickets $tickets";
        for my $version (@VERSIONS) {
            my $file = visit($server, $version);
            my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST);
            like $answer->output, qr/lifetime hint: 1 /, "$version: the hint says 1 second" if $tickets eq 'on';
            # Trying again and again would not show it: some sessions can be resumed only once. Life is counted in
            # whole seconds, so a session made at the end of one is over when the second after the next begins.
            my $made = time;
            wait_until 5, sub { time > $made + 1 };
            is again($server, $version, $file), 0, "$version: a full handshake after that second";
        }
    }
    $server->stop;
};

# Handshakes that asked for a session whose time was over, as the status page counts them.
sub expired ($server) {
    return 0 unless is_tlsplus();
    my $counted = status($server);
    return $counted->{TLSResumptionsExpired} + ($counted->{TLSSessionCacheMisses} // 0);
}

# Every moment around the end of a session's life is a handshake of one kind or the other.
subtest 'the edge of that time' => sub {
    my $server = start('SSLSessionCache shm:512000', 'SSLSessionCacheTimeout 2');
    for my $tickets ('on', 'off') {
        $server->configure(conf("SSLSessionCache shm:512000\nSSLSessionTickets $tickets", 'SSLSessionCacheTimeout 2'));
        ok $server->graceful, "tickets $tickets";
        for my $version (@VERSIONS) {
            my $begun  = time;
            my $before = expired($server);
            my $file   = visit($server, $version);
            my ($resumed, $full, $failed) = (0, 0, 0);
            # every few hundredths of a second until well after
            while (time - $begun < 5) {
                my $how = again($server, $version, $file);
                defined $how ? $how ? $resumed++ : $full++ : $failed++;
            }
            is $failed, 0, "$version: $resumed resumed, then $full full handshakes, and none fails";
            cmp_ok $full, '>', 0, "$version: the last ones are full";
            # a client of TLS 1.3 that knows its ticket to be too old does not send it (RFC 8446 4.6.1)
            cmp_ok expired($server) - $before, '>=', $version eq 'TLSv1.3' ? 1 : $full, "$version: and counted as such" if is_tlsplus();
        }
    }
    says_nothing($server, qr/TP0400/, 'no handshake fails in the log either');
    $server->stop;
};

subtest 'a thousand reconnects' => sub {
    for my $tickets ('on', 'off') {
        my $server = start("SSLSessionTickets $tickets");
        my $port   = $server->port;
        my ($full, $resumed) = (0, 0);
        # s_client -reconnect makes one handshake and five more with its session
        my $file = visit($server, 'TLSv1.2');
        for my $round (1 .. 200) {
            my $done = TLSplus::Process::run(
                ['openssl', 's_client', '-connect', "127.0.0.1:$port", '-servername', 'a.test', '-tls1_2', '-sess_in', $file, '-reconnect'],
                stdin => "Q\n", timeout => 60);
            $resumed += () = $done->{out} =~ /^Reused, /mg;
            $full    += () = $done->{out} =~ /^New, TLS/mg;
        }
        cmp_ok $resumed, '>=', 0.999 * ($resumed + $full), "tickets $tickets: $resumed resumed, $full full";
        cmp_ok $resumed, '>=', 1000, 'a thousand it were';
        # as the operator sees it: the share of a client that comes back
        my $seen = status($server);
        cmp_ok $seen->{TLSHandshakesResumed}, '>', 0.9 * ($seen->{TLSHandshakesFull} + $seen->{TLSHandshakesResumed}),
          "tickets $tickets: $seen->{TLSHandshakesResumed} resumed, $seen->{TLSHandshakesFull} full on the status page" if is_tlsplus();
        $server->stop;
    }
};

subtest 'what the status page says' => sub {
    needs_tlsplus();
    my $server = start('SSLSessionTickets off');
    my $before = status($server);
    my $file = visit($server, 'TLSv1.2');
    is again($server, 'TLSv1.2', $file), 1, 'resumed';
    my $after = status($server);
    is $after->{TLSSessionCacheHits} - $before->{TLSSessionCacheHits}, 1, 'one hit';
    cmp_ok $after->{TLSSessionCacheStores} - $before->{TLSSessionCacheStores}, '>=', 1, 'stores';
    cmp_ok $after->{CacheCurrentEntries}, '>=', 1, 'entries';
    cmp_ok $after->{CacheCurrentBytes}, '>', 0, 'bytes';
    is $after->{$_}, 0, $_ for qw(TLSSessionCacheFailures TLSSessionCacheEvictions TLSTicketsIssued);
    my $page = $server->get('/status', name => 'a.test')->body;
    like $page, qr/TLS session cache.*current entries: <b>\d+<\/b>.*TLS session tickets/s, 'and for people';
    $server->configure(conf(''));
    ok $server->graceful, 'with tickets';
    $file = visit($server, 'TLSv1.3');
    is again($server, 'TLSv1.3', $file), 1, 'resumed';
    my $tickets = status($server);
    cmp_ok $tickets->{TLSTicketsIssued}, '>=', 1, 'tickets issued';
    cmp_ok $tickets->{TLSTicketsAccepted}, '>=', 1, 'tickets accepted';
    is $tickets->{TLSTicketKeys}, 1, 'one key';
    ok exists $tickets->{TLSTicketKeyAge}, 'its age';
    $server->stop;
};

subtest 'what a request sees' => sub {
    my $server = start('SSLSessionTickets off', "RequestHeader unset X\nHeader set Resumed %{SSL_SESSION_RESUMED}s\nHeader set Id %{SSL_SESSION_ID}s",
        modules => ['status', 'headers']);
    my $file = sprintf '%s/run/session', $server->root;
    my $ask = sub (%opt) { $server->handshake(name => 'a.test', tls => 'TLSv1.2', request => $REQUEST, %opt)->body };
    my $first = $ask->(sess_out => $file);
    like $first, qr/^Resumed: Initial\r$/m, 'SSL_SESSION_RESUMED of a new session';
    my ($id) = $first =~ /^Id: ([0-9a-f]{64})\r$/m;
    ok defined $id, 'SSL_SESSION_ID in lower-case hexadecimal';
    my $second = $ask->(sess_in => $file);
    like $second, qr/^Resumed: Resumed\r$/m, 'and of a resumed one';
    like $second, qr/^Id: \Q$id\E\r$/m, 'under the same id' if defined $id;
    $server->stop;
};

done_testing;
