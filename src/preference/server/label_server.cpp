#include "preference/server/label_server.h"

#include <optional>
#include <thread>

#include "base/progress.h"
#include "preference/server/http_server.h"
#include "preference/server/label_api.h"

namespace nudge {
namespace {

void remember_port(Store& store, std::int64_t port) {
  LabelSettings settings = store.ledger().settings();
  settings.port = port;
  try {
    store.set(settings);
  } catch (const ReadOnlyError& error) {  // it is served all the same, for looking
    warn(fmt::format("the next start may take another port: {}", error.what()));
  }
}

}  // namespace

struct LabelServer::Parts {
  Parts(Store& store, const LabelServerOptions& options) {
    const std::int64_t last = store.ledger().settings().port, port = bind(options, last);
    const bool displaced = options.port == 0 && last != 0 && port != last;
    if (!displaced) remember_port(store, port);  // the next start finds decisions that wait under the old one
    const bool numeric_v6 = options.host.find(':') != std::string::npos;
    origin = fmt::format("http://{}:{}", numeric_v6 ? "[" + options.host + "]" : options.host, port);
    api = std::make_unique<LabelApi>(store, sessions, origin);
    thread = std::thread([this] { http->serve(); });
  }

  std::int64_t bind_at(const std::string& host, std::int64_t port) {
    http.emplace([this](const HttpRequest& request) { return api->answer(request); });
    return http->bind(host, static_cast<int>(port));
  }

  std::int64_t bind(const LabelServerOptions& options, std::int64_t last) {
    if (options.port != 0 || last == 0) return bind_at(options.host, options.port);
    try {
      return bind_at(options.host, last);
    } catch (const Error&) {  // another program has it now
      return bind_at(options.host, 0);
    }
  }

  Sessions sessions;
  std::string origin;
  std::unique_ptr<LabelApi> api;
  std::optional<HttpServer> http;
  std::thread thread;
};

LabelServer::LabelServer(Store& store, const LabelServerOptions& options)
    : parts_(std::make_unique<Parts>(store, options)) {}

LabelServer::~LabelServer() {
  parts_->http->stop();
  parts_->thread.join();
}

std::string LabelServer::link() const {
  return parts_->origin + "/?token=" + parts_->sessions.owner_token();
}

std::string LabelServer::rater_link() const {
  return parts_->origin + "/?token=" + parts_->sessions.rater_token();
}

}  // namespace nudge
