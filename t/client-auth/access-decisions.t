# SPDX-License-Identifier: Apache-2.0
#
# Who may see what, decision by decision, held against the stock mod_ssl: SSLRequireSSL, SSLRequire, Require ssl,
# Require ssl-verify-client, FakeBasicAuth, StrictRequire and Satisfy any, in locations and .htaccess, for clients with and
# without certificate, with and without a login, over plain HTTP, TLS 1.2, TLS 1.3 and HTTP/2. Status, user and kind of
# authentication must be the same. Where they are not, %ON_PURPOSE says why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 httpd);
use TLSplus::Process qw(run);
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test', 'b.test']);
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('good',     cn => 'good');
$certs->leaf('colon',    cn => 'good:x');
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');

# What a directory says; %s stands for a folder of its own.
my $users = 'AuthType Basic
AuthName users
AuthUserFile "@ROOT@/users"
Require valid-user';
my %PLACES = (
    'open'            => '',
    'tls'             => 'SSLRequireSSL',
    'tls-any'         => "SSLRequireSSL\n$users\nSatisfy any",
    'tls-strict'      => "SSLRequireSSL\n$users\nSatisfy any\nSSLOptions +StrictRequire",
    'tls-granted'     => "SSLRequireSSL\nRequire all granted\nSatisfy any",
    'tls-granted-strict' => "SSLRequireSSL\nRequire all granted\nSatisfy any\nSSLOptions +StrictRequire",
    'cn'              => 'SSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"',
    'cn-any'          => qq{SSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"\n$users\nSatisfy any},
    'cn-strict'       => qq{SSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"\n$users\nSatisfy any\nSSLOptions +StrictRequire},
    'two'             => qq{SSLRequire %{SSL_CLIENT_S_DN_CN} in {"good", "stranger"}\nSSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"},
    'lengths'         => 'SSLRequire 2 < 10 and "b" lt "aa" and not ("b" gt "aa")',
    'manual'          => 'SSLRequire ( %{SSL_CIPHER} !~ m/^(EXP|NULL)/ and %{SSL_PROTOCOL} in {"TLSv1.2", "TLSv1.3"} and %{TIME_HOUR} <= 23 )'
                       . ' or %{REMOTE_ADDR} =~ m/^192\.76\.162\.[0-9]+$/',
    'false'           => 'SSLRequire false',
    'extension'       => 'SSLRequire "TLS Web Client Authentication" in PeerExtList("extendedKeyUsage")',
    'no-file'         => 'SSLRequire file("/nonexistent") eq "x"',
    'ssl'             => 'Require ssl',
    'not-ssl'         => "<RequireAll>\nRequire all granted\nRequire not ssl\n</RequireAll>",
    'verified'        => 'Require ssl-verify-client',
    'verified-any'    => "<RequireAny>\nRequire ssl-verify-client\n$users\n</RequireAny>",
    'unverified'      => "<RequireAll>\nRequire all granted\nRequire not ssl-verify-client\n</RequireAll>",
    'user-name'       => 'SSLUserName SSL_CLIENT_S_DN_CN',
    'user-then-cn'    => qq{SSLUserName SSL_CLIENT_S_DN_CN\nSSLRequire %{REMOTE_USER} eq "good"},
    'basic'           => $users,
    'fake'            => "$users\nSSLOptions +FakeBasicAuth",
    'fake-any'        => "$users\nSSLOptions +FakeBasicAuth\nSSLRequire %{SSL_CLIENT_S_DN_CN} eq \"good\"\nSatisfy any",
    'fake-user-name'  => "$users\nSSLOptions +FakeBasicAuth\nSSLUserName SSL_CLIENT_S_DN_CN",
);
# The same for a host that asks nobody by itself: what the place asks for is there before the other rules look.
my $asks = 'SSLVerifyClient require';
my %ASKING = (
    'ask'      => $asks,
    'ask-cn'   => qq{$asks\nSSLUserName SSL_CLIENT_S_DN_CN\nSSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"\nSSLRequire %{REMOTE_USER} eq "good"},
    'ask-ssl'  => "$asks\nSSLRequireSSL\nRequire ssl-verify-client",
    'ask-any'  => "$asks\n$users\nSatisfy any",
    'ask-fake' => "$asks\n$users\nSSLOptions +FakeBasicAuth",
    'ask-false-any'    => "$asks\nSSLRequire false\n$users\nSatisfy any",
    'ask-false-strict' => "$asks\nSSLRequire false\n$users\nSatisfy any\nSSLOptions +StrictRequire",
);
my %HTACCESS = (
    'ht-tls'    => 'SSLRequireSSL',
    'ht-cn'     => 'SSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"',
    'ht-ssl'    => 'Require ssl',
    'ht-verified' => 'Require ssl-verify-client',
    'ht-file'   => 'SSLRequire file("/etc/hostname") ne "x"',
    'ht-size'   => 'SSLRequire filesize("/etc/hostname") ne "x"',
    'ht-osenv'  => 'SSLRequire osenv("PATH") ne "x"',
    'ht-syntax' => 'SSLRequire %{SSL_CIPHER} eq',
    'ht-oid'    => 'SSLRequire "x" in OID("1.2.3")',
    'tls/inner' => 'Require all granted',   # what an outer section demands stays demanded
    'cn/inner'  => 'SSLRequire true',
    'ht-forbidden/tls' => 'SSLRequireSSL',  # without AllowOverride AuthConfig
    'ht-forbidden/cn'  => 'SSLRequire true',
);
my @ANOTHER_WAY_IN = qw(another-way-in);    # a request without a page is made one for basic/

my $tls = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
CONF
my $conf = <<"CONF";
Protocols h2 http/1.1
SSLVHostSNIPolicy insecure
Header always set X-Seen "expr=%{REMOTE_USER} %{AUTH_TYPE}"
<Directory "\@ROOT\@/htdocs">
  AllowOverride AuthConfig
</Directory>
<Directory "\@ROOT\@/htdocs/ht-forbidden">
  AllowOverride Limit
</Directory>
<Location "/another-way-in">
  FallbackResource /basic/index.html
</Location>
<VirtualHost *:\@PORT\@>
  ServerName a.test
${tls}  SSLVerifyClient optional_no_ca
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName b.test
$tls</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName off.test
  SSLEngine off
</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
</VirtualHost>
CONF
my %LOCATIONS = (%PLACES, %ASKING);
$conf .= "<Location \"/$_\">\n$LOCATIONS{$_}\n</Location>\n" for sort keys %LOCATIONS;

my $hash = run(['openssl', 'passwd', '-apr1', 'password'])->{out} =~ s/\s+\z//r;
my %files = (users => join '', map { "$_:$hash\n" } '/CN=good', '/CN=good:x', 'bob');
$files{"htdocs/$_/index.html"} = "in\n" for keys %LOCATIONS, keys %HTACCESS;
$files{"htdocs/$_/.htaccess"}  = "$HTACCESS{$_}\n" for keys %HTACCESS;

my $twins = TLSplus::Twins->start(certs => $certs, files => \%files, conf => $conf,
    modules => [qw(headers access_compat auth_basic authn_core authn_file authz_user authz_host), has_http2() ? 'http2' : ()]);

my %LOGINS = (none => undef, bob => 'bob:password', 'made-up' => '/CN=good:password', wrong => 'bob:wrong');
my %WAYS = (
    'plain'      => [scheme => 'http', port => 'PLAIN'],
    'TLS 1.2'    => [tls => '1.2'],
    'TLS 1.3'    => [tls => '1.3'],
    'HTTP/2'     => [tls => '1.3', http => '2'],
    'engine off' => [tls => '1.3', host => 'off.test'],
);

sub decision ($server, $place, $who, $login, $way) {
    my $dir  = $certs->dir;
    my @with = $who eq 'nobody' ? () : (cert => "$dir/$who.crt", key => "$dir/$who.key");
    my @header = defined $LOGINS{$login} ? (headers => ['Authorization: Basic ' . encode_base64($LOGINS{$login}, '')]) : ();
    my $answer = $server->get("/$place/", name => $ASKING{$place} ? 'b.test' : 'a.test', insecure => 1, @{ $WAYS{$way} }, @with, @header);
    return join ' ', $answer->status || 'closed', split ' ', $answer->header('x-seen') // '';
}

# "place, client, login, way" as a pattern => [mod_ssl's decision, ours, why]
my ($release) = run([httpd(), '-v'])->{out} =~ m{Apache/2\.4\.(\d+)};
my @ON_PURPOSE = (
    ($release // 69) >= 69 ? () : [qr/^ht-(?:file|size), /, '200', '500',
        'functions that read files are refused in .htaccess, as mod_ssl does from 2.4.69 on'],
    [qr/^another-way-in, \w+, made-up, /, '200', '403',
        'a login that only the server may make up is refused where httpd makes one request of another, too'],
    [qr/^fake-any, (?:good, made-up, |nobody, made-up, (?:plain|engine off)$)/, '200', '403',
        'a login that only the server may make up is not passed on to what is behind, where nobody asks for one'],
    [qr/^tls-granted-strict, \w+, [\w-]+, plain/, '200', '403', 'StrictRequire holds against every permission'],
    [qr{^ask(?:-cn|-fake|-ssl)?, nobody, \w+, (?:TLS 1\.3|HTTP/2)$}, 'closed', '403', 'a client without a certificate gets the page'],
    [qr/^ask-false-strict, nobody, \w+, TLS 1\.3$/, 'closed', '403', 'and so where StrictRequire refuses it besides'],
    [qr{^ask-false-strict, (?:nobody|good), none, HTTP/2$}, '401', '403', 'StrictRequire holds where a stream cannot ask'],
    [qr{^ask-false-strict, (?:nobody|good), bob, HTTP/2$}, '200', '403', 'and so against a password'],
    [qr{^ask-false-strict, stranger, none, HTTP/2$}, '401', 'closed', 'the client comes back with HTTP/1.1, and is asked'],
    [qr/^ask(?:-false)?-any, nobody, none, TLS 1\.3$/, 'closed', '401', 'or is asked for the password that will do as well'],
    [qr/^ask(?:-false)?-any, nobody, bob, TLS 1\.3$/, 'closed', '200', 'as with mod_ssl one gets in that cannot be asked'],
    [qr/^fake, colon, /, '401', '403', 'a subject that would be cut at its colon is refused, not taken for another user'],
);
# mod_ssl looks for the certificate on the stream, where there is none.
my $ONLY_HTTP1 = qr/^(?:ht-)?(?:un)?verified(?:-any)?, good, [\w-]+, HTTP\/2$/;

my $compared = 0;
my %used;
sub compare ($place, $who, $login, $way) {
    return if $way eq 'HTTP/2' && !has_http2();
    my $what = "$place, $who, $login, $way";
    my @case = ($place, $who, $login);
    my $mine = decision($twins->ours, @case, $way);
    $compared++;
    if ($what =~ $ONLY_HTTP1) {
        my $theirs = decision($twins->stock, @case, 'TLS 1.3');
        return is $mine, $theirs, "$what: $theirs, as over HTTP/1.1";
    }
    my $theirs = decision($twins->stock, @case, $way);
    my ($row) = grep { $what =~ $_->[0] } @ON_PURPOSE;
    return is $mine, $theirs, "$what: $theirs" if !$row;
    $used{ $row->[3] }++;
    is join(', ', map { /^(\S+)/ } $theirs, $mine), "$row->[1], $row->[2]", "$what: $theirs, here $mine: $row->[3]";
}

my @places = (sort(keys %PLACES), sort(keys %HTACCESS), @ANOTHER_WAY_IN);
for my $place (@places) {
    compare($place, 'nobody', 'none', 'plain');
    for my $way ('TLS 1.2', 'TLS 1.3', 'HTTP/2', 'engine off') {
        compare($place, $_, 'none', $way) for qw(nobody good stranger);
    }
}
# Logins, where somebody asks for them or where one gets past.
for my $place (grep { /any|strict|granted|fake|basic|another|open|verified/ } @places) {
    for my $login (qw(bob made-up wrong)) {
        compare($place, 'nobody', $login, $_) for 'plain', 'TLS 1.3', 'HTTP/2', 'engine off';
        compare($place, 'good',   $login, $_) for 'TLS 1.2', 'HTTP/2';
    }
}
for my $place (sort keys %ASKING) {
    for my $way ('plain', 'TLS 1.2', 'TLS 1.3', 'HTTP/2') {
        compare($place, 'nobody', $_, $way) for qw(none bob);
        compare($place, 'good',   $_, $way) for qw(none bob made-up);
        compare($place, 'stranger', 'none', $way);
    }
}
compare('fake', 'colon', 'none', $_) for 'TLS 1.2', 'TLS 1.3', 'HTTP/2';
is keys %used, (grep { has_http2() || $_->[0] !~ /HTTP\/2\$/ } @ON_PURPOSE), 'every difference was met';
cmp_ok $compared, '>=', 150, 'enough was compared';
ok $twins->stop, 'both stop cleanly';
done_testing;
