// SPDX-License-Identifier: Apache-2.0
//
// URIs of keys and certificates: what is a URI at all, and that a PIN never stays in one (RFC
// 7512).
#include "ssl_engine/openssl/x509/token_uri.h"

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const struct {
  const char* value;
  const char* scheme;
} kSchemes[] = {
    {"pkcs11:token=a;object=b", "pkcs11"},
    {"PKCS11:token=a", "pkcs11"},
    {"handle:0x81000001", "handle"},
    {"file:/etc/ssl/a.pem", "file"},
    {"/etc/ssl/a:b.pem", ""},
    {"conf/a:b.pem", ""},
    {"a.pem", ""},
    {"./pkcs11:x", ""},
    {":x", ""},
    {"C:/a.pem", ""},
    {"9p:x", ""},
    {"", ""},
};

START_TEST(a_scheme_is_told_from_a_path) {
  const auto& row = kSchemes[_i];
  expect_text(scheme_of(row.value), row.scheme);
  ck_assert_int_eq(is_token_uri(row.value), *row.scheme != '\0');
}
END_TEST

const struct {
  const char* uri;
  const char* bare;
  const char* token;
  const char* pin;  // null: none
  const char* pin_file;
} kUris[] = {
    {"pkcs11:object=a", "pkcs11:object=a", "", nullptr, ""},
    {"pkcs11:token=t;object=a;serial=1?pin-value=1234", "pkcs11:token=t;object=a;serial=1",
     "serial=1;token=t", "1234", ""},
    {"pkcs11:token=t?pin-value=a%20b%25&module-name=x", "pkcs11:token=t?module-name=x", "token=t",
     "a b%", ""},
    {"pkcs11:token=t?module-name=x&pin-value=", "pkcs11:token=t?module-name=x", "token=t", "", ""},
    {"pkcs11:token=t?pin-source=file:/etc/pin%31", "pkcs11:token=t", "token=t", nullptr,
     "/etc/pin1"},
    {"pkcs11:token=t?pin-source=file:///etc/pin", "pkcs11:token=t", "token=t", nullptr, "/etc/pin"},
    {"pkcs11:token=t?pin-source=/etc/pin", "pkcs11:token=t", "token=t", nullptr, "/etc/pin"},
    {"pkcs11:token=t?pin-source=%7Cprogram", "pkcs11:token=t?pin-source=%7Cprogram", "token=t",
     nullptr, ""},
    {"pkcs11:token=t?pin-value=%zz%4", "pkcs11:token=t", "token=t", "%zz%4", ""},
    {"handle:0x81000001?pin-value=1", "handle:0x81000001?pin-value=1",
     "handle:0x81000001?pin-value=1", nullptr, ""},
};

START_TEST(a_pin_is_taken_out) {
  const auto& row = kUris[_i];
  const TokenUri uri(row.uri);
  expect_text(uri.bare, row.bare);
  expect_text(uri.token, row.token);
  expect_text(uri.pin_file, row.pin_file);
  ck_assert_int_eq(uri.pin.has_value(), row.pin != nullptr);
  if (row.pin != nullptr) {
    expect_text(std::string(as_text(uri.pin->reveal())), row.pin);
  }
  expect_text(shown_file(row.uri), row.bare);
}
END_TEST

const struct {
  const char* certificate;
  const char* key;
} kPairs[] = {
    {"pkcs11:object=a;type=cert", "pkcs11:object=a;type=private"},
    {"pkcs11:type=cert;object=a", "pkcs11:type=private;object=a"},
    {"pkcs11:type=cert?module-name=x", "pkcs11:type=private?module-name=x"},
    {"pkcs11:object=type=cert", "pkcs11:object=type=cert"},
    {"pkcs11:object=a;type=certs", "pkcs11:object=a;type=certs"},
    {"pkcs11:object=a", "pkcs11:object=a"},
};

START_TEST(the_key_beside_a_certificate) {
  expect_text(private_key_uri(kPairs[_i].certificate), kPairs[_i].key);
}
END_TEST

START_TEST(a_file_by_its_uri) {
  for (const char* uri : {"file:/a/b.pem", "file:///a/b.pem", "file://localhost/a/b.pem"}) {
    expect_text(std::string(path_of_file_uri(uri)), "/a/b.pem");
  }
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("token_uri");
  TCase* const tests = tcase_create("token_uri");
  tcase_add_loop_test(tests, a_scheme_is_told_from_a_path, 0, std::ssize(kSchemes));
  tcase_add_loop_test(tests, a_pin_is_taken_out, 0, std::ssize(kUris));
  tcase_add_loop_test(tests, the_key_beside_a_certificate, 0, std::ssize(kPairs));
  tcase_add_test(tests, a_file_by_its_uri);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
