// SPDX-License-Identifier: Apache-2.0
//
// What is remembered, for how long, and when a file is read again: the second pass of a start
// and a graceful restart must neither parse nor ask twice, and must not miss a change.
#include "ssl_engine/certificates/certificate_files.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "ssl_engine/base/file.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

class CountingDialog final : public PhraseDialog {
 public:
  explicit CountingDialog(int& asked) : asked_(asked) {}
  Result<SecretBytes> ask(const KeyLabel& /*key*/, unsigned /*attempt*/) override {
    ++asked_;
    return SecretBytes(as_bytes("secret"));
  }
  [[nodiscard]] unsigned retries() const noexcept override { return 0; }

 private:
  int& asked_;
};

/// A generation of the module: it has a store, and leaves behind what it knew.
class Generation {
 public:
  Generation(RetainedFiles*& retained, int& asked)
      : retained_(retained), phrases_(std::make_unique<CountingDialog>(asked)) {
    store.remember(retained_);
    store.begin();
  }
  ~Generation() {
    store.finish();
    RetainedFiles* const next = store.retain();
    CertificateFiles::release(std::exchange(retained_, next));
  }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  StoredFile& file(const std::string& path) { return store.file(path, phrases_, {}); }
  bool unlock(StoredFile& stored) { return static_cast<bool>(store.unlock(stored, phrases_, {})); }

  CertificateFiles store;

 private:
  RetainedFiles*& retained_;
  PassPhrases phrases_;
};

struct Parent {
  Folder folder;
  Identity leaf = issue({.name = "leaf"});
  RetainedFiles* retained = nullptr;
  int asked = 0;

  Parent() = default;
  Parent(const Parent&) = delete;
  Parent& operator=(const Parent&) = delete;
  ~Parent() { CertificateFiles::release(retained); }

  /// A file whose time stamps lie back far enough to be trusted.
  std::string old_file(const std::string& name, const std::string& content) {
    auto path = folder.write(name, content);
    settle(path);
    return path;
  }
  static void settle(const std::string& path) {
    // What counts is the time of the last change of the inode, which cannot be set.
    FileReader reader(1 << 20);
    wait_until([&] { return reader.read(path).is_settled; });
  }
};

StoredCertificate first_certificate(const StoredFile& file) {
  return file.content->material.certificates.at(0);
}

START_TEST(an_unchanged_file_is_the_same_object_in_the_next_generation) {
  Parent parent;
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  StoredCertificate object;
  {
    Generation first(parent.retained, parent.asked);
    object = first_certificate(first.file(path));
  }
  ck_assert_uint_eq(parent.retained->count, 1);
  for (int i = 0; i < 2; ++i) {
    Generation next(parent.retained, parent.asked);
    const StoredFile& file = next.file(path);
    ck_assert_ptr_eq(first_certificate(file).address(), object.address());
    ck_assert(file.state.is_settled);
    ck_assert_int_eq(file.state.stamp.mode, 0600);
  }
}
END_TEST

START_TEST(a_changed_file_is_read_again) {
  Parent parent;
  const Identity other = issue({.name = "othe"});  // the same length
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  { (void)Generation(parent.retained, parent.asked).file(path); }
  (void)parent.old_file("a.pem", pem(*other.certificate));
  Generation next(parent.retained, parent.asked);
  ck_assert_int_eq(
      X509_cmp(first_certificate(next.file(path)).open().get(), other.certificate.get()), 0);
}
END_TEST

START_TEST(a_change_with_old_times_is_seen) {
  Parent parent;
  const Identity other = issue({.name = "othe"});
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  struct stat before {};
  stat(path.c_str(), &before);
  { (void)Generation(parent.retained, parent.asked).file(path); }
  (void)parent.old_file("a.pem", pem(*other.certificate));
  const timespec times[] = {before.st_atim, before.st_mtim};
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  Generation next(parent.retained, parent.asked);
  ck_assert_int_eq(
      X509_cmp(first_certificate(next.file(path)).open().get(), other.certificate.get()), 0);
}
END_TEST

