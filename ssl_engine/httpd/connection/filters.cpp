// SPDX-License-Identifier: Apache-2.0
//
// The filters' names and places, for the registration. The place in the chain is mod_ssl's: above
// mod_reqtimeout and the core, below everything that wants to see plaintext.
#include "ssl_engine/httpd/connection/filters.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/connection/coalescing_filter.h"
#include "ssl_engine/httpd/connection/input_filter.h"
#include "ssl_engine/httpd/connection/output_filter.h"

namespace tlsplus {
namespace {

constexpr const char* kFilterName = "SSL/TLS Filter";
constexpr auto kFilterType = static_cast<ap_filter_type>(AP_FTYPE_CONNECTION + 5);
// mod_proxy takes the filter of this name away before it tunnels.
constexpr const char* kCoalescingFilterName = "SSL/TLS Coalescing Filter";
constexpr auto kCoalescingFilterType = static_cast<ap_filter_type>(AP_FTYPE_CONNECTION + 4);

}  // namespace

void register_filters() {
  ap_register_input_filter(kFilterName, sealed(tlsplus_input_filter), nullptr, kFilterType);
  ap_register_output_filter(kFilterName, sealed(tlsplus_output_filter), nullptr, kFilterType);
  ap_register_output_filter(kCoalescingFilterName, sealed(tlsplus_coalescing_filter), nullptr,
                            kCoalescingFilterType);
}

void insert_filters(TlsChannel& channel) {
  conn_rec& connection = channel.connection();
  channel.transport.stand_at(*ap_add_input_filter(kFilterName, &channel, nullptr, &connection),
                             *ap_add_output_filter(kFilterName, &channel, nullptr, &connection));
  ap_add_output_filter(kCoalescingFilterName, &channel, nullptr, &connection);
}

}  // namespace tlsplus
