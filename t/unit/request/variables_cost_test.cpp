// SPDX-License-Identifier: Apache-2.0
//
// A variable nobody asks for costs nothing, and one that was asked for is not made again for the
// next request. The functions of OpenSSL that turn certificates into text are put before the
// library's here, and count: whatever shows a certificate must pass through them.
#include <dlfcn.h>

#include <algorithm>

#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/request/environment.h"
#include "ssl_engine/request/variables.h"
#include "t/unit/tls_pair.h"

namespace {
unsigned g_renderings = 0;

template <class Function>
Function* next(const char* name) {
  ++g_renderings;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
}  // namespace

extern "C" {

int X509_NAME_print_ex(BIO* out, const X509_NAME* name, int indent, unsigned long flags) {
  return next<decltype(X509_NAME_print_ex)>("X509_NAME_print_ex")(out, name, indent, flags);
}
int PEM_write_bio_X509(BIO* out, const X509* certificate) {
  return next<decltype(PEM_write_bio_X509)>("PEM_write_bio_X509")(out, certificate);
}
int i2d_X509(const X509* certificate, unsigned char** der) {
  return next<decltype(i2d_X509)>("i2d_X509")(certificate, der);
}
int ASN1_TIME_print(BIO* out, const ASN1_TIME* time) {
  return next<decltype(ASN1_TIME_print)>("ASN1_TIME_print")(out, time);
}
void* X509_get_ext_d2i(const X509* certificate, int nid, int* critical, int* index) {
  return next<decltype(X509_get_ext_d2i)>("X509_get_ext_d2i")(certificate, nid, critical, index);
}

}  // extern "C"

namespace tlsplus::test {
namespace {

Identity identity(const char* name) {
  Pkey key = new_key("ec");
  CertificateWish wish;
  wish.subject = {{NID_commonName, name}};
  wish.issuer = wish.subject;
  wish.not_before = 946684800;  // 2000-01-01: valid whenever the test runs
  wish.not_after = wish.not_before + 40000L * 86400;
  wish.extend = [](X509& certificate) {
    add_extension(certificate, NID_subject_alt_name, "DNS:one.test,email:a@b.c");
  };
  Cert certificate = make_certificate(wish, *key, *key);
  return {std::move(key), std::move(certificate)};
}

/// A subject of `attributes` parts and as many alternative names of two kinds.
Identity crowded(unsigned attributes) {
  Pkey key = new_key("ec");
  CertificateWish wish;
  std::string names = "DNS:one.test";
  for (unsigned i = 0; i < attributes; ++i) {
    wish.subject.push_back({i % 2 == 0 ? NID_organizationalUnitName : NID_commonName, "x"});
    names += i % 2 == 0 ? ",email:a@b.c" : ",DNS:two.test";
  }
  wish.issuer = wish.subject;
  wish.not_before = 946684800;
  wish.not_after = wish.not_before + 40000L * 86400;
  wish.extend = [names](X509& certificate) {
    add_extension(certificate, NID_subject_alt_name, names.c_str());
  };
  Cert certificate = make_certificate(wish, *key, *key);
  return {std::move(key), std::move(certificate)};
}

struct Asked {
  Identity server = identity("server");
  Identity client = identity("client");
  TlsPair pair;
  EnvironmentCache cache;
  ServerEnvironments servers;
  TlsView tls;

