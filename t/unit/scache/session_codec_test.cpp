// SPDX-License-Identifier: Apache-2.0
//
// Sessions of real handshakes into a cache and back, and what a cache that lies can do: nothing.
#include "ssl_scache/session_codec.h"

#include <openssl/err.h>

#include "ssl_engine/openssl/tls/session.h"
#include "t/unit/map_cache.h"
#include "t/unit/tls_pair.h"

namespace {

using std::chrono::seconds;
using tlsplus::Bytes;
using tlsplus::ByteView;
using tlsplus::Remembered;
using tlsplus::Session;
using tlsplus::test::Handshake;
using tlsplus::test::Identity;
using tlsplus::test::MapCache;
using tlsplus::test::TlsPair;

Session finished_session(int version) {
  Identity identity;
  identity.key = tlsplus::test::new_key("ec");
  identity.certificate = tlsplus::test::make_certificate({}, *identity.key, *identity.key);
  Handshake wish;
  wish.version = version;
  wish.server = &identity;
  const TlsPair pair(wish);
  Session session = pair.session();
  if (tlsplus::session_id(*session).empty()) {
    const unsigned char id[] = "an id as a server without tickets";
    SSL_SESSION_set1_id(session.get(), id, 32);
  }
  return session;
}

static const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

START_TEST(comes_back_as_it_went) {
  MapCache cache;
  const Session session = finished_session(kVersions[_i]);
  ck_assert(remember_session(cache, *session) == Remembered::stored);
  ck_assert_int_eq(cache.expires.time_since_epoch().count(),
                   SSL_SESSION_get_time(session.get()) + SSL_SESSION_get_timeout(session.get()));
  const Bytes id = cache.entries.begin()->first;
  const Session back = tlsplus::recall_session(cache, id);
  ck_assert(back != nullptr);
  ck_assert(*tlsplus::session_to_der(*back) == *tlsplus::session_to_der(*session));
  cache.remove(id);
  ck_assert(cache.entries.empty());
  ck_assert(tlsplus::recall_session(cache, id) == nullptr);
}
END_TEST

START_TEST(is_not_kept_without_an_id) {
  MapCache cache;
  const Session session = finished_session(TLS1_2_VERSION);
  SSL_SESSION_set1_id(session.get(), nullptr, 0);
  ck_assert(remember_session(cache, *session) == Remembered::no_id);
  ck_assert(cache.entries.empty());
}
END_TEST

START_TEST(is_not_kept_above_the_limit) {
  MapCache cache;
  const Session session = finished_session(TLS1_3_VERSION);
  // Data of our own in a ticket stands for a long chain of client certificates.
  const Bytes ballast(tlsplus::kMaxSessionDer, 0x5a);
  ck_assert_int_eq(SSL_SESSION_set1_ticket_appdata(session.get(), ballast.data(), ballast.size()),
                   1);
  ck_assert(remember_session(cache, *session) == Remembered::too_large);
  ck_assert(cache.entries.empty());
}
END_TEST

START_TEST(garbage_is_a_miss_and_goes) {
  MapCache cache;
  const Session session = finished_session(TLS1_2_VERSION);
  ck_assert(remember_session(cache, *session) == Remembered::stored);
  const auto [id, der] = *cache.entries.begin();
  const auto try_with = [&, key = id](Bytes content) {
    cache.entries[key] = std::move(content);
    const bool resumed = tlsplus::recall_session(cache, key) != nullptr;
    if (!resumed) ck_assert_msg(cache.entries.empty(), "asked for once only");
    return resumed;
  };
  ck_assert(!try_with({}));
  ck_assert(!try_with(Bytes(200, 0xff)));
  for (std::size_t length = 0; length < der.size(); ++length) {
    ck_assert_msg(!try_with(Bytes(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(length))),
                  "cut to %d", static_cast<int>(length));
  }
  Bytes longer = der;
  longer.push_back(0);
  ck_assert_msg(!try_with(longer), "with something behind it");
  ck_assert(try_with(der));
  ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(the_session_of_another_id_is_a_miss) {
  MapCache cache;
  const Session session = finished_session(TLS1_2_VERSION);
  ck_assert(remember_session(cache, *session) == Remembered::stored);
  const Bytes other(32, 7);
  cache.entries[other] = cache.entries.begin()->second;
  ck_assert(tlsplus::recall_session(cache, other) == nullptr);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("session_codec");
  TCase* tests = tcase_create("all");
  tcase_add_loop_test(tests, comes_back_as_it_went, 0, std::size(kVersions));
  tcase_add_test(tests, is_not_kept_without_an_id);
  tcase_add_test(tests, is_not_kept_above_the_limit);
  tcase_add_test(tests, garbage_is_a_miss_and_goes);
  tcase_add_test(tests, the_session_of_another_id_is_a_miss);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
