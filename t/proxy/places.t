# SPDX-License-Identifier: Apache-2.0
#
# Where settings for backends may stand and which of them holds, and every way by which a request gets to a backend
# over TLS, held against the stock mod_ssl: main server, virtual hosts, <Proxy> sections of each form; ProxyPass,
# ProxyPassMatch, RewriteRule [P], SetHandler, balancers, forward proxies, ProxyRemote, WebSockets, HTTP/2 and what needs no TLS beside them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2);
use TLSplus::Host;
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca($_) for qw(elsewhere clients);
$certs->leaf('good',     san => ['localhost'], cn => 'good');
$certs->leaf('stranger', san => ['localhost'], cn => 'stranger', issuer => 'elsewhere');
$certs->leaf('other',    san => ['other.test']);
$certs->leaf('expired',  san => ['localhost'], cn => 'expired', expired => 1);
for my $name (qw(one two)) {
    $certs->leaf($name, cn => $name, issuer => 'clients');
    $certs->write("$name.pair", map { $certs->read("$name.$_") } qw(crt key));
}

my @asks = ('  SSLCACertificateFile @CERTS@/clients.crt', '  SSLVerifyClient optional');
# Each frame comes back; behind TLS that another server speaks.
my $websocket = TLSplus::Backend->start(sub ($stream) {
    TLSplus::Backend::accept_websocket($stream) or return;
    while (my ($opcode, $payload) = $stream->take_frame(TLSplus::Backend::PATIENCE)) {
        $stream->send(TLSplus::Stream::frame($opcode, $payload));
    }
});
# The request comes as a netstring of fields (SCGI).
my $scgi = TLSplus::Backend->start(sub ($stream) {
    my ($length) = $stream->take_until(':') =~ /^(\d+):/ or return;
    $stream->take($length + 1);
    $stream->send("Status: 200 OK\r\nX-Backend: scgi\r\nContent-Length: 0\r\n\r\n");
});
my $answers = sub ($stream) {
    while (TLSplus::Backend::take_request($stream)) { TLSplus::Backend::answer($stream, 'here', 'X-Backend: here') }
};
my $plain = TLSplus::Backend->start($answers);

my $at_path = TLSplus::Backend->start($answers, unix => 1);
my $tls_at_path = TLSplus::Backend->start(over_tls($certs, 'good', $answers), unix => 1);

my $h2 = has_http2() ? 'http2' : ();
my $behind = TLSplus::Behind->start($certs, (map { ($_ => [pair($_), @asks]) } qw(good stranger other expired)),
    websocket => [pair('good'), '  ProxyPass / http://127.0.0.1:' . $websocket->port . '/ upgrade=websocket'],
    h2        => [pair('good'), '  Protocols h2', @asks],
    { modules => [qw(proxy proxy_http http2)] });
my %port = map { $_ => $behind->port($_) } qw(good stranger other expired websocket h2);

# ---- which setting holds ----

# host => [lines of the host, [what follows "Proxy" and its lines] ...]; every host passes /BACKEND/ on to that backend.
my $elsewhere = 'SSLProxyCACertificateFile @CERTS@/elsewhere.crt';
my @HOSTS = (
    'nothing'             => [[]],
    'verify-none'         => [['SSLProxyVerify none']],
    'other-authority'     => [[$elsewhere]],
    'engine-off'          => [['SSLProxyEngine off']],
    'name-off'            => [['SSLProxyCheckPeerName off']],
    'expire-off'          => [['SSLProxyCheckPeerExpire off', 'SSLProxyVerify none']],
    'certificate'         => [['SSLProxyMachineCertificateFile @CERTS@/two.pair']],
    'section-engine-off'  => [[], ['%', 'SSLProxyEngine off']],
    'section-engine-on'   => [['SSLProxyEngine off'], ['%', 'SSLProxyEngine on']],
    'section-verify'      => [[], ['%', 'SSLProxyVerify none']],
    'section-authority'   => [[], ['%', $elsewhere]],
    'section-name'        => [['SSLProxyCheckPeerName off'], ['%', 'SSLProxyCheckPeerName on']],
    'section-cn'          => [['SSLProxyCheckPeerName off'], ['%', 'SSLProxyCheckPeerCN on']],
    'section-cn-off'      => [[], ['%', 'SSLProxyCheckPeerCN off']],
    'section-certificate' => [['SSLProxyMachineCertificateFile @CERTS@/one.pair'], ['%', 'SSLProxyMachineCertificateFile @CERTS@/two.pair']],
    'section-inherits'    => [['SSLProxyMachineCertificateFile @CERTS@/two.pair'], ['%', 'SSLProxyVerify none']],
    'section-protocol'    => [['SSLProxyProtocol TLSv1.3'], ['%', 'SSLProxyProtocol TLSv1.2']],
    'section-depth'       => [['SSLProxyVerifyDepth 1'], ['%', 'SSLProxyVerifyDepth 0']],
    'all'                 => [[], [' "*"', 'SSLProxyVerify none']],
    'prefix'              => [[], [' "https://localhost:"', 'SSLProxyVerify none']],
    'whole-server'        => [[], [' "https://localhost:' . $port{stranger} . '"', 'SSLProxyVerify none']],
    'pattern'             => [[], ['Match "^https://localhost:\d+/section"', 'SSLProxyVerify none']],
    'pattern-of-all'      => [[], ['Match ".*"', 'SSLProxyVerify none']],
    'two-sections'        => [[], ['%', 'SSLProxyVerify none'], ['%', 'SSLProxyMachineCertificateFile @CERTS@/two.pair']],
    'all-and-one'         => [[], [' "*"', 'SSLProxyMachineCertificateFile @CERTS@/two.pair'], ['%', 'SSLProxyVerify none']],
    'section-of-balancer' => [[], ['balancer', 'SSLProxyVerify none', 'SSLProxyMachineCertificateFile @CERTS@/two.pair']],
);
my @BACKENDS = qw(good stranger other expired);

