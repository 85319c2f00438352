# SPDX-License-Identifier: Apache-2.0
#
# Client certificates and ciphers of places inside a host: asked for by renegotiation with TLS 1.2, after the
# handshake with TLS 1.3. Bodies that wait meanwhile, clients that cannot or will not answer, clients that
# renegotiate on their own.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2 needs_tlsplus);
use TLSplus::Process ();
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test', 'asks.test', 'b.test'], key => 'rsa');
$certs->ca;
$certs->leaf('good', cn => 'good');
$certs->leaf('deep', cn => 'deep', intermediates => 1);
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');
$certs->ca('elsewhere');

my $places = <<'CONF';
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_S_DN_CN}s %{SSL_CIPHER}s"
  <Location "/require">
    SSLVerifyClient require
  </Location>
  <Location "/require/deep">
    SSLVerifyDepth 2
  </Location>
  <Location "/require/none">
    SSLVerifyClient none
  </Location>
  <Location "/optional">
    SSLVerifyClient optional
  </Location>
  <Location "/lenient">
    SSLVerifyClient optional_no_ca
  </Location>
  <If "%{QUERY_STRING} == 'member'">
    SSLVerifyClient require
  </If>
  <Location "/cgi/small">
    SSLVerifyClient require
    SSLRenegBufferSize 1000
  </Location>
  <Location "/cgi/no-body">
    SSLVerifyClient require
    SSLRenegBufferSize 0
  </Location>
  <Location "/cgi/echo">
    SSLVerifyClient require
  </Location>
  <Location "/aes256">
    SSLCipherSuite ECDHE-RSA-AES256-GCM-SHA384
  </Location>
  <Location "/lazy">
    SSLCipherSuite ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256
    SSLOptions +OptRenegotiate
  </Location>
  <Location "/no-cipher">
    SSLCipherSuite none-such
  </Location>
CONF
my $tls = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
CONF
my %files = map { ("htdocs/$_/index.html" => $_) } qw(require require/deep require/none optional lenient aes256 lazy no-cipher kept);
my $server = TLSplus::Server->start(certs => $certs, modules => ['headers', 'cgi', 'http2'],
    files => {%files, 'htdocs/kept/.htaccess' => "SSLVerifyClient require\n"}, conf => <<"CONF");
TLSPlusHandshakeTimeout 2
ScriptAlias /cgi/ \@ROOT\@/cgi/
<Directory "\@ROOT\@/htdocs">
  AllowOverride AuthConfig
</Directory>
<VirtualHost *:\@PORT\@>
  ServerName a.test
  Protocols h2 http/1.1
$tls$places
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName asks.test
$tls  SSLVerifyClient optional
$places
</VirtualHost>
<VirtualHost *:\@PORT2\@>
  ServerName b.test
  SSLEngine off
</VirtualHost>
CONF
$server->cgi($_, <<'PERL') for qw(echo small no-body);
binmode STDIN; local $/; my $body = <STDIN>;
print "Content-Type: text/plain\n\n", length $body // '', ' ', $body // '';
PERL

