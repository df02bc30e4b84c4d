#include "preference/server/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "preference/server/refusal.h"

namespace nudge {
namespace {

// Connections from which on nobody may keep one open unused, and each that comes ends the wait of another.
constexpr int kCrowded = 192;
constexpr double kRoomSeconds = 10;  // seconds that a connection waits for one that was ended to go
constexpr int kBacklog = 128;

const httplib::Headers& headers_of_all() {
  static const httplib::Headers headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
       "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "same-origin"},  // the link's token must not travel to another site
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
  return headers;
}

RequestHead head_of(const httplib::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .host = request.get_header_value("Host"),
          .forwarded_host = request.get_header_value("X-Forwarded-Host"),
          .origin = request.get_header_value("Origin"),
          .fetch_site = request.get_header_value("Sec-Fetch-Site"),
          .content_type = request.get_header_value("Content-Type"),
          .content_length = request.get_header_value("Content-Length"),
          .encoded = request.has_header("Transfer-Encoding") || request.has_header("Content-Encoding"),
          .target_size = request.target.size()};
}

void write_reply(const HttpReply& reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) {
    response.headers.erase(name);  // one of all answers
    response.set_header(name, value);
  }
  if (!reply.headers.contains("Cache-Control")) response.set_header("Cache-Control", "no-store");
  response.set_content(reply.body, reply.content_type);
}

/// Of a length that is no number something stays unread, which ends the connection.
std::size_t body_length(const httplib::Request& request) {
  const std::string header = request.get_header_value("Content-Length", 0);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  return header.empty() || (error == std::errc() && end == header.data() + header.size()) ? length : 1;
}

/// The port is ours alone: httplib's own options would share it with other programs.
void own_the_port(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

/// Reads on for a moment, so that the client gets the answer before its connection is reset.
void linger(socket_t socket) {
  shutdown(socket, SHUT_WR);
  const double until = now_seconds() + 0.5;
  char unread[4096];
  timeval patience{.tv_sec = 0, .tv_usec = 100000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (now_seconds() < until && recv(socket, unread, sizeof unread, 0) > 0) {
  }
}

}  // namespace

HttpServer::HttpServer(Handler handler, ConnectionLimits limits)
    : handler_(std::move(handler)), limits_(limits) {
  new_task_queue = [] { return new httplib::ThreadPool(kMostConnections + 8); };
  set_payload_max_length(kLargestBody);
  set_tcp_nodelay(true);
  set_socket_options(own_the_port);
  set_default_headers(headers_of_all());
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    return before_body(request, response);
  });
  // Paths are compared by the handler, not here; before_body() lets no long one come so far.
  Post(".*",
       [this](const httplib::Request& request, httplib::Response& response) { answer(request, response); });
  set_exception_handler([](const httplib::Request& request, httplib::Response& response, std::exception_ptr) {
    write_reply(
        refusal(head_of(request), 500, "failed", "The server failed at this request; nothing was changed."),
        response);
  });
  set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty())
      write_reply(refusal(head_of(request), response.status, "bad_request",
                          "This is no request that the server understands."),
                  response);
  });
}

int HttpServer::bind(const std::string& host, int port, const Names& others) {
  const int bound = port == 0 ? bind_to_any_port(host) : bind_to_port(host, port) ? port : -1;
  require(bound > 0,
          "label: port {} of {} cannot be had, perhaps because another program has it; name another --port.",
          port, host);
  ::listen(svr_sock_, kBacklog);  // httplib asks for room for 5 only
  names_ = others;
  const std::vector<std::string> own = allowed_hosts(host, bound);
  names_.hosts.insert(names_.hosts.end(), own.begin(), own.end());
  return bound;
}

void HttpServer::serve() {
  listen_after_bind();
  ended_ = true;
}

void HttpServer::stop() {
  stopping_ = true;
  // httplib forgets a stop that comes before it listens, and would then serve for ever.
  while (!is_running() && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  httplib::Server::stop();
}

HttpServer::HandlerResponse HttpServer::before_body(const httplib::Request& request,
                                                    httplib::Response& response) const {
  const RequestHead head = head_of(request);
  if (const auto denied = denial(head, names_, kLargestBody)) {
    write_reply(refusal(head, denied->status, denied->code, denied->sentence), response);
    return HandlerResponse::Handled;
  }
  if (request.method == "POST") return HandlerResponse::Unhandled;
  answer(request, response);
  return HandlerResponse::Handled;
}

void HttpServer::answer(const httplib::Request& request, httplib::Response& response) const {
  write_reply(handler_({.head = head_of(request),
                        .query = {request.params.begin(), request.params.end()},
                        .cookie = request.get_header_value("Cookie"),
                        .agent = request.get_header_value("User-Agent"),
                        .body = request.body}),
              response);
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  serve_connection(socket);
  return true;
}

/// One more connection: whether there is room for it, or comes to be as another ends.
bool HttpServer::find_room() {
  bool made = ++connections_ <= kCrowded;
  const double until = now_seconds() + kRoomSeconds;
  while (true) {
    made = made || waiting_.make_room();
    if (connections_ <= kMostConnections) return true;
    if (stopping_ || now_seconds() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void HttpServer::answer_requests(LimitedStream& stream) {
  double patience = limits_.head_seconds;
  while (stream.wait_for_request(patience)) {
    const bool crowded = connections_ > kCrowded;
    bool closed = false;
    const auto head_is_read = [&](httplib::Request& request) {
      request.ranges.clear();  // whole answers only
      stream.expect_body(body_length(request));
    };
    const bool answered = process_request(stream, crowded, closed, head_is_read);
    if (!stream.flush() || !answered) break;
    if (closed || crowded || stopping_ || stream.unread()) break;
    patience = limits_.idle_seconds;
  }
}

void HttpServer::serve_connection(socket_t socket) {
  LimitedStream stream(socket, limits_, stopping_, waiting_);
  if (find_room()) {
    answer_requests(stream);
  } else {
    constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: "
        "0\r\n\r\n";
    stream.write(kFull.data(), kFull.size());
    stream.flush();
  }
  waiting_.leave(socket);
  linger(socket);
  close(socket);
  --connections_;
}

}  // namespace nudge
