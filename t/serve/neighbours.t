# SPDX-License-Identifier: Apache-2.0
#
# Whatever httpd's own modules expect of a TLS module's filters and hooks: each of them that has a hand
# in a connection's bytes answers through this one what it answers through mod_ssl, byte for byte, over
# HTTP/1.1 and HTTP/2, and what is written without an end comes without one. One row a module.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_http2 has_module);
use TLSplus::Host;
use TLSplus::Process qw(spew wait_until);
use TLSplus::Stream;
use TLSplus::Test;
use TLSplus::Twins;

my $has_h2 = has_http2();
my @MODULES = grep { has_module($_) } qw(proxy proxy_connect proxy_wstunnel proxy_http proxy_fcgi proxy_ftp remoteip reqtimeout
  logio dumpio ratelimit bucketeer lua cgi dav dav_fs cache cache_disk ext_filter reflector include filter deflate substitute
  buffer request data asis headers status), $has_h2 ? qw(http2 proxy_http2) : ();
my %has = map { $_ => 1 } @MODULES;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

# ---- what is behind ----

my $web = TLSplus::Backend->start(sub ($stream) {
    while (my $head = $stream->take_until("\r\n\r\n", 60)) {
        my ($method, $path) = $head =~ m{^(\w+) (\S+)} or return;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        my $body = $length ? $stream->take($length, 60) : '';
        if ($path =~ /pieces/) {
            $stream->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            $stream->send("5\r\npiece\r\n") for 1 .. 50;
            $stream->send("0\r\n\r\n");
        }
        else {
            my $answer = "$method $path " . length($body) . "\n" . 'w' x ($path =~ /large/ ? 300_000 : 10);
            $stream->send("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer");
        }
    }
});

# One request a connection (the FastCGI specification, 3.3 and 6.2).
my $fcgi = TLSplus::Backend->start(sub ($stream) {
    my $record = sub ($type, $content) { pack('CCnnCC', 1, $type, 1, length $content, 0, 0) . $content };
    my $body = '';
    while (my $head = $stream->take(8, 60)) {
        my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $head;
        my $content = $length + $padding ? substr $stream->take($length + $padding, 60), 0, $length : '';
        last if $type == 5 && !length $content;
        $body .= $content if $type == 5;
    }
    $stream->send($record->(6, "Content-Type: text/plain\r\n\r\n" . length($body) . " bytes came\n"));
    $stream->send($record->(6, 'f' x 30_000)) for 1 .. 5;
    $stream->send($record->(6, '') . $record->(3, pack 'NCx3', 0, 0));
});

my $echo = TLSplus::Backend->start(\&TLSplus::Backend::echo);
my ($web_port, $fcgi_port, $echo_port) = map { $_->port } $web, $fcgi, $echo;

my $proxies = '';
$proxies .= "AllowCONNECT $echo_port\nProxyRequests On\nProxyPass /web http://127.0.0.1:$web_port/\n";
$proxies .= "ProxyPass /fcgi fcgi://127.0.0.1:$fcgi_port/\n" if $has{proxy_fcgi};
$proxies .= "ProxyPass /h2c h2c://127.0.0.1:\@PLAIN\@\n"     if $has{proxy_http2};

my $host = tls_host(['a.test', 'PORT2'], pair('a'), '  RemoteIPProxyProtocol On');
my $twins = TLSplus::Twins->start(certs => $certs, modules => \@MODULES, loglevel => 'info dumpio:trace7', conf => <<"CONF" . $host);
Timeout 60
ScriptAlias /cgi/ \@ROOT\@/cgi/
DumpIOInput On
DumpIOOutput On
RequestReadTimeout header=30 body=30
DavLockDB \@ROOT\@/run/dav
CacheRoot \@ROOT\@/run
CacheEnable disk /cached
CacheIgnoreNoLastMod On
CacheDefaultExpire 3600
CacheStoreNoStore On
ExtFilterDefine upper mode=output cmd="/usr/bin/tr a-z A-Z"
LogFormat "%r %>s %B" io
CustomLog logs/io.log io
AddHandler send-as-is asis
<Directory \@ROOT\@/htdocs>
  Options +Includes
  AddType text/html shtml
  AddOutputFilter INCLUDES shtml
</Directory>
<Location /upper.txt>
  SetOutputFilter upper
</Location>
<Location /bucketeer.txt>
  SetOutputFilter BUCKETEER
</Location>
<Location /limited>
  SetOutputFilter RATE_LIMIT
  SetEnv rate-limit 2000