my $dir = $certs->dir;
sub with ($who) { $who eq 'nobody' ? () : (cert => "$dir/$who" . (-f "$dir/$who.chain" ? '.full' : '.crt'), key => "$dir/$who.key") }
sub seen ($answer) { $answer->{status} ? "$answer->{status} " . join ' ', (split ' ', $answer->header('x-seen') // '')[0, 1] : 'closed' }

# path, client => what is seen with TLS 1.2; with TLS 1.3, if that is something else
my @CASES = (
    ['/',               'good',     '200 NONE (null)'],
    ['/require/',       'good',     '200 SUCCESS good'],
    ['/require/',       'nobody',   'closed', '403 NONE (null)'],
    ['/require/',       'stranger', 'closed'],
    ['/require/',       'deep',     'closed'],
    ['/require/deep/',  'deep',     '200 SUCCESS deep'],
    ['/optional/',      'good',     '200 SUCCESS good'],
    ['/optional/',      'nobody',   '200 NONE (null)'],
    ['/lenient/',       'stranger', '200 FAILED:unable to'],
    ['/kept/',          'good',     '200 SUCCESS good'],
    ['/kept/',          'nobody',   'closed', '403 NONE (null)'],
    ['/?member',        'good',     '200 SUCCESS good'],
    ['/?member',        'nobody',   'closed', '403 NONE (null)'],
);
for my $case (@CASES) {
    my ($path, $who, $tls12, $tls13) = @$case;
    for my $version (['1.2', $tls12], ['1.3', $tls13 // $tls12]) {
        my $answer = $server->get($path, name => 'a.test', tls => $version->[0], with($who));
        is seen($answer), $version->[1], "$path, $who, TLS $version->[0]" or diag $answer->error;
    }
}
# With TLS 1.2 such a client is not answered: the log is told of the place all the same.
for my $case (['/require/', qr/TP0737: .*a\.test.*"\/require\/"/],
    ['/aes256/', qr/TP0739: .*a\.test.*"\/aes256\/": \\?"ECDHE-RSA-AES256-GCM-SHA384\\?": no shared cipher/, args => ['--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256']]) {
    my ($path, $line, @how) = @$case;
    my $mark = $server->mark;
    is seen($server->get($path, name => 'a.test', tls => '1.2', @how)), 'closed', "$path, who has not what it wants, TLS 1.2";
    logs $server, $line, '... and the place is named', mark => $mark;
}
# A client that does not offer post-handshake authentication, as browsers do not. It tries twice.
for my $place (qw(require optional)) {
    my $get = "GET /$place/ HTTP/1.1\r\nHost: a.test\r\n";
    my $answer = $server->handshake(name => 'a.test', tls => 'TLSv1.3', args => ['-cert', "$dir/good.crt", '-key', "$dir/good.key"],
        request => "$get\r\n${get}Connection: close\r\n\r\n");
    is join(' ', $answer->body =~ m{^HTTP/1\.1 (\d+)}mg), '403 403', "/$place/ without post-handshake authentication: refused, each time";
    like $answer->body, qr/post-handshake/, '... and told';
}
logs($server, qr/TP0733: .*vhost a\.test.*"\/require\/".*optional/, '... and said, with the way out');
logs($server, qr/TP0730: .*at depth 2, SSLVerifyDepth allows 1/, 'a chain too deep for the place: said');

for my $version (qw(1.2 1.3)) {
    # one connection, several requests: what was asked stays asked, and a refusal stays one
    my @urls = map { my $port = $server->port; "https://a.test:$port$_" } '/require/', '/', '/optional/';
    my $answer = $server->get('/require/', name => 'a.test', tls => $version, with('good'), args => [map { ('-o', '/dev/null', $_) } @urls]);
    my @lines = $answer->output =~ /^(\d{3}) \S+ (\d)/mg;
    is "@lines[0, 2, 4, 6]", '200 200 200 200', "TLS $version: several requests on one connection";
    is $lines[3] + $lines[5] + $lines[7], 0, "TLS $version: and it is one connection";
    is seen($server->get('/require/', name => 'asks.test', tls => $version, with('good'))), '200 SUCCESS good',
        "TLS $version: who has shown his certificate is not asked again";
}
# bodies
for my $version (qw(1.2 1.3)) {
    for my $row (['echo', 0, 200], ['echo', 100_000, 200], ['echo', 131_072, 200], ['echo', 131_073, 413],
        ['small', 1000, 200], ['small', 1001, 413], ['no-body', 1, 413], ['no-body', 0, 200]) {
        my ($cgi, $size, $status) = @$row;
        my $body = 'x' x $size;
        for my $how ([], ['Transfer-Encoding: chunked']) {
            next if @$how && !$size;
            my $answer = $server->post("/cgi/$cgi", $body, name => 'a.test', tls => $version, headers => $how, with('good'));
            my $what = "TLS $version: $size bytes to $cgi" . (@$how ? ', chunked' : '');
            is $answer->status, $status, "$what: $status" or diag $answer->error;
            ok $answer->body eq "$size $body", "$what: arrive whole" if $status == 200;
        }
    }
}
logs($server, qr/TP0738: .*more than 1000 bytes/, 'a body that is too large: said');

# HTTP/2, which mod_http2 does not speak on prefork
SKIP: {
    skip 'no HTTP/2 on prefork', 3 if !has_http2();
    my $answer = $server->client->nghttp('/require/', name => 'a.test', args => ['--cert', "$dir/good.crt", '--key', "$dir/good.key"]);
    like $answer->output, qr/HTTP_1_1_REQUIRED/, 'HTTP/2: told to use HTTP/1.1';
    logs($server, qr/TP0732: .*verify-client/, 'HTTP/2: said');
    is seen($server->get('/require/', name => 'a.test', http => '2', tls => '1.2', with('good'))), '200 SUCCESS good', 'HTTP/2: curl does, and is served';
}

# ciphers
my @weak = (args => ['--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384']);
sub cipher ($path, @how) { my $a = $server->get($path, name => 'a.test', @how); ($a->status || 'closed') . ' ' . ((split ' ', $a->header('x-seen') // '')[2] // '') }
is cipher('/', tls => '1.2', @weak), '200 ECDHE-RSA-AES128-GCM-SHA256', 'TLS 1.2: a weaker cipher elsewhere';
is cipher('/aes256/', tls => '1.2', @weak), '200 ECDHE-RSA-AES256-GCM-SHA384', 'TLS 1.2: the cipher of the place';
is cipher('/lazy/', tls => '1.2', @weak), '200 ECDHE-RSA-AES128-GCM-SHA256', 'TLS 1.2: OptRenegotiate keeps what is good enough';
like cipher('/aes256/', tls => '1.2', args => ['--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256']), qr/closed|403/, 'TLS 1.2: a client without it is not served';
is cipher('/no-cipher/', tls => '1.2'), '403 ECDHE-RSA-AES256-GCM-SHA384', 'TLS 1.2: a list that selects nothing';
like cipher('/aes256/', tls => '1.3'), qr/^200 TLS_/, 'TLS 1.3: ciphers of a place have no effect';

# A client that renegotiates by itself is refused.
{
    # without a request s_client takes commands: R renegotiates
    my $done = TLSplus::Process::run([$server->client->s_client_command(name => 'a.test', tls => 'TLSv1.2')], stdin => "R\n", timeout => 30);
    like $done->{err}, qr/RENEGOTIATING.*no renegotiation/s, 'a client cannot renegotiate by itself';
    serves($server, '... and others are served', name => 'a.test');
}

# A client that does not answer when it is asked: nothing reaches it after its request.
{
    my $mark  = $server->mark;
    my $relay = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1, Proto => 'tcp') or die "no port: $!\n";
    my $pid   = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::_exit(relay_until_request(scalar $relay->accept, $server->port));
    }
    my @command = $server->client->s_client_command(name => 'a.test', tls => 'TLSv1.2', port => $relay->sockport, request => 1);
    my $done = TLSplus::Process::run(\@command, stdin => "GET /require/ HTTP/1.0\r\nHost: a.test\r\n\r\n", timeout => 30);
    waitpid $pid, 0;
    ok !$done->{timed_out}, 'a client that does not answer when it is asked: the connection is closed';
    logs($server, qr/TP0736: .*vhost a\.test/, '... in time, and said', mark => $mark);
    serves($server, '... and others are served', name => 'a.test');
}

# Passes everything on until the client has sent application data; from then on nothing to the client.
sub relay_until_request ($client, $port) {
    my $upstream = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp') or return 1;
    my $select = IO::Select->new($client, $upstream);
    my $asked  = 0;
    while (1) {
        for my $from ($select->can_read) {
            sysread($from, my $bytes, 65536) or return 0;
            $asked ||= $from == $client && ord($bytes) == 23;
            next if $asked && $from == $upstream;
            syswrite($from == $client ? $upstream : $client, $bytes);
        }
    }
}

ok $server->stop, 'stops cleanly';
done_testing;
