# SPDX-License-Identifier: Apache-2.0
#
# Questions of mod_ssl's FAQ about requests, answered by the server: one subtest for each question, by its
# anchor there. Rules and commands of the FAQ are used as they stand there.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Variables qw(cgi_program environment_of);

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'b.test']);
$certs->leaf('client', cn => 'client');
my $HOST = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
CONF

# What StdEnvVars gives (doc/variables.md); those of a client certificate apart
my @ALWAYS = qw(SSL_VERSION_INTERFACE SSL_VERSION_LIBRARY SSL_PROTOCOL SSL_SECURE_RENEG SSL_COMPRESS_METHOD SSL_CIPHER
  SSL_CIPHER_EXPORT SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE SSL_CLIENT_VERIFY SSL_SERVER_M_VERSION SSL_SERVER_M_SERIAL
  SSL_SERVER_V_START SSL_SERVER_V_END SSL_SERVER_S_DN SSL_SERVER_I_DN SSL_SERVER_A_KEY SSL_SERVER_A_SIG SSL_SESSION_ID
  SSL_SESSION_RESUMED SSL_SERVER_S_DN_CN SSL_SERVER_I_DN_CN SSL_SERVER_SAN_DNS_0 SSL_SERVER_SAN_DNS_1);
my @OF_CLIENT = qw(SSL_CLIENT_M_VERSION SSL_CLIENT_M_SERIAL SSL_CLIENT_V_START SSL_CLIENT_V_END SSL_CLIENT_V_REMAIN
  SSL_CLIENT_S_DN SSL_CLIENT_I_DN SSL_CLIENT_A_KEY SSL_CLIENT_A_SIG SSL_CLIENT_CERT_RFC4523_CEA SSL_CLIENT_S_DN_CN
  SSL_CLIENT_I_DN_CN);

subtest 'faq_envvars' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi', 'include', 'proxy', 'proxy_fcgi'], loglevel => 'info ssl:debug',
        files => {'htdocs/x.shtml' => '<!--#echo var="SSL_PROTOCOL" -->', 'htdocs/y.shtml' => '', 'htdocs/deep/z.shtml' => '', 'htdocs/php/x.php' => ''},
        conf => <<"CONF");
ScriptAlias /cgi/ \@ROOT\@/cgi/
ScriptAlias /std/ \@ROOT\@/cgi/
<Location "/std">
  SSLOptions +StdEnvVars
</Location>
<Directory "\@ROOT\@/htdocs">
  Options +Includes
  AddOutputFilter INCLUDES .shtml
</Directory>
<Location "/php">
  SetHandler "proxy:unix:\@ROOT\@/run/none.sock|fcgi://none/"
</Location>
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLCACertificateFile \@CERTS\@/client.root
  SSLVerifyClient optional
