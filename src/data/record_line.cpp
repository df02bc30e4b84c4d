#include "data/record_line.h"

#include "base/error.h"
#include "text/utf8.h"

namespace nudge {

void refuse_utf16(std::string_view text, const std::string& where) {
  require(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"),
          "{}: the text is UTF-16, and UTF-8 is expected; convert it first: iconv -f utf-16 -t utf-8 {}.",
          where, where);
}

Json record_of_line(std::string_view line) {
  require(is_valid_utf8(line), "the line is not valid UTF-8; {}", kConvert);
  try {
    return parse_json(line, "");
  } catch (const Error& error) {
    throw Error(reason_of(error.what(), ""));
  }
}

std::string no_object(const Json& record) {
  return fmt::format("a record must be a JSON object, and here it is {}", record.type_name());
}

std::string reason_of(std::string_view error, std::string_view place) {
  if (error.starts_with(place) && error.substr(place.size()).starts_with(": "))
    error.remove_prefix(place.size() + 2);
  if (error.ends_with('.')) error.remove_suffix(1);
  return std::string(error);
}

}  // namespace nudge
