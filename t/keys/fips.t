# SPDX-License-Identifier: Apache-2.0
#
# SSLFIPS, and what OpenSSL's own configuration file says. Debian ships no FIPS provider; one of this test
# gives the default provider's algorithms under that name (t/modules/provider.c).
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Provider;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
defined TLSplus::Provider::folder() or plan skip_all => 'no C compiler (Debian: gcc)';

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test'], intermediates => 1);
my $dir = $certs->dir;
my $HOST = tls_host('a.test', pair('a', 'full'));

# A server under an openssl.cnf of these providers and lines.
my $count = 0;
sub server ($conf, $active, @lines) {
    my $cnf = "$dir/" . ++$count . '.cnf';
    chmod 0644, TLSplus::Provider::config($cnf, $active, @lines);
    return TLSplus::Server->new(certs => $certs, loglevel => 'debug', conf => $conf, env => { OPENSSL_CONF => $cnf });
}

subtest 'on, with the provider' => sub {
    my $server = server("SSLFIPS on\n$HOST", [qw(default fips)]);
    is $server->configtest->{exit}, 0, 'configtest passes';
    ok $server->begin, 'starts' or return diag $server->said;
    like $server->log, qr/:notice\] .*TP0141: .*default, fips/, 'the mode is logged, and the providers';
    serves $server, 'a is served', name => 'a.test';
    $server->configure($HOST);
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart without the line';
    like $server->log($mark), qr/:debug\] .*TP0142: /, 'undoes it';
    serves $server, 'a is served', name => 'a.test';
    $server->configure("SSLFIPS on\n$HOST");
    $mark = $server->mark;
    ok $server->graceful, 'and one with it';
    like $server->log($mark), qr/TP0141: /, 'has it again';
    serves $server, 'a is served', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'on, without the provider' => sub {
    my $server = server("SSLFIPS on\n$HOST", ['default']);
    my $found  = $server->configtest;
    isnt $found->{exit}, 0, 'configtest fails';
    like $found->{text}, qr/TP0139: .*"fips" - SSLFIPS at \S+test\.conf:1\b.*fips\.so/, 'names the provider and the line';
    ok !$server->begin, 'no start';
};

subtest 'on and off' => sub {
    my $found = server("SSLFIPS on\nSSLFIPS off\n$HOST", [qw(default fips)])->configtest;
    isnt $found->{exit}, 0, 'configtest fails';
    like $found->{text}, qr/TP0140: .*SSLFIPS at \S+test\.conf:2: off here, on at \S+test\.conf:1/, 'names both lines';
};

subtest 'off, and on by OpenSSL\'s configuration' => sub {
    for my $conf ("SSLFIPS off\n$HOST", $HOST) {
        my $server = server($conf, [qw(default fips)], "alg_section = properties\n", "[properties]\ndefault_properties = fips=yes\n");
        ok $server->begin, 'starts' or return diag $server->said;
        like $server->log, qr/:notice\] .*TP0141: /, 'the mode in force is logged';
        serves $server, 'a is served', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    }
};

# SSL_CONF_cmd(3) by openssl.cnf: what the administrator of the system has ruled holds for the server.
subtest "no algorithms at all" => sub {
    my $found = server($HOST, ["default"], "alg_section = properties\n", "[properties]\ndefault_properties = fips=yes\n")->configtest;
    isnt $found->{exit}, 0, "configtest fails";
    like $found->{text}, qr/TP0143: .*active providers: default/, "with the reason";
    my @others = $found->{text} =~ /TP0[^0]\d\d: /g;
    is scalar @others, 1, "and no other" or diag $found->{text};
};

subtest 'the system\'s defaults' => sub {
    my $ssl = "[ssl]\nsystem_default = system\n[system]\n";
    my $server = server($HOST, ['default'], "ssl_conf = ssl\n", "${ssl}MinProtocol = TLSv1.3\n");
    ok $server->begin, 'starts' or return diag $server->said;
    is $server->handshake(name => 'a.test')->protocol, 'TLSv1.3', 'MinProtocol: TLS 1.3 is spoken';
    my $old = $server->handshake(name => 'a.test', tls => 'TLSv1.2');
    like $old->alert, qr/protocol version/, 'and TLS 1.2 is not' or diag $old->output;
    ok $server->stop, 'stops cleanly';

    $server = server($HOST, ['default'], "ssl_conf = ssl\n", "${ssl}CipherString = ECDHE+AES256\nGroups = P-384\n");
    ok $server->begin, 'starts' or return diag $server->said;
    my $answer = $server->handshake(name => 'a.test', tls => 'TLSv1.2');
    like $answer->temp_key, qr/^secp384r1/, 'Groups holds' or diag $answer->output;
    ok $server->stop, 'stops cleanly';
};

done_testing;