</Location>
<Location /deflated.txt>
  SetOutputFilter DEFLATE
</Location>
<Location /substituted.txt>
  AddOutputFilterByType SUBSTITUTE text/plain
  Substitute s/one/another/
</Location>
<Location /buffered.txt>
  SetOutputFilter BUFFER
</Location>
<Location /data.txt>
  SetOutputFilter DATA
</Location>
<Location /reflect>
  SetHandler reflector
</Location>
<Location /status>
  SetHandler server-status
</Location>
<Location /dav>
  Dav On
</Location>
<IfModule mod_lua.c>
  <Files *.lua>
    SetHandler lua-script
  </Files>
</IfModule>
<VirtualHost *:\@PLAIN\@>
  ServerName a.test
  <IfModule mod_http2.c>
    Protocols h2c http/1.1
  </IfModule>
</VirtualHost>
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key
  <IfModule mod_http2.c>
    Protocols h2 http/1.1
  </IfModule>
  $proxies
</VirtualHost>
CONF

for my $server ($twins->stock, $twins->ours) {
    $server->put("htdocs/$_.txt", "one line of $_\n" x 3000) for qw(upper deflated substituted buffered cached data);
    $server->put('htdocs/small.txt', "small\n");
    $server->put('htdocs/bucketeer.txt', join "\x02", map { "part $_\n\x06" } 1 .. 100);
    $server->put('htdocs/limited', 'l' x 1_000_000);
    $server->put('htdocs/included.shtml', '<!--#include virtual="/small.txt" --><!--#include virtual="/cgi/plain" -->' x 20);
    $server->put('htdocs/sent.asis', "Status: 201 As Is\r\nContent-Type: text/plain\r\n\r\nas it is\n");
    $server->put('htdocs/script.lua', "function handle(r)\n  r.content_type = 'text/plain'\n  for i = 1, 100 do r:puts('line ' .. i .. '\\n'); r:flush() end\n  return apache2.OK\nend\n");
    $server->put('htdocs/dav/here', "there\n");
    chmod 0777, map { $server->root . "/$_" } qw(htdocs/dav run);
    $server->cgi('plain', 'print "Content-Type: text/plain\n\n", "cgi\n" x 5000;');
    $server->cgi('count', 'local $/; my $body = <STDIN>; print "Content-Type: text/plain\n\n", length $body, "\n";');
    $server->cgi('flushes', '$| = 1; print "Content-Type: text/plain\n\n"; print "$_\n" for 1 .. 200;');
    $server->cgi('nph-all', '$| = 1; print "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nby itself\n";');
    $server->cgi('polls', <<"PERL");
\$| = 1;
print "Content-Type: text/plain\\n\\nfirst\\n";
for (1 .. 3000) { last if -e '@{[ $server->root ]}/run/go'; select undef, undef, undef, 0.02 }
print "second\\n";
PERL
}

# ---- what is asked ----

# (Whether a length or chunks announce the body depends on how fast a program writes.)
sub told ($answer) {
    my $body = $answer->body // '';
    return {
        status => $answer->status, length => length $body, body => length $body > 2000 ? sha256_hex($body) : $body,
        map { $_ => $answer->header($_) } grep { defined $answer->header($_) }
          qw(content-type content-encoding accept-ranges allow connection),
    };
}

sub get ($path, %opt) { sub ($server, $http) { told($server->get($path, name => 'a.test', http => $http, %opt)) } }

