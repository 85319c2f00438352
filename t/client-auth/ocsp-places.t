# SPDX-License-Identifier: Apache-2.0
#
# Responders and clients that are asked for their certificate in a place: after the handshake with TLS 1.3, by
# renegotiation with TLS 1.2. Who is served, and with what the others are sent away, is as with mod_ssl.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Responder;
use TLSplus::Stream;
use TLSplus::Test;
use TLSplus::Twins;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('client', cn => 'client');
my $responder = TLSplus::Responder->start(certs => $certs);

# who, what its responder does, and the decision: what the place answers, or the alert
my @CASES = (
    [good     => {},                          200],
    [revoked  => { status => 'revoked' },     'certificate revoked'],
    [unknown  => { status => 'unknown' },     'handshake failure'],
    [trylater => { reply => 'trylater' },     'handshake failure'],
    [silent   => { http => 'hang' },          'handshake failure'],
    [nobody   => undef,                       'handshake failure'],
);
$certs->leaf('server', san => [map { "$_->[0].test" } @CASES]);
my $conf = join '', map {
    my ($name, $does) = @$_;
    tls_host("$name.test", pair('server'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLOCSPEnable on', '  SSLOCSPResponderTimeout 2',
        defined $does ? '  SSLOCSPDefaultResponder ' . $responder->answers($name, %$does) : (),
        "  Alias /in \@ROOT\@/htdocs\n  <Location /in>\n    SSLVerifyClient require\n  </Location>")
} @CASES;
my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf);

my @certificate = ('-enable_pha', '-cert', $certs->dir . '/client.crt', '-key', $certs->dir . '/client.key');

sub decision ($server, $name, $tls) {
    my $answer = $server->handshake(name => "$name.test", tls => "TLSv$tls", args => [@certificate],
        request => "GET /in/ HTTP/1.1\r\nHost: $name.test\r\nConnection: close\r\n\r\n");
    return $answer->status if $answer->status;
    return $answer->output =~ /alert ([a-z ]+?)(?:[:,]|$)/m ? $1 : 'closed: ' . ($answer->error // '');
}

for my $tls ('1.3', '1.2') {
    for my $case (@CASES) {
        my ($name, undef, $expected) = @$case;
        my $mark = $twins->ours->mark;
        is decision($twins->ours, $name, $tls), $expected, "$name, TLS $tls: $expected";
        is decision($twins->stock, $name, $tls), $expected, "$name, TLS $tls: with mod_ssl, too";
        next if $name eq 'good';
        logs $twins->ours, qr/TP090[0-5]: .*\(vhost $name\.test:\d+\)/, "$name, TLS $tls: it is told", mark => $mark;
    }
    my $before = $responder->asked('good');
    my $stream = TLSplus::Stream->tls($twins->ours, name => 'good.test', args => [@certificate, $tls eq '1.3' ? '-tls1_3' : '-tls1_2']);
    for my $path ('/in/', '/in/index.html', '/') {
        $stream->send("GET $path HTTP/1.1\r\nHost: good.test\r\n\r\n");
        like $stream->take_until("over TLS\n"), qr{^HTTP/1\.1 200}m, "TLS $tls: $path on one connection";
    }
    $stream->close;
    is $responder->asked('good'), $before, "TLS $tls: and nobody is asked again";
}
ok $twins->stop, 'both stop cleanly';
$responder->stop;
done_testing;
