#pragma once

#include <cstdint>
#include <string_view>

namespace nudge::ifeval {

/// Sentences of English-like text: stretches that end in . ! or ? (with the quotes and brackets that close
/// there) before white space and anything but a small letter, or at the end. The points of initials and
/// common abbreviations (Dr., e.g., U.S.) end none. Stands for nltk's punkt; they differ on rarer
/// abbreviations. Line breaks alone end no sentence, nor do the marks of other scripts (as with punkt's
/// English model).
std::int64_t count_sentences(std::string_view text);

}  // namespace nudge::ifeval
