#include "base/excerpt.h"

#include <algorithm>

namespace nudge {

std::string excerpt(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::size_t end = std::min(text.size(), kShown);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  std::string line(text.substr(0, end));
  std::ranges::replace_if(line, [](unsigned char c) { return c < ' '; }, ' ');
  return end < text.size() ? line + "..." : line;
}

}  // namespace nudge
