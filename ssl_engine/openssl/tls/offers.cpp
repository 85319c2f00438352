// SPDX-License-Identifier: Apache-2.0
//
// offers_of(): the names of RFCs for the numbers in a hello, and a context that is let write one.
#include "ssl_engine/openssl/tls/offers.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/client_hello.h"

namespace tlsplus {
namespace {

struct Code {
  std::uint16_t number;
  std::string_view name;
};

// RFC 8446 4.2.7, RFC 8422 5.1.1, RFC 7027, RFC 8734, and the hybrids of
// draft-ietf-tls-ecdhe-mlkem.
constexpr auto kGroups = std::to_array<Code>({
    {0x0013, "secp192r1"},
    {0x0015, "secp224r1"},
    {0x0016, "secp256k1"},
    {0x0017, "secp256r1"},
    {0x0018, "secp384r1"},
    {0x0019, "secp521r1"},
    {0x001a, "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1"},
    {0x001d, "x25519"},
    {0x001e, "x448"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0x0200, "MLKEM512"},
    {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x11ec, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
});

// RFC 8446 4.2.3, RFC 5246 7.4.1.4.1, RFC 8734, draft-ietf-tls-mldsa.
constexpr auto kSignatures = std::to_array<Code>({
    {0x0201, "rsa_pkcs1_sha1"},
    {0x0202, "dsa_sha1"},
    {0x0203, "ecdsa_sha1"},
    {0x0301, "rsa_pkcs1_sha224"},
    {0x0302, "dsa_sha224"},
    {0x0303, "ecdsa_sha224"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0402, "dsa_sha256"},
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0502, "dsa_sha384"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0602, "dsa_sha512"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
    {0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
    {0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
    {0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
});

std::string name_in(std::span<const Code> codes, std::size_t number) {
  for (const Code& code : codes) {
    if (code.number == number) return std::string(code.name);
  }
  const std::array<Byte, 2> octets{static_cast<Byte>(number >> 8U), static_cast<Byte>(number)};
  return "0x" + hex(octets);
}

std::vector<std::string> names_in(std::span<const Code> codes, ByteView list) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    names.push_back(name_in(codes, std::size_t{list[i]} << 8U | list[i + 1]));
  }
  return names;
}

// `only_group` takes the place of the context's, unless it is empty.
Offers greet(SSL_CTX& context, const std::string& only_group) {
  Offers offers;
  clear_openssl_errors();
  const Ssl ssl(SSL_new(&context));
  BIO* const out = BIO_new(BIO_s_mem());
  BIO* const in = BIO_new(BIO_s_mem());
  if (ssl == nullptr || out == nullptr || in == nullptr) {
    BIO_free(out);
    BIO_free(in);
    return offers;
  }
  SSL_set_bio(ssl.get(), in, out);
  // Callbacks of the context expect a connection, and this is none.
  SSL_set_msg_callback(ssl.get(), nullptr);
  // Without one of its own, OpenSSL takes the context's.
  SSL_set_info_callback(ssl.get(), [](const SSL*, int, int) noexcept {});
  const bool is_set =
      only_group.empty() || SSL_set1_groups_list(ssl.get(), only_group.c_str()) == 1;
  if (is_set && SSL_set_ssl_method(ssl.get(), TLS_client_method()) == 1) {
    SSL_set_connect_state(ssl.get());
    (void)SSL_do_handshake(ssl.get());
  }
  char* memory = nullptr;
  const long size = BIO_get_mem_data(out, &memory);
  const ByteView record(reinterpret_cast<const Byte*>(memory),
                        static_cast<std::size_t>(size > 0 ? size : 0));
  Bytes scratch;
  ClientHello hello;
  if (examine_client_hello(record, scratch, hello) == HelloState::complete) {
    offers.groups = group_names(hello_part(hello.body, HelloPart::groups));
    offers.signature_algorithms =
        signature_algorithm_names(hello_part(hello.body, HelloPart::signature_algorithms));
  }
  clear_openssl_errors();
  return offers;
}

}  // namespace

Offers offers_of(SSL_CTX& context) {
  return greet(context, {});
}

std::vector<std::string> group_names(ByteView list) {
  return names_in(kGroups, list);
}

std::vector<std::string> signature_algorithm_names(ByteView list) {
  return names_in(kSignatures, list);
}

bool can_use_group(SSL_CTX& context, const std::string& group) {
  return !greet(context, group).groups.empty();
}

}  // namespace tlsplus
