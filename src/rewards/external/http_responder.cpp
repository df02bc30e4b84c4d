#include "rewards/external/http_responder.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/mutex.h"
#include "base/progress.h"
#include "rewards/external/without_sigpipe.h"

namespace nudge {
namespace {

constexpr std::size_t kLargestAnswer = 64 << 20;
constexpr int kMostFailuresInARow = 3;

constexpr std::chrono::milliseconds kLook{20};  // how often a wait looks whether it is over

void stop_if_asked() {
  if (interrupt_requested()) throw Interrupted("Stopped while the answer of a reward was awaited.");
}

// Before the next try.
void pause(double seconds) {
  for (const double until = now_seconds() + seconds; now_seconds() < until; stop_if_asked())
    std::this_thread::sleep_for(kLook);
}

struct Reply {
  int status = 0;    // 0: none came
  std::string body;  // or, without a status, why not
  bool passing() const {
    return status == 0 || status == 429 || status >= 500;
  }  // may be over at the next try
};

// Ends a request that is not over in time, or when the run is asked to stop. The client's own time-outs begin
// anew with every byte, so that a server which sends one now and then, in its head or its body, would hold
// the run up without end.
class Deadline {
 public:
  Deadline(httplib::Client& client, double seconds)
      : watch_([this, &client, seconds] { watch(client, seconds); }) {}
  ~Deadline() {
    {
      const Lock lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    watch_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  void watch(httplib::Client& client, double seconds) {
    const double give_up = now_seconds() + seconds;
    const Lock lock(mutex_);
    while (!over_) {
      changed_.wait_for(mutex_, kLook);
      if (!over_ && (now_seconds() >= give_up || interrupt_requested()))
        client.stop();  // nothing while it connects, so again and again
    }
  }

  Mutex mutex_;
  Condition changed_;
  bool over_ NUDGE_LOCKING(guarded_by(mutex_)) = false;
  std::thread watch_;  // the last: it uses the others
};

Reply post_once(const std::string& server, const std::string& path, const std::string& body, double timeout) {
  const WithoutSigpipe quiet;
  httplib::Client client(server);
  const auto whole = static_cast<time_t>(timeout);
  const auto rest = static_cast<time_t>((timeout - std::floor(timeout)) * 1e6);
  client.set_connection_timeout(whole, rest);
  client.set_read_timeout(whole, rest);
  client.set_write_timeout(whole, rest);
  Reply reply;
  const double give_up = now_seconds() + timeout;
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.set_header("Content-Type", "application/json");
  request.body = body;
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    reply.body.append(data, size);
    return reply.body.size() <= kLargestAnswer;
  };
  const Deadline deadline(client, timeout);
  const httplib::Result result = client.send(request);
  if (now_seconds() >= give_up) return {0, fmt::format("no whole answer within {} s", timeout)};
  if (!result) return {0, httplib::to_string(result.error())};
  reply.status = result->status;
  return reply;
}

std::vector<ExternalScore> failed(std::size_t count, const std::string& why) {
  return std::vector<ExternalScore>(count, ExternalScore{.failure = why});
}

std::vector<ExternalScore> answers_in(const std::string& body, std::size_t count) {
  Json reply;
  try {
    reply = parse_json(body, "the answer");
  } catch (const Error& error) {
    return failed(count, fmt::format("answered no list of scores ({})", without_stop(error.what())));
  }
  if (reply.is_object() && reply.contains("scores")) reply = Json(reply["scores"]);
  if (!reply.is_array()) return failed(count, "answered no list of scores");
  if (reply.size() != count)
    return failed(count, fmt::format("answered {} scores for {} completions", reply.size(), count));
  std::vector<ExternalScore> answers;
  for (const Json& value : reply) answers.push_back(answer_of(value));
  return answers;
}

}  // namespace

HttpResponder::HttpResponder(const std::string& url, HttpOptions options) : options_(options) {
  const auto scheme = url.find("://");
  const auto slash = scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
  server_ = url.substr(0, slash);
  path_ = slash == std::string::npos ? "/" : url.substr(slash);
  const std::string kind = url.substr(0, std::min(scheme, url.size()));
  if ((kind != "http" && kind != "https") || server_.size() <= kind.size() + 3)
    throw UsageError(
        fmt::format("\"{}\" is no address of a reward server, as in http://localhost:8000/score.", url));
}

std::vector<ExternalScore> HttpResponder::post(std::span<const Json> requests) {
  const std::string body = to_line({{"items", requests}});
  Reply reply;
  for (std::int64_t tried = 0; tried <= options_.retries; ++tried) {
    if (tried > 0) pause(0.5 * static_cast<double>(1 << std::min<std::int64_t>(tried - 1, 6)));
    reply = post_once(server_, path_, body, options_.timeout);
    stop_if_asked();
    if (!reply.passing()) break;
  }
  failures_in_a_row_ = reply.passing() ? failures_in_a_row_ + 1 : 0;
  if (reply.status == 0) return failed(requests.size(), "could not be reached (" + reply.body + ")");
  if (reply.status != 200) return failed(requests.size(), fmt::format("answered status {}", reply.status));
  return answers_in(reply.body, requests.size());
}

std::vector<ExternalScore> HttpResponder::ask(std::span<const Json> requests) {
  const std::size_t size =
      options_.batch_size > 0 ? static_cast<std::size_t>(options_.batch_size) : requests.size();
  std::vector<ExternalScore> answers;
  while (answers.size() < requests.size()) {
    const auto some = requests.subspan(answers.size(), std::min(size, requests.size() - answers.size()));
    for (ExternalScore& answer : post(some)) answers.push_back(std::move(answer));
    if (failures_in_a_row_ >= kMostFailuresInARow)
      answers.resize(requests.size(), ExternalScore{.failure = answers.back().failure});
  }
  return answers;
}

void declare(SpecReader& spec, HttpOptions& options) {
  spec.read("batch_size", options.batch_size);
  spec.read("timeout", options.timeout);
  spec.read("retries", options.retries);
  if (options.batch_size < 0) spec.refuse("batch_size must not be negative");
  if (options.timeout <= 0) spec.refuse("timeout must be positive");
  if (options.retries < 0) spec.refuse("retries must not be negative");
}

}  // namespace nudge
