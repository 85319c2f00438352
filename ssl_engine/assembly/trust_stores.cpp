// SPDX-License-Identifier: Apache-2.0
//
// TrustStores: the files and folders of authorities and revocation lists, read. A folder of
// authorities is scanned for names only; verification looks into it by hash when it needs to, so
// what is added there works at once, and what has no hash link never does. Lists in folders are
// read, those with a hash link: children may not be able to, and a list that is being replaced
// should not be missing for anybody.
#include "ssl_engine/assembly/trust_stores.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

bool has_hash_link(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, is_authority_link);
}

std::string_view bytes_of(const Fingerprint& digest) noexcept {
  return as_text(digest);
}

void append(std::vector<const Cert*>& to, std::span<const Cert> from) {
  for (const Cert& cert : from) to.push_back(&cert);
}

std::string rehash(const std::string& folder) {
  return text("run: openssl rehash ", shell_word(folder));
}

}  // namespace

void TrustStores::read_authorities(const std::string& path, bool is_optional, AuthorityFile& into) {
  FileReader reader(kRevocationListBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) {
    if (!is_optional) into.faults.push_back(diagnose(message_of(state.problem), state.evidence));
    return;
  }
  Material material = materials_.read(reader.content());
  for (const StoredCertificate& cert : material.certificates) {
    if (Cert opened = cert.open(); opened != nullptr) {
      into.certificates.push_back(std::move(opened));
    }
  }
  if (is_optional) return;
  for (const Defect& defect : material.defects) {
    into.faults.push_back(diagnose(Tp::ca_not_decodable, text(quote(path), ": ", defect.evidence)));
  }
}

void TrustStores::check_dates(const std::string& path, AuthorityFile& file) {
  std::string all;
  for (const Cert& cert : file.certificates) {
    const Fingerprint print = fingerprint_of(*cert);
    all += bytes_of(print);
    if (!is_ca(*cert) && !is_self_issued(*cert)) {
      file.faults.push_back(
          diagnose(Tp::ca_is_none, text(quote(path), ": \"", subject_of(*cert), '"')));
    }
    if (not_after_of(*cert) >= now_) continue;
    file.faults.push_back(
        diagnose(Tp::ca_expired, text(quote(path), ": \"", subject_of(*cert), "\", valid until ",
                                      date_text(not_after_of(*cert)))));
  }
  file.digest = sha256(as_bytes(all));
}

const TrustStores::AuthorityFile& TrustStores::authority_file(const std::string& path) {
  const auto [known, is_new] = authority_files_.try_emplace(path);
  AuthorityFile& file = known->second;
  if (!is_new || path.empty()) return file;
  read_authorities(path, false, file);
  if (file.certificates.empty() && file.faults.empty()) {
    file.faults.push_back(diagnose(Tp::ca_not_found, quote(path)));
  }
  check_dates(path, file);
  return file;
}

const TrustStores::AuthorityFile& TrustStores::authority_directory(const std::string& path) {
  const auto [known, is_new] = authority_directories_.try_emplace(path);
  AuthorityFile& file = known->second;
  if (!is_new || path.empty()) return file;
  std::error_code trouble;
  const auto names = files_in(path, trouble);
  if (trouble) {
    file.faults.push_back(
        diagnose(Tp::directory_unreadable, text(quote(path), ": ", trouble.message())));
    return file;
  }
  for (const std::string& name : names) read_authorities(text(path, '/', name), true, file);
  if (file.certificates.empty()) {
    file.faults.push_back(diagnose(Tp::ca_not_found, quote(path)));
  } else if (!has_hash_link(names)) {
    file.faults.push_back(diagnose(Tp::ca_without_links, quote(path), {}, rehash(path)));
  }
  check_dates(path, file);
  return file;
}

