#include "preference/server/http_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "base/progress.h"

namespace nudge {
namespace {

/// A server on one end of a pair of sockets, and what the other end gets for `sent`.
std::string answers_to(const std::string& sent, HttpServer::Handler handler, ConnectionLimits limits = {}) {
  HttpServer server(std::move(handler), limits);
  server.bind("127.0.0.1", 0);
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  std::thread serving([&] { server.serve_connection(ends[0]); });
  EXPECT_EQ(write(ends[1], sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  std::string answer;
  char some[4096];
  for (ssize_t size; (size = read(ends[1], some, sizeof some)) > 0;)
    answer.append(some, static_cast<std::size_t>(size));
  serving.join();
  close(ends[1]);
  return answer;
}

HttpReply echo(const HttpRequest& request) {
  return {.body = request.head.method + " " + request.head.path + " " + request.body};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(HttpServer, RefusesWhatTheGuardRefusesBeforeTheHandler) {
  const auto never = [](const HttpRequest&) -> HttpReply { throw std::logic_error("asked"); };
  const ConnectionLimits quick{.idle_seconds = 0.1};
  EXPECT_TRUE(
      answers_to("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", never, quick).starts_with("HTTP/1.1 421"));
  EXPECT_TRUE(answers_to("nonsense\r\n\r\n", never, quick).starts_with("HTTP/1.1 400"));
}

TEST(HttpServer, ABodyThatWasNotReadIsNoRequest) {
  // A refused POST whose body looks like a request: one answer, then the connection ends.
  const std::string inner = "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string outer =
      fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", inner.size(), inner);
  EXPECT_EQ(count(answers_to(outer, echo), "HTTP/1.1 "), 1u);
  EXPECT_EQ(
      count(answers_to("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + inner, echo), "HTTP/1.1 "),
      1u);
}

TEST(HttpServer, EndsSlowHeadsAndEndlessOnes) {
  const ConnectionLimits strict{.head_bytes = 2000, .head_seconds = 0.3, .idle_seconds = 0.1};
  const double before = now_seconds();
  answers_to("GET / HTTP/1.1\r\nHost: x", echo, strict);
  EXPECT_LT(now_seconds() - before, 60);  // a starved machine takes its time
  const std::string endless = answers_to("GET / HTTP/1.1\r\nX: " + std::string(100000, 'x'), echo, strict);
  EXPECT_TRUE(endless.empty() || endless.starts_with("HTTP/1.1 400")) << endless;
}

TEST(HttpServer, HeadAndBodyOfAnAnswerTravelTogether) {
  for (const std::size_t length : {10, 100000}) {
    const std::string body(length, 'x');
    HttpServer server([&](const HttpRequest&) -> HttpReply { return {.body = body}; }, {.idle_seconds = 0.1});
    const int port = server.bind("127.0.0.1", 0);
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);  // what is sent at once is read at once
    std::thread serving([&] { server.serve_connection(ends[0]); });
    const std::string request = fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port);
    ASSERT_GT(write(ends[1], request.data(), request.size()), 0);
    std::string answer, some(1 << 20, '\0');
    int sends = 0;
    for (ssize_t size; (size = read(ends[1], some.data(), some.size())) > 0; ++sends)
      answer.append(some, 0, static_cast<std::size_t>(size));
    serving.join();
    close(ends[1]);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n" + body)) << length;
    EXPECT_EQ(sends, length == 10 ? 1 : 2) << "a long body goes by itself";
  }
}

TEST(HttpServer, AHandlerThatThrowsIsAnAnswer) {
  HttpServer server([](const HttpRequest&) -> HttpReply { throw std::runtime_error("inside"); },
                    {.idle_seconds = 0.1});
  const int port = server.bind("127.0.0.1", 0);
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  std::thread serving([&] { server.serve_connection(ends[0]); });
  const std::string request =
      fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", port);
  ASSERT_GT(write(ends[1], request.data(), request.size()), 0);
  char some[4096];
  const ssize_t size = read(ends[1], some, sizeof some);
  serving.join();
  close(ends[1]);
  const std::string answer(some, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
  EXPECT_EQ(answer.find("inside"), std::string::npos);
}

/// Connections that say nothing, or half of a request, make room for those that ask.
TEST(HttpServer, ACrowdThatAsksNothingKeepsNobodyOut) {
  HttpServer server(echo);
  const int port = server.bind("127.0.0.1", 0);
  std::thread serving([&] { server.serve(); });
  const auto connection = [&] {
    const int socket_of_client = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_of_client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket_of_client;
  };
  std::vector<int> crowd;
  for (int i = 0; i < 350; ++i) {
    crowd.push_back(connection());
    const std::string half = i % 2 ? "GET / HTTP/1.1\r\nHost:" : "";
    EXPECT_EQ(write(crowd.back(), half.data(), half.size()), static_cast<ssize_t>(half.size()));
  }
  // Whoever asks waits until room is made, and is not sent away meanwhile.
  for (int served = 0; served < 20; ++served) {
    const int asking = connection();
    const std::string request =
        fmt::format("GET /asked HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", port);
    EXPECT_EQ(write(asking, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char some[4096];
    const ssize_t size = read(asking, some, sizeof some);
    const std::string answer(some, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    close(asking);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << served << ": " << answer;
  }
  for (const int waiting : crowd) close(waiting);
  server.stop();
  serving.join();
}

TEST(HttpServer, APersonGetsAPageAndAScriptJson) {
  const ConnectionLimits quick{.idle_seconds = 0.1};
  const std::string page = answers_to("GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", echo, quick);
  EXPECT_NE(page.find("text/html"), std::string::npos) << page;
  EXPECT_EQ(count(page, "Content-Security-Policy"), 1u);
  const std::string json = answers_to("GET /api/x HTTP/1.1\r\nHost: evil.example\r\n\r\n", echo, quick);
  EXPECT_NE(json.find("\"code\":\"wrong_host\""), std::string::npos) << json;
}

TEST(HttpServer, AStopThatComesBeforeItListensIsKept) {
  for (int round = 0; round < 30; ++round) {
    HttpServer server(echo);
    server.bind("127.0.0.1", 0);
    std::thread serving([&] { server.serve(); });
    server.stop();
    serving.join();  // hung for ever
  }
}

TEST(HttpServer, APortIsNotShared) {
  HttpServer first(echo), second(echo);
  const int port = first.bind("127.0.0.1", 0);
  EXPECT_THROW(second.bind("127.0.0.1", port), Error);
}

}  // namespace
}  // namespace nudge
