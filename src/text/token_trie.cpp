#include <algorithm>

#include "text/added_tokens.h"

namespace nudge {

void TokenTrie::insert(std::string_view text, std::size_t value) {
  std::uint32_t node = 0;
  for (char character : text) {
    auto byte = static_cast<unsigned char>(character);
    if (auto next = child(node, byte)) {
      node = *next;
      continue;
    }
    auto fresh = static_cast<std::uint32_t>(nodes_.size());
    auto& children = nodes_[node].children;
    std::pair entry{byte, fresh};
    children.insert(std::upper_bound(children.begin(), children.end(), entry), entry);
    nodes_.emplace_back();
    node = fresh;
  }
  nodes_[node].value = value;
  if (!text.empty()) begins_[static_cast<unsigned char>(text[0])] = true;
}

std::optional<std::uint32_t> TokenTrie::child(std::uint32_t node, unsigned char byte) const {
  const auto& children = nodes_[node].children;
  auto found =
      std::lower_bound(children.begin(), children.end(), std::pair<unsigned char, std::uint32_t>{byte, 0});
  if (found == children.end() || found->first != byte) return std::nullopt;
  return found->second;
}

std::optional<TokenTrie::Match> TokenTrie::match_at(std::string_view text, std::size_t begin) const {
  std::optional<Match> longest;
  each_prefix(text, begin, [&](const Match& match) { longest = match; });
  return longest;
}

std::optional<TokenTrie::Match> TokenTrie::find(std::string_view text, std::size_t from) const {
  if (empty()) return std::nullopt;
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!begins_[static_cast<unsigned char>(text[begin])]) continue;
    if (auto match = match_at(text, begin)) return match;
  }
  return std::nullopt;
}

}  // namespace nudge
