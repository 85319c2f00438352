# SPDX-License-Identifier: Apache-2.0
#
# TLSPlusGroups: the groups of a virtual host and of no other, those that may be missing, and what goes
# before them and behind.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(needs_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['*.a.test'], intermediates => 1, key => 'rsa');
my $p384 = run(['openssl', qw(ecparam -name secp384r1)])->{out};
$certs->write('p384.pem', $certs->read('a.all'), $p384);

sub host ($name, @lines) {
    return join "\n", "<VirtualHost *:\@PORT\@>", "ServerName $name.a.test", 'SSLEngine on', @lines, "</VirtualHost>\n";
}

my $server = TLSplus::Server->start(certs => $certs, conf => join '',
    "SSLCertificateFile \@CERTS\@/a.all\nTLSPlusGroups ?nosuchgroup:P-384:secp384r1:P-256\n",
    host('inherits'),
    host('own',     'TLSPlusGroups P-521:X25519'),
    host('file',    'SSLCertificateFile @CERTS@/p384.pem', 'TLSPlusGroups P-256'),
    host('command', 'TLSPlusGroups P-256', 'SSLOpenSSLConfCmd Groups P-521'));

# host, what the client offers, what is agreed on; undef: nothing
for (
    ['inherits', 'X25519:P-256:P-384', 'secp384r1|prime256v1'],
    ['inherits', 'P-256',              'prime256v1'],
    ['inherits', 'X25519',             undef],
    ['own',      'P-521',              'secp521r1'],
    ['own',      'X25519',             'X25519'],
    ['own',      'P-256:P-384',        undef],
    ['file',     'P-256:P-384',        'prime256v1'],
    ['file',     'P-384',              undef],
    ['command',  'P-256:P-521',        'secp521r1'],
    ['command',  'P-256',              undef],
) {
    my ($name, $offered, $agreed) = @$_;
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        my @ecdhe  = $tls eq 'TLSv1.2' ? (cipher => 'ECDHE-RSA-AES128-GCM-SHA256') : ();
        my $answer = $server->handshake(name => "$name.a.test", tls => $tls, groups => $offered, @ecdhe);
        if (defined $agreed) {
            like $answer->temp_key, qr/^(?:ECDH, )?(?:$agreed)\b/, "$name, $tls: of $offered" or diag $answer->output . $answer->error;
        } else {
            is $answer->protocol, undef, "$name, $tls: none of $offered" or diag $answer->output;
        }
    }
}

# explanations have a budget, so the first one is looked for
logs $server, qr/no common group;.*inherits\.a\.test.*TLSPlusGroups/, 'the log says where to add a group';

subtest 'SSLVHostSNIPolicy' => sub {
    my $mark = $server->mark;
    my $answer = $server->get('/', name => 'inherits.a.test', host => 'own.a.test');
    is $answer->status, 421, 'a request for a host with other groups is misdirected';
    logs $server, qr/TLSPlusGroups differs: \S*test\.conf:2 for the connection, \S*test\.conf:\d+ for the request/,
        'and both lines are named', mark => $mark;
};

ok $server->stop, 'stops cleanly';
done_testing;
