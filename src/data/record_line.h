#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace nudge {

/// What to do with a file in another encoding.
inline constexpr const char* kConvert = "convert the file first (for example: iconv -f latin1 -t utf-8)";

/// What may stand around a record.
inline constexpr std::string_view kBetweenRecords = " \t\r\n";

/// Throws Error for the byte-order marks of UTF-16, in which no line is valid UTF-8.
void refuse_utf16(std::string_view text, const std::string& where);

/// The record of one line of JSON Lines. Throws Error, whose sentence is the reason alone, with no place
/// before it and no full stop behind.
Json record_of_line(std::string_view line);

/// Why a record that is no object is bad.
std::string no_object(const Json& record);

/// Why a record is bad, as the readers' errors say it: without the place in front and the full stop behind.
std::string reason_of(std::string_view error, std::string_view place);

}  // namespace nudge
