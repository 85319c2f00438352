# SPDX-License-Identifier: Apache-2.0
#
# Many virtual hosts, each with a certificate of its own: every name gets its own, a wrong pair among them
# is named, a changed one is served after a graceful restart and the others as before, and clients that
# ask for names nobody has cost no memory. More hosts than a child keeps certificates open for.
#
#   prove t/serve/many-hosts.t                  600 hosts, 3,000 unknown names: seconds
#   prove t/serve/many-hosts.t :: 10000 100000  minutes; t/bench/vhosts.pl measures what they cost
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use Test::More;
use TLSplus::Env qw(mpm needs_tlsplus sanitized);
use TLSplus::ManyHosts;
use TLSplus::Process qw(slurp spew);
use TLSplus::Raw qw(client_hello parse_records record HANDSHAKE);
use TLSplus::Server;
use TLSplus::Test;

use constant CERTIFICATE => 11;    # RFC 5246 7.4
use constant GROWTH_KIB  => 4096;

my ($hosts, $unknown) = ($ARGV[0] // 600, $ARGV[1] // 3000);
needs_tlsplus();

my $many   = TLSplus::ManyHosts->new($hosts, 'chain');
my $spare  = TLSplus::ManyHosts->new(8);
my $server = TLSplus::Server->new(loglevel => 'warn mpm_' . mpm() . ':notice');
my $own    = $server->root . '/conf';

# Host 5 has files of its own, so that they can be changed.
sub take ($from, $n) { spew("$own/own.$_", slurp($from->$_($n)), 0600) for qw(crt key) }
take($many, 5);
$server->{conf} = $many->conf('@PORT@', crt => { 5 => "$own/own.crt" }, key => { 5 => "$own/own.key" });

# SHA-256 of the first certificate the server shows a client of TLS 1.2, where it is sent in the clear.
sub shown ($name) {
    my $client = TLSplus::Raw->connect($server->port);
    $client->send(record(HANDSHAKE, client_hello(name => $name, versions => [])));
    $client->read_until(qr/\x0e\0\0\0\z/);    # ServerHelloDone
    my $flight = join '', map { $_->{type} == HANDSHAKE ? $_->{body} : () } $client->records;
    $client->reset;
    while (length $flight > 10) {
        my ($type, $size) = (ord $flight, _size($flight, 1));
        # the length of the list, that of the first certificate, the certificate
        return sha256_hex(substr $flight, 10, _size($flight, 7)) if $type == CERTIFICATE;
        $flight = substr $flight, 4 + $size;
    }
    return '';
}

sub _size ($bytes, $at) { unpack 'N', "\0" . substr $bytes, $at, 3 }

sub pss_kib {
    my $sum = 0;
    for my $pid ($server->pid, $server->children) {
        $sum += $1 if slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m;
    }
    return $sum;
}

sub wrong_ones (%digest) {
    return grep { shown($many->name($_)) ne ($digest{$_} // $many->digest($_)) } 1 .. $many->count;
}

ok $server->begin, "a server with $hosts certificates starts" or BAIL_OUT($server->said);
is_deeply [wrong_ones()], [], 'every name gets its own certificate';
is_deeply [wrong_ones()], [], 'and again, when the first ones have made room for others';
is $server->get('/', name => $many->name($hosts), insecure => 1)->status, 200, 'and is served';

subtest 'one certificate changed' => sub {
    take($spare, 5);
    ok $server->graceful, 'graceful restart';
    is shown($many->name(5)), $spare->digest(5), 'the new one is shown';
    is_deeply [wrong_ones(5 => $spare->digest(5))], [], 'every other name gets what it had';
};

subtest 'names that do not exist' => sub {
    plan skip_all => 'sanitizers keep freed memory' if sanitized();
    my $default = $many->digest(1);
    my $strange = 0;
    my $ask = sub ($count) {
        for (1 .. $count) {
            my $name = join '', map { chr 97 + int rand 26 } 1 .. 1 + int rand 40;
            $strange++ if shown("$name.nobody.test") ne $default;
        }
    };
    $ask->(1000);    # until every thread and child has what it needs
    my $before = pss_kib();
    $ask->($unknown);
    my $after = pss_kib();
    is $strange, 0, 'each gets the certificate of the first host';
    cmp_ok $after, '<', $before + GROWTH_KIB, "$unknown of them cost no memory" or diag "$before KiB before";
    note "$before KiB before, $after KiB after";
};
# TP0007 is of the MPM, TP0008 names the module that runs.
is_deeply [grep { !/TP000[78]/ } $server->log_lines(qr/TP\d+/)], [], 'nothing was found wrong with any host';
ok $server->stop, 'stops cleanly';

subtest 'a wrong one among them' => sub {
    my $bad = int($hosts / 2);
    my $conf = $many->conf('@PORT@', key => { $bad => $many->key($bad + 1) });
    my ($line) = grep { (split /\n/, $conf)[$_ - 1] =~ m{KeyFile .*/@{[$bad + 1]}\.key$} } 1 .. 6 * $hosts;
    my $broken = TLSplus::Server->new(conf => $conf);
    my $found  = $broken->configtest;
    cmp_ok $found->{exit}, '>', 0, 'configtest fails';
    my @lines = grep { /TP\d+.*test\.conf/ } split /\n/, $found->{text};
    is scalar(@lines), 1, 'one line says why' or diag $found->{text};
    like $lines[0], qr{\Qtest.conf:$line\E .*\(vhost h$bad\.many\.test:\d+\)}, 'with the host, the file and the line';
    like $lines[0], qr{/$bad\.crt".*/@{[$bad + 1]}\.key"}, 'and both files';
};

done_testing;
