// SPDX-License-Identifier: Apache-2.0
//
// check(): the questions in their order, and what each answer is worth. A visit that fails says why
// there is no page; the first reason is told.
#include "ssl_engine/tools/check_run.h"

#include <array>
#include <optional>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/tools/check_certificates.h"

namespace tlsplus::tools {
namespace {

struct VersionName {
  std::uint16_t number;
  std::string_view name;
};
constexpr auto kNewVersions =
    std::to_array<VersionName>({{kTls13, "TLS 1.3"}, {kTls12, "TLS 1.2"}});
constexpr auto kOldVersions =
    std::to_array<VersionName>({{kTls11, "TLS 1.1"}, {kTls10, "TLS 1.0"}});

// One server under examination: the question, and what has been found so far.
class Examination {
 public:
  explicit Examination(const Question& question) : question_(&question) {}

  Report run();

 private:
  void explain_failure(Visit& visit, VisitOutcome outcome);
  void explain_other_protocol(std::string_view first_bytes);
  void examine_connection(Visit& visit);
  void examine_versions();
  bool accepts(std::uint16_t version);
  void examine_resumption();
  enum class Resumption : std::uint8_t { yes, no, not_offered, not_tried, not_spoken };
  Resumption resume(std::uint16_t version);
  void note_no_page(const ClientFailure& failure);
  void examine_page();

