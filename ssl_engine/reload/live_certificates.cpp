// SPDX-License-Identifier: Apache-2.0
//
// LiveCertificates: a file that changed wakes the units that name it; these are loaded and judged
// in one go, so that what they have in common is read once.
#include "ssl_engine/reload/live_certificates.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"
#include "ssl_engine/openssl/x509/validity.h"
#include "ssl_engine/reload/presentation.h"
#include "ssl_engine/reload/record.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {

CertificateFiles::Paths paths_of(const CertificateUnit& unit) {
  return {unit.files.begin(), unit.files.end()};
}

namespace {

// A certificate and its key take 200 microseconds or so; the parent has other things to do, too.
constexpr std::size_t kMostUnitsAtOnce = 1000;

FileState state_of(const RetainedFile& kept) {
  FileState state;
  state.is_settled = kept.is_settled != 0;
  state.stamp.device = kept.device;
  state.stamp.inode = kept.inode;
  state.stamp.size_bytes = kept.size_bytes;
  state.stamp.modified_ns = kept.modified_ns;
  state.stamp.changed_ns = kept.changed_ns;
  return state;
}

Fingerprint content_of(const RetainedFile& kept) {
  Fingerprint digest{};
  std::ranges::copy(kept.content, digest.begin());
  return digest;
}

/// Nobody wrote to the files of `unit` while they were read.
bool are_still(const CertificateUnit& unit, const CertificateFiles& files) {
  const CertificateFiles::Paths paths = paths_of(unit);
  bool still = true;
  files.for_each_used([&](const StoredFile& file) {
    if (!still || !paths.contains(file.path)) return;
    const FileState now = examine(file.path);
    // What could not be read is told as that, whatever becomes of it meanwhile.
    still = file.state.problem != FileProblem::none ||
            (now.problem == FileProblem::none && now.stamp.same_content_as(file.state.stamp));
  });
  return still;
}

/// The certificate that `now` takes the place of.
const Certificate* before_of(const Host& host, const Certificate& now) {
  const auto same = std::ranges::find(
      host.certificates, now.leaf().key_type(),
      [](const CertificatePtr& certificate) { return certificate->leaf().key_type(); });
  return same == host.certificates.end() ? nullptr : same->get();
}

std::string serial_of(const Certificate& certificate) {
  const Cert leaf = certificate.leaf().open();
  return leaf == nullptr ? "unknown" : tlsplus::serial_of(*leaf);
}

/// What is new about one of them.
std::string novelty_of(const DraftCertificate& now, const Certificate* before, WallTime at) {
  const Certificate& certificate = *now.certificate;
  std::string novelty = text(quote(now.file), ": ", certificate.leaf().key_description(),
                             ", serial ", serial_of(certificate));
  if (before != nullptr && before->fingerprint() == certificate.fingerprint()) {
    novelty += ", as before";
  } else if (before != nullptr) {
    novelty += text(" after ", serial_of(*before));
  }
  const WallTime end = certificate.leaf().not_after();
  return text(novelty,
              end < at ? std::string(", expired") : text(", ", days_between(at, end), " left"));
}

/// Why it would do worse than what is in force; nothing: it would not.
std::optional<Error> worse_than(const Host& host, const std::vector<DraftCertificate>& all,
                                WallTime now) {
  using State = Validity::State;
  for (const DraftCertificate& each : all) {
    const StoredCertificate& leaf = each.certificate->leaf();
    const Validity validity = validity_at(now, leaf.not_before(), leaf.not_after());
    const bool is_bad = validity.state == State::over || validity.state == State::ahead;
    const Certificate* const before = before_of(host, *each.certificate);
    if (!is_bad || (before != nullptr && before->leaf().not_after() < now)) continue;
    return diagnose(
        validity.state == State::over ? Tp::certificate_expired : Tp::certificate_not_yet_valid,
        text(quote(each.file), ": ", validity.words), each.where);
  }
  return std::nullopt;
}

/// A response is fetched for the certificates of a start alone, and without one clients refuse such
/// a certificate.
std::optional<Error> missing_staple(const Host& host, const std::vector<DraftCertificate>& all,
                                    WallTime now) {
  if (host.config == nullptr || !host.config->use_stapling.value_or(false)) return std::nullopt;
  for (const DraftCertificate& each : all) {
    const Certificate* const before = before_of(host, *each.certificate);
    if (before != nullptr && before->fingerprint() == each.certificate->fingerprint()) continue;
    const Cert leaf = each.certificate->leaf().open();
    if (leaf == nullptr || !wants_staple(*leaf)) continue;
    if (before == nullptr || before->leaf().not_after() < now) continue;
    return diagnose(Tp::staple_promised, quote(each.file), each.where,
                    "run: apachectl graceful; the responder is asked then, and not before");
  }
  return std::nullopt;
}

const Error* find_error(const std::vector<Error>& said, Tp id) {
  const auto found = std::ranges::find(said, static_cast<MessageId>(id), &Error::id);
  return found == said.end() ? nullptr : &*found;
}

/// It may be half written: its chain is shorter than before.
bool may_lack_something(const Host& host, const std::vector<DraftCertificate>& all) {
  return std::ranges::any_of(all, [&](const DraftCertificate& each) {
    const Certificate* const before = before_of(host, *each.certificate);
    return before != nullptr &&
           sk_X509_num(&each.certificate->chain()) < sk_X509_num(&before->chain());
  });
}

/// Why a start would not take them; nothing: it would.
std::optional<Error> unusable_for(const std::vector<Error>& said,
                                  const std::vector<DraftCertificate>& all) {
  const auto grave = std::ranges::find_if(
      said, [](const Error& error) { return severity_of(error) <= Level::error; });
  if (grave != said.end()) return *grave;
  const bool has_keys = std::ranges::all_of(
      all, [](const DraftCertificate& each) { return each.certificate->has_key(); });
  if (!all.empty() && has_keys) return std::nullopt;
  const Error* const unopened = find_error(said, Tp::key_not_checked);
  return unopened == nullptr ? diagnose(Tp::certificate_not_configured, {})
                             : diagnose(Tp::phrase_not_known, unopened->what, unopened->where);
}

/// A restart could not use what was on disk, for a reason in which `words` are.
bool was_kept_at_restart(const CertificateUnit& unit, std::string_view words,
                         const Snapshot& in_force) {
  return std::ranges::any_of(in_force.kept(), [&](const KeptCertificates& kept) {
    return std::ranges::find(unit.hosts, kept.host) != unit.hosts.end() &&
           kept.reason.find(words) != std::string::npos;
  });
}

}  // namespace

