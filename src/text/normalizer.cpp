#include "text/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/character_map.h"
#include "text/pattern.h"
#include "text/unicode_age.h"
#include "text/utf8.h"

namespace nudge {
namespace {

std::string normal_form_of_known(std::string_view text, int form) {
  utf8proc_uint8_t* mapped = nullptr;
  auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                             static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                             static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
  require(length >= 0, "Unicode normalization of a text failed: {}.", utf8proc_errmsg(length));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return (byte & 0x80) == 0; });
}

/// Characters that the form does not know stand between texts that are normalized each for itself.
std::string unicode_normal_form(std::string text, int form) {
  if (is_ascii(text)) return text;
  std::string normalized;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    if (normal_forms_know(next_code_point(text, i))) continue;
    normalized += normal_form_of_known(std::string_view(text).substr(start, here - start), form);
    normalized += text.substr(here, i - here);
    start = i;
  }
  return normalized + normal_form_of_known(std::string_view(text).substr(start), form);
}

/// Each character replaced by what `append` appends for it.
template <class Append>
std::string by_character(std::string_view text, const Append& append) {
  std::string changed;
  for (std::size_t i = 0; i < text.size();) append(changed, next_code_point(text, i));
  return changed;
}

/// Rust's char::to_lowercase, whatever stands around it.
void append_lower_case(std::string& text, char32_t c) {
  append_utf8(text,
              later_lower_case(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)))));
  if (c == U'\u0130') append_utf8(text, U'\u0307');
}

bool is_mark(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME && normal_forms_know(c);
}

void append_without_accents(std::string& text, char32_t c) {
  if (!is_mark(c)) append_utf8(text, c);
}

/// The first normalization of SentencePiece: control characters go, unusual spaces become usual ones.
void append_nmt(std::string& text, char32_t c) {
  const bool space = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                     (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                     c == 0xFEFF || c == 0xFFFD;
  const bool control = (c >= 0x1 && c < 0x20) || c == 0x7F || c == 0x8F || c == 0x9F;
  if (space)
    text += ' ';
  else if (!control)
    append_utf8(text, c);
}

std::string_view without_spaces(std::string_view text, bool left, bool right) {
  std::size_t begin = 0, end = text.size();
  for (std::size_t i = 0; left && i < text.size() && is_white_space(next_code_point(text, i));) begin = i;
  for (std::size_t i = end; right && i > begin && is_white_space(previous_code_point(text, i));) end = i;
  return text.substr(begin, end - begin);
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string replaced;
  replaced.reserve(text.size());
  for (;;) {
    std::size_t found = text.find(from);
    replaced += text.substr(0, found);
    if (found == std::string_view::npos) return replaced;
    replaced += to;
    text.remove_prefix(found + from.size());
  }
}

std::function<std::string(std::string_view)> replacement(const Json& json, std::string_view where) {
  const Json pattern = get<Json>(json, "pattern", where);
  const auto content = get<std::string>(json, "content", where);
  if (pattern.is_object() && pattern.contains("String")) {
    const auto from = get<std::string>(pattern, "String", where);
    require(!from.empty(), "{}: Replace of an empty string is not supported.", where);
    return [from, content](std::string_view text) { return replace_all(text, from, content); };
  }
  return [expression = std::make_shared<const Pattern>(Pattern::from_json(pattern, where)),
          content](std::string_view text) { return expression->replace(text, content); };
}

Normalizer::Normalizer(const Json& json, std::string_view where) {
  if (!json.is_null()) add(json, where);
}

void Normalizer::add(const Json& json, std::string_view where) {
  const auto type = get<std::string>(json, "type", where);
  const auto form = [&](int options) {
    steps_.push_back([options](std::string text) { return unicode_normal_form(std::move(text), options); });
  };
  const auto characters = [&](void (*append)(std::string&, char32_t)) {
    steps_.push_back([append](const std::string& text) { return by_character(text, append); });
  };
  if (type == "Sequence") {
    for (const Json& part : get<Json>(json, "normalizers", where)) add(part, where);
  } else if (type == "NFC") {
    form(UTF8PROC_COMPOSE);
  } else if (type == "NFD") {
    form(UTF8PROC_DECOMPOSE);
  } else if (type == "NFKC") {
    form(UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
  } else if (type == "NFKD") {
    form(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  } else if (type == "Lowercase") {
    characters(append_lower_case);
  } else if (type == "StripAccents") {
    characters(append_without_accents);
  } else if (type == "Nmt") {
    characters(append_nmt);
  } else if (type == "ByteLevel") {
    steps_.push_back([](const std::string& text) { return to_byte_level(text); });
  } else if (type == "Strip") {
    steps_.push_back([left = get_or<bool>(json, "strip_left", true, where),
                      right = get_or<bool>(json, "strip_right", true, where)](const std::string& text) {
      return std::string(without_spaces(text, left, right));
    });
  } else if (type == "Prepend") {
    steps_.push_back([prefix = get<std::string>(json, "prepend", where)](std::string text) {
      return text.empty() ? text : prefix + text;
    });
  } else if (type == "Replace") {
    steps_.push_back(replacement(json, where));
  } else if (type == "Precompiled") {
    const auto map =
        std::make_shared<const CharacterMap>(get<std::string>(json, "precompiled_charsmap", where), where);
    steps_.push_back([map](const std::string& text) { return map->normalize(text); });
  } else {
    fail("{}: the normalizer {} is not supported.", where, type);
  }
}

std::string Normalizer::normalize(std::string_view text) const {
  std::string normalized(text);
  for (const auto& step : steps_) normalized = step(std::move(normalized));
  return normalized;
}

}  // namespace nudge