START_TEST(a_change_within_the_clocks_grain_is_seen) {
  Parent parent;
  const Identity other = issue({.name = "othe"});
  for (int i = 0; i < 20; ++i) {
    const auto path = parent.folder.write("a.pem", pem(*parent.leaf.certificate));
    { (void)Generation(parent.retained, parent.asked).file(path); }
    (void)parent.folder.write("a.pem", pem(*other.certificate));
    Generation next(parent.retained, parent.asked);
    ck_assert_int_eq(
        X509_cmp(first_certificate(next.file(path)).open().get(), other.certificate.get()), 0);
  }
}
END_TEST

START_TEST(the_same_content_is_recognised) {
  Parent parent;
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  const auto copy = parent.old_file("b.pem", pem(*parent.leaf.certificate));
  Generation first(parent.retained, parent.asked);
  ck_assert_ptr_eq(first.file(path).content.get(), first.file(copy).content.get());
}
END_TEST

START_TEST(a_phrase_is_asked_for_once_in_the_life_of_the_parent) {
  Parent parent;
  const auto path = parent.old_file("a.key", encrypted_pem(*parent.leaf.key, "secret"));
  for (int i = 0; i < 3; ++i) {
    Generation generation(parent.retained, parent.asked);
    StoredFile& file = generation.file(path);
    ck_assert(generation.unlock(file));
    ck_assert(generation.unlock(file));
    ck_assert_int_eq(
        EVP_PKEY_eq(generation.store.open(file.content->material.key).get(), parent.leaf.key.get()),
        1);
  }
  ck_assert_int_eq(parent.asked, 1);
  // Touched, or given other rights: it is still the same key.
  chmod(path.c_str(), 0640);
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), nullptr, 0), 0);
  {
    Generation generation(parent.retained, parent.asked);
    ck_assert(generation.unlock(generation.file(path)));
  }
  ck_assert_int_eq(parent.asked, 1);
  // Encrypted anew it is another file.
  (void)parent.old_file("a.key", encrypted_pem(*parent.leaf.key, "secret"));
  Generation generation(parent.retained, parent.asked);
  ck_assert(generation.unlock(generation.file(path)));
  ck_assert_int_eq(parent.asked, 2);
}
END_TEST

START_TEST(single_files_are_recalled_kept_and_forgotten) {
  Parent parent;
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  const auto other = parent.old_file("b.pem", pem(*parent.leaf.certificate));
  {
    Generation first(parent.retained, parent.asked);
    (void)first.file(path);
    (void)first.file(other);
  }
  const Identity next = issue({.name = "next"});
  parent.folder.write("a.pem", pem(*next.certificate));
  const CertificateFiles::Paths only{path};
  const auto names = [&] {
    std::vector<std::string> found;
    for (const RetainedFile& file : CertificateFiles::files_in(parent.retained)) {
      if (file.path != nullptr) found.emplace_back(file.path);
    }
    std::ranges::sort(found);
    return found;
  };
  {
    CertificateFiles files;
    PassPhrases phrases(std::make_unique<CountingDialog>(parent.asked));
    files.remember(parent.retained, &only);
    files.begin();
    (void)files.file(path, phrases, {});
    (void)files.file(other, phrases, {});
    parent.retained = files.retain_into(parent.retained, only);
  }
  ck_assert(names() == std::vector<std::string>({path, other}));
  {
    Generation last(parent.retained, parent.asked);
    ck_assert(first_certificate(last.file(path)).fingerprint() ==
              fingerprint_of(*next.certificate));
    ck_assert(first_certificate(last.file(other)).fingerprint() ==
              fingerprint_of(*parent.leaf.certificate));
  }
  CertificateFiles::forget(parent.retained, only);
  ck_assert(names() == std::vector<std::string>({other}));
  CertificateFiles::forget(nullptr, only);
}
END_TEST

START_TEST(the_phrase_of_a_key_opens_its_successor) {
  Parent parent;
  const auto path = parent.old_file("a.pem", encrypted_pem(*parent.leaf.key, "secret"));
  {
    Generation first(parent.retained, parent.asked);
    ck_assert(first.unlock(first.file(path)));
  }
  ck_assert_int_eq(parent.asked, 1);
  const Identity next = issue({.name = "next"});
  parent.folder.write("a.pem", encrypted_pem(*next.key, "secret"));
  CertificateFiles files;
  PassPhrases phrases(std::make_unique<CountingDialog>(parent.asked));
  files.remember(parent.retained);
  files.hand_phrases_to(phrases);
  files.begin();
  StoredFile& file = files.file(path, phrases, {});
  ck_assert(static_cast<bool>(files.unlock(file, phrases, {})));
  ck_assert_int_eq(parent.asked, 1);
  ck_assert_int_eq(EVP_PKEY_eq(open(file.content->material.key).get(), next.key.get()), 1);
  // Who is forked after this finds none.
  CertificateFiles::keep_phrases_from_children(parent.retained);
  const SecretBytes::Raw& kept = parent.retained->files[0].phrase;
  ck_assert_uint_eq(kept.size, 6);
  const pid_t child = fork();
  if (child == 0) _exit(kept.memory[0] == 0 ? 0 : 1);
  int status = 1;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  ck_assert_int_eq(kept.memory[0], 's');
}
END_TEST

