#include "text/token_decoder.h"

#include <charconv>
#include <optional>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/normalizer.h"
#include "text/utf8.h"

namespace nudge {
namespace {

using Tokens = std::vector<std::string>;

std::string join(const Tokens& tokens, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) text += between;
    text += tokens[i];
  }
  return text;
}

Tokens decode_byte_level(const Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) bytes += from_byte_level(token).value_or(token);
  return {replace_invalid_utf8(bytes)};
}

/// The byte of a token `<0x41>`.
std::optional<char> fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned value = 0;
  auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
  if (error != std::errc() || end != token.data() + 5) return std::nullopt;
  return static_cast<char>(value);
}

Tokens decode_byte_fallback(const Tokens& tokens) {
  Tokens decoded;
  std::string bytes;
  auto flush = [&] {
    if (is_valid_utf8(bytes)) {
      if (!bytes.empty()) decoded.push_back(bytes);
    } else {
      decoded.insert(decoded.end(), bytes.size(), "\xEF\xBF\xBD");  // one for each byte, as `tokenizers`
    }
    bytes.clear();
  };
  for (const std::string& token : tokens) {
    if (auto byte = fallback_byte(token)) {
      bytes += *byte;
      continue;
    }
    flush();
    decoded.push_back(token);
  }
  flush();
  return decoded;
}

std::string strip(std::string token, const std::string& content, std::int64_t start, std::int64_t stop) {
  for (; start > 0 && token.starts_with(content); --start) token.erase(0, content.size());
  for (; stop > 0 && token.ends_with(content); --stop) token.erase(token.size() - content.size());
  return token;
}

/// The replacement becomes a space, or nothing throughout the first token when one was prepended.
Tokens decode_metaspace(Tokens tokens, const std::string& replacement, bool prepended) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = replace_all(tokens[i], replacement, i == 0 && prepended ? "" : " ");
  return tokens;
}

}  // namespace

TokenDecoder::TokenDecoder(const Json& json, std::string_view where) {
  if (json.is_null())
    steps_.push_back([](Tokens tokens) { return Tokens{join(tokens, " ")}; });
  else
    add(json, where);
}

void TokenDecoder::add(const Json& json, std::string_view where) {
  auto type = get<std::string>(json, "type", where);
  if (type == "Sequence") {
    for (const Json& part : get<Json>(json, "decoders", where)) add(part, where);
  } else if (type == "ByteLevel") {
    steps_.push_back(decode_byte_level);
  } else if (type == "ByteFallback") {
    steps_.push_back(decode_byte_fallback);
  } else if (type == "Fuse") {
    steps_.push_back([](Tokens tokens) { return Tokens{join(tokens, "")}; });
  } else if (type == "Replace") {
    steps_.push_back([replaced = replacement(json, where)](Tokens tokens) {
      for (std::string& token : tokens) token = replaced(token);
      return tokens;
    });
  } else if (type == "Strip") {
    auto content = get<std::string>(json, "content", where);
    require(!content.empty(), "{}: a Strip decoder of nothing is not supported.", where);
    steps_.push_back([content, start = get<std::int64_t>(json, "start", where),
                      stop = get<std::int64_t>(json, "stop", where)](Tokens tokens) {
      for (std::string& token : tokens) token = strip(std::move(token), content, start, stop);
      return tokens;
    });
  } else if (type == "Metaspace") {
    auto replacement = get<std::string>(json, "replacement", where);
    require(!replacement.empty(), "{}: the Metaspace replacement is empty.", where);
    bool prepended = get_or<bool>(json, "add_prefix_space", true, where) &&
                     get_or<std::string>(json, "prepend_scheme", "always", where) != "never";
    steps_.push_back(
        [=](Tokens tokens) { return decode_metaspace(std::move(tokens), replacement, prepended); });
  } else {
    fail("{}: the decoder {} is not supported.", where, type);
  }
}

std::string TokenDecoder::decode(std::vector<std::string> tokens) const {
  for (const auto& step : steps_) tokens = step(std::move(tokens));
  return join(tokens, "");
}

}  // namespace nudge
