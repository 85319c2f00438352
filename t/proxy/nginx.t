# SPDX-License-Identifier: Apache-2.0
#
# nginx as the backend: TLS that is neither ours nor httpd's, which ends connections that it has used often enough, asks for a
# certificate and passes bodies and WebSockets on. Large bodies both ways, byte for byte.
#
#   make check T=t/proxy/nginx.t                         10 MB
#   TLSPLUS_LONG=1 make check T=t/proxy/nginx.t          100 MB
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(find_program mpm needs_program needs_tlsplus run_as scratch_dir);
use TLSplus::Plain;
use TLSplus::Process qw(slurp spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Stream;

needs_tlsplus;
needs_program('nginx');

my $MEGABYTES = $ENV{TLSPLUS_LONG} ? 100 : 10;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('clients');
$certs->leaf('good', san => ['localhost'], cn => 'good');
$certs->leaf('ours', cn => 'ours', issuer => 'clients');
$certs->write('ours.pair', map { $certs->read("ours.$_") } qw(crt key));

# Behind nginx: tells the digest of a body, and gives WebSocket frames back.
my $plain = TLSplus::Backend->start(sub ($stream) {
    my $head = $stream->take_until("\r\n\r\n", TLSplus::Backend::PATIENCE) // return;
    $stream->put_back($head);
    if ($head =~ /^Upgrade:/mi) {
        TLSplus::Backend::accept_websocket($stream) or return;
        while (my ($opcode, $payload) = $stream->take_frame(TLSplus::Backend::PATIENCE)) {
            last if $payload eq 'end';
            $stream->send(TLSplus::Stream::frame($opcode, $payload));
        }
        return;
    }
    my $request = TLSplus::Backend::take_request($stream) or return;
    TLSplus::Backend::answer($stream, sha256_hex($request->{body}), 'Connection: close');
});

my $root = scratch_dir('tlsplus-nginx');
my $unit = join '', map { pack 'N', $_ * 2_654_435_761 % 4_294_967_296 } 1 .. 262_144;    # 1 MiB
my $content = join '', map { $unit ^. (chr($_) x length $unit) } 1 .. $MEGABYTES;
mkdir "$root/www" or die "$root/www: $!\n";
chmod 0755, $root, "$root/www";
spew("$root/www/large", $content);
spew("$root/www/small", 'small');
my %port = map { $_ => TLSplus::Server::_free_port() } 2, 3;
my ($user) = run_as();
my $hosts = join '', map { <<"HOST" } 2, 3;
  server {
    listen 127.0.0.1:$port{$_} ssl; server_name localhost; root $root/www;
    ssl_protocols TLSv1.$_; ssl_certificate @{[ $certs->dir ]}/good.crt; ssl_certificate_key @{[ $certs->dir ]}/good.key;
    ssl_client_certificate @{[ $certs->dir ]}/clients.crt; ssl_verify_client on;
    add_header X-Requests \$connection_requests; add_header X-Client \$ssl_client_s_dn; add_header X-Resumed \$ssl_session_reused;
    location /to/ {
      proxy_pass http://127.0.0.1:@{[ $plain->port ]}; proxy_http_version 1.1; client_max_body_size 0;
      proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection \$http_connection;
    }
  }
HOST
spew("$root/nginx.conf", <<"CONF");
@{[ defined $user ? "user $user;" : '' ]}
worker_processes 1; pid $root/pid; error_log $root/error.log;
events { worker_connections 512; }
http {
  access_log off; default_type text/plain; keepalive_requests 4; ssl_session_cache shared:s:1m;
  @{[ map { "${_}_temp_path $root/$_;" } qw(client_body proxy fastcgi uwsgi scgi) ]}
$hosts}
CONF
my $nginx = spawn(['nginx', '-c', "$root/nginx.conf", '-e', "$root/error.log", '-g', 'daemon off;']);
wait_until(20, sub { !$nginx->running || TLSplus::Plain::listens($port{3}) }) && $nginx->running or die 'nginx does not start: ', $nginx->err, "\n";

my $one = mpm() eq 'prefork' ? "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n" : "ServerLimit 1\n" . "ThreadsPerChild 25\nMaxRequestWorkers 25\n";
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$one
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
SSLProxyMachineCertificateFile \@CERTS\@/ours.pair
@{[ map { "ProxyPass /$_/ws/ https://localhost:$port{$_}/to/ws/ upgrade=websocket\nProxyPass /$_/ https://localhost:$port{$_}/\n" } 2, 3 ]}
CONF

for my $tls (2, 3) {
    my $answer = TLSplus::Plain::ask($server, "/$tls/large", seconds => 300);
    is $answer->status, 200, "TLS 1.$tls: $MEGABYTES MB down";
    is sha256_hex($answer->body), sha256_hex($content), 'byte for byte';
    like $answer->header('x-client') // '', qr/CN=ours/, 'as the client that we are';
    is TLSplus::Plain::ask($server, "/$tls/to/x", body => $content, seconds => 300)->body, sha256_hex($content), "$MEGABYTES MB up";

    my @answers = map { TLSplus::Plain::ask($server, "/$tls/small") } 1 .. 20;
    is scalar(grep { $_->status == 200 && $_->body eq 'small' } @answers), 20, 'twenty requests, of which it ends the connection after each fourth';
    my %requests; ++$requests{ $_->header('x-requests') } for @answers;
    cmp_ok $requests{4} // 0, '>=', 4, 'each connection is used to its end';
    cmp_ok scalar(grep { $_->header('x-resumed') eq 'r' } @answers), '>=', 12, 'and the next resumes its session';

    my $stream = TLSplus::Plain::opened($server);
    $stream->send(TLSplus::Plain::request("/$tls/ws/", stays => 1, headers => [
        'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
    like $stream->take_until("\r\n\r\n", 30) // '', qr{^HTTP/1\.1 101 }, 'a WebSocket';
    my $fine = 0;
    for my $size (1, 126, 16_385, 65_536) {
        my $payload = chr(ord('a') + $fine) x $size;
        $stream->send(TLSplus::Stream::frame(TLSplus::Stream::BINARY, $payload, 'mask'));
        my (undef, $back) = $stream->take_frame or last;
        ++$fine if $back eq $payload;
    }
    is $fine, 4, 'there and back';
    $stream->close;
}
ok $server->stop, 'stops cleanly';
done_testing;
