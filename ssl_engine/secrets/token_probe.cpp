// SPDX-License-Identifier: Apache-2.0
//
// probe_token(): the helper and its report. It reports piece by piece, so that what it found before
// it broke off is known.
#include "ssl_engine/secrets/token_probe.h"

#include <cstring>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

// A token that is far away takes a second or two; one that is gone, for ever.
constexpr std::chrono::seconds kPatience{30};

// The helper's messages, and the parent's one answer.
constexpr char kCertificate = 'C';
constexpr char kPublicHalf = 'K';
constexpr char kFound = 'F';
constexpr char kDefect = 'D';  // first octet: the part
constexpr char kAskPin = 'P';
constexpr char kDone = 'E';
constexpr char kPin = 'p';

/// The parent's PinSource as the helper sees it.
class RemotePin final : public PinSource {
 public:
  explicit RemotePin(Channel& parent) noexcept : parent_(parent) {}
  SecretBytes pin() override {
    constexpr std::chrono::hours kAPerson{1};
    if (!parent_.send(kAskPin, {})) return {};
    auto answer = parent_.receive(kAPerson);
    return answer.message ? std::move(answer.message->body) : SecretBytes();
  }

 private:
  Channel& parent_;
};

void send_defect(Channel& parent, const Defect& defect) {
  std::string body(1, static_cast<char>(defect.part));
  body += defect.evidence;
  (void)parent.send(kDefect, as_bytes(body));
}

void send_key(Channel& parent, EVP_PKEY& key, const std::vector<Cert>& certificates) {
  std::string der = public_key_der(key);
  // Some libraries give the public half only with its certificate.
  if (der.empty() && !certificates.empty()) {
    EVP_PKEY* const certified = X509_get0_pubkey(certificates.front().get());
    if (certified != nullptr) der = public_key_der(*certified);
  }
  const Pkey public_half = public_key_from_der(as_bytes(der));
  if (public_half == nullptr) {
    send_defect(parent, {Defect::Part::signature,
                         "the token does not tell the public half, and has no certificate for it"});
    return;
  }
  if (const Status signs = try_signature(key, *public_half); !signs) {
    send_defect(parent, {Defect::Part::signature, signs.error().what});
    return;
  }
  (void)parent.send(kPublicHalf, as_bytes(der));
}

void report(Channel& parent, const OpenedToken& opened) {
  for (const Cert& cert : opened.certificates) {
    (void)parent.send(kCertificate, as_bytes(certificate_der(*cert)));
  }
  const std::uint32_t found = opened.found.bits();
  (void)parent.send(kFound, {reinterpret_cast<const Byte*>(&found), sizeof found});
  for (const Defect& defect : opened.defects) send_defect(parent, defect);
}

void open_in_helper(Channel& parent, const std::string& uri, const std::string& engine,
                    TokenWanted wanted) {
  RemotePin pins(parent);
  const std::string key_uri = private_key_uri(uri);
  const bool is_apart = wanted.certificate && wanted.key && key_uri != uri;
  const OpenedToken opened = open_token(
      uri, engine, is_apart ? TokenWanted{.certificate = true, .key = false} : wanted, pins);
  report(parent, opened);
  if (is_apart) {
    const OpenedToken apart =
        open_token(key_uri, engine, {.certificate = false, .key = true}, pins);
    report(parent, apart);
    if (apart.key != nullptr) send_key(parent, *apart.key, opened.certificates);
  } else if (opened.key != nullptr) {
    send_key(parent, *opened.key, opened.certificates);
  }
  (void)parent.send(kDone, {});
}

void take(const Channel::Message& message, ProbedToken& probed) {
  const std::string_view body = as_text(message.body.reveal());
  switch (message.kind) {
    case kCertificate:
      if (Cert cert = certificate_from_der(message.body.reveal()); cert != nullptr) {
        probed.certificates.push_back(std::move(cert));
      }
      break;
    case kPublicHalf:
      probed.public_half = public_key_from_der(message.body.reveal());
      break;
    case kFound: {
      std::uint32_t found = 0;
      if (body.size() == sizeof found) std::memcpy(&found, body.data(), sizeof found);
      probed.found = Kinds(probed.found.bits() | found);
      break;
    }
    case kDefect:
      if (body.empty()) break;
      probed.defects.push_back(
          {static_cast<Defect::Part>(body.front()), std::string(body.substr(1))});
      break;
    default:
      break;
  }
}

/// Takes the helper's messages up to the last.
Status follow(HelperProcess& helper, PinSource& pins,
              const std::function<void(const Channel::Message&)>& take_one) {
  for (;;) {
    auto received = helper.channel().receive(kPatience);
    if (!received.message) {
      if (received.silence == Channel::Silence::late) {
        return diagnose(Tp::token_hung, text("no answer within ", kPatience.count(), " s"));
      }
      return diagnose(Tp::token_helper_failed, helper.how_it_ended());
    }
    if (received.message->kind == kDone) return {};
    if (received.message->kind == kAskPin) {
      const SecretBytes pin = pins.pin();
      (void)helper.channel().send(kPin, pin.reveal());
    } else {
      take_one(*received.message);
    }
  }
}

class NoPin final : public PinSource {
 public:
  SecretBytes pin() override { return {}; }
};

}  // namespace

Result<ProbedToken> probe_token(const std::string& uri, const TokenAccess& access,
                                TokenWanted wanted, PinSource& pins) {
  auto helper = HelperProcess::start(
      access.run_as, [&](Channel& parent) { open_in_helper(parent, uri, access.engine, wanted); });
  if (!helper) return diagnose(Tp::token_helper_failed, helper.error().what);
  ProbedToken probed;
  const Status followed =
      follow(**helper, pins, [&](const Channel::Message& message) { take(message, probed); });
  if (!followed) return followed.error();
  return probed;
}

Status probe_engine(const TokenAccess& access) {
  auto helper = HelperProcess::start(access.run_as, [&](Channel& parent) {
    Status tried;
    auto engine = CryptoEngine::start(access.engine);
    if (!engine) {
      tried = std::move(engine).error();
    } else {
      tried = (*engine)->make_default();
    }
    if (!tried) send_defect(parent, {Defect::Part::uri, tried.error().what});
    (void)parent.send(kDone, {});
  });
  if (!helper) return diagnose(Tp::token_helper_failed, helper.error().what);
  NoPin nobody;
  ProbedToken probed;
  const Status followed =
      follow(**helper, nobody, [&](const Channel::Message& message) { take(message, probed); });
  if (!followed) return followed.error();
  if (probed.defects.empty()) return {};
  return diagnose(Tp::crypto_device_failed, probed.defects.front().evidence);
}

}  // namespace tlsplus
