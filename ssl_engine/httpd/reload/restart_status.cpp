// SPDX-License-Identifier: Apache-2.0
//
// show_restart_status(): a row for each host. Files and reasons are what an administrator wrote,
// and are escaped all the same.
#include "ssl_engine/httpd/reload/restart_status.h"

#include <algorithm>
#include <string>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/status_rows.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostRows = 100;

/// "serial 0A1B until 2026-..., serial ..."; "nothing".
std::string presented_by(const KeptCertificates& kept) {
  std::vector<std::string> all;
  for (const CertificatePtr& certificate : kept.certificates) {
    const Cert leaf = certificate->leaf().open();
    all.push_back(text("serial ", leaf == nullptr ? "unknown" : serial_of(*leaf), " until ",
                       date_text(certificate->leaf().not_after())));
  }
  return all.empty() ? "nothing in its place" : join(all, ", ");
}

std::string place_of(const KeptCertificates& kept) {
  return text(kept.where.directive, " at ", kept.where.file, ':', kept.where.line);
}

void show_rows(request_rec& request, std::span<const KeptCertificates> rows, bool for_machines) {
  if (for_machines) {
    for (const KeptCertificates& row : rows) {
      const std::string line =
          text("TLSCertificateKept: host=", row.name, " place=", row.where.file, ':',
               row.where.line, " presents=", presented_by(row), "\n");
      ap_rputs(line.c_str(), &request);
    }
    return;
  }
  ap_rputs(
      "<table border=\"0\"><tr><th>host</th><th>line</th><th>what is wrong</th>"
      "<th>presented since before the restart</th></tr>\n",
      &request);
  for (const KeptCertificates& row : rows) {
    ap_rputs("<tr>", &request);
    for (const std::string& cell : {row.name, place_of(row), row.reason, presented_by(row)}) {
      ap_rvputs(&request, "<td>", ap_escape_html(request.pool, cell.c_str()), "</td>", nullptr);
    }
    ap_rputs("</tr>\n", &request);
  }
  ap_rputs("</table>\n", &request);
}

}  // namespace

void show_restart_status(request_rec& request, int flags, const Snapshot& snapshot) noexcept {
  ServerLog log(request.server);
  at_boundary(log, "status page", [&] {
    const auto& kept = snapshot.kept();
    if (kept.empty() && (flags & AP_STATUS_SHORT) == 0) return;
    StatusSection section(request, flags, "TLS certificates that could not be loaded");
    section.show({{"TLSCertificatesKept", "hosts that go on with what they had before the restart",
                   kept.size()}});
    show_rows(request, std::span(kept).first(std::min(kept.size(), kMostRows)),
              section.is_for_machines());
  });
}

}  // namespace tlsplus
