# SPDX-License-Identifier: Apache-2.0
#
# Clients that a place asks for a certificate and that do not answer as others do, many at a time: what openssl s_client
# cannot be made to do. A program in C over OpenSSL, compiled once for a test file.
#
#   my $mute = TLSplus::Asked->mute($server, count => 30, path => '/require/');   # a TLSplus::Process
#   wait_until(30, sub { $mute->out =~ /\n/ });                                   # all have asked
#   my $answer = TLSplus::Asked->half($server, path => '/require/', end => 'notify');
package TLSplus::Asked;
use v5.36;
use TLSplus::Env qw(find_program scratch_dir);
use TLSplus::Process qw(run spawn spew);

my $program;

# The path of the program; undef without a C compiler.
sub program ($class) {
    my $cc = $ENV{CC} // find_program('cc') // find_program('gcc') // return undef;
    return $program //= do {
        my $at = scratch_dir('tlsplus-asked');
        spew("$at/asked.c", _source());
        my $built = run([$cc, '-O', '-Wall', '-Werror', '-o', "$at/asked", "$at/asked.c", '-lssl', '-lcrypto'], timeout => 120);
        $built->{exit} == 0 or die $built->{err};
        "$at/asked";
    };
}

sub _request ($opt) {
    return $opt->{request} // join "\r\n", "GET $opt->{path} HTTP/1.1", 'Host: a.test', @{ $opt->{headers} // [] }, '', '';
}

# count clients that send a request and read nothing; with again => 1 each comes again when it is closed. Prints a line
# when all have sent theirs for the first time. from => their address, tls => '1.2'.
sub mute ($class, $server, %opt) {
    return spawn([$class->program, 'mute', $server->port, $opt{tls} // '1.3', $opt{from} // '127.0.0.1', _request(\%opt),
        $opt{count}, $opt{again} ? 1 : 0]);
}

# One client that sends a request, ends its side (end => 'notify' or 'fin' without close_notify) and prints what comes.
# Returns {answer => text, end => 'close_notify' or 'cut off'}.
sub half ($class, $server, %opt) {
    my $done = run([$class->program, 'half', $server->port, $opt{tls} // '1.3', '127.0.0.1', _request(\%opt), $opt{end}]);
    my ($answer, $end) = $done->{out} =~ /^(.*)\nend: (.*)\n\z/s;
    return {answer => $answer // '', end => $end // $done->{err}};
}

sub _source () { <<'C' }
#define _GNU_SOURCE /* POLLRDHUP */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 1000

static SSL_CTX *context;
static int port;
static const char *from, *request;

static struct sockaddr_in address_of(const char *ip, int at) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)at);
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

/* Connected, and the request is sent; NULL if not. */
static SSL *ask(void) {
  struct sockaddr_in own = address_of(from, 0), to = address_of("127.0.0.1", port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  SSL *ssl = SSL_new(context);
  if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
    SSL_set_tlsext_host_name(ssl, "a.test");
    SSL_set_post_handshake_auth(ssl, 1);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, request, (int)strlen(request)) > 0) return ssl;
  }
  ERR_print_errors_fp(stderr);
  SSL_free(ssl);
  close(fd);
  return NULL;
}

/* What comes is left where it is; only its end is noticed. */
static int mute(int count, int again) {
  static struct pollfd sockets[MOST];
  static SSL *clients[MOST];
  int i;
  for (i = 0; i < count; ++i) {
    clients[i] = ask();
    sockets[i].fd = clients[i] == NULL ? -1 : SSL_get_fd(clients[i]);
    sockets[i].events = POLLRDHUP;
  }
  printf("asked\n");
  fflush(stdout);
  while (poll(sockets, (nfds_t)count, 200) >= 0) {
    for (i = 0; i < count; ++i) {
      if (sockets[i].fd >= 0 && sockets[i].revents == 0) continue;
      if (sockets[i].fd >= 0) {
        close(sockets[i].fd);
        SSL_free(clients[i]);
      }
      clients[i] = again ? ask() : NULL;
      sockets[i].fd = clients[i] == NULL ? -1 : SSL_get_fd(clients[i]);
    }
  }
  return 1;
}

static int half(const char *end) {
  char bytes[4096];
  int got, error;
  SSL *ssl = ask();
  int fd = ssl == NULL ? -1 : SSL_get_fd(ssl);
  if (ssl == NULL) return 1;
  if (strcmp(end, "notify") == 0) SSL_shutdown(ssl);
  shutdown(fd, SHUT_WR);
  SSL_set0_wbio(ssl, BIO_new(BIO_s_null())); /* its answer to a question goes nowhere */
  while ((got = SSL_read(ssl, bytes, sizeof bytes)) > 0) fwrite(bytes, 1, (size_t)got, stdout);
  error = SSL_get_error(ssl, got);
  printf("\nend: %s\n", error == SSL_ERROR_ZERO_RETURN ? "close_notify" : "cut off");
  return 0;
}

int main(int count, char **arguments) {
  int version = strcmp(arguments[3], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  if (count < 7) return 2;
  signal(SIGPIPE, SIG_IGN);
  port = atoi(arguments[2]);
  from = arguments[4];
  request = arguments[5];
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  if (strcmp(arguments[1], "half") == 0) return half(arguments[6]);
  return mute(atoi(arguments[6]), atoi(arguments[7]));
}
C

1;
