#include "preference/server/label_api.h"

#include <algorithm>

#include "base/files.h"
#include "base/progress.h"
#include "preference/server/api_call.h"
#include "preference/server/page_assets.h"
#include "preference/server/refusal.h"

namespace nudge {
namespace {

constexpr double kProbeEvery = 2;  // seconds between looks whether the disk has room again
constexpr const char* kEnded =
    "This link has ended, is cut short, or was left out. Ask whoever gave it to you for the present one. "
    "What was saved is saved; what this browser could not send yet is sent when the present link is opened "
    "here.";

std::string cookie_value(const std::string& header, const std::string& name) {
  for (std::size_t begin = 0; begin < header.size();) {
    const std::size_t end = std::min(header.find(';', begin), header.size());
    std::string_view pair = std::string_view(header).substr(begin, end - begin);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return std::string(pair.substr(name.size() + 1));
    begin = end + 1;
  }
  return "";
}

const PageAsset* asset_at(std::string_view path) {
  if (path == "/") path = "/index.html";
  const auto found = std::ranges::find(page_assets(), path, &PageAsset::path);
  return found == page_assets().end() ? nullptr : &*found;
}

int status_of(const std::string& code) {
  if (code == "lease_lost" || code == "not_undoable") return 409;
  return code == "unnamed" || code == "not_owner" ? 403 : 400;
}

}  // namespace

LabelApi::LabelApi(Store& store, const Sessions& sessions, LabelAddress address)
    : store_(store),
      desk_(store),
      queue_(store),
      sessions_(sessions),
      address_(std::move(address)),
      cookie_name_(fmt::format("nudge_label_{}", address_.port)),  // cookies know no ports
      page_version_(sha256(asset_at("/") ? asset_at("/")->bytes : "").substr(0, 12)) {}

LabelApi::~LabelApi() = default;

const std::map<std::pair<std::string, std::string>, LabelApi::Route>& LabelApi::routes() {
  using For = Route::For;
  static const std::map<std::pair<std::string, std::string>, Route> routes = {
      {{"GET", "/api/health"}, {&LabelApi::health, For::anyone}},
      {{"GET", "/api/session"}, {&LabelApi::session, For::anyone}},
      {{"POST", "/api/session"}, {&LabelApi::set_rater, For::anyone}},
      {{"POST", "/api/next"}, {&LabelApi::next, For::raters}},
      {{"POST", "/api/renew"}, {&LabelApi::renew, For::raters}},
      {{"POST", "/api/draft"}, {&LabelApi::save_draft, For::raters}},
      {{"POST", "/api/submit"}, {&LabelApi::submit, For::raters}},
      {{"POST", "/api/undo"}, {&LabelApi::undo, For::raters}},
      {{"GET", "/api/history"}, {&LabelApi::history, For::raters}},
      {{"GET", "/api/flagged"}, {&LabelApi::flagged, For::owner}},
      {{"GET", "/api/owner/summary"}, {&LabelApi::summary, For::owner}},
      {{"GET", "/api/owner/settings"}, {&LabelApi::settings, For::owner}},
      {{"POST", "/api/owner/settings"}, {&LabelApi::set_settings, For::owner}},
      {{"POST", "/api/owner/guidelines"}, {&LabelApi::set_guidelines, For::owner}},
      {{"GET", "/api/owner/export"}, {&LabelApi::export_votes, For::owner}},
      {{"POST", "/api/owner/backup"}, {&LabelApi::backup, For::owner}},
  };
  return routes;
}

HttpReply LabelApi::answer(const HttpRequest& request) {
  if (request.head.path == "/" && request.query.contains("token")) return exchange_token(request);
  const std::optional<Identity> identity = sessions_.of_cookie(cookie_value(request.cookie, cookie_name_));
  if (!identity) return refusal(request.head, 401, "unauthorised", kEnded);
  if (request.head.path.starts_with("/api/")) return call(request, *identity);
  return page(request);
}

HttpReply LabelApi::page(const HttpRequest& request) const {
  const PageAsset* asset = request.head.method == "GET" ? asset_at(request.head.path) : nullptr;
  if (!asset) return refusal(request.head, 404, "not_found", "There is nothing at this address.");
  HttpReply reply{.content_type = std::string(asset->content_type), .body = std::string(asset->bytes)};
  if (asset->path.starts_with("/assets/"))
    reply.headers["Cache-Control"] = "private, max-age=31536000, immutable";
  return reply;
}

HttpReply LabelApi::exchange_token(const HttpRequest& request) const {
  const std::optional<Identity> identity = sessions_.of_token(request.query.find("token")->second);
  if (!identity || request.head.method != "GET") return refusal(request.head, 401, "unauthorised", kEnded);
  HttpReply reply{.content_type = "text/html; charset=utf-8",
                  .headers = {{"Set-Cookie", cookie_header(*identity)}}};
  const std::string& site = request.head.fetch_site;
  if (site.empty() || site == "none" || site == "same-origin") {
    reply.status = 302;
    reply.headers["Location"] = "/";
  } else {  // a Strict cookie does not travel along a redirect that another site began
    reply.body =
        "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=/\"><a href=\"/\">nudge label</a>";
  }
  return reply;
}

std::string LabelApi::cookie_header(const Identity& identity) const {
  return cookie_name_ + "=" + sessions_.cookie(identity) + "; Path=/; HttpOnly; SameSite=Strict" +
         (address_.origin.starts_with("https:") ? "; Secure" : "");
}

HttpReply LabelApi::call(const HttpRequest& request, const Identity& identity) {
  const auto found = routes().find({request.head.method, request.head.path});
  if (found == routes().end())
    return refusal(request.head, 404, "not_found", "There is nothing at this address.");
  const Route& route = found->second;
  try {
    if (route.whom == Route::For::owner && !identity.owner)
      throw Refusal("not_owner",
                    "Only the owner of the store may do this; use the link that the server printed.");
    if (route.whom == Route::For::raters && identity.rater.empty())
      throw Refusal("unnamed", "Give your name first.");
    Call call{request, identity};
    if (request.head.method == "POST")
      call.body = taken_apart([&] {
        Json body = parse_json(request.body, "request");
        require(body.is_object(), "request: expected a JSON object, but came {}.", body.type_name());
        return body;
      });
    return (this->*route.action)(call);
  } catch (const Refusal& refused) {
    return refusal(request.head, status_of(refused.code), refused.code, refused.what());
  } catch (const ReadOnlyError& error) {
    return refusal(request.head, 503, "read_only", error.what());
  } catch (const Error& error) {
    warn(error.what());
    return refusal(request.head, 500, "failed", error.what());
  }
}

HttpReply LabelApi::health(const Call&) {
  return json_reply({{"ok", true}});
}

Json LabelApi::session_json(const Identity& identity, const std::string& trouble) {
  const Ledger& ledger = store_.ledger();
  const LabelSettings& settings = ledger.settings();
  const auto median = desk_.median_seconds(identity.rater);
  return {{"rater", identity.rater.empty() ? Json(nullptr) : Json(identity.rater)},
          {"owner", identity.owner},
          {"store", store_.database().path().filename().string()},
          {"page_version", page_version_},
          {"read_only", trouble.empty() ? Json(nullptr) : Json(trouble)},
          {"questions",
           {{"strength", settings.strength},
            {"quality", settings.quality},
            {"answer_flags", settings.answer_flags},
            {"comparison_flags", settings.comparison_flags},
            {"allow_tie", settings.allow_tie},
            {"markdown", settings.markdown}}},
          {"guidelines", {{"version", ledger.guidelines_version()}, {"text", ledger.guidelines()}}},
          {"today", desk_.decisions_today(identity.rater)},
          {"seconds_median", median ? Json(*median) : Json(nullptr)}};
}

Json LabelApi::session_of(const Identity& identity) {
  if (!queue_.trouble().empty() && now_seconds() - probed_ > kProbeEvery) {
    probed_ = now_seconds();
    try {
      queue_.run(Durability::on_disk, [&] { store_.probe_writing(); });
    } catch (const Error&) {
      probed_ = now_seconds();  // trouble() says why; a probe may have taken long
    }
  }
  const std::string trouble = queue_.trouble();
  return queue_.run(Durability::nothing, [&] { return session_json(identity, trouble); });
}

HttpReply LabelApi::session(const Call& call) {
  return json_reply(session_of(call.identity));
}

HttpReply LabelApi::set_rater(const Call& call) {
  Identity identity = call.identity;
  identity.rater = taken_apart([&] {
    const std::string name = get<std::string>(call.body, "rater", "request");
    const std::string fault = fault_of_name(name);
    require(fault.empty(), "{}", fault);
    return name;
  });
  HttpReply reply = json_reply(session_of(identity));
  reply.headers["Set-Cookie"] = cookie_header(identity);
  return reply;
}

}  // namespace nudge
