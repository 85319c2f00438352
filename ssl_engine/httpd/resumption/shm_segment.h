// SPDX-License-Identifier: Apache-2.0
//
// make_segment(), keep_segment(): shared memory for the caches and the ticket keys: anonymous, so
// that no file is left behind whatever becomes of the server; aligned to cache lines, which APR
// does not promise; locked and kept out of core dumps where the system lets us, for it holds keys.
#pragma once

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// What is public is not locked, and its pages cost nothing until somebody writes there.
enum class Holds : std::uint8_t { secrets, public_things };

/// `size` zeroed bytes, shared with all children forked later, until `pool` goes.
Result<MutableByteView> make_segment(apr_pool_t& pool, std::size_t size,
                                     Holds what = Holds::secrets);

struct KeptSegment {
  MutableByteView memory;
  bool is_new = true;  // false: with the content of the generation before
};

/// Memory that outlives a graceful restart, the module's own unloading included, under `name`
/// (which carries a version digit of what is in it). A segment of that name and size is found
/// again; one of another size is given back and made anew. In the parent only.
Result<KeptSegment> keep_segment(server_rec& server, const char* name, std::size_t size,
                                 Holds what = Holds::secrets);
/// The one of that name, whatever its size; empty if there is none.
MutableByteView kept_segment(const char* name) noexcept;
/// Gives the segment of that name back, if there is one; children keep their view of it.
void drop_segment(const char* name) noexcept;

}  // namespace tlsplus
