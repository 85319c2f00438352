// SPDX-License-Identifier: Apache-2.0
//
// Every way certificates and keys lie in files, and that none of them is taken for another.
#include "ssl_engine/openssl/x509/object_reader.h"

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Pieces {
  Identity root = issue({.name = "Root", .ca = true});
  Identity leaf = issue({.name = "leaf", .issuer = &root});
  MaterialReader reader;

  Material read(const std::string& content) { return reader.read(as_bytes(content)); }
};

std::string with_line_ends(const std::string& text, const std::string& line_end) {
  std::string out;
  for (const char c : text) out += c == '\n' ? line_end : std::string(1, c);
  return out;
}

struct Form {
  const char* name;
  std::function<std::string(const Pieces&)> content;
  int certificates;
  bool key;
};

const Form kForms[] = {
    {"PEM, everything",
     [](const Pieces& p) {
       return pem(*p.leaf.certificate) + pem(*p.root.certificate) + pem(*p.leaf.key);
     },
     2, true},
    {"key first", [](const Pieces& p) { return old_pem(*p.leaf.key) + pem(*p.leaf.certificate); },
     1, true},
    {"Windows line ends",
     [](const Pieces& p) {
       return with_line_ends(pem(*p.leaf.certificate) + pem(*p.leaf.key), "\r\n");
     },
     1, true},
    {"old Macintosh line ends",
     [](const Pieces& p) { return with_line_ends(pem(*p.leaf.certificate), "\r"); }, 1, false},
    {"byte order mark", [](const Pieces& p) { return "\xef\xbb\xbf" + pem(*p.leaf.certificate); },
     1, false},
    {"text around and between",
     [](const Pieces& p) {
       return "Bag Attributes\n    friendlyName: x\nsubject=CN = leaf\n" +
              pem(*p.leaf.certificate) + "\n\nissuer: root\n" + pem(*p.root.certificate) + "end";
     },
     2, false},
    {"no line end at the end",
     [](const Pieces& p) {
       std::string text = pem(*p.leaf.certificate);
       text.pop_back();
       return text;
     },
     1, false},
    {"blanks behind the lines",
     [](const Pieces& p) { return with_line_ends(pem(*p.leaf.certificate), "  \n"); }, 1, false},
    {"one long line",
     [](const Pieces& p) {
       std::string body;
       const std::string text = pem(*p.leaf.certificate);
       const auto begin = text.find('\n') + 1;
       for (const char c : text.substr(begin, text.find("-----END") - begin)) {
         if (c != '\n') body += c;
       }
       return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
     },
     1, false},
    {"DER certificate", [](const Pieces& p) { return der(*p.leaf.certificate); }, 1, false},
    {"DER certificate and a line end",
     [](const Pieces& p) { return der(*p.leaf.certificate) + "\n"; }, 1, false},
    {"DER key", [](const Pieces& p) { return der(*p.leaf.key); }, 0, true},
    {"PKCS#12 without pass phrase",
     [](const Pieces& p) { return pkcs12(p.leaf, {p.root.certificate.get()}, nullptr); }, 2, true},
    {"PKCS#12 with an empty one",
     [](const Pieces& p) { return pkcs12(p.leaf, {p.root.certificate.get()}, ""); }, 2, true},
};

START_TEST(forms) {
  const Form& row = kForms[_i];
  Pieces pieces;
  const Material material = pieces.read(row.content(pieces));
  ck_assert_msg(material.defects.empty(), "%s: %s", row.name,
                material.defects.empty() ? "" : material.defects[0].evidence.c_str());
  ck_assert_int_eq(static_cast<int>(material.certificates.size()), row.certificates);
  if (row.certificates > 0) {
    ck_assert_int_eq(X509_cmp(material.certificates[0].open().get(), pieces.leaf.certificate.get()),
                     0);
  }
  if (row.certificates > 1) {
    ck_assert_int_eq(X509_cmp(material.certificates[1].open().get(), pieces.root.certificate.get()),
                     0);
  }
  ck_assert_int_eq(static_cast<bool>(material.key), row.key);
  if (row.key) {
    ck_assert_int_eq(EVP_PKEY_eq(open(material.key).get(), pieces.leaf.key.get()), 1);
  }
  ck_assert_ptr_null(material.locked.get());
}
END_TEST

START_TEST(every_type_of_key) {
  MaterialReader reader;
  for (const char* type : {"rsa", "ec", "ed25519"}) {
    const Pkey key = new_key(type);
    std::vector<std::string> files{pem(*key), der(*key)};
    if (std::string_view(type) != "ed25519") files.push_back(old_pem(*key));
    for (const auto& file : files) {
      // Twice: the second time through a decoder that is used again.
      for (int i = 0; i < 2; ++i) {
        const Material material = reader.read(as_bytes(file));
        ck_assert_msg(static_cast<bool>(material.key), "%s", type);
        ck_assert_int_eq(EVP_PKEY_eq(open(material.key).get(), key.get()), 1);
        const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(
            EVP_PKEY_CTX_new(open(material.key).get(), nullptr));
        ck_assert_int_eq(EVP_PKEY_pairwise_check(check.get()), 1);
      }
    }
  }
}
END_TEST

START_TEST(a_key_of_another_kind_than_its_label_says) {
  MaterialReader reader;
  const Pkey key = new_key("ec");
  // PKCS#8 in a frame for PKCS#1: what it is counts, not what it is called.
  std::string text = pem(*key);
  for (const char* word : {"BEGIN ", "END "}) {
    text.insert(text.find(std::string(word) + "PRIVATE") + std::string_view(word).size(), "RSA ");
  }
  const Material material = reader.read(as_bytes(text));
  ck_assert(material.key);
  ck_assert_int_eq(EVP_PKEY_eq(open(material.key).get(), key.get()), 1);
}
END_TEST

