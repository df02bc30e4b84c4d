#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nudge::jinja {

/// Python's string operations on valid UTF-8; positions and lengths are code points.

/// str.strip and its one-sided forms: white space, or any of `characters`.
std::string_view strip(std::string_view text, std::optional<std::string_view> characters, bool left,
                       bool right);
/// str.split: at runs of white space, or at each `separator`; at most `limit` times unless negative.
std::vector<std::string> split(std::string_view text, std::optional<std::string_view> separator, long limit);
/// str.replace, at most `limit` times unless negative; `from` is not empty.
std::string replace(std::string_view text, std::string_view from, std::string_view to, long limit);
std::string upper(std::string_view text);
std::string lower(std::string_view text);
/// First letter of every word (or of the text) upper, the rest lower.
std::string title(std::string_view text);
std::string capitalize(std::string_view text);
std::vector<std::string> characters(std::string_view text);

/// The text behind a string literal's escapes; absent when one is not supported.
std::optional<std::string> unescape(std::string_view literal);
/// repr() of a string and of a number.
std::string quote(std::string_view text);
std::string format_number(double value);

}  // namespace nudge::jinja
