# SPDX-License-Identifier: Apache-2.0
#
# A list of 100,000 entries that many virtual hosts name is in memory once in each process, and once more while it is
# replaced: parent and children do not grow from one replacement to the next, with a connection kept over all of them.
#
#   TLSPLUS_LONG=1 make check T=crl-large.t            10,000 hosts
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus sanitized);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Server;
use TLSplus::Stream;

needs_tlsplus();
plan skip_all => 'sanitizers keep memory of their own' if sanitized();

use constant ENTRIES          => 100_000;
use constant HOSTS            => $ENV{TLSPLUS_LONG} ? 10_000 : 500;
use constant REPLACEMENTS     => 6;
use constant IN_FORCE_SECONDS => 60;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('server', san => ['*.crl.test']);
$certs->leaf('good', cn => 'good');
$certs->ca;

# A list with this number, in which the last entries differ from those of the one before.
sub list ($number, $name = 'large.pem') {
    # What `openssl ca` keeps of each certificate it has revoked.
    spew("$dir/index.txt", join '', map { sprintf "R\t300101000000Z\t260101000000Z\t%08X\tunknown\t/CN=%d\n", 0x10000000 + $_ + $number, $_ } 1 .. ENTRIES);
    spew("$dir/number", sprintf '%04X', $number);
    spew("$dir/crl.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=$dir/index.txt\ncrlnumber=$dir/number\ndefault_md=sha256\nunique_subject=no\n");
    my $made = run(['openssl', 'ca', '-config', "$dir/crl.cnf", '-cert', "$dir/ca.crt", '-keyfile', "$dir/ca.key",
        '-gencrl', '-crldays', 9, '-out', "$dir/$name.new"], timeout => 120);
    die $made->{err} if $made->{exit};
    rename "$dir/$name.new", "$dir/$name" or die "rename: $!\n";
}

list(1);
my $conf = "StartServers 1\nServerLimit 1\nMaxRequestWorkers 25\nMaxSpareThreads 25\nKeepAliveTimeout 300\n<Location \"/status\">\n  SetHandler server-status\n</Location>\n";
$conf = $conf =~ s/ServerLimit 1\n//r =~ s/MaxRequestWorkers 25/MaxRequestWorkers 32/r =~ s/MaxSpareThreads 25\n//r if TLSplus::Env::mpm() eq 'prefork';
my %lists = (some => ['  SSLCARevocationFile @CERTS@/large.pem', '  SSLCARevocationCheck leaf'], none => []);
sub server ($which) {
    my @hosts = map { tls_host("h$_.crl.test", pair('server'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', @{ $lists{$which} }) } 1 .. HOSTS;
    return TLSplus::Server->start(certs => $certs, modules => ['status'], patience => 300, conf => $conf . join '', @hosts);
}

sub resident ($pid) { slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 0 }
sub both ($server) { map { resident($_) } $server->pid, ($server->children)[0] }
sub number ($server) {
    my $body = $server->get('/status?auto', name => 'h1.crl.test', cert => "$dir/good.crt", key => "$dir/good.key")->body;
    return $body =~ /^TLSRevocationList: number=(\d+) .*entries=${\ENTRIES} /m ? $1 : 0;
}

my $list = 26_000;    # KB that OpenSSL takes for it
my $without = server('none');
my @without = both($without);
$without->stop;
my $server = server('some');
my @with = both($server);
note sprintf '%d hosts; parent %d KB, child %d KB; without the list %d KB and %d KB', HOSTS, @with, @without;
# Once made, and its file once more: not one for each host.
cmp_ok $with[0] - $without[0], '<', 3 * $list, 'the parent has it once';
cmp_ok $with[1] - $without[1], '<', 3 * $list, 'and so has a child';
cmp_ok $with[0] - $without[0], '>', $list / 4, 'which is something that can be measured';

my $kept = TLSplus::Stream->tls($server, name => 'h2.crl.test', args => ['-cert', "$dir/good.crt", '-key', "$dir/good.key"]);
$kept->send("GET / HTTP/1.1\r\nHost: h2.crl.test\r\n\r\n");
like $kept->take_until("\r\n\r\n"), qr{^HTTP/1\.1 200}, 'a connection that stays';
is number($server), 1, 'the first list';
my %at = (0 => [both($server)]);
for my $round (1 .. REPLACEMENTS) {
    list(1 + $round);
    my $begun = time;
    ok wait_until(IN_FORCE_SECONDS, sub { number($server) == 1 + $round }), "replacement $round is in force";
    $at{$round} = [both($server)];
    note sprintf 'after %.1f s; parent %d KB, child %d KB', time - $begun, @{ $at{$round} };
}
note sprintf 'at first: parent %d KB, child %d KB', @{ $at{0} };
cmp_ok $at{ +REPLACEMENTS }[0], '<', $at{2}[0] + $list / 2, 'the parent does not grow';
SKIP: {
    skip 'each child of prefork is one of many', 1 if TLSplus::Env::mpm() eq 'prefork';
    cmp_ok $at{ +REPLACEMENTS }[1], '<', $at{2}[1] + $list / 2, 'nor does the child';
}
$kept->send("GET / HTTP/1.1\r\nHost: h2.crl.test\r\n\r\n");
ok defined $kept->take_until("HTTP/1.1 200"), 'the connection of before is still served';
$kept->close;
$server->stop;
done_testing;
