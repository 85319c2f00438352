// SPDX-License-Identifier: Apache-2.0
//
// show_reload_status(), show_certificate_status(): a row for each list and each certificate, those
// that end first before the others.
#include "ssl_engine/httpd/reload/reload_status.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/status_rows.h"
#include "ssl_engine/httpd/reload/reload_services.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostRows = 100;

struct Row {
  const RevocationLists* from;
  const RevocationList* list;
  std::optional<WallTime> due;
};

std::vector<Row> rows_of(const Snapshot& snapshot) {
  std::vector<Row> rows;
  for (const RevocationListsPtr& lists : snapshot.lists()) {
    for (const RevocationList& list : lists->lists) {
      rows.push_back({lists.get(), &list, next_update_of(*list.crl)});
    }
  }
  std::ranges::stable_sort(rows, {},
                           [](const Row& row) { return row.due.value_or(WallTime::max()); });
  return rows;
}

long long seconds_of(std::optional<WallTime> at) noexcept {
  return at ? static_cast<long long>(seconds_since_1970(*at)) : 0;
}

// Issuers are whatever their authorities call themselves; a line is a line.
void show_for_machines(request_rec& request, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string line =
        text("TLSRevocationList: number=", number_of(*row.list->crl), " next=", seconds_of(row.due),
             " since=", seconds_of(row.from->taken_at), " entries=", entries_of(*row.list->crl),
             " issuer=", issuer_of(*row.list->crl), "\n");
    ap_rputs(line.c_str(), &request);
  }
}

void show_for_people(request_rec& request, const std::vector<Row>& rows) {
  ap_rputs(
      "<table border=\"0\"><tr><th>issuer</th><th>number</th><th>entries</th>"
      "<th>next one due</th><th>in force since</th><th>from</th></tr>\n",
      &request);
  for (const Row& row : rows) {
    const std::string cells[] = {issuer_of(*row.list->crl),
                                 number_of(*row.list->crl),
                                 std::to_string(entries_of(*row.list->crl)),
                                 row.due ? date_text(*row.due) : std::string("never"),
                                 date_text(row.from->taken_at),
                                 row.from->path};
    ap_rputs("<tr>", &request);
    for (const std::string& cell : cells) {
      ap_rvputs(&request, "<td>", ap_escape_html(request.pool, cell.c_str()), "</td>", nullptr);
    }
    ap_rputs("</tr>\n", &request);
  }
  ap_rputs("</table>\n", &request);
}

}  // namespace

void show_reload_status(request_rec& request, int flags, const Snapshot& snapshot,
                        const Publication* publication) {
  StatusSection section(request, flags, "TLS revocation lists");
  std::vector<Row> rows = rows_of(snapshot);
  std::vector<StatusRow> lines{{"TLSRevocationLists", "lists in force", rows.size()}};
  if (publication != nullptr) {
    const auto figure = [&](std::size_t which) { return publication->figure(which); };
    lines.push_back({"TLSRevocationListsReplaced", "replaced since the start",
                     figure(ReloadServices::kReplaced)});
    lines.push_back({"TLSRevocationListsRefused", "files or folders with something else in them",
                     figure(ReloadServices::kRefused)});
    lines.push_back({"TLSReloadLooks", "looks at the files", figure(ReloadServices::kLooks)});
    lines.push_back({"TLSReloadLastLook", "time of the last look, seconds since 1970",
                     figure(ReloadServices::kLastLook)});
  }
  section.show(lines);
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  section.is_for_machines() ? show_for_machines(request, rows) : show_for_people(request, rows);
}

