// SPDX-License-Identifier: Apache-2.0
//
// Keys from files and from a cluster's secret: sizes, what is odd about files, changes while the
// server runs, and the key of an hour against another implementation of HKDF.
#include "ssl_scache/ticket_key_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using std::chrono::seconds;
using tlsplus::as_bytes;
using tlsplus::Byte;
using tlsplus::Bytes;
using tlsplus::hex;
using tlsplus::TicketKey;
using tlsplus::TicketKeySource;
using tlsplus::WallTime;
using Kind = TicketKeySource::Kind;
using Oddity = TicketKeySource::Oddity;

/// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = "/tmp/tlsplus-keys-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(pattern.data()));
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  /// Replaces the file as an administrator should: a new file under the old name.
  std::string put(const std::string& name, std::string_view content, mode_t mode = 0600) const {
    std::string path = path_ + "/" + name;
    {
      std::ofstream out(path + ".new", std::ios::binary);
      out.write(content.data(), static_cast<std::streamsize>(content.size()));
    }
    ck_assert_int_eq(chmod((path + ".new").c_str(), mode), 0);
    std::filesystem::rename(path + ".new", path);
    return path;
  }

 private:
  std::string path_;
};

/// `size` octets that no two of `seed` share and that are no text.
std::string octets(std::size_t size, int seed) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<char>(0x80 + (static_cast<std::size_t>(seed) * 31 + i * 7) % 120);
  }
  return out;
}

TicketKeySource files(const std::vector<std::string>& paths) {
  std::vector<TicketKeySource::Path> all;
  all.reserve(paths.size());
  for (const auto& path : paths) {
    all.push_back(
        {path, {"SSLSessionTicketKeyFile", "site.conf", static_cast<int>(all.size()) + 1}});
  }
  return {Kind::files, all, seconds(300)};
}

TicketKeySource secret(const std::string& path, seconds lifetime = seconds(300)) {
  return {Kind::secret, {{path, {"SSLSessionTicketSecretFile", "site.conf", 1}}}, lifetime};
}

constexpr WallTime kNow{seconds(1767225600)};  // 2026-01-01 00:00:00 UTC

bool has(const TicketKeySource::Loaded& loaded, Oddity oddity) {
  return std::ranges::any_of(loaded.notes, [&](const auto& note) { return note.oddity == oddity; });
}

static const struct {
  std::size_t size;
  std::size_t key_size;  // 0: refused
  bool odd;
} kSizes[] = {{0, 0, false},  {1, 0, false},   {47, 0, false}, {48, 16, false}, {49, 16, true},
              {79, 16, true}, {80, 32, false}, {81, 16, true}, {4096, 16, true}};

START_TEST(sizes_of_key_files) {
  const Folder folder;
  const std::string content = octets(kSizes[_i].size, 1);
  TicketKeySource source = files({folder.put("key", content)});
  const auto loaded = source.load(kNow);
  const std::size_t key_size = kSizes[_i].key_size;
  ck_assert_uint_eq(loaded.keys.size(), key_size == 0 ? 0 : 1);
  ck_assert_int_eq(has(loaded, Oddity::too_short), key_size == 0);
  ck_assert_int_eq(has(loaded, Oddity::odd_size), kSizes[_i].odd);
  if (key_size == 0) return;
  const TicketKey& key = loaded.keys[0];
  ck_assert_uint_eq(key.key_size, key_size);
  ck_assert(hex(key.name) == hex(as_bytes(content).first(16)));
  ck_assert(hex(std::span(key.hmac_key).first(key_size)) ==
            hex(as_bytes(content).subspan(16, key_size)));
  ck_assert(hex(std::span(key.cipher_key).first(key_size)) ==
            hex(as_bytes(content).subspan(16 + key_size, key_size)));
}
END_TEST

