# SPDX-License-Identifier: Apache-2.0
#
# What a client's certificate shows, in every place it can be read, held against the stock mod_ssl.
use v5.36;
use Test::More;
use TLSplus::Certs ();
use TLSplus::DerCerts ();
use TLSplus::Process qw(slurp);
use TLSplus::Server ();
use TLSplus::Twins ();
use TLSplus::Variables qw(odd_certificates lookup_names environment_of log_lines log_format log_entries cgi_program);

my $der = TLSplus::DerCerts->new;
odd_certificates($der);
$der->leaf('rsa', key => 'rsa', subject => [[[CN => 'rsa client']]],
    extensions => [
        [TLSplus::DerCerts::extension('1.2.3.4.1', TLSplus::DerCerts::string('hello', 'utf8')), 0],
        [TLSplus::DerCerts::extension('1.2.3.4.2', TLSplus::DerCerts::string("\0K\0\xe9", 'bmp')), 0],
        [TLSplus::DerCerts::extension('1.2.3.4.3', TLSplus::DerCerts::string('octets', 'octet')), 0],
        [TLSplus::DerCerts::extension('1.2.3.4.4', TLSplus::DerCerts::string('visible', 'visible')), 0],
        [TLSplus::DerCerts::basic_constraints(), 0],
    ]);
my $usual = TLSplus::Certs->new;
$usual->leaf('server',  san => ['ask.test', 'lenient.test']);
$usual->leaf('rsa-server', san => ['rsa.test'], key => 'rsa');
$usual->leaf('chain',   cn  => 'client of a chain', intermediates => 2);
$usual->leaf('stranger', cn => 'stranger', issuer => 'unrelated');
$usual->leaf('self',    cn  => 'self', self_signed => 1);
my $all = $usual->dir;
$usual->write('roots.crt', slurp($der->ca), $usual->read('chain.root'));

my $shown = <<"CONF";
  SSLCertificateFile    \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
CONF
my $asked = $shown . <<"CONF";
  SSLCACertificateFile  \@CERTS\@/roots.crt
  SSLVerifyDepth 5
CONF

my $optional = "$asked  SSLVerifyClient optional";
my $lenient  = "$asked  SSLVerifyClient optional_no_ca";

my $of_rsa = $optional =~ s/server\.(crt|key)/rsa-server.$1/gr;

my @names = lookup_names('CLIENT');
push @names, map { "SSL_CLIENT_CERT_CHAIN_$_" } qw(1 2 3 01 x);

my $legacy = join ' ', (map { "<$_=%{$_}c>" } qw(subjectdn issuerdn clientcert cacert errcode errstr)),
    '<user=%u>', '<note=%{ssl-secure-reneg}n>';

my $twins = TLSplus::Twins->start(
    certs   => $usual,
    modules => ['cgi', 'headers', 'log_config', 'http2'],
    conf    => join('', "SSLSessionCache shmcb:run/sessions(512000)\nProtocols h2 http/1.1\n", log_format('x', @names), log_entries('c', $legacy), <<"CONF"));
ScriptAlias /cgi/ \@ROOT\@/cgi/
<Location "/cgi/std">
  SSLOptions +StdEnvVars
</Location>
<Location "/cgi/legacy">
  SSLOptions +StdEnvVars +LegacyDNStringFormat
</Location>
<Location "/legacy">
  SSLOptions +LegacyDNStringFormat
</Location>
<Location "/cgi/export">
  SSLOptions +ExportCertData
</Location>
<Location "/cgi/user">
  SSLUserName SSL_CLIENT_S_DN_CN
</Location>
<Location "/cgi/fake">
  SSLUserName SSL_CLIENT_S_DN_CN
  SSLOptions +FakeBasicAuth
