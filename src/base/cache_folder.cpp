#include "base/cache_folder.h"

#include <cstdlib>
#include <string>

namespace nudge {
namespace {

std::string variable_text(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::filesystem::path cache_folder() {
  const std::string cache = variable_text("XDG_CACHE_HOME");
  const std::filesystem::path home =
      cache.empty() ? std::filesystem::path(variable_text("HOME")) / ".cache" : std::filesystem::path(cache);
  return home / "nudge";
}

}  // namespace nudge