START_TEST(several_files_keep_their_order) {
  const Folder folder;
  TicketKeySource source =
      files({folder.put("new", octets(80, 1)), folder.put("old", octets(48, 2)),
             folder.put("older", octets(80, 3))});
  const auto loaded = source.load(kNow);
  ck_assert_uint_eq(loaded.keys.size(), 3);
  ck_assert(loaded.notes.empty());
  ck_assert(!loaded.quiet_name);
  ck_assert_uint_eq(loaded.keys[0].key_size, 32);
  ck_assert_uint_eq(loaded.keys[1].key_size, 16);
}
END_TEST

START_TEST(every_bad_file_is_told_with_its_line) {
  const Folder folder;
  TicketKeySource source = files({"/nonexistent/key", folder.put("short", octets(20, 1)),
                                  folder.put("good", octets(80, 2)), "/"});
  const auto loaded = source.load(kNow);
  ck_assert_msg(loaded.keys.empty(), "half a list is no list");
  ck_assert_uint_eq(loaded.notes.size(), 3);
  const int lines[] = {1, 2, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    ck_assert(loaded.notes[i].is_fatal());
    ck_assert_int_eq(loaded.notes[i].where.line, lines[i]);
    ck_assert(!loaded.notes[i].evidence.empty());
  }
}
END_TEST

START_TEST(odd_files_are_used_and_told) {
  const Folder folder;
  TicketKeySource source =
      files({folder.put("text", std::string(48, 'a')), folder.put("open", octets(80, 2), 0644),
             folder.put("twin", octets(48, 2))});
  const auto loaded = source.load(kNow);
  ck_assert_uint_eq(loaded.keys.size(), 3);
  ck_assert(has(loaded, Oddity::looks_like_text));
  ck_assert(has(loaded, Oddity::exposed));
  ck_assert(has(loaded, Oddity::same_name));
  for (const auto& note : loaded.notes) ck_assert(!note.is_fatal());
}
END_TEST

START_TEST(files_are_read_again_when_they_change) {
  const Folder folder;
  const std::string path = folder.put("key", octets(80, 1));
  TicketKeySource source = files({path});
  const auto first = source.load(kNow);
  ck_assert(!source.reload_if_changed(kNow + seconds(10)));
  (void)folder.put("key", octets(80, 9));
  auto changed = source.reload_if_changed(kNow + seconds(20));
  ck_assert(changed.has_value());
  ck_assert_uint_eq(changed->keys.size(), 1);
  ck_assert(changed->keys[0].name != first.keys[0].name);
  ck_assert(!source.reload_if_changed(kNow + seconds(30)));

  (void)folder.put("key", octets(20, 1));
  changed = source.reload_if_changed(kNow + seconds(40));
  ck_assert(changed && changed->keys.empty() && has(*changed, Oddity::too_short));
  ck_assert_msg(!source.reload_if_changed(kNow + seconds(50)), "told once");

  std::filesystem::remove(path);
  changed = source.reload_if_changed(kNow + seconds(60));
  ck_assert(changed && changed->keys.empty() && has(*changed, Oddity::unreadable));
  ck_assert_msg(!source.reload_if_changed(kNow + seconds(70)), "told once");

  (void)folder.put("key", octets(80, 1));
  changed = source.reload_if_changed(kNow + seconds(80));
  ck_assert(changed && changed->keys.size() == 1);
}
END_TEST

static const struct {
  std::string_view content;
  bool accepted;
} kSecrets[] = {
    {"", false},
    {"0123456789abcdef0123456789abcde", false},
    {"0123456789abcdef0123456789abcde\n", false},
    {"0123456789abcdef0123456789abcdef", true},
    {"0123456789abcdef0123456789abcdef\r\n", true},
};

START_TEST(lengths_of_a_secret) {
  const Folder folder;
  TicketKeySource source = secret(folder.put("secret", kSecrets[_i].content));
  const auto loaded = source.load(kNow);
  ck_assert_int_eq(!loaded.keys.empty(), kSecrets[_i].accepted);
  ck_assert_int_eq(has(loaded, Oddity::too_short), !kSecrets[_i].accepted);
}
END_TEST

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";

