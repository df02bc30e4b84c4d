#include "data/columns.h"

namespace nudge {

std::string name_in(const Json& record, const std::string& column, std::string_view where) {
  const auto found = record.find(column);
  if (found != record.end() && found->is_number_integer()) return found->dump();
  return get_or<std::string>(record, column, "", where);
}

bool liked_in(const Json& record, const std::string& column, std::string_view where) {
  const auto found = record.find(column);
  if (found != record.end() && (*found == Json(1) || *found == Json(0))) return *found == Json(1);
  return get<bool>(record, column, where);
}

}  // namespace nudge
