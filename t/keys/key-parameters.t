# SPDX-License-Identifier: Apache-2.0
#
# DH and EC parameters in the first certificate file, the groups that are used without them, and OpenSSL's
# own commands for one virtual host.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ["$_.test"], intermediates => 1, key => 'rsa', dh => 1024) for qw(a);
$certs->leaf('b', san => ['b.test'], intermediates => 1);
$certs->leaf('c', san => ['c.test'], intermediates => 1, key => 'rsa');

sub made (@arguments) {
    my $done = run(['openssl', @arguments]);
    die "openssl @arguments: $done->{err}" if $done->{exit};
    return $done->{out};
}
my %parameters = (
    dh1024  => $certs->read('a.dh'),
    ffdhe   => made(qw(genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072)),
    rfc5114 => made(qw(genpkey -genparam -algorithm DHX -pkeyopt dh_rfc5114:3)),
    p384    => made(qw(ecparam -name secp384r1)),
    explicit => made(qw(ecparam -name prime256v1 -param_enc explicit)),
    sect    => made(qw(ecparam -name secp112r1)),
    weak    => made(qw(ecparam -name secp192k1)),
    broken  => "-----BEGIN DH PARAMETERS-----\nMAYCAQUEAQI=\n-----END DH PARAMETERS-----\n",
);
$certs->write("$_.pem", $certs->read('a.all'), $parameters{$_}) for keys %parameters;
$certs->write('both.pem', $certs->read('a.all'), $parameters{p384}, $parameters{ffdhe});

sub host ($lines, $name = 'a') { tls_host("$name.test", $lines) }

