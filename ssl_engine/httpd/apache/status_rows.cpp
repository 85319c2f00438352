// SPDX-License-Identifier: Apache-2.0
//
// StatusSection, written in the manner of httpd's own page.
#include "ssl_engine/httpd/apache/status_rows.h"

namespace tlsplus {

StatusSection::StatusSection(request_rec& request, int flags, const char* title)
    : request_(request), is_for_machines_((flags & AP_STATUS_SHORT) != 0) {
  if (is_for_machines_) return;
  ap_rprintf(&request,
             "<hr>\n<table cellspacing=0 cellpadding=0>\n<tr><td bgcolor=\"#000000\">\n"
             "<b><font color=\"#ffffff\" face=\"Arial,Helvetica\">%s</font></b>\n"
             "</td></tr>\n<tr><td bgcolor=\"#ffffff\">\n",
             title);
}

StatusSection::~StatusSection() {
  if (!is_for_machines_) ap_rputs("</td></tr>\n</table>\n", &request_);
}

void StatusSection::show(std::span<const StatusRow> rows) {
  for (const StatusRow& row : rows) {
    const auto value = static_cast<apr_uint64_t>(row.value);
    if (is_for_machines_) {
      ap_rprintf(&request_, "%s: %" APR_UINT64_T_FMT "\n", row.key, value);
    } else {
      ap_rprintf(&request_, "%s: <b>%" APR_UINT64_T_FMT "</b><br />\n", row.label, value);
    }
  }
}

}  // namespace tlsplus
