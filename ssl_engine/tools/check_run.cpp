// SPDX-License-Identifier: Apache-2.0
#include "ssl_engine/tools/check_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/chain.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/session_info.h"
#include "ssl_engine/openssl/x509.h"

namespace tlsplus::tools {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr long kSoonDays = 21;  // time enough for a renewal by hand
constexpr int kSoonPart = 3;    // of a short validity, as automatic renewal goes by

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
  void examine_certificates(Visit& visit);
  void describe_chain(const std::vector<Cert>& sent);
  bool verify(const std::vector<Cert>& sent, X509_STORE& trusted);
  void examine_validity(X509& leaf);
  void examine_names(X509& leaf);
  void examine_order(const std::vector<Cert>& sent);
  void examine_staple(const StapleView& staple, X509& leaf, bool is_verified);
  void examine_versions();
  bool accepts(std::uint16_t version);
  void examine_resumption();
  enum class Resumption : std::uint8_t { yes, no, not_offered, not_tried, not_spoken };
  Resumption resume(std::uint16_t version);
  void note_no_page(const ClientFailure& failure);
  void examine_page();
  [[nodiscard]] std::string trust() const;

  const Question* question_;
  WallTime now_ = SystemClock().wall();
  Report report_;
  std::optional<HttpHead> page_;
  std::string no_page_;  // why there is none
  bool asks_for_certificate_ = false;
};

std::string Examination::trust() const {
  return question_->ca_file.empty() ? std::string("the authorities this system trusts")
                                    : text("the authorities in ", question_->ca_file);
}

Report Examination::run() {
  Visit visit(*question_);
  const VisitOutcome outcome = visit.begin({.http2 = true});
  if (outcome != VisitOutcome::shaken_hands) {
    explain_failure(visit, outcome);
    return std::move(report_);
  }
  examine_connection(visit);
  examine_certificates(visit);
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
                             words_for_alert(failure.alert), '.'));
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

void Examination::describe_chain(const std::vector<Cert>& sent) {
  for (std::size_t i = 0; i < sent.size(); ++i) {
    X509& cert = *sent[i];
    const std::string key = describe_key(std::as_const(cert));
    report_.fact(i == 0   ? "certificate"
                 : i == 1 ? "chain"
                          : "",
                 text(subject_of(cert), key.empty() ? "" : ", ", key));
    if (i == 0) {
      std::vector<std::string> names = names_of(cert);
      for (std::string& name : names) name = escape(name);
      report_.fact("", text("for ", names.empty() ? "no name" : join(names, ", ")));
    }
    report_.fact("", text("issued by ", issuer_of(cert)));
    report_.fact("", text("valid from ", date_text(not_before_of(cert)), ", ",
                          days_words(not_after_of(cert), now_)));
  }
}

bool Examination::verify(const std::vector<Cert>& sent, X509_STORE& trusted) {
  const auto faults = faults_of(sent, trusted);
  if (faults.empty()) {
    const Cert anchor = anchor_of(sent, trusted);
    report_.fact("verified", text("yes, by ", anchor == nullptr ? "?" : subject_of(*anchor),
                                  ", one of ", trust()));
    return true;
  }
  report_.fact("verified", "no");
  for (const ChainFault& fault : faults) {
    report_.problem(sentence_for(fault, sent, trust(), now_));
  }
  return false;
}

void Examination::examine_validity(X509& leaf) {
  const WallTime end = not_after_of(leaf);
  if (end <= now_) return;  // told as a fault of the chain
  const auto days = static_cast<long>((end - now_) / kDay);
  const std::string sentence = text("the certificate ", days_words(end, now_), ": renew it.");
  if (question_->least_days && days < *question_->least_days) {
    report_.problem(sentence);
    return;
  }
  const auto whole = (end - not_before_of(leaf)) / kDay;
  if (days < std::min<long>(kSoonDays, static_cast<long>(whole / kSoonPart)))
    report_.note(sentence);
}

