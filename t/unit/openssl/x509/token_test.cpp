// SPDX-License-Identifier: Apache-2.0
//
// What lies behind a URI, opened in this process, and whether a key signs. The token is a file.
#include "ssl_engine/openssl/x509/token.h"

#include "ssl_engine/openssl/crypto_engine.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

class NoPin final : public PinSource {
 public:
  SecretBytes pin() override {
    ++asked;
    return {};
  }
  int asked = 0;
};

class GivenPin final : public PinSource {
 public:
  SecretBytes pin() override { return SecretBytes(as_bytes("secret")); }
};

struct Drawer {
  Folder folder;
  Identity root = issue({.name = "Root", .ca = true});
  Identity leaf = issue({.name = "leaf", .issuer = &root});
};

START_TEST(uris_are_opened_by_openssl) {
  Drawer drawer;
  NoPin pins;
  const auto file =
      drawer.folder.write("a.pem", pem(*drawer.leaf.certificate) + pem(*drawer.root.certificate) +
                                       pem(*drawer.leaf.key));
  const OpenedToken opened = open_token("file:" + file, {}, {}, pins);
  ck_assert_msg(opened.defects.empty(), "%s", opened.defects[0].evidence.c_str());
  ck_assert_uint_eq(opened.certificates.size(), 2);
  ck_assert_int_eq(EVP_PKEY_eq(opened.key.get(), drawer.leaf.key.get()), 1);
  ck_assert_int_eq(pins.asked, 0);

  const auto locked = drawer.folder.write("b.pem", encrypted_pem(*drawer.leaf.key, "secret"));
  const OpenedToken refused = open_token("file:" + locked, {}, {}, pins);
  ck_assert_ptr_null(refused.key.get());
  ck_assert_int_gt(pins.asked, 0);
  GivenPin given;
  ck_assert_ptr_nonnull(open_token("file:" + locked, {}, {}, given).key.get());
}
END_TEST

START_TEST(what_is_not_there_is_said) {
  Drawer drawer;
  NoPin pins;
  const OpenedToken unknown = open_token("no-such-scheme:x", {}, {}, pins);
  ck_assert_uint_eq(unknown.defects.size(), 1);
  ck_assert(unknown.defects[0].part == Defect::Part::scheme);
  const OpenedToken missing = open_token("file:" + drawer.folder.path("nothing"), {}, {}, pins);
  ck_assert_uint_eq(missing.defects.size(), 1);
  ck_assert(missing.defects[0].part == Defect::Part::uri);
  const OpenedToken no_engine = open_token("pkcs11:object=x", "nonesuch", {}, pins);
  ck_assert_uint_eq(no_engine.defects.size(), 1);
  ck_assert(no_engine.defects[0].part == Defect::Part::uri);
  ck_assert(crypto_engine_kind("nonesuch") == EngineKind::none);
}
END_TEST

START_TEST(schemes_that_are_known) {
  ck_assert(is_store_scheme("file"));
  ck_assert(!is_store_scheme("no-such-scheme"));
}
END_TEST

START_TEST(a_key_signs_or_does_not) {
  const Identity ec = issue({.name = "ec"});
  const Identity other = issue({.name = "other"});
  const Pkey half = public_key_from_der(as_bytes(public_key_der(*ec.key)));
  ck_assert_ptr_nonnull(half.get());
  ck_assert(static_cast<bool>(try_signature(*ec.key, *half)));
  const Status by_other = try_signature(*other.key, *half);
  ck_assert(!by_other);
  expect_part(by_other.error().what, "its signature does not verify");
  const Status by_half = try_signature(*half, *half);
  ck_assert(!by_half);
  expect_part(by_half.error().what, "it does not sign");
}
END_TEST

START_TEST(rubbish_is_no_key_and_no_certificate) {
  ck_assert_ptr_null(public_key_from_der(as_bytes("rubbish")).get());
  ck_assert_ptr_null(certificate_from_der(as_bytes("")).get());
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("token");
  TCase* const tests = tcase_create("token");
  tcase_add_test(tests, uris_are_opened_by_openssl);
  tcase_add_test(tests, what_is_not_there_is_said);
  tcase_add_test(tests, schemes_that_are_known);
  tcase_add_test(tests, a_key_signs_or_does_not);
  tcase_add_test(tests, rubbish_is_no_key_and_no_certificate);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
