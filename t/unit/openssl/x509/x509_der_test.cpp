// SPDX-License-Identifier: Apache-2.0
//
// What is read without OpenSSL is held against OpenSSL: whatever is accepted it must accept too,
// and say the same of it, whichever octet of it is changed.
#include "ssl_engine/openssl/x509/x509_der.h"

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/stored_certificate.h"
#include "ssl_engine/openssl/x509/stored_key.h"
#include "t/unit/der_mutation.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

StoredCertificate read(std::string_view der) {
  clear_openssl_errors();
  return StoredCertificate::read(as_bytes(der), sha256(as_bytes(der)));
}

bool is_point_of_no_curve(KeyType kind, ByteView point) {
  const int id = kind == KeyType::p256   ? NID_X9_62_prime256v1
                 : kind == KeyType::p384 ? NID_secp384r1
                 : kind == KeyType::p521 ? NID_secp521r1
                                         : NID_undef;
  const Handle<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(id));
  if (group == nullptr) return false;
  const Handle<EC_POINT, EC_POINT_free> made(EC_POINT_new(group.get()));
  return EC_POINT_oct2point(group.get(), made.get(), point.data(), point.size(), nullptr) != 1;
}

void expect_same(const StoredCertificate& lean, X509& object, const char* what) {
  const StoredCertificate kept(share(object));
  ck_assert_msg(lean.fingerprint() == kept.fingerprint(), "%s: fingerprint", what);
  ck_assert_msg(lean.names() == kept.names(), "%s: names", what);
  ck_assert_msg(lean.not_before() == kept.not_before(), "%s: not before", what);
  ck_assert_msg(lean.not_after() == kept.not_after(), "%s: not after", what);
  ck_assert_msg(lean.is_ca() == kept.is_ca(), "%s: is a CA", what);
  ck_assert_msg(lean.may_serve_tls() == kept.may_serve_tls(), "%s: purpose", what);
  ck_assert_msg(lean.is_self_issued() == kept.is_self_issued(), "%s: self-issued", what);
  const Cert opened = lean.open();
  ck_assert_msg(opened != nullptr && X509_cmp(opened.get(), &object) == 0, "%s: object", what);
  // A point that is on no curve is found when it is held against the key.
  if (X509_get0_pubkey(&object) == nullptr) {
    ck_assert_msg(is_point_of_no_curve(lean.key_kind(), lean.public_key()), "%s: key", what);
    return;
  }
  ck_assert_msg(lean.key_type() == kept.key_type(), "%s: key type", what);
  ck_assert_msg(lean.key_description() == kept.key_description(), "%s: key", what);
}

struct Kind {
  const char* what;
  CertificateOrder order;
  bool is_ordinary;
};