START_TEST(what_is_found_is_named) {
  Pieces pieces;
  Kinds kinds;
  expect_text(kind_words(kinds), "nothing");
  const Material material =
      pieces.read(pem(*pieces.leaf.certificate) + pem(*pieces.leaf.key) +
                  "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"
                  "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"
                  "-----BEGIN FANCY THING-----\nMAA=\n-----END FANCY THING-----\n");
  expect_text(kind_words(material.found),
              "a certificate and a private key and a public key and a revocation list and data of "
              "another kind");
}
END_TEST

START_TEST(locked_things_are_recognised) {
  Pieces pieces;
  const struct {
    std::string content;
    Locked::Form form;
  } cases[] = {
      {encrypted_pem(*pieces.leaf.key, "x"), Locked::Form::pkcs8},
      {old_pem(*pieces.leaf.key, "x"), Locked::Form::pem_headers},
      {pkcs12(pieces.leaf, {pieces.root.certificate.get()}, "x"), Locked::Form::pkcs12},
  };
  for (const auto& row : cases) {
    const Material material = pieces.read(row.content);
    ck_assert(material.defects.empty());
    ck_assert(!material.key);
    ck_assert_ptr_nonnull(material.locked.get());
    ck_assert(material.locked->form == row.form);
    ck_assert(pieces.reader.unlock(*material.locked, as_bytes("y")).outcome ==
              Unlocked::Outcome::wrong_phrase);
    const Unlocked opened = pieces.reader.unlock(*material.locked, as_bytes("x"));
    ck_assert(opened.outcome == Unlocked::Outcome::opened);
    ck_assert_int_eq(EVP_PKEY_eq(open(opened.key).get(), pieces.leaf.key.get()), 1);
    ck_assert_uint_eq(opened.certificates.size(), row.form == Locked::Form::pkcs12 ? 2 : 0);
  }
  // An open key in the same file needs nobody to be asked.
  const Material both = pieces.read(encrypted_pem(*pieces.leaf.key, "x") + pem(*pieces.leaf.key));
  ck_assert_ptr_null(both.locked.get());
  ck_assert(both.key);
}
END_TEST

START_TEST(many_wrong_phrases_and_never_a_key) {
  // One wrong phrase in 256 decrypts to something with a valid padding.
  Pieces pieces;
  const Material material = pieces.read(old_pem(*pieces.leaf.key, "x"));
  for (int i = 0; i < 600; ++i) {
    const auto phrase = "wrong" + std::to_string(i);
    ck_assert(pieces.reader.unlock(*material.locked, as_bytes(phrase)).outcome ==
              Unlocked::Outcome::wrong_phrase);
  }
}
END_TEST

START_TEST(ciphers_of_the_past_are_told_apart_from_wrong_phrases) {
  Pieces pieces;
  std::string text = old_pem(*pieces.leaf.key, "x");
  text.replace(text.find("AES-128-CBC"), 11, "NO-SUCH-ONE");
  const Material unknown = pieces.read(text);
  ck_assert(pieces.reader.unlock(*unknown.locked, as_bytes("x")).outcome ==
            Unlocked::Outcome::unsupported);
  // openssl genpkey -algorithm ED25519 | openssl pkcs8 -topk8 -v1 PBE-SHA1-RC2-40 -passout pass:x
  const std::string rc2 =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MFgwHAYKKoZIhvcNAQwBBjAOBAgAAAAAAAAAAQICCAAEOAAAAAAAAAAAAAAAAAAA\n"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  const Material old = pieces.read(rc2);
  ck_assert_ptr_nonnull(old.locked.get());
  const Unlocked outcome = pieces.reader.unlock(*old.locked, as_bytes("x"));
  ck_assert_msg(outcome.outcome == Unlocked::Outcome::unsupported, "%s", outcome.evidence.c_str());
}
END_TEST

START_TEST(one_certificate_is_one_object) {
  Pieces pieces;
  const Material first = pieces.read(pem(*pieces.leaf.certificate));
  const Material second = pieces.read(der(*pieces.leaf.certificate));
  const Material third = pieces.read(pkcs12(pieces.leaf, {pieces.root.certificate.get()}, nullptr));
  ck_assert_ptr_eq(first.certificates[0].address(), second.certificates[0].address());
  ck_assert_ptr_eq(first.certificates[0].address(), third.certificates[0].address());
}
END_TEST

START_TEST(no_prefix_of_a_file_brings_trouble) {
  Pieces pieces;
  for (const std::string& whole : {pem(*pieces.leaf.certificate) + old_pem(*pieces.leaf.key, "x"),
                                   der(*pieces.leaf.certificate), der(*pieces.leaf.key),
                                   pkcs12(pieces.leaf, {pieces.root.certificate.get()}, "x")}) {
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      const Material material = pieces.read(whole.substr(0, size));
      // Whatever is cut short is either said to be, or not there at all.
      ck_assert(!material.defects.empty() || material.certificates.size() == 1);
    }
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("store");
  TCase* tests = tcase_create("store");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, forms, 0, std::size(kForms));
  tcase_add_test(tests, every_type_of_key);
  tcase_add_test(tests, a_key_of_another_kind_than_its_label_says);
  tcase_add_test(tests, what_is_found_is_named);
  tcase_add_test(tests, locked_things_are_recognised);
  tcase_add_test(tests, many_wrong_phrases_and_never_a_key);
  tcase_add_test(tests, ciphers_of_the_past_are_told_apart_from_wrong_phrases);
  tcase_add_test(tests, one_certificate_is_one_object);
  tcase_add_test(tests, no_prefix_of_a_file_brings_trouble);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
