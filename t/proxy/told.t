# SPDX-License-Identifier: Apache-2.0
#
# What the log says of a backend that cannot be used: the very fault, the line that asked for the check, and a fix that
# mends that fault. Where the fix can be carried out in the configuration, it is, and the backend is used.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Process qw(wait_until);
use TLSplus::Raw qw(HANDSHAKE handshake_message record);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('elsewhere');
my %CERTIFICATE = (
    good         => {},
    selfmade     => { self_signed => 1 },
    stranger     => { issuer => 'elsewhere' },
    deep         => { intermediates => 2 },
    revoked      => { cn => 'revoked' },
    expired      => { expired => 1 },
    weak         => { key => 'rsa1024' },
    'for-client' => { extensions => ['extendedKeyUsage=clientAuth'] },
);
$certs->leaf($_, san => ['localhost'], cn => $_, %{ $CERTIFICATE{$_} }) for sort keys %CERTIFICATE;
$certs->crl('list',    revoked => ['revoked']);
$certs->crl('expired', expired => 1);
$certs->crl('future',  from => 1);
$certs->crl('other', by => 'elsewhere');

my $behind = TLSplus::Behind->start($certs,
    map { my $name = $_; ($name => [pair($name, -f $certs->dir . "/$name.chain" ? 'full' : 'crt'), $name eq 'weak' ? '  SSLCipherSuite DEFAULT:@SECLEVEL=0' : ()]) } sort keys %CERTIFICATE);

# ---- certificates that are refused ----

