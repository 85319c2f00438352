# SPDX-License-Identifier: Apache-2.0
#
# Many TLS clients in one program, which finish their handshakes and then say nothing until told to.
# curl and s_client cannot: the one always asks for something, the other is a process for each.
package TLSplus::Crowd;
use v5.36;
use File::Temp ();
use TLSplus::Env qw(find_program);
use TLSplus::Process qw(run spawn spew wait_until);

my $dir;

# The program, compiled; undef if there is no compiler.
sub program ($class) {
    my $cc = $ENV{CC} // find_program('cc') // find_program('gcc') // return undef;
    return "$dir/crowd" if $dir;
    my $at = File::Temp->newdir('tlsplus-crowd-XXXXXX', TMPDIR => 1);
    spew("$at/crowd.c", do { local $/; <DATA> });
    my $built = run([$cc, '-O', '-Wall', '-Werror', '-o', "$at/crowd", "$at/crowd.c", '-lssl', '-lcrypto'], timeout => 120);
    die "crowd.c: $built->{err}\n" if $built->{exit} != 0;
    $dir = $at;
    return "$dir/crowd";
}

# Begins: name, count, tls => '1.2' | '1.3', alpn => 'h2', from => '127.0.0.9', nodelay => 1,
# ask_at_once => 1 (each asks right after its handshake, is answered and closes), issuer => 'folder/ca' (each shows a
# certificate of its own, which the authority of ca.crt and ca.key has issued).
sub new ($class, $port, %opt) {
    my $alpn = $opt{alpn} // 'http/1.1';
    my $process = spawn([$class->program, $port, $opt{name}, $opt{count}, $opt{tls} // '1.3', $alpn, $opt{from} // '127.0.0.1',
            $opt{nodelay} // 0, $opt{ask_at_once} // 0, $opt{issuer} // '']);
    return bless { process => $process, asked => 0 }, $class;
}

# Waits until all handshakes were tried; returns how many succeeded.
sub ready ($self, $seconds = 60) { return $self->_told(qr/^ready (\d+)$/m, $seconds) }

# Has every client ask for /; returns how many were answered 200.
sub ask ($self, $seconds = 60) {
    my $n = ++$self->{asked};
    kill USR1 => $self->{process}->pid;
    return $self->_told(qr/^answered-$n (\d+)$/m, $seconds);
}

# What each has received so far: counts of those closed by the server and of tickets.
sub look ($self, $seconds = 60) {
    my $n = ++$self->{looked};
    kill USR2 => $self->{process}->pid;
    $self->_told(qr/^closed-$n (\d+)/m, $seconds);
    my ($closed, $tickets, $hint) = $self->{process}->out =~ /^closed-$n (\d+) tickets (\d+) hint (\d+)$/m;
    return { closed => $closed, tickets => $tickets, hint => $hint };
}

# Seconds that all clients together took, for ask_at_once.
sub took ($self) { my ($took) = $self->{process}->out =~ /^took ([\d.]+)$/m; return $took }

sub leave ($self) { $self->{process}->stop('KILL') }

sub _told ($self, $pattern, $seconds) {
    my $value;
    wait_until($seconds, sub { ($value) = $self->{process}->out =~ $pattern; return defined $value });
    return $value // 0;
}

1;
__DATA__
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long tickets, hint;

static int on_session(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  ++tickets;
  hint = (long)SSL_SESSION_get_ticket_lifetime_hint(session);
  return 0;
}

static int ask(SSL *ssl, const char *name) {
  char text[300];
  int size = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", name);
  if (SSL_write(ssl, text, size) != size) return 0;
  size = SSL_read(ssl, text, sizeof(text) - 1);
  if (size <= 0) return 0;
  text[size] = 0;
  return strncmp(text, "HTTP/1.1 200", 12) == 0;
}

static int is_closed(SSL *ssl) {
  char text[4096];
  int fd = SSL_get_fd(ssl), got;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  got = SSL_read(ssl, text, sizeof(text));
  if (got <= 0) got = SSL_get_error(ssl, got) == SSL_ERROR_WANT_READ ? 1 : 0;
  fcntl(fd, F_SETFL, 0);
  return got == 0;
}

static void *read_pem(const char *issuer, const char *end, int is_key) {
  char path[4096];
  void *read = NULL;
  FILE *in;
  snprintf(path, sizeof(path), "%s.%s", issuer, end);
  in = fopen(path, "r");
  if (in != NULL) read = is_key ? (void *)PEM_read_PrivateKey(in, NULL, NULL, NULL) : (void *)PEM_read_X509(in, NULL, NULL, NULL);
  if (in != NULL) fclose(in);
  return read;
}

static void show_certificate(SSL *ssl, const char *issuer, int number) {
  static EVP_PKEY *own, *key;
  static X509 *authority;
  X509 *made = X509_new();
  char name[40];
  if (own == NULL) {
    own = EVP_EC_gen("P-256");
    key = read_pem(issuer, "key", 1);
    authority = read_pem(issuer, "crt", 0);
  }
  snprintf(name, sizeof(name), "crowd %d", number);
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1000000 + number);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(authority));
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, own);
  X509_sign(made, key, EVP_sha256());
  SSL_use_certificate(ssl, made);
  SSL_use_PrivateKey(ssl, own);
  X509_free(made);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  int port = atoi(arguments[1]), clients = atoi(arguments[3]), ready = 0, asked = 0, looked = 0, i, on = 1;
  const char *name = arguments[2], *alpn = arguments[5], *issuer = arguments[9];
  int version = strcmp(arguments[4], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  int nodelay = atoi(arguments[7]), at_once = atoi(arguments[8]);
  unsigned char offer[64];
  double begun = now();
  SSL **all = calloc((size_t)clients, sizeof(SSL *));
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  struct timeval patience = {30, 0};
  sigset_t told;
  (void)count;
  sigemptyset(&told);
  sigaddset(&told, SIGUSR1);
  sigaddset(&told, SIGUSR2);
  sigprocmask(SIG_BLOCK, &told, NULL);
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX_set_min_proto_version(ctx, version);
  SSL_CTX_set_max_proto_version(ctx, version);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_session);
  offer[0] = (unsigned char)strlen(alpn);
  memcpy(offer + 1, alpn, offer[0]);
  for (i = 0; i < clients; ++i) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(ctx);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    inet_pton(AF_INET, arguments[6], &from.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (nodelay) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bind(fd, (struct sockaddr *)&from, sizeof(from));
    SSL_set_fd(ssl, fd);
    if (*issuer) show_certificate(ssl, issuer, i);
    SSL_set_tlsext_host_name(ssl, name);
    SSL_set_alpn_protos(ssl, offer, offer[0] + 1u);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && SSL_connect(ssl) == 1) ++ready;
    all[i] = ssl;
    if (at_once) {
      ask(ssl, name);
      close(fd);
    }
  }
  printf("took %f\nready %d\n", now() - begun, ready);
  fflush(stdout);
  for (;;) {
    int which = 0, n = 0;
    sigwait(&told, &which);
    for (i = 0; i < clients; ++i) n += which == SIGUSR1 ? ask(all[i], name) : is_closed(all[i]);
    if (which == SIGUSR1) printf("answered-%d %d\n", ++asked, n);
    else printf("closed-%d %d tickets %ld hint %ld\n", ++looked, n, tickets, hint);
    fflush(stdout);
  }
}
