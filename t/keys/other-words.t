# SPDX-License-Identifier: Apache-2.0
#
# What SSLOpenSSLConfCmd and a directive both set: which of them holds, seen over the wire and beside mod_ssl in the
# same run. The command does, but for what only narrows (Protocol) and what the directive asks for as well (a client's
# certificate, the names shown to clients).
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(modules_dir needs_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Twins;

needs_tlsplus();

# ---- files ----

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('ours',   cn => 'the directive', san => ['a.test']);
$certs->leaf('theirs', cn => 'the command',   san => ['a.test']);
$certs->leaf('renewed', cn => 'the same key', san => ['a.test'], key_of => 'ours');
$certs->leaf('rsa',    cn => 'another kind',  san => ['a.test'], key => 'rsa');
$certs->leaf('rsa2',   cn => 'another kind by command', san => ['a.test'], key => 'rsa');
$certs->leaf('client', cn => 'client');
$certs->leaf('guest',  cn => 'guest', issuer => 'elsewhere');
sub made (@arguments) {
    my $done = run(['openssl', @arguments]);
    die "openssl @arguments: $done->{err}" if $done->{exit};
    return $done->{out};
}
$certs->write('dh3072.pem', made(qw(genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072)));
$certs->write('dh4096.pem', made(qw(genpkey -genparam -algorithm DH -pkeyopt group:ffdhe4096)));
$certs->write('p384.crt',  $certs->read('ours.crt'), made(qw(ecparam -name secp384r1)));
$certs->write('rsadh.crt', $certs->read('rsa.crt'), $certs->read('dh3072.pem'));
$certs->write('info.pem', <<'INFO');
-----BEGIN SERVERINFOV2 FOR TEST-----
AAAB0AAaAAR0ZXN0
-----END SERVERINFOV2 FOR TEST-----
INFO

# ---- rows ----

sub pair ($name, $crt = "$name.crt") { ("SSLCertificateFile \@CERTS\@/$crt", "SSLCertificateKeyFile \@CERTS\@/$name.key") }
sub command ($name, $value) { "SSLOpenSSLConfCmd $name $value" }

my @EC    = pair('ours');
my %V12   = (v12 => ['-tls1_2']);
my %V13   = (v13 => ['-tls1_3']);
my %BOTH  = (%V12, %V13);
my @SHOW  = ('-cert', $certs->dir . '/client.crt', '-key', $certs->dir . '/client.key');
my @GUEST = ('-cert', $certs->dir . '/guest.crt',  '-key', $certs->dir . '/guest.key');
my %CLIENTS = (none12 => ['-tls1_2'], none13 => ['-tls1_3'], known12 => ['-tls1_2', @SHOW], known13 => ['-tls1_3', @SHOW],
    guest12 => ['-tls1_2', @GUEST], guest13 => ['-tls1_3', @GUEST]);
my @CA = 'SSLCACertificateFile @CERTS@/ca.crt';

# what, lines, clients, and a pattern for some of them; where stock differs, a pattern for its answers as well
my @ROWS = (
    ['Protocol',            [@EC, 'SSLProtocol all', command(Protocol => '-ALL,TLSv1.3')], \%BOTH, {v12 => qr/nothing/, v13 => qr/TLSv1.3/}],
    ['Protocol, wider',     [@EC, 'SSLProtocol -all +TLSv1.3', command(Protocol => 'ALL')], \%BOTH, {v12 => qr/nothing/, v13 => qr/TLSv1.3/}],
    ['MinProtocol',         [@EC, 'SSLProtocol all', command(MinProtocol => 'TLSv1.3')], \%BOTH, {v12 => qr/nothing/}],
    ['MinProtocol, lower',  [@EC, 'SSLProtocol -all +TLSv1.3', command(MinProtocol => 'TLSv1.2')], \%BOTH, {v12 => qr/TLSv1.2/}],
    ['MaxProtocol',         [@EC, 'SSLProtocol all', command(MaxProtocol => 'TLSv1.2')], \%BOTH, {v13 => qr/nothing/}],
    ['MaxProtocol, higher', [@EC, 'SSLProtocol -all +TLSv1.2', command(MaxProtocol => 'TLSv1.3')], \%BOTH, {v13 => qr/TLSv1.3/}],
    ['CipherString',        [@EC, 'SSLCipherSuite AES128', command(CipherString => 'ECDHE-ECDSA-CHACHA20-POLY1305')], \%BOTH, {v12 => qr/CHACHA20/}],
    ['CipherString, inherited', [@EC, command(CipherString => 'ECDHE-ECDSA-AES256-GCM-SHA384')], \%BOTH, {v12 => qr/AES256-GCM/}],
    ['Ciphersuites',        [@EC, 'SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256', command(Ciphersuites => 'TLS_CHACHA20_POLY1305_SHA256')], \%BOTH, {v13 => qr/CHACHA20/}],
    ['the server chooses',  [@EC, 'SSLHonorCipherOrder off', 'SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384', command(Options => 'ServerPreference')],
        {order => ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256']}, {order => qr/AES128/}],
    ['the client chooses',  [@EC, 'SSLHonorCipherOrder on', 'SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384', command(Options => '-ServerPreference')],
        {order => ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256']}, {order => qr/AES256/}],
    ['no tickets',          [@EC, 'SSLSessionTickets on', command(Options => '-SessionTicket')], {ticket => ['-tls1_2']}, {ticket => qr/no ticket/}],
    ['tickets',             [@EC, 'SSLSessionTickets off', command(Options => 'SessionTicket')], {ticket => ['-tls1_2']}, {ticket => qr/with ticket/}],
    ['EncryptThenMac',      [@EC, command(Options => '-EncryptThenMac'), 'SSLCipherSuite ECDHE-ECDSA-AES128-SHA'], {etm => ['-tls1_2']}, {}],
    ['VerifyMode Require',  [@EC, @CA, 'SSLVerifyClient none', command(VerifyMode => 'Require')], \%CLIENTS, {none12 => qr/nothing/, known13 => qr/ 200/}],
    ['VerifyMode Request',  [@EC, @CA, 'SSLVerifyClient require', command(VerifyMode => 'Request')], \%CLIENTS, {none13 => qr/nothing/}],
    ['VerifyCAFile',        [@EC, @CA, 'SSLVerifyClient require', command(VerifyCAFile => '@CERTS@/elsewhere.crt')], \%CLIENTS, {guest13 => qr/ 200/}],
    ['VerifyCAFile alone',  [@EC, 'SSLVerifyClient require', command(VerifyCAFile => '@CERTS@/ca.crt')], \%CLIENTS, {known12 => qr/ 200/}],
    ['ClientCAFile',        [@EC, @CA, 'SSLVerifyClient optional', command(ClientCAFile => '@CERTS@/elsewhere.crt')], \%BOTH, {}],
    ['RequestCAFile',       [@EC, @CA, 'SSLVerifyClient optional', 'SSLCADNRequestFile @CERTS@/ca.crt', command(RequestCAFile => '@CERTS@/elsewhere.crt')], \%BOTH, {}],
    ['Certificate and PrivateKey', [@EC, command(Certificate => '@CERTS@/theirs.crt'), command(PrivateKey => '@CERTS@/theirs.key')], \%BOTH, {v12 => qr/the command/, v13 => qr/the command/}],
    ['Certificate for the same key', [@EC, command(Certificate => '@CERTS@/renewed.crt')], \%BOTH, {v13 => qr/the same key/}],
    ['PrivateKey, the same', [@EC, command(PrivateKey => '@CERTS@/ours.key')], \%BOTH, {v13 => qr/the directive/}],
    ['Certificate of another kind', [@EC, command(Certificate => '@CERTS@/rsa.crt'), command(PrivateKey => '@CERTS@/rsa.key')],
        {ec => ['-tls1_2', '-cipher', 'aECDSA'], rsa => ['-tls1_2', '-cipher', 'aRSA']}, {ec => qr/the directive/, rsa => qr/another kind/}],
    ['Certificate of one of two kinds', [@EC, pair('rsa'), command(Certificate => '@CERTS@/rsa2.crt'), command(PrivateKey => '@CERTS@/rsa2.key')],
        {ec => ['-tls1_2', '-cipher', 'aECDSA'], rsa => ['-tls1_2', '-cipher', 'aRSA']}, {ec => qr/the directive/, rsa => qr/by command/}],
    ['Certificate alone',   [command(Certificate => '@CERTS@/theirs.crt'), command(PrivateKey => '@CERTS@/theirs.key')], \%BOTH, {v13 => qr/the command/}],
    ['the last Certificate', [@EC, command(Certificate => '@CERTS@/ours.crt'), command(PrivateKey => '@CERTS@/ours.key'), command(Certificate => '@CERTS@/theirs.crt'), command(PrivateKey => '@CERTS@/theirs.key')], \%BOTH, {v13 => qr/the command/}],
    ['ServerInfoFile', [pair('rsa'), command(ServerInfoFile => '@CERTS@/info.pem')], {info12 => ['-tls1_2', '-serverinfo', '26']}, {info12 => qr/extension/}],
    # mod_ssl sends it with the certificate of the last line alone
    ['... with both', [pair('rsa'), pair('ours'), command(ServerInfoFile => '@CERTS@/info.pem')],
        { map { ("info$_" => ['-tls1_2', '-serverinfo', '26', '-cipher', "ECDHE-$_-AES128-GCM-SHA256"]) } qw(RSA ECDSA) },
        {infoRSA => qr/an extension/, infoECDSA => qr/an extension/}, qr/ 200/],
    ['... with ECDSA', [pair('ours'), command(ServerInfoFile => '@CERTS@/info.pem')], {info12 => ['-tls1_2', '-serverinfo', '26'], info13 => ['-tls1_3', '-serverinfo', '26']}, {info12 => qr/extension/}],
    ['Curves',              [pair('ours', 'p384.crt'), command(Curves => 'P-256')], \%BOTH, {v12 => qr/P-256|prime256v1/, v13 => qr/P-256|prime256v1/}],
    ['Groups',              [pair('ours', 'p384.crt'), command(Groups => 'X25519:P-256')], \%BOTH, {v12 => qr/X25519/, v13 => qr/X25519/}],
    ['SignatureAlgorithms', [pair('rsa'), command(SignatureAlgorithms => 'RSA-PSS+SHA512')], \%BOTH, {v12 => qr/SHA512/, v13 => qr/SHA512/}],
    ['ClientSignatureAlgorithms', [@EC, @CA, 'SSLVerifyClient optional', command(ClientSignatureAlgorithms => 'ECDSA+SHA384')], {asked => ['-tls1_3']}, {}],
    ['DHParameters',        [pair('rsa'), command(DHParameters => '@CERTS@/dh4096.pem')], {dhe => ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256']}, {dhe => qr/4096/}, qr/2048/],
    ['DHParameters, and others in the file', [pair('rsa', 'rsadh.crt'), command(DHParameters => '@CERTS@/dh4096.pem')], {dhe => ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256']}, {dhe => qr/4096/}],
    ['NumTickets',          [@EC, 'SSLSessionTickets on', command(NumTickets => '3')], {tickets => ['-tls1_3']}, {tickets => qr/3 tickets/}],
    ['NumTickets 0',        [@EC, 'SSLSessionTickets on', command(NumTickets => '0')], {tickets => ['-tls1_3']}, {tickets => qr/no ticket/}],
    ['RecordPadding',       [@EC, command(RecordPadding => '512')], {padded => ['-tls1_3', '-msg']}, {padded => qr/padded/}],
);

# ---- what a client sees ----

sub seen ($server, $port, $name, @how) {
    my $done = run(['openssl', 's_client', '-connect', '127.0.0.1:' . $server->port($port), '-servername', 'a.test', '-ign_eof', @how],
        stdin => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n", timeout => 30);
    my $text = $done->{out};
    my ($status) = $text =~ m{HTTP/1.1 (\d+)};
    return 'nothing' if !defined $status;
    my ($cipher) = $text =~ /^New, (.*)$/m;
    my ($subject) = $text =~ /^subject=(.*)$/m;
    my @found = ($cipher, $text =~ /^(Server Temp Key: .*|Peer sign.*)$/gm, $subject);
    push @found, 'asks for ' . join ' | ', $text =~ /^Acceptable client certificate CA names\n(.*?)^(?:Client|Requested|Shared|Peer|Server)/ms;
    push @found, $text =~ /^(Requested Signature Algorithms: .*)$/m if $name eq 'asked';
    push @found, $text =~ /TLS session ticket:/ ? 'with ticket' : 'no ticket' if $name eq 'ticket';
    push @found, (scalar(() = $text =~ /Post-Handshake New Session Ticket arrived/g) || 'no') . ' tickets' if $name eq 'tickets';
    push @found, $text =~ /BEGIN SERVERINFO/ ? 'an extension' : 'none' if $name =~ /^info/;
    if ($name eq 'padded') {
        my @sizes = map { hex s/ //r } $text =~ /^<<< .*RecordHeader.*\n +17 03 03 (.. ..)$/gm;
        push @found, @sizes && !grep({ ($_ - 16) % 512 } @sizes) ? 'padded' : "of @sizes";
    }
    return join(', ', @found) . " $status";
}

my ($conf, @ports) = ('');
for my $at (0 .. $#ROWS) {
    push @ports, 'PORT' . ($at + 1);
    $conf .= join '', map { "$_\n" } "<VirtualHost *:\@$ports[$at]\@>", 'ServerName a.test', 'SSLEngine on', @{ $ROWS[$at][1] }, '</VirtualHost>';
}
my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf);
for my $at (0 .. $#ROWS) {
    my ($what, undef, $clients, $true, $stock_says) = @{ $ROWS[$at] };
    my $ask    = sub ($server) { return { map { $_ => seen($server, $ports[$at], $_, @{ $clients->{$_} }) } keys %$clients } };
    my $differ = defined $stock_says ? { map { my $mine = $true->{$_}; $_ => sub ($theirs, $ours) { $theirs =~ $stock_says && $ours =~ $mine } } keys %$true } : {};
    $twins->same($what, $ask, differ => $differ);
    my $ours = $ask->($twins->ours);
    like $ours->{$_}, $true->{$_}, "$what: $_" for sort keys %$true;
}
ok $twins->ours->graceful, 'a graceful restart';
my ($row) = grep { $ROWS[$_][0] eq 'Certificate and PrivateKey' } 0 .. $#ROWS;
like seen($twins->ours, $ports[$row], 'v13', '-tls1_3'), qr/the command/, 'and the command holds again';
$twins->stop;

# ---- what cannot be ----

for (
    # id, what, lines; the line to be named begins with "!"
    [209, 'a certificate without its key',  ['!' . command(Certificate => '@CERTS@/theirs.crt')]],
    [210, "another's key",                  [command(Certificate => '@CERTS@/theirs.crt'), '!' . command(PrivateKey => '@CERTS@/rsa.key')]],
    [210, 'a key that fits nothing',        ['!' . command(PrivateKey => '@CERTS@/theirs.key')]],
    [208, 'a key that is none',             ['!' . command(PrivateKey => '@CERTS@/theirs.crt')]],
    [207, 'a certificate that is none',     ['!' . command(Certificate => '@CERTS@/theirs.key')]],
) {
    my ($id, $what, $lines) = @$_;
    my @all = ('<VirtualHost *:@PORT@>', 'ServerName a.test', 'SSLEngine on', @EC, @$lines, '</VirtualHost>');
    my ($at) = grep { $all[$_] =~ s/^!// } 0 .. $#all;
    my %as = (certs => $certs, conf => join '', map { "$_\n" } @all);
    refused(TLSplus::Server->new(%as), qr/TP0$id: .*SSLOpenSSLConfCmd at \S*test\.conf:@{[$at + 1]}\b/, $what);
    my $stock = TLSplus::Server->new(%as, so => modules_dir() . '/mod_ssl.so');
    ok !$stock->begin, "$what: mod_ssl does not start either";
}

done_testing;
