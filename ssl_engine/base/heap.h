// SPDX-License-Identifier: Apache-2.0
//
// give_memory_back(): what was freed goes back to the system. The C library keeps it, in holes
// between what is still in use, and every child that is born later inherits them.
#pragma once

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tlsplus {

/// For the end of work that needed much and left little. Looks at all of the heap: never in a
/// handshake.
inline void give_memory_back() noexcept {
#ifdef __GLIBC__
  (void)malloc_trim(0);
#endif
}

}  // namespace tlsplus
