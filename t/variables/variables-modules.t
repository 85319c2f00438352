# SPDX-License-Identifier: Apache-2.0
#
# What other modules get when they ask: ssl_var_lookup and ssl_ext_list as optional functions, and the
# core's ap_ssl_var_lookup, with and without request, connection and pool; held against the stock mod_ssl.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs ();
use TLSplus::DerCerts ();
use TLSplus::Host;
use TLSplus::Process qw(slurp);
use TLSplus::Twins ();
use TLSplus::Variables qw(odd_certificates lookup_names);

my $so  = build_module('mod_ask');
my $der = TLSplus::DerCerts->new;
odd_certificates($der);
my ($utf8, $bmp, $octet) = (TLSplus::DerCerts::string('hello', 'utf8'), TLSplus::DerCerts::string("\0K\0\xe9", 'bmp'),
    TLSplus::DerCerts::string('octets', 'octet'));
$der->leaf('extended', subject => [[[CN => 'extended.test']]], san => [[dns => 'extended.test']], extensions => [
        (map { [TLSplus::DerCerts::extension($_->[0], $_->[1]), 0] } ['1.2.3.4.1', $utf8], ['1.2.3.4.1', $bmp], ['1.2.3.4.3', $octet]),
        [TLSplus::DerCerts::basic_constraints(), 0],
    ]);

my $hosts = join '', map { tls_host("$_.test", pair($_), '  SSLCACertificateFile  @CERTS@/ca.crt', '  SSLVerifyClient optional') } qw(plain odd extended);
my $twins = TLSplus::Twins->start(certs => $der, before => "LoadModule ask_module $so", conf => <<"CONF");
SSLSessionCache none
<Location "/ask">
  SetHandler ask
</Location>
${hosts}<VirtualHost *:\@PLAIN\@>
  ServerName plain.test
</VirtualHost>
CONF

# TIME and the like go on between two questions; a session id is random; a name with a comma or a blank
# cannot be asked here.
my @names = grep { !/^time/i && !/[ ,]/ } lookup_names('CLIENT', 'SERVER');
push @names, map { "oid:$_" } qw(1.2.3.4.1 1.2.3.4.3 2.5.29.19 basicConstraints subjectAltName 1.2.3 nonsense);
my $random = sub ($a, $b) { s/\b[0-9a-f]{64}\b/ID/ for $a //= '', $b //= ''; $a eq $b };

# Long queries are cut in two; httpd takes 8190 octets in a line.
sub answers ($server, %how) {
    my %found;
    my @left = @names;
    while (my @some = splice @left, 0, 150) {
        my $body = $server->get('/ask?' . join(',', @some), insecure => 1, %how)->body;
        $found{$1} = $2 while $body =~ /^<([^=]*)=(.*?)>\n(?=<|\z)/gms;
    }
    return \%found;
}

my %differ = map { ("$_ SSL_SESSION_ID" => $random, "$_ ENV:PATH" => qr/./, "$_ SSL_VERSION_LIBRARY_INTERFACE" => qr{OpenSSL/}, "$_ THE_REQUEST" => qr/^/,
        "$_ the_request" => qr/^/, "$_ QUERY_STRING" => qr/^/) }
    'function', 'function, no request', 'function, no connection', 'function, no pool', 'function, nothing but a server', 'core';

# Given a request and no connection mod_ssl knows nothing of TLS, though the request has one.
for my $name (@names) {
    next if $name eq 'SSL_VERSION_LIBRARY_INTERFACE';
    $differ{"function, no connection $name"} = sub ($theirs, $ours) { ($theirs // '') eq '' || $theirs eq ($ours // '') || $theirs eq 'off' };
}

for my $case (['plain.test', 'none'], ['odd.test', 'none'], ['plain.test', 'odd'], ['plain.test', 'extended'], ['extended.test', 'many'],
    ['plain.test', 'plain', tls => '1.2'], ['extended.test', 'none', tls => '1.2'])
{
    my ($host, $who, %how) = @$case;
    my @client = $who eq 'none' ? () : (cert => "$der->{dir}/$who.crt", key => "$der->{dir}/$who.key");
    $twins->same("$host, client $who" . ($how{tls} ? ", TLS $how{tls}" : ''),
        sub ($server) { answers($server, name => $host, @client, %how) }, least => 5 * @names, differ => \%differ);
}
$twins->same('a plain port', sub ($server) { answers($server, name => 'plain.test', port => 'PLAIN', scheme => 'http') },
    least => 5 * @names, differ => \%differ);

$twins->stop;
done_testing;
