#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>

#include "preference/server/waiting_room.h"

namespace nudge {

/// How much and how long one connection may ask.
struct ConnectionLimits {
  std::size_t head_bytes = 40 << 10;  // request line (of which httplib takes 8 KiB) and headers (32 KiB)
  double head_seconds = 10;           // from the first byte to the empty line
  double body_seconds = 20;
  double write_seconds = 60;  // for one answer
  double idle_seconds = 5;    // between two requests
};

/// A socket that httplib reads requests from and writes answers to, which says "closed" when the client asks
/// for more than its limits or takes too long: a timeout for each read would let a client send one byte
/// every few seconds for ever.
class LimitedStream : public httplib::Stream {
 public:
  /// `stopping` ends every wait; it and `waiting`, where the socket stands until its request is whole, must
  /// outlive the stream. The socket stays the caller's.
  LimitedStream(socket_t socket, const ConnectionLimits& limits, const std::atomic<bool>& stopping,
                WaitingRoom& waiting);

  /// Waits for the first byte of a request; false when none comes in `seconds`.
  bool wait_for_request(double seconds);
  /// The head is read: from now on at most `bytes` more.
  void expect_body(std::size_t bytes);
  /// Sends what was written. False when the client does not take it.
  bool flush();
  /// Whether something of the present request was left unread (or its head made no sense), so that what
  /// follows is no request.
  bool unread() const { return !in_body_ || left_ > 0; }

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool wait(short what, double until) const;
  bool send_all(const char* data, std::size_t size);
  socket_t socket_;
  const ConnectionLimits& limits_;
  const std::atomic<bool>& stopping_;
  WaitingRoom& waiting_;
  std::array<char, 8192> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string unsent_;    // head and body of an answer travel together
  std::size_t left_ = 0;  // bytes that this part of the request may still have
  double read_until_ = 0, write_until_ = 0;
  bool in_body_ = false;
};

}  // namespace nudge
