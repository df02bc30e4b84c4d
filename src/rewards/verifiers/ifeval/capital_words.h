#pragma once

#include <cstdint>
#include <string>

namespace nudge::ifeval {

/// Tokens of which every letter is a capital. Tokens are those of nltk's word_tokenize, as far as they have
/// letters: hyphened words are one, "AT&T", "DON'T" and "CANNOT" are two.
std::int64_t count_capital_words(const std::string& text);

}  // namespace nudge::ifeval
