#include "preference/server/limited_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/progress.h"

namespace nudge {
namespace {

constexpr int kSlice = 100;                  // milliseconds between looks at `stopping`
constexpr std::size_t kTogether = 64 << 10;  // bytes that wait for the rest of the answer

}  // namespace

LimitedStream::LimitedStream(socket_t socket, const ConnectionLimits& limits,
                             const std::atomic<bool>& stopping, WaitingRoom& waiting)
    : socket_(socket), limits_(limits), stopping_(stopping), waiting_(waiting) {}

bool LimitedStream::wait(short what, double until) const {
  while (!stopping_) {
    const double left = until - now_seconds();
    if (left <= 0) return false;
    pollfd ready{.fd = socket_, .events = what, .revents = 0};
    const int count = poll(&ready, 1, std::min(kSlice, static_cast<int>(left * 1000) + 1));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return false;
}

bool LimitedStream::wait_for_request(double seconds) {
  in_body_ = false;
  left_ = limits_.head_bytes;
  waiting_.enter(socket_);
  if (begin_ == end_ && !wait(POLLIN, now_seconds() + seconds)) return false;
  read_until_ = now_seconds() + limits_.head_seconds;
  write_until_ = 0;
  return true;
}

void LimitedStream::expect_body(std::size_t bytes) {
  in_body_ = true;
  left_ = bytes;
  if (left_ == 0) waiting_.leave(socket_);
  read_until_ = now_seconds() + limits_.body_seconds;
}

bool LimitedStream::is_readable() const {
  return begin_ < end_ || wait(POLLIN, read_until_);
}

bool LimitedStream::is_writable() const {
  return wait(POLLOUT, now_seconds() + limits_.write_seconds);
}

ssize_t LimitedStream::read(char* data, std::size_t size) {
  size = std::min(size, left_);
  if (size == 0) return -1;
  if (begin_ == end_) {
    if (!wait(POLLIN, read_until_)) return -1;
    const ssize_t received = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) return received;
    begin_ = 0;
    end_ = received;
  }
  size = std::min(size, end_ - begin_);
  std::memcpy(data, buffer_.data() + begin_, size);
  begin_ += size;
  left_ -= size;
  if (in_body_ && left_ == 0) waiting_.leave(socket_);
  return static_cast<ssize_t>(size);
}

ssize_t LimitedStream::write(const char* data, std::size_t size) {
  if (unsent_.size() + size > kTogether && !flush()) return -1;
  if (size > kTogether) return send_all(data, size) ? static_cast<ssize_t>(size) : -1;
  unsent_.append(data, size);
  return static_cast<ssize_t>(size);
}

bool LimitedStream::flush() {
  const bool sent = send_all(unsent_.data(), unsent_.size());
  unsent_.clear();
  return sent;
}

bool LimitedStream::send_all(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) {
      data += sent;
      size -= sent;
      continue;
    }
    if (write_until_ == 0) write_until_ = now_seconds() + limits_.write_seconds;
    if (!wait(POLLOUT, write_until_)) return false;
  }
  return true;
}

// Nothing asks who is at the other end: on this machine that says nothing.
void LimitedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void LimitedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace nudge
