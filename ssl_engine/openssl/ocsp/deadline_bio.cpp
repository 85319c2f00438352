// SPDX-License-Identifier: Apache-2.0
//
// DeadlineBio, as a BIO_METHOD(3): it never says "retry", so that nobody above begins to count time
// in a way of his own. The type number is fixed, as that of QueueBio is, and for the same reason.
#include "ssl_engine/openssl/ocsp/deadline_bio.h"

#include <algorithm>

namespace tlsplus {

struct DeadlineBioCallbacks {
  static DeadlineBio& self(BIO* bio) noexcept {
    return *static_cast<DeadlineBio*>(BIO_get_data(bio));
  }

  static int read(BIO* bio, char* buffer, std::size_t size, std::size_t* count) noexcept {
    DeadlineBio& own = self(bio);
    BIO_clear_retry_flags(bio);
    *count = 0;
    // What failed once stays failed, with its reason: TLS would send an alert after it.
    if (own.room_ == 0 || own.outcome_ != Transfer::done) return 0;
    // Octets that come one by one are there at once each: only this look ends them.
    if (std::chrono::steady_clock::now() >= own.deadline_) {
      own.outcome_ = Transfer::timed_out;
      return 0;
    }
    const MutableByteView into{reinterpret_cast<Byte*>(buffer), std::min(size, own.room_)};
    own.outcome_ = receive(own.socket_, into, *count, own.deadline_);
    own.room_ -= *count;
    return own.outcome_ == Transfer::done ? 1 : 0;
  }

  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) noexcept {
    DeadlineBio& own = self(bio);
    BIO_clear_retry_flags(bio);
    *count = 0;
    if (own.outcome_ != Transfer::done) return 0;
    own.outcome_ =
        send_all(own.socket_, {reinterpret_cast<const Byte*>(bytes), size}, own.deadline_);
    *count = own.outcome_ == Transfer::done ? size : 0;
    return own.outcome_ == Transfer::done ? 1 : 0;
  }

  static long control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DUP:
        return 1;
      case BIO_CTRL_EOF:
        return self(bio).outcome_ == Transfer::done ? 0 : 1;
      default:
        return 0;
    }
  }
};

Bio DeadlineBio::open() {
  method_.reset(BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0x7e, "socket with a deadline"));
  if (method_ == nullptr) return nullptr;
  BIO_meth_set_read_ex(method_.get(), DeadlineBioCallbacks::read);
  BIO_meth_set_write_ex(method_.get(), DeadlineBioCallbacks::write);
  BIO_meth_set_ctrl(method_.get(), DeadlineBioCallbacks::control);
  Bio bio(BIO_new(method_.get()));
  if (bio == nullptr) return bio;
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace tlsplus