namespace {

struct ServedRow {
  const CertificateUnit* unit;
  const Certificate* certificate;
  WallTime since;
  const std::string* refusal;  // null: what is on disk is in force
};

/// Those of which something else is on disk first, then those that end first.
std::vector<ServedRow> served_rows(const Snapshot& snapshot, const ShownUnits& shown) {
  std::vector<ServedRow> rows;
  for (std::uint32_t number = 0; number < shown.units.size(); ++number) {
    const CertificateUnit& unit = shown.units[number];
    const Host& host = snapshot.host(unit.hosts.front());
    const auto refusal = shown.refusals.find(number);
    const std::string* const why = refusal == shown.refusals.end() ? nullptr : &refusal->second;
    for (const CertificatePtr& certificate : host.certificates) {
      rows.push_back({&unit, certificate.get(), host.certificates_since, why});
    }
  }
  std::ranges::stable_sort(rows, {}, [](const ServedRow& row) {
    return std::pair(row.refusal == nullptr, row.certificate->leaf().not_after());
  });
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  return rows;
}

std::string serial_of(const ServedRow& row) {
  const Cert leaf = row.certificate->leaf().open();
  return leaf == nullptr ? std::string() : tlsplus::serial_of(*leaf);
}

void show_certificates_for_machines(request_rec& request, const std::vector<ServedRow>& rows,
                                    const Snapshot& snapshot) {
  for (const ServedRow& row : rows) {
    const StoredCertificate& leaf = row.certificate->leaf();
    const std::string line =
        text("TLSCertificate: serial=", serial_of(row), " until=", seconds_of(leaf.not_after()),
             " since=", seconds_of(row.since), " hosts=", row.unit->hosts.size(), " key=\"",
             leaf.key_description(), "\" disk=", row.refusal == nullptr ? "same" : "other",
             " name=", names_of(*row.unit, snapshot), "\n");
    ap_rputs(line.c_str(), &request);
  }
}

void show_certificates_for_people(request_rec& request, const std::vector<ServedRow>& rows,
                                  const Snapshot& snapshot) {
  ap_rputs(
      "<table border=\"0\"><tr><th>virtual hosts</th><th>key</th><th>serial</th>"
      "<th>valid until</th><th>in force since</th><th>from</th><th>on disk</th></tr>\n",
      &request);
  for (const ServedRow& row : rows) {
    const StoredCertificate& leaf = row.certificate->leaf();
    const std::string cells[] = {
        names_of(*row.unit, snapshot),
        leaf.key_description(),
        serial_of(row),
        date_text(leaf.not_after()),
        row.since == WallTime{} ? std::string("the start") : date_text(row.since),
        row.unit->files.front(),
        row.refusal == nullptr ? std::string("the same") : *row.refusal};
    ap_rputs("<tr>", &request);
    for (const std::string& cell : cells) {
      ap_rvputs(&request, "<td>", ap_escape_html(request.pool, cell.c_str()), "</td>", nullptr);
    }
    ap_rputs("</tr>\n", &request);
  }
  ap_rputs("</table>\n", &request);
}

}  // namespace

void show_certificate_status(request_rec& request, int flags, const Snapshot& snapshot,
                             const ShownUnits& shown, const Publication* publication) {
  StatusSection section(request, flags, "TLS certificates");
  if (publication != nullptr) {
    const auto figure = [&](std::size_t which) { return publication->figure(which); };
    section.show({{"TLSCertificatesReplaced", "replaced since the start",
                   figure(ReloadServices::kCertificatesReplaced)},
                  {"TLSCertificatesRefused", "of which something else is on disk",
                   figure(ReloadServices::kCertificatesRefused)}});
    if (snapshot.lists().empty()) {
      section.show({{"TLSReloadLooks", "looks at the files", figure(ReloadServices::kLooks)},
                    {"TLSReloadLastLook", "time of the last look, seconds since 1970",
                     figure(ReloadServices::kLastLook)}});
    }
  }
  const auto rows = served_rows(snapshot, shown);
  section.is_for_machines() ? show_certificates_for_machines(request, rows, snapshot)
                            : show_certificates_for_people(request, rows, snapshot);
}

}  // namespace tlsplus
