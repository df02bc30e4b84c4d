#include "rewards/external/http_responder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "base/error.h"
#include "rewards/catalogue.h"

namespace nudge {
namespace {

// A server on a free port that scores by length, and misbehaves at other paths.
class Server {
 public:
  Server() {
    server_.Post("/score", [this](const httplib::Request& request, httplib::Response& response) {
      ++posts;
      Json scores = Json::array();
      const Json body = Json::parse(request.body);
      for (const Json& item : body["items"]) scores.push_back(item["completion"].get<std::string>().size());
      response.set_content(to_line({{"scores", scores}}), "application/json");
    });
    server_.Post("/flaky", [this](const httplib::Request& request, httplib::Response& response) {
      if (++posts == 1)
        response.status = 503;
      else
        response.set_content(to_line(Json(Json::parse(request.body)["items"].size(), 1.5)),
                             "application/json");
    });
    server_.Post("/wrong", [this](const httplib::Request&, httplib::Response& response) {
      ++posts, response.status = 404;
    });
    server_.Post("/unavailable", [this](const httplib::Request&, httplib::Response& response) {
      ++posts, response.status = 503;
    });
    server_.Post("/picky", [this](const httplib::Request&, httplib::Response& response) {
      response.status = ++posts <= 4 ? 400 : 200;
      response.set_content("[1]", "application/json");
    });
    server_.Post("/garbage", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("<html>", "text/html");
    });
    server_.Post("/few", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("[1]", "application/json");
    });
    server_.Post("/nested", [](const httplib::Request& request, httplib::Response& response) {
      const std::string deep = std::string(60000, '[') + std::string(60000, ']');
      const std::string list = "[" + deep + ",1,1,1,1]";
      response.set_content(request.has_param("bare") ? list : "{\"scores\": " + list + "}",
                           "application/json");
    });
    server_.Post("/drips", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider("text/plain", [this](std::size_t, httplib::DataSink& sink) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return !stopping_ && sink.write(" ", 1);
      });
    });
    server_.Post("/down", [this](const httplib::Request&, httplib::Response& response) {
      response.status = ++posts <= 4 ? 503 : 200;
      response.set_content("[1]", "application/json");
    });
    server_.Post("/every_second", [this](const httplib::Request&, httplib::Response& response) {
      response.status = ++posts % 2 ? 503 : 200;
      response.set_content("[1]", "application/json");
    });
    server_.Post("/slow", [this](const httplib::Request&, httplib::Response&) {
      for (int i = 0; i < 300 && !stopping_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    stopping_ = true;
    server_.stop();
    thread_.join();
  }
  std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  std::atomic<int> posts = 0;

 private:
  httplib::Server server_;
  std::atomic<bool> stopping_ = false;
  int port_ = 0;
  std::thread thread_;
};

std::vector<ExternalScore> ask(const std::string& url, HttpOptions options = {}) {
  std::vector<Json> requests;
  for (std::size_t i = 0; i < 5; ++i) requests.push_back(request_of({.completion = std::string(i, 'x')}));
  return HttpResponder(url, options).ask(requests);
}

TEST(HttpResponder, PostsBatches) {
  Server server;
  const auto answers = ask(server.url("/score"), {.batch_size = 2});
  ASSERT_EQ(answers.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(answers[i].score, static_cast<double>(i));
  EXPECT_EQ(server.posts, 3);
}

TEST(HttpResponder, TriesAgainWhatMayPass) {
  Server server;
  EXPECT_EQ(ask(server.url("/flaky"))[4].score, 1.5);
  EXPECT_EQ(server.posts, 2);
}

TEST(HttpResponder, SaysWhatFailed) {
  Server server;
  EXPECT_EQ(ask(server.url("/wrong"))[0].failure, "answered status 404");
  EXPECT_EQ(server.posts, 1);
  EXPECT_TRUE(ask(server.url("/garbage"))[0].failure.starts_with("answered no list of scores"));
  EXPECT_EQ(ask(server.url("/few"))[0].failure, "answered 1 scores for 5 completions");
  const auto late = ask(server.url("/slow"), {.timeout = 0.2, .retries = 0});
  EXPECT_TRUE(std::isnan(late[0].score));
  EXPECT_TRUE(late[0].failure.starts_with("could not be reached")) << late[0].failure;
  EXPECT_TRUE(std::isnan(ask("http://127.0.0.1:1/none", {.retries = 0})[0].score));
}

// reward-nested-answer
TEST(HttpResponder, AnswersNestedTooDeepAreNoScore) {
  Server server;
  for (const char* path : {"/nested", "/nested?bare=1"}) {
    const auto answers = ask(server.url(path));
    EXPECT_TRUE(std::isnan(answers[4].score)) << path;
    EXPECT_NE(answers[0].failure.find("nested deeper than 64 levels"), std::string::npos)
        << answers[0].failure;
  }
}

// A server on a socket of its own that sends the head of its answer a byte at a time, without end.
class DrippingHead {
 public:
  DrippingHead() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 1);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { drip(); });
  }
  ~DrippingHead() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

 private:
  void drip() const {
    const int client = accept(listener_, nullptr, nullptr);
    const std::string head = "HTTP/1.1 200 OK\r\nX: ";
    for (std::size_t i = 0;; ++i) {
      const char byte = i < head.size() ? head[i] : 'x';
      if (send(client, &byte, 1, MSG_NOSIGNAL) != 1) break;  // the client has gone
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    close(client);
  }

  int listener_;
  int port_ = 0;
  std::thread thread_;
};

