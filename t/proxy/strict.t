# SPDX-License-Identifier: Apache-2.0
#
# What is stricter towards backends than with mod_ssl, where somebody asks for it: a name that no client chooses, no
# connection without one, the groups that are offered, and more or less to believe. Without these lines all is as it was.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(has_module needs_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Process qw(wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('inner', san => ['inner.test'],           cn => 'inner');
$certs->leaf('other', san => ['other.test'],           cn => 'other');
$certs->leaf('deep',  san => ['deep.test'], cn => 'deep', intermediates => 1);
$certs->write('middle.crt', $certs->read('deep.chain'));
$certs->leaf('number', san => ['127.0.0.1'],        cn => 'number');
my $behind = TLSplus::Behind->start($certs, inner => [pair('inner')], other => [pair('other')], number => [pair('number'), '  SSLOpenSSLConfCmd Groups P-521'], deep => [pair('deep', 'full')]);
my %port = map { $_ => $behind->port($_) } qw(inner other number deep);

my $verify = "SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/ca.crt\n";

# A host with these lines that passes /NAME/ to the backend NAME by its address, and a section for it.
sub front ($lines, %section) {
    return join '', '<VirtualHost *:@PLAIN@>', "\n", $verify, $lines, "\n",
      (map { "ProxyPass /$_/ https://127.0.0.1:$port{$_}/\n<Proxy https://127.0.0.1:$port{$_}/>\n" . ($section{$_} // '') . "</Proxy>\n" } sort keys %port),
      "</VirtualHost>\n";
}

sub served ($conf, %opt) {
    return TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http), @{ $opt{modules} // [] }], conf => $conf, env => $opt{env} // {});
}

# "200 and the name that the backend was asked for", or the status alone.
sub asked ($server, $path, %opt) {
    my $answer = TLSplus::Plain::ask($server, $path, %opt);
    return $answer->status == 200 ? '200 ' . ($answer->header('x-sni') // '') : $answer->status;
}

my @no_host = (host => undef, http => '1.0');

# ---- the name ----

{
    my $server = served(front("ProxyPreserveHost on\n", inner => "TLSPlusProxyName inner.test\n", other => '', number => "TLSPlusProxyName 127.0.0.1\n"));
    is asked($server, '/other/', host => 'other.test'), '200 other.test', 'without a line a client chooses the name';
    is asked($server, '/other/', host => 'inner.test'), 500, '... and is refused where it chooses another';
    like asked($server, '/other/', @no_host), qr/^200 (?:-|\(null\))?$/, '... and where there is none, nothing is checked';
    is asked($server, '/inner/', host => $_), '200 inner.test', "with one it does not, whatever Host is: $_" for qw(other.test inner.test a.test);
    is asked($server, '/inner/', @no_host), '200 inner.test', '... and where there is none';
    like asked($server, '/number/', host => 'a.test'), qr/^200 (?:-|\(null\))?$/, 'an address is checked, and not sent';
    $server->stop;
}
{
    my $server = served(front("ProxyPreserveHost on\nTLSPlusProxyName inner.test\n", other => "TLSPlusProxyName off\n", number => ''));
    is asked($server, '/inner/', host => 'other.test'), '200 inner.test', 'the name of a virtual host is that of its sections';
    is asked($server, '/number/', host => 'number.test'), 500, '... where a backend with another is refused';
    like $server->log, qr/TP0845: .*"inner\.test" is not among its names: .*127\.0\.0\.1/, '... for that name';
    is asked($server, '/other/', host => 'other.test'), '200 other.test', '... and off in a section takes it back';
    $server->stop;
}
{
    # One backend in two sections' hands: what was made under one name is nobody's under another.
    my $server = served(join '', map { my ($name, $inner) = @$_; "<VirtualHost *:\@PLAIN\@>\nServerName $name\n${verify}ProxyPass / https://127.0.0.1:$port{inner}/\nTLSPlusProxyName $inner\n</VirtualHost>\n" }
          ['a.test', 'inner.test'], ['b.test', 'wrong.test']);
    for my $round (1, 2) {
        is asked($server, '/', host => 'a.test'), '200 inner.test', "a pool that is shared, the right name, round $round";
        is asked($server, '/', host => 'b.test'), 500, "a pool that is shared, another name, round $round";
    }
    $server->stop;
}

# ---- no connection without ----

{
    my $server = served(front("ProxyPreserveHost on\nTLSPlusProxyRequireName on\n", inner => "TLSPlusProxyName inner.test\n", number => "TLSPlusProxyRequireName off\n"));
    is asked($server, '/other/', host => 'other.test'), '200 other.test', 'where a name is required, one of the client will do';
    is asked($server, '/other/', @no_host), 500, '... and without one nothing is sent';
    like $server->log, qr/TP0855: .*127\.0\.0\.1:$port{other}.*Fix: .*TLSPlusProxyName/, '... which the log tells with what to do';
    is asked($server, '/inner/', @no_host), '200 inner.test', '... but where the section has it';
    like asked($server, '/number/', @no_host), qr/^200 (?:-|\(null\))?$/, '... or does without';
    $server->stop;
}

# ---- whom to believe ----

{
    my $conf = sub ($trust, $file) {
        my $lines = $file ? "SSLProxyCACertificateFile \@CERTS\@/$file\n" : '';
        return front("SSLProxyVerifyDepth 3\nSSLProxyCheckPeerName off\n", map { $_ => "$lines$trust\n" } keys %port) =~ s/^SSLProxyCACertificateFile \S+ca\.crt\n//mr;
    };
    my %env = (SSL_CERT_FILE => $certs->dir . '/ca.crt', SSL_CERT_DIR => $certs->dir . '/none');
    for (['nobody is believed by default',               '',                               '',            500],
        ['the system\'s authorities are',                'TLSPlusProxyTrust +system',      '',            200],
        ['an intermediate alone is nobody',              '',                               'middle.crt',  500],
        ['but where chains may end there',               'TLSPlusProxyTrust +partial-chain', 'middle.crt', 200],
        ['a backend itself is nobody',                   '',                               'deep.crt',    500],
        ['but where chains may end there, too',          'TLSPlusProxyTrust +partial-chain', 'deep.crt',  200],
        ['and no other is',                              'TLSPlusProxyTrust +partial-chain', 'inner.crt', 500]) {
        my ($what, $trust, $file, $status) = @$_;
        my $server = served($conf->($trust, $file), env => \%env);
        is asked($server, '/deep/') =~ s/ .*//r, $status, $what;
        $server->stop;
    }
    # One with more to believe and one with less share a pool.
    my $server = served(join('', map { my ($name, $trust) = @$_; "<VirtualHost *:\@PLAIN\@>\nServerName $name\nSSLProxyEngine on\nSSLProxyVerify require\nSSLProxyVerifyDepth 3\nSSLProxyCheckPeerName off\nSSLProxyCACertificateFile \@CERTS\@/middle.crt\nTLSPlusProxyTrust $trust\nProxyPass / https://127.0.0.1:$port{deep}/\n</VirtualHost>\n" }
          ['a.test', '+partial-chain'], ['b.test', 'off']), env => \%env);
    for my $round (1, 2) {
        is asked($server, '/', host => 'a.test') =~ s/ .*//r, 200, "a pool that is shared, an intermediate is enough, round $round";
        is asked($server, '/', host => 'b.test'), 500, "a pool that is shared, and it is not, round $round";
    }
    $server->stop;
    my $done = TLSplus::Server->new(certs => $certs, modules => [qw(proxy proxy_http)], conf => front("TLSPlusProxyTrust +system\n"),
        env => { %env, SSL_CERT_FILE => $certs->dir . '/gone' })->configtest;
    is $done->{exit}, 0, 'a system without authorities is no reason not to start';
    like $done->{text}, qr/TP0809: .*test\.conf:\d+.*gone/, '... but is told';
}

# ---- groups ----

{
    my $server = served("LogFormat \"%U %{SSL_PROXY_GROUP}x\" groups\nCustomLog logs/groups.log groups\n"
          . front("TLSPlusProxyGroups X25519\nSSLProxyCheckPeerName off\n", inner => '', other => "TLSPlusProxyGroups ?nosuch:P-384:P-521\n"));
    like asked($server, "/$_/"), qr/^200/, "a backend that has one of the groups: $_" for qw(inner other);
    my $log = $server->root . '/logs/groups.log';
    ok wait_until(20, sub { TLSplus::Process::slurp($log) =~ m{^/inner/ x25519$}m }), 'the group of the virtual host was offered';
    ok wait_until(20, sub { TLSplus::Process::slurp($log) =~ m{^/other/ secp384r1$}m }), '... and in a section those of the section, the first before all';
    is asked($server, '/number/'), 500, '... and a backend that has none of them is not spoken to';
    like $server->log, qr/TP0840: .*127\.0\.0\.1:$port{number}.*handshake.failure/, '... which the log tells';
    $server->stop;
}

# ---- health checks ----

SKIP: {
    skip 'no mod_proxy_hcheck here', 8 unless has_module('proxy_hcheck') && has_module('watchdog');
    # They have the settings of the virtual host; with mod_proxy's own condition, those of the balancer's section.
    my $member = "BalancerMember https://127.0.0.1:$port{inner} hcmethod=GET hcinterval=100ms hcuri=/checked\n";
    my $members = sub ($lines, $section = undef) {
        front("$lines<Proxy balancer://b" . (defined $section ? " lbmethod=byrequests>\n$verify$section" : ">\n") . "$member</Proxy>\nProxyPass /b/ balancer://b/\n");
    };
    my @modules = qw(proxy_balancer lbmethod_byrequests slotmem_shm watchdog proxy_hcheck);
    my $checks = sub () { grep { $_->{path} eq '/checked' } $behind->seen('inner') };
    my $server = served($members->(''), modules => \@modules);
    ok wait_until(30, sub { $checks->() }), 'health checks are made';
    is(($checks->())[0]{sni}, '-', '... without a name, as ever');
    $server->stop;
    my $before;
    for (['of the virtual host', "TLSPlusProxyName inner.test\n"], ['of the section', '', "TLSPlusProxyName inner.test\n"]) {
        my ($whose, @lines) = @$_;
        $before = $checks->();
        $server = served($members->(@lines), modules => \@modules);
        ok wait_until(30, sub { $checks->() > $before }), "... and are made under the name $whose";
        is(($checks->())[-1]{sni}, 'inner.test', '... with which they ask');
        $server->stop;
    }
    $server = served($members->("TLSPlusProxyName wrong.test\n"), modules => \@modules);
    ok wait_until(30, sub { $server->log =~ /TP0845: .*"wrong\.test"/ }), '... which has to be in the certificate';
    $server->stop;
    $server = served($members->("TLSPlusProxyRequireName on\n"), modules => \@modules);
    ok wait_until(30, sub { $server->log =~ /TP0855: / }), '... and are not made where one is required and missing';
    $server->stop;
}

done_testing;
