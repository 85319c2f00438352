# SPDX-License-Identifier: Apache-2.0
#
# SSLRequireSSL, SSLRequire, Require ssl, Require ssl-verify-client and FakeBasicAuth as an operator meets them: what is
# logged, noted, dumped and refused at configtest, and what mod_ssl does not do. Who is let in is held against
# mod_ssl in access-decisions.t.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 needs_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test', 'b.test', 'deep.test']);
$certs->ca;
$certs->leaf('good',  cn => 'good');
$certs->leaf('colon', cn => 'admin:password');
$certs->leaf('deep',  cn => 'deep', intermediates => 1);

my $tls = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
CONF
my $users = "AuthType Basic\n    AuthName users\n    AuthUserFile \"\@ROOT\@/users\"\n    Require valid-user";
# The oldest kind of hash sees eight octets of a password: this one takes "password:password" too.
my $hash = run(['perl', '-e', 'print crypt("password", "xx")'])->{out};
my %pages = map { ("htdocs/$_/index.html" => "in\n") } qw(tls cn nowhere ht ht-cn shut fake basic strict lazy);

my $server = TLSplus::Server->start(certs => $certs, files => {%pages, users => join('', map { "$_:$hash\n" } '/CN=good', '/CN=admin', 'bob'),
        'htdocs/ht/.htaccess' => "SSLRequireSSL off\n", 'htdocs/ht-cn/.htaccess' => "SSLRequire false\n", 'htdocs/shut/.htaccess' => "SSLRequire true\n"},
    modules => [qw(http2 headers cgi access_compat auth_basic authn_core authn_file authz_user authz_host)], conf => <<"CONF");
ScriptAlias /cgi/ \@ROOT\@/cgi/
Header always set X-Seen "expr=%{REMOTE_USER} %{SSL_CLIENT_S_DN_CN}"
LogFormat "%U forbidden=%{ssl-access-forbidden}n" notes
CustomLog logs/notes.log notes
<Directory "\@ROOT\@/htdocs">
  AllowOverride AuthConfig
</Directory>
<Directory "\@ROOT\@/htdocs/shut">
  AllowOverride None
</Directory>
<Location "/tls">
  SSLRequireSSL
</Location>
<Location "/cn">
  SSLRequire %{SSL_CLIENT_S_DN_CN} eq "good"
</Location>
<Location "/nowhere">
  SSLRequire file("/nonexistent") eq "x"
</Location>
<Location "/fake">
    SSLOptions +FakeBasicAuth
    $users
</Location>
<Location "/basic">
    $users
</Location>
<Location "/cgi/upload">
    SSLVerifyClient require
    SSLRenegBufferSize 1000
    Satisfy any
    $users
</Location>
<VirtualHost *:\@PORT\@>
  ServerName a.test
$tls  SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName b.test
$tls</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName deep.test
  Protocols h2 http/1.1
$tls  SSLVerifyClient optional
  SSLVerifyDepth 2
  <LocationMatch "^/(strict|lazy)">
    SSLVerifyClient require
    SSLVerifyDepth 1
  </LocationMatch>
  <Location "/lazy">
    SSLOptions +OptRenegotiate
  </Location>
</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
</VirtualHost>
CONF
$server->cgi('upload', <<'PERL');
binmode STDIN; local $/; my $body = <STDIN>;
print "Content-Type: text/plain\n\n", length $body // '';
PERL

