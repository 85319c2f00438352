# SPDX-License-Identifier: Apache-2.0
#
# What other modules find out about a connection before its handshake is done: where the protocol is chosen,
# mod_http2 looks at version and cipher and leaves alone what RFC 9113 9.2 forbids. Each variable that
# has a value then for modules beside mod_ssl has the same beside this one (t/modules/mod_early.c asks), and
# the cipher has one, too.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs;
use TLSplus::Env qw(has_http2);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
$certs->leaf('rsa', san => ['a.test', 'localhost'], key => 'rsa');

my $so = build_module('mod_early');
my @names = qw(SSL_PROTOCOL SSL_CIPHER SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE SSL_CIPHER_EXPORT SSL_TLS_SNI
  SSL_COMPRESS_METHOD SSL_SESSION_RESUMED SSL_SECURE_RENEG SSL_SERVER_S_DN_CN SSL_CLIENT_S_DN SSL_CLIENT_VERIFY HTTPS
  SSL_VERSION_LIBRARY);
my $has_h2 = has_http2();
my $twins = TLSplus::Twins->start(certs => $certs, modules => [$has_h2 ? 'http2' : ()],
    before => "LoadModule early_module $so", env => { OPENSSL_CONF => '/dev/null' }, conf => <<"CONF" . tls_host('a.test', pair('a'), pair('rsa'), '  Protocols h2 http/1.1'));
Early @names
SSLProtocol all
SSLCipherSuite ALL:\@SECLEVEL=0
CONF

# mod_ssl knows the cipher of resumed sessions only, so that mod_http2 takes a connection and drops it.
sub is_known_here ($stock, $ours) { length $ours && ($ours eq $stock || $stock =~ /^(?:|0|true)$/) }

my @clients = (
    # version, cipher of TLS 1.2 and older, and what is to be agreed where there is mod_http2
    ['TLSv1',   'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',        'http/1.1'],
    ['TLSv1.1', 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',        'http/1.1'],
    ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0',     'http/1.1'],
    ['TLSv1.2', 'AES128-GCM-SHA256:@SECLEVEL=0',             'http/1.1'],
    ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256',             'h2'],
    ['TLSv1.3', undef,                                       'h2'],
);
local $ENV{OPENSSL_CONF} = '/dev/null';
for (@clients) {
    my ($version, $cipher, $agreed) = @$_;
    my $what = join ' ', $version, $cipher // ();
    $twins->same($what, sub ($server) {
        my $mark = $server->mark;
        my $answer = $server->handshake(name => 'a.test', tls => $version, cipher => $cipher, alpn => 'h2,http/1.1');
        is $answer->alpn, $has_h2 ? $agreed : 'http/1.1', "$what: the protocol" or diag $answer->output if $server == $twins->ours;
        return { map { /early: (\w+)=(.*)/ ? ($1 => $2) : () } $server->log_lines(qr/early: /, $mark) };
    }, least => 1 + @names, differ => { map { $_ => \&is_known_here } qw(SSL_CIPHER SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE SSL_CIPHER_EXPORT) });
}

subtest 'and is served by what was agreed' => sub {
    my $server = $twins->ours;
    my $answer = $server->get('/', name => 'a.test', http => $has_h2 ? '2' : '1.1', tls => undef,
        args => ['--tls-max', '1.1', '--tlsv1.0', '--ciphers', 'ALL:@SECLEVEL=0']);
    is $answer->status, 200, 'TLS 1.1: served' or diag $answer->error;
    is $answer->http_version, '1.1', 'in HTTP/1.1';
};

serves $twins->ours, 'still serving', name => 'a.test';
ok $twins->stop, 'both stop cleanly';
done_testing;
