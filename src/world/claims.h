#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nudge::world {

/// The different values of the asked kind that a text claims, in lower case and in order. Names (the
/// subject's own above all) are cut out first, so that "Japan" claims nothing, while "Mexico City" in an
/// answer about Mexico stays a value: at each word the longest known phrase counts. Words end at anything but
/// letters, digits and hyphens, so "Japan" is not found in "Japanese", "Niger" not in "Nigeria", "Guinea" not
/// in "Guinea-Bissau".
std::vector<std::string> claimed_values(const std::string& kind, const std::string& subject,
                                        std::string_view text);

/// ASCII letters in lower case.
std::string lower_case(std::string_view text);
/// Whether `phrase` (lower case) stands in `text` (lower case) between word boundaries.
bool has_phrase(std::string_view text, std::string_view phrase);
/// Words between white space.
std::int64_t count_words(std::string_view text);

}  // namespace nudge::world
