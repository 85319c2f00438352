# SPDX-License-Identifier: Apache-2.0
#
# What the log says of clients that cannot be served, in words that lead somewhere: who does not speak
# TLS at all, by what it spoke; clients that are too old; alerts with their meaning; and a client that
# wants to renegotiate.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Process ();
use TLSplus::Raw;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
use constant LONGEST_LINE => 700;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'old.test', 'asks.test'], key => 'rsa');
$certs->ca;
my $TLS = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
CONF
my $server = TLSplus::Server->start(certs => $certs, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
  ServerName a.test
$TLS
</VirtualHost>
<VirtualHost *:\@PORT2\@>
  ServerName old.test
$TLS  SSLProtocol all
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName asks.test
$TLS  SSLCACertificateFile \@CERTS\@/ca.crt
  SSLVerifyClient require
</VirtualHost>
CONF

my @PEERS = (
    ['an SSH client',              "SSH-2.0-OpenSSH_9.2\r\n",                       qr/an SSH client, not TLS/],
    ['a proxy that adds a header', "PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n",   qr/a PROXY protocol header.*Fix: .*RemoteIPProxyProtocol On/],
    ['the same, version 2',        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" . "\0" x 12, qr/PROXY protocol header \(version 2\).*RemoteIPProxyProtocol/],
    ['an SSLv2 client',            "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" . "\x07" x 37, qr/an SSLv2 hello.*Fix: update the client/],
    ['a mail client',              "EHLO me.example\r\n",                           qr/an SMTP client, not TLS/],
    ['somebody',                   "hello, who are you?\r\n",                       qr/not TLS, it begins with "hello, who are you\?/],
);
for my $peer (@PEERS) {
    my ($who, $bytes, $line) = @$peer;
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($server->port);
    $raw->send($bytes);
    $raw->read_all;
    my $said = logs($server, qr/:info\].* TP0400: .*$line/, "$who is told as what it is", mark => $mark);
    unlike $said, qr/: :/, '... in a whole sentence';
}

for my $tls ('TLSv1', 'TLSv1.1') {
    my $mark = $server->mark;
    $server->handshake(name => 'old.test', port => $server->port('PORT2'), tls => $tls, cipher => 'ALL:@SECLEVEL=0');
    my $said = logs($server, qr/TP0400: /, "a client of $tls, which the library forbids", mark => $mark);
    like $said, qr/TP0400: TLS handshake failed \(vhost old\.test\S*\): (?:no common version|$tls needs signatures over SHA-1|no common cipher for $tls)/,
      '... the cause comes first';
    like $said, qr/Fix: (?:update the client|add one)/, '... and what to do';
    cmp_ok length($said =~ s/.*(?=TP0400)//r), '<', LONGEST_LINE, '... in a line that can be read';
}

{
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($server->port);
    $raw->send(TLSplus::Raw::record(22, TLSplus::Raw::client_hello(name => 'a.test', versions => [0x0303])));
    $raw->read_record(22);
    $raw->send(TLSplus::Raw::record(21, "\x02\x2e", version => 0x0303));
    $raw->read_all;
    logs($server, qr/TP0400: .*certificate unknown.*alert received: certificate unknown \(46\).*Fix: .*keytool -importcert/, "Java's alert is explained", mark => $mark);
}
{
    my $mark = $server->mark;
    $server->get('/', name => 'asks.test', tls => '1.3');
    logs($server, qr/TP0731: .* - SSLVerifyClient at \S+test\.conf:\d+ \(vhost asks\.test/, 'who asks for a certificate is named with its line', mark => $mark);
}
{
    my $mark = $server->mark;
    TLSplus::Process::run([$server->client->s_client_command(name => 'a.test', tls => 'TLSv1.2')], stdin => "R\n", timeout => 30);
    logs($server, qr/:info\].* TP0742: .*vhost a\.test.*Fix: switch renegotiation off/, "a client's renegotiation is told", mark => $mark);
    is scalar $server->log_lines(qr/TP0742/), 1, '... once';
}
serves($server, 'the server serves', name => 'a.test');
done_testing;
