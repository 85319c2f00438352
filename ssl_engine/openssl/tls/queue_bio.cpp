// SPDX-License-Identifier: Apache-2.0
//
// QueueBio, as a BIO_METHOD(3). The BIO callbacks copy between OpenSSL's record buffers and ours,
// and do nothing else. The type number is fixed: BIO_get_new_index(3) hands out 127 numbers in the
// life of a process, and the module is loaded anew at every restart.
#include "ssl_engine/openssl/tls/queue_bio.h"

#include <algorithm>
#include <climits>
#include <new>

namespace tlsplus {

struct QueueBioCallbacks {
  static QueueBio& self(BIO* bio) noexcept { return *static_cast<QueueBio*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* buffer, std::size_t room, std::size_t* count) noexcept {
    QueueBio& queue = self(bio);
    BIO_clear_retry_flags(bio);
    if (queue.held_ || queue.in_.empty()) {
      *count = 0;
      if (queue.ended_ && !queue.held_) return 0;
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(room, queue.in_.size());
    std::memcpy(buffer, queue.in_.data(), taken);
    queue.in_ = queue.in_.subspan(taken);
    *count = taken;
    return 1;
  }

  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) noexcept {
    BIO_clear_retry_flags(bio);
    try {
      self(bio).out_.append({reinterpret_cast<const Byte*>(bytes), size});
    } catch (const std::bad_alloc&) {
      *count = 0;
      return -1;
    }
    *count = size;
    return 1;
  }

  static long control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DUP:
        return 1;
      case BIO_CTRL_EOF:
        return self(bio).in_.empty() && self(bio).ended_ ? 1 : 0;
      case BIO_CTRL_PENDING:
        return static_cast<long>(self(bio).in_.size());
      case BIO_CTRL_WPENDING:
        return static_cast<long>(self(bio).out_.size());
      default:
        return 0;
    }
  }
};

BioMethod make_queue_bio_method() {
  BioMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0x7f, "byte queue"));
  if (method == nullptr) return method;
  BIO_meth_set_read_ex(method.get(), QueueBioCallbacks::read);
  BIO_meth_set_write_ex(method.get(), QueueBioCallbacks::write);
  BIO_meth_set_ctrl(method.get(), QueueBioCallbacks::control);
  return method;
}

Bio QueueBio::open(BIO_METHOD& method, void* owner) {
  owner_ = owner;
  Bio bio(BIO_new(&method));
  if (bio == nullptr) return bio;
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

void* QueueBio::owner_of(const SSL& ssl) noexcept {
  BIO* bio = SSL_get_rbio(&ssl);
  return bio == nullptr ? nullptr : QueueBioCallbacks::self(bio).owner_;
}

}  // namespace tlsplus
