// SPDX-License-Identifier: Apache-2.0
//
// What OpenSSL is answered about ticket keys, by whole handshakes: a ticket sealed by one server
// context opens in another that has the key, and means a full handshake where it does not. And the
// set of keys that come from outside: publishing, order, names.
#include "ssl_scache/ticket_keys.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "ssl_engine/openssl/random.h"
#include "ssl_scache/ticket_key_set.h"
#include "t/unit/tls_pair.h"

namespace {

using tlsplus::Byte;
using tlsplus::MutableByteView;
using tlsplus::Session;
using tlsplus::Ssl;
using tlsplus::SslCtx;
using tlsplus::TicketCipher;
using tlsplus::TicketCounters;
using tlsplus::TicketKey;
using tlsplus::TicketKeySet;
using tlsplus::test::Identity;
using tlsplus::test::require;

TicketKey new_key(std::size_t size) {
  TicketKey key;
  key.key_size = size;
  require(tlsplus::random_private(key.name) && tlsplus::random_private(key.hmac_key) &&
              tlsplus::random_private(key.cipher_key),
          "random key");
  return key;
}

/// A set in memory that children share.
struct Set {
  Set() {
    memory = mmap(nullptr, TicketKeySet::bytes(), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "shared memory");
    auto made =
        TicketKeySet::create({static_cast<Byte*>(memory), TicketKeySet::bytes()}, cipher, counters);
    require(static_cast<bool>(made), "key set");
    keys = std::move(*made);
  }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;
  ~Set() { (void)munmap(memory, TicketKeySet::bytes()); }