my $trust = 'SSLProxyCACertificateFile @CERTS@/ca.crt';
# The backend, its lines with "!" before the one that is named, what is said, the fix, and what it comes to in lines that
# take the place of, or follow, those (none: it is not ours to carry out).
my @ROWS = (
    ['stranger', ['! SSLProxyVerify require', $trust], qr/unable to get local issuer certificate/,
        qr/add the authority that is named here to SSLProxyCACertificateFile/, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/elsewhere.crt']],
    ['selfmade', ['! SSLProxyVerify require', $trust], qr/self[- ]signed certificate/,
        qr/add this very certificate to SSLProxyCACertificateFile/, ['SSLProxyVerify require', 'SSLProxyCACertificateFile @CERTS@/selfmade.crt']],
    ['deep', ['SSLProxyVerify require', $trust, '! SSLProxyVerifyDepth 1'], qr/chain too long/,
        qr/write: SSLProxyVerifyDepth 3$/, ['SSLProxyVerify require', $trust, 'SSLProxyVerifyDepth 3']],
    ['revoked', ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/list.pem', '! SSLProxyCARevocationCheck chain'],
        qr/certificate revoked/, qr/its authority has withdrawn it: the backend needs a new certificate/],
    ['good', ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/other.pem', '! SSLProxyCARevocationCheck chain'], qr/unable to get certificate CRL/,
        qr/add the revocation list of that CA to SSLProxyCARevocationFile/, ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/list.pem', 'SSLProxyCARevocationCheck chain']],
    ['good', ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/expired.pem', '! SSLProxyCARevocationCheck chain'], qr/revocation list of its issuer has expired/,
        qr/put the CA's current revocation list into SSLProxyCARevocationFile/, ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/list.pem', 'SSLProxyCARevocationCheck chain']],
    ['good', ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/future.pem', '! SSLProxyCARevocationCheck chain'], qr/CRL is not yet valid/,
        qr/put a revocation list .* valid today/, ['SSLProxyVerify require', $trust, 'SSLProxyCARevocationFile @CERTS@/list.pem', 'SSLProxyCARevocationCheck chain']],
    ['expired', ['! SSLProxyVerify require', $trust], qr/certificate has expired/, qr/renew the backend's certificate/],
    ['for-client', ['! SSLProxyVerify require', $trust], qr/(?:unsupported|unsuitable) certificate purpose/, qr/extended key usage serverAuth/],
    ['weak', ['! SSLProxyVerify require', $trust], qr/EE certificate key too weak/, qr/SSLProxyCipherSuite DEFAULT:\@SECLEVEL=0$/,
        ['SSLProxyVerify require', $trust, 'SSLProxyCipherSuite DEFAULT:@SECLEVEL=0']],
    ['good', ['SSLProxyVerify require', $trust, '! TLSPlusProxyRequireName on'], qr/: "?127\.0\.0\.1:\d+/, qr/TLSPlusProxyName/,
        ['SSLProxyVerify require', $trust, 'TLSPlusProxyRequireName on', 'TLSPlusProxyName localhost'], undef, 855],
);

my ($conf, $at) = ("Listen 127.0.0.1:\@PLAIN\@\nProxyPreserveHost off\nSSLProxyEngine on\n", 0);
for my $row (@ROWS) {
    my ($backend, $lines, undef, undef, $mended, undef, $id) = @$row;
    my $to = 'https://localhost:' . $behind->port($backend);
    my $number = ++$at;
    for my $section ([wrong => $lines], [mended => $mended // []]) {
        my ($name, $all) = @$section;
        $conf .= "<Proxy \"$to/$name$number/\">\n";
        for my $line (@$all) {
            my $text = $line =~ s/^! //r;
            $conf .= "$text\n";
            $row->[7] = $conf =~ tr/\n// if $text ne $line;
        }
        $conf .= "</Proxy>\n<Location \"/$name$number/\">\n" . ($id ? "ProxyPreserveHost on\n" : '') . "ProxyPass \"$to/$name$number/\" retry=0 disablereuse=on\n</Location>\n";
    }
}
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => $conf, loglevel => 'warn');

$at = 0;
for my $row (@ROWS) {
    my ($backend, undef, $reason, $fix, $mended, undef, $id, $line) = @$row;
    ++$at;
    my @as = $id ? (host => undef, http => '1.0') : ();
    my $mark   = $server->mark;
    my $answer = TLSplus::Plain::ask($server, "/wrong$at/", @as);
    is $answer->status, 500, "$backend, $at: refused";
    my $label = sprintf 'TP%04d: ', $id // 843;
    my ($said) = $server->log_lines(qr/$label/, $mark);
    like $said // '', qr/$label.*at \S*test\.conf:$line\b/, 'with the line that asked for the check';
    like $said // '', $reason, 'for what';
    like +($said // '') =~ /Fix: (.*)/ ? $1 : '', $fix, 'and what mends that';
    is TLSplus::Plain::ask($server, "/mended$at/", @as)->status, 200, 'which it does' if $mended;
}

# ---- backends that leave ----

sub hello ($stream) { $stream->_read_until(60, sub { length $stream->{in} }) }

# A ServerHello without renegotiation_info (RFC 5746 3.4), as old servers send it.
my $old_hello = record(HANDSHAKE, handshake_message(2, pack('n', 0x0303) . 'r' x 32 . "\0" . pack('n', 0xc02f) . "\0"), version => 0x0303);
my $is_old = sub ($stream) { hello($stream); $stream->send($old_hello); $stream->close };

my $half = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf";
my %LEAVES = (
    'closes on the hello' => [841, qr/it closed the connection and did not say a word/, qr/see whether TLS is spoken on this port/, sub ($stream) { hello($stream); $stream->close }],
    'closes in a record'  => [841, qr/it closed the connection in the middle of the handshake/, qr/look into the backend's log/,
        sub ($stream) { hello($stream); $stream->send("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"); $stream->close }],
    'resets on the hello' => [841, qr/reset the connection/, qr/look into the backend's log/, sub ($stream) { hello($stream); $stream->reset }],
    'is silent'           => [842, qr/no answer within 1 s, which is timeout=/, qr/overloaded/, sub ($stream) { $stream->_read_until(60, sub { 0 }) }, 'timeout=1'],
    'is silent for long'  => [842, qr/no answer within 1 s, which is TLSPlusProxyHandshakeTimeout/, qr/overloaded/, sub ($stream) { $stream->_read_until(60, sub { 0 }) },
        'timeout=50', 'TLSPlusProxyHandshakeTimeout 1'],
    'is old'              => [840, qr/unsafe legacy renegotiation disabled/, qr/TLSPlusProxyOpenSSLConfCmd Options UnsafeLegacyServerConnect in its <Proxy> section/, $is_old],
    'is old and let in'   => [841, qr/it closed the connection in the middle of the handshake/, qr/look into/, $is_old, '', 'TLSPlusProxyOpenSSLConfCmd Options UnsafeLegacyServerConnect'],
);
my %CUTS = (
    'before an answer'  => [856, 502, qr/before its end by HTTP's own account/, sub ($stream) { $stream->cut }],
    'in the head'       => [856, 502, qr/before its end by HTTP's own account/, sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nX-Num"); $stream->cut }],
    'in a known length' => [856, 200, qr/before all of its Content-Length/, sub ($stream) { $stream->send($half); $stream->cut }],
    'between chunks'    => [856, 200, qr/before its end by HTTP's own account/, sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"); $stream->cut }],
    'where that is the end' => [852, 200, qr/have the backend send Content-Length/, sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\n\r\nhalf"); $stream->cut }],
);
my (%backend, $passes);
for my $what (sort keys %LEAVES) {
    $backend{$what} = TLSplus::Backend->start($LEAVES{$what}[3]);
    my (undef, undef, undef, undef, $timeout, @lines) = @{ $LEAVES{$what} };
    my $to = "https://localhost:@{[ $backend{$what}->port ]}/";
    $passes .= 'ProxyPass /' . ($what =~ tr/ /-/r) . "/ $to retry=0 " . ($timeout // '') . "\n";
    $passes .= join "\n", "<Proxy \"$to\">", @lines, "</Proxy>\n" if @lines;
}
for my $what (sort keys %CUTS) {
    my $do = $CUTS{$what}[3];
    $backend{$what} = TLSplus::Backend->start(over_tls($certs, 'good', sub ($stream) { TLSplus::Backend::take_request($stream) and $do->($stream) }));
    $passes .= 'ProxyPass /' . ($what =~ tr/ /-/r) . "/ https://localhost:@{[ $backend{$what}->port ]}/ retry=0\n";
}
my $leaving = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => "Listen 127.0.0.1:\@PLAIN\@\nSSLProxyEngine on\n$passes");
for my $what (sort keys %LEAVES) {
    my ($id, $reason, $fix) = @{ $LEAVES{$what} };
    my $mark = $leaving->mark;
    is TLSplus::Plain::ask($leaving, '/' . ($what =~ tr/ /-/r) . '/')->status, 500, "a backend that $what";
    my $said = logs($leaving, qr/TP0$id: .*:@{[ $backend{$what}->port ]}\b/, 'is told', mark => $mark);
    like $said, $reason, 'as what it is';
    like $said, $fix,    'and what to do';
    unlike $said, qr/alert sent/, 'and of no alert that nobody got' if $id == 841;
}
for my $what (sort keys %CUTS) {
    my ($id, $status, $words) = @{ $CUTS{$what} };
    my $mark = $leaving->mark;
    is TLSplus::Plain::ask($leaving, '/' . ($what =~ tr/ /-/r) . '/')->status, $status, "a backend that leaves $what";
    my $said = logs($leaving, qr/TP0(?:852|856): .*:@{[ $backend{$what}->port ]}\b/, 'is told', mark => $mark);
    like $said, qr/TP0$id: /, "as TP0$id";
    like $said, $words, 'and how far it came, or what to do';
}

# A health check has the settings of the server that the balancer stands in.
{
    my @modules = qw(proxy proxy_http proxy_balancer proxy_hcheck watchdog lbmethod_byrequests slotmem_shm);
    my $member  = 'BalancerMember https://localhost:' . $behind->port('good') . " hcmethod=GET hcuri=/health hcinterval=200ms hcfails=1\n";
    my $host    = "<VirtualHost *:\@PLAIN\@>\nSSLProxyEngine on\nProxyPass / balancer://b/\n</VirtualHost>\n";
    my $section = "<Proxy balancer://b>\nSSLProxyEngine on\n$member</Proxy>\n";
    my $checked = TLSplus::Server->start(certs => $certs, modules => \@modules, conf => $section . $host);
    my $said = logs($checked, qr/TP0854: /, 'a health check without TLS is told of');
    like $said, qr/for a health check\. Fix: write SSLProxyEngine on outside of all virtual hosts/, '... with the place where it is missing';
    $checked->stop;
    $checked->configure("SSLProxyEngine on\n$section$host");
    ok $checked->begin, 'written there';
    ok wait_until(30, sub { grep { $_->{path} eq '/health' } $behind->seen('good') }), '... it goes through';
    is TLSplus::Plain::ask($checked, '/x')->status, 200, '... and so do requests';
    ok $checked->stop, 'stops cleanly';
}

# A notice is in the log file at any LogLevel (core's rule for files), so that nobody overlooks whom nobody checks.
my $quiet = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], loglevel => 'warn', conf => "Listen 127.0.0.1:\@PLAIN\@\nSSLProxyEngine on\nProxyPass / https://localhost:1/\n");
logs($quiet, qr/TP0800: /, 'at LogLevel warn a start says that backends are not verified');
ok $_->stop, 'stops cleanly' for $server, $leaving, $quiet;
done_testing;
