// SPDX-License-Identifier: Apache-2.0
//
// Which names are taken for Client-Cert, what is left of a Connection field, and what is sent of
// handshakes that took place. Beside them the two small helpers that keep the log short.
#include "ssl_engine/request/client_cert_header.h"

#include "ssl_engine/base/once.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509_text.h"
#include "ssl_engine/request/environment.h"
#include "t/unit/tls_pair.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

static const struct {
  const char* name;
  bool is_ours;
} kNames[] = {
    {"Client-Cert", true},         {"client-cert", true},   {"CLIENT_CERT", true},
    {"Client.Cert", true},         {"Client~Cert", true},   {"Client-Cert-Chain", true},
    {"client_cert_chain", true},   {"Client-Certs", false}, {"Client-Cer", false},
    {"XClient-Cert", false},       {"ClientCert", false},   {"Client-Cert-", false},
    {"Client--Cert", false},       {"Client0Cert", false},  {"", false},
    {"Client-Cert-Chains", false},
};

START_TEST(any_spelling_of_the_names_is_known) {
  ck_assert_msg(is_client_cert_name(kNames[_i].name) == kNames[_i].is_ours, "%s", kNames[_i].name);
}
END_TEST

static const struct {
  const char* given;
  const char* kept;
} kConnections[] = {
    {"close", "close"},
    {"close, Client-Cert", "close"},
    {"client_cert ,keep-alive,CLIENT-CERT-CHAIN", "keep-alive"},
    {"Client-Cert", ""},
    {"keep-alive, TE", "keep-alive, TE"},
};

START_TEST(a_connection_field_loses_them) {
  expect_text(without_client_cert(kConnections[_i].given), kConnections[_i].kept);
}
END_TEST

Identity identity(const char* name, const Identity* issuer, const char* issuer_name,
                  int names = 0) {
  Pkey key = new_key("ec");
  CertificateWish wish;
  wish.subject = {{NID_commonName, name}};
  wish.issuer = {{NID_commonName, issuer_name}};
  wish.not_before = 946684800;  // 2000-01-01: valid whenever the test runs
  wish.not_after = wish.not_before + 40000L * 86400;
  wish.extend = [&](X509& certificate) {
    if (names == 0) add_extension(certificate, NID_basic_constraints, "CA:TRUE");
    std::string list;
    for (int i = 0; i < names; ++i) {
      list += (i == 0 ? "DNS:" : ",DNS:") + std::string("a-rather-long-name-") + std::to_string(i);
    }
    if (names != 0) add_extension(certificate, NID_subject_alt_name, list.c_str());
  };
  Cert certificate = make_certificate(wish, *key, issuer == nullptr ? *key : *issuer->key);
  return {std::move(key), std::move(certificate)};
}

TlsView view_of(const TlsPair& pair) {
  TlsView tls;
  tls.ssl = pair.server.get();
  tls.peer = SSL_get0_peer_certificate(pair.server.get());
  tls.own = SSL_get_certificate(pair.server.get());
  return tls;
}

START_TEST(only_a_verified_certificate_is_sent) {
  const Identity ca = identity("CA", nullptr, "CA");
  const Identity client = identity("client", &ca, "CA", 1);
  Handshake wish;
  wish.version = _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  wish.server = &ca;
  wish.client = &client;
  wish.trust = ca.certificate.get();
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  ck_assert(tls.peer != nullptr);
  const ClientCertFields fields = client_cert_fields(tls);
  expect_text(fields.leaf, ":" + *base64_der(*client.certificate) + ":");
  expect_text(fields.chain, "");
  tls.verify_lenient = true;
  ck_assert(client_cert_fields(tls).leaf.empty());
  tls.verify_lenient = false;
  tls.verify_error = "too deep";
  ck_assert(client_cert_fields(tls).leaf.empty());
  tls.verify_error = {};
  tls.peer = nullptr;
  ck_assert(client_cert_fields(tls).leaf.empty());
}
END_TEST

START_TEST(a_field_that_is_too_long_is_left_out) {
  const Identity ca = identity("CA", nullptr, "CA");
  const Identity client = identity("client", &ca, "CA", 270);
  Handshake wish;
  wish.server = &ca;
  wish.client = &client;
  wish.trust = ca.certificate.get();
  const TlsPair pair(wish);
  const ClientCertFields fields = client_cert_fields(view_of(pair));
  ck_assert(fields.leaf.empty());
  ck_assert_msg(fields.too_large.find("Client-Cert of ") == 0, "%s", fields.too_large.c_str());
}
END_TEST

START_TEST(a_connection_makes_them_once_until_the_client_is_asked_again) {
  const Identity ca = identity("CA", nullptr, "CA");
  Handshake wish;
  wish.server = &ca;
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  EnvironmentCache cache;
  bool is_new = false;
  const auto first = cache.client_cert(tls, is_new);
  ck_assert(is_new);
  ck_assert(cache.client_cert(tls, is_new) == first);
  ck_assert(!is_new);
  ++tls.generation;
  ck_assert(cache.client_cert(tls, is_new) != first);
  ck_assert(is_new);
}
END_TEST

START_TEST(each_is_first_once) {
  OnceEach seen;
  ck_assert(seen.is_first("/a/"));
  ck_assert(!seen.is_first("/a/"));
  ck_assert(seen.is_first("/b/"));
  for (std::size_t i = 0; i < OnceEach::kMost; ++i) (void)seen.is_first(std::to_string(i));
  ck_assert(!seen.is_first("one too many"));
}
END_TEST

Suite* client_cert_header_suite() {
  Suite* suite = suite_create("client_cert_header");
  TCase* tests = tcase_create("headers");
  tcase_add_loop_test(tests, any_spelling_of_the_names_is_known, 0, std::size(kNames));
  tcase_add_loop_test(tests, a_connection_field_loses_them, 0, std::size(kConnections));
  tcase_add_loop_test(tests, only_a_verified_certificate_is_sent, 0, 2);
  tcase_add_test(tests, a_field_that_is_too_long_is_left_out);
  tcase_add_test(tests, a_connection_makes_them_once_until_the_client_is_asked_again);
  tcase_add_test(tests, each_is_first_once);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(client_cert_header_suite());
}
