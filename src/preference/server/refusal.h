#pragma once

#include <string>

#include "preference/server/http_server.h"

namespace nudge {

/// {"error": sentence, "code": code} with this status, for what scripts ask (/api/); for what a person opens
/// in a browser, a page that says the sentence: no script, and nothing of the store.
HttpReply refusal(const RequestHead& head, int status, const std::string& code, const std::string& sentence);

}  // namespace nudge
