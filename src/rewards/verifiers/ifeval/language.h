#pragma once

#include <string>

namespace nudge::ifeval {

/// The ISO 639-1 code of the language of a text by CLD2, "" when it cannot tell: it wants a sentence or two,
/// and close relatives (Hindi and Marathi, Urdu and Persian) more. Stands for langdetect.
std::string detected_language(const std::string& text);

/// Whether a text is written in a language. A text without letters is in every language, as with langdetect;
/// one of ASCII letters in which no language was found passes for English.
bool is_language(const std::string& text, const std::string& code);

/// At least one character of that case, and none of the other, as Python's isupper and islower have it.
bool is_upper(const std::string& text);
bool is_lower(const std::string& text);

}  // namespace nudge::ifeval
