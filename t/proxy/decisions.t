# SPDX-License-Identifier: Apache-2.0
#
# Which backend is spoken to, decision by decision, held against the stock mod_ssl: every kind of certificate a
# backend may show, every mode of SSLProxyVerify, the three checks in all their states, versions, depths, revocation lists
# and certificates of our own, in virtual hosts and in <Proxy> sections. The status, the reason that the error page
# gives, and what the backend saw (name, version, our certificate) must be the same. Where they are not, %ON_PURPOSE
# says why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Server;
use TLSplus::Twins;

# ---- backends ----

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca($_) for qw(elsewhere clients);
my %CERTIFICATE = (
    'good'          => {},
    'rsa'           => { key => 'rsa' },
    'expired'       => { expired => 1 },
    'future'        => { future => 1 },
    'selfmade'      => { self_signed => 1 },
    'stranger'      => { issuer => 'elsewhere' },
    'deep'          => { intermediates => 1 },
    'deeper'        => { intermediates => 2 },
    'deepest'       => { intermediates => 3 },
    'revoked'       => { cn => 'revoked' },
    'weak'          => { key => 'rsa1024' },
    'client-only'   => { extensions => ['extendedKeyUsage=clientAuth'] },
    'server-only'   => { extensions => ['extendedKeyUsage=serverAuth'] },
    'cn-only'       => { san => [], cn => 'localhost' },
    'cn-other'      => { cn => 'other.test' },
    'san-other'     => { san => ['other.test'], cn => 'localhost' },
    'other'         => { san => ['other.test'], cn => 'other.test' },
    'upper'         => { san => ['LocalHost'], cn => 'upper' },
    'address'       => { san => ['127.0.0.1'], cn => 'address' },
    'address-name'  => { san => [], cn => '127.0.0.1' },
    'wildcard'      => { san => ['*.shop.test'], cn => 'wildcard' },
    'wildcard-cn'   => { san => [], cn => '*.shop.test' },
    'wildcard-top'  => { san => ['*.test'], cn => 'wildcard' },
    'wildcard-in'   => { san => ['w*.shop.test', '*w.shop.test'], cn => 'wildcard' },
    'wildcard-deep' => { san => ['www.*.test'], cn => 'wildcard' },
);
$certs->leaf($_, san => ['localhost'], cn => 'localhost', %{ $CERTIFICATE{$_} }) for sort keys %CERTIFICATE;
$certs->leaf('ours',        cn => 'ours',        issuer => 'clients');
$certs->leaf('ours-rsa',    cn => 'ours-rsa',    issuer => 'clients', key => 'rsa');
$certs->leaf('ours-wrong',  cn => 'ours-wrong',  issuer => 'elsewhere');
$certs->leaf('ours-below',  cn => 'ours-below',  issuer => 'clients', intermediates => 1);
$certs->leaf('ours-server', cn => 'ours-server', issuer => 'clients', extensions => ['extendedKeyUsage=serverAuth']);
$certs->leaf('ours-late',   cn => 'ours-late',   issuer => 'clients', expired => 1);
$certs->write("$_.pair", map { $certs->read($_) } "$_.crt", "$_.key") for grep { -f $certs->dir . "/$_.key" } qw(ours ours-rsa ours-wrong ours-below ours-server ours-late);
$certs->write('turned.pair', map { $certs->read("ours.$_") } qw(key crt));
$certs->write('both.pair',   map { $certs->read("$_.pair") } qw(ours-wrong ours));
$certs->write('below-and-lone.pair', map { $certs->read($_) } qw(ours-below.pair ours-below.chain));
$certs->write('both-ca.crt', map { $certs->read("$_.crt") } qw(ca elsewhere));
$certs->write('root-and-chain.crt', map { $certs->read($_) } qw(ca.crt deep.chain));
$certs->crl('crl',          revoked => ['revoked']);
$certs->crl('crl-expired',  revoked => ['revoked'], expired => 1);
$certs->crl('crl-future',   from => 1);
$certs->crl('crl-empty');
$certs->crl('crl-elsewhere', by => 'elsewhere');

