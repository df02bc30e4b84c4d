#include "rewards/verifiers/reference.h"

namespace nudge {
namespace {

void add(const Json& value, std::vector<std::string>& texts) {
  if (value.is_string()) texts.push_back(value.get<std::string>());
  if (value.is_number() || value.is_boolean()) texts.push_back(value.dump());
}

}  // namespace

std::vector<std::string> references(const Prompt& prompt, const std::string& column) {
  std::vector<std::string> texts;
  const auto found = prompt.extra.find(column);
  if (found == prompt.extra.end()) return texts;
  if (!found->is_array()) add(*found, texts);
  if (found->is_array())
    for (const Json& one : *found) add(one, texts);
  return texts;
}

}  // namespace nudge