  Asked() : pair(wish()) {
    tls.ssl = pair.server.get();
    tls.peer = SSL_get0_peer_certificate(pair.server.get());
    tls.own = SSL_get_certificate(pair.server.get());
    tls.cache = &cache;
    tls.servers = &servers;
    g_renderings = 0;
  }
  Handshake wish() const {
    Handshake wish;
    wish.server = &server;
    wish.client = &client;
    return wish;
  }
  VariableQuery query() const {
    VariableQuery query;
    query.tls = &tls;
    query.interface_version = "mod_ssl/2.4.71";
    query.now = WallTime{std::chrono::seconds{1767225600}};
    return query;
  }
};

START_TEST(finding_a_name_renders_nothing) {
  const Asked asked;
  for (const std::string_view name : variable_names()) {
    ck_assert(static_cast<bool>(find_variable(name)));
  }
  ck_assert_uint_eq(g_renderings, 0);
}
END_TEST

START_TEST(one_variable_renders_nothing_else) {
  const Asked asked;
  for (const char* name :
       {"SSL_PROTOCOL", "SSL_CIPHER", "SSL_CLIENT_VERIFY", "HTTPS", "SSL_TLS_SNI",
        "SSL_CLIENTHELLO_CIPHERS", "SSL_SESSION_ID", "SSL_SERVER_A_KEY"}) {
    (void)look_up(name, asked.query());
    ck_assert_msg(g_renderings == 0, "%s", name);
  }
  ck_assert(look_up("SSL_CLIENT_S_DN", asked.query()).has_value());
  ck_assert_uint_eq(g_renderings, 1);
}
END_TEST

START_TEST(a_connection_renders_once) {
  Asked asked;
  (void)asked.cache.standard(asked.query());
  (void)asked.servers.of(asked.query());
  (void)asked.cache.certificates(asked.query());
  bool is_new = false;
  (void)asked.cache.client_cert(asked.tls, is_new);
  const unsigned first = g_renderings;
  ck_assert_uint_gt(first, 8);
  for (int request = 0; request < 100; ++request) {
    (void)asked.cache.standard(asked.query());
    (void)asked.servers.of(asked.query());
    (void)asked.cache.certificates(asked.query());
    (void)asked.cache.client_cert(asked.tls, is_new);
  }
  ck_assert_uint_eq(g_renderings, first);
}
END_TEST

START_TEST(our_own_certificate_is_rendered_once_for_all) {
  Asked asked;
  (void)asked.servers.of(asked.query());
  const unsigned first = g_renderings;
  ck_assert_uint_gt(first, 2);
  TlsView other = asked.tls;
  ++other.generation;
  VariableQuery query = asked.query();
  query.tls = &other;
  (void)asked.servers.of(query);
  ck_assert_uint_eq(g_renderings, first);
}
END_TEST

START_TEST(a_client_cannot_fill_the_environment) {
  Asked asked;
  const Identity crowd = crowded(1000);
  asked.tls.peer = crowd.certificate.get();
  const auto made = standard_environment(asked.query());
  const auto count = [&](std::string_view begin) {
    return std::ranges::count_if(made->entries(), [&](const Environment::Entry& entry) {
      return std::string_view(entry.name).starts_with(begin);
    });
  };
  ck_assert_int_eq(count("SSL_CLIENT_SAN_"), 256);
  ck_assert_int_eq(count("SSL_CLIENT_SAN_DNS_"), 128);  // in the order of the certificate
  ck_assert_int_eq(count("SSL_CLIENT_S_DN_"), 256);
  ck_assert_int_eq(count("SSL_CLIENT_I_DN_"), 256);
  ck_assert(made->find("SSL_CLIENT_S_DN_CN_127") != nullptr);
  ck_assert(made->find("SSL_CLIENT_S_DN_CN_128") == nullptr);
  // Whoever asks for one gets it, and our own certificate is shown as it is.
  ck_assert(look_up("SSL_CLIENT_SAN_DNS_499", asked.query()).has_value());
  asked.tls.own = crowd.certificate.get();
  ck_assert(server_environment(asked.query())->find("SSL_SERVER_SAN_DNS_499") != nullptr);
}
END_TEST

Suite* variables_cost_suite() {
  Suite* suite = suite_create("variables_cost");
  TCase* tests = tcase_create("renderings");
  tcase_add_test(tests, finding_a_name_renders_nothing);
  tcase_add_test(tests, one_variable_renders_nothing_else);
  tcase_add_test(tests, a_connection_renders_once);
  tcase_add_test(tests, our_own_certificate_is_rendered_once_for_all);
  tcase_add_test(tests, a_client_cannot_fill_the_environment);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::variables_cost_suite());
}
