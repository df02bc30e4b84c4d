#include "text/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace nudge {
namespace {

std::string unicode_normal_form(std::string text, int form) {
  if (std::all_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) == 0; })) return text;
  utf8proc_uint8_t* mapped = nullptr;
  auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                             static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                             static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
  require(length >= 0, "Unicode normalization of a text failed: {}.", utf8proc_errmsg(length));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
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

std::string replaced_string(const Json& replace, std::string_view where) {
  Json pattern = get<Json>(replace, "pattern", where);
  require(pattern.is_object() && pattern.contains("String"),
          "{}: Replace by {} is not supported; only replacing a String is.", where, to_line(pattern));
  auto text = get<std::string>(pattern, "String", where);
  require(!text.empty(), "{}: Replace of an empty string is not supported.", where);
  return text;
}

Normalizer::Normalizer(const Json& json, std::string_view where) {
  if (!json.is_null()) add(json, where);
}

void Normalizer::add(const Json& json, std::string_view where) {
  auto type = get<std::string>(json, "type", where);
  auto form = [&](int options) {
    steps_.push_back([options](std::string text) { return unicode_normal_form(std::move(text), options); });
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
  } else if (type == "Prepend") {
    steps_.push_back([prefix = get<std::string>(json, "prepend", where)](std::string text) {
      return text.empty() ? text : prefix + text;
    });
  } else if (type == "Replace") {
    steps_.push_back([from = replaced_string(json, where), to = get<std::string>(json, "content", where)](
                         std::string text) { return replace_all(text, from, to); });
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