TEST(HttpResponder, AnAnswerThatDripsByteByByteIsOverAtTheDeadline) {
  {
    DrippingHead server;  // it ends when the client has gone, or the test never does
    const auto answers = ask(server.url(), {.timeout = 0.3, .retries = 0});
    EXPECT_EQ(answers[0].failure, "could not be reached (no whole answer within 0.3 s)");
  }
  Server server;
  const auto answers = ask(server.url("/drips"), {.timeout = 0.3, .retries = 0});
  EXPECT_EQ(answers[0].failure, "could not be reached (no whole answer within 0.3 s)");
}

std::string scores_of(const std::vector<ExternalScore>& answers) {
  std::string text;
  for (const ExternalScore& answer : answers)
    text += std::isnan(answer.score) ? "? " : fmt::format("{} ", answer.score);
  return text;
}

TEST(HttpResponder, GivesAServerUpThatFailsThreeTimesInARow) {
  Server server;
  const auto answers = ask(server.url("/unavailable"), {.batch_size = 1, .retries = 0});
  EXPECT_EQ(scores_of(answers), "? ? ? ? ? ");
  EXPECT_EQ(server.posts, 3);
  EXPECT_EQ(answers[4].failure, answers[2].failure);
}

TEST(HttpResponder, FailuresBetweenAnswersAreNotInARow) {
  Server server;
  EXPECT_EQ(scores_of(ask(server.url("/every_second"), {.batch_size = 1, .retries = 0})), "? 1 ? 1 ? ");
}

TEST(HttpResponder, ARefusedPostSaysNothingOfTheNext) {
  Server server;
  EXPECT_EQ(scores_of(ask(server.url("/picky"), {.batch_size = 1})), "? ? ? ? 1 ");
}

TEST(HttpResponder, AsksAServerThatWasGivenUpOnceAgain) {
  Server server;
  HttpResponder responder(server.url("/down"), {.batch_size = 1, .retries = 0});
  std::vector<Json> requests(5, request_of({}));
  EXPECT_EQ(scores_of(responder.ask(requests)), "? ? ? ? ? ");
  EXPECT_EQ(server.posts, 3);
  EXPECT_EQ(scores_of(responder.ask(requests)), "? ? ? ? ? ");
  EXPECT_EQ(server.posts, 4);
  EXPECT_EQ(scores_of(responder.ask(requests)), "1 1 1 1 1 ");
}

TEST(HttpResponder, IsTheRewardOfAnAddress) {
  Server server;
  const auto reward = make_reward(parse_reward_spec(server.url("/score")));
  std::vector<Trajectory> one = {{.completion = "four"}};
  reward->score(one);
  EXPECT_EQ(one[0].score, 4);
  EXPECT_THROW(HttpResponder("ftp://host/", {}), UsageError);
  EXPECT_THROW(HttpResponder("http://", {}), UsageError);
}

}  // namespace
}  // namespace nudge