my $conf = <<"CONF";
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
SSLProxyMachineCertificateFile \@CERTS\@/one.pair
CONF
my @hosts = @HOSTS;
while (my ($host, $what) = splice @hosts, 0, 2) {
    my ($lines, @sections) = @$what;
    $conf .= join "\n", '<VirtualHost *:@PLAIN@>', "ServerName $host.test", @$lines, '';
    for my $backend (@BACKENDS) {
        my $member = "https://localhost:$port{$backend}/section-$host/";
        my $to = $member;
        for my $section (@sections) {
            my ($form, @set) = @$section;
            if ($form eq 'balancer') {
                $to = "balancer://$host-$backend/";
                $conf .= join "\n", "<Proxy \"balancer://$host-$backend\">", "BalancerMember $member disablereuse=on retry=0", @set, "</Proxy>\n";
            }
            elsif ($form eq '%')            { $conf .= join "\n", "<Proxy \"$to\">", @set, "</Proxy>\n" }
            elsif ($backend eq $BACKENDS[0]) { my $name = $form =~ /^Match/ ? 'ProxyMatch' : 'Proxy'; $conf .= join "\n", "<Proxy$form>", @set, "</$name>\n" }
        }
        $conf .= "ProxyPass /$backend/ $to" . ($to eq $member ? " disablereuse=on retry=0\n" : "\n");
    }
    $conf .= "</VirtualHost>\n";
}

# ---- ways ----

