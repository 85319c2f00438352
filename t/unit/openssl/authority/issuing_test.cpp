// SPDX-License-Identifier: Apache-2.0
//
// Keys, requests, certificates and revocation lists that we make, looked at with OpenSSL's own
// eyes.
#include "ssl_engine/openssl/authority/issuing.h"

#include <openssl/pkcs7.h>

#include "ssl_engine/openssl/authority/new_key.h"
#include "ssl_engine/openssl/authority/revocation.h"
#include "ssl_engine/openssl/x509/bundle.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;  // NOLINT(*-build-using-namespace)
using test::expect_part;
using test::expect_text;

const WallTime kBegin{std::chrono::seconds(test::kTestNow)};
const WallTime kEnd = kBegin + std::chrono::hours(24 * 90);

const KeyKind kKinds[] = {
    {"EC", "P-256", 0}, {"EC", "P-384", 0}, {"RSA", {}, 2048}, {"ED25519", {}, 0}};

Cert made(EVP_PKEY& key, Profile profile, const SubjectNames& names, Signer signer) {
  auto cert = make_certificate(key, {profile, names, new_serial(), kBegin, kEnd}, signer);
  ck_assert_msg(static_cast<bool>(cert), "%s", cert ? "" : cert.error().what.c_str());
  return std::move(*cert);
}

std::string printed_text(X509& cert) {
  BIO* const out = BIO_new(BIO_s_mem());
  X509_print(out, &cert);
  return test::take_text(out);
}

START_TEST(every_kind_of_key_signs_and_is_written) {
  const auto key = make_key(kKinds[_i]);
  ck_assert(static_cast<bool>(key));
  SubjectNames names;
  names.common_name = "a.test";
  names.dns = {"a.test", "b.test"};
  names.addresses = {"127.0.0.1", "::1"};
  const Cert cert = made(**key, Profile::self_signed, names, {nullptr, key->get()});
  ck_assert(X509_verify(cert.get(), key->get()) == 1);
  ck_assert(names_of(*cert) == (std::vector<std::string>{"a.test", "b.test", "127.0.0.1", "::1"}));
  ck_assert(!is_ca(*cert));
  ck_assert(not_after_of(*cert) == kEnd);

  const auto request = make_request(**key, names);
  ck_assert(static_cast<bool>(request));
  const auto content = read_request(as_bytes(pem_of(**request)));
  ck_assert(static_cast<bool>(content));
  ck_assert(content->names.dns == names.dns);
  ck_assert(content->names.addresses == names.addresses);
  expect_text(content->names.common_name, "a.test");
  ck_assert(EVP_PKEY_eq(content->key.get(), key->get()) == 1);

  MaterialReader reader;
  const auto plain = private_key_pem(**key, {});
  const Material back = reader.read(std::as_const(*plain).reveal());
  ck_assert(back.key && EVP_PKEY_eq(test::open(back.key).get(), key->get()) == 1);
}
END_TEST

START_TEST(an_encrypted_key_opens_with_its_phrase_alone) {
  const auto key = make_key(kKinds[0]);
  const auto pem = private_key_pem(**key, as_bytes("right"));
  ck_assert(static_cast<bool>(pem));
  MaterialReader reader;
  const Material found = reader.read(std::as_const(*pem).reveal());
  ck_assert(!found.key && found.locked != nullptr);
  ck_assert(reader.unlock(*found.locked, as_bytes("wrong")).outcome ==
            Unlocked::Outcome::wrong_phrase);
  const Unlocked opened = reader.unlock(*found.locked, as_bytes("right"));
  ck_assert(opened.key && EVP_PKEY_eq(test::open(opened.key).get(), key->get()) == 1);
}
END_TEST

START_TEST(an_authority_issues_what_its_profiles_say) {
  const auto ca_key = make_key(kKinds[0]);
  const auto key = make_key(kKinds[2]);
  SubjectNames ca_name;
  ca_name.common_name = "CA \xc3\xa9";
  const Cert ca = made(**ca_key, Profile::authority, ca_name, {nullptr, ca_key->get()});
  ck_assert(is_ca(*ca));
  expect_part(printed_text(*ca), "CA:TRUE, pathlen:0");
  expect_part(printed_text(*ca), "Certificate Sign, CRL Sign");

  SubjectNames names;
  names.common_name = "a.test";
  names.dns = {"a.test"};
  names.emails = {"a@x.test"};
  const Signer signer{ca.get(), ca_key->get()};
  const Cert server = made(**key, Profile::server, names, signer);
  const Cert client = made(**key, Profile::client, names, signer);
  for (const auto& [cert, purpose] : {std::pair{server.get(), X509_PURPOSE_SSL_SERVER},
                                      std::pair{client.get(), X509_PURPOSE_SSL_CLIENT}}) {
    ck_assert(is_signed_by(*cert, *ca));
    ck_assert(X509_check_purpose(cert, purpose, 0) == 1);
    const int other =
        purpose == X509_PURPOSE_SSL_SERVER ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER;
    ck_assert(X509_check_purpose(cert, other, 0) == 0);
  }
  expect_part(printed_text(*server), "Digital Signature, Key Encipherment");
  expect_part(printed_text(*client), "email:a@x.test");
  ck_assert(serial_of(*server) != serial_of(*client));
}
END_TEST

