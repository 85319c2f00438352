// SPDX-License-Identifier: Apache-2.0
//
// HelperProcess, Channel: the copy of a process and the line to it. A socket pair that keeps the
// borders of messages; its end is how each side learns that the other is gone.
#include "ssl_engine/base/helper_process.h"

#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool become(const RunAs& account) noexcept {
  return setgid(account.gid) == 0 && initgroups(account.user.c_str(), account.gid) == 0 &&
         setuid(account.uid) == 0;
}

// In the copy: never returns.
[[noreturn]] void run(const std::optional<RunAs>& as, pid_t parent, Descriptor end,
                      const std::function<void(Channel&)>& work) noexcept {
  default_signals();
  (void)setpgid(0, 0);
  Channel channel(std::move(end));
  try {
    const bool is_who_it_should_be = !as || become(*as);
    // A parent that is killed takes its helper along. Changing the account resets this.
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (is_who_it_should_be && getppid() == parent) work(channel);
  } catch (...) {
    _exit(1);  // the other side sees a channel that closed early
  }
  _exit(0);
}

}  // namespace

bool Channel::send(char kind, ByteView body) noexcept {
  if (body.size() > kMostBytes) return false;
  std::array<iovec, 2> parts{{{&kind, 1}, {const_cast<Byte*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  ssize_t sent = 0;
  do {
    sent = sendmsg(end_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(body.size() + 1);
}

Channel::Received Channel::receive(std::chrono::milliseconds limit) {
  const Instant deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    pollfd waiting{end_.get(), POLLIN, 0};
    const int ready = poll(&waiting, 1, remaining(deadline));
    if (ready > 0) break;
    if (remaining(deadline) == 0) return {std::nullopt, Silence::late};
  }
  Message message;
  message.body = SecretBytes(kMostBytes);
  const auto room = message.body.reveal();
  std::array<iovec, 2> parts{{{&message.kind, 1}, {room.data(), room.size()}}};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  ssize_t got = 0;
  do {
    got = recvmsg(end_.get(), &header, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return {std::nullopt, Silence::closed};
  message.body.shrink(static_cast<std::size_t>(got) - 1);
  return {std::move(message), Silence::closed};
}

Result<std::unique_ptr<HelperProcess>> HelperProcess::start(
    const std::optional<RunAs>& as, const std::function<void(Channel&)>& work) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{.what = text("no socket: ", errno_text(errno))};
  }
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t parent = getpid();
  // Until the copy has handlers of its own, a signal to it would be handled as one to the server.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t process = fork();
  if (process != 0) (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) return Error{.what = text("no new process: ", errno_text(errno))};
  if (process == 0) {
    ours.reset();
    run(as, parent, std::move(theirs), work);
  }
  (void)setpgid(process, process);
  return std::unique_ptr<HelperProcess>(new HelperProcess(process, std::move(ours)));
}

std::string HelperProcess::how_it_ended() {
  const auto status = wait_until(process_, std::chrono::steady_clock::now() + kGrace);
  if (!status) return "closed its channel";
  has_ended_ = true;
  if (WIFSIGNALED(*status)) return text("ended by signal ", WTERMSIG(*status));
  return text("ended with status ", WEXITSTATUS(*status));
}

HelperProcess::~HelperProcess() {
  if (!has_ended_) end_group(process_);
}

}  // namespace tlsplus