/// A unit as it is on disk.
struct LiveCertificates::Candidate {
  std::uint32_t unit = 0;
  Draft draft;
  std::vector<Error> said;

  [[nodiscard]] Presentation presentation(WallTime now) {
    Presentation made;
    for (const DraftCertificate& each : draft.certificates) {
      made.certificates.push_back(each.certificate);
      made.sources.push_back({each.lines, each.file});
    }
    if (draft.key_exchange.dh_parameters != nullptr) {
      made.dh_parameters = share(*draft.key_exchange.dh_parameters);
    }
    made.group = draft.key_exchange.group;
    made.since = now;
    return made;
  }
};

LiveCertificates::LiveCertificates(const BuildInput& input,
                                   const std::vector<CertificateUnit>& units, FileMemory& memory)
    : input_(input),
      units_(units),
      memory_(memory),
      files_(kCertificateFileBytes),
      states_(units.size()) {
  for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
    for (const std::string& path : units_[unit].files) {
      const WatchedFiles::Id id = files_.watch_file(path);
      if (id >= units_of_.size()) units_of_.resize(id + 1);
      if (units_of_[id].empty() || units_of_[id].back() != unit) units_of_[id].push_back(unit);
    }
  }
  for (const RetainedFile& kept : memory_.files()) {
    if (kept.path == nullptr) continue;
    if (const auto id = files_.id_of_file(kept.path)) {
      files_.know_file(*id, state_of(kept), content_of(kept));
    }
  }
}

void LiveCertificates::wake(WatchedFiles::Id id) {
  waiting_.insert(units_of_[id].begin(), units_of_[id].end());
}

