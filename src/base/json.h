#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace nudge {

/// JSON that keeps the order of its keys, so that what is written back reads like what was read.
using Json = nlohmann::ordered_json;

/// Parses UTF-8 JSON; `where` names the source in errors ("config.json", "prompts.jsonl line 7").
/// Depth is limited to 64; duplicate keys are refused. Throws Error.
Json parse_json(std::string_view text, std::string_view where);

/// Reads and parses a whole file. Throws Error.
Json read_json(const std::filesystem::path& path);

/// Member `key` of an object, converted to T; Error naming `where` and the key when absent or of another
/// type.
template <class T>
T get(const Json& object, const std::string& key, std::string_view where);

/// Member `key` of an object, or `fallback` when absent or null; Error when of another type.
template <class T>
T get_or(const Json& object, const std::string& key, T fallback, std::string_view where);

/// Numbers as short as they can be while reading back to the same bits; two-space indent, newline at the end.
std::string to_pretty(const Json& value);

/// One line, invalid UTF-8 replaced by U+FFFD, no newline.
std::string to_line(const Json& value);

}  // namespace nudge

#include "base/json_get.h"
