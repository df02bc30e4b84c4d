#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>

#include "preference/server/guard.h"
#include "preference/server/limited_stream.h"
#include "preference/server/waiting_room.h"

namespace nudge {

/// A request whose head was allowed and whose body is read.
struct HttpRequest {
  RequestHead head;
  std::multimap<std::string, std::string> query;
  std::string cookie;  // the header
  std::string agent;   // User-Agent
  std::string body;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers = {};
};

/// HTTP on a socket, with limits on everything and the rules of guard.h, for one handler that may be called
/// by many threads at once. When many are connected, whoever has waited longest without a whole request makes
/// room for who comes, who waits until that one has gone: connections that ask nothing cannot keep others
/// out. Routing, cookies and files are the handler's. httplib's public face knows no limit of a connection,
/// so this overrides process_and_close_socket and uses process_request and svr_sock_, which httplib 0.11
/// keeps protected or private: where a later version changes them this does not compile, or http_server_test
/// fails.
class HttpServer : private httplib::Server {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  static constexpr std::size_t kLargestBody = 1 << 20;
  static constexpr int kMostConnections = 256;

  explicit HttpServer(Handler handler, ConnectionLimits limits = {});

  /// Binds and returns the port (a free one for 0). Throws Error when it cannot be had. It answers under its
  /// own names, and those of `others`.
  int bind(const std::string& host, int port, const Names& others = {});
  /// Serves until stop() is called from another thread; stop() waits for a serve() that is about to begin.
  void serve();
  void stop();

  /// Serves one connection on a socket that is open already, and closes it (what threads do; tests and
  /// fuzzers call it).
  void serve_connection(socket_t socket);

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool find_room();
  void answer_requests(LimitedStream& stream);
  HandlerResponse before_body(const httplib::Request& request, httplib::Response& response) const;
  void answer(const httplib::Request& request, httplib::Response& response) const;

  Handler handler_;
  ConnectionLimits limits_;
  Names names_;
  WaitingRoom waiting_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false, ended_ = false;
};

}  // namespace nudge