const Kind kKinds[] = {
    {"P-256",
     {.name = "a.test", .names = {"a.test", "*.A.test", "IP:192.0.2.1", "IP:2001:db8::1"}},
     true},
    {"P-384", {.name = "a.test", .names = {"a.test"}, .key = "p384"}, true},
    {"RSA", {.name = "a.test", .names = {"a.test"}, .key = "rsa"}, true},
    {"no alternative names", {.name = "Only.Common.test"}, true},
    {"only an address", {.name = "Common.test", .names = {"IP:192.0.2.1"}}, true},
    {"an authority", {.name = "CA", .ca = true}, true},
    {"for clients", {.name = "a.test", .names = {"a.test"}, .usage = "clientAuth"}, true},
    {"for servers",
     {.name = "a.test", .names = {"a.test"}, .usage = "clientAuth,serverAuth"},
     true},
    {"for anything", {.name = "a.test", .names = {"a.test"}, .usage = "anyExtendedKeyUsage"}, true},
    {"an issuer's address",
     {.name = "a.test", .names = {"a.test"}, .issuer_url = "http://a.test/ca"},
     true},
    {"what public authorities add",
     {.name = "a.test",
      .names = {"a.test"},
      .extensions = {{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
                     {NID_certificate_policies, "DER:30:0a:30:08:06:06:67:81:0c:01:02:01"},
                     {NID_crl_distribution_points, "URI:http://a.test/crl"},
                     {NID_ct_precert_scts, "DER:04:06:00:04:00:02:01:02"}}},
     true},
    {"an authority with its usage",
     {.name = "CA", .ca = true, .extensions = {{NID_key_usage, "critical,keyCertSign,cRLSign"}}},
     true},
    {"after 2050", {.name = "a.test", .end = kTestNow + 40L * 365 * kDay}, true},
    {"before 1970", {.name = "a.test", .begin = -1000 * kDay}, true},
    {"SHA-384", {.name = "a.test", .digest = EVP_sha384()}, true},
    {"Ed25519", {.name = "a.test", .names = {"a.test"}, .key = "ed25519"}, false},
    {"a short RSA key", {.name = "a.test", .names = {"a.test"}, .key = "rsa1024"}, false},
    {"SHA-1", {.name = "a.test", .digest = EVP_sha1()}, false},
    {"a name beyond ASCII", {.name = "caf\xc3\xa9.test"}, false},
};

START_TEST(says_what_openssl_says) {
  const Kind& row = kKinds[_i];
  CertificateOrder order = row.order;
  const Identity root = issue({.name = "Root", .ca = true});
  Pkey p384;
  if (order.key == "p384") {
    p384.reset(EVP_EC_gen("P-384"));
    order.use_key = p384.get();
  }
  for (const Identity* issuer : {static_cast<const Identity*>(nullptr), &root}) {
    order.issuer = issuer;
    const Identity made = issue(order);
    const StoredCertificate lean = read(der(*made.certificate));
    ck_assert_msg(static_cast<bool>(lean), "%s", row.what);
    ck_assert_msg(lean.is_open() == !row.is_ordinary, "%s: ordinary", row.what);
    expect_same(lean, *made.certificate, row.what);
  }
}
END_TEST

// Every octet, changed in a few ways; what is still accepted must still be the same for OpenSSL.
START_TEST(no_changed_octet_is_read_otherwise) {
  const Identity root = issue({.name = "Root", .ca = true});
  const Identity made = issue({.name = "a.test",
                               .names = {"a.test", "IP:192.0.2.1"},
                               .issuer = &root,
                               .usage = "serverAuth",
                               .issuer_url = "http://a.test/ca"});
  const std::string whole = der(*made.certificate);
  int accepted = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned mask : {0x01U, 0x02U, 0x10U, 0x20U, 0x80U, 0xffU}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
      if (!read_certificate_der(as_bytes(changed))) continue;
      ++accepted;
      const auto* from = reinterpret_cast<const unsigned char*>(changed.data());
      const Cert object(d2i_X509(nullptr, &from, static_cast<long>(changed.size())));
      const std::string what = "octet " + std::to_string(at) + ", mask " + std::to_string(mask);
      ck_assert_msg(object != nullptr, "%s: OpenSSL does not decode it", what.c_str());
      const StoredCertificate lean = read(changed);
      ck_assert_msg(!lean.is_open(), "%s", what.c_str());
      expect_same(lean, *object, what.c_str());
    }
  }
  ck_assert_int_gt(accepted, 500);  // signature, names, serial number
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ck_assert(!read_certificate_der(as_bytes(whole).first(size)));
  }
  ck_assert(!read_certificate_der(as_bytes(whole + "x")));
}
END_TEST

Pkey any_key(const std::string& type) {
  return type.starts_with("P-") ? Pkey(EVP_EC_gen(type.c_str())) : new_key(type);
}

