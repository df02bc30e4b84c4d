#include "text/jinja/strings.h"

#include <utf8proc.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

/// str.isspace, which knows the separators of ASCII too.
bool is_space(char32_t c) {
  return is_white_space(c) || (c >= 0x1C && c <= 0x1F);
}

bool contains(std::string_view characters, char32_t wanted) {
  for (std::size_t i = 0; i < characters.size();)
    if (next_code_point(characters, i) == wanted) return true;
  return false;
}

bool is_letter(char32_t c) {
  auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LT;  // what has case
}

char32_t to_upper(char32_t c) {
  return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}
char32_t to_lower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}
char32_t to_title(char32_t c) {
  return static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c)));
}

template <class Change>
std::string map_characters(std::string_view text, Change change) {
  std::string changed;
  for (std::size_t i = 0; i < text.size();) append_utf8(changed, change(next_code_point(text, i)));
  return changed;
}

/// The number written in `digits` hexadecimal or octal digits at the beginning of `text`.
std::optional<char32_t> read_code(std::string_view text, std::size_t digits, int base) {
  std::uint32_t code = 0;
  if (text.size() < digits) return std::nullopt;
  const char* const begin = text.data();
  auto [end, error] = std::from_chars(begin, begin + digits, code, base);
  if (error != std::errc() || end != begin + digits) return std::nullopt;
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
  return code;
}

/// One escape behind the backslash at the beginning of `rest`; returns the bytes taken, 0 when unsupported.
std::size_t unescape_one(std::string_view rest, std::string& text) {
  constexpr std::string_view kNames = "ntrabfv\\'\"", kValues = "\n\t\r\a\b\f\v\\'\"";
  if (auto known = kNames.find(rest[0]); known != std::string_view::npos) {
    text += kValues[known];
    return 1;
  }
  if (rest[0] == '\n') return 1;
  if (rest[0] == 'N') return 0;
  std::size_t digits = rest[0] == 'x' ? 2 : rest[0] == 'u' ? 4 : rest[0] == 'U' ? 8 : 0;
  if (digits > 0) {
    auto code = read_code(rest.substr(1), digits, 16);
    if (!code) return 0;
    append_utf8(text, *code);
    return 1 + digits;
  }
  std::size_t octal = 0;
  while (octal < 3 && octal < rest.size() && rest[octal] >= '0' && rest[octal] <= '7') ++octal;
  if (octal > 0) {
    append_utf8(text, *read_code(rest, octal, 8));
    return octal;
  }
  text += '\\';  // Python keeps an unknown escape as it stands
  std::size_t length = 0;
  next_code_point(rest, length);
  text += rest.substr(0, length);
  return length;
}

bool is_printable(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

}  // namespace

std::string_view strip(std::string_view text, std::optional<std::string_view> characters, bool left,
                       bool right) {
  auto stripped = [&](char32_t c) { return characters ? contains(*characters, c) : is_space(c); };
  for (std::size_t next = 0; left && !text.empty(); next = 0) {
    if (!stripped(next_code_point(text, next))) break;
    text.remove_prefix(next);
  }
  for (std::size_t last = text.size(); right && !text.empty(); last = text.size()) {
    if (!stripped(previous_code_point(text, last))) break;
    text = text.substr(0, last);
  }
  return text;
}

std::vector<std::string> split(std::string_view text, std::optional<std::string_view> separator, long limit) {
  std::vector<std::string> parts;
  if (!separator) {
    for (text = strip(text, std::nullopt, true, false); !text.empty();
         text = strip(text, std::nullopt, true, false)) {
      if (limit-- == 0) {
        parts.emplace_back(text);
        break;
      }
      std::size_t end = 0;
      for (std::size_t next = 0; next < text.size() && !is_space(next_code_point(text, next));) end = next;
      parts.emplace_back(text.substr(0, end));
      text.remove_prefix(end);
    }
    return parts;
  }
  for (std::size_t found; limit-- != 0 && (found = text.find(*separator)) != std::string_view::npos;) {
    parts.emplace_back(text.substr(0, found));
    text.remove_prefix(found + separator->size());
  }
  parts.emplace_back(text);
  return parts;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, long limit) {
  std::string replaced;
  for (std::size_t found; limit-- != 0 && (found = text.find(from)) != std::string_view::npos;) {
    replaced.append(text.substr(0, found)).append(to);
    text.remove_prefix(found + from.size());
  }
  return replaced.append(text);
}

std::string upper(std::string_view text) {
  return map_characters(text, to_upper);
}
std::string lower(std::string_view text) {
  return map_characters(text, to_lower);
}

std::string title(std::string_view text) {
  bool inside = false;
  return map_characters(text, [&](char32_t c) {
    char32_t changed = inside ? to_lower(c) : to_title(c);
    inside = is_letter(c);
    return changed;
  });
}

std::string capitalize(std::string_view text) {
  bool first = true;
  return map_characters(text,
                        [&](char32_t c) { return std::exchange(first, false) ? to_title(c) : to_lower(c); });
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t start = i;
    next_code_point(text, i);
    all.emplace_back(text.substr(start, i - start));
  }
  return all;
}

std::optional<std::string> unescape(std::string_view literal) {
  std::string text;
  while (!literal.empty()) {
    std::size_t escape = literal.find('\\');
    text += literal.substr(0, escape);
    if (escape == std::string_view::npos) break;
    literal.remove_prefix(escape + 1);
    std::size_t taken = literal.empty() ? 0 : unescape_one(literal, text);
    if (taken == 0) return std::nullopt;
    literal.remove_prefix(taken);
  }
  return text;
}

std::string quote(std::string_view text) {
  char mark =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string quoted(1, mark);
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = next_code_point(text, i);
    if (c == '\n')
      quoted += "\\n";
    else if (c == '\r')
      quoted += "\\r";
    else if (c == '\t')
      quoted += "\\t";
    else if (c == '\\' || c == static_cast<char32_t>(mark))
      (quoted += '\\') += static_cast<char>(c);
    else if (is_printable(c))
      append_utf8(quoted, c);
    else if (c < 0x100)
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else if (c < 0x10000)
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      quoted += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
  }
  return quoted + mark;
}

/// Python's shortest form that reads back: plain between 1e-4 and 1e16, else with an exponent.
std::string format_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[400];
  double size = std::fabs(value);
  bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                           plain ? std::chars_format::fixed : std::chars_format::scientific)
                 .ptr;
  std::string text(buffer, end);
  return plain && text.find('.') == std::string::npos ? text + ".0" : text;
}

}  // namespace nudge::jinja
