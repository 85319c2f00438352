// SPDX-License-Identifier: Apache-2.0
//
// The hello reader against hellos that OpenSSL's own client makes, whole, cut at every byte and
// spread over records, and against bytes that are no hello.
#include "ssl_engine/openssl/tls/client_hello.h"

#include <openssl/ssl.h>

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

Bytes hello_of_openssl(const char* name, std::string_view protocols) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  if (name != nullptr) SSL_set_tlsext_host_name(ssl, name);
  if (!protocols.empty()) {
    SSL_set_alpn_protos(ssl, as_bytes(protocols).data(), static_cast<unsigned>(protocols.size()));
  }
  SSL_set_connect_state(ssl);
  (void)SSL_do_handshake(ssl);
  char* memory = nullptr;
  const long size = BIO_get_mem_data(out, &memory);
  Bytes hello(memory, memory + size);
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

/// The same handshake message in records of `fragment` bytes each.
Bytes in_fragments(const Bytes& one_record, std::size_t fragment) {
  const ByteView message = ByteView(one_record).subspan(5);
  Bytes cut;
  for (std::size_t at = 0; at < message.size(); at += fragment) {
    const ByteView part = message.subspan(at, std::min(fragment, message.size() - at));
    cut.insert(cut.end(), {22, 3, 1, static_cast<Byte>(part.size() >> 8U),
                           static_cast<Byte>(part.size() & 0xffU)});
    cut.insert(cut.end(), part.begin(), part.end());
  }
  return cut;
}

struct Read {
  HelloState state;
  bool has_name;
  std::string name;
  std::string protocols;
};

Read read(ByteView stream) {
  Bytes scratch;
  ClientHello hello;
  const HelloState state = examine_client_hello(stream, scratch, hello);
  return {state, hello.has_server_name, std::string(hello.server_name),
          std::string(as_text(hello.protocols))};
}

START_TEST(name_and_protocols_are_read) {
  const Read hello = read(hello_of_openssl("a.example", "\x02h2\x08http/1.1"));
  ck_assert_int_eq(static_cast<int>(hello.state), static_cast<int>(HelloState::complete));
  ck_assert_str_eq(hello.name.c_str(), "a.example");
  ck_assert_str_eq(hello.protocols.c_str(), "\x02h2\x08http/1.1");
}
END_TEST

START_TEST(absent_extensions_stay_absent) {
  const Read hello = read(hello_of_openssl(nullptr, ""));
  ck_assert_int_eq(static_cast<int>(hello.state), static_cast<int>(HelloState::complete));
  ck_assert(!hello.has_name);
  ck_assert(hello.protocols.empty());
}
END_TEST

START_TEST(every_beginning_is_incomplete) {
  const Bytes whole = hello_of_openssl("a.example", "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Read part = read(ByteView(whole).first(size));
    ck_assert_msg(part.state == HelloState::incomplete, "%zu of %zu bytes", size, whole.size());
  }
}
END_TEST

START_TEST(fragments_are_put_together) {
  const Bytes whole = hello_of_openssl("a.example", "\x02h2");
  for (const std::size_t fragment : {whole.size(), std::size_t{200}, std::size_t{64}}) {
    const Read hello = read(in_fragments(whole, fragment));
    ck_assert_msg(hello.state == HelloState::complete, "fragments of %zu", fragment);
    ck_assert_str_eq(hello.name.c_str(), "a.example");
  }
}
END_TEST

START_TEST(finer_cuts_are_left_to_openssl) {
  const Bytes whole = hello_of_openssl("a.example", "");
  ck_assert(read(in_fragments(whole, 1)).state == HelloState::unreadable);
}
END_TEST

START_TEST(trailing_bytes_do_not_matter) {
  Bytes stream = hello_of_openssl("a.example", "");
  stream.insert(stream.end(), {20, 3, 3, 0, 1, 1});  // the change_cipher_spec some clients add
  const Read hello = read(stream);
  ck_assert_str_eq(hello.name.c_str(), "a.example");
}
END_TEST

