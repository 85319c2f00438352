# SPDX-License-Identifier: Apache-2.0
#
# A large revocation list is in memory once, however many virtual hosts name it, with whatever authorities.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus sanitized);
use TLSplus::Process qw(run slurp spew);
use TLSplus::Server;

needs_tlsplus();
plan skip_all => 'sanitizers keep memory of their own' if sanitized();

use constant ENTRIES => 100_000;
use constant HOSTS   => 20;

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => [map { "h$_.test" } 1 .. HOSTS]);
$certs->ca;
$certs->ca('elsewhere');
$certs->write('two.pem', $certs->read('ca.crt'), $certs->read('elsewhere.crt'));
$certs->leaf('good', cn => 'good');
{
    my $dir = $certs->dir;
    # What `openssl ca` keeps of each certificate it has revoked.
    spew("$dir/index.txt", join '', map { sprintf "R\t300101000000Z\t260101000000Z\t%08X\tunknown\t/CN=%d\n", 0x10000000 + $_, $_ } 1 .. ENTRIES);
    spew("$dir/crl.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=$dir/index.txt\ndefault_md=sha256\nunique_subject=no\n");
    my $made = run(['openssl', 'ca', '-config', "$dir/crl.cnf", '-cert', "$dir/ca.crt", '-keyfile', "$dir/ca.key",
        '-gencrl', '-crldays', 9, '-out', "$dir/large.pem"], timeout => 120);
    is $made->{exit}, 0, 'a list of ' . ENTRIES . ' entries' or BAIL_OUT($made->{err});
}

# KB that httpd's parent holds with so many hosts that look things up in the list
sub memory_with ($hosts) {
    my $conf = join '', map {
        my $ca    = $_ % 2 ? 'ca.crt' : 'two.pem';
        my $check = $_ <= $hosts ? "  SSLCARevocationFile \@CERTS\@/large.pem\n  SSLCARevocationCheck leaf\n" : '';
        "<VirtualHost *:\@PORT\@>\n  ServerName h$_.test\n  SSLEngine on\n  SSLCertificateFile \@CERTS\@/server.crt\n"
          . "  SSLCertificateKeyFile \@CERTS\@/server.key\n  SSLCACertificateFile \@CERTS\@/$ca\n  SSLVerifyClient require\n$check</VirtualHost>\n"
    } 1 .. HOSTS;
    my $server = TLSplus::Server->start(certs => $certs, conf => $conf);
    my ($kb) = slurp('/proc/' . $server->pid . '/status') =~ /^VmRSS:\s+(\d+) kB/m;
    my $last = 'h' . HOSTS . '.test';
    is $server->get('/', name => $last, cert => $certs->dir . '/good.crt', key => $certs->dir . '/good.key')->status, 200,
        "$hosts hosts with the list: served";
    $server->stop;
    return $kb;
}

my ($none, $one, $all) = map { memory_with($_) } 0, 1, HOSTS;
note "without the list: $none KB, one host: $one KB, " . HOSTS . " hosts: $all KB";
cmp_ok $one - $none, '>', 1000, 'a list takes room';
cmp_ok $all - $none, '<=', 1.2 * ($one - $none), 'and no more of it for ' . HOSTS . ' hosts';
done_testing;
