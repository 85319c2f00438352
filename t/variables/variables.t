# SPDX-License-Identifier: Apache-2.0
#
# Every variable in every place it can be read, held against the stock mod_ssl: the environment of
# CGI programs, log formats, expressions, rewrite rules, headers, ssl_var_lookup. What a client
# certificate shows is in variables-client.t.
use v5.36;
use Test::More;
use TLSplus::DerCerts ();
use TLSplus::Env qw(find_program has_module is_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(slurp);
use TLSplus::Twins ();
use TLSplus::Variables qw(odd_certificates lookup_names environment_of log_lines log_format log_entries cgi_program);

my $der = TLSplus::DerCerts->new;
odd_certificates($der);
$der->leaf('rsa', key => 'rsa', subject => [[[CN => 'rsa.test']]], san => [[dns => 'rsa.test']]);

my @HOSTS = qw(plain odd v1 many rsa);
my @names = lookup_names('SERVER');
my $hosts = join '', map { tls_host("$_.test", pair($_)) } @HOSTS;
my $lua = has_module('lua');
my $names_in_lua = join ', ', map { "\"$_\"" } @names;    # none holds what Lua would have to escape

my $legacy = join ' ', (map { "<$_=%{$_}c>" } qw(version cipher subjectdn issuerdn clientcert cacert errcode errstr other Version)),
    '<note=%{ssl-secure-reneg}n>';

my $twins = TLSplus::Twins->start(
    certs => $der,
    modules => ['cgi', 'headers', 'rewrite', 'include', 'log_config', 'http2', 'remoteip', ($lua ? 'lua' : ())],
    files => {
        'htdocs/look.lua' => qq{function handle(r)\n  for _, n in ipairs({$names_in_lua}) do\n}
          . qq{    local v = r:ssl_var_lookup(n)\n    r:puts("<" .. n .. "=" .. (v == nil and "(nil)" or v) .. ">\\n")\n}
          . qq{  end\n  return apache2.OK\nend\n},
        'htdocs/page.shtml' => '<!--#echo var="SSL_PROTOCOL"--> <!--#echo var="HTTPS"--> <!--#include virtual="part.shtml"-->'
          . '<!--#if expr="v(\'SSL_SERVER_S_DN_CN\') = \'plain.test\'"-->yes<!--#endif-->',
        'htdocs/all.shtml' => '<pre><!--#printenv --></pre>',
        'htdocs/part.shtml' => '<!--#echo var="SSL_CIPHER"--> <!--#echo var="SSL_SERVER_M_VERSION"-->',
    },
    conf => join('', 'SSLSessionCache shmcb:run/sessions(512000)', "\n", log_format('x', @names), log_entries('c', $legacy), <<"CONF", $hosts, <<'CONF'));
Protocols h2 http/1.1
PassEnv PATH
SetEnv FOO "b\\"ar"
SetEnv SSL_CIPHER_EXPORT overridden
RemoteIPHeader X-Client
ScriptAlias /cgi/ \@ROOT\@/cgi/
CONF
<Directory "@ROOT@/htdocs">
  Options +Includes
  AddOutputFilter INCLUDES .shtml
  AddHandler lua-script .lua
  SSLOptions +StdEnvVars
</Directory>
<Location "/cgi/std">
  SSLOptions +StdEnvVars
</Location>
<Location "/cgi/legacy">
  SSLOptions +StdEnvVars +LegacyDNStringFormat
</Location>
<Location "/cgi/export">
  SSLOptions +ExportCertData
</Location>
<Location "/cgi/both">
  SSLOptions +ExportCertData +StdEnvVars
</Location>
<Location "/cgi/user">
  SSLUserName SSL_SERVER_S_DN_CN
</Location>
<Location "/cgi/address">
  SSLUserName REMOTE_ADDR
</Location>
<Location "/cgi/nobody">
  SSLUserName SSL_CLIENT_S_DN_CN
</Location>
<Location "/missing">
  ErrorDocument 404 /cgi/std
</Location>
<Location "/said">
  Header always set X-Bare      "expr=%{SSL_PROTOCOL}"
  Header always set X-Lower     "expr=%{ssl_cipher}"
  Header always set X-Unknown   "expr=[%{SSL_NO_SUCH}]"
  Header always set X-Https     "expr=%{HTTPS}"
  Header always set X-Colon     "expr=%{SSL:SSL_SERVER_S_DN}"
  Header always set X-Request   "expr=%{SSL:REQUEST_METHOD}"
  Header always set X-Time      "expr=%{SSL:TIME_YEAR}"
  Header always set X-On        "expr=%{SSL:HTTPS}"
  Header always set X-Nothing   "expr=[%{SSL:NOTHING}]"
  Header always set X-Numbered  "expr=%{SSL_SERVER_S_DN_OU_1}"
  Header always set X-Function  "yes" "expr=ssl('SSL_PROTOCOL') =~ /^TLSv1/"
  Header always set X-Function2 "yes" "expr=SSL('REQUEST_URI') == '/said'"
  Header always set X-List      "yes" "expr='CA:TRUE' -in PeerExtList('2.5.29.19')"
  Header always set X-S         "%{SSL_SERVER_S_DN_CN}s|%{SSL_NO_SUCH}s|%{REQUEST_METHOD}s|%{HTTPS}s"
</Location>
RewriteEngine on
RewriteOptions InheritDown
RewriteRule ^/said - [E=RW:%{SSL:SSL_PROTOCOL}|%{SSL:SSL_NO_SUCH}|%{SSL:THE_REQUEST}|%{HTTPS}|%{SSL:SSL_SERVER_M_SERIAL}]
Header always set X-Rewrite "%{RW}e" env=RW
<VirtualHost *:@PORT@>
  ServerName off.test
</VirtualHost>
<VirtualHost *:@PLAIN@>
  ServerName plain.test
</VirtualHost>
CONF

for my $server ($twins->stock, $twins->ours) {
    $server->cgi($_, cgi_program()) for qw(std legacy export both user address nobody none);
}

# A session id is random, and there may be none: what it looks like is compared.
my %random = (
    SSL_SESSION_ID => sub ($a, $b) { s/[0-9a-f]{64}/ID/ for $a //= '', $b //= ''; $a eq $b },
);
my %anew = (%random, map { $_ => qr/^(?:-|\d*)$/ } qw(TIME TIME_MIN TIME_SEC TIME_HOUR time_sec));

my %ask = (insecure => 1, headers => ["X-Odd: od\xc3\xa9\"d\\", 'X-Client: 192.0.2.7', 'Cookie: a=b', 'Referer: /r', 'Forwarded: for=x']);

# ---- environment ----

for my $tls (qw(1.2 1.3)) {
    for my $host (@HOSTS) {
        for my $option (qw(std legacy export)) {
            $twins->same("environment $option of $host.test, TLS $tls",
                sub ($server) { environment_of($server->get("/cgi/$option", %ask, name => "$host.test", tls => $tls)) },
                least => $option eq 'export' ? 4 : 20, differ => \%random);
        }
    }
}
for my $option (qw(none both user address nobody)) {
    $twins->same("environment $option", sub ($server) { environment_of($server->get("/cgi/$option", %ask, name => 'Plain.Test')) },
        least => 3, differ => \%random);
}
$twins->same('environment without server name',
    sub ($server) { environment_of($server->get('/cgi/std', %ask, name => '127.0.0.1')) }, least => 20, differ => \%random);
$twins->same('environment over HTTP/2',
    sub ($server) { environment_of($server->get('/cgi/std', %ask, name => 'plain.test', http => '2')) }, least => 20, differ => \%random);
$twins->same('environment of an error document',
    sub ($server) { environment_of($server->get('/missing', %ask, name => 'plain.test')) },
    least => 40, differ => { %random, REDIRECT_SSL_SESSION_ID => $random{SSL_SESSION_ID} });
$twins->same('environment of a host without engine on a TLS port',
    sub ($server) { environment_of($server->get('/cgi/std', %ask, name => 'off.test')) }, least => 1);
$twins->same('environment on a plain port',
    sub ($server) { environment_of($server->get('/cgi/std', %ask, name => 'plain.test', port => 'PLAIN', scheme => 'http')) }, least => 1);
$twins->same('SSI and its parts',
    sub ($server) { { page => $server->get('/page.shtml', %ask, name => 'plain.test')->body } });

$twins->same('SSI printenv', sub ($server) {
    my $body = $server->get('/all.shtml', %ask, name => 'plain.test')->body;
    return { $body =~ /^((?:SSL_|HTTPS)\w*)=(.*)$/mg };
}, least => 40, differ => \%random);

# ---- look-ups ----

for my $case ((map { my $tls = $_; map { ["$_.test", tls => $tls] } @HOSTS } qw(1.2 1.3)), (map { ["$_.test", http => '2'] } qw(plain rsa)),
    ['off.test'], ['plain.test', port => 'PLAIN', scheme => 'http']) {
    my ($name, %how) = @$case;
    $twins->same("%{..}x of $name " . join(' ', %how),
        sub ($server) { log_lines($server, 'x', '/index.html?a=%20b', %ask, name => $name, %how) },
        least => scalar @names, differ => \%anew);
    $twins->same("%{..}c of $name " . join(' ', %how),
        sub ($server) { log_lines($server, 'c', '/index.html', %ask, name => $name, %how) }, least => 11);
    $twins->same("expressions, headers and rewrite rules of $name " . join(' ', %how), sub ($server) {
        my $headers = $server->get('/said', %ask, name => $name, %how)->{headers};
        return { map { $_ => $headers->{$_} } grep { /^x-/ } keys %$headers };
    }, least => 10);
}

SKIP: {
    skip 'httpd has no mod_lua', 2 unless $lua;
    for my $name (qw(plain.test odd.test)) {
        $twins->same("ssl_var_lookup on $name", sub ($server) {
            my $body = $server->get('/look.lua', %ask, name => $name)->body;
            return { $body =~ /^<([^=]*)=(.*?)>$/gms };
        }, least => scalar @names, differ => \%anew);
    }
}

# ---- a session that is resumed ----

for my $tls (qw(TLSv1.2 TLSv1.3)) {
    $twins->same("a resumed session, $tls", sub ($server) {
        my $file = $server->root . "/session-$tls";
        my $request = "GET /cgi/std HTTP/1.0\r\nHost: plain.test\r\n\r\n";
        my @answers = map { $server->handshake(name => 'plain.test', tls => $tls, request => $request, @$_) }
            [sess_out => $file], [sess_in => $file];
        return { (map { ("first $_->[0]" => $_->[1]) } _pairs(environment_of($answers[0]))), %{ environment_of($answers[1]) } };
    }, least => 40, differ => { %random, 'first SSL_SESSION_ID' => $random{SSL_SESSION_ID} });
    is environment_of($twins->ours->handshake(name => 'plain.test', tls => $tls,
        sess_in => $twins->ours->root . "/session-$tls", request => "GET /cgi/std HTTP/1.0\r\nHost: plain.test\r\n\r\n"))
        ->{SSL_SESSION_RESUMED}, 'Resumed', "and it was resumed, $tls";
}

sub _pairs ($hash) { map { [$_ => $hash->{$_}] } keys %$hash }

# ---- a client without RFC 5746 ----

SKIP: {
    skip 'gnutls-cli is not installed', 2 unless find_program('gnutls-cli');
    my $client = sub ($server) {
        environment_of($server->client->gnutls(name => 'rsa.test', args => ['--insecure'],
            priority => 'NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION',
            request  => "GET /cgi/std HTTP/1.0\r\nHost: rsa.test\r\n\r\n"));
    };
    $twins->same('a client that knows no secure renegotiation', $client, least => 20, differ => \%random);
    is $client->($twins->ours)->{SSL_SECURE_RENEG}, 'false', 'and that is said';
}

# ---- what mod_ssl does not have ----

my $cert = slurp($der->dir . '/plain.crt') =~ s/-----[^-]*-----|\n//gr;
my %added = (
    SSL_GROUP            => qr/^(?:x25519|secp256r1|X25519MLKEM768)$/,
    SSL_KEX_GROUP        => qr/^(?:x25519|secp256r1|X25519MLKEM768)$/,
    SSL_SIGALG           => qr/^ecdsa_secp256r1_sha256$/,
    SSL_ALPN             => qr{^http/1\.1$},
    SSL_EARLY_DATA       => qr/^0$/,
    SSL_HANDSHAKE_US     => qr/^[1-9]\d*$/,
    SSL_SERVER_B64CERT   => qr/^\Q$cert\E$/,
    SSL_VERSION_MODULE   => qr{^mod_tlsplus/\d+\.\d+},
    SSL_CLIENT_B64CERT   => qr/^-$/,
    SSL_CLIENT_CERT_SHA256 => qr/^-$/,
    SSL_JA3              => qr/^-$/,
);
SKIP: {
    skip 'the stock mod_ssl does not do this', scalar keys %added unless is_tlsplus();
    my $server = TLSplus::Server->start(certs => $der, modules => ['log_config'], conf => join '', log_format('x', sort keys %added), tls_host('plain.test', pair('plain')));
    my $found = log_lines($server, 'x', '/', insecure => 1, name => 'plain.test');
    like $found->{$_}, $added{$_}, $_ for sort keys %added;
}

$twins->stop;
done_testing;