</Location>
<Location "/said">
  Header always set X-Name   "expr=%{SSL_CLIENT_S_DN_CN}"
  Header always set X-Verify "expr=%{SSL_CLIENT_VERIFY}"
  Header always set X-Oid    "yes" "expr='hello' -in PeerExtList('1.2.3.4.1')"
  Header always set X-Bmp    "yes" "expr='K\xc3\xa9' -in PeerExtList('1.2.3.4.2')"
  Header always set X-Octets "yes" "expr='octets' -in PeerExtList('1.2.3.4.3')"
  Header always set X-Vis    "yes" "expr='visible' -in PeerExtList('1.2.3.4.4')"
  Header always set X-Ca     "yes" "expr='CA:TRUE' -in PeerExtList('basicConstraints')"
  Header always set X-Long   "yes" "expr='CA:TRUE' -in peerextlist('X509v3 Basic Constraints')"
  Header always set X-Bad    "yes" "expr='x' -in PeerExtList('no such thing')"
</Location>
<VirtualHost *:\@PORT\@>
  ServerName ask.test
  SSLEngine on
$optional
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName rsa.test
  SSLEngine on
$of_rsa
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName lenient.test
  SSLEngine on
$lenient
</VirtualHost>
CONF
for my $server ($twins->stock, $twins->ours) {
    $server->cgi($_, cgi_program()) for qw(std legacy export user fake);
}

# A session id is random, and there may be none: what it looks like is compared.
my %random = (
    SSL_SESSION_ID => sub ($a, $b) { s/[0-9a-f]{64}/ID/ for $a //= '', $b //= ''; $a eq $b },
);
my %anew = (%random, map { $_ => qr/^(?:-|\d*)$/ } qw(TIME TIME_MIN TIME_SEC TIME_HOUR time_sec));

sub with ($who, %more) {
    my $dir = -f "$der->{dir}/$who.crt" ? $der->{dir} : $all;
    my $file = -f "$dir/$who.chain" ? "$dir/$who.full" : "$dir/$who.crt";
    return (insecure => 1, ($who eq 'none' ? () : (cert => $file, key => "$dir/$who.key")), %more);
}

my @cases = ((map { ['ask.test', $_] } qw(none plain odd v1 many rsa chain)), (map { ['rsa.test', $_] } qw(none odd rsa)), map { ['lenient.test', $_] } qw(plain chain stranger self));
for my $tls (qw(1.2 1.3)) {
    for my $case (@cases) {
        my ($host, $who) = @$case;
        everything($host, $who, $tls);
    }
}

# All that can be read of one client at one host: 9 tests.
sub everything ($host, $who, $tls) {
    my %how = (name => $host, tls => $tls, with($who));
    for my $option (qw(std legacy export user fake)) {
        $twins->same("$host, $who, TLS $tls: environment $option",
            sub ($server) { environment_of($server->get("/cgi/$option", %how)) }, least => 2, differ => \%random);
    }
    for my $path ('/index.html', '/legacy') {
        $twins->same("$host, $who, TLS $tls: %{..}x of $path",
            sub ($server) { log_lines($server, 'x', $path, %how) }, least => scalar @names, differ => \%anew);
    }
    $twins->same("$host, $who, TLS $tls: %{..}c",
        sub ($server) { log_lines($server, 'c', '/cgi/user', %how) }, least => 8);
    $twins->same("$host, $who, TLS $tls: expressions", sub ($server) {
        my $headers = $server->get('/said', %how)->{headers};
        return { map { $_ => $headers->{$_} } grep { /^x-/ } keys %$headers };
    }, least => 2);
}

for my $who (qw(none plain odd many)) {
    $twins->same("$who, over HTTP/2: %{..}x",
        sub ($server) { log_lines($server, 'x', '/index.html', name => 'ask.test', http => '2', with($who)) }, least => scalar @names, differ => \%anew);
}
$twins->same('over HTTP/2', sub ($server) { environment_of($server->get('/cgi/std', name => 'ask.test', http => '2', with('plain'))) },
    least => 40, differ => \%random);

$twins->stop;
done_testing;
