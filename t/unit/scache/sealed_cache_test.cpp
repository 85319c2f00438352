// SPDX-License-Identifier: Apache-2.0
//
// What comes back out of a cache that others can write to: what was put there, for the same
// session, under a key that is known here; nothing else.
#include "ssl_scache/sealed_cache.h"

#include <algorithm>

#include "ssl_engine/openssl/tls/entry_cipher.h"
#include "t/unit/map_cache.h"
#include "t/unit/test_certs.h"
#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

constexpr WallTime kLater{std::chrono::seconds(1000)};
const Bytes kId(32, 7);
const Bytes kOther(32, 8);
const Bytes kSession{'a', ' ', 's', 'e', 's', 's', 'i', 'o', 'n'};

TicketKey key_of_size(std::size_t size, Byte first) {
  TicketKey key;
  key.name[0] = first;
  key.hmac_key[0] = first;
  key.key_size = size;
  return key;
}

START_TEST(an_entry_comes_back) {
  for (const std::size_t size : {16, 32}) {
    MapCache map;
    SealedCache cache(map, key_of_size(size, 1));
    cache.store(kId, kSession, kLater);
    ck_assert(cache.retrieve(kId) == kSession);
    ck_assert(map.expires == kLater);
    const Bytes& kept = map.entries.at(kId);
    ck_assert(std::ranges::search(kept, kSession).empty());
    // The same again is not the same to who looks on.
    const Bytes before = kept;
    cache.store(kId, kSession, kLater);
    ck_assert(map.entries.at(kId) != before);
    cache.remove(kId);
    ck_assert(!cache.retrieve(kId) && map.entries.empty());
  }
}
END_TEST

START_TEST(what_was_not_sealed_here_is_a_miss) {
  MapCache map;
  SealedCache cache(map, key_of_size(32, 1));
  cache.store(kId, kSession, kLater);
  const Bytes sealed = map.entries.at(kId);
  map.entries[kId] = kSession;
  ck_assert(!cache.retrieve(kId));
  map.entries[kId] = {};
  ck_assert(!cache.retrieve(kId));
  map.entries[kOther] = sealed;  // another client's id
  ck_assert(!cache.retrieve(kOther));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    map.entries[kId] = sealed;
    map.entries[kId][at] ^= 1;
    ck_assert_msg(!cache.retrieve(kId), "octet %zu altered", at);
    map.entries[kId] = Bytes(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(at));
    ck_assert_msg(!cache.retrieve(kId), "cut to %zu", at);
  }
  map.entries[kId] = sealed;
  ck_assert(cache.retrieve(kId) == kSession);
  SealedCache same_name(map, [] {
    TicketKey key = key_of_size(32, 1);
    key.cipher_key[31] = 1;
    return key;
  }());
  ck_assert(!same_name.retrieve(kId));
  SealedCache stranger(map, key_of_size(32, 2));
  ck_assert(!stranger.retrieve(kId));
}
END_TEST

START_TEST(who_has_the_private_key_has_the_cache) {
  for (const char* type : {"ec", "rsa", "ed25519"}) {
    const Pkey key = new_key(type);
    const std::string text = pem(*key);
    // Written down and read again, as on another machine.
    Bio memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const Pkey copy(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    const auto here = cache_key_of(*key);
    const auto there = cache_key_of(*copy);
    ck_assert_msg(here && there, "%s", type);
    MapCache map;
    SealedCache(map, *here).store(kId, kSession, kLater);
    ck_assert(SealedCache(map, *there).retrieve(kId) == kSession);
    const Pkey another = new_key(type);
    ck_assert(!SealedCache(map, *cache_key_of(*another)).retrieve(kId));
  }
}
END_TEST

START_TEST(what_is_too_large_is_counted_behind_it) {
  MapCache map;
  SealedCache cache(map, key_of_size(32, 1));
  cache.count_refused();
  ck_assert_uint_eq(map.refused, 1);
}
END_TEST

START_TEST(a_public_key_makes_none) {
  const Pkey key = new_key("ec");
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  const unsigned char* at = der;
  const Pkey half(d2i_PUBKEY(nullptr, &at, size));
  OPENSSL_free(der);
  ck_assert(half != nullptr && !cache_key_of(*half));
}
END_TEST

Suite* sealed_cache_suite() {
  Suite* suite = suite_create("sealed_cache");
  TCase* tests = tcase_create("entries");
  tcase_add_test(tests, an_entry_comes_back);
  tcase_add_test(tests, what_was_not_sealed_here_is_a_miss);
  tcase_add_test(tests, who_has_the_private_key_has_the_cache);
  tcase_add_test(tests, what_is_too_large_is_counted_behind_it);
  tcase_add_test(tests, a_public_key_makes_none);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::sealed_cache_suite());
}
