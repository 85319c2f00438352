# SPDX-License-Identifier: Apache-2.0
#
# Where OCSP responses are kept: on disk over a start, in memory that children share, over restarts and over whatever
# happens to a child or to the memory.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp spew wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
my $responder = TLSplus::Responder->start(certs => $certs);
$responder->answers('good');
$certs->leaf($_, cn => $_, san => ['a.test'], extensions => ['authorityInfoAccess=OCSP;URI:' . $responder->url('good')]) for 'a', 'b';
$certs->write("$_.rooted", $certs->read("$_.crt"), $certs->read("$_.root")) for 'a', 'b';

sub host (@lines) { tls_host('a.test', pair('a', 'rooted'), '  SSLUseStapling on', @lines) }
sub stored ($folder) { grep { /\.ocsp\z/ } glob "$folder/*" }

subtest 'a start while the responder is down' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => host());
    my $store  = $server->root . '/run/tlsplus-staples';
    ok comes_to_staple($server, 'good'), 'fetched once';
    ok wait_until(20, sub { stored($store) == 1 }), 'and kept below the folder for such things';
    my ($file) = stored($store);
    (my $name = $certs->fingerprint('a.crt')) =~ s/://g;
    is $file, "$store/" . lc($name) . '.ocsp', 'under the SHA-256 of the certificate';
    is((stat $store)[2] & 07777, 0700, 'for the children alone');
    ok $server->stop, 'stops cleanly';

    $responder->answers('good', http => 'close');
    ok $server->begin, 'starts while the responder is of no use';
    is stapled($server), 'good', 'and staples at the first handshake';
    ok $server->stop, 'stops cleanly';

    spew($file, 'x' x 500);
    ok $server->begin, 'starts with junk in the place of the response';
    is stapled($server), 'none', 'which is not stapled';
    ok $server->stop, 'stops cleanly';
    $responder->answers('good');
    ok $server->begin, 'starts';
    ok comes_to_staple($server, 'good'), 'with a responder, it comes anew';
    ok wait_until(20, sub { slurp($file) !~ /^x/ }), 'and is stored in its place';
    ok $server->stop, 'stops cleanly';
};

subtest 'where it cannot be kept' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => "TLSPlusStapleStore \@ROOT\@/none/of/these\n" . host());
    ok $server->begin, 'a folder that cannot be made is no reason not to start' or diag $server->said;
    logs $server, qr{TP0867: .*TLSPlusStapleStore at \S+: .*/none/of/these}, 'but is told';
    ok comes_to_staple($server, 'good'), 'and stapled from memory';
    ok $server->stop, 'stops cleanly';

    $server = TLSplus::Server->start(certs => $certs, conf => "TLSPlusStapleStore \@ROOT\@/run/own\n" . host('  SSLStaplingStandardCacheTimeout 1'));
    my $store = $server->root . '/run/own';
    ok comes_to_staple($server, 'good'), 'fetched';
    ok wait_until(20, sub { stored($store) == 1 }), 'and kept in the folder that is written down';
    unlink stored($store);
    rmdir $store or die "rmdir: $!\n";
    $responder->answers('good', status => 'revoked', this => 0);
    ok comes_to_staple($server, 'revoked'), 'what can no longer be kept is stapled all the same';
    logs $server, qr/TP0866: /, 'and told';
    $responder->answers('good', this => 0);
    ok comes_to_staple($server, 'good'), 'as is the next';
    is scalar($server->log_lines(qr/TP0866: /)), 1, 'once';
    ok $server->stop, 'stops cleanly';

    $server = TLSplus::Server->start(certs => $certs, conf => "TLSPlusStapleStore off\n" . host());
    ok comes_to_staple($server, 'good'), 'without a store';
    $responder->answers('good', http => 'close');
    ok $server->graceful, 'what was fetched outlives a restart';
    is stapled($server), 'good', 'and is there at the first handshake';
    ok !-e $server->root . '/run/tlsplus-staples', 'nothing is on disk';
    ok $server->stop, 'stops cleanly';
    $responder->answers('good');
};

subtest 'a folder that is not for root to give away' => sub {
    plan skip_all => 'root alone can' if $> != 0;
    my $elsewhere = $certs->dir . '/elsewhere';
    mkdir $elsewhere or die "mkdir: $!\n";
    symlink $elsewhere, $certs->dir . '/store' or die "symlink: $!\n";
    my $server = TLSplus::Server->start(certs => $certs, conf => "TLSPlusStapleStore \@CERTS\@/store\n" . host());
    logs $server, qr{TP0867: .*TLSPlusStapleStore at \S+: ".*/store" belongs to user 0, .*may not write there.*chown}, 'one that a link leads to is told';
    is((stat $elsewhere)[4], 0, 'and stays what it was');
    ok comes_to_staple($server, 'good'), 'stapled from memory';
    ok $server->stop, 'stops cleanly';
};

