# SPDX-License-Identifier: Apache-2.0
#
# Renegotiation is the oldest way to wear a TLS server out and to slip a request in under somebody else's name. What comes
# before a client was asked is not served as if it had come after; bodies that cannot be kept are refused and not
# read as requests; clients that cannot renegotiate safely are not asked; and ten thousand attempts of clients to
# renegotiate hold no worker and are noticed by nobody else.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program mpm needs_tlsplus scratch_dir);
use TLSplus::Process qw(run spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test']);
$certs->ca;
$certs->leaf('good', cn => 'good');

my $server = TLSplus::Server->start(certs => $certs, modules => [qw(headers cgi status)], conf => <<'CONF',
ScriptAlias /cgi/ @ROOT@/cgi/
ExtendedStatus On
MaxKeepAliveRequests 0
Timeout 300
TLSPlusHandshakeTimeout 300
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s"
  <Location "/require">
    SSLVerifyClient require
  </Location>
  <Location "/cgi/small">
    SSLVerifyClient require
    SSLRenegBufferSize 1000
  </Location>
</VirtualHost>
<VirtualHost *:@PLAIN@>
  <Location "/status">
    SetHandler server-status
  </Location>
</VirtualHost>
CONF
    files => {'htdocs/require/index.html' => "in\n"});
$server->cgi('small', 'local $/; my $body = <STDIN>; print "Content-Type: text/plain\n\n", length $body;');

my $dir = $certs->dir;
my @good = ('-cert', "$dir/good.crt", '-key', "$dir/good.key", '-enable_pha');

# What a client gets for all that it sends at once: the statuses, and who it was taken for.
sub answers ($version, $requests, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $requests, %opt, args => [@good, @{ $opt{args} // [] }]);
    return join ', ', map { my ($status) = /^(\d{3})/; my ($seen) = /^X-Seen: (\w+)/m; $status . ' ' . ($seen // '') }
      grep { /^\d{3} / } split m{^HTTP/1\.1 }m, $answer->output;
}
sub request ($path, @headers) { join "\r\n", "GET $path HTTP/1.1", 'Host: a.test', @headers, '', '' }

for my $version (qw(TLSv1.2 TLSv1.3)) {
    my $in = request('/require/');
    is answers($version, request('/') . request('/', 'Connection: close')), '200 NONE, 200 NONE', "$version: requests in a row are all served where nobody is asked";
    is answers($version, $in . request('/')), '200 SUCCESS', "$version: a request sent before its client was known is not served";
    is answers($version, $in . $in), '200 SUCCESS', "$version: ... nor one to the same place";
    # in a record of its own, which the server has not opened yet when it asks
    my $filled = request('/require/', 'X-Fill: ' . 'x' x 700);
    is answers($version, $filled . request('/'), args => ['-max_send_frag', '512']), '200 SUCCESS', "$version: ... nor one in a record of its own";
    is answers($version, "GET /require/ HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nX-Ignored: "), '200 SUCCESS',
        "$version: ... nor half of one, to which the rest could be put";

    my $hidden = request('/');
    my $body   = $hidden x (1 + 1001 / length $hidden);
    my $post   = join "\r\n", 'POST /cgi/small HTTP/1.1', 'Host: a.test', 'Content-Type: text/plain';
    is answers($version, "$post\r\nContent-Length: " . length($body) . "\r\n\r\n$body"), '413 NONE', "$version: a body that cannot be kept is refused, and no requests are read from it";
    is answers($version, "$post\r\nTransfer-Encoding: chunked\r\n\r\n" . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)), '413 NONE', "$version: ... in chunks likewise";
}

# A client without RFC 5746: what came before could be somebody else's.
{
    my $mark = $server->mark;
    my $answer = $server->client->gnutls(name => 'a.test', priority => 'NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION',
        request => "GET /require/ HTTP/1.0\r\nHost: a.test\r\n\r\n");
    is $answer->status, 403, 'a client that cannot renegotiate safely is not asked';
    logs($server, qr/TP0734: .*"\/require\/"/, '... and that is said', mark => $mark);
}

# Ten thousand attempts. The client does nothing with its connections but to renegotiate; the last two hundred
# stay open.
my $cc = $ENV{CC} // find_program('cc') // find_program('gcc');
SKIP: {
    skip 'no C compiler', 1 unless defined $cc;
    use constant { ATTEMPTS => 10_000, HELD => 200 };
    my $at = scratch_dir('tlsplus-renegotiate');
    spew("$at/renegotiate.c", program());
    my $built = run([$cc, '-O', '-Wall', '-Werror', '-o', "$at/renegotiate", "$at/renegotiate.c", '-lssl', '-lcrypto'], timeout => 120);
    is $built->{exit}, 0, 'the client compiles' or do { diag $built->{err}; skip 'no client', 1 };
    my $client = "$at/renegotiate";
    my $count = $ENV{TLSPLUS_ATTEMPTS} // ATTEMPTS;
    my $held  = mpm() eq 'event' ? HELD : 0;    # elsewhere a connection has a worker as long as it is open
    my $mark  = $server->mark;
    my $attacker = spawn([$client, $server->port, $count, $held]);
    my @statuses;
    do { push @statuses, $server->get('/', name => 'a.test')->status } while $attacker->running && $attacker->out !~ /\n/;
    cmp_ok scalar @statuses, '>', 10, scalar(@statuses) . ' requests of others meanwhile';
    is scalar(grep { $_ != 200 } @statuses), 0, '... are all answered';
    is $attacker->out, "$count refused, 0 others\n", "$count attempts to renegotiate are all refused" or diag $attacker->err;
    is busy(), 1, "no worker is held" . ($held ? ", though $held of the connections are open" : '');
    ok $attacker->running, 'the client still holds them' if $held;
    serves($server, 'a new client is served', name => 'a.test');
    $attacker->stop;
    says_nothing($server, qr/exit signal|:(?:crit|alert|emerg)\]/, 'nothing broke', mark => $mark);
}

# Workers that do something: the one that answers, and no other.
sub busy () {
    my $last;
    wait_until(30, sub { ($last) = $server->get('/status?auto', scheme => 'http', port => 'PLAIN')->body =~ /^BusyWorkers: (\d+)/m; ($last // 0) == 1 });
    return $last;
}

sub program () { <<'C' }
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int connect_to(int port) {
  struct sockaddr_in to;
  struct linger at_once = {1, 0};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons((unsigned short)port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* no ports in TIME_WAIT */
  return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  int port = atoi(arguments[1]), attempts = atoi(arguments[2]), held = atoi(arguments[3]);
  int refused = 0, others = 0, i;
  SSL_SESSION *session = NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  for (i = 0; i < attempts; ++i) {
    int fd = connect_to(port);
    SSL *ssl = SSL_new(context);
    SSL_set_tlsext_host_name(ssl, "a.test");
    if (session != NULL) SSL_set_session(ssl, session);
    ERR_clear_error();
    if (fd < 0 || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1) {
      ++others;
      ERR_print_errors_fp(stderr);
    } else {
      if (session == NULL) session = SSL_get1_session(ssl);
      if (SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) != 1 &&
          ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION) {
        ++refused;
      } else {
        ++others;
        ERR_print_errors_fp(stderr);
      }
    }
    if (i < attempts - held) close(fd); /* else it stays open as long as this program runs */
    SSL_free(ssl);
  }
  printf("%d refused, %d others\n", refused, others);
  fflush(stdout);
  if (held > 0) pause();
  return 0;
}
C

ok $server->stop, 'stops cleanly';
done_testing;