LiveCertificates::Look LiveCertificates::look(const Snapshot& in_force, WallTime now) {
  // Whatever is wrong with a file, the judgement says in the words of a start.
  files_.look({.changed = [&](const WatchedFiles::Changed& changed) { wake(changed.id); },
               .trouble = [&](const WatchedFiles::Trouble& trouble) { wake(trouble.id); },
               .over = [&](WatchedFiles::Id id) { wake(id); }});
  if (++looks_ % kTryAnyway == 0) {
    for (std::uint32_t unit = 0; unit < states_.size(); ++unit) {
      if (!states_[unit].refusal.empty()) waiting_.insert(unit);
    }
  }
  Look look;
  if (waiting_.empty()) return look;
  std::vector<std::uint32_t> units(waiting_.begin(), waiting_.end());
  units.resize(std::min(units.size(), kMostUnitsAtOnce));
  for (const std::uint32_t unit : units) waiting_.erase(unit);
  judge(units, in_force, now, look);
  return look;
}

LiveCertificates::Candidate LiveCertificates::load(std::uint32_t unit, const Snapshot& in_force,
                                                   HostCertificates& loader) const {
  const std::uint32_t index = units_[unit].hosts.front();
  const Host& host = in_force.host(index);
  const ConfiguredHost configured{&input_.hosts[index], index};
  Candidate candidate{unit, {configured}, {}};
  Draft& draft = candidate.draft;
  draft.engine = true;
  draft.policy = host.policy;
  draft.trust = host.trust;
  draft.context = host.context;
  auto loaded = tlsplus::keep(
      loader.load({configured, *host.policy, host.context, host.trust.get()}), candidate.said);
  draft.certificates = std::move(loaded.certificates);
  draft.key_exchange = std::move(loaded.key_exchange);
  return candidate;
}

void LiveCertificates::judge(std::span<const std::uint32_t> units, const Snapshot& in_force,
                             WallTime now, Look& into) {
  CertificateFiles::Paths paths;
  for (const std::uint32_t unit : units) paths.merge(paths_of(units_[unit]));
  CertificateFiles files;
  memory_.recall(files, paths);
  files.begin({.engine = {}, .run_as = input_.children, .is_repeated = true});
  const Setting<PassPhraseDialog> unset;
  // Nobody may be waited for here.
  PassPhrases phrases(
      make_dialog(input_.global == nullptr ? unset : input_.global->pass_phrase_dialog, false));
  files.hand_phrases_to(phrases);
  HostCertificates loader(files, phrases);
  std::vector<Candidate> candidates;
  for (const std::uint32_t unit : units) {
    candidates.push_back(load(unit, in_force, loader));
  }
  for (auto& [index, error] : loader.mismatches()) {
    const auto of_host = std::ranges::find(
        candidates, index, [&](const Candidate& candidate) { return candidate.draft.index; });
    if (of_host != candidates.end()) of_host->said.push_back(std::move(error));
  }
  CertificateLint certificate_lint;
  PolicyLint policy_lint;
  for (Candidate& candidate : candidates) {
    Findings findings;
    certificate_lint.check(candidate.draft, now, findings);
    lint_names(candidate.draft, findings);
    if (candidate.draft.context != nullptr) {
      policy_lint.check_key_types(candidate.draft, findings);
    }
    for (Finding& finding : findings.take({})) candidate.said.push_back(std::move(finding.error));
    weigh(std::move(candidate), files, in_force, now, into);
  }
  files.finish();
}

