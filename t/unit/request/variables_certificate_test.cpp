// SPDX-License-Identifier: Apache-2.0
//
// Numbers, dates, encodings and extensions: each test makes the certificate whose variables it
// reads.
#include "ssl_engine/openssl/x509/x509_text.h"
#include "ssl_engine/request/variables.h"
#include "t/unit/tls_pair.h"
#include "t/unit/variables_query.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::string_literals;

EVP_PKEY& key() {
  static const Pkey made = new_key("ec");
  return *made;
}

/// A connection whose client showed `certificate`.
TlsView view_of(X509& certificate) {
  static const SslCtx context(SSL_CTX_new(TLS_server_method()));
  static const Ssl ssl(SSL_new(context.get()));
  TlsView tls;
  tls.ssl = ssl.get();
  tls.peer = &certificate;
  return tls;
}

START_TEST(serial_numbers_are_whole_octets) {
  static const struct {
    std::string magnitude;
    bool negative;
    const char* hex;
    const char* decimal;
  } serials[] = {
      {"", false, "00", "0"},
      {"\x05", false, "05", "5"},
      {"\xff\x00\x0a"s, false, "FF000A", "16711690"},
      {"\x7f\xff", true, "-7FFF", "-32767"},
      {std::string(20, '\xab'), false, "ABABABABABABABABABABABABABABABABABABABAB",
       "980065803857193721618941593703860377886919469995"},
  };
  for (const auto& row : serials) {
    CertificateWish wish;
    wish.serial = row.magnitude;
    wish.negative_serial = row.negative;
    const Cert made = make_certificate(wish, key(), key());
    expect_text(serial_hex(*made), row.hex);
    expect_text(serial_decimal(*made).value_or(""), row.decimal);
  }
}
END_TEST

START_TEST(days_are_rounded_down_and_never_negative) {
  constexpr std::time_t kDay = 86400;
  static const struct {
    std::time_t left;
    long days;
  } ends[] = {{0, 0}, {1, 0}, {kDay - 1, 0}, {kDay, 1}, {20 * kDay - 1, 19}, {-kDay, 0}};
  for (const auto& row : ends) {
    CertificateWish wish;
    wish.not_after = kNow.time_since_epoch().count() + row.left;
    const Cert made = make_certificate(wish, key(), key());
    ck_assert_int_eq(days_left(*made, kNow), row.days);
  }
}
END_TEST

START_TEST(an_empty_name_is_empty_and_a_v1_certificate_says_so) {
  CertificateWish wish;
  wish.version = 0;
  const Cert made = make_certificate(wish, key(), key());
  const TlsView tls = view_of(*made);
  expect_text(asked("SSL_CLIENT_S_DN", tls), "");
  expect_text(asked("SSL_CLIENT_S_DN_CN", tls), kNone);
  expect_text(asked("SSL_CLIENT_M_VERSION", tls), "1");
  expect_text(asked("SSL_CLIENT_SAN_DNS_0", tls), kNone);
}
END_TEST

START_TEST(bytes_above_7f_are_escaped_in_the_exact_assertion_only) {
  CertificateWish wish;
  wish.issuer = {{NID_organizationName, "Caf\xc3\xa9"}};
  const Cert made = make_certificate(wish, key(), key());
  const TlsView tls = view_of(*made);
  expect_text(asked("SSL_CLIENT_I_DN", tls), "O=Caf\xc3\xa9");
  expect_text(asked("SSL_CLIENT_CERT_RFC4523_CEA", tls),
              "{ serialNumber 4097, issuer rdnSequence:\"O=Caf\\C3\\A9\" }");
}
END_TEST

/// Decodes what the variable says and compares it with the certificate itself.
START_TEST(encodings_decode_to_the_certificate) {
  const Cert made = make_certificate({}, key(), key());
  const TlsView tls = view_of(*made);
  const std::string pem = asked("SSL_CLIENT_CERT", tls);
  ck_assert(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  ck_assert(pem.ends_with("-----END CERTIFICATE-----\n"));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Cert read(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ck_assert_int_eq(X509_cmp(read.get(), made.get()), 0);

  std::string line;
  for (const char c : pem.substr(27, pem.size() - 27 - 26)) {
    if (c != '\n') line += c;
  }
  expect_text(asked("SSL_CLIENT_B64CERT", tls), line);
}
END_TEST

START_TEST(the_fingerprint_is_that_of_the_der) {
  const Cert made = make_certificate({}, key(), key());
  const TlsView tls = view_of(*made);
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.get(), &der);
  unsigned char digest[32];
  EVP_Q_digest(nullptr, "SHA256", nullptr, der, static_cast<std::size_t>(size), digest, nullptr);
  OPENSSL_free(der);
  std::string hex;
  for (const unsigned char octet : digest) {
    hex += "0123456789abcdef"[octet >> 4U];
    hex += "0123456789abcdef"[octet & 0xfU];
  }
  expect_text(asked("SSL_CLIENT_FINGERPRINT_SHA256", tls), hex);
  expect_text(asked("SSL_CLIENT_CERT_SHA256", tls), hex);
}
END_TEST

START_TEST(extensions_are_found_by_any_name_and_rendered) {
  CertificateWish wish;
  wish.extend = [](X509& certificate) {
    add_extension(certificate, NID_basic_constraints, "CA:TRUE");
    add_raw_extension(certificate, "1.2.3.4.1", "\x0c\x05hello");
    add_raw_extension(certificate, "1.2.3.4.1", "\x16\x03two");
    add_raw_extension(certificate, "1.2.3.4.2", std::string_view("\x1e\x04\0K\0\xe9", 6));
    add_raw_extension(certificate, "1.2.3.4.3", "\x04\x02xy");
    add_raw_extension(certificate, "1.2.3.4.4", "\x0c\x7f");
  };
  const Cert made = make_certificate(wish, key(), key());
  const Cert without = make_certificate({}, key(), key());
  TlsView tls = view_of(*made);
  tls.own = without.get();
  static const struct {
    const char* oid;
    std::vector<std::string> values;
  } lists[] = {
      {"2.5.29.19", {"CA:TRUE"}},
      {"basicConstraints", {"CA:TRUE"}},
      {"X509v3 Basic Constraints", {"CA:TRUE"}},
      {"1.2.3.4.1", {"hello", "two"}},
      {"1.2.3.4.2", {"K\xc3\xa9"}},
      {"1.2.3.4.3", {}},  // an OCTET STRING is no text
      {"1.2.3.4.4", {}},  // shorter than it says
      {"1.2.3.4.5", {}},
      {"no such thing", {}},
      {"", {}},
  };
  for (const auto& row : lists) {
    ck_assert_msg(extension_list(tls, true, row.oid) == row.values, "%s", row.oid);
  }
  ck_assert(extension_list(tls, false, "2.5.29.19").empty());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("what made-up certificates answer");
  TCase* t = tcase_create("certificate variables");
  tcase_add_test(t, serial_numbers_are_whole_octets);
  tcase_add_test(t, days_are_rounded_down_and_never_negative);
  tcase_add_test(t, an_empty_name_is_empty_and_a_v1_certificate_says_so);
  tcase_add_test(t, bytes_above_7f_are_escaped_in_the_exact_assertion_only);
  tcase_add_test(t, encodings_decode_to_the_certificate);
  tcase_add_test(t, the_fingerprint_is_that_of_the_der);
  tcase_add_test(t, extensions_are_found_by_any_name_and_rendered);
  suite_add_tcase(suite, t);
  return run_suite(suite);
}
