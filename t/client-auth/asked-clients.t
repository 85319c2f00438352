# SPDX-License-Identifier: Apache-2.0
#
# A place asks for a certificate, and the request waits with a thread until its client has answered. Clients that never
# answer must not keep out those that do, nor hold anything else; and a client that cannot or will not answer is told
# so, not cut off.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Asked;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_tlsplus);
use TLSplus::Process qw(wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'no C compiler' unless TLSplus::Asked->program;

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test']);
$certs->ca;
$certs->leaf('good', cn => 'good');
my $dir  = $certs->dir;
my @good = (name => 'a.test', cert => "$dir/good.crt", key => "$dir/good.key");

sub server ($more = '') {
    return TLSplus::Server->start(certs => $certs, modules => [qw(headers cgi)], conf => <<"CONF",
ScriptAlias /cgi/ \@ROOT\@/cgi/
Timeout 300
$more
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLCACertificateFile  \@CERTS\@/ca.crt
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s"
  <Location "/require">
    SSLVerifyClient require
  </Location>
  <Location "/optional">
    SSLVerifyClient optional
  </Location>
  <Location "/cgi/small">
    SSLVerifyClient require
    SSLRenegBufferSize 1000
  </Location>
  <Location "/told">
    SSLVerifyClient require
    ErrorDocument 403 /require/index.html
  </Location>
</VirtualHost>
CONF
        files => {map { ("htdocs/$_" => "in\n") } qw(require/index.html optional/index.html told/index.html)});
}
sub post ($length) { "POST /cgi/small HTTP/1.1\r\nHost: a.test\r\nContent-Length: $length\r\n\r\n" }

SKIP: {
    skip 'every connection has a process of its own', 1 if mpm() eq 'prefork';
    my $server = server('TLSPlusHandshakeTimeout 300');
    my $served = sub ($count, $path, %how) { scalar grep { ($server->get($path, @good, %how)->status // 0) == 200 } 1 .. $count };
    for my $mutes (30, 100) {
        for my $version ('1.3', '1.2') {
            my $mute = TLSplus::Asked->mute($server, count => $mutes, tls => $version, path => '/require/');
            ok wait_until(60, sub { $mute->out =~ /^asked$/m }), "$mutes mute clients, TLS $version" or diag $mute->err;
            is $served->(30, '/require/', tls => $_), 30, "... a good one gets its 30 answers, TLS $_" for '1.3', '1.2';
            is $served->(5, '/'), 5, '... and so does everybody else';
            $mute->stop;
        }
    }
    # These come again as often as they are let go, from another address.
    my $mute = TLSplus::Asked->mute($server, count => 40, again => 1, from => '127.0.0.2', path => '/require/');
    ok wait_until(60, sub { $mute->out =~ /^asked$/m }), '40 mute clients that come again' or diag $mute->err;
    is $served->(20, '/require/', tls => '1.3'), 20, '... a good one gets its answers';
    $mute->stop;
    like logs($server, qr/\[ssl:warn\].*TP0718: /, 'it is told that some made room'), qr{"/require/"}, '... and where';
    my @gone = $server->log_lines(qr/TP0718: /);
    cmp_ok scalar(my @told = grep { /:warn\]/ } @gone), '<', @gone / 4, '... not at warn for each of ' . @gone;
    ok wait_until(60, sub { $served->(1, '/require/') }), '... which are gone';
    ok $server->stop, 'stops cleanly';
}

{
    my $server = server('TLSPlusHandshakeTimeout 1');

    # The end of what the client sends is no end of what it is told.
    for my $end (qw(notify fin)) {
        my $answer = TLSplus::Asked->half($server, path => '/require/', end => $end);
        like $answer->{answer}, qr{^HTTP/1\.1 403 }, "$end before the question: told so";
        is $answer->{end}, 'close_notify', "$end before the question: and ended in order";
        my $told = TLSplus::Asked->half($server, path => '/told/', end => $end);
        like $told->{answer}, qr{^HTTP/1\.1 403 }, "$end before the question: 403, not by a page of another such place";
        unlike $told->{answer}, qr/^in$/m, "$end before the question: ... whose own client is asked";
        my $open = TLSplus::Asked->half($server, path => '/', end => $end);
        like $open->{answer}, qr{^HTTP/1\.1 200 }, "$end where nobody is asked: served";
    }
    my $mark  = $server->mark;
    my $quiet = TLSplus::Asked->mute($server, count => 1, path => '/require/');
    logs($server, qr/TP0736: /, 'a client that says nothing: its time is over', mark => $mark);
    ok wait_until(30, sub { $server->access_log =~ m{"GET /require/ HTTP/1\.1" 403 } }), '... 403';
    $quiet->stop;

    # Without a certificate, or with post-handshake authentication and none.
    my @request = (name => 'a.test', tls => 'TLSv1.3', request => "GET /require/ HTTP/1.0\r\nHost: a.test\r\n\r\n");
    my $refused = $server->handshake(@request, args => ['-enable_pha']);
    is $refused->status, 403, 'TLS 1.3, asked, and no certificate: a page';
    like $refused->body, qr/Forbidden/, '... to read';
    is $server->handshake(@request)->status, 403, 'TLS 1.3, cannot be asked: a page';
    is $server->handshake(@request, args => ['-enable_pha', '-cert', "$dir/good.crt", '-key', "$dir/good.key"])->status, 200, 'TLS 1.3, a certificate: served';

    # Whoever cannot be asked is refused before a body is read; whoever can has to send it in time.
    $mark = $server->mark;
    my $head = TLSplus::Asked->mute($server, count => 1, tls => '1.3', request => post(500));
    logs($server, qr/TP0741: .*"\/cgi\/small"/, 'a body that does not come', mark => $mark);
    ok wait_until(30, sub { $server->access_log =~ m{"POST /cgi/small HTTP/1\.1" 408 } }), '... 408';
    $head->stop;
    $mark = $server->mark;
    my $cannot = TLSplus::Process::spawn([$server->client->s_client_command(name => 'a.test', tls => 'TLSv1.3', request => '')], stdin => post(500));
    logs($server, qr/TP0733: .*"\/cgi\/small"/, 'a client that cannot be asked: refused before its body is here', mark => $mark);
    says_nothing($server, qr/TP0741/, '... which is not waited for', mark => $mark);
    $cannot->stop;
    ok $server->stop, 'stops cleanly';
}
done_testing;