my $dir = $certs->dir;
sub with ($who) { (cert => "$dir/$who" . (-f "$dir/$who.chain" ? '.full' : '.crt'), key => "$dir/$who.key") }
sub login ($text) { (headers => ['Authorization: Basic ' . encode_base64($text, '')]) }
sub seen ($answer) { join ' ', $answer->status || 'closed', split ' ', $answer->header('x-seen') // '' }
my @plain = (name => 'a.test', scheme => 'http', port => 'PLAIN');

# What is refused is one line: id, line of the configuration, what was asked for, what was not met.
sub one_line ($what, $pattern, $status, $path, %how) {
    my $mark = $server->mark;
    is $server->get($path, name => 'a.test', %how)->status, $status, "$what: $status";
    my $line = logs($server, qr/\[ssl:error\].* $pattern/, "$what: said", mark => $mark);
    my @ours = $server->log_lines(qr/TP05\d\d/, $mark);
    is scalar @ours, 1, "$what: in one line" or diag @ours;
    return $line;
}
one_line('SSLRequireSSL', qr/TP0503: .* - SSLRequireSSL at \S+test\.conf:12: "\/tls\/"\. Fix: /, 403, '/tls/', @plain);
one_line('SSLRequire', qr/TP0504: .* - SSLRequire at \S+test\.conf:15: "\/cn\/": %\{SSL_CLIENT_S_DN_CN\} eq "good"\. Fix: /, 403, '/cn/');
one_line('an expression that fails', qr/TP0505: .* - SSLRequire at \S+test\.conf:18: .*nonexistent/, 403, '/nowhere/');
one_line('a made up login', qr/TP0506: .*"\/basic\/": "\/CN=good"/, 403, '/basic/', login('/CN=good:password'));
one_line('a subject with a colon', qr/TP0507: .*"\/fake\/": "\/CN=admin:password"/, 403, '/fake/', with('colon'));
one_line('SSLRequireSSL in .htaccess, with an argument', qr/TP0503: .* - SSLRequireSSL at \S+\/ht\/\.htaccess:1: /, 403, '/ht/', @plain);
one_line('SSLRequire in .htaccess', qr/TP0504: .* - SSLRequire at \S+\/ht-cn\/\.htaccess:1: .*: false\. Fix/, 403, '/ht-cn/');
is seen($server->get('/fake/', name => 'a.test', with('good'))), '200 /CN=good good', 'FakeBasicAuth: the subject is the user';
is $server->get('/ht/', name => 'a.test')->status, 200, '.htaccess: TLS will do';
is $server->get('/shut/', name => 'a.test')->status, 200, '.htaccess: not read where it is not allowed';

my %noted = map { /^(\S+) forbidden=(\S+)$/ ? ($1 => $2) : () } split /\n/, TLSplus::Process::slurp($server->root . '/logs/notes.log');
is "$noted{$_->[0]}", $_->[1], "$_->[0]: ssl-access-forbidden is $_->[1]" for ['/tls/', 1], ['/cn/', 1], ['/nowhere/', 1], ['/basic/', '-'];

# Whatever else would let the client in: without its whole body a request is not served.
for my $version (qw(1.2 1.3)) {
    my @how = (name => 'b.test', tls => $version, with('good'));
    is $server->post('/cgi/upload', 'x' x 1000, @how)->body, '1000', "TLS $version, Satisfy any: a body that can be kept";
    is $server->post('/cgi/upload', 'x' x 1001, @how, login('bob:password'))->status, 413,
        "TLS $version, Satisfy any: a body that cannot, whatever the password";
}
for my $case (['bob:password', 200], ['bob:wrong', 401], ['/CN=good:password', 403]) {
    my ($login, $status) = @$case;
    my (undef, $headers) = login($login);
    is $server->handshake(name => 'b.test', tls => 'TLSv1.3', request => "GET /cgi/upload HTTP/1.0\r\nHost: b.test\r\n$headers->[0]\r\n\r\n")->status,
        $status, "Satisfy any: the password $login in place of a certificate, for a client that cannot be asked: $status";
}

# OptRenegotiate: a certificate that was held against other rules is looked at again, and its client is not asked. These
# clients cannot be asked.
sub status_of ($place, $who, $version) {
    my %with = $who eq 'nobody' ? () : with($who);
    my @chain = $who eq 'deep' ? ('-cert_chain', "$dir/deep.full") : ();
    return $server->handshake(name => 'deep.test', tls => $version, args => [(map { ("-$_", $with{$_}) } sort keys %with), @chain],
        request => "GET /$place/ HTTP/1.0\r\nHost: deep.test\r\n\r\n")->status // 'closed';
}
is status_of('strict', 'good', 'TLSv1.3'), 403, 'OptRenegotiate: without it the client is to be asked again';
is status_of('lazy', 'good', 'TLSv1.3'), 200, 'OptRenegotiate: with it, what it has shown will do';
is status_of('lazy', $_, 'TLSv1.3'), 403, "OptRenegotiate: $_, who has shown what will not do" for 'deep', 'nobody';
is status_of('lazy', 'good', 'TLSv1.2'), 200, 'OptRenegotiate: TLS 1.2';
is status_of('lazy', 'deep', 'TLSv1.2'), 'closed', 'OptRenegotiate: TLS 1.2, asked, and refused for what it shows again';
SKIP: {
    skip 'no HTTP/2 on prefork', 2 if !has_http2();
    for my $case (['strict', qr/HTTP_1_1_REQUIRED/], ['lazy', qr/:status: 200/]) {
        my ($place, $pattern) = @$case;
        my $answer = $server->client->nghttp("/$place/", name => 'deep.test', args => ['--cert', "$dir/good.crt", '--key', "$dir/good.key"]);
        like $answer->output =~ s/\e\[[0-9;]*m//gr, $pattern, "OptRenegotiate: /$place/ over HTTP/2";
    }
}

my $dump = $server->configtest(define => ['DUMP_TLS'])->{text};
like $dump, qr/in a directory section +SSLRequireSSL +\S*test\.conf:12/, 'DUMP_TLS: SSLRequireSSL';
like $dump, qr/SSLRequire %\{SSL_CLIENT_S_DN_CN\} eq "good" +\S*test\.conf:15/, 'DUMP_TLS: SSLRequire';
like $dump, qr/SSLVerifyClient require +\S*test\.conf:\d+/, 'DUMP_TLS: SSLVerifyClient';
ok $server->stop, 'stops cleanly';

# What configtest says: [section, line => fatal, what, name]
sub found ($section, $lines) {
    my $conf = $section ? "$section\n$lines\n" . ($section =~ /^<(\w+)/ ? "</$1>\n" : '') : "$lines\n";
    return TLSplus::Server->new(certs => $certs, modules => ['authz_host'], conf => "<VirtualHost *:\@PORT\@>\n  ServerName a.test\n$tls$conf</VirtualHost>\n");
}
for my $case (
    ['SSLRequire %{SSL_CIPHER} eq',         qr/TP0501: .* - SSLRequire at \S+test\.conf:8: .*syntax error/, 'half an expression'],
    ['SSLRequire',                          qr/TP0501: .*syntax error/,                                     'no expression'],
    ['SSLRequire %{NO_SUCH} eq "x"',        qr/TP0501: .*NO_SUCH/,                                          'an unknown variable'],
    ['SSLRequire "x" in OID("1.2.3")',      qr/TP0501: .*OID.*Fix: .*PeerExtList/,                          'a name of old'],
    ['SSLRequire "%{SSL_CIPHER} eq \'x\'"', qr/TP0501: .*Fix: take away the quotes/,                        'an expression in quotes'],
    ['Require ssl on',                      qr/TP0508: .* - Require ssl at \S+test\.conf:8: "on"/,          'an argument to Require ssl'],
    ['Require ssl-verify-client x',         qr/TP0508: .* - Require ssl-verify-client at \S+test\.conf:8: "x"/, 'an argument to Require ssl-verify-client'],
) {
    my ($line, $pattern, $name) = @$case;
    refused(found('<Location "/">', $line), $pattern, "$name: refused");
}
refused(found('', $_), qr/not allowed in <VirtualHost>/, "$_ outside a directory section: refused") for 'SSLRequireSSL', 'SSLRequire true';
{
    my $found = found('<Location "/">', 'SSLRequireSSL off')->configtest;
    is $found->{exit}, 0, 'SSLRequireSSL off: accepted, as by mod_ssl';
    like $found->{text}, qr/TP0502: .* - SSLRequireSSL at \S+test\.conf:8(?: \(vhost a\.test:\d+\))?: "off"/, 'SSLRequireSSL off: ... and told that it is on';
}

# One line a host, and none where the host itself asks.
{
    my $places = join '', map { "<Location \"/$_\">\nSSLVerifyClient require\n</Location>\n" } 1 .. 19;
    my @lines = grep { /TP0716/ } split /\n/, found('', $places)->configtest->{text};
    is scalar @lines, 1, '19 places of a host: one line';
    like $lines[0], qr/"require", and 18 more\. Fix: /, '... that says how many';
    finds_nothing found('', "SSLVerifyClient $_\n$places"), "... none where the host asks, $_", qr/TP0716: / for qw(optional optional_no_ca require);
    for my $mode (qw(optional optional_no_ca)) {
        my $text = found('<Location "/x">', "SSLVerifyClient $mode")->configtest->{text};
        like $text, qr/TP0716: .*Fix: write SSLVerifyClient $mode in the <VirtualHost>, which/, "$mode: the mend for it";
        unlike $text, qr/TP0716: .*ssl-verify-client/, '... which locks nobody out';
    }
}

# What browsers cannot do is said for every kind of section, with the way out.
for my $section ('<Location "/x">', '<LocationMatch "^/x">', '<Directory "@ROOT@/htdocs">', '<Files "x.html">', '<If "true">', '<Proxy "*">') {
    my $found = found($section, 'SSLVerifyClient require')->configtest;
    if ($section =~ /Proxy/) { next if $found->{exit} }    # without mod_proxy there is no such section
    is $found->{exit}, 0, "$section: passes";
    like $found->{text}, qr/TP0716: .* - SSLVerifyClient at \S+test\.conf:8 .*"require"\. Fix: .*SSLVerifyClient optional.*Require ssl-verify-client/,
        "$section: what browsers cannot do is said, with the way out";
}
finds_nothing found('', "SSLVerifyClient optional\n<Location \"/x\">\nRequire ssl-verify-client\n</Location>"),
    'and the way out has no finding', qr/TP0[57]\d\d: /;
done_testing;
