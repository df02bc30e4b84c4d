#include "rewards/verifiers/format.h"

#include <sstream>
#include <string_view>

#include "rewards/verifiers/match.h"

namespace nudge {

double think_format(const Trajectory& trajectory) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  std::string_view text = trajectory.completion;
  if (!text.starts_with(kOpen)) return 0;
  text.remove_prefix(kOpen.size());
  return text.find(kOpen) == std::string_view::npos && text.find(kClose) != std::string_view::npos;
}

TagFormat::TagFormat(const std::string& tags) {
  std::istringstream names(tags);
  for (std::string name; std::getline(names, name, ',');) tags_.push_back(name);
}

double TagFormat::operator()(const Trajectory& trajectory) const {
  std::string_view text = trajectory.completion;
  for (const std::string& tag : tags_) {
    const std::string open = "<" + tag + ">", close = "</" + tag + ">";
    text = trimmed(text);
    if (!text.starts_with(open)) return 0;
    const auto end = text.find(close);
    const auto again = text.find(open, open.size());
    if (end == std::string_view::npos || again != std::string_view::npos) return 0;
    text.remove_prefix(end + close.size());
  }
  return trimmed(text).empty();
}

}  // namespace nudge
