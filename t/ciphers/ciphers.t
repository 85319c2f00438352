# SPDX-License-Identifier: Apache-2.0
#
# SSLCipherSuite with its selectors, SSLHonorCipherOrder, and what no string can turn on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('ec',  san => ['a.test', '*.a.test']);
$certs->leaf('rsa', san => ['a.test', '*.a.test'], key => 'rsa');

my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF');
SSLCertificateFile    @CERTS@/ec.crt
SSLCertificateKeyFile @CERTS@/ec.key
SSLCertificateFile    @CERTS@/rsa.crt
SSLCertificateKeyFile @CERTS@/rsa.key
<VirtualHost *:@PORT@>
  ServerName default.a.test
  SSLEngine on
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName list.a.test
  SSLEngine on
  SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName ssl.a.test
  SSLEngine on
  SSLCipherSuite SSL ECDHE-RSA-AES256-GCM-SHA384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName suites.a.test
  SSLEngine on
  SSLCipherSuite TLSv1.3 TLS_CHACHA20_POLY1305_SHA256
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName both.a.test
  SSLEngine on
  SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256
  SSLCipherSuite ECDHE-ECDSA-CHACHA20-POLY1305
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName ours.a.test
  SSLEngine on
  SSLHonorCipherOrder on
  SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName theirs.a.test
  SSLEngine on
  SSLHonorCipherOrder off
  SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName anonymous.a.test
  SSLEngine on
  SSLCipherSuite ALL:COMPLEMENTOFALL:aNULL:eNULL:@STRENGTH
</VirtualHost>
CONF

# The cipher agreed with a client that offers these, or the alert it gets.
sub agreed ($name, %client) {
    my $answer = $server->handshake(name => "$name.a.test", %client);
    return $answer->cipher // $answer->alert;
}

my $NONE    = 'handshake failure';
my @CHOICES = (
    # host        client's version and offer                                            agreed
    ['default',   { tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-AES128-GCM-SHA256' },       'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['default',   { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384' },         'ECDHE-RSA-AES256-GCM-SHA384'],
    ['default',   { tls => 'TLSv1.2', cipher => 'DHE-RSA-AES256-GCM-SHA384' },           'DHE-RSA-AES256-GCM-SHA384'],
    ['default',   { tls => 'TLSv1.3', suites => 'TLS_AES_128_GCM_SHA256' },              'TLS_AES_128_GCM_SHA256'],
    ['list',      { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256' },         'ECDHE-RSA-AES128-GCM-SHA256'],
    ['list',      { tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-AES256-GCM-SHA384' },       'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ['list',      { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384' },         $NONE],
    ['list',      { tls => 'TLSv1.3', suites => 'TLS_CHACHA20_POLY1305_SHA256' },        'TLS_CHACHA20_POLY1305_SHA256'],
    ['ssl',       { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384' },         'ECDHE-RSA-AES256-GCM-SHA384'],
    ['ssl',       { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256' },         $NONE],
    ['suites',    { tls => 'TLSv1.3', suites => 'TLS_CHACHA20_POLY1305_SHA256' },        'TLS_CHACHA20_POLY1305_SHA256'],
    ['suites',    { tls => 'TLSv1.3', suites => 'TLS_AES_256_GCM_SHA384' },              $NONE],
    ['suites',    { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256' },         'ECDHE-RSA-AES128-GCM-SHA256'],
    ['both',      { tls => 'TLSv1.3', suites => 'TLS_AES_128_GCM_SHA256' },              'TLS_AES_128_GCM_SHA256'],
    ['both',      { tls => 'TLSv1.3', suites => 'TLS_AES_256_GCM_SHA384' },              $NONE],
    ['both',      { tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-CHACHA20-POLY1305' },       'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['both',      { tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-AES128-GCM-SHA256' },       $NONE],
    # who decides the order
    ['ours',      { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256' }, 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['theirs',    { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256' }, 'ECDHE-RSA-AES256-GCM-SHA384'],
    ['theirs',    { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384' }, 'ECDHE-RSA-AES128-GCM-SHA256'],
    # anonymous and NULL ciphers stay off however they are asked for
    ['anonymous', { tls => 'TLSv1.2', cipher => 'aNULL:@SECLEVEL=0' },                   $NONE],
    ['anonymous', { tls => 'TLSv1.2', cipher => 'eNULL:@SECLEVEL=0' },                   $NONE],
    ['anonymous', { tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256' },         'ECDHE-RSA-AES128-GCM-SHA256'],
);

for my $row (@CHOICES) {
    my ($name, $client, $agreed) = @$row;
    is agreed($name, %$client), $agreed, "$name, $client->{tls} " . ($client->{cipher} // $client->{suites}) . ": $agreed";
}

my $mark = $server->mark;
agreed('list', tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES256-GCM-SHA384');
logs $server, qr/no shared cipher/i, 'a client without a common cipher is logged with the reason', mark => $mark;
serves $server, 'and the next one is served', name => 'default.a.test';
ok $server->stop, 'stops cleanly';
done_testing;