START_TEST(without_a_subject_the_names_are_critical) {
  const auto key = make_key(kKinds[0]);
  SubjectNames names;
  names.dns = {"a.test"};
  const Cert cert = made(**key, Profile::server, names, {nullptr, key->get()});
  expect_text(subject_of(*cert), "");
  expect_part(printed_text(*cert), "Subject Alternative Name: critical");
}
END_TEST

START_TEST(a_request_whose_signature_is_wrong_is_refused) {
  const auto key = make_key(kKinds[0]);
  SubjectNames names;
  names.common_name = "a.test";
  const auto request = make_request(**key, names);
  BIO* const out = BIO_new(BIO_s_mem());
  i2d_X509_REQ_bio(out, request->get());
  std::string der = test::take_text(out);
  ck_assert(static_cast<bool>(read_request(as_bytes(der))));
  const std::size_t at = der.find("a.test");
  der[at] = 'b';
  const auto forged = read_request(as_bytes(der));
  ck_assert(!forged);
  expect_part(forged.error().what, "signature");
  ck_assert(!read_request(as_bytes("no request")));
}
END_TEST

START_TEST(a_list_revokes_and_verifies) {
  const auto ca_key = make_key(kKinds[_i]);
  SubjectNames name;
  name.common_name = "CA";
  const Cert ca = made(**ca_key, Profile::authority, name, {nullptr, ca_key->get()});
  const Cert leaf = made(**ca_key, Profile::client, name, {ca.get(), ca_key->get()});
  const RevokedSerial revoked[] = {{serial_of(*leaf), kBegin, "keyCompromise"}, {"0A", kBegin, ""}};
  const auto pem = make_crl(revoked, {7, kBegin, kEnd}, {ca.get(), ca_key->get()});
  ck_assert(static_cast<bool>(pem));
  std::vector<std::string> defects;
  const auto lists = read_crls(as_bytes(*pem), defects);
  ck_assert_uint_eq(lists.size(), 1);
  X509_CRL* const list = lists.front().get();
  ck_assert(X509_CRL_verify(list, ca_key->get()) == 1);
  X509_REVOKED* entry = nullptr;
  ck_assert_int_eq(X509_CRL_get0_by_cert(list, &entry, leaf.get()), 1);
  ck_assert(next_update_of(*list) == kEnd);
  ck_assert_uint_eq(folder_hash(*ca).size(), 8);
  ck_assert(!make_crl(std::vector<RevokedSerial>{{"zz", kBegin, ""}}, {1, kBegin, kEnd},
                      {ca.get(), ca_key->get()}));
}
END_TEST

START_TEST(certificates_are_found_in_every_form) {
  const auto root = test::issue({.name = "root", .ca = true});
  const auto other = test::issue({.name = "root", .ca = true});
  const auto leaf = test::issue({.name = "a", .issuer = &root});
  const std::string pem = "text\n" + test::pem(*leaf.certificate) + test::pem(*root.certificate);
  ck_assert_uint_eq(certificates_in(as_bytes(pem)).size(), 2);
  ck_assert_uint_eq(certificates_in(as_bytes(test::der(*leaf.certificate))).size(), 1);

  const Handle<PKCS7, PKCS7_free> bundle(PKCS7_new());
  PKCS7_set_type(bundle.get(), NID_pkcs7_signed);
  PKCS7_content_new(bundle.get(), NID_pkcs7_data);
  PKCS7_add_certificate(bundle.get(), leaf.certificate.get());
  PKCS7_add_certificate(bundle.get(), root.certificate.get());
  BIO* const out = BIO_new(BIO_s_mem());
  i2d_PKCS7_bio(out, bundle.get());
  const std::string der = test::take_text(out);
  ck_assert_uint_eq(certificates_in(as_bytes(der)).size(), 2);
  ck_assert_uint_eq(certificates_in(as_bytes(der.substr(0, der.size() / 2))).size(), 0);
  ck_assert_uint_eq(certificates_in(as_bytes("<html>not found</html>")).size(), 0);

  ck_assert(is_signed_by(*leaf.certificate, *root.certificate));
  ck_assert(!is_signed_by(*leaf.certificate, *other.certificate));
  ck_assert(!is_signed_by(*root.certificate, *leaf.certificate));
}
END_TEST

Suite* issuing_suite() {
  Suite* suite = suite_create("issuing");
  TCase* tests = tcase_create("issuing");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, every_kind_of_key_signs_and_is_written, 0, std::size(kKinds));
  tcase_add_test(tests, an_encrypted_key_opens_with_its_phrase_alone);
  tcase_add_test(tests, an_authority_issues_what_its_profiles_say);
  tcase_add_test(tests, without_a_subject_the_names_are_critical);
  tcase_add_test(tests, a_request_whose_signature_is_wrong_is_refused);
  tcase_add_loop_test(tests, a_list_revokes_and_verifies, 0, std::size(kKinds));
  tcase_add_test(tests, certificates_are_found_in_every_form);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(issuing_suite());
}