$HOST</VirtualHost>
CONF
    $server->cgi(env => cgi_program());
    my @client = (cert => $certs->dir . '/client.crt', key => $certs->dir . '/client.key');
    my $ours = sub ($found) { [sort grep { /^(?:SSL|HTTPS)/ } keys %$found] };
    is_deeply $ours->(environment_of($server->get('/cgi/env', name => 'a.test', @client))), ['HTTPS', 'SSL_TLS_SNI'],
        'without the option: two variables';
    my $found = environment_of($server->get('/std/env', name => 'a.test', tls => '1.3'));
    is_deeply [grep { !exists $found->{$_} } @ALWAYS], [], 'with it: all there are';
    $found = environment_of($server->get('/std/env', name => 'a.test', tls => '1.3', @client));
    is_deeply [grep { !exists $found->{$_} } @ALWAYS, @OF_CLIENT], [], 'and those of a client certificate';
  SKIP: {
        skip 'the stock mod_ssl does not do this', 9 unless is_tlsplus();
        # each child says it for itself
        my $said = sub { map { /\[pid (\d+)\b.* (".*?")\. Fix/ ? "$1 $2" : $_ } $server->log_lines(qr/TP0540/) };
        my $twice = sub { my %seen; scalar grep { $seen{$_}++ } $said->() };
        logs $server, qr{TP0540: SSL_\* is not exported here.*/cgi/.*add SSLOptions \+StdEnvVars}, 'the log has the answer';
        $server->get('/cgi/env', name => 'a.test') for 1 .. 2;
        is $twice->(), 0, 'once for a directory';
        is $server->get('/x.shtml', name => 'a.test')->body, '(none)', 'SSI without the option';
        logs $server, qr{TP0540: .*/htdocs/"}, 'SSI is told too';
        $server->get($_, name => 'a.test') for '/y.shtml', '/index.html', '/deep/z.shtml';
        logs $server, qr{TP0540: .*/htdocs/deep/"}, 'another directory';
        my %named = map { s/^\d+ //r => 1 } $said->();
        is scalar(keys %named), 3, 'files are no programs';
        is $twice->(), 0, 'nothing is said twice';
        $server->get('/php/x.php', name => 'a.test');
        logs $server, qr{TP0540: .*/php/"}, 'FastCGI behind a socket';
        my $lost = TLSplus::Server->new(certs => $certs, conf => "SSLOptions StdEnvVars ExportCertData\n")->configtest;
        like $lost->{text}, qr/TP0124: .*test\.conf:1\b.*StdEnvVars/, 'two options without signs: configtest names the lost one';
    }
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_relative' => sub {
    my $rules = <<'RULES';
RewriteEngine on
RewriteRule   "^/(.*)_SSL$"   "https://%{SERVER_NAME}/$1" [R,L]
RewriteRule   "^/(.*)_NOSSL$" "http://%{SERVER_NAME}/$1"  [R,L]
RULES
    my $server = TLSplus::Server->start(certs => $certs, modules => ['rewrite'], conf => <<"CONF");
<VirtualHost *:\@PORT\@>
  ServerName a.test
$HOST$rules</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
$rules</VirtualHost>
CONF
    for my $from (['http', 'PLAIN'], ['https', 'PORT']) {
        my @how = (name => 'a.test', scheme => $from->[0], port => $from->[1]);
        my $answer = $server->get('/dir/document.html_SSL', @how);
        is $answer->status, 302, "from $from->[0]: redirected";
        is $answer->header('Location'), 'https://a.test/dir/document.html', "from $from->[0] to https";
        is $server->get('/dir/document.html_NOSSL', @how)->header('Location'), 'http://a.test/dir/document.html',
            "from $from->[0] to http";
    }
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_msie' => sub {
    my $rule = <<'RULE';
SetEnvIf User-Agent "MSIE [2-5]" \
         nokeepalive ssl-unclean-shutdown \
         downgrade-1.0 force-response-1.0
RULE
    my $server = TLSplus::Server->start(certs => $certs, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
  ServerName a.test
$HOST$rule</VirtualHost>
CONF
    my $ask = sub ($agent, $connection) {
        $server->handshake(name => 'a.test', msg => 1,
            request => "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: $agent\r\nConnection: $connection\r\n\r\n");
    };
    my $old = $ask->('Mozilla/4.0 (compatible; MSIE 5.0; Windows 98)', 'keep-alive');
    like $old->body, qr{\AHTTP/1\.0 200 }, 'that agent: HTTP/1.0';
    like $old->body, qr/^Connection: close\r$/mi, 'that agent: not kept alive';
    is_deeply $old->alerts, [], 'that agent: no close_notify';
    for my $agent ('Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2)', 'curl/8.0') {
        my $answer = $ask->($agent, 'close');
        like $answer->body, qr{\AHTTP/1\.1 200 }, "$agent: HTTP/1.1";
        is_deeply $answer->alerts, ['warning close_notify'], "$agent: close_notify";
        my $two = $server->handshake(name => 'a.test', request => join '', map {
                "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: $agent\r\nConnection: $_\r\n\r\n" } 'keep-alive', 'close');
        is scalar(() = $two->body =~ m{^HTTP/1\.1 200 }mg), 2, "$agent: kept alive";
    }
    ok $server->stop, 'stops cleanly';
  SKIP: {
        skip 'the stock mod_ssl does not do this', 3 unless is_tlsplus();
        my $lint = sub ($line) {
            TLSplus::Server->new(certs => $certs, conf => "<VirtualHost *:\@PORT\@>\nServerName a.test\n$HOST$line</VirtualHost>\n");
        };
        finds_nothing $lint->($rule), 'configtest has nothing against it', qr/TP0321: /;
        like $lint->(qq{BrowserMatch "MSIE|Mozilla" nokeepalive ssl-unclean-shutdown\n})->configtest->{text}, qr/TP0321: .*BrowserMatch at \S+test\.conf:6\b/,
            'but against one that hits current browsers';
        finds_nothing $lint->(qq{BrowserMatch "MSIE [17-9]" ssl-unclean-shutdown\n}), 'connections that are kept alive are fine', qr/TP0321: /;
    }
};

subtest 'faq_lockicon' => sub {
    plan skip_all => 'the stock mod_ssl does not do this' unless is_tlsplus();
    my $auth = "AuthType Basic\nAuthName x\nRequire valid-user\n";
    my $test = sub ($conf) {
        TLSplus::Server->new(certs => $certs, modules => [qw(access_compat auth_basic authn_core authz_user)], conf => $conf)->configtest;
    };
    my $tls = "<VirtualHost *:\@PORT\@>\nServerName a.test\n$HOST%s</VirtualHost>\n";
    my $plain = "Listen \@PLAIN\@\n<VirtualHost *:\@PLAIN\@>\nServerName a.test\n%s</VirtualHost>\n";
    my $location = qq{<Location "/admin">\n$auth%s</Location>\n};
    my $alone = $location =~ s/Require valid-user\n//r;
    my $found = $test->(sprintf("$tls$plain", '', sprintf $location, ''));
    is $found->{exit}, 0, 'a warning only';
    like $found->{text}, qr{TP0320: .*AuthType at \S+test\.conf:11 \(vhost a\.test:\d+\): <Location /admin>\. Fix: .*SSLRequireSSL},
        'passwords on the plain host: names the section';
    for my $case (
        ['on the TLS host',         sprintf("$tls$plain", sprintf($location, ''), '')],
        ['with SSLRequireSSL',      sprintf("$tls$plain", '', sprintf $location, "SSLRequireSSL\n")],
        ['with both in <RequireAll>', sprintf("$tls$plain", '', sprintf $alone, "<RequireAll>\nRequire ssl\nRequire valid-user\n</RequireAll>\n")],
        ['with Require ssl alone',  sprintf("$tls$plain", '', sprintf $alone, "Require ssl\n")],
        ['with Satisfy any, but strict', sprintf("$tls$plain", '', sprintf $location, "SSLRequireSSL\nSatisfy any\nSSLOptions +StrictRequire\n")],
        ['on an address of this machine alone', sprintf("$tls$plain", '', sprintf $location, '') =~ s/\*:\@PLAIN/127.0.0.1:\@PLAIN/r],
        ['where this machine alone comes', sprintf("$tls$plain", '', sprintf $location, '') =~ s/Listen \@PLAIN/Listen 127.0.0.1:\@PLAIN/r],
        ['behind a redirect',       sprintf("$tls$plain", '', "Redirect / https://a.test/\n" . sprintf $location, '')],
        ['without TLS anywhere',    sprintf($plain, sprintf $location, '')],
        ['Digest',                  sprintf("$tls$plain", '', "<Location \"/admin\">\nAuthType None\n</Location>\n")],
    ) {
        $found = $test->($case->[1]);
        ok $found->{exit} == 0 && $found->{text} !~ /TP032[03]/, "$case->[0]: nothing to say" or diag $found->{text};
    }
    # What looks like a mend and is none.
    for my $case (
        ['Require ssl beside',         sprintf($location, "Require ssl\n"), 1],
        ['... in <RequireAll>',        sprintf($location, "<RequireAll>\nRequire ssl\n</RequireAll>\n"), 0],
        ['... in <RequireAny>',        sprintf($alone, "<RequireAny>\nRequire ssl\nRequire valid-user\n</RequireAny>\n"), 0],
        ['... in <Limit>',             sprintf($alone, "Require ssl\n<Limit GET POST>\nRequire valid-user\n</Limit>\n"), 1],
        ['Require not ssl',            sprintf($alone, "<RequireAll>\nRequire not ssl\nRequire valid-user\n</RequireAll>\n"), 0],
        ['SSLRequireSSL, Satisfy any', sprintf($location, "SSLRequireSSL\nSatisfy any\n"), 0],
    ) {
        my ($name, $section, $opens) = @$case;
        $found = $test->(sprintf "$tls$plain", '', $section);
        like $found->{text}, qr/TP0320: .*Fix: add: SSLRequireSSL/, "$name: still readable to all";
        ok $opens == ($found->{text} =~ /TP0323: .* - Require at \S+test\.conf:\d+ \(vhost a\.test:\d+\): <Location \/admin>/), "$name: " . ($opens ? 'and open, which is told' : 'not open')
            or diag $found->{text};
        is $test->(sprintf "$tls$plain", $section, '')->{text} =~ /TP0323/ ? 1 : 0, $opens, '... on the TLS host likewise';
    }
    like $test->(sprintf("$tls$plain", '', '') . sprintf($location, ''))->{text}, qr/TP0320: .*vhost a\.test/,
        'in a section for all hosts: found too';
};

done_testing;