# A client that names groups of RFC 7919 is given one of those by OpenSSL 4.0, whatever the server's own parameters.
my @NO_FFDHE = (args => ['-groups', 'X25519:P-256:P-384']);
my %DHE   = (tls => 'TLSv1.2', cipher => 'DHE-RSA-AES128-GCM-SHA256', @NO_FFDHE);
my %DHE0  = (tls => 'TLSv1.2', cipher => 'DHE-RSA-AES128-SHA:@SECLEVEL=0', @NO_FFDHE);
my %ECDHE = (tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256');
my %TLS13 = (tls => 'TLSv1.3');

# file, further lines, what configtest says, then pairs: how a client comes, which key it sees
for (
    ['a.all',        '', undef, \%DHE, qr/DH, 2048 bits/, \%TLS13, qr/X25519/],
    ['ffdhe.pem',    '', undef, \%DHE, qr/DH, 3072 bits/, \%TLS13, qr/X25519/],
    ['rfc5114.pem',  '', undef, \%DHE, qr/DH, 2048 bits/],
    ['dh1024.pem',   '', qr/TP0260: .*test\.conf:4\b.*: 1024 bits/, \%DHE, qr/DH, 2048 bits/],
    ['dh1024.pem',   "SSLCipherSuite DEFAULT:\@SECLEVEL=0\n", qr/TP0234: .*test\.conf:4\b.*: 1024 bits/, \%DHE0, qr/DH, 1024 bits/],
    ['a.all',        "SSLCipherSuite DEFAULT:\@SECLEVEL=0\n", undef, \%DHE0, qr/DH, 2048 bits/],
    ['p384.pem',     '', undef, \%ECDHE, qr/secp384r1/, \%TLS13, qr/secp384r1/, \%DHE, qr/DH, 2048 bits/],
    ['explicit.pem', '', undef, \%ECDHE, qr/prime256v1/],
    ['both.pem',     '', undef, \%ECDHE, qr/secp384r1/, \%DHE, qr/DH, 3072 bits/],
    ['sect.pem',     '', qr/TP0261: .*test\.conf:4\b.*"secp112r1"/, \%ECDHE, qr/X25519/],
    ['weak.pem',     '', qr/TP0261: .*test\.conf:4\b.*"secp192k1"/, \%ECDHE, qr/X25519/],
    ['broken.pem',   '', qr/TP0250: .*test\.conf:4\b/, \%DHE, qr/DH, 2048 bits/],
) {
    my ($file, $lines, $said, @clients) = @$_;
    subtest "$file $lines" => sub {
        my $server = TLSplus::Server->new(certs => $certs, conf => host("SSLCertificateFile \@CERTS\@/$file\n$lines"));
        if ($said) {
            my $found = $server->configtest;
            is $found->{exit}, 0, 'configtest passes' or diag $found->{text};
            like $found->{text}, $said, 'and says what it found';
        }
        else { finds_nothing $server, 'configtest passes and finds nothing', qr/TP02(?:34|50|6\d): / }
        ok $server->begin, 'starts' or return diag $server->said;
        while (my ($how, $key) = splice @clients, 0, 2) {
            my $answer = $server->handshake(name => 'a.test', %$how);
            like $answer->temp_key, qr/^$key/, "$how->{tls} " . ($how->{cipher} // '') or diag $answer->output;
        }
        ok $server->stop, 'stops cleanly';
    };
}

# ---- SSLOpenSSLConfCmd ----

subtest 'a command holds for its virtual host and no other' => sub {
    my $plain = "SSLCertificateFile \@CERTS\@/a.all\n";
    my $b     = "SSLCertificateFile \@CERTS\@/b.all\n";
    my $c     = "SSLCertificateFile \@CERTS\@/c.all\n";
    my $server = TLSplus::Server->start(certs => $certs, conf => host($plain)
          . host($b . "SSLOpenSSLConfCmd Groups P-521\nSSLOpenSSLConfCmd MinProtocol TLSv1.3\n", 'b')
          . host($c . "SSLOpenSSLConfCmd SignatureAlgorithms RSA-PSS+SHA512\nSSLOpenSSLConfCmd NumTickets 3\n"
              . "SSLOpenSSLConfCmd MaxProtocol TLSv1.2\n", 'c'));
    my %seen = map { my $name = $_; $name => { map { $_ => $server->handshake(name => "$name.test", tls => $_,
        args => ['-sigalgs', 'RSA-PSS+SHA256:RSA-PSS+SHA512:ECDSA+SHA256']) } qw(TLSv1.2 TLSv1.3) } } qw(a b c);
    like $seen{a}{'TLSv1.3'}->temp_key, qr/^X25519/, 'a: the default groups';
    is $seen{a}{'TLSv1.2'}->protocol, 'TLSv1.2', 'a: both versions';
    like $seen{b}{'TLSv1.3'}->temp_key, qr/^secp521r1/, 'b: Groups' or diag $seen{b}{'TLSv1.3'}->output;
    like $seen{b}{'TLSv1.2'}->alert, qr/protocol version/, 'b: MinProtocol';
    like $seen{c}{'TLSv1.3'}->alert, qr/protocol version/, 'c: MaxProtocol';
    like $seen{c}{'TLSv1.2'}->output, qr/Peer signing digest: SHA512/, 'c: SignatureAlgorithms' or diag $seen{c}{'TLSv1.2'}->output;
    like $seen{a}{'TLSv1.2'}->output, qr/Peer signing digest: SHA256/, 'and a as ever';
    ok $server->stop, 'stops cleanly';
};

subtest 'a certificate by command' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => host(
        "SSLOpenSSLConfCmd Certificate \@CERTS\@/b.full\nSSLOpenSSLConfCmd PrivateKey \@CERTS\@/b.key\n", 'b'));
    my $answer = $server->handshake(name => 'b.test');
    is $answer->verify, 0, 'is presented, with its chain' or diag $answer->output;
    ok $server->stop, 'stops cleanly';
};

for (
    ['Groups nosuchgroup', 309], ['MinProtocol SSLv9', 309], ['SignatureAlgorithms RSA+MD7', 309],
    ['Certificate @CERTS@/b.key', 207], ['ChainCAFile /nonexistent', 201],
    ['VerifyCAPath @CERTS@/a.crt', 110], ['-curves P-256', 120], ['NoSuchCommand x', 120],
) {
    my ($command, $id) = @$_;
    my $found = TLSplus::Server->new(certs => $certs,
        conf => host("SSLCertificateFile \@CERTS\@/a.all\nSSLOpenSSLConfCmd $command\n"))->configtest;
    like $found->{text}, qr/TP0$id: .*SSLOpenSSLConfCmd at \S+test\.conf:5\b/, "$command: refused, with the line" or diag $found->{text};
    isnt $found->{exit}, 0, 'and configtest fails';
}

done_testing;