$certs->leaf('between', ca => 1, cn => 'TLSplus test CA between');
$certs->leaf($_, san => ['localhost'], cn => $_, by => 'between') for qw(below below-revoked);
$certs->crl('crl-between', by => 'between', revoked => ['below-revoked']);
$certs->write('crls.pem', map { $certs->read("$_.pem") } qw(crl crl-between));
$certs->hashed('authorities', 'ca.crt');
$certs->hashed('lists', 'crl.pem');
$certs->hashed('pairs', qw(ours-wrong.pair ours.pair));
$certs->hashed('no-pairs');
$certs->write('other-key.pair', $certs->read('ours.crt'), $certs->read('ours-rsa.key'));
$certs->write('no-key.pair', $certs->read('ours.crt'));
$certs->leaf('encrypted', cn => 'ours', issuer => 'clients', password => 'secret');
$certs->write('encrypted.pair', map { $certs->read("encrypted.$_") } qw(crt enc.key));
$certs->write('nothing.pair', '');
$certs->write('words.pair', "no certificate\n");

my @ASKING = ('  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyDepth 5');
my $weak   = '  SSLCipherSuite DEFAULT:@SECLEVEL=0';
my @hosts  = map { my $name = $_; ($name => [pair($name, -f $certs->dir . "/$name.chain" ? 'full' : 'crt'), $name eq 'weak' ? $weak : ()]) } sort keys %CERTIFICATE;
push @hosts, gap => [pair('deep')], map { ($_ => [pair($_, 'full')]) } qw(below below-revoked);
push @hosts, "tls$_" => [pair('good'), "  SSLProtocol -all +TLSv1.$_"] for 2, 3;
for my $version (2, 3) {
    push @hosts, "requires$version" => [pair('good'), @ASKING, '  SSLVerifyClient require',  "  SSLProtocol -all +TLSv1.$version"];
    push @hosts, "asks$version"     => [pair('good'), @ASKING, '  SSLVerifyClient optional', "  SSLProtocol -all +TLSv1.$version"];
}
push @hosts, 'asks-anybody' => [pair('good'), '  SSLVerifyClient optional_no_ca', '  SSLVerifyDepth 5'];
my $behind = TLSplus::Behind->start($certs, @hosts);

# ---- what is asked ----

# Each: what it is, the backend, its SSLProxy lines, options: host => the client's Host, given on.
my (@rows, %port);
sub row ($what, $backend, $lines, %opt) { push @rows, { what => $what, backend => $backend, lines => $lines, %opt } }

my $TRUST = 'SSLProxyCACertificateFile @CERTS@/ca.crt';
my @KINDS = (qw(good rsa expired future selfmade stranger gap deep revoked weak client-only server-only cn-only cn-other san-other other upper address wildcard));

