#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "preference/server/http_server.h"
#include "preference/server/sessions.h"
#include "preference/store/commit_queue.h"
#include "preference/store/desk.h"

namespace nudge {

/// Where the page is.
struct LabelAddress {
  std::string origin;      // what links begin with: "http://127.0.0.1:8770"
  bool for_raters = true;  // raters reach it there; else where the owner does
  int port = 0;
};

/// Answers the requests of the rater's page and of the owner's panel: tokens and cookies, the embedded files,
/// and JSON under /api/. Nothing but a refusal is served without a token. Many threads may call it at once.
class LabelApi {
 public:
  /// `store` is the desk's, and used through `queue` only.
  LabelApi(Store& store, const Sessions& sessions, LabelAddress address);
  ~LabelApi();

  HttpReply answer(const HttpRequest& request);

 private:
  struct Call;  // a request with who it is from
  using Action = HttpReply (LabelApi::*)(const Call&);
  struct Route {
    Action action;
    enum class For { anyone, raters, owner } whom;
  };
  static const std::map<std::pair<std::string, std::string>, Route>& routes();

  HttpReply page(const HttpRequest& request) const;
  HttpReply exchange_token(const HttpRequest& request) const;
  HttpReply call(const HttpRequest& request, const Identity& identity);

  HttpReply health(const Call& call);
  HttpReply session(const Call& call);
  HttpReply set_rater(const Call& call);
  // rater_api.cpp
  HttpReply next(const Call& call);
  HttpReply renew(const Call& call);
  HttpReply save_draft(const Call& call);
  HttpReply submit(const Call& call);
  HttpReply undo(const Call& call);
  HttpReply history(const Call& call);
  // owner_api.cpp
  HttpReply flagged(const Call& call);
  HttpReply summary(const Call& call);
  HttpReply settings(const Call& call);
  HttpReply set_settings(const Call& call);
  HttpReply set_guidelines(const Call& call);
  HttpReply export_votes(const Call& call);
  HttpReply backup(const Call& call);

  Json session_json(const Identity& identity, const std::string& trouble);  // inside the queue
  Json session_of(const Identity& identity);
  std::string cookie_header(const Identity& identity) const;
  Store& reader() NUDGE_LOCKING(requires_capability(reader_mutex_));

  Store& store_;  // used inside queue_.run() only, but for its path; as is desk_
  Desk desk_;
  CommitQueue queue_;
  const Sessions& sessions_;
  LabelAddress address_;
  std::string cookie_name_;
  std::string page_version_;
  Mutex reader_mutex_;
  // For the owner's slow looks, beside the raters.
  std::unique_ptr<Store> reader_ NUDGE_LOCKING(guarded_by(reader_mutex_));
  std::atomic<double> probed_ = 0;  // when writing was last tried after trouble
};

}  // namespace nudge
