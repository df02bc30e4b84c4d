#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nudge {

/// The ids under a key of config.json or generation_config.json, where transformers writes one or a list of
/// them ("eos_token_id"). Absent, null, and the negative ids of old Llama files mean none. Throws Error
/// naming `where` for anything else.
std::vector<std::int64_t> token_ids(const Json& object, const std::string& key, std::string_view where);

/// Ids as JSON: null, one number, or a list.
Json token_ids_json(const std::vector<std::int64_t>& ids);

}  // namespace nudge