void LiveCertificates::weigh(Candidate candidate, const CertificateFiles& files,
                             const Snapshot& in_force, WallTime now, Look& into) {
  const CertificateUnit& unit = units_[candidate.unit];
  const Host& host = in_force.host(unit.hosts.front());
  State& state = states_[candidate.unit];
  const auto& certificates = candidate.draft.certificates;
  if (!are_still(unit, files)) {
    waiting_.insert(candidate.unit);
    return;
  }
  if (const auto unusable = unusable_for(candidate.said, certificates)) {
    return refuse(candidate.unit, in_force, *unusable, into);
  }
  const Presentation presentation = candidate.presentation(now);
  const auto before = record_of(presentation_of(host), false);
  const auto bare = record_of(presentation, false);
  if (!bare) return refuse(candidate.unit, in_force, bare.error(), into);
  const bool is_in_force = before && std::ranges::equal(before->reveal(), bare->reveal());
  if (is_in_force && !was_kept_at_restart(unit, {}, in_force)) {
    state = {};
    return;
  }
  if (auto worse = worse_than(host, certificates, now)) {
    if (worse->id == static_cast<MessageId>(Tp::certificate_not_yet_valid)) {
      waiting_.insert(candidate.unit);  // its day comes without a change of the file
    }
    return refuse(candidate.unit, in_force, *worse, into);
  }
  if (auto bare_of_staple = missing_staple(host, certificates, now)) {
    return refuse(candidate.unit, in_force, *bare_of_staple, into);
  }
  if (may_lack_something(host, certificates)) {
    if (const Error* const spoilt = find_error(candidate.said, Tp::chain_not_recognised)) {
      return refuse(candidate.unit, in_force, *spoilt, into);
    }
    const Fingerprint digest = sha256(bare->reveal());
    if (std::exchange(state.doubted, digest) != digest) {
      waiting_.insert(candidate.unit);
      return;
    }
  }
  auto record = record_of(presentation);
  if (!record) return refuse(candidate.unit, in_force, record.error(), into);
  std::vector<std::string> novelties;
  novelties.reserve(certificates.size());
  for (const DraftCertificate& each : certificates) {
    novelties.push_back(novelty_of(each, before_of(host, *each.certificate), now));
  }
  into.taken.push_back(diagnose(Tp::certificate_replaced,
                                text(names_of(unit, in_force), ": ", join(novelties, "; ")),
                                certificates.front().where));
  std::ranges::move(candidate.said, std::back_inserter(into.taken));
  into.replaced.push_back({candidate.unit, std::move(*record), presentation.sources});
  memory_.keep(files, paths_of(unit));
  state = {};
}

/// Told when two judgements in a row come to it: until then somebody may be writing.
void LiveCertificates::refuse(std::uint32_t unit, const Snapshot& in_force, const Error& why,
                              Look& into) {
  State& state = states_[unit];
  std::string refusal = words_of(why);
  const bool is_known = state.refusal == refusal;
  if (!is_known) state.is_told = was_kept_at_restart(units_[unit], refusal, in_force);
  state.refusal = std::move(refusal);
  if (!is_known) waiting_.insert(unit);
  if (!is_known || std::exchange(state.is_told, true)) return;
  into.refused.push_back(diagnose(Tp::certificate_not_replaced,
                                  text(names_of(units_[unit], in_force), ": ", state.refusal),
                                  why.where, fix_of(why)));
}

void LiveCertificates::again(std::span<const Replaced> replaced) {
  for (const Replaced& each : replaced) waiting_.insert(each.unit);
}

Refusals LiveCertificates::refusals() const {
  constexpr std::size_t kMost = 100;
  Refusals found;
  for (std::uint32_t unit = 0; unit < states_.size() && found.size() < kMost; ++unit) {
    if (!states_[unit].refusal.empty()) found.emplace(unit, states_[unit].refusal);
  }
  return found;
}

std::string refusals_record(const Refusals& refusals) {
  RecordWriter record;
  for (const auto& [unit, why] : refusals) {
    record.add(std::uint64_t{unit});
    record.add(why);
  }
  const SecretBytes octets = record.take();
  return std::string(as_text(octets.reveal()));
}

std::optional<Refusals> read_refusals_record(ByteView record) {
  RecordReader from(record);
  Refusals found;
  while (!from.at_end()) {
    const auto unit = from.number();
    const auto why = from.piece();
    if (!unit || !why) return std::nullopt;
    found.emplace(static_cast<std::uint32_t>(*unit), as_text(*why));
  }
  return found;
}

std::size_t LiveCertificates::refused() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(states_, [](const State& state) { return !state.refusal.empty(); }));
}

}  // namespace tlsplus