// OpenSSL reads them once more for the store; here it is seen whether there are any, and which. Of
// those in folders the names tell: they are hashes of subjects.
const TrustStores::AuthorityFile& TrustStores::default_authorities() {
  if (default_authorities_) return *default_authorities_;
  AuthorityFile& found = default_authorities_.emplace(AuthorityFile{});
  const DefaultAuthorities places = tlsplus::default_authorities();
  read_authorities(places.file, true, found);
  std::string all = text(places.file, '\n', places.directories, '\n');
  for (const Cert& cert : found.certificates) all += bytes_of(fingerprint_of(*cert));
  bool has_links = false;
  for (const std::string_view folder : split(places.directories, ':')) {
    std::error_code trouble;
    const auto names = files_in(std::string(folder), trouble);
    has_links = has_links || has_hash_link(names);
    all += join(names, "\n");
  }
  if (found.certificates.empty() && !has_links) {
    found.faults.push_back(diagnose(Tp::system_trust_empty,
                                    text(quote(places.file), " and ", quote(places.directories))));
  }
  found.digest = sha256(as_bytes(all));
  return found;
}

RevocationListsPtr TrustStores::add_lists(RevocationLists lists) {
  lists.slot = static_cast<std::uint32_t>(lists_.size());
  lists.taken_at = now_;
  return lists_.emplace_back(std::make_shared<const RevocationLists>(std::move(lists)));
}

const TrustStores::CrlSource& TrustStores::crl_file(const std::string& path, const Where& where) {
  const auto [known, is_new] = crl_files_.try_emplace(path);
  CrlSource& file = known->second;
  if (!is_new || path.empty()) return file;
  FileReader reader(kRevocationListBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) {
    file.faults.push_back(diagnose(message_of(state.problem), state.evidence));
    return file;
  }
  std::vector<std::string> defects;
  RevocationLists read{
      .path = path, .where = where, .lists = read_lists(reader.content(), defects)};
  for (const std::string& defect : defects) {
    file.faults.push_back(diagnose(Tp::crl_not_decodable, text(quote(path), ": ", defect)));
  }
  if (read.lists.empty() && defects.empty()) {
    file.faults.push_back(diagnose(Tp::crl_not_found, quote(path)));
  }
  for (const RevocationList& list : read.lists) {
    const auto due = next_update_of(*list.crl);
    if (!due || *due >= now_) continue;
    file.faults.push_back(
        diagnose(Tp::crl_expired, text(quote(path), ": the list of \"", issuer_of(*list.crl),
                                       "\" was to be replaced by ", date_text(*due))));
  }
  file.lists = add_lists(std::move(read));
  return file;
}

const TrustStores::CrlSource& TrustStores::crl_directory(const std::string& path,
                                                         const Where& where) {
  const auto [known, is_new] = crl_directories_.try_emplace(path);
  CrlSource& directory = known->second;
  if (!is_new || path.empty()) return directory;
  std::error_code trouble;
  const auto names = files_in(path, trouble);
  if (trouble) {
    directory.faults.push_back(
        diagnose(Tp::directory_unreadable, text(quote(path), ": ", trouble.message())));
    return directory;
  }
  std::string all;
  RevocationLists read{.path = path, .is_folder = true, .where = where};
  FileReader reader(kRevocationListBytes);
  for (const std::string& name : names) {
    if (!is_list_link(name)) continue;
    const bool is_read = reader.read(text(path, '/', name)).problem == FileProblem::none;
    all += bytes_of(is_read ? sha256(reader.content()) : Fingerprint{});
    if (!is_read || !reads_folders_) continue;
    std::vector<std::string> ignored;  // as OpenSSL does
    std::ranges::move(read_lists(reader.content(), ignored), std::back_inserter(read.lists));
  }
  if (all.empty())
    directory.faults.push_back(diagnose(Tp::crl_without_links, quote(path), {}, rehash(path)));
  if (reads_folders_) {
    directory.lists = add_lists(std::move(read));
  } else {
    directory.digest = sha256(as_bytes(all));
  }
  return directory;
}

