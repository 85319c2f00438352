# SPDX-License-Identifier: Apache-2.0
#
# SSLOptions +FakeBasicAuth gives every subject the same password, and a user file may hold its oldest kind of hash, which
# eight octets of seven bits open. So nobody but the server may log in as a subject where the option is set: whatever the
# password, the way of authentication, the way the login came in and the request that httpd makes of another one.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Digest::MD5 qw(md5_hex);
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 needs_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test', 'early.test']);
$certs->ca;
$certs->leaf('alice', cn => 'alice');
my $dir   = $certs->dir;
my @alice = (cert => "$dir/alice.crt", key => "$dir/alice.key");

sub users ($provider = 'file') { "AuthType Basic\n  AuthName users\n  AuthBasicProvider $provider\n  Require valid-user" }
my $file = 'AuthUserFile "@ROOT@/users"';
my $fake = 'SSLOptions +FakeBasicAuth';
my %place = (
    fake    => join("\n  ", $fake, users(), $file),
    alias   => join("\n  ", $fake, users('subjects')),
    file    => join("\n  ", users(), $file),                               # the same users, no certificate asked for
    any     => join("\n  ", $fake, users(), $file, 'Satisfy any', 'Allow from all'),
    open    => $fake,
    digest  => join("\n  ", $fake, 'AuthType Digest', 'AuthName users', 'AuthUserFile "@ROOT@/digest"', 'Require valid-user'),
    form    => join("\n  ", $fake, 'AuthType form', 'AuthName users', 'AuthFormProvider file', $file, 'AuthFormLoginRequiredLocation /login',
        'Session On', 'SessionCookieName session path=/', 'Require valid-user'),
    dir     => 'FallbackResource /fake/index.html',
    missing => 'ErrorDocument 404 /fake/index.html',
    ssi     => "Options +Includes\n  SetOutputFilter INCLUDES",
);
my $tls = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
  SSLVerifyClient optional
CONF
my $conf = <<"CONF";
Protocols h2 http/1.1
ScriptAlias /cgi/ \@ROOT\@/cgi/
<AuthnProviderAlias file subjects>
  $file
</AuthnProviderAlias>
Header always set X-Seen "expr=%{REMOTE_USER}"
<VirtualHost *:\@PORT\@>
  ServerName a.test
$tls  ProxyRequests On
  <Proxy "http://127.0.0.1:*">
    $place{fake}
  </Proxy>
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName early.test
$tls  RequestHeader set Authorization "Basic @{[encode_base64('/CN=alice:password1', '')]}" early
</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
</VirtualHost>
CONF
$conf .= "<Location \"/$_\">\n  $place{$_}\n</Location>\n" for sort keys %place;

# The manual's own hash, by DES.
my $hash = run(['perl', '-e', 'print crypt("password", "xx")'])->{out};
is $hash, 'xxj31ZMTZzkVA', "the hash of the manual";
my %files = (
    users  => join('', map { "$_:$hash\n" } '/CN=alice', '/O=Audit/CN=alice', 'bob'),
    digest => join('', map { "$_:users:" . md5_hex("$_:users:password") . "\n" } '/CN=alice', 'bob'),
    'htdocs/ssi/page.shtml' => '<!--#include virtual="/fake/index.html" -->',
    map { ("htdocs/$_/index.html" => "in\n") } keys %place,
);
delete $files{"htdocs/$_/index.html"} for qw(dir missing ssi);
my $server = TLSplus::Server->start(certs => $certs, files => \%files, conf => $conf, modules => [qw(http2 headers cgi access_compat
    auth_basic auth_digest auth_form session session_cookie request authn_core authn_file authz_user authz_host include proxy proxy_http)]);
$server->cgi('to-fake', qq{print "Location: /fake/index.html\\n\\n";});