START_TEST(what_is_no_longer_named_is_forgotten) {
  Parent parent;
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate));
  { (void)Generation(parent.retained, parent.asked).file(path); }
  ck_assert_uint_eq(parent.retained->count, 1);
  { const Generation nothing(parent.retained, parent.asked); }
  ck_assert_uint_eq(parent.retained->count, 0);
}
END_TEST

START_TEST(a_damaged_file_is_not_kept) {
  Parent parent;
  const auto path = parent.old_file("a.pem", pem(*parent.leaf.certificate).substr(0, 100));
  { (void)Generation(parent.retained, parent.asked).file(path); }
  ck_assert_uint_eq(parent.retained->count, 0);
}
END_TEST

START_TEST(everything_in_a_file_crosses_over) {
  Parent parent;
  const std::string curve =
      "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
  const auto path =
      parent.old_file("a.pem", pem(*parent.leaf.certificate) + pem(*parent.leaf.key) + curve);
  { (void)Generation(parent.retained, parent.asked).file(path); }
  Generation next(parent.retained, parent.asked);
  const Material& material = next.file(path).content->material;
  ck_assert_uint_eq(material.certificates.size(), 1);
  ck_assert(material.key);
  expect_text(material.group, "secp384r1");
  ck_assert(material.found.has(Kind::certificate) && material.found.has(Kind::private_key));
}
END_TEST

START_TEST(a_block_of_another_version_is_left_alone) {
  RetainedFiles other{RetainedFiles::kVersion + 1, 1, nullptr};
  CertificateFiles store;
  store.remember(&other);
  store.remember(nullptr);
  CertificateFiles::release(&other);
  CertificateFiles::release(nullptr);
  RetainedFiles* const nothing = store.retain();
  ck_assert_ptr_nonnull(nothing);
  ck_assert_uint_eq(nothing->count, 0);
  CertificateFiles::release(nothing);
}
END_TEST

START_TEST(equal_certificates_are_one_object) {
  CertificateFiles store;
  const Identity leaf = issue({.name = "leaf"});
  const StoredCertificate certificate(share(*leaf.certificate));
  const StoredKey key(share(*leaf.key));
  const SharedChain none(sk_X509_new_null(), free_chain);
  const SharedChain another(sk_X509_new_null(), free_chain);
  const auto first = store.certificate(certificate, none, key);
  ck_assert_ptr_eq(first.get(), store.certificate(certificate, none, key).get());
  const auto with_chain = store.certificate(certificate, another, key);
  ck_assert_ptr_ne(first.get(), with_chain.get());
  ck_assert(first->fingerprint() == with_chain->fingerprint());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("certificate_store");
  TCase* tests = tcase_create("store");
  tcase_add_test(tests, an_unchanged_file_is_the_same_object_in_the_next_generation);
  tcase_add_test(tests, a_changed_file_is_read_again);
  tcase_add_test(tests, a_change_with_old_times_is_seen);
  tcase_add_test(tests, a_change_within_the_clocks_grain_is_seen);
  tcase_add_test(tests, the_same_content_is_recognised);
  tcase_add_test(tests, a_phrase_is_asked_for_once_in_the_life_of_the_parent);
  tcase_add_test(tests, single_files_are_recalled_kept_and_forgotten);
  tcase_add_test(tests, the_phrase_of_a_key_opens_its_successor);
  tcase_add_test(tests, what_is_no_longer_named_is_forgotten);
  tcase_add_test(tests, a_damaged_file_is_not_kept);
  tcase_add_test(tests, everything_in_a_file_crosses_over);
  tcase_add_test(tests, a_block_of_another_version_is_left_alone);
  tcase_add_test(tests, equal_certificates_are_one_object);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
