#pragma once

// How the files of LabelApi read a request and answer it; for this folder only.

#include <string>
#include <utility>

#include "base/json.h"
#include "preference/server/label_api.h"

namespace nudge {

struct LabelApi::Call {
  const HttpRequest& request;
  Identity identity;
  Json body = Json::object();  // of a POST

  Visit visit(const std::string& page_version) const {
    return {identity.rater, identity.session, request.agent.substr(0, 300), page_version};
  }
};

inline HttpReply json_reply(const Json& value) {
  return {.body = to_line(value)};
}

/// Runs `read`, which takes a request apart; what it finds wrong is the request's fault.
template <class Read>
auto taken_apart(Read read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Refusal("bad_request", error.what());
  }
}

}  // namespace nudge
