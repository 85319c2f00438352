# SPDX-License-Identifier: Apache-2.0
#
# Children are killed with -9, and stopped, while clients resume through the shared cache. A
# connection that the dead child held is lost with it; no other fails, none waits, and the cache goes on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
use constant KILLS => 50;
use constant CLIENTS => 4;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $server = TLSplus::Server->start(certs => $certs, mpm => 'prefork', crashes => 1, modules => ['status'], conf => <<'CONF' . tls_host('a.test', pair('a')));
SSLSessionCache shm:128K
SSLSessionTickets off
KeepAlive off
StartServers 8
MinSpareServers 8
MaxSpareServers 16
<Location /status>
  SetHandler server-status
</Location>
CONF

my $run = $server->root . '/run';

sub handshake (%opt) {
    return $server->handshake(name => 'a.test', tls => 'TLSv1.2', request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n", %opt);
}

# A client that resumes again and again, one line for each connection: R resumed, N full, F failed, and
# how many milliseconds it took.
sub client ($number) {
    my $file    = "$run/session-$number";
    my @command = $server->client->s_client_command(name => 'a.test', tls => 'TLSv1.2');
    my $quoted  = join ' ', map { "'" . s/'/'\\''/gr . "'" } @command;
    return spawn(['sh', '-c', <<"SH"]);
in=
while ! test -e '$run/enough'; do
  begun=\$(date +%s%N)
  said=\$(printf 'GET / HTTP/1.0\\r\\nHost: a.test\\r\\n\\r\\n' | timeout 60 $quoted -ign_eof \$in -sess_out '$file' 2>&1)
  took=\$(( (\$(date +%s%N) - begun) / 1000000 ))
  case "\$said" in
    *"HTTP/1.1 200"*) case "\$said" in *"Reused, "*) echo "R \$took";; *) echo "N \$took";; esac;;
    *) echo "F \$took";;
  esac
  if test -s '$file'; then in='-sess_in $file'; fi
done
SH
}

# Living ones: those that were killed stay listed until httpd looks, once a second.
sub children {
    return grep { slurp("/proc/$_/stat") =~ /\) [^ZX] / } $server->children;
}

sub outcome (@clients) {
    spew("$run/enough", '');
    my @lines = map { split /\n/, $_->wait(120)->{out} } @clients;
    unlink "$run/enough";
    my %count = (R => 0, N => 0, F => 0);
    my $slowest = 0;
    for my $line (@lines) {
        my ($kind, $took) = $line =~ /^([RNF]) (\d+)$/ or next;
        $count{$kind}++;
        $slowest = $took if $took > $slowest;
    }
    return (\%count, $slowest);
}

subtest 'killed' => sub {
    my @clients = map { client($_) } 1 .. CLIENTS;
    ok wait_until(60, sub { -s "$run/session-1" }), 'clients are at work';
    my $killed = 0;
    while ($killed < KILLS) {
        my @children = children() or next;
        # the busiest are the ones that were there longest
        $killed += kill 'KILL', $children[$killed % @children];
        select undef, undef, undef, 0.1;
    }
    my ($count, $slowest) = outcome(@clients);
    diag "$killed killed: $count->{R} resumed, $count->{N} full, $count->{F} failed, slowest $slowest ms";
    cmp_ok $count->{F}, '<=', $killed, 'a kill costs the connection it hits and no other';
    cmp_ok $count->{R}, '>', 50, 'clients resumed all the time';
    cmp_ok $slowest, '<', 20_000, 'nobody waited for a dead child';
    my $file = "$run/after";
    is handshake(sess_out => $file)->status, 200, 'served afterwards';
    is handshake(sess_in => $file)->reused, 1, 'and resumed';
};

subtest 'stopped' => sub {
    # httpd makes up for the killed ones a few a second
    ok wait_until(60, sub { children() >= 8 }), 'the killed children are replaced';
    my @victims = (children())[0, 1];
    is kill('STOP', @victims), 2, 'two children stopped at whatever they were doing';
    my @clients = map { client($_ + 10) } 1 .. CLIENTS;
    ok wait_until(60, sub { -s "$run/session-11" }), 'clients are at work';
    select undef, undef, undef, 3;
    my ($count, $slowest) = outcome(@clients);
    diag "two stopped: $count->{R} resumed, $count->{N} full, $count->{F} failed, slowest $slowest ms";
    is $count->{F}, 0, 'no connection fails';
    cmp_ok $count->{N}, '<=', CLIENTS, 'full handshakes only to begin with';
    cmp_ok $count->{R}, '>', 20, 'clients resume';
    is kill('CONT', @victims), 2, 'they go on';
    my $file = "$run/after-stop";
    is handshake(sess_out => $file)->status, 200, 'served';
    is handshake(sess_in => $file)->reused, 1, 'and resumed';
};

$server->stop;
done_testing;
