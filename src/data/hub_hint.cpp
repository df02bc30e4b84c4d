#include "data/hub_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace nudge {
namespace {

bool hub_part(std::string_view part) {
  return !part.empty() && part[0] != '.' && std::ranges::all_of(part, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::string hub_hint(const std::filesystem::path& path, const std::string& repository) {
  const std::string name = path.string();
  const auto slash = name.find('/');
  if (slash == std::string::npos || name.find('/', slash + 1) != std::string::npos) return "";
  const std::string owner = name.substr(0, slash), own = name.substr(slash + 1);
  if (!hub_part(owner) || !hub_part(own) || std::filesystem::exists(owner)) return "";
  return fmt::format(
      " If it is a name on the Hugging Face hub, fetch it first: hf download {}{} --local-dir {}.", name,
      repository.empty() ? "" : " --repo-type " + repository, own);
}

}  // namespace nudge
