# SPDX-License-Identifier: Apache-2.0
#
# The log at its default level: what a person must mend is there whoever caused it, once for each kind
# and not once for each client; what is a client's own affair and what scanners do is not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Raw;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
use constant FLOOD  => 12;
use constant IN_SPAN => 3;

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test', 'b.test', 'c.test']);
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('good', cn => 'good');
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');
my $dir = $certs->dir;
sub with ($who) { (cert => "$dir/$who.crt", key => "$dir/$who.key") }

my $TLS = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
CONF
my $CONF = <<"CONF";
<VirtualHost *:\@PORT\@>
  ServerName a.test
$TLS
  <Location "/asks">
    SSLVerifyClient require
    SSLRenegBufferSize 100
  </Location>
  <Location "/verified">
    Require ssl-verify-client
  </Location>
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName b.test
$TLS
  SSLVerifyClient require
</VirtualHost>
CONF

sub start ($level, %opt) { TLSplus::Server->start(certs => $certs, loglevel => $level, conf => $CONF, %opt) }

my $server = start('warn');
# kind => [what a client does, the line]
my %MENDED = (
    'a client certificate that is refused' => [sub { $server->get('/', name => 'b.test', tls => '1.2', with('stranger')) },
        qr/:warn\].* TP0730: .*vhost b\.test.*stranger.*Fix: .*SSLCACertificateFile/],
    'a request on the wrong connection' => [sub { $server->get('/', name => 'a.test', headers => ['Host: b.test']) },
        qr/:warn\].* TP0550: .*differs/],
    'a body that is too large' => [sub { $server->post('/asks', 'x' x 200, name => 'a.test', tls => '1.2', with('good')) },
        qr/:warn\].* TP0738: .*more than 100 bytes.*SSLRenegBufferSize/],
    'a client without post-handshake authentication' =>
      [sub { $server->handshake(name => 'a.test', tls => 'TLSv1.3', request => "GET /asks HTTP/1.0\r\nHost: a.test\r\n\r\n") },
        qr/:warn\].* TP0733: .*SSLVerifyClient optional/],
);
for my $what (sort keys %MENDED) {
    my ($act, $line) = @{ $MENDED{$what} };
    my $mark = $server->mark;
    $act->() for 1 .. FLOOD;
    logs($server, $line, "$what: said at warn", mark => $mark);
    my @lines = $server->log_lines($line, $mark);
    is scalar @lines, IN_SPAN, '... a few times for ' . FLOOD . ' clients, of all children together';
}

{
    # scanners and clients that have themselves to blame
    my $mark = $server->mark;
    for my $bytes ("GET / HTTP/1.0\r\n\r\n", "SSH-2.0-scan\r\n", "\0" x 40, TLSplus::Raw::record(22, TLSplus::Raw::client_hello(versions => [0x0301])), '') {
        my $raw = TLSplus::Raw->connect($server->port);
        $raw->send($bytes);
        $raw->half_close;
        $raw->read_all;
    }
    $server->get('/', name => 'b.test', tls => $_) for '1.2', '1.3';
    $server->handshake(name => 'nobody.test', request => "GET / HTTP/1.0\r\n\r\n");
    serves($server, 'a server that was scanned serves', name => 'a.test');
    says_nothing($server, qr/TP\d{4}/, '... and has no line about it', mark => $mark);
}
ok $server->stop, 'stops';

$server = start('info');
{
    my ($act, $line) = @{ $MENDED{'a client certificate that is refused'} };
    $act->() for 1 .. FLOOD;
    logs($server, $line, 'at info: a few at warn');
    my @others = $server->log_lines(qr/:info\].* TP0730: /);
    is @others + (my @few = $server->log_lines($line)), FLOOD, 'and all others at info';
    is $server->get('/verified/', name => 'a.test')->status, 403, 'Require ssl-verify-client refuses';
    logs($server, qr/:info\].* TP0509: .*"\/verified\/": the client showed no certificate.*SSLVerifyClient optional/, '... and why');
}

ok $server->stop, 'stops';

# The handshake itself is for trace; names and sizes, no content.
$server = start('trace4');
for my $tls ('TLSv1.2', 'TLSv1.3') {
    my $mark = $server->mark;
    is $server->handshake(name => 'a.test', tls => $tls, request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")->status, 200, "$tls at trace4";
    logs($server, qr/:trace3\].*TLS: $_/, "$tls: $_", mark => $mark)
      for 'server name "a.test", host a\.test', 'received ClientHello \(1\), \d+ bytes', 'sent ServerHello', 'sent Certificate \(11\)', 'received Finished',
          'sent NewSessionTicket', 'handshake done for a\.test\S*; session new', 'sent alert close notify';
    logs($server, qr/:trace4\].*TLS: received record of type \d+, \d+ bytes/, "$tls: records and their sizes", mark => $mark);
    my $file = $server->root . '/run/session';
    $server->handshake(name => 'a.test', tls => $tls, sess_out => $file, request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
    $mark = $server->mark;
    $server->handshake(name => 'a.test', tls => $tls, sess_in => $file, request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
    logs($server, qr/TLS: handshake done for a\.test\S*; session resumed/, "$tls: a session that is resumed", mark => $mark);
}
ok $server->stop, 'stops';

done_testing;
