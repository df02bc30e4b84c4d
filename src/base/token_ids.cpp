#include "base/token_ids.h"

#include "base/error.h"

namespace nudge {

std::vector<std::int64_t> token_ids(const Json& object, const std::string& key, std::string_view where) {
  require(object.is_object(), "{}: expected a JSON object, got {}.", where, object.type_name());
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  std::vector<std::int64_t> ids;
  for (const Json& id : found->is_array() ? *found : Json::array({*found})) {
    require(id.is_number_integer(), "{}: \"{}\" must be a token id or a list of them, got {}.", where, key,
            found->dump());
    if (const auto value = id.get<std::int64_t>(); value >= 0) ids.push_back(value);
  }
  return ids;
}

Json token_ids_json(const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return nullptr;
  return ids.size() == 1 ? Json(ids.front()) : Json(ids);
}

}  // namespace nudge