void Examination::examine_names(X509& leaf) {
  const std::string& wanted = question_->name;
  if (is_for_host(leaf, wanted)) {
    report_.fact("name", text("yes, it is for ", wanted));
    return;
  }
  std::vector<std::string> names = names_of(leaf);
  for (std::string& name : names) name = escape(name);
  report_.fact("name", text("no, it is not for ", wanted));
  report_.problem(
      text("the certificate is not for ", wanted, " but for ",
           names.empty() ? "no name at all" : join(names, ", "),
           ". Get one with that name in it, or look at which virtual host answers",
           is_address(wanted) ? "; to ask for a name at this address use --sni." : "."));
}

void Examination::examine_order(const std::vector<Cert>& sent) {
  const OrderedChain ordered = order_chain(*sent.front(), std::span(sent).subspan(1));
  if (ordered.reordered) {
    report_.note(
        "the certificates are not sent in order; old clients do not repair that. The leaf comes "
        "first, "
        "each next one issues the one before.");
  }
  if (ordered.root != nullptr) {
    report_.note("the root is sent too: clients have it or do not trust it, it only costs bytes.");
  }
  if (!ordered.superfluous.empty() || !ordered.duplicates.empty()) {
    report_.note("certificates are sent that do not belong to the chain.");
  }
}

void Examination::examine_staple(const StapleView& staple, X509& leaf, bool is_verified) {
  const std::string until =
      staple.until ? text(", until ", date_text(*staple.until)) : std::string();
  switch (staple.status) {
    case StapleView::Status::none:
      report_.fact("staple", "none");
      if (must_be_stapled(leaf)) {
        report_.problem(
            "the certificate demands a stapled OCSP response and there is none, so that clients "
            "refuse "
            "it. Set SSLUseStapling on.");
      }
      return;
    case StapleView::Status::good:
      report_.fact("staple", text("good, of ", date_text(staple.from), until));
      if (staple.until && *staple.until < now_) {
        report_.problem(
            "the stapled OCSP response is out of date: the server no longer reaches the "
            "responder.");
      }
      return;
    case StapleView::Status::revoked:
      report_.fact("staple", "revoked");
      report_.problem(
          "the certificate is revoked, says the stapled OCSP response. Get a new one with a new "
          "key.");
      return;
    case StapleView::Status::unknown:
      report_.fact("staple", "unknown");
      report_.problem(
          "the responder does not know the certificate, says the stapled OCSP response.");
      return;
    case StapleView::Status::unreadable:
      report_.fact("staple", "unreadable");
      report_.problem(text("the stapled OCSP response says nothing: ", staple.reason, '.'));
      return;
    case StapleView::Status::not_ours:
      report_.fact("staple", "for another certificate");
      report_.problem("the stapled OCSP response is about another certificate.");
      return;
    case StapleView::Status::badly_signed:
      report_.fact("staple", "not verified");
      // Whoever does not know the issuer cannot verify what it signs.
      if (is_verified) {
        report_.problem(
            "the stapled OCSP response is not signed by whoever issued the certificate.");
      }
  }
}

void Examination::examine_certificates(Visit& visit) {
  const std::vector<Cert> sent = sent_by_server(visit.ssl());
  if (sent.empty()) {
    report_.problem("the server sent no certificate: the connection is not authenticated.");
    return;
  }
  describe_chain(sent);
  const auto trusted = trusted_authorities(question_->ca_file);
  if (!trusted) {
    report_.problem(text(trusted.error().what, '.'));
    return;
  }
  const bool is_verified = verify(sent, **trusted);
  examine_names(*sent.front());
  examine_validity(*sent.front());
  examine_order(sent);
  examine_staple(staple_of(visit.ssl(), sent, **trusted), *sent.front(), is_verified);
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
                               : text("the server sent the alert ", words_for_alert(failure.alert));
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
