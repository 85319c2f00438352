# SPDX-License-Identifier: Apache-2.0
#
# Responders over https: their certificates are held against the authorities of the system, which the environment of
# httpd may name; directly, and through a proxy (CONNECT). Both are real servers here. The same counts where clients'
# certificates are asked about.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(has_module needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'httpd has no mod_proxy_connect' unless has_module('proxy_connect');

my $certs     = TLSplus::Certs->new;
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->ca;
$certs->leaf('a', san => ['a.test', 'c.test']);
$certs->leaf('front', san => ['localhost']);
$certs->leaf('client', cn => 'client');
$certs->write("a.rooted", $certs->read("a.crt"), $certs->read("a.root"));
$certs->write('system', $certs->read('front.root'));
chmod 0644, $certs->dir . '/system';    # httpd's children read it, and they are not root
$responder->answers('good');
my %trusting = (env => { SSL_CERT_FILE => $certs->dir . '/system', SSL_CERT_DIR => $certs->dir . '/none' });

# The responder's https, and a proxy that connects to it and to no other port.
my $front = TLSplus::Server->start(certs => $certs, modules => ['proxy', 'proxy_http', 'proxy_connect'], conf =>
    tls_host('localhost', pair('front'), '  ProxyPass / http://127.0.0.1:' . $responder->port . '/')
    . "<VirtualHost *:\@PLAIN\@>\n  ServerName proxy.test\n  ProxyRequests on\n  AllowCONNECT \@PORT\@\n</VirtualHost>\n");
my $https = 'https://localhost:' . $front->port;
my $proxy = 'http://127.0.0.1:' . $front->port('PLAIN') . '/';

sub stapling ($url, $lines = '', %opt) {
    return TLSplus::Server->start(certs => $certs, %opt,
        conf => tls_host('a.test', pair('a', 'rooted'), '  SSLUseStapling on', "  SSLStaplingForceURL $url", $lines));
}

my @REFUSED = (
    ['an authority that the system does not have', "$https/good", '', {},
        qr{the certificate of localhost:\d+ is not accepted: (?:self.signed certificate in|unable to get local issuer) .*; the system's authorities count; nothing is stapled}],
    ['a certificate for another name', 'https://127.0.0.1:' . $front->port . '/good', '', \%trusting,
        qr{the certificate of 127\.0\.0\.1:\d+ is not accepted: IP address mismatch}],
    ['no TLS there', 'https://127.0.0.1:' . $responder->port . '/good', '  SSLStaplingResponderTimeout 2', \%trusting, qr{https://127\.0\.0\.1:\d+/good: no (?:complete )?answer}],
    ['a proxy that does not connect there', 'https://localhost:' . $responder->port . '/good', "  SSLOCSPProxyURL $proxy", \%trusting, qr{/good: the proxy does not connect: status 403}],
);
for my $row (@REFUSED) {
    my ($what, $url, $lines, $opt, $words) = @$row;
    my $server = stapling($url, $lines, %$opt);
    logs $server, qr/TP0860: .*$words/, "$what: told";
    is stapled($server), 'none', "$what: nothing is stapled";
    ok $server->stop, 'stops cleanly';
}
is $responder->asked('good'), 0, 'nobody of these has asked anything';

for my $row (['directly', '', 0], ['through a proxy', "  SSLOCSPProxyURL $proxy", 1]) {
    my ($how, $lines, $connects) = @$row;
    my $server = stapling("$https/good", $lines, %trusting);
    ok comes_to_staple($server, 'good'), "$how: stapled";
    ok $server->stop, 'stops cleanly';
    my $is_logged = sub { scalar(() = $front->access_log =~ m{"CONNECT localhost:\d+ HTTP/1\.1" 200}g) == $connects };
    ok wait_until(20, $is_logged), "$how: as is written" or diag $front->access_log;
}

subtest 'a proxy that does not answer' => sub {
    my $silent = TLSplus::Backend->start(sub ($stream) { TLSplus::Backend::take_request($stream); TLSplus::Backend::note('asked'); $stream->take_rest(120) });
    my $server = stapling("$https/good", "  SSLStaplingResponderTimeout 1\n  SSLOCSPProxyURL http://127.0.0.1:" . $silent->port . '/', %trusting);
    logs $server, qr{TP0860: .*/good: no complete answer in time}, 'the deadline holds', seconds => 60;
    ok scalar $silent->notes, 'it was asked';
    ok $server->stop, 'stops cleanly';
    $silent->stop;
};

subtest "clients' certificates" => sub {
    my @lines = ('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on', "  SSLOCSPDefaultResponder $https/good");
    my @client = (name => 'c.test', map { $_->[0] => $certs->dir . "/client.$_->[1]" } ['cert', 'crt'], ['key', 'key']);
    my $server = TLSplus::Server->start(certs => $certs, %trusting, conf => tls_host('c.test', pair('a'), @lines));
    is $server->get('/', @client)->status, 200, 'a responder that the system trusts';
    ok $server->stop, 'stops cleanly';
    $server = TLSplus::Server->start(certs => $certs, conf => tls_host('c.test', pair('a'), @lines));
    ok !$server->get('/', @client)->status, 'and one that it does not';
    logs $server, qr/TP0903: .*the certificate of localhost:\d+ is not accepted: .*; the system's authorities count/, 'which is told';
    ok $server->stop, 'stops cleanly';
};

ok $front->stop, 'the front stops cleanly';
$responder->stop;
done_testing;