// The same with changes that leave lengths right, parts of other certificates among them.
START_TEST(no_changed_certificate_is_read_otherwise) {
  std::vector<std::string> originals;
  const Identity root = issue({.name = "Root", .ca = true});
  for (const Kind& row : kKinds) {
    if (!row.is_ordinary) continue;
    CertificateOrder order = row.order;
    if (order.key == "p384") order.key = "ec";
    order.issuer = &root;
    originals.push_back(der(*issue(order).certificate));
  }
  for (const char* curve : {"P-256", "P-384", "P-521"}) {
    const Pkey key = any_key(curve);
    originals.push_back(der(*issue({.name = "c.test", .use_key = key.get()}).certificate));
  }
  DerMutator mutator(originals, 1);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string changed = mutator.next();
    if (!read_certificate_der(as_bytes(changed))) continue;
    ++accepted;
    const std::string what = "change " + std::to_string(i);
    const auto* from = reinterpret_cast<const unsigned char*>(changed.data());
    const Cert object(d2i_X509(nullptr, &from, static_cast<long>(changed.size())));
    ck_assert_msg(object != nullptr, "%s: OpenSSL does not decode it", what.c_str());
    ck_assert_msg(from == reinterpret_cast<const unsigned char*>(changed.data()) + changed.size(),
                  "%s: OpenSSL does not read all of it", what.c_str());
    expect_same(read(changed), *object, what.c_str());
  }
  ck_assert_int_gt(accepted, 1000);
}
END_TEST

/// The public half as KeyFields has it.
std::string public_half(EVP_PKEY& key) {
  unsigned char* encoded = nullptr;
  const int size = i2d_PublicKey(&key, &encoded);
  ck_assert_int_gt(size, 0);
  std::string half(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size));
  OPENSSL_free(encoded);
  if (EVP_PKEY_get_base_id(&key) != EVP_PKEY_RSA) return half;
  const auto sequence = take_apart(half);
  std::string numbers;
  for (const DerNode& number : sequence->front().parts) numbers += number.encoded();
  return numbers;
}

START_TEST(no_changed_key_is_read_otherwise) {
  const struct {
    const char* label;
    std::vector<const char*> types;
    bool is_pkcs8;
  } forms[] = {
      {"PRIVATE KEY", {"P-256", "P-384", "P-521", "rsa"}, true},
      {"EC PRIVATE KEY", {"P-256", "P-384", "P-521"}, false},
      {"RSA PRIVATE KEY", {"rsa"}, false},
  };
  KeyReader reader;
  for (const auto& form : forms) {
    std::vector<std::string> originals;
    for (const char* type : form.types) {
      const Pkey key = any_key(type);
      BIO* const out = BIO_new(BIO_s_mem());
      if (!form.is_pkcs8) i2d_PrivateKey_bio(out, key.get());
      const std::string traditional = take_text(out);
      originals.push_back(form.is_pkcs8 ? der(*key) : traditional);
    }
    DerMutator mutator(originals, 2);
    int accepted = 0;
    for (int i = 0; i < 12'000; ++i) {
      const std::string changed = mutator.next();
      const auto look = read_key_der(as_bytes(changed), form.label);
      if (!look || is_point_of_no_curve(look->kind, look->public_key)) continue;
      ++accepted;
      const auto key = reader.private_key(as_bytes(changed), form.label);
      ck_assert_msg(static_cast<bool>(key), "%s, change %d: OpenSSL does not decode it", form.label,
                    i);
      ck_assert_msg(type_name(look->kind) == EVP_PKEY_get0_type_name(key->get()),
                    "%s, change %d: type", form.label, i);
      ck_assert_msg(as_text(look->public_key) == public_half(**key), "%s, change %d: public half",
                    form.label, i);
    }
    ck_assert_int_gt(accepted, 200);
  }
}
END_TEST