  void* memory = nullptr;
  TicketCounters counters{};
  TicketCipher cipher = *TicketCipher::fetch();
  std::unique_ptr<TicketKeySet> keys;
};

Identity make_identity() {
  Identity identity;
  identity.key = tlsplus::test::new_key("ec");
  identity.certificate = tlsplus::test::make_certificate({}, *identity.key, *identity.key);
  return identity;
}

extern "C" {
static int answer(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac, int encrypt) noexcept {
  auto* keys = static_cast<tlsplus::TicketKeys*>(SSL_get_app_data(ssl));
  return tlsplus::on_ticket_key(*keys, name, iv, *cipher, *mac, encrypt != 0);
}
}

/// A server that takes its ticket keys from `keys`, and a client with a session or none.
class Connection {
 public:
  Connection(tlsplus::TicketKeys& keys, int version, SSL_SESSION* resume) {
    static const Identity identity = make_identity();
    server_context_.reset(SSL_CTX_new(TLS_server_method()));
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_use_certificate(server_context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(server_context_.get(), identity.key.get());
    SSL_CTX_set_session_id_context(server_context_.get(),
                                   reinterpret_cast<const unsigned char*>("t"), 1);
    SSL_CTX_set_session_cache_mode(server_context_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(server_context_.get(), answer);
    SSL_CTX_set_min_proto_version(client_context_.get(), version);
    SSL_CTX_set_max_proto_version(client_context_.get(), version);
    server_.reset(SSL_new(server_context_.get()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_app_data(server_.get(), &keys);
    if (resume != nullptr) SSL_set_session(client_.get(), resume);
    connect();
  }
  [[nodiscard]] bool is_resumed() const { return SSL_session_reused(client_.get()) == 1; }
  /// Null if the client got no ticket.
  [[nodiscard]] Session ticket() const {
    Session session(SSL_get1_session(client_.get()));
    if (SSL_SESSION_has_ticket(session.get()) == 0) session.reset();
    return session;
  }

 private:
  void connect() {
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    require(BIO_new_bio_pair(&server_end, 0, &client_end, 0) == 1, "BIO pair");
    SSL_set_bio(server_.get(), server_end, server_end);
    SSL_set_bio(client_.get(), client_end, client_end);
    SSL_set_accept_state(server_.get());
    SSL_set_connect_state(client_.get());
    bool done = false;
    for (int turn = 0; turn < 10 && !done; ++turn) {
      const int a = SSL_do_handshake(client_.get());
      const int b = SSL_do_handshake(server_.get());
      done = a == 1 && b == 1;
    }
    ck_assert_msg(done, "the handshake itself never fails");
    char byte = 0;
    (void)SSL_read(client_.get(), &byte, 1);  // takes the tickets of TLS 1.3
    SSL_set_shutdown(client_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_shutdown(server_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  SslCtx server_context_;
  SslCtx client_context_;
  Ssl server_;
  Ssl client_;
};

static const struct {
  int version;
  std::size_t key_size;
} kCases[] = {
    {TLS1_2_VERSION, 16}, {TLS1_2_VERSION, 32}, {TLS1_3_VERSION, 16}, {TLS1_3_VERSION, 32}};

START_TEST(resumes_with_the_key_and_only_with_it) {
  const auto [version, size] = kCases[_i];
  Set set;
  const TicketKey key = new_key(size);
  set.keys->publish(std::array{key});
  const Connection first(*set.keys, version, nullptr);
  ck_assert(!first.is_resumed());
  ck_assert_uint_ge(set.counters.issued.load(), 1);
  const Session ticket = first.ticket();
  ck_assert(ticket != nullptr);
  ck_assert(Connection(*set.keys, version, ticket.get()).is_resumed());
  ck_assert_uint_eq(set.counters.accepted.load(), 1);

  Set stranger;
  stranger.keys->publish(std::array{new_key(size)});
  ck_assert(!Connection(*stranger.keys, version, ticket.get()).is_resumed());
  ck_assert_uint_eq(stranger.counters.unknown_key.load(), 1);

  // The right name over another key: the MAC does not fit, and that too is a full handshake.
  TicketKey liar = new_key(size);
  liar.name = key.name;
  stranger.keys->publish(std::array{liar});
  ck_assert(!Connection(*stranger.keys, version, ticket.get()).is_resumed());
}
END_TEST

START_TEST(older_keys_open_and_the_ticket_is_renewed) {
  const auto [version, size] = kCases[_i];
  Set set;
  const TicketKey old = new_key(size);
  const TicketKey fresh = new_key(32);
  set.keys->publish(std::array{old});
  const Session ticket = Connection(*set.keys, version, nullptr).ticket();
  set.keys->publish(std::array{fresh, old});
  const Connection again(*set.keys, version, ticket.get());
  ck_assert(again.is_resumed());
  ck_assert_uint_eq(set.counters.renewed.load(), 1);
  const Session renewed = again.ticket();
  set.keys->publish(std::array{fresh});
  ck_assert_msg(!Connection(*set.keys, version, ticket.get()).is_resumed(), "the old key is gone");
  ck_assert_msg(Connection(*set.keys, version, renewed.get()).is_resumed(), "it got a new ticket");
}
END_TEST

START_TEST(without_a_key_there_is_no_ticket) {
  const int version = kCases[_i].version;
  Set set;
  const Connection connection(*set.keys, version, nullptr);
  if (version == TLS1_2_VERSION) ck_assert(connection.ticket() == nullptr);
  ck_assert_uint_ge(set.counters.failed.load(), 1);
  ck_assert_uint_eq(set.counters.issued.load(), 0);
}
END_TEST

START_TEST(a_set_answers_by_name_and_order) {
  Set set;
  ck_assert(!set.keys->newest());
  ck_assert_uint_eq(set.keys->size(), 0);
  const std::array keys{new_key(32), new_key(16), new_key(32)};
  set.keys->publish(keys, &keys[1].name);
  ck_assert_uint_eq(set.keys->size(), 3);
  ck_assert(set.keys->newest()->name == keys[0].name);
  const bool renew[] = {false, false, true};  // the second is the quiet one
  for (std::size_t i = 0; i < 3; ++i) {
    const auto found = set.keys->find(keys[i].name);
    ck_assert(found.has_value());
    ck_assert(found->key.cipher_key == keys[i].cipher_key);
    ck_assert(found->key.hmac_key == keys[i].hmac_key);
    ck_assert_int_eq(found->renew, renew[i]);
  }
  set.keys->publish(std::array{keys[2]});
  ck_assert_uint_eq(set.keys->size(), 1);
  ck_assert(!set.keys->find(keys[0].name));
  ck_assert(!set.keys->find({}));
  set.keys->publish({});
  ck_assert(!set.keys->newest());
}
END_TEST

START_TEST(a_set_holds_no_more_than_it_says) {
  Set set;
  std::vector<TicketKey> many;
  for (std::size_t i = 0; i < TicketKeySet::kMaximumKeys + 3; ++i) many.push_back(new_key(32));
  set.keys->publish(many);
  ck_assert_uint_eq(set.keys->size(), TicketKeySet::kMaximumKeys);
  ck_assert(set.keys->find(many[TicketKeySet::kMaximumKeys - 1].name).has_value());
  ck_assert(!set.keys->find(many[TicketKeySet::kMaximumKeys].name));
}
END_TEST

// While the parent publishes on and on, a child always finds a whole key, the right one for its
// name, and no key that was not published.
START_TEST(readers_never_see_half_a_list) {
  Set set;
  const TicketKey always = new_key(32);
  set.keys->publish(std::array{new_key(32), always});
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    for (int turn = 0; turn < 200000; ++turn) {
      const auto found = set.keys->find(always.name);
      if (found && found->key.cipher_key != always.cipher_key) _exit(1);
      const auto newest = set.keys->newest();
      if (newest && newest->key_size != 32) _exit(2);
    }
    _exit(0);
  }
  int status = 0;
  std::array list{new_key(32), always};
  while (waitpid(child, &status, WNOHANG) == 0) {
    list[0].name[0] = static_cast<Byte>(list[0].name[0] + 1);
    set.keys->publish(list);
  }
  ck_assert_int_eq(status, 0);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("ticket_keys");
  TCase* handshakes = tcase_create("handshakes");
  tcase_add_loop_test(handshakes, resumes_with_the_key_and_only_with_it, 0, std::size(kCases));
  tcase_add_loop_test(handshakes, older_keys_open_and_the_ticket_is_renewed, 0, std::size(kCases));
  tcase_add_loop_test(handshakes, without_a_key_there_is_no_ticket, 0, std::size(kCases));
  suite_add_tcase(suite, handshakes);
  TCase* sets = tcase_create("sets");
  tcase_set_timeout(sets, 60);
  tcase_add_test(sets, a_set_answers_by_name_and_order);
  tcase_add_test(sets, a_set_holds_no_more_than_it_says);
  tcase_add_test(sets, readers_never_see_half_a_list);
  suite_add_tcase(suite, sets);
  return tlsplus::test::run_suite(suite);
}
