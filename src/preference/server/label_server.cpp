#include "preference/server/label_server.h"

#include <thread>

#include "preference/server/http_server.h"
#include "preference/server/label_api.h"

namespace nudge {

struct LabelServer::Parts {
  Parts(Store& store, const LabelServerOptions& options)
      : http([this](const HttpRequest& request) { return api->answer(request); }) {
    const int port = http.bind(options.host, static_cast<int>(options.port));
    const bool numeric_v6 = options.host.find(':') != std::string::npos;
    origin = fmt::format("http://{}:{}", numeric_v6 ? "[" + options.host + "]" : options.host, port);
    api = std::make_unique<LabelApi>(store, sessions, origin);
    thread = std::thread([this] { http.serve(); });
  }

  Sessions sessions;
  std::string origin;
  std::unique_ptr<LabelApi> api;
  HttpServer http;
  std::thread thread;
};

LabelServer::LabelServer(Store& store, const LabelServerOptions& options)
    : parts_(std::make_unique<Parts>(store, options)) {}

LabelServer::~LabelServer() {
  parts_->http.stop();
  parts_->thread.join();
}

std::string LabelServer::link() const {
  return parts_->origin + "/?token=" + parts_->sessions.owner_token();
}

std::string LabelServer::rater_link() const {
  return parts_->origin + "/?token=" + parts_->sessions.rater_token();
}

}  // namespace nudge