namespace {

/// True if some client is held against the authorities; a distribution's bundle always has some
/// that have expired.
bool asks_clients(const ServerConfig& config, const ClientAuth& auth) {
  return auth.mode != VerifyMode::none ||
         std::ranges::any_of(config.directory_demands.entries(), [](const auto& entry) {
           return entry.value.kind == DirectoryDemand::Kind::certificate &&
                  entry.value.mode != VerifyMode::none;
         });
}

/// VerifyCAFile and its kin.
bool names_authorities_by_command(const Policy& policy) {
  return std::ranges::any_of(policy.conf_commands, [](const auto& command) {
    return command.first.find("CAFile") != std::string::npos ||
           command.first.find("CAPath") != std::string::npos ||
           command.first.find("CAStore") != std::string::npos;
  });
}

bool needs_authorities(VerifyMode mode) noexcept {
  return mode == VerifyMode::require || mode == VerifyMode::optional;
}

/// The first line that has certificates of clients verified: of the host, of one of its places, or
/// a command.
std::optional<Where> where_clients_are_verified(const ServerConfig& config, VerifyMode mode) {
  if (needs_authorities(mode)) return config.verify_client.where();
  for (const auto& entry : config.directory_demands.entries()) {
    if (entry.value.kind == DirectoryDemand::Kind::certificate &&
        needs_authorities(entry.value.mode)) {
      return entry.where();
    }
  }
  for (const auto& entry : config.conf_commands.entries()) {
    if (equals_ignoring_case(entry.value.command, "VerifyMode") &&
        to_lower(entry.value.value).find("require") != std::string::npos) {
      return entry.where();
    }
  }
  return std::nullopt;
}

/// What is asked for without what it takes, and the other way round.
std::vector<Error> unmet_demands(const ServerConfig& config, const Policy& policy) {
  std::vector<Error> found;
  const ClientAuth& auth = policy.client_auth;
  if (!auth.has_ca() && !names_authorities_by_command(policy)) {
    if (auto where = where_clients_are_verified(config, auth.mode)) {
      found.push_back(diagnose(Tp::verify_without_ca, {}, *std::move(where)));
    }
  }
  const bool has_request = !auth.ca_request_file.empty() || !auth.ca_request_path.empty();
  if (has_request && !auth.has_ca()) {
    found.push_back(diagnose(Tp::ca_names_without_ca, {},
                             auth.ca_request_file.empty() ? config.ca_request_path.where()
                                                          : config.ca_request_file.where()));
  }
  const bool has_crl = !auth.crl_file.empty() || !auth.crl_path.empty();
  const bool checks = auth.crl_check.check != RevocationCheck::none;
  if (checks && !has_crl) {
    found.push_back(diagnose(Tp::crl_check_without_crl, {}, config.crl_check.where()));
  }
  if (has_crl && !checks) {
    found.push_back(
        diagnose(Tp::crl_not_checked, {},
                 auth.crl_file.empty() ? config.crl_path.where() : config.crl_file.where()));
  }
  return found;
}

}  // namespace

TrustStores::Sources TrustStores::sources_of(const ClientAuth& auth, const Places& places) {
  return {authority_file(auth.ca_file),
          authority_directory(auth.ca_path),
          authority_file(auth.ca_request_file),
          authority_directory(auth.ca_request_path),
          crl_file(auth.crl_file, places.crl_file),
          crl_directory(auth.crl_path, places.crl_path),
          auth.extra.system ? default_authorities() : nobody_};
}

/// The one for everybody who believes the same, whatever names are shown to clients.
Result<X509Store> TrustStores::store_with(const std::string& believed, const TrustStore& wanted) {
  X509Store& shared = anchors_[believed];
  if (shared == nullptr) {
    auto made = make_store(*wanted.parts, wanted.file_lists.get(), wanted.folder_lists.get());
    if (!made) return made;
    shared = std::move(*made);
  }
  return share(*shared);
}