START_TEST(keys) {
  for (const char* type : {"ec", "rsa"}) {
    const Pkey key = new_key(type);
    const Pkey other = new_key(type);
    const Identity made = issue({.name = "a.test", .use_key = key.get()});
    const Identity kept = issue({.name = "a.test", .use_key = key.get()});
    const StoredCertificate certificate = read(der(*made.certificate));
    const struct {
      std::string der;
      const char* label;
    } forms[] = {
        {der(*key), "PRIVATE KEY"},
        {der(*key), ""},
    };
    KeyReader reader;
    for (const auto& form : forms) {
      const auto lean = StoredKey::read(as_bytes(form.der), form.label, reader);
      ck_assert(lean && !lean->is_open());
      ck_assert_int_eq(EVP_PKEY_eq(open(*lean).get(), key.get()), 1);
      ck_assert(fits(certificate, *lean, reader));
      ck_assert(fits(StoredCertificate(share(*made.certificate)), *lean, reader));
      ck_assert(fits(certificate, StoredKey(share(*key)), reader));
      ck_assert(!fits(certificate, StoredKey(share(*other)), reader));
      const auto wrong = StoredKey::read(as_bytes(der(*other)), form.label, reader);
      ck_assert(wrong && !wrong->is_open() && !fits(certificate, *wrong, reader));
    }
    ck_assert_uint_eq(first_openssl_error(), 0);
  }
}
END_TEST

START_TEST(a_key_that_is_not_ordinary_is_openssls) {
  KeyReader reader;
  const Pkey key = new_key("ed25519");
  const auto lean = StoredKey::read(as_bytes(der(*key)), "PRIVATE KEY", reader);
  ck_assert(lean && lean->is_open());
  ck_assert_int_eq(EVP_PKEY_eq(open(*lean).get(), key.get()), 1);
  ck_assert(!StoredKey::read(as_bytes("rubbish"), "PRIVATE KEY", reader));
}
END_TEST

START_TEST(no_changed_octet_of_a_key_is_read_otherwise) {
  KeyReader reader;
  for (const char* type : {"ec", "rsa"}) {
    const Pkey key = new_key(type);
    const std::string whole = der(*key);
    const std::size_t step = whole.size() > 300 ? 7 : 1;
    for (std::size_t at = 0; at < whole.size(); at += step) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U, 0xffU}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
        const auto look = read_key_der(as_bytes(changed), "PRIVATE KEY");
        if (!look) continue;
        const auto same = read_key_der(as_bytes(whole), "PRIVATE KEY");
        // A point on no curve fits no certificate.
        if (!std::ranges::equal(look->public_key, same->public_key)) continue;
        ck_assert_msg(static_cast<bool>(reader.private_key(as_bytes(changed), "PRIVATE KEY")),
                      "%s key, octet %zu, mask %u", type, at, mask);
      }
    }
  }
}
END_TEST

START_TEST(alike_are_those_of_one_issuer) {
  const Identity root = issue({.name = "Root", .ca = true});
  const Identity other = issue({.name = "Root", .ca = true});  // the same name, another key
  const auto made = [](const char* name, const Identity* issuer) {
    return read(der(*issue({.name = name, .names = {name}, .issuer = issuer}).certificate));
  };
  ck_assert(made("a.test", &root).issuer_key() == made("b.test", &root).issuer_key());
  ck_assert(made("a.test", &root).issuer_key() != made("a.test", &other).issuer_key());
  ck_assert(made("a.test", &root).strength_key() == made("b.test", &other).strength_key());
  ck_assert(made("a.test", &root).strength_key() != made("a.test", nullptr).strength_key());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("ordinary");
  TCase* tests = tcase_create("ordinary");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, says_what_openssl_says, 0, static_cast<int>(std::size(kKinds)));
  tcase_add_test(tests, no_changed_octet_is_read_otherwise);
  tcase_add_test(tests, no_changed_certificate_is_read_otherwise);
  tcase_add_test(tests, no_changed_key_is_read_otherwise);
  tcase_add_test(tests, keys);
  tcase_add_test(tests, a_key_that_is_not_ordinary_is_openssls);
  tcase_add_test(tests, no_changed_octet_of_a_key_is_read_otherwise);
  tcase_add_test(tests, alike_are_those_of_one_issuer);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