for my $verify (qw(none optional require optional_no_ca on)) {
    row("verify $verify", $_, ["SSLProxyVerify $verify", $TRUST, 'SSLProxyVerifyDepth 2'], context => 'vhost') for @KINDS;
}
for my $verify (qw(none require optional_no_ca)) {
    row("verify $verify, nothing checked beside", $_, ["SSLProxyVerify $verify", $TRUST, 'SSLProxyCheckPeerExpire off', 'SSLProxyCheckPeerName off', 'SSLProxyCheckPeerCN off'])
        for qw(good expired future selfmade stranger gap revoked weak client-only other);
}
for my $name (undef, 'on', 'off') {
    for my $cn (undef, 'on', 'off') {
        my @lines = (defined $name ? "SSLProxyCheckPeerName $name" : (), defined $cn ? "SSLProxyCheckPeerCN $cn" : ());
        row("name " . ($name // 'unset') . ', CN ' . ($cn // 'unset'), $_, ['SSLProxyVerify none', @lines])
            for qw(good cn-other san-other other cn-only);
    }
}
for my $expire ('on', 'off') {
    row("expire $expire", $_, ["SSLProxyCheckPeerExpire $expire"]) for qw(good expired future);
}
for my $words ('all', '-all +TLSv1.2', '-all +TLSv1.3', 'all -TLSv1.3') {
    row("protocol $words", $_, ["SSLProxyProtocol $words"]) for qw(tls2 tls3 good);
}
row("cipher $_->[0]", $_->[1], ["SSLProxyCipherSuite $_->[0]", @{ $_->[2] // [] }]) for
    ['ECDHE-RSA-AES128-GCM-SHA256', 'tls2'], ['ECDHE-ECDSA-AES128-GCM-SHA256', 'tls2'], ['TLSv1.3 TLS_CHACHA20_POLY1305_SHA256', 'tls3'],
    ['SSL ECDHE-RSA-AES128-GCM-SHA256', 'tls3'], ['DEFAULT:@SECLEVEL=0', 'weak', ['SSLProxyVerify require', $TRUST]],
    ['DEFAULT:@SECLEVEL=3', 'rsa'], ['AES128-SHA', 'rsa', ['SSLProxyProtocol TLSv1.2']];
for my $depth (0 .. 3) {
    row("depth $depth", $_, ['SSLProxyVerify require', $TRUST, "SSLProxyVerifyDepth $depth"]) for qw(good deep deeper deepest selfmade);
}
row('default depth', $_, ['SSLProxyVerify require', $TRUST]) for qw(good deep deeper);
row('require without authorities', $_, ['SSLProxyVerify require']) for qw(good selfmade);
row('optional_no_ca without authorities', $_, ['SSLProxyVerify optional_no_ca']) for qw(good selfmade expired);
row('both authorities', $_, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/both-ca.crt']) for qw(good stranger);
row('another authority', $_, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/elsewhere.crt']) for qw(good stranger);
row('only what stands between', $_, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/deep.chain']) for qw(deep gap);
row('the authority and what stands between', $_, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/root-and-chain.crt', 'SSLProxyVerifyDepth 2']) for qw(deep gap);
row('the certificate itself as authority', $_, ['SSLProxyVerify require', "SSLProxyCACertificateFile \@CERTS\@/$_.crt"]) for qw(selfmade good);
for my $check ('none', 'leaf', 'chain', 'chain no_crl_for_cert_ok') {
    for my $list (qw(crl crl-expired crl-future crl-elsewhere)) {
        row("list $list, check $check", $_, ['SSLProxyVerify require', $TRUST, "SSLProxyCARevocationFile \@CERTS\@/$list.pem", "SSLProxyCARevocationCheck $check"])
            for 'good', $list eq 'crl' ? qw(revoked deep) : 'revoked';
    }
}
row('lists of all above, check chain', $_, ['SSLProxyVerify require', $TRUST, 'SSLProxyVerifyDepth 2', 'SSLProxyCARevocationFile @CERTS@/crls.pem', 'SSLProxyCARevocationCheck chain'])
    for qw(good below below-revoked revoked);
row('the lists in a folder', $_, ['SSLProxyVerify require', 'SSLProxyCACertificatePath @CERTS@/authorities', 'SSLProxyCARevocationPath @CERTS@/lists', 'SSLProxyCARevocationCheck chain'])
    for qw(good revoked stranger);
row('a list without verification', 'revoked', ['SSLProxyVerify none', $TRUST, 'SSLProxyCARevocationFile @CERTS@/crl.pem', 'SSLProxyCARevocationCheck chain']);
row('a list and optional_no_ca', $_, ['SSLProxyVerify optional_no_ca', $TRUST, 'SSLProxyCARevocationFile @CERTS@/crl.pem', 'SSLProxyCARevocationCheck chain']) for qw(good revoked stranger);
my %machine = (
    'none' => [], 'right' => ['ours'], 'RSA' => ['ours-rsa'], 'of another authority' => ['ours-wrong'], 'key first' => ['turned'],
    'two' => ['both'], 'below another' => ['ours-below'], 'for servers' => ['ours-server'], 'expired' => ['ours-late'],
    'below another, with what is between' => ['ours-below', 'SSLProxyMachineCertificateChainFile @CERTS@/ours-below.chain'],
    'below another, with what is between beside it' => ['below-and-lone'],
    'below another, with all above' => ['ours-below', 'SSLProxyMachineCertificateChainFile @CERTS@/all-above.crt'],
);
$certs->write('all-above.crt', map { $certs->read($_) } qw(ours-below.chain clients.crt));
for my $which (sort keys %machine) {
    my ($file, @more) = @{ $machine{$which} };
    my @lines = (defined $file ? "SSLProxyMachineCertificateFile \@CERTS\@/$file.pair" : (), @more);
    row("our certificate: $which", $_, \@lines) for qw(requires2 requires3 asks2 asks3 asks-anybody good);
}
row('our certificates in a folder', $_, ['SSLProxyMachineCertificatePath @CERTS@/pairs']) for qw(requires2 requires3 asks3);
row('our certificates in a file and a folder', $_, ['SSLProxyMachineCertificateFile @CERTS@/ours-rsa.pair', 'SSLProxyMachineCertificatePath @CERTS@/pairs']) for qw(requires2 requires3);
row('what is above ours vouches for backends', 'good', ['SSLProxyVerify require', 'SSLProxyMachineCertificateFile @CERTS@/ours.pair', 'SSLProxyMachineCertificateChainFile @CERTS@/ca.crt']);
row('engine off',   'good', ['SSLProxyEngine off']);
row('no engine',    'good', undef);
# The client's Host goes on: the name that is sent and checked is the client's.
my %by_host = (
    'good' => [qw(localhost LOCALHOST other.test)], 'other' => [qw(other.test OTHER.test sub.other.test)],
    'wildcard' => [qw(www.shop.test WWW.SHOP.TEST shop.test a.b.shop.test x.other.test)], 'wildcard-cn' => [qw(www.shop.test shop.test)],
    'wildcard-top' => [qw(shop.test www.shop.test)], 'wildcard-in' => [qw(www.shop.test w.shop.test)], 'wildcard-deep' => [qw(www.shop.test)],
    'address' => [qw(127.0.0.1 127.0.0.2)], 'address-name' => [qw(127.0.0.1)], 'cn-only' => [qw(localhost other.test)],
);
for my $backend (sort keys %by_host) {
    row("asked for $_", $backend, ['SSLProxyVerify require', $TRUST], host => $_) for @{ $by_host{$backend} };
}
row('asked for nothing', $_, ['SSLProxyVerify require', $TRUST], host => undef, http => '1.0') for qw(good other);

# ---- the proxies ----

# Rows of one virtual host share its lines; every other row has a <Proxy> section of its own.
my ($sections, $passes, %hosts) = ('', '');
my $number = 0;
for my $row (@rows) {
    my $at = $row->{path} = 'r' . ++$number;
    my $to = 'https://localhost:' . $behind->port($row->{backend}) . "/$at/";
    my $pass = "ProxyPass /$at/ $to disablereuse=on retry=0\n";
    if (($row->{context} // '') eq 'vhost') {
        my $host = $hosts{ join "\n", @{ $row->{lines} } } //= { name => 'v' . keys(%hosts) . '.test', lines => $row->{lines}, passes => '' };
        $host->{passes} .= $pass;
        $row->{host} = $host->{name};
    }
    else {
        my $has_engine = !defined $row->{lines} || grep { /^SSLProxyEngine / } @{ $row->{lines} };
        my @lines = ($has_engine ? () : 'SSLProxyEngine on', @{ $row->{lines} // [] });
        $sections .= join "\n", "<Proxy \"$to\">", @lines, "</Proxy>\n" if @lines;
        $row->{host_is_given_on} = exists $row->{host};
        $passes .= $row->{host_is_given_on} ? "<Location /$at/>\nProxyPreserveHost On\n</Location>\n$pass" : $pass;
    }
}
my $conf = join '', $sections, "<VirtualHost *:\@PLAIN\@>\nServerName first.test\n$passes</VirtualHost>\n",
    map { "<VirtualHost *:\@PLAIN\@>\nServerName $_->{name}\n" . join("\n", 'SSLProxyEngine on', @{ $_->{lines} }) . "\n$_->{passes}</VirtualHost>\n" }
    sort { $a->{name} cmp $b->{name} } values %hosts;

my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => $conf);

sub decision ($server, $row) {
    my $answer = TLSplus::Plain::ask($server, "/$row->{path}/", host => 'first.test', map { exists $row->{$_} ? ($_ => $row->{$_}) : () } qw(host http));
    my $status = $answer->status // 'closed';
    return join ' ', $status, map { $answer->header($_) // '-' } qw(x-backend x-sni x-client x-tls) if $status eq 200;
    my ($reason) = $answer->body =~ m{Reason: <strong>(.*?)</strong>};
    return join ' ', $status, $reason // ();
}

# "what: backend" as a pattern => [mod_ssl's decision, ours, why]
my @ON_PURPOSE = (
    [qr/^asked for 127\.0\.0\.1: address$/, qr/^500 /, qr/^200 address/, 'an address in the certificate is a name to check'],
);

my %told;
for my $row (@rows) {
    my $what = "$row->{what}: $row->{backend}";
    my ($theirs, $mine) = map { decision($_, $row) } $twins->stock, $twins->ours;
    my ($purpose) = grep { $what =~ $_->[0] } @ON_PURPOSE;
    $told{$theirs}++;
    if ($purpose) { ok $theirs =~ $purpose->[1] && $mine =~ $purpose->[2], "$what: $theirs, here $mine, as $purpose->[3]" or diag "mod_ssl: $theirs, ours: $mine" }
    else { is $mine, $theirs, "$what: $theirs" }
}
# ---- what does not start ----

# Whether a configuration starts at all. What is wrong in it is found by configtest as well, here.
sub starts ($twin, @lines) {
    my $server = TLSplus::Server->new(certs => $certs, modules => [qw(proxy proxy_http)], so => $twin->{so},
        conf => join "\n", 'Listen 127.0.0.1:@PLAIN@', 'SSLProxyEngine on', @lines, '');
    my $is_fine = $server->configtest->{exit} == 0;
    my $started = $server->begin;
    $server->stop if $started;
    return ($started ? 'starts' : 'does not start', $is_fine);
}
for my $file (qw(ours turned both below-and-lone ours-late encrypted other-key no-key nothing words absent)) {
    my $line = "SSLProxyMachineCertificateFile \@CERTS\@/$file.pair";
    my ($theirs) = starts($twins->stock, $line);
    my ($mine, $is_fine) = starts($twins->ours, $line);
    is $mine, $theirs, "$file.pair: $theirs";
    is $is_fine, $mine eq 'starts', 'and configtest says so' if is_tlsplus;
}
for my $line ('SSLProxyMachineCertificatePath @CERTS@/no-pairs', 'SSLProxyMachineCertificatePath @CERTS@/absent', 'SSLProxyCACertificateFile @CERTS@/absent',
    'SSLProxyCACertificateFile @CERTS@/nothing.pair', 'SSLProxyCACertificatePath @CERTS@/no-pairs', 'SSLProxyCARevocationFile @CERTS@/absent',
    'SSLProxyCARevocationCheck chain', 'SSLProxyVerify require', 'SSLProxyVerify maybe', 'SSLProxyVerifyDepth -1', 'SSLProxyProtocol -all', 'SSLProxyCipherSuite NONE',
    "<Location />\nSSLProxyEngine on\n</Location>", "<Directory />\nSSLProxyVerify none\n</Directory>", "<Proxy *>\nSSLProxyEngine on\n</Proxy>")
{
    my ($theirs) = starts($twins->stock, $line);
    my ($mine, $is_fine) = starts($twins->ours, $line);
    is $mine, $theirs, "$line: $theirs" =~ s/\n/ /gr;
    is $is_fine, $mine eq 'starts', 'and configtest says so' if is_tlsplus;
}

cmp_ok scalar @rows, '>=', 120, 'enough was compared';
cmp_ok scalar keys %told, '>=', 10, 'and enough of it differs';
ok $twins->stop, 'both stop cleanly';
done_testing;
