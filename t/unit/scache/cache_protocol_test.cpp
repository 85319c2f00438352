// SPDX-License-Identifier: Apache-2.0
//
// Requests and answers of memcached and Redis, byte by byte; and everything a server could send
// instead of an answer.
#include "ssl_scache/cache_protocol.h"

#include <array>
#include <random>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using Kind = StoreReply::Kind;

constexpr std::string_view kKey = "mod_ssl-sess:00ff";

START_TEST(keys_are_those_of_httpd) {
  const Bytes id{0x00, 0xff};
  ck_assert(store_key(id) == kKey);
  ck_assert(store_key({}) == "mod_ssl-sess:");
}
END_TEST

// Computed with Python: zlib.crc32(key) >> 16 & 0x7fff, modulo the number of servers.
static const struct {
  const char* key;
  std::size_t count;
  std::size_t server;
} kServers[] = {
    {"mod_ssl-sess:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", 1, 0},
    {"mod_ssl-sess:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", 2, 1},
    {"mod_ssl-sess:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", 3, 2},
    {"mod_ssl-sess:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", 1, 0},
    {"mod_ssl-sess:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", 2, 1},
    {"mod_ssl-sess:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", 3, 1},
    {"mod_ssl-sess:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", 1, 0},
    {"mod_ssl-sess:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", 2, 0},
    {"mod_ssl-sess:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", 3, 2},
    {"mod_ssl-sess:4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", 5, 0},
    {"mod_ssl-sess:4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", 16, 9},
    {"mod_ssl-sess:4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a", 5, 4},
    {"mod_ssl-sess:4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a", 16, 13},
    {"mod_ssl-sess:ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d", 5, 4},
    {"mod_ssl-sess:ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d", 16, 14},
};

START_TEST(servers_are_those_httpd_would_choose) {
  ck_assert_uint_eq(server_of(kServers[_i].key, kServers[_i].count), kServers[_i].server);
}
END_TEST

START_TEST(requests_are_as_documented) {
  const Bytes value{'a', 0, '\r', '\n'};
  const auto is = [](const Bytes& request, std::string_view expected) {
    return as_text(request) == expected;
  };
  using namespace std::string_view_literals;
  ck_assert(is(get_request(CacheProtocol::memcache, "k"), "get k\r\n"));
  ck_assert(
      is(set_request(CacheProtocol::memcache, "k", value, 300), "set k 0 300 4\r\na\0\r\n\r\n"sv));
  ck_assert(
      is(set_request(CacheProtocol::memcache, "k", {}, 99999999), "set k 0 2592000 0\r\n\r\n"));
  ck_assert(is(remove_request(CacheProtocol::memcache, "k"), "delete k\r\n"));
  ck_assert(is(get_request(CacheProtocol::redis, "k"), "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"));
  ck_assert(is(set_request(CacheProtocol::redis, "k", value, 300),
               "*4\r\n$5\r\nSETEX\r\n$1\r\nk\r\n$3\r\n300\r\n$4\r\na\0\r\n\r\n"sv));
  ck_assert(is(remove_request(CacheProtocol::redis, "k"), "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"));
}
END_TEST

constexpr auto kMemcache = CacheProtocol::memcache;
constexpr auto kRedis = CacheProtocol::redis;
constexpr auto kGet = StoreRequest::get;
constexpr auto kSet = StoreRequest::set;
constexpr auto kRemove = StoreRequest::remove;

static const struct {
  CacheProtocol protocol;
  StoreRequest request;
  const char* received;
  Kind kind;
  const char* value;
} kReplies[] = {
    {kMemcache, kGet, "END\r\n", Kind::none, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 5\r\nhello\r\nEND\r\n", Kind::value, "hello"},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 7 5\r\nhello\r\nEND\r\n", Kind::value, "hello"},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 0\r\n\r\nEND\r\n", Kind::value, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 7\r\na\r\nEND\r\r\nEND\r\n", Kind::value,
     "a\r\nEND\r"},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00fe 0 5\r\nhello\r\nEND\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff0 0 5\r\nhello\r\nEND\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 4\r\nhello\r\nEND\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 -1\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 10241\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 99999999999999999999\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE \r\n", Kind::garbage, ""},
    {kMemcache, kGet, "VALUE mod_ssl-sess:00ff 0 5 1\r\nhello\r\nEND\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "STORED\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "ERROR\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "\r\n", Kind::garbage, ""},
    {kMemcache, kGet, "SERVER_ERROR out of memory\r\n", Kind::refused, ""},
    {kMemcache, kSet, "STORED\r\n", Kind::done, ""},
    {kMemcache, kSet, "NOT_STORED\r\n", Kind::refused, ""},
    {kMemcache, kSet, "SERVER_ERROR object too large for cache\r\n", Kind::refused, ""},
    {kMemcache, kSet, "END\r\n", Kind::garbage, ""},
    {kMemcache, kRemove, "DELETED\r\n", Kind::done, ""},
    {kMemcache, kRemove, "NOT_FOUND\r\n", Kind::none, ""},
    {kMemcache, kRemove, "STORED\r\n", Kind::garbage, ""},
    {kRedis, kGet, "$-1\r\n", Kind::none, ""},
    {kRedis, kGet, "$5\r\nhello\r\n", Kind::value, "hello"},
    {kRedis, kGet, "$0\r\n\r\n", Kind::value, ""},
    {kRedis, kGet, "$5\r\nhello!!", Kind::garbage, ""},
    {kRedis, kGet, "$-2\r\n", Kind::garbage, ""},
    {kRedis, kGet, "$\r\n", Kind::garbage, ""},
    {kRedis, kGet, "$10241\r\n", Kind::garbage, ""},
    {kRedis, kGet, "+OK\r\n", Kind::garbage, ""},
    {kRedis, kGet, ":1\r\n", Kind::garbage, ""},
    {kRedis, kGet, "*1\r\n$5\r\nhello\r\n", Kind::garbage, ""},
    {kRedis, kGet, "-NOAUTH Authentication required.\r\n", Kind::refused, ""},
    {kRedis, kSet, "+OK\r\n", Kind::done, ""},
    {kRedis, kSet, "-OOM command not allowed\r\n", Kind::refused, ""},
    {kRedis, kSet, "$-1\r\n", Kind::garbage, ""},
    {kRedis, kRemove, ":1\r\n", Kind::done, ""},
    {kRedis, kRemove, ":0\r\n", Kind::none, ""},
    {kRedis, kRemove, ":2\r\n", Kind::garbage, ""},
    {kRedis, kGet, "HTTP/1.1 400 Bad Request\r\n", Kind::garbage, ""},
};

