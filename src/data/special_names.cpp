#include "data/special_names.h"

#include <algorithm>

#include "base/error.h"

namespace nudge {

SpecialNames::SpecialNames(const Tokenizer& tokenizer) {
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id)
    if (tokenizer.is_special(id) && !tokenizer.token(id).empty()) names_.insert(tokenizer.token(id), 0);
}

bool SpecialNames::occur_in(std::string_view text) const {
  return names_.find(text, 0).has_value();
}

std::string SpecialNames::quoted(std::string_view text, std::string_view quote, std::size_t end) const {
  end = std::min(end, text.size());
  std::string quoted;
  std::size_t done = 0;
  for (auto name = names_.find(text, 0); !quote.empty() && name && name->begin < end;
       name = names_.find(text, name->begin + 1)) {
    quoted.append(text, done, name->begin - done).append(quote);
    done = name->begin;
  }
  return quoted.append(text, done, end - done);
}

std::pair<std::string, std::string> unused_characters(const std::vector<std::string_view>& texts) {
  std::string first;
  for (unsigned code = 0xE000; code <= 0xF8FF; ++code) {
    const std::string character{static_cast<char>(0xE0 | (code >> 12)),
                                static_cast<char>(0x80 | ((code >> 6) & 63)),
                                static_cast<char>(0x80 | (code & 63))};
    const bool used = std::ranges::any_of(
        texts, [&](std::string_view text) { return text.find(character) != std::string_view::npos; });
    if (used) continue;
    if (!first.empty()) return {first, character};
    first = character;
  }
  fail(
      "A conversation holds every private-use character of Unicode, so its texts cannot be told from what "
      "the chat template writes; leave it out.");
}

}  // namespace nudge
