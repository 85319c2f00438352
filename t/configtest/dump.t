# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t prints on demand: DUMP_CERTS the certificate files, as scripts expect it from
# mod_ssl; DUMP_TLS the settings in force per virtual host, each with the line that made it so.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Server;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'alias.test'], intermediates => 1, days => 60);
$certs->leaf('r', san => ['a.test'], key => 'rsa');
$certs->leaf('b', san => ['b.test']);
my $dir = $certs->dir;

my $server = TLSplus::Server->new(certs => $certs, conf => <<'CONF' . tls_host('b.test', pair('b')) . tls_host('c.test', pair('b')));
SSLProtocol all -TLSv1 -TLSv1.1
<VirtualHost *:@PORT@>
  ServerName a.test
  ServerAlias alias.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.full
  SSLCertificateKeyFile @CERTS@/a.key
  SSLCertificateFile    @CERTS@/r.crt
  SSLCertificateKeyFile @CERTS@/r.key
  SSLCipherSuite ECDHE+AESGCM
</VirtualHost>
CONF
my $port = $server->port;

subtest 'DUMP_CERTS' => sub {
    my $found = $server->configtest(define => ['DUMP_CERTS']);
    is $found->{exit}, 0, 'exits 0';
    like $found->{out}, qr/^Server certificates:\n/m, 'its heading';
    my ($list) = $found->{out} =~ /^Server certificates:\n((?:  \S.*\n)+)/m;
    is_deeply [sort split /\n/, $list // ''], [sort map { "  $dir/$_" } qw(a.full r.crt b.crt b.crt)],
      'each configured file, one a line, two blanks before it';
};

subtest 'DUMP_TLS' => sub {
    plan skip_all => 'the stock mod_ssl does not have it' unless is_tlsplus();
    my $found = $server->configtest(define => ['DUMP_TLS']);
    is $found->{exit}, 0, 'exits 0';
    my $out = $found->{out};
    my %host;
    for my $name ('a.test', 'b.test', 'c.test') {
        # from the line that begins the host to the next such line
        ($host{$name}) = $out =~ /^(\S[^\n]*\b\Q$name\E\b[^\n]*\n(?:[ \t]+[^\n]*\n|\n)*)/m;
        ok defined $host{$name}, "$name has its part" or diag $out;
        $host{$name} //= '';
        like $host{$name}, qr/\b$port\b/, "$name: its address";
    }
    like $host{'a.test'}, qr/TLSv1\.2.*TLSv1\.3.*test\.conf:1\b/, 'versions, with the line of the main server';
    like $host{'a.test'}, qr/ECDHE\+AESGCM.*test\.conf:10\b/, 'ciphers, with the line of the host';
    unlike $host{'b.test'}, qr/ECDHE\+AESGCM/, "not another's";
    like $host{'a.test'}, qr/\Q$dir\E\/a\.full.*test\.conf:6\b|test\.conf:6\b.*\Q$dir\E\/a\.full/, 'certificate file and line';
    like $host{'a.test'}, qr/alias\.test/, 'names in the certificate';
    like $host{'a.test'}, qr/RSA.*2048|2048.*RSA/i, 'kind and size of the key';
    like $host{'a.test'}, qr/\b59 days\b|\b58 days\b/, 'days left';
    like $host{'a.test'}, qr/test intermediate 1/, 'the chain';
    like $out, qr/b\.test.*c\.test|c\.test.*b\.test|same as .*[bc]\.test|share/i, 'hosts that share a policy';
};

subtest 'both at once, and with errors' => sub {
    is $server->configtest(define => ['DUMP_CERTS', 'DUMP_TLS'])->{exit}, 0, 'both' if is_tlsplus();
    my $broken = TLSplus::Server->new(certs => $certs, conf => <<'CONF');
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/none.crt
</VirtualHost>
CONF
    isnt $broken->configtest(define => ['DUMP_CERTS'])->{exit}, 0, 'a missing file is an error here too';
};

subtest 'httpd -S is not disturbed' => sub {
    my $found = $server->configtest(arguments => ['-S']);
    is $found->{exit}, 0, 'exits 0';
    like $found->{out}, qr/\bb\.test\b/, 'lists the hosts';
};

done_testing;
