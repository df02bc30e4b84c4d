#include "preference/server/label_server.h"

#include <optional>
#include <thread>

#include "base/hex.h"
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

/// What links and cookies are made of; of this start only where the store cannot keep it.
std::string secret_of(Store& store, bool renew) {
  try {
    if (renew) store.renew_secrets();
    return store.secret("links");
  } catch (const Error& error) {
    warn(fmt::format("the links end with this start: {}", error.what()));
    return random_hex(32);
  }
}

bool any_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

LabelAddress address_of(const LabelServerOptions& options, std::int64_t port) {
  if (!options.public_url.empty()) return {.origin = options.public_url, .port = static_cast<int>(port)};
  const std::string host = any_address(options.host) ? "127.0.0.1" : options.host;
  const bool numeric_v6 = host.find(':') != std::string::npos;
  return {.origin = fmt::format("http://{}:{}", numeric_v6 ? "[" + host + "]" : host, port),
          .for_raters = !options.allow_remote,
          .port = static_cast<int>(port)};
}

Names names_of(const LabelServerOptions& options) {
  Names names{.any = options.allow_remote};
  if (!options.public_url.empty()) names.origins.push_back(options.public_url);
  return names;
}

}  // namespace

std::string fault_of_url(const std::string& url) {
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return "it begins with https:// or http://";
  if (scheme == url.size() || url.find_first_of("/?#@ \"<>&", scheme) != std::string::npos)
    return "a host and perhaps a port follow, and nothing behind: the page lies at the root";
  return "";
}

struct LabelServer::Parts {
  Parts(Store& store, const LabelServerOptions& options) : sessions(secret_of(store, options.new_links)) {
    const std::int64_t last = store.ledger().settings().port, port = bind(options, last);
    const bool displaced = options.port == 0 && last != 0 && port != last;
    if (!displaced) remember_port(store, port);  // the next start finds decisions that wait under the old one
    const LabelAddress address = address_of(options, port);
    origin = address.origin;
    api = std::make_unique<LabelApi>(store, sessions, address);
    thread = std::thread([this] { http->serve(); });
  }

  std::int64_t bind_at(const LabelServerOptions& options, std::int64_t port) {
    http.emplace([this](const HttpRequest& request) { return api->answer(request); });
    return http->bind(options.host, static_cast<int>(port), names_of(options));
  }

  std::int64_t bind(const LabelServerOptions& options, std::int64_t last) {
    if (options.port != 0 || last == 0) return bind_at(options, options.port);
    try {
      return bind_at(options, last);
    } catch (const Error&) {  // another program has it now
      return bind_at(options, 0);
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