Result<std::shared_ptr<const TrustStore>> TrustStores::make(const ClientAuth& auth,
                                                            const Sources& from,
                                                            std::span<const Cert> anchors) {
  const bool other_names = !auth.ca_request_file.empty() || !auth.ca_request_path.empty();
  std::string contents =
      text(bytes_of(from.file.digest), bytes_of(from.folder.digest),
           bytes_of(from.crl_folder.digest), static_cast<int>(auth.crl_check.check));
  if (auth.extra != ExtraTrust{}) {
    contents += text(spelled(auth.extra), bytes_of(from.system.digest));
  }
  for (const Cert& anchor : anchors) contents += bytes_of(fingerprint_of(*anchor));
  const std::string names =
      other_names ? text(bytes_of(from.name_file.digest), bytes_of(from.name_folder.digest)) : "";
  // A store looks into its folders again and again, wherever they are, and lists are replaced by
  // what is found at their place.
  const std::string believed =
      text(contents, auth.ca_path, '\n', auth.crl_file, '\n', auth.crl_path, '\n');
  auto& store = stores_[believed + names];
  if (store != nullptr) return store;
  TrustParts parts{.authority_folder = auth.ca_path,
                   .list_folder = reads_folders_ ? std::string() : auth.crl_path,
                   .system = auth.extra.system,
                   .partial_chain = auth.extra.partial_chain,
                   .check = auth.crl_check.check,
                   .digest = sha256(as_bytes(contents + names))};
  for (const Cert& cert : from.file.certificates) parts.authorities.push_back(share(*cert));
  for (const Cert& anchor : anchors) parts.authorities.push_back(share(*anchor));
  TrustStore made{.store = nullptr,
                  .names = nullptr,
                  .parts = std::make_shared<const TrustParts>(std::move(parts)),
                  .file_lists = from.crls.lists,
                  .folder_lists = from.crl_folder.lists};
  auto shared = store_with(believed, made);
  if (!shared) return std::move(shared).error();
  made.store = std::move(*shared);
  std::vector<const Cert*> named;
  append(named, (other_names ? from.name_file : from.file).certificates);
  append(named, (other_names ? from.name_folder : from.folder).certificates);
  made.names = names_for_clients(named);
  made.digest = digest_of(*made.parts, made.file_lists.get(), made.folder_lists.get());
  store = std::make_shared<const TrustStore>(std::move(made));
  return store;
}

Judged<std::shared_ptr<const TrustStore>> TrustStores::store_for(const ConfiguredHost& host,
                                                                 const Policy& policy) {
  const ServerConfig& config = host.config();
  const ClientAuth& auth = policy.client_auth;
  std::vector<Error> findings = unmet_demands(config, policy);
  auto store = keep(store_of(auth,
                             {.ca_file = config.ca_file.where(),
                              .ca_path = config.ca_path.where(),
                              .ca_request_file = config.ca_request_file.where(),
                              .ca_request_path = config.ca_request_path.where(),
                              .crl_file = config.crl_file.where(),
                              .crl_path = config.crl_path.where(),
                              .extra = {},
                              .otherwise = host.engine_where()},
                             asks_clients(config, auth)),
                    findings);
  return {std::move(store), std::move(findings)};
}

Judged<std::shared_ptr<const TrustStore>> TrustStores::store_of(const ClientAuth& auth,
                                                                const Places& places, bool is_used,
                                                                std::span<const Cert> anchors) {
  Judged<std::shared_ptr<const TrustStore>> store;
  const Sources from = sources_of(auth, places);
  const auto tell = [&](const std::vector<Error>& faults, const Where& where) {
    for (Error fault : faults) {
      if (fault.id == static_cast<MessageId>(Tp::ca_expired) && !is_used) continue;
      // Who lets chains end anywhere may mean the other end itself.
      if (fault.id == static_cast<MessageId>(Tp::ca_is_none) && auth.extra.partial_chain) continue;
      store.findings.push_back(std::move(fault).at(where));
    }
  };
  tell(from.file.faults, places.ca_file);
  tell(from.folder.faults, places.ca_path);
  tell(from.name_file.faults, places.ca_request_file);
  tell(from.name_folder.faults, places.ca_request_path);
  tell(from.crls.faults, places.crl_file);
  tell(from.crl_folder.faults, places.crl_path);
  tell(from.system.faults, places.extra);
  if (!auth.has_ca() && anchors.empty()) return store;
  auto made = make(auth, from, anchors);
  if (made) {
    store.made = std::move(*made);
  } else {
    store.findings.push_back(diagnose(Tp::context_failed, made.error().what, places.otherwise));
  }
  return store;
}

}  // namespace tlsplus