# The child that asks, as its log says.
sub elected ($server, $mark = 0) {
    my ($line) = reverse $server->log_lines(qr/asks the responders of OCSP from now on/, $mark);
    return $line && $line =~ /\[pid (\d+)/ ? $1 : undef;
}

subtest 'the child that asks is killed' => sub {
    my $server = TLSplus::Server->start(certs => $certs, loglevel => 'info ssl:debug', crashes => 1, conf => host('  SSLStaplingStandardCacheTimeout 1'));
    ok comes_to_staple($server, 'good'), 'fetched';
    for my $turn (1 .. 2) {
        my $child = elected($server);
        ok $child, 'by one child';
        my $mark = $server->mark;
        kill KILL => $child;
        ok wait_until(30, sub { elected($server, $mark) }), 'killed, another one takes over';
        isnt elected($server, $mark), $child, 'which is another';
        my $asked = $responder->asked('good');
        ok wait_until(30, sub { $responder->asked('good') > $asked }), 'and asks';
        is stapled($server), 'good', 'stapled as before';
    }
    $server->stop;
};

subtest 'restarts' => sub {
    my $server = TLSplus::Server->start(certs => $certs, loglevel => 'info ssl:debug', conf => host('  SSLStaplingStandardCacheTimeout 1'));
    ok comes_to_staple($server, 'good'), 'fetched';
    for my $how ('graceful', 'restart') {
        my $mark = $server->mark;
        ok $server->$how, $how;
        is stapled($server), 'good', 'stapled at the first handshake';
        my $asked = $responder->asked('good');
        ok wait_until(30, sub { $responder->asked('good') > $asked }), 'and asked for as before';
    }
    # Another certificate in the same place: nothing of the one before is stapled to it.
    my $mark = $server->mark;
    $responder->answers('good', http => 'hang');
    $server->configure(tls_host('a.test', pair('b', 'rooted'), '  SSLUseStapling on', '  SSLStaplingResponderTimeout 2'));
    ok $server->graceful, 'with another certificate';
    is stapled($server), 'none', 'nothing is stapled to that';
    $responder->answers('good');
    ok comes_to_staple($server, 'good'), 'until its own response comes';
    ok $server->stop, 'stops cleanly';
};

# The memory that begins with the counters of stapling cannot be told by a mark: it is the mapping that holds the response.
sub places_of ($pid, $octets) {
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    my @places;
    for (slurp("/proc/$pid/maps") =~ /^([0-9a-f]+-[0-9a-f]+) rw-s /gm) {
        my ($first, $end) = unpack 'Q>2', pack '(H16)2', map { sprintf '%016s', $_ } split /-/;
        sysseek $memory, $first, 0;
        next unless defined sysread($memory, my $bytes, $end - $first);
        push @places, [$first, $end - $first] if index($bytes, $octets) >= 0;
    }
    return @places;
}

subtest 'somebody writes over the memory' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => host());
    ok comes_to_staple($server, 'good'), 'fetched';
    my ($file)   = wait_until(20, sub { stored($server->root . '/run/tlsplus-staples') }) ? stored($server->root . '/run/tlsplus-staples') : ();
    my $response = slurp($file);
    my ($place)  = places_of($server->pid, substr $response, 8, 64);
    plan skip_all => 'the memory of a process cannot be read here' unless $place;
    my @children = $server->children;
    srand 860;
    for my $turn (1 .. 3) {
        open my $memory, '+<:raw', '/proc/' . $server->pid . '/mem' or die "memory: $!\n";
        sysseek $memory, $place->[0] + 64, 0;
        my $junk = join '', map { chr int rand 256 } 1 .. $place->[1] - 64;
        syswrite($memory, $junk) == length $junk or die "memory: $!\n";
        close $memory;
        isnt stapled($server), 'failed', 'handshakes are done' for 1 .. 3;
        ok comes_to_staple($server, 'good'), 'and the response is there';
        ok wait_until(30, sub { scalar places_of($server->pid, substr $response, 8, 64) }), 'put back into the memory';
    }
    is "@{[sort $server->children]}", "@{[sort @children]}", 'no child has died';
    ok $server->stop, 'stops cleanly';
};

$responder->stop;
done_testing;
