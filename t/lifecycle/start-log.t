# SPDX-License-Identifier: Apache-2.0
#
# What a start says, and where: on the terminal, in the main error log, and in the log of the virtual host it
# is about.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Process qw(run slurp);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ["$_.test"]) for qw(a b);

sub server_with ($key_of_b, $name_of_b = 'b.test') {
    return TLSplus::Server->new(certs => $certs, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName $name_of_b
  ErrorLog logs/b.log
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/b.crt
  SSLCertificateKeyFile \@CERTS\@/$key_of_b.key
</VirtualHost>
CONF
}

sub count ($text, $pattern) { return scalar(() = $text =~ /$pattern/g) }

subtest 'what prevents a start' => sub {
    my $server = server_with('a');
    ok !$server->begin, 'no start';
    my $root = $server->root;
    is count($server->{console} =~ s/\Q@{[$server->log]}\E\z//r, qr/TP0210: /), 1, 'on the terminal, once';
    is count(slurp("$root/logs/b.log"), qr/TP0210: .*b\.test/), 1, "in the host's log, once";
    is count($server->log, qr/TP0210: .*b\.test/), 1, 'in the main log, once';
    is count($server->log, qr/TP0005: /), 1, 'with the end of it';
};

subtest 'what is only warned of' => sub {
    my $server = server_with('b', 'c.test');
    ok $server->begin, 'starts' or return diag $server->said;
    my $root = $server->root;
    is count(slurp("$root/logs/b.log"), qr/TP0224: .*c\.test/), 1, "in the host's log, once";
    is count($server->log, qr/TP0224: .*c\.test/), 1, 'in the main log, once';
    ok $server->stop, 'stops cleanly';
};

subtest 'which module it is' => sub {
    my $server = server_with('b');
    ok $server->begin, 'starts' or return diag $server->said;
    is count($server->log, qr/notice\].*TP0008: .*mod_tlsplus \d[\w.]*, OpenSSL\S*, loaded as ssl_module/), 1, 'a notice, once a start';
    like $server->configtest(arguments => ['-M'])->{out}, qr/^ ssl_module \(shared\)\n(?:.*\n)*^ ssl_module is mod_tlsplus \d/m, '-M tells it too';
    ok $server->stop, 'stops cleanly';
};

subtest 'a dump and the last word of httpd in one pipe' => sub {
    my $server  = server_with('b');
    $server->write_conf;
    my $command = join ' ', map { "'$_'" } @{ $server->_command('-t', '-DDUMP_TLS') };
    my $done    = run(['sh', '-c', "$command 2>&1 | cat"], env => $server->_env);
    like $done->{out}, qr/\n[^\n]*Syntax OK\n\z/, 'the last word is a line of its own, and the last';
    unlike $done->{out}, qr/^[^\n]*\S[^\n]*(?<!\] )Syntax OK/m, 'not inside another line';
};

done_testing;