my $from_htaccess = "RewriteEngine on\nRewriteRule ^(.*) https://localhost:$port{good}/ways/\$1 [P]\n";
my %WAYS = (
    'ProxyPass in a location'         => ['/location/x', "<Location /location/>\nProxyPass https://localhost:$port{good}/\n</Location>"],
    'ProxyPassMatch'                  => ['/match/x', "ProxyPassMatch ^/match/(.*)\$ https://localhost:$port{good}/\$1"],
    'ProxyPassMatch in a location'    => ['/located/x', "<LocationMatch ^/located/(.*)\$>\nProxyPassMatch https://localhost:$port{good}/\$1\n</LocationMatch>"],
    'a rule'                          => ['/rule/x', "RewriteRule ^/rule/(.*) https://localhost:$port{good}/\$1 [P]"],
    'a rule to a stranger'            => ['/strange/x', "RewriteRule ^/strange/(.*) https://localhost:$port{stranger}/\$1 [P]"],
    'a rule to a worker'              => ['/worker/x', "<Proxy \"https://localhost:$port{stranger}/worker/\">\nSSLProxyVerify none\nProxySet keepalive=on\n</Proxy>\nRewriteRule ^/worker/(.*) https://localhost:$port{stranger}/worker/\$1 [P]"],
    'SetHandler'                      => ['/handler/x', "<Location /handler/>\nSetHandler \"proxy:https://localhost:$port{good}/\"\n</Location>"],
    'SetHandler under a condition'    => ['/condition/x', "<If \"%{REQUEST_URI} =~ m#^/condition/#\">\nSetHandler \"proxy:https://localhost:$port{good}/\"\n</If>"],
    'a folder of its own'             => ['/htaccess/x', ''],
    'a balancer'                      => ['/balancer/x', "<Proxy balancer://plain>\nBalancerMember https://localhost:$port{good}\n</Proxy>\nProxyPass /balancer/ balancer://plain/"],
    'a balancer, by a rule'           => ['/balanced/x', "<Proxy balancer://ruled>\nBalancerMember https://localhost:$port{good}\n</Proxy>\nRewriteRule ^/balanced/(.*) balancer://ruled/\$1 [P]"],
    'another proxy'                   => ['/remote/x', "ProxyPass /remote/ https://localhost:$port{good}/remote/\nProxyRemote https://localhost:$port{good}/remote/ http://127.0.0.1:\@PLAIN3\@"],
    'another proxy, to another name'  => ['/remote-other/x', "ProxyPass /remote-other/ https://localhost:$port{other}/remote/\nProxyRemote https://localhost:$port{other}/remote/ http://127.0.0.1:\@PLAIN3\@"],
    'another proxy that refuses'      => ['/remote-no/x', "ProxyPass /remote-no/ https://localhost:$port{good}/no/\nProxyRemote https://localhost:$port{good}/no/ http://127.0.0.1:\@PLAIN\@"],
    'a Unix socket'                   => ['/unix/x', 'ProxyPass /unix/ unix:' . $at_path->path . '|http://localhost/'],
    'TLS over a Unix socket'          => ['/unix-tls/x', 'ProxyPass /unix-tls/ unix:' . $tls_at_path->path . '|https://localhost/'],
    'plain HTTP'                      => ['/plain/x', 'ProxyPass /plain/ http://127.0.0.1:' . $plain->port . '/'],
    'SCGI'                            => ['/scgi/x', 'ProxyPass /scgi/ scgi://127.0.0.1:' . $scgi->port . '/'],
    'FTP'                             => ['/ftp/x', 'ProxyPass /ftp/ ftp://127.0.0.1:1/'],
    'nobody listens'                  => ['/nobody/x', 'ProxyPass /nobody/ https://127.0.0.1:1/ retry=0'],
    'no such name'                    => ['/unnamed/x', 'ProxyPass /unnamed/ https://name.invalid/ retry=0'],
    'plain HTTP to a port with TLS'   => ['/wrong-http/x', "ProxyPass /wrong-http/ http://localhost:$port{good}/"],
    $h2 ? (
        'HTTP/2'                      => ['/h2/x', "ProxyPass /h2/ h2://localhost:$port{h2}/"],
        'HTTP/2, a stranger'          => ['/h2-strange/x', "ProxyPass /h2-strange/ h2://localhost:$port{stranger}/"],
        'HTTP/2, nobody offers it'    => ['/h2-no/x', "ProxyPass /h2-no/ h2://localhost:$port{good}/"],
        'HTTP/1 to HTTP/2'            => ['/h2-h1/x', "ProxyPass /h2-h1/ https://localhost:$port{h2}/"],
    ) : (),
);
$conf .= join "\n", '<Directory "@ROOT@/htdocs">', 'AllowOverride FileInfo', '</Directory>',
  '<VirtualHost *:@PLAIN2@>', 'RewriteEngine on', (map { $WAYS{$_}[1] } sort keys %WAYS),
  "ProxyPass /wss/ wss://localhost:$port{websocket}/", "ProxyPass /upgrade/ https://localhost:$port{websocket}/ upgrade=websocket",
  "ProxyPass /wss-other/ wss://localhost:$port{other}/", '</VirtualHost>',
  '<VirtualHost *:@PLAIN3@>', 'ProxyRequests On', "AllowCONNECT $port{good} $port{other}", '</VirtualHost>', '';

my $twins = TLSplus::Twins->start(certs => $certs, conf => $conf,
    modules => [qw(proxy proxy_http proxy_connect proxy_balancer lbmethod_byrequests slotmem_shm proxy_wstunnel proxy_scgi proxy_ftp rewrite), $h2 ? 'proxy_http2' : ()],
    files => { 'htdocs/htaccess/.htaccess' => $from_htaccess });

sub decision ($answer) {
    my $status = $answer->status // 'closed';
    return join ' ', $status, map { $answer->header($_) // '-' } qw(x-backend x-sni x-client x-tls) if $status eq 200;
    my ($reason) = $answer->body =~ m{Reason: <strong>(.*?)</strong>};
    return join ' ', $status, $reason // ();
}

@hosts = @HOSTS;
my %told;
while (my ($host) = splice @hosts, 0, 2) {
    for my $backend (@BACKENDS) {
        $told{ $twins->alike("$host, $backend", sub ($server) { decision(TLSplus::Plain::ask($server, "/$backend/", host => "$host.test")) }) }++;
    }
}
cmp_ok scalar keys %told, '>=', 8, 'they differ';

for my $way (sort keys %WAYS) {
    $twins->alike($way, sub ($server) { decision(TLSplus::Plain::ask($server, $WAYS{$way}[0], port => 'PLAIN2')) });
}
for my $backend (qw(good stranger other)) {
    $twins->alike("a forward proxy, $backend", sub ($server) {
        my $there = "localhost:$port{$backend}";
        decision(TLSplus::Plain::ask($server, "https://$there/x", port => 'PLAIN3', host => $there));
    });
}
for my $path (qw(/wss/ /upgrade/ /wss-other/)) {
    $twins->alike("a WebSocket, $path", sub ($server) {
        my $stream = TLSplus::Plain::opened($server, port => 'PLAIN2');
        $stream->send(TLSplus::Plain::request($path, stays => 1, headers => [
            'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
        my ($status) = ($stream->take_until("\r\n\r\n", 30) // '') =~ m{^HTTP/1\.1 (\d+)} or return 'closed';
        return $status if $status != 101;
        $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, 'x' x 70_000, 'mask'));
        my (undef, $payload) = $stream->take_frame;
        return "$status " . length($payload // '');
    });
}
ok $twins->stop, 'both stop cleanly';
done_testing;