my $large = 'r' x 200_000;
my @ROWS = (
    # module, what it does, how it is asked, in which HTTP alone
    ['core',            'a file',                       get('/small.txt')],
    ['core',            'a part of a file',             get('/limited', headers => ['Range: bytes=10-70000'])],
    ['core',            'parts of a file',              get('/cached.txt', headers => ['Range: bytes=0-9']) ],
    ['core',            'a head alone',                 get('/small.txt', args => ['--head'], to => '/dev/null')],
    ['core',            'nothing there',                get('/none')],
    ['cgi',             'a program',                    get('/cgi/plain')],
    ['cgi',             'a program that flushes',       get('/cgi/flushes')],
    ['asis',            'as it is',                     get('/sent.asis')],
    ['include',         'files and programs in a page', get('/included.shtml')],
    ['ext_filter',      'a filter of another process',  get('/upper.txt')],
    ['bucketeer',       'flushes at every line',        get('/bucketeer.txt')],
    ['ratelimit',       'a slow writer',                get('/limited')],
    ['deflate',         'compressed',                   get('/deflated.txt', headers => ['Accept-Encoding: gzip'])],
    ['substitute',      'line by line',                 get('/substituted.txt')],
    ['buffer',          'gathered',                     get('/buffered.txt')],
    ['data',            'made another kind of text',    get('/data.txt')],
    ['reflector',       'a body that comes back',       get('/reflect', data => $large), '1.1'],    # over HTTP/2 it breaks off now and then, with any TLS
    ['lua',             'a script that flushes',        get('/script.lua')],
    ['cache_disk',      'kept',                         get('/cached.txt')],
    ['cache_disk',      'and had from there',           get('/cached.txt')],
    ['dav',             'listed',                       get('/dav/', method => 'OPTIONS')],
    ['dav',             'read',                         get('/dav/here')],
    ['dav',             'written',                      get('/dav/new', method => 'PUT', data => $large)],
    ['dav',             'and read again',               get('/dav/new')],
    ['dav',             'and deleted',                  get('/dav/new', method => 'DELETE')],
    ['proxy_http',      'a small answer',               get('/web/small')],
    ['proxy_http',      'a large one',                  get('/web/large')],
    ['proxy_http',      'one in pieces',                get('/web/pieces')],
    ['proxy_http',      'a body for the backend',       get('/web/post', data => $large)],
    ['proxy_fcgi',      'a body, and records back',     get('/fcgi/x', data => $large)],
    ['proxy_http2',     'over HTTP/2 behind',           get('/h2c/limited')],
    ['proxy_http2',     'a body over HTTP/2 behind',    get('/h2c/cgi/count', data => $large)],
    ['cgi',             'a body for a program',         get('/cgi/count', data => $large)],
);

for my $http ('1.1', $has_h2 ? '2' : ()) {
    for my $row (@ROWS) {
        my ($module, $what, $ask, $alone) = @$row;
        next if $http ne ($alone // $http);
        next if $module ne 'core' && !$has{$module};
        $twins->same("$module: $what, HTTP/$http", sub ($server) { $ask->($server, $http) }, least => 3);
    }
}

# What is written without an end.

sub conversation ($what, $module, $ask) {
    return if !$has{$module};
    $twins->same("$module: $what", sub ($server) { $ask->($server, TLSplus::Stream->tls($server, name => 'a.test')) });
}

sub answer_to ($stream, $request) {
    $stream->send("GET $request HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    return $stream->take_until("\r\n\r\n") // '(nothing)';
}

conversation('a program that waits after its first line', 'cgi', sub ($server, $stream) {
    my $status = substr answer_to($stream, '/cgi/polls'), 0, 15;
    my $first  = $stream->take_until("first\n") // '(nothing)';
    spew($server->root . '/run/go', '');
    return { status => $status, first => $first, rest => $stream->take_rest };
});
conversation('a program that writes its own head', 'cgi', sub ($server, $stream) {
    return { head => answer_to($stream, '/cgi/nph-all'), rest => $stream->take_rest };
});
conversation('a tunnel', 'proxy_connect', sub ($server, $stream) {
    $stream->send("CONNECT 127.0.0.1:$echo_port HTTP/1.1\r\nHost: x\r\n\r\n");
    my $status = substr $stream->take_until("\r\n\r\n") // '(nothing)', 0, 12;
    my $back = '';
    for my $piece ('a', 'bc', 'd' x 5000, 'e') {
        $stream->send($piece);
        $back .= $stream->take(length $piece) // '(nothing)';
    }
    return { status => $status, back => $back };
});

# The header that names the client comes before the first record.
$twins->same('remoteip: behind a PROXY header', sub ($server) {
    return told($server->get('/small.txt', name => 'a.test', port => 'PORT2', args => ['--haproxy-protocol']));
}) if $has{remoteip};

$twins->same('logio: what was asked and answered, in the log', sub ($server) {
    my $read = sub { TLSplus::Process::slurp($server->root . '/logs/io.log') };
    wait_until(20, sub { $read->() =~ m{/cgi/nph-all} });
    my %count;
    ++$count{$_} for $read->() =~ m{^(GET /(?:small|upper|web|cgi/plain)\S* HTTP/\S+ \d+ \d+)$}gm;
    return \%count;
}, least => 5);

is_deeply [grep { !$has{$_} } qw(proxy_connect proxy_wstunnel proxy_http proxy_fcgi cgi ext_filter reflector dav)], [],
  'what a Debian has was asked';
ok $twins->stop, 'both stop cleanly';
done_testing;
