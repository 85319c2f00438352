# SPDX-License-Identifier: Apache-2.0
#
# Bytes arrive as they were sent: files of every awkward size and a 100 MB one, ranges, generated and
# chunked answers, bodies of 10 MB, over HTTP/1.1 and HTTP/2, TLS 1.2 and 1.3, by every client.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_http2);
use TLSplus::Process qw(slurp spawn);
use TLSplus::Server;
use TLSplus::Test;

use constant MIB => 1 << 20;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $has_h2 = has_http2();
my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi', $has_h2 ? 'http2' : ()], conf => <<'CONF');
ScriptAlias /cgi/ @ROOT@/cgi/
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
  <IfModule mod_http2.c>
    Protocols h2 http/1.1
  </IfModule>
</VirtualHost>
CONF
$server->cgi('digest', <<'PERL');
use Digest::SHA;
binmode STDIN;
my $sha = Digest::SHA->new(256);
my $length = 0;
while (my $got = read STDIN, my $piece, 65_536) { $sha->add($piece); $length += $got }
print "Content-Type: text/plain\n\n$length ", $sha->hexdigest, "\n";
PERL
$server->cgi('echo', <<'PERL');
binmode STDIN; binmode STDOUT;
print "Content-Type: application/octet-stream\n\n";
local $/;
print <STDIN>;    # all of it first: httpd hands a CGI program its whole input before it reads the output
PERL

# Random bytes would hide nothing either, but these differ at every position of a 100 MB file
# without reading 100 MB of randomness: each 64 KiB carries its own number.
sub make_file ($path, $size) {
    my $block = join '', map { chr int rand 256 } 1 .. 65_532;
    open my $out, '>:raw', $path or die "$path: $!\n";
    my $sha = Digest::SHA->new(256);
    for (my $n = 0; $size > 0; $n++) {
        my $piece = substr pack('N', $n) . $block, 0, $size;
        $sha->add($piece);
        print {$out} $piece or die "$path: $!\n";
        $size -= length $piece;
    }
    close $out or die "$path: $!\n";
    return $sha->hexdigest;
}

sub digest_of ($path) { Digest::SHA->new(256)->addfile($path, 'b')->hexdigest }

my $to  = $server->root . '/run/received';
my @HTTP = ('1.1', $has_h2 ? '2' : ());

subtest 'files of awkward sizes' => sub {
    # around record (16384), first small records (about 4096), httpd's buffers (8000, 8192), mmap (4 MiB)
    for my $size (0, 1, 255, 4095 .. 4097, 7999 .. 8001, 8192, 16_383 .. 16_385, 32_768, 65_535 .. 65_537,
        100_000, 4 * MIB - 1, 4 * MIB + 1)
    {
        my $sum = make_file($server->root . '/htdocs/file', $size);
        for my $http (@HTTP) {
            my $answer = $server->get('/file', name => 'a.test', http => $http, to => $to);
            is digest_of($to), $sum, "$size bytes, HTTP/$http" or diag $answer->error;
        }
    }
};

subtest '100 MB' => sub {
    my $sum = make_file($server->root . '/htdocs/large', 100 * MIB);
    for my $http (@HTTP) {
        for my $tls ('1.2', '1.3') {
            my $answer = $server->get('/large', name => 'a.test', http => $http, tls => $tls, to => $to, seconds => 120);
            ok $answer->ok, "curl, HTTP/$http, TLS $tls" or diag $answer->error;
            is digest_of($to), $sum, "byte-exact";
            unlink $to;
        }
    }
    my $request = "GET /large HTTP/1.0\r\nHost: a.test\r\n\r\n";
    my $done = TLSplus::Process::run([$server->client->s_client_command(name => 'a.test', request => 1), '-quiet'],
        stdin => $request, timeout => 120);
    my $body_at = index($done->{out}, "\r\n\r\n") + 4;
    is sha256_hex(substr $done->{out}, $body_at), $sum, 'openssl s_client';
  SKIP: {
        skip 'nghttp is not installed', 1 unless $has_h2 && find_program('nghttp');
        $server->client->nghttp('/large', name => 'a.test', to => $to, seconds => 120);
        is digest_of($to), $sum, 'nghttp';
        unlink $to;
    }
    my $range = $server->get('/large', name => 'a.test', headers => ['Range: bytes=65530-131080'], to => $to);
    is $range->status, 206, 'a range';
    is slurp($to), substr(slurp($server->root . '/htdocs/large'), 65_530, 65_551), 'is that part of the file';
};

subtest 'a slow reader' => sub {
    my $sum = digest_of($server->root . '/htdocs/large');
    my $slow = spawn($server->client->curl_command('/large', name => 'a.test', to => $to, args => ['--limit-rate', '30M']));
    serves $server, 'does not keep others waiting', name => 'a.test';
    $slow->wait(120);
    is digest_of($to), $sum, 'and gets everything';
    unlink $to;
};

subtest 'POST' => sub {
    my $file = $server->root . '/run/sent';
    for my $size (0, 1, 16_384, 16_385, 100_000, 10 * MIB) {
        my $sum = make_file($file, $size);
        for my $http (@HTTP) {
            my $answer = $server->post('/cgi/digest', undef, data_file => $file, name => 'a.test', http => $http);
            is $answer->body, "$size $sum\n", "$size bytes, HTTP/$http" or diag $answer->error;
        }
    }
    my $sum = digest_of($file);
    my $chunked = $server->post('/cgi/digest', undef, data_file => $file, name => 'a.test',
        headers => ['Transfer-Encoding: chunked']);
    is $chunked->body, 10 * MIB . " $sum\n", 'chunked';
    my $expect = $server->post('/cgi/digest', undef, data_file => $file, name => 'a.test',
        args => ['-H', 'Expect: 100-continue']);
    is $expect->body, 10 * MIB . " $sum\n", 'after 100 Continue';
  SKIP: {
        skip 'nghttp is not installed', 1 unless $has_h2 && find_program('nghttp');
        $server->client->nghttp('/cgi/digest', name => 'a.test', data_file => $file, to => $to);
        is slurp($to), 10 * MIB . " $sum\n", 'nghttp';
    }
};

subtest 'there and back' => sub {
    my $file = $server->root . '/run/sent';
    my $sum  = make_file($file, 10 * MIB);
    for my $http (@HTTP) {
        $server->post('/cgi/echo', undef, data_file => $file, name => 'a.test', http => $http, to => $to);
        is digest_of($to), $sum, "10 MB echoed, HTTP/$http";
    }
};

subtest 'several at once' => sub {
    my $sum = digest_of($server->root . '/htdocs/large');
    my @clients = map {
        spawn($server->client->curl_command('/large', name => 'a.test', to => "$to.$_", http => $HTTP[$_ % @HTTP]))
    } 1 .. 4;
    $_->wait(180) for @clients;
    is digest_of("$to.$_"), $sum, "client $_" for 1 .. 4;
};

ok $server->stop, 'stops cleanly';
done_testing;