sub basic ($login, $blank = '') { (headers => ["Authorization: Basic $blank" . encode_base64($login, '')]) }
sub seen ($path, %how) {
    my $answer = $server->get($path, name => 'a.test', %how);
    return join ' ', $answer->status || 'closed', ($answer->status // '') eq 200 && $answer->header('x-seen') || ();
}

# Where an operator's users log in, and clients with a certificate.
for my $place (qw(fake alias file)) {
    is seen("/$place/", basic('bob:password')), '200 bob', "$place: a user of the file";
    is seen("/$place/", basic('bob:wrong')), '401', "$place: with a wrong password";
    is seen("/$place/"), '401', "$place: nobody";
}
is seen('/fake/', @alice), '200 /CN=alice', 'a certificate';
is seen('/fake/', @alice, basic($_)), '200 /CN=alice', "a certificate, and $_, which it replaces" for 'bob:password', '/CN=bob:x';
is seen('/digest/', args => ['--digest', '-u', 'bob:password']), '200 bob', 'digest: a user of the file';

# What nobody may make up. The passwords are what DES takes for the one of all subjects.
my @opens = ('password', 'password1', "passwor\xE4", join('', map { chr(ord | 0x80) } split //, 'password'), 'passwordpassword');
for my $user ('/CN=alice', '/O=Audit/CN=alice') {
    for my $password (@opens) {
        my $name = "$user with " . $password =~ s/[\x80-\xff]/sprintf '\x%02x', ord $&/ger;
        is seen("/$_/", basic("$user:$password")), '403', "$_: $name" for qw(fake alias file any open);
    }
}
is seen("/$_/", basic('/CN=alice:other')), '403', "$_: any other password" for qw(fake alias any open);
is seen('/file/', basic('/CN=alice:other')), '401', 'file: a wrong password is one where the option is not set';
is seen('/fake/', basic('/CN=alice:password1', $_)), '403', 'blanks before the login' for "\t", " \t ";
is seen("/$_/", basic('/CN=alice:password1')), '200', "$_: nobody asks, nothing is refused" for '';
is seen('/any/'), '200', 'any: without a login';
is seen('/fake/', scheme => 'http', port => 'PLAIN', basic('/CN=alice:password1')), '403', 'over plain HTTP';
is seen('/fake/', tls => $_, basic('/CN=alice:password1')), '403', "TLS $_" for '1.2', '1.3';
SKIP: {
    skip 'no HTTP/2 on prefork', 2 if !has_http2();
    is seen('/fake/', http => '2', basic('/CN=alice:password1')), '403', 'HTTP/2';
    is seen('/fake/', http => '2', @alice), '200 /CN=alice', 'HTTP/2, a certificate';
}
is seen('/fake/', name => 'early.test'), '403', 'a header that the configuration made up';

# Other ways of authentication find the same users.
is seen('/digest/', args => ['--digest', '-u', '/CN=alice:password']), '403', 'digest';
sub form ($user, $password) {
    my $body = join '&', "httpd_username=$user", "httpd_password=$password";
    return (args => ['-d', $body]);
}
is seen('/form/', form('bob', 'password')), '200 bob', 'form: a user of the file';
is seen('/form/', form('%2FCN%3Dalice', $_)), '403', "form: $_" for 'password', 'password1';

# Requests made of another one carry the header of the first.
for my $path ('/dir/x', '/missing/x', '/cgi/to-fake') {
    like seen($path, basic('/CN=alice:password1')), qr/^40[34]$/, "$path: refused";
    unlike $server->get($path, name => 'a.test', basic('/CN=alice:password1'))->body, qr/^in$/m, "$path: nothing is shown";
    like $server->get($path, name => 'a.test', basic('bob:password'))->body, qr/^in$/m, "$path: a user gets it";
}
unlike $server->get('/ssi/page.shtml', name => 'a.test', basic('/CN=alice:password1'))->body, qr/^in$/m, 'SSI: nothing is shown';
like $server->get('/ssi/page.shtml', name => 'a.test', basic('bob:password'))->body, qr/^in$/m, 'SSI: a user gets it';

# A forward proxy asks with a header of its own.
sub through ($login) {
    my $port = $server->port;
    return $server->get('/', name => '127.0.0.1', scheme => 'http', port => 'PLAIN',
        args => ['--noproxy', '', '-x', "https://127.0.0.1:$port", '--proxy-insecure', '--proxy-user', $login])->status;
}
is through('bob:password'), 200, 'proxy: a user of the file';
is through('/CN=alice:password1'), 403, 'proxy: a subject';
is through('/CN=alice:other'), 403, 'proxy: a subject with any password';

my $mark = $server->mark;
seen('/fake/', basic('/CN=alice:password1'));
logs($server, qr/\[ssl:error\].* TP0506: .*"\/fake\/": "\/CN=alice"/, 'it is said', mark => $mark);
is scalar(my @lines = $server->log_lines(qr/TP05\d\d/, $mark)), 1, '... in one line';
ok $server->stop, 'stops cleanly';
done_testing;
