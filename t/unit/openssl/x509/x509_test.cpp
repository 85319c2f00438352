// SPDX-License-Identifier: Apache-2.0
//
// What is read from certificates, against what was put in and, for digests, against openssl's
// own functions.
#include "ssl_engine/openssl/x509/x509.h"

#include <openssl/err.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/openssl/errors.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(names_and_dates) {
  const Identity root = issue({.name = "Root", .ca = true});
  const Identity leaf = issue({.name = "a, b\n",
                               .names = {"A.test", "IP:2001:db8::1", "*.b.test"},
                               .issuer = &root,
                               .begin = 1767225600,
                               .end = 1767225600 + 86399,
                               .issuer_url = "http://ca.test/x"});
  X509& cert = *leaf.certificate;
  expect_text(subject_of(cert), "CN=a\\, b\\0A");
  expect_text(issuer_of(cert), "CN=Root");
  expect_text(date_text(not_before_of(cert)), "2026-01-01 00:00:00 UTC");
  expect_text(date_text(not_after_of(cert)), "2026-01-01 23:59:59 UTC");
  ck_assert(names_of(cert) == (std::vector<std::string>{"a.test", "2001:db8::1", "*.b.test"}));
  ck_assert(issuer_urls_of(cert) == std::vector<std::string>{"http://ca.test/x"});
  ck_assert(issuer_urls_of(*root.certificate).empty());
  ck_assert(!is_ca(cert) && is_ca(*root.certificate));
  ck_assert(!is_self_issued(cert) && is_self_issued(*root.certificate));
  ck_assert(may_issue(*root.certificate, cert) && !may_issue(cert, *root.certificate));
  ck_assert(may_serve_tls(cert));
}
END_TEST

START_TEST(fingerprints_are_openssls) {
  const Identity one = issue({.name = "one"});
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  X509_digest(one.certificate.get(), EVP_sha256(), digest.data(), &size);
  ck_assert(fingerprint_of(*one.certificate) == digest);
  const std::string encoded = der(*one.certificate);
  ck_assert(sha256(as_bytes(encoded)) == digest);
  // The standard's own example (FIPS 180-4): the digest of "abc".
  expect_text(hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  ck_assert(StoredCertificate(share(*one.certificate)).fingerprint() == digest);
  ck_assert(public_key_fingerprint(*one.key) ==
            public_key_fingerprint(*X509_get0_pubkey(one.certificate.get())));
}
END_TEST

START_TEST(keys_are_described) {
  const struct {
    const char* type;
    const char* name;
    const char* description;
  } cases[] = {
      {"rsa", "RSA", "RSA 2048 bits"}, {"ec", "EC", "EC P-256"}, {"ed25519", "ED25519", "ED25519"}};
  for (const auto& row : cases) {
    const Identity made = issue({.name = "x", .key = row.type});
    expect_text(key_type_of(*made.key), row.name);
    expect_text(describe_key(*made.key), row.description);
  }
}
END_TEST

START_TEST(a_key_fits_its_certificate_only) {
  const Identity one = issue({.name = "one"});
  const Identity two = issue({.name = "two"});
  const Identity rsa = issue({.name = "rsa", .key = "rsa"});
  ck_assert(fits(*one.certificate, *one.key));
  ck_assert(!fits(*one.certificate, *two.key));
  ck_assert(!fits(*one.certificate, *rsa.key));
  ck_assert_uint_eq(first_openssl_error(), 0);
}
END_TEST

START_TEST(hosts_are_compared_as_clients_do) {
  const struct {
    std::vector<std::string> names;
    const char* host;
    bool covered;
  } cases[] = {
      {{"a.test"}, "a.test", true},
      {{"a.test"}, "A.Test", true},
      {{"a.test"}, "a.test.", true},
      {{"a.test"}, "b.a.test", false},
      {{"*.test"}, "a.test", true},
      {{"*.test"}, "a.b.test", false},
      {{"*.b.test"}, "a.b.test", true},
      {{"*.b.test"}, ".b.test", false},
      {{"*.b.test"}, "b.test", false},
      {{"x*.b.test"}, "xa.b.test", false},
      {{"*"}, "a", false},
      {{"*.*.test"}, "a.b.test", false},
      {{"a.*.test"}, "a.b.test", false},
      {{"*.test"}, "xn--a.test", true},
      {{"xn--*.test"}, "xn--a.test", false},
      {{""}, "", false},
      {{"", "*."}, ".", false},
      {{"192.0.2.1"}, "192.0.2.1", true},
      {{"*.0.2.1"}, "192.0.2.1", false},
      {{"*.2001:db8::1"}, "2001:db8::1", false},
      {{"2001:db8::1"}, "[2001:DB8:0::1]", true},
      {{"2001:db8::1"}, "[2001:db8::2]", false},
      {{}, "a.test", false},
  };
  for (const auto& row : cases) {
    ck_assert_msg(names_cover(row.names, row.host) == row.covered, "%s", row.host);
  }
}
END_TEST

START_TEST(errors_come_oldest_first_and_with_advice) {
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);
  clear_openssl_errors();
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  ERR_raise_data(ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "on %s", "port 443");
  ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
  const Error error = openssl_error("cannot do it");
  expect_text(error.what,
              "cannot do it: no shared cipher; http request (on port 443); http request");
  expect_part(error.hint, "SSLCipherSuite");
  ck_assert_uint_eq(first_openssl_error(), 0);
  const Error nothing = openssl_error("cannot do it");
  expect_text(nothing.what, "cannot do it");
  ck_assert(nothing.hint.empty());
  ERR_raise(ERR_LIB_SYS, ENOENT);
  expect_text(openssl_error("x").what, "x: No such file or directory");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("x509");
  TCase* tests = tcase_create("x509");
  tcase_add_test(tests, names_and_dates);
  tcase_add_test(tests, fingerprints_are_openssls);
  tcase_add_test(tests, keys_are_described);
  tcase_add_test(tests, a_key_fits_its_certificate_only);
  tcase_add_test(tests, hosts_are_compared_as_clients_do);
  tcase_add_test(tests, errors_come_oldest_first_and_with_advice);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
