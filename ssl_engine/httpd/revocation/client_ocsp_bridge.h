// SPDX-License-Identifier: Apache-2.0
//
// ClientOcspServices: what asking responders about clients needs of httpd: shared memory that
// outlives a graceful restart, the log, and a section of the status page.
#pragma once

#include <memory>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/revocation/inquiry_threads.h"
#include "ssl_engine/revocation/responders.h"

namespace tlsplus {

/// One for each generation. Both arguments outlive it.
class ClientOcspServices {
 public:
  ClientOcspServices(const Clock& clock, LogSink& log) noexcept : clock_(clock), log_(log) {}

  /// post_config, in the parent: nothing is made where no host of `snapshot` asks.
  std::vector<Finding> open(server_rec& server, const Snapshot& snapshot);
  /// After open(); null: no host asks. Good for as long as this is.
  [[nodiscard]] OcspChecker* checker() noexcept { return responders_.get(); }

  /// child_init: threads that ask in the place of clients, as they are needed, until `pchild` goes.
  /// Null: no host asks.
  [[nodiscard]] InquiryDesk* open_in_child(apr_pool_t* pchild, std::size_t most_threads);

  /// The status_hook's section; `flags` are AP_STATUS_*.
  void status(request_rec& request, int flags) noexcept;

 private:
  const Clock& clock_;
  LogSink& log_;
  std::unique_ptr<ShmCache> answers_;
  std::unique_ptr<OcspMemory> memory_;
  std::unique_ptr<Responders> responders_;
  std::unique_ptr<InquiryThreads> threads_;  // of a child
};

}  // namespace tlsplus