// Whole at once, and growing octet by octet: until the last one that matters it is incomplete.
START_TEST(answers_are_recognised) {
  const auto& row = kReplies[_i];
  const std::string_view all = row.received;
  const StoreReply whole = parse_reply(row.protocol, row.request, kKey, as_bytes(all));
  ck_assert_int_eq(static_cast<int>(whole.kind), static_cast<int>(row.kind));
  ck_assert(as_text(whole.value) == row.value);
  if (row.kind != Kind::garbage) ck_assert_uint_eq(whole.length, all.size());
  for (std::size_t length = 0; length < all.size(); ++length) {
    const StoreReply part =
        parse_reply(row.protocol, row.request, kKey, as_bytes(all.substr(0, length)));
    if (row.kind == Kind::garbage) {
      ck_assert(part.kind == Kind::incomplete || part.kind == Kind::garbage);
    } else {
      ck_assert_msg(part.kind == Kind::incomplete, "after %d octets", static_cast<int>(length));
    }
  }
}
END_TEST

START_TEST(endless_answers_are_garbage) {
  const std::string line(600, 'x');
  const std::string value = "$10240\r\n" + std::string(20000, 'x');
  for (const CacheProtocol protocol : {kMemcache, kRedis}) {
    ck_assert(parse_reply(protocol, kGet, kKey, as_bytes(line)).kind == Kind::garbage);
  }
  ck_assert(parse_reply(kRedis, kGet, kKey, as_bytes(value)).kind == Kind::garbage);
  const std::string largest = "$10240\r\n" + std::string(10240, 'x') + "\r\n";
  ck_assert(largest.size() <= kLongestReply);
  ck_assert(parse_reply(kRedis, kGet, kKey, as_bytes(largest)).kind == Kind::value);
}
END_TEST

// Good answers with octets changed, cut and repeated: never a read beyond them (sanitizers watch),
// and a value is always within what was received.
START_TEST(anything_at_all_is_survived) {
  std::mt19937 random(7);  // NOLINT(cert-msc*): the same each time
  for (int turn = 0; turn < 200000; ++turn) {
    const auto& row = kReplies[random() % std::size(kReplies)];
    std::string received = row.received;
    for (unsigned changes = random() % 4; changes > 0 && !received.empty(); --changes) {
      const std::size_t at = random() % received.size();
      switch (random() % 3) {
        case 0:
          received[at] = static_cast<char>(random());
          break;
        case 1:
          received.erase(at, 1 + random() % 3);
          break;
        default:
          received.insert(at, received.substr(random() % received.size(), random() % 9));
      }
    }
    received.shrink_to_fit();
    const StoreReply reply = parse_reply(row.protocol, row.request, kKey, as_bytes(received));
    ck_assert(reply.length <= received.size());
    if (reply.kind == Kind::value) {
      const auto* begin = reinterpret_cast<const Byte*>(received.data());
      ck_assert(reply.value.data() >= begin &&
                reply.value.data() + reply.value.size() <= begin + received.size());
    }
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("store_protocol");
  TCase* tests = tcase_create("all");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, keys_are_those_of_httpd);
  tcase_add_loop_test(tests, servers_are_those_httpd_would_choose, 0, std::size(kServers));
  tcase_add_test(tests, requests_are_as_documented);
  tcase_add_loop_test(tests, answers_are_recognised, 0, std::size(kReplies));
  tcase_add_test(tests, endless_answers_are_garbage);
  tcase_add_test(tests, anything_at_all_is_survived);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
