# SPDX-License-Identifier: Apache-2.0
#
# SSLEngine: on, off, what `optional` answers today, and when it need not be written; and hosts with
# and without it on one port, where the first decides.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'b.test', 'localhost']);

sub start (%opt) { TLSplus::Server->start(certs => $certs, modules => ['headers'], %opt) }
my $FILES = "SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/a.key\n";

subtest 'words' => sub {
    for my $word ('on', 'On', 'ON') {
        my $server = start(conf => "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine $word\n$FILES</VirtualHost>\n");
        serves $server, "SSLEngine $word: TLS", name => 'a.test';
        $server->stop;
    }
    for my $word ('off', 'Off') {
        my $server = start(conf => "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine $word\n$FILES</VirtualHost>\n");
        serves $server, "SSLEngine $word: plain HTTP", name => 'a.test', scheme => 'http';
        $server->stop;
    }
    refused(TLSplus::Server->new(certs => $certs, conf => "<VirtualHost *:\@PORT\@>\nSSLEngine $_\n</VirtualHost>\n"),
        qr/SSLEngine|On or Off/, "SSLEngine $_: refused")
      for 'yes', '1', '"on off"', '127.0.0.1:443', '*:443';
};

subtest 'optional' => sub {
    my $server = start(conf => "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine optional\n$FILES</VirtualHost>\n");
    my $answer = $server->get('/', name => 'a.test', scheme => 'http',
        headers => ['Upgrade: TLS/1.2', 'Connection: Upgrade']);
    is $answer->status, 200, 'plain HTTP is spoken';
    is $answer->header('upgrade'), undef, 'no upgrade is offered';
    like $server->said . $server->configtest->{text}, qr/optional|Upgrade/, 'and it is said that this is so';
    ok $server->stop, 'stops cleanly';
};

# httpd gives a host the protocol of a Listen only where both have the same address.
subtest 'https by Listen' => sub {
    my $server = start(conf => "Listen 127.0.0.1:\@PORT\@ https\n<VirtualHost 127.0.0.1:\@PORT\@>\nServerName a.test\n$FILES</VirtualHost>\n");
    serves $server, 'Listen ... https and a certificate: TLS without SSLEngine', name => 'a.test';
    ok $server->stop, 'stops cleanly';

    $server = start(conf => "Listen 127.0.0.1:\@PORT\@ https\n<VirtualHost 127.0.0.1:\@PORT\@>\nServerName a.test\nSSLEngine off\n$FILES</VirtualHost>\n");
    serves $server, 'SSLEngine off has the last word', name => 'a.test', scheme => 'http';
    ok $server->stop, 'stops cleanly';

    $server = start(conf => "Listen 127.0.0.1:\@PORT\@ https\n<VirtualHost 127.0.0.1:\@PORT\@>\nServerName a.test\n</VirtualHost>\n");
    serves $server, 'without a certificate it stays plain', name => 'a.test', scheme => 'http';
    ok $server->stop, 'stops cleanly';

    $server = start(conf => "<VirtualHost 127.0.0.1:\@PORT\@>\nServerName a.test\nProtocol https\n$FILES</VirtualHost>\n");
    serves $server, 'the Protocol directive says it too', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'inherited' => sub {
    my $server = start(conf => <<"CONF");
SSLEngine on
$FILES
<VirtualHost *:\@PORT\@>
  ServerName a.test
</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
  SSLEngine off
</VirtualHost>
CONF
    serves $server, 'on in the main server is on in its hosts', name => 'a.test';
    serves $server, 'unless they say off', name => 'a.test', scheme => 'http', port => 'PLAIN';
    ok $server->stop, 'stops cleanly';
};

subtest 'in the main server alone' => sub {
    my $server = start(conf => "Listen 127.0.0.1:\@PORT\@\nSSLEngine on\n$FILES");
    serves $server, 'a server without virtual hosts';
    ok $server->stop, 'stops cleanly';
};

# The first-listed host of an address decides whether the port speaks TLS.
subtest 'hosts with and without it on one port' => sub {
    my $tls   = "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine on\n$FILES\nHeader set X-Host a\nHeader set X-Https \"%{HTTPS}e\"\n</VirtualHost>\n";
    my $plain = "<VirtualHost *:\@PORT\@>\nServerName b.test\nHeader set X-Host b\nHeader set X-Https \"%{HTTPS}e\"\n</VirtualHost>\n";
    my $server = start(conf => $tls . $plain);
    is $server->get('/', name => 'a.test')->header('X-Https'), 'on', 'TLS first: TLS';
    my $answer = $server->get('/', name => 'b.test');
    is $answer->header('X-Host'), 'b', "the other one is reached by its name, with the first one's certificate";
    isnt $answer->header('X-Https') // '', 'on', 'and its requests do not count as TLS';
    is $server->get('/', name => 'a.test', host => 'b.test')->status, 421, 'but not over a connection made for the first';
    ok $server->stop, 'stops cleanly';

    $server = start(conf => $plain . $tls);
    serves $server, 'plain first: plain', name => 'b.test', scheme => 'http';
    serves $server, 'for both', name => 'a.test', scheme => 'http';
    isnt $server->get('/', name => 'a.test')->exit, 0, 'and no TLS';
    ok $server->stop, 'stops cleanly';
};

done_testing;
