# SPDX-License-Identifier: Apache-2.0
#
# One module under two names. Loaded as ssl_module it is mod_ssl to every file that asks; loaded as
# tlsplus_module it works as well. Beside the stock mod_ssl, or a second time, it is refused with the
# line to remove.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_module is_tlsplus module_so modules_dir needs_tlsplus);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
my $conf = <<'CONF';
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  <IfModule ssl_module>
    Header always set X-If-Ssl-Module yes
  </IfModule>
  <IfModule mod_ssl.c>
    Header always set X-If-Mod-Ssl-C yes
  </IfModule>
  <IfModule tlsplus_module>
    Header always set X-If-Tlsplus-Module yes
  </IfModule>
  <IfModule mod_tlsplus.c>
    Header always set X-If-Mod-Tlsplus-C yes
  </IfModule>
</VirtualHost>
CONF

my %SEEN_AS = (
    ssl_module     => { 'X-If-Ssl-Module' => 'yes', 'X-If-Mod-Ssl-C' => 'yes' },
    tlsplus_module => { 'X-If-Tlsplus-Module' => 'yes', 'X-If-Mod-Tlsplus-C' => 'yes' },
);

for my $name (sort keys %SEEN_AS) {
    subtest "LoadModule $name" => sub {
        my $server = TLSplus::Server->start(certs => $certs, load => $name, modules => ['headers', 'info'], conf => $conf);
        my $answer = $server->get('/', name => 'a.test');
        is $answer->status, 200, 'serves';
        for my $header (sort map { keys %$_ } values %SEEN_AS) {
            is $answer->header($header), $SEEN_AS{$name}{$header}, $header;
        }
        like $server->configtest(arguments => ['-M'])->{out}, qr/^ $name \(shared\)$/m, 'httpd -M lists it by that name';
        like $server->configtest(arguments => ['-L'])->{out}, qr/^SSLCertificateFile \(/m, 'httpd -L lists its directives';
        like $answer->header('server'), qr{ OpenSSL/\d}, 'the Server header names the library';
        ok $server->graceful, 'survives a graceful restart';
        serves $server, 'and serves', name => 'a.test';
        ok $server->restart, 'survives a restart, which unloads and loads it';
        serves $server, 'and serves', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    };
}

subtest 'LogLevel by module name' => sub {
    my %words = (ssl_module => ['ssl:debug', 'ssl_module:debug', 'mod_ssl.c:debug'], tlsplus_module => ['tlsplus:debug', 'mod_tlsplus.c:debug']);
    for my $name (sort keys %words) {
        for my $word (@{ $words{$name} }) {
            my $found = TLSplus::Server->new(certs => $certs, load => $name, modules => ['headers'],
                conf => "LogLevel warn $word\n$conf")->configtest;
            is $found->{exit}, 0, "$name: LogLevel $word" or diag $found->{text};
        }
    }
};

subtest 'another name for the file' => sub {
    my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], conf => $conf);
    my $copy   = $server->root . '/run/something_else.so';
    copy(module_so(), $copy) or die "copy: $!\n";
    $server->{so} = $copy;
    ok $server->begin, 'starts' or diag $server->said;
    serves $server, 'and serves', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'another name in LoadModule' => sub {
    my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], load => 'foo_module', conf => $conf);
    refused $server, qr/foo_module/, 'refused by httpd, with the name it looked for';
};

my $stock = modules_dir() . '/mod_ssl.so';
subtest 'beside mod_ssl' => sub {
    plan skip_all => 'no stock mod_ssl here' unless -f $stock;
    my $so = module_so();
    for my $order (
        ['mod_ssl first, ours as tlsplus_module', "LoadModule ssl_module $stock\n", 'tlsplus_module', ''],
        ['mod_ssl last, ours as tlsplus_module',  '', 'tlsplus_module', "LoadModule ssl_module $stock\n"],
    ) {
        my ($what, $before, $load, $after) = @$order;
        my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], load => $load, before => $before,
            conf => $after . $conf);
        my $text = refused $server, qr/TP0001: /, $what;
        like $text, qr/Fix: .*LoadModule/, "$what: with the line to remove";
    }
    # httpd skips the second LoadModule of one name with a warning, whoever is first stays
    my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], before => "LoadModule ssl_module $stock\n", conf => $conf);
    like $server->configtest->{text}, qr/ssl_module is already loaded/, 'under the same name httpd itself says so';
};

subtest 'twice' => sub {
    my $so = module_so();
    my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], conf => "LoadModule tlsplus_module $so\n$conf");
    refused $server, qr/TP0002: /, 'under both names: refused';
    my $same = TLSplus::Server->new(certs => $certs, modules => ['headers'], conf => "LoadModule ssl_module $so\n$conf");
    my $found = $same->configtest;
    like $found->{text}, qr/already loaded/, 'under one name: httpd says so';
    is $found->{exit}, 0, 'and goes on';
};

done_testing;
