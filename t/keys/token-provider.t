# SPDX-License-Identifier: Apache-2.0
#
# Keys behind a URI that a provider opens through OSSL_STORE: opened by every child and never by the
# parent, after a PIN was given. The provider is one of this test (t/modules/provider.c).
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(needs_tlsplus run_as);
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Provider;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
defined TLSplus::Provider::folder() or plan skip_all => 'no C compiler (Debian: gcc)';

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test'], intermediates => 1);
my $dir = $certs->dir;
chmod 0777, $dir;
chmod 0644, "$dir/a.key.der";
my $cnf = $certs->write('openssl.cnf');
chmod 0644, TLSplus::Provider::config($cnf, ['default', 'vault']);

my $HOST = <<'CONF';
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.full
  SSLCertificateKeyFile vault:@CERTS@/a.key.der
</VirtualHost>
CONF

sub server (%opt) { TLSplus::Server->new(certs => $certs, env => { OPENSSL_CONF => $cnf }, conf => $HOST, %opt) }
sub openers { split /\n/, slurp("$dir/a.key.der.log") }

subtest 'opened where it is used' => sub {
    my $server = server();
    is $server->configtest->{exit}, 0, 'configtest passes' or diag $server->configtest->{text};
    unlink "$dir/a.key.der.log";
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, 'a is served', name => 'a.test';
    my %opened = map { $_ => 1 } openers();
    ok !$opened{ $server->pid }, 'never by the parent';
    my @children = $server->children;
    ok $opened{$_}, "child $_ has opened it" for @children;
    is scalar(keys %opened), @children + 1, 'and one helper has tried it, once for both readings';
    unlink "$dir/a.key.der.log";
    ok $server->graceful, 'a graceful restart';
    serves $server, 'a is served again', name => 'a.test';
    %opened = map { $_ => 1 } openers();
    ok !$opened{ $server->pid }, 'not opened by the parent then either';
    # children of before may still be about
    my %before = map { $_ => 1 } @children;
    my @after  = grep { !$before{$_} } $server->children;
    cmp_ok scalar @after, '>=', 1, 'there are new children';
    for my $child (@after) {
        ok wait_until(15, sub { grep { $_ == $child } openers() }), "but by child $child";
    }
    ok $server->stop, 'stops cleanly';
};

subtest 'a PIN' => sub {
    $certs->write('a.key.der.pin', '2468');
    chmod 0644, "$dir/a.key.der.pin";
    my $server = server(conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n$HOST");
    $server->put('run/ask', ["#!/bin/sh\necho \"\$@\" >> calls\necho 2468\n", 0755]);
    ok $server->begin, 'starts' or return diag $server->said;
    is slurp($server->root . '/run/calls'), "a.test:443\n", 'the program was asked once';
    serves $server, 'a is served', name => 'a.test';
    ok $server->stop, 'stops cleanly';
    $server = server(conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n$HOST");
    $server->put('run/ask', ["#!/bin/sh\necho 1357\n", 0755]);
    my $found = $server->configtest;
    isnt $found->{exit}, 0, 'a wrong one is refused';
    like $found->{text}, qr/TP0236: .*test\.conf:6\b.*"vault:/, 'with the line';
    unlink "$dir/a.key.der.pin";
};

subtest 'a key of root alone' => sub {
    plan skip_all => 'only root starts servers that change their account' unless defined((run_as())[0]);
    chmod 0600, "$dir/a.key.der";
    my $found = server()->configtest;
    isnt $found->{exit}, 0, 'what the children may not read is found by configtest';
    like $found->{text}, qr/TP0236: .*test\.conf:5\b/, 'with the line';
    chmod 0644, "$dir/a.key.der";
};

subtest 'without the provider' => sub {
    my $found = server(env => {})->configtest;
    isnt $found->{exit}, 0, 'configtest fails';
    like $found->{text}, qr/TP0201: .*test\.conf:5\b/, 'as for a file of that name';
    $found = server(env => {}, conf => $HOST =~ s/vault:/pkcs11:/r)->configtest;
    isnt $found->{exit}, 0, 'so it does for pkcs11:';
    like $found->{text}, qr/TP023[56]: .*test\.conf:5\b/, 'with the line';
};

done_testing;