static const struct {
  const char* what;
  std::string_view bytes;
} kUnreadable[] = {
    {"HTTP", "GET / HTTP/1.1\r\n"},
    {"an alert", std::string_view("\x15\x03\x01\x00\x02\x02\x28", 7)},
    {"version 2", std::string_view("\x16\x02\x00\x00\x05", 5)},
    {"empty record", std::string_view("\x16\x03\x01\x00\x00", 5)},
    {"record too long", std::string_view("\x16\x03\x01\x40\x01", 5)},
    {"a ServerHello", std::string_view("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9)},
    {"hello without content", std::string_view("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9)},
};

START_TEST(what_is_no_hello_is_unreadable) {
  ck_assert_msg(read(as_bytes(kUnreadable[_i].bytes)).state == HelloState::unreadable, "%s",
                kUnreadable[_i].what);
}
END_TEST

START_TEST(what_promises_too_much_is_too_large) {
  const auto state_of = [](std::size_t bytes) {
    const Byte stream[] = {22, 3, 1, 0, 5, 1, 0, Byte(bytes >> 8U & 0xffU), Byte(bytes & 0xffU), 3};
    return read(stream).state;
  };
  ck_assert(state_of(limits::kHelloBytes) == HelloState::incomplete);
  ck_assert(state_of(limits::kHelloBytes + 1) == HelloState::too_large);
  ck_assert(state_of(0xffff) == HelloState::too_large);
}
END_TEST

START_TEST(any_flipped_byte_is_survived) {
  const Bytes whole = hello_of_openssl("a.example", "\x02h2");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const Byte flip : std::initializer_list<Byte>{0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[at] ^= flip;
      const Read hello = read(damaged);
      ck_assert(hello.name.size() <= damaged.size());
    }
  }
}
END_TEST

static const struct {
  std::string_view body;
  const char* name;  // null: not exactly one host_name
} kNameExtensions[] = {
    {std::string_view("\x00\x04\x00\x00\x01x", 6), "x"},
    {std::string_view("\x00\x03\x00\x00\x00", 5), ""},
    {std::string_view("\x00\x04\x01\x00\x01x", 6), nullptr},
    {std::string_view("\x00\x04\x00\x00\x02x", 6), nullptr},
    {std::string_view("\x00\x05\x00\x00\x01x", 6), nullptr},
    {std::string_view("\x00\x04\x00\x00\x01xy", 7), nullptr},
    {std::string_view("\x00\x08\x00\x00\x01x\x00\x00\x01y", 10), nullptr},
    {std::string_view(), nullptr},
};

START_TEST(exactly_one_host_name_counts) {
  const auto& row = kNameExtensions[_i];
  const auto name = server_name_of(as_bytes(row.body));
  ck_assert_int_eq(name.has_value(), row.name != nullptr);
  if (name) ck_assert(*name == row.name);
}
END_TEST

// ---- what there is to show ----

/// Put together by hand (RFC 8446 4.1.2), with values that OpenSSL does not know (RFC 8701).
constexpr std::string_view kExtensions(
    "\x0a\x0a\x00\x00"
    "\x00\x0a\x00\x06\x00\x04\x1a\x1a\x00\x1d"
    "\x00\x0b\x00\x02\x01\x00"
    "\x00\x0d\x00\x06\x00\x04\x04\x03\x08\x04"
    "\x00\x10\x00\x05\x00\x03\x02h2"
    "\x00\x2b\x00\x05\x04\xfa\xfa\x03\x04"
    "\xfe\x0d\x00\x01\x00",
    4 + 10 + 6 + 10 + 9 + 9 + 5);

Bytes body_with(std::string_view extensions) {
  std::string body = "\x03\x03" + std::string(32, 'r') + std::string("\x02ss", 3) +
                     std::string("\x00\x04\x3a\x3a\x13\x01", 6) + std::string("\x01\x00", 2);
  body += static_cast<char>(extensions.size() >> 8U);
  body += static_cast<char>(extensions.size() & 0xffU);
  body += extensions;
  return {body.begin(), body.end()};
}

static const struct {
  HelloPart part;
  const char* hexadecimal;
} kParts[] = {
    {HelloPart::version, "0303"},
    {HelloPart::ciphers, "3a3a1301"},
    {HelloPart::extensions, "0a0a000a000b000d0010002bfe0d"},
    {HelloPart::groups, "1a1a001d"},
    {HelloPart::point_formats, "00"},
    {HelloPart::signature_algorithms, "04030804"},
    {HelloPart::protocols, "026832"},
    {HelloPart::versions, "fafa0304"},
};

START_TEST(parts_are_shown_as_they_were_sent) {
  const auto& row = kParts[_i];
  expect_text(hex(hello_part(body_with(kExtensions), row.part)), row.hexadecimal);
}
END_TEST

START_TEST(parts_that_were_not_sent_are_empty) {
  const Bytes body = body_with("");
  for (const auto& row : kParts) {
    const bool is_always_there = row.part == HelloPart::version || row.part == HelloPart::ciphers;
    ck_assert_int_eq(!hello_part(body, row.part).empty(), is_always_there);
    ck_assert(hello_part({}, row.part).empty());
  }
}
END_TEST

START_TEST(parts_of_any_damaged_hello_stay_inside) {
  const Bytes whole = body_with(kExtensions);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const Byte flip : std::initializer_list<Byte>{0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[at] ^= flip;
      for (const auto& row : kParts) {
        ck_assert_uint_le(hello_part(damaged, row.part).size(), damaged.size());
        ck_assert_uint_le(hello_part(ByteView(whole).first(at), row.part).size(), at);
      }
    }
  }
}
END_TEST

START_TEST(the_body_is_the_message_without_its_header) {
  const Bytes whole = hello_of_openssl("a.example", "\x02h2");
  Bytes scratch;
  ClientHello hello;
  ck_assert(examine_client_hello(whole, scratch, hello) == HelloState::complete);
  constexpr std::size_t kHeaders = 5 + 4;
  ck_assert(Bytes(hello.body.begin(), hello.body.end()) ==
            Bytes(whole.begin() + kHeaders, whole.end()));
  expect_text(hex(hello_part(hello.body, HelloPart::protocols)), "026832");
}
END_TEST

Suite* client_hello_suite() {
  Suite* suite = suite_create("client_hello");
  TCase* tests = tcase_create("reading");
  tcase_add_test(tests, name_and_protocols_are_read);
  tcase_add_test(tests, absent_extensions_stay_absent);
  tcase_add_test(tests, every_beginning_is_incomplete);
  tcase_add_test(tests, fragments_are_put_together);
  tcase_add_test(tests, finer_cuts_are_left_to_openssl);
  tcase_add_test(tests, trailing_bytes_do_not_matter);
  tcase_add_loop_test(tests, what_is_no_hello_is_unreadable, 0, std::size(kUnreadable));
  tcase_add_test(tests, what_promises_too_much_is_too_large);
  tcase_add_test(tests, any_flipped_byte_is_survived);
  tcase_add_loop_test(tests, exactly_one_host_name_counts, 0, std::size(kNameExtensions));
  tcase_add_loop_test(tests, parts_are_shown_as_they_were_sent, 0, std::size(kParts));
  tcase_add_test(tests, parts_that_were_not_sent_are_empty);
  tcase_add_test(tests, parts_of_any_damaged_hello_stay_inside);
  tcase_add_test(tests, the_body_is_the_message_without_its_header);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::client_hello_suite());
}
