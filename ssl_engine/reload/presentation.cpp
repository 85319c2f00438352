// SPDX-License-Identifier: Apache-2.0
//
// A presentation's record: since when, group, DH parameters with their kind, then for each
// certificate the leaf, the key, the root that is not sent, and the chain behind the number of its
// links.
#include "ssl_engine/reload/presentation.h"

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/key_reader.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/reload/record.h"

namespace tlsplus {
namespace {

constexpr std::uint64_t kMostLinks = 100;

Error damaged() {
  return {.what = "what was published of a certificate is damaged"};
}

}  // namespace

Presentation presentation_of(const Host& host) {
  return {host.certificates, host.dh_parameters, host.group, host.certificates_since};
}

Result<SecretBytes> record_of(const Presentation& presentation, bool with_since) {
  RecordWriter record;
  const auto since = with_since ? presentation.since : WallTime{};
  record.add(static_cast<std::uint64_t>(seconds_since_1970(since)));
  record.add(presentation.group);
  const ParametersDer parameters = presentation.dh_parameters == nullptr
                                       ? ParametersDer{}
                                       : der_of_parameters(*presentation.dh_parameters);
  record.add(parameters.label);
  record.add(parameters.der);
  for (const CertificatePtr& certificate : presentation.certificates) {
    const SecretBytes key = certificate->has_key() ? certificate->key().octets() : SecretBytes();
    if (key.empty()) return Error{.what = "its private key cannot be handed to another process"};
    record.add(certificate->leaf().der());
    record.add(key.reveal());
    STACK_OF(X509)& chain = certificate->chain();
    const int links = sk_X509_num(&chain);
    X509* const issuer = certificate->issuer();
    record.add(links == 0 && issuer != nullptr ? der_of_certificate(*issuer) : std::string());
    record.add(static_cast<std::uint64_t>(links));
    for (int i = 0; i < links; ++i) record.add(der_of_certificate(*sk_X509_value(&chain, i)));
  }
  return record.take();
}

SharedChain PresentationReader::chain_of(const std::vector<ByteView>& ders) {
  std::string all;
  for (const ByteView der : ders) all += as_text(sha256(der));
  std::erase_if(chains_, [](const auto& known) { return known.second.expired(); });
  auto& known = chains_[sha256(as_bytes(all))];
  if (SharedChain chain = known.lock()) return chain;
  CertChain made(sk_X509_new_null());
  for (const ByteView der : ders) {
    Cert link = parse_certificate(der);
    if (link == nullptr || made == nullptr || sk_X509_push(made.get(), link.get()) == 0) return {};
    (void)link.release();
  }
  SharedChain chain(made.release(), free_chain);
  known = chain;
  return chain;
}

Result<CertificatePtr> PresentationReader::read_certificate(RecordReader& from) {
  const auto leaf_der = from.piece();
  const auto key_octets = from.piece();
  const auto root_der = from.piece();
  const auto links = from.number();
  if (!leaf_der || !key_octets || !root_der || !links || *links > kMostLinks) return damaged();
  std::vector<ByteView> ders;
  for (std::uint64_t i = 0; i < *links; ++i) {
    const auto der = from.piece();
    if (!der) return damaged();
    ders.push_back(*der);
  }
  StoredCertificate leaf = StoredCertificate::read(*leaf_der, sha256(*leaf_der));
  auto key = StoredKey::read_octets(*key_octets, keys_);
  SharedChain chain = chain_of(ders);
  Cert root = root_der->empty() ? nullptr : parse_certificate(*root_der);
  if (!leaf || !key || chain == nullptr || (root == nullptr && !root_der->empty())) {
    return damaged();
  }
  return std::make_shared<const Certificate>(std::move(leaf), std::move(chain), std::move(*key),
                                             nullptr, std::move(root));
}

Result<Presentation> PresentationReader::read(ByteView record) {
  RecordReader from(record);
  Presentation made;
  const auto since = from.number();
  const auto group = from.piece();
  const auto label = from.piece();
  const auto parameters = from.piece();
  if (!since || !group || !label || !parameters) return damaged();
  made.since = wall_time(static_cast<std::int64_t>(*since));
  made.group = as_text(*group);
  if (!parameters->empty()) {
    auto read = keys_.parameters(*parameters, as_text(*label));
    if (!read) return damaged();
    made.dh_parameters = std::move(*read);
  }
  while (!from.at_end()) {
    auto certificate = read_certificate(from);
    if (!certificate) return std::move(certificate).error();
    made.certificates.push_back(std::move(*certificate));
  }
  return made;
}

}  // namespace tlsplus
