# SPDX-License-Identifier: Apache-2.0
#
# An answer whose rest cannot be had: a file that becomes shorter while it is served, a program that says
# nothing more, a backend that breaks, a cached body that is cut. The client must see that it has not got all
# (no close_notify), and nothing else may come in the place of what was promised, above all not the answer
# to the next request.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus scratch_dir);
use TLSplus::Host;
use TLSplus::Process qw(spew wait_until);
use TLSplus::Server;
use TLSplus::Stream;
use TLSplus::Test;

needs_tlsplus();

my $CUT = qr/unexpected eof|reset by peer|errno=104/i;    # what s_client says if no close_notify came
use constant LARGE => 64 << 20;    # no buffer of any socket holds half of it

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

# Answers with the head that the path names and the beginning of a body, and ends once that has come: who has
# said nothing yet when a backend breaks answers 502.
my $go = scratch_dir('tlsplus') . '/go';
my $backend = TLSplus::Backend->start(sub ($stream) {
    my $head = $stream->take_until("\r\n\r\n") // return;
    my ($how) = $head =~ m{^GET /(\w+)} or return;
    my %answer = (
        length  => "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" . 'b' x 1000,
        chunked => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" . 'b' x 1000 . "\r\n2710\r\nbbb",
    );
    $stream->send($answer{$how});
    wait_until(60, sub { -e $go });
    $stream->half_close;
});
my $behind = $backend->port;

my $host = tls_host('a.test', pair('a'), "  ProxyPass /behind/ http://127.0.0.1:$behind/");
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(cgi cache cache_disk proxy proxy_http)], conf => <<"CONF" . $host);
Timeout 60
ScriptAlias /cgi/ \@ROOT\@/cgi/
<IfModule mod_cgid.c>
  CGIDScriptTimeout 1
</IfModule>
<IfModule mod_cgi.c>
  <Directory \@ROOT\@/cgi>
    CGIScriptTimeout 1
  </Directory>
</IfModule>
CacheRoot \@ROOT\@/run/cache
CacheDirLevels 1
CacheMaxFileSize 100000000
CacheEnable disk /cached
CacheIgnoreNoLastMod On
CacheDefaultExpire 3600
CacheHeader on
CONF
mkdir $server->root . '/run/cache';
chmod 0777, $server->root . '/run/cache';
$server->put('htdocs/next', "the next answer\n");
$server->cgi('hang', <<'PERL');
$| = 1;
print "Content-Type: text/plain\n\n", 'c' x 1000;
sleep 60;
PERL

sub sparse ($path) {
    open my $out, '>', $path or die "$path: $!\n";
    truncate $out, LARGE or die "$path: $!\n";
    chmod 0644, $path;
}

# Asks for `path` and, right behind, for the next; does `meanwhile` when the head has come.
# Gives the head and what came behind it, up to the end of the connection.
sub ask ($path, %opt) {
    unlink $go;
    my $close  = $opt{close} ? "Connection: close\r\n" : '';
    my $stream = TLSplus::Stream->tls($server, name => 'a.test', tls => $opt{tls} // 'TLSv1.3');
    my $http   = $opt{http} // '1.1';
    my $keep   = $http eq '1.0' ? "Connection: keep-alive\r\n" : '';
    $stream->send("GET $path HTTP/$http\r\nHost: a.test:@{[ $server->port ]}\r\n$keep$close\r\n"
          . ($close ? '' : "GET /next HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
    my $head = $stream->take_until("\r\n\r\n", 30) // '';
    $opt{meanwhile}->() if $opt{meanwhile};
    my $body = $stream->take_rest(60);
    return ($head, $body, $stream->said);
}

sub is_broken_off ($what, $head, $body, $said) {
    like $head, qr{^HTTP/1\.1 200 }, "$what: it began well";
    ok defined $body, "$what: the connection ends" or return;
    ok index($body, 'the next answer') < 0, "$what: no other answer inside";
    my ($promised) = $head =~ /^Content-Length: (\d+)/mi;
    cmp_ok length $body, '<', $promised, "$what: less than was promised" if defined $promised;
    ok index($body, "\r\n0\r\n") < 0, "$what: no last chunk" if !defined $promised;
    like $said, $CUT, "$what: no close_notify";
}

sub goes () { spew($go, '') }

my @closing = ([keep => 0], [close => 1]);
for my $tls ('TLSv1.2', 'TLSv1.3') {
    for (@closing) {
        my ($name, $close) = @$_;
        subtest "a file becomes shorter, $tls, $name" => sub {
            my $path = $server->root . '/htdocs/shrinks';
            my $mark = $server->mark;
            sparse($path);
            is_broken_off('file', ask('/shrinks', tls => $tls, close => $close, meanwhile => sub { truncate $path, LARGE / 2 }));
            logs $server, qr/TP0554: .*End of file/, 'and the log says why', mark => $mark;
        };
    }
}

subtest 'a program says nothing more' => sub {
    is_broken_off("program, $_->[0]", ask('/cgi/hang', close => $_->[1])) for @closing;
    my ($head, $body, $said) = ask('/cgi/hang', http => '1.0', close => 1);
    is $body, 'c' x 1000, 'HTTP/1.0: a part came';
    like $said, $CUT, 'HTTP/1.0: and its end does not look complete';
};

subtest 'a backend breaks' => sub {
    for my $how ('length', 'chunked') {
        is_broken_off("$how, $_->[0]", ask("/behind/$how", close => $_->[1], meanwhile => \&goes)) for @closing;
    }
    # HTTP/1.0 has nothing but the end of the connection to tell the end of this one
    my ($head, $body, $said) = ask('/behind/chunked', http => '1.0', close => 1, meanwhile => \&goes);
    ok defined $body && length $body < 11_000, 'HTTP/1.0: a part came';
    like $said, $CUT, 'HTTP/1.0: and its end does not look complete';
};

subtest 'a cached body is cut' => sub {
    my $path = $server->root . '/htdocs/cached';
    sparse($path);
    utime 1e9, 1e9, $path;    # what has changed just now is fresh for no time
    $server->get('/cached', name => 'a.test');
    my ($data) = wait_until(20, sub { glob $server->root . '/run/cache/*/*.data' });
    ok $data && -s $data == LARGE, 'it is in the cache' or return;
    my @answer = ask('/cached', meanwhile => sub { truncate $data, LARGE / 2 });
    like $answer[0], qr/^X-Cache: HIT/mi, 'and comes from there';
    is_broken_off('cache', @answer);
};

# What is whole stays so: every kind of end an answer may have, each with its close_notify.
subtest 'whole answers' => sub {
    $server->cgi('short', 'print "Content-Type: text/plain\n\nshort\n";');
    $server->cgi('none',  'print "Status: 204\n\n";');
    $server->cgi('there', 'print "Location: /next\n\n";');
    my $mark = $server->mark;
    for my $method ('GET', 'HEAD') {
        for my $path ('/next', '/cgi/short', '/cgi/none', '/cgi/there', '/nothing', '/cgi') {
            for my $http ('1.0', '1.1') {
                my $stream = TLSplus::Stream->tls($server, name => 'a.test');
                $stream->send("$method $path HTTP/$http\r\nHost: a.test\r\nConnection: close\r\n\r\n");
                like $stream->take_rest, qr{^HTTP/1\.1 [234]}, "$method $path HTTP/$http: answered";
                unlike $stream->said, $CUT, 'and closed with close_notify';
            }
        }
    }
    says_nothing $server, qr/TP0554/, 'nothing is missed', mark => $mark;
};

serves $server, 'still serving', name => 'a.test';
ok $server->stop, 'stops cleanly';
done_testing;
