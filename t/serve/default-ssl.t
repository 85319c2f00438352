# SPDX-License-Identifier: Apache-2.0
#
# Debian's own files, unchanged: mods-available/ssl.conf and sites-available/default-ssl.conf with
# the module in the place of mod_ssl. A private ServerRoot with the distribution's layout; only ports
# and the folders that belong to the running system differ.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Process qw(slurp);
use TLSplus::Server;
use TLSplus::Test;

my $etc  = '/etc/apache2';
my %text = map { $_ => slurp("$etc/$_") } 'mods-available/ssl.conf', 'sites-available/default-ssl.conf';
plan skip_all => "no Debian configuration in $etc" if grep { !length } values %text;

my $certs = TLSplus::Certs->new;
$certs->leaf('snakeoil', key => 'rsa', san => ['localhost']);

# The files the site names belong to the system: its snake oil certificate (package ssl-cert) and
# document root may not be there.
sub localized ($text, $server) {
    my $dir = $certs->dir;
    $text =~ s{/etc/ssl/certs/ssl-cert-snakeoil\.pem}{$dir/snakeoil.crt}g;
    $text =~ s{/etc/ssl/private/ssl-cert-snakeoil\.key}{$dir/snakeoil.key}g;
    $text =~ s{/usr/share/apache2/ask-for-passphrase}{$server->{root}/run/ask}g;
    $text =~ s{/var/www/html}{$server->{root}/htdocs}g;
    $text =~ s{\*:443|_default_:443}{'*:' . $server->port}ge;
    return $text;
}

my $server = TLSplus::Server->new(
    certs => $certs, modules => ['mime', 'setenvif', 'socache_shmcb', 'cgi'],
    env => { APACHE_LOG_DIR => undef, APACHE_RUN_DIR => undef },
    conf => <<'CONF');
Listen 127.0.0.1:@PORT@
ServerName localhost
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
IncludeOptional mods-enabled/*.conf
IncludeOptional sites-enabled/*.conf
CONF
$server->{env} = { APACHE_LOG_DIR => "$server->{root}/logs", APACHE_RUN_DIR => "$server->{root}/run" };
$server->put('run/ask', ["#!/bin/sh\n", 0755]);
$server->put('mods-enabled/ssl.conf'          => localized($text{'mods-available/ssl.conf'}, $server));
$server->put('sites-enabled/default-ssl.conf' => localized($text{'sites-available/default-ssl.conf'}, $server));

my $found = $server->configtest;
is $found->{exit}, 0, 'configtest passes' or diag $found->{text};
ok $server->begin, 'starts' or diag $server->said;
# a port taken meanwhile would have been replaced in the site as well; begin() then failed above

for my $tls ('1.2', '1.3') {
    my $answer = $server->get('/', tls => $tls);
    is $answer->status, 200, "TLS $tls: serves" or diag $answer->error;
    is $answer->body, "hello over TLS\n", "TLS $tls: the page";
}
is $server->handshake(tls => 'TLSv1.1', cipher => 'ALL:@SECLEVEL=0')->protocol, undef, 'TLS 1.1 is not spoken, by the security level';
ok $server->graceful, 'graceful restart';
serves $server, 'serves';
ok $server->stop, 'stops cleanly';
done_testing;