  const Question* question_;
  Report report_;
  std::optional<HttpHead> page_;
  std::string no_page_;  // why there is none
  bool asks_for_certificate_ = false;
};

Report Examination::run() {
  Visit visit(*question_);
  const VisitOutcome outcome = visit.begin({.http2 = true});
  if (outcome != VisitOutcome::shaken_hands) {
    explain_failure(visit, outcome);
    return std::move(report_);
  }
  examine_connection(visit);
  examine_certificates(*question_, visit.ssl(), report_);
  asks_for_certificate_ = visit.client().was_asked_for_certificate();
  visit.end();
  examine_versions();
  examine_resumption();
  examine_page();
  return std::move(report_);
}

void Examination::explain_other_protocol(std::string_view first_bytes) {
  const std::string_view protocol = protocol_of(first_bytes);
  if (protocol == "plain HTTP") {
    report_.problem(
        text("the server speaks plain HTTP on port ", question_->at.port,
             ": the virtual host of that port has no SSLEngine on, or the port is wrong."));
  } else if (!protocol.empty()) {
    report_.problem(text("that is no HTTPS server: it speaks ", protocol, '.'));
  } else {
    report_.problem(
        text("what the server sends is no TLS; it begins with \"", escape(first_bytes, 32), "\"."));
  }
}

void Examination::explain_failure(Visit& visit, VisitOutcome outcome) {
  if (!visit.address().empty()) report_.fact("connected", text("to ", visit.address()));
  const ClientFailure& failure = visit.failure();
  switch (outcome) {
    case VisitOutcome::shaken_hands:
      return;
    case VisitOutcome::not_connected:
      report_.problem(text(visit.error().what, '.'));
      if (!visit.error().hint.empty()) report_.note(text(visit.error().hint, '.'));
      if (!is_address(question_->at.host)) {
        report_.note("an address may be given, and the name with --sni.");
      }
      return;
    case VisitOutcome::silent:
      report_.problem(
          text("the server accepts the connection and then is silent: no complete answer within ",
               question_->patience.count(),
               " seconds. It hangs, has no thread left, or does not speak TLS."));
      return;
    case VisitOutcome::not_tls:
      explain_other_protocol(visit.first_bytes());
      return;
    case VisitOutcome::closed:
      if (const std::string plain = visit.first_bytes().empty() ? ask_in_plain(*question_) : "";
          protocol_of(plain) == "plain HTTP") {
        explain_other_protocol(plain);
        return;
      }
      report_.problem(
          "the server closed the connection during the handshake and did not say why; its error "
          "log may.");
      break;
    case VisitOutcome::refused:
      if (failure.alert < 0) {
        report_.problem(text("the handshake failed: ", failure.reason, '.'));
      } else {
        report_.problem(text("the server refused the handshake with the alert ",
                             alert_words(failure.alert), '.'));
      }
  }
  for (const VersionName& old : kOldVersions) {
    if (accepts(old.number)) {
      report_.problem(text("it speaks ", old.name,
                           ", which no current client does (RFC 8996): update "
                           "the server, and set SSLProtocol all."));
      return;
    }
  }
}

void Examination::examine_connection(Visit& visit) {
  SSL& ssl = visit.ssl();
  report_.fact("connected", text("to ", visit.address()));
  report_.fact("protocol", protocol_name(ssl));
  if (const auto cipher = cipher_info(ssl)) report_.fact("cipher", cipher->name);
  const std::string_view group = group_name(ssl);
  report_.fact("group", group.empty() ? "none" : group);
  const std::string signature = server_signature(ssl);
  report_.fact("signature", signature.empty() ? "none" : signature);
  const std::string_view alpn = alpn_name(ssl);
  report_.fact("ALPN", alpn.empty() ? "none" : escape(alpn));
  if (protocol_name(ssl) == "TLSv1.2" && group.empty()) {
    report_.problem(
        "without a key exchange group there is no forward secrecy: whoever has the key later can "
        "read what was recorded. Prefer ECDHE in SSLCipherSuite.");
  }
}

bool Examination::accepts(std::uint16_t version) {
  Visit visit(*question_);
  const VisitOutcome outcome = visit.begin({.only_version = version, .weak = version < kTls12});
  const bool is_accepted = outcome == VisitOutcome::shaken_hands || visit.has_certificate();
  if (outcome == VisitOutcome::shaken_hands) visit.end();
  return is_accepted;
}

void Examination::examine_versions() {
  std::vector<std::string> words;
  for (const VersionName& old : kOldVersions) {
    const bool is_accepted = accepts(old.number);
    words.push_back(text(old.name, is_accepted ? " accepted" : " refused"));
    if (!is_accepted) continue;
    report_.problem(
        text(old.name,
             " is accepted, which no current client needs (RFC 8996). Set SSLProtocol -all "
             "+TLSv1.2 +TLSv1.3."));
  }
  report_.fact("old versions", join(words, ", "));
}

// Why there is no page: the first reason is the one to tell.
void Examination::note_no_page(const ClientFailure& failure) {
  if (page_ || !no_page_.empty()) return;
  no_page_ = failure.alert < 0 ? failure.reason
                               : text("the server sent the alert ", alert_words(failure.alert));
}

// The page is asked for on the way: with TLS 1.3 tickets come after the handshake.
Examination::Resumption Examination::resume(std::uint16_t version) {
  Visit first(*question_);
  if (first.begin({.only_version = version}) != VisitOutcome::shaken_hands) {
    if (!first.has_certificate()) return Resumption::not_spoken;
    note_no_page(first.failure());
    return Resumption::not_tried;
  }
  auto page = first.get_page();
  asks_for_certificate_ = asks_for_certificate_ || first.client().was_asked_for_certificate();
  if (!page) {
    note_no_page(first.failure());
    return Resumption::not_tried;
  }
  if (!page_) page_ = std::move(page);
  const Session session = first.client().session();
  first.end();
  if (session == nullptr) return Resumption::not_offered;
  Visit second(*question_);
  if (second.begin({.only_version = version, .session = session.get()}) !=
      VisitOutcome::shaken_hands) {
    return Resumption::no;
  }
  const bool was_resumed = is_resumed(second.ssl());
  second.end();
  return was_resumed ? Resumption::yes : Resumption::no;
}

void Examination::examine_resumption() {
  constexpr auto kWords =
      std::to_array<std::string_view>({"yes", "no", "not offered", "not tried", "not spoken"});
  std::vector<std::string> words;
  for (const VersionName& version : kNewVersions) {
    const Resumption found = resume(version.number);
    words.push_back(text(version.name, ' ', kWords[static_cast<std::size_t>(found)]));
    if (found == Resumption::not_spoken) {
      report_.note(text(version.name, " is not spoken: look at SSLProtocol."));
    } else if (found == Resumption::no || found == Resumption::not_offered) {
      report_.note(
          text("a ", version.name,
               " session could not be resumed: returning clients pay for a full handshake. "
               "Look at SSLSessionTickets and SSLSessionCache."));
    }
  }
  report_.fact("resumption", join(words, ", "));
}

void Examination::examine_page() {
  constexpr int kMisdirected = 421;
  constexpr int kServerErrors = 500;
  if (asks_for_certificate_ && question_->certificates.empty()) {
    report_.note("the server asks for a client certificate; --cert and --key give one.");
  }
  if (!page_) {
    report_.fact("HTTP", "no answer");
    report_.problem(
        text("GET / was not answered: ", no_page_.empty() ? "no answer" : no_page_, '.'));
    return;
  }
  report_.fact("HTTP", text("GET / gives status ", page_->status));
  if (page_->status == kMisdirected) {
    report_.problem(
        "status 421: the virtual host of the name in TLS and the one of the Host header differ in "
        "their TLS settings.");
  } else if (page_->status >= kServerErrors) {
    report_.problem(
        text("status ", page_->status, " is an error of the server; its error log says more."));
  }
  const auto hsts = page_->field("strict-transport-security");
  const auto age = hsts ? hsts_max_age(*hsts) : std::nullopt;
  report_.fact("HSTS", !hsts ? std::string("none")
                       : age ? text(*age, " seconds")
                             : std::string("not valid"));
  if (hsts && !age) {
    report_.problem(
        text("the Strict-Transport-Security header ", quote(*hsts), " has no valid max-age."));
  } else if (!hsts) {
    report_.note(
        "without HSTS a client may be led to plain HTTP: Header always set "
        "Strict-Transport-Security "
        "\"max-age=31536000\".");
  }
}

}  // namespace

Report check(const Question& question) {
  return Examination(question).run();
}

}  // namespace tlsplus::tools