// Computed with Python's hmac and hashlib after RFC 5869 (extract with a salt of 32 zeros, expand
// to 80 octets), hour 490896 = 1767225600 / 3600.
START_TEST(the_key_of_an_hour_is_a_standard_one) {
  const auto key = tlsplus::derive_ticket_key(as_bytes(kSecret), kNow);
  ck_assert(key.has_value());
  ck_assert_uint_eq(key->key_size, 32);
  ck_assert(hex(key->name) == "acc48562dfbb22735f0b5ebb0c920ee7");
  ck_assert(hex(key->hmac_key) ==
            "4ef2966e82197ebb99dc0e28aa7886496486c37f91170976ca6e0307e3f4c623");
  ck_assert(hex(key->cipher_key) ==
            "c7129478445499ed8fd0e2fa6fc13c3fb3f730278cf12ffbb1304ca94f3a55c4");
}
END_TEST

START_TEST(a_secret_gives_this_hour_the_next_and_those_before) {
  const Folder folder;
  const std::string path = folder.put("secret", kSecret);
  TicketKeySource source = secret(path, seconds(7200));
  const auto loaded = source.load(kNow + seconds(1800));
  ck_assert_uint_eq(loaded.keys.size(), 1 + 1 + 3);
  const auto name_at = [](int hours) {
    return tlsplus::derive_ticket_key(as_bytes(kSecret), kNow + seconds(hours * 3600))->name;
  };
  ck_assert(loaded.keys[0].name == name_at(0));
  ck_assert(loaded.keys[1].name == name_at(1));
  ck_assert_msg(loaded.quiet_name == name_at(1), "a machine ahead of us is right as well");
  for (int back = 1; back <= 3; ++back) {
    ck_assert(loaded.keys[static_cast<std::size_t>(back) + 1].name == name_at(-back));
  }
  ck_assert(!source.reload_if_changed(kNow + seconds(3599)));
  // The secret's file may be gone when the next hour begins.
  std::filesystem::remove(path);
  const auto gone = source.reload_if_changed(kNow + seconds(3599));
  ck_assert(gone && gone->keys.empty() && has(*gone, Oddity::unreadable));
  const auto next = source.reload_if_changed(kNow + seconds(3600));
  ck_assert(next.has_value());
  ck_assert(next->keys[0].name == name_at(1));
  ck_assert(next->keys[2].name == name_at(0));
}
END_TEST

START_TEST(two_machines_agree_and_a_third_does_not) {
  const Folder folder;
  TicketKeySource one = secret(folder.put("one", kSecret));
  TicketKeySource two = secret(folder.put("two", std::string(kSecret) + "\n"));
  TicketKeySource other = secret(folder.put("other", "fedcba9876543210fedcba9876543210"));
  const TicketKey key = one.load(kNow).keys[0];
  ck_assert(two.load(kNow).keys[0].name == key.name);
  // One that is up to an hour behind or ahead knows the key as well.
  for (const seconds skew : {seconds(-3600), seconds(-1), seconds(1), seconds(3600)}) {
    const auto keys = two.load(kNow + skew).keys;
    ck_assert(std::ranges::any_of(keys, [&](const TicketKey& k) { return k.name == key.name; }));
  }
  for (const TicketKey& theirs : other.load(kNow).keys) ck_assert(theirs.name != key.name);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("ticket_key_source");
  TCase* tests = tcase_create("all");
  tcase_add_loop_test(tests, sizes_of_key_files, 0, std::size(kSizes));
  tcase_add_test(tests, several_files_keep_their_order);
  tcase_add_test(tests, every_bad_file_is_told_with_its_line);
  tcase_add_test(tests, odd_files_are_used_and_told);
  tcase_add_test(tests, files_are_read_again_when_they_change);
  tcase_add_loop_test(tests, lengths_of_a_secret, 0, std::size(kSecrets));
  tcase_add_test(tests, the_key_of_an_hour_is_a_standard_one);
  tcase_add_test(tests, a_secret_gives_this_hour_the_next_and_those_before);
  tcase_add_test(tests, two_machines_agree_and_a_third_does_not);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
