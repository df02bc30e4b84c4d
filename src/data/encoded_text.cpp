#include "data/encoded_text.h"

#include <algorithm>
#include <utility>

namespace nudge {

EncodedText::EncodedText(std::string text, std::string_view quote, const Tokenizer& tokenizer)
    : text_(std::move(text)), quote_(quote), tokenizer_(tokenizer) {
  if (!text_.empty()) encoded_ = tokenizer_.encode_rendered(text_, quote_);
}

std::size_t EncodedText::departure(std::string_view other) const {
  return common_with(other).ids;
}

std::size_t EncodedText::covering(std::size_t end) const {
  const auto [common, all] = common_with(std::string_view(text_).substr(0, end));
  return common + (all ? 0 : 1);
}

EncodedText::Common EncodedText::common_with(std::string_view other) const {
  const auto same = static_cast<std::size_t>(std::ranges::mismatch(text_, other).in1 - text_.begin());
  RenderedIds::Special from{};  // what stands before it is encoded alike in both
  for (const RenderedIds::Special& special : encoded_.specials) {
    if (special.end > same) break;
    from = special;
  }
  const std::string_view rest = other.substr(from.begin);
  if (rest.empty()) return {from.token, true};
  const auto ids = tokenizer_.encode_rendered(rest, quote_).ids;
  const auto ours = encoded_.ids.begin() + from.token;
  const auto [here, there] = std::mismatch(ours, encoded_.ids.end(), ids.begin(), ids.end());
  return {from.token + (here - ours), there == ids.end()};
}

}  // namespace nudge
