# SPDX-License-Identifier: Apache-2.0
#
# Proxied requests leave nothing behind: connections that are used again, made anew, resumed, refused and cut, some thousand of
# each kind, and the process is as large as before.
#
#   make check T=t/proxy/memory.t                      1,000 of each kind
#   TLSPLUS_LONG=1 make check T=t/proxy/memory.t       20,000: 100,000 in all
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_tlsplus sanitized);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Server;

needs_tlsplus;
plan skip_all => 'a sanitized process keeps what was freed' if sanitized();

my $REQUESTS = $ENV{TLSPLUS_LONG} ? 20_000 : 1_000;
my $MOST_KB  = 1_500;    # of growth: less than 2 octets for each in the long run, and what the allocator needs at first

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('good',  san => ['localhost'], cn => 'good');
$certs->leaf('other', san => ['other.test'], cn => 'other');
$certs->leaf('ours', cn => 'ours', issuer => 'clients');
$certs->write('ours.pair', map { $certs->read("ours.$_") } qw(crt key));
my @asks = ('  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient require');
my $behind = TLSplus::Behind->start($certs, (map { ("tls$_" => [pair('good'), @asks, "  SSLProtocol TLSv1.$_"]) } 2, 3), other => [pair('other')]);
my %port = map { $_ => $behind->port($_) } qw(tls2 tls3 other);

my $one = mpm() eq 'prefork' ? "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n" : "ServerLimit 1\nThreadsPerChild 4\nMaxRequestWorkers 4\n";
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], loglevel => 'emerg', conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$one
MaxKeepAliveRequests 0
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
SSLProxyMachineCertificateFile \@CERTS\@/ours.pair
ProxyPass /fresh2/  https://localhost:$port{tls2}/fresh/ disablereuse=on
ProxyPass /fresh3/  https://localhost:$port{tls3}/fresh/ disablereuse=on
ProxyPass /again2/  https://localhost:$port{tls2}/
ProxyPass /again3/  https://localhost:$port{tls3}/
ProxyPass /refused/ https://localhost:$port{other}/ retry=0
CONF

sub size ($pid) { slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 0 }

sub ask_often ($path, $count, $status) {
    my ($stream, $fine) = (undef, 0);
    for (1 .. $count) {
        $stream //= TLSplus::Plain::opened($server);
        $stream->send(TLSplus::Plain::request($path, stays => 1));
        my $answer = TLSplus::Plain::next_answer($stream) or last;
        ++$fine if $answer->status == $status;
        undef $stream if ($answer->header('connection') // '') =~ /close/i;
    }
    return $fine;
}

my %STATUS = ('/again2/' => 200, '/again3/' => 200, '/fresh2/' => 200, '/fresh3/' => 200, '/refused/' => 500);
my ($pid, @more) = $server->children;
ask_often($_, 300, $STATUS{$_}) for sort keys %STATUS;
my $before = size($pid);
cmp_ok $before, '>', 1_000, 'a process to look at';
is ask_often($_, $REQUESTS, $STATUS{$_}), $REQUESTS, "$REQUESTS of $_" for sort keys %STATUS;
my $grown = size($pid) - $before;
cmp_ok $grown, '<', $MOST_KB, "and it has grown by $grown kB";
is_deeply [$server->children], [$pid, @more], 'the same process all along';
ok $server->stop, 'stops cleanly';
done_testing;
