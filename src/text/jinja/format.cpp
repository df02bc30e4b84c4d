#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "text/jinja/strings.h"
#include "text/jinja/value.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

std::string repr_list(const List& list) {
  std::string text(1, list.tuple ? '(' : '[');
  for (const Value& item : list.items) {
    if (text.size() > 1) text += ", ";
    text += to_repr(item);
  }
  if (list.tuple && list.items.size() == 1) text += ',';
  return text + (list.tuple ? ')' : ']');
}

std::string repr_members(const std::vector<std::pair<Key, Value>>& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) {
    if (text.size() > 1) text += ", ";
    text += (key.is_number ? key.text : quote(key.text)) + ": " + to_repr(value);
  }
  return text + "}";
}

std::string json_string(std::string_view text, bool ensure_ascii) {
  std::string quoted = "\"";
  auto escape = [&](char32_t unit) { quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(unit)); };
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = next_code_point(text, i);
    constexpr std::string_view kSpecial = "\"\\\n\r\t\b\f", kNames = "\"\\nrtbf";
    auto special = c < 0x80 ? kSpecial.find(static_cast<char>(c)) : std::string_view::npos;
    if (special != std::string_view::npos) {
      (quoted += '\\') += kNames[special];
    } else if (c >= 0x20 && (c < 0x80 || !ensure_ascii)) {
      append_utf8(quoted, c);
    } else if (c < 0x10000) {
      escape(c);
    } else {
      escape(0xD800 + ((c - 0x10000) >> 10));
      escape(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return quoted + '"';
}

std::string json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return format_number(value);
}

/// Elements between brackets, each on its own line when indented.
std::string json_container(const std::vector<std::string>& elements, std::string_view brackets,
                           const JsonStyle& style, int level) {
  if (elements.empty()) return std::string(brackets);
  auto line = [&](int depth) { return style.indent ? "\n" + std::string(*style.indent * depth, ' ') : ""; };
  std::string text(1, brackets[0]);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) text += style.between_items;
    text += line(level + 1) + elements[i];
  }
  return text + line(level) + brackets[1];
}

}  // namespace

std::string to_repr(const Value& value) {
  if (auto* text = value.string()) return quote(*text);
  if (value.is_undefined()) return "Undefined";
  return to_text(value);
}

std::string to_text(const Value& value) {
  if (value.is_undefined()) return "";
  if (value.is_none()) return "None";
  if (auto* truth = value.as<bool>()) return *truth ? "True" : "False";
  if (auto* integer = value.as<std::int64_t>()) return std::to_string(*integer);
  if (auto* number = value.as<double>()) return format_number(*number);
  if (auto* text = value.string()) return *text;
  if (auto* list = value.list()) return repr_list(*list);
  if (auto* dict = value.dict()) return repr_members(dict->members);
  fail("A chat template tried to print a {}.", value.type_name());
}

std::string to_json(const Value& value, const JsonStyle& style, int level) {
  if (value.is_none()) return "null";
  if (auto* truth = value.as<bool>()) return *truth ? "true" : "false";
  if (auto* integer = value.as<std::int64_t>()) return std::to_string(*integer);
  if (auto* number = value.as<double>()) return json_number(*number);
  if (auto* text = value.string()) return json_string(*text, style.ensure_ascii);
  std::vector<std::string> elements;
  if (auto* list = value.list()) {
    for (const Value& item : list->items) elements.push_back(to_json(item, style, level + 1));
    return json_container(elements, "[]", style, level);
  }
  auto* dict = value.dict();
  require(dict != nullptr, "A chat template tried to write a {} as JSON.", value.type_name());
  auto members = dict->members;
  if (style.sort_keys)
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first.text < b.first.text; });
  for (const auto& [key, member] : members)
    elements.push_back(json_string(key.text, style.ensure_ascii) + style.behind_key +
                       to_json(member, style, level + 1));
  return json_container(elements, "{}", style, level);
}

}  // namespace nudge::jinja
