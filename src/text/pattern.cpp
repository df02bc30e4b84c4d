#include "text/pattern.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "text/oniguruma.h"
#include "text/unicode_age.h"
#include "text/utf8.h"

namespace nudge {

const char* const Pattern::kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const char* const Pattern::kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const Pattern::kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const Pattern::kGpt4o =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

constexpr std::uint32_t kSteps = 100'000'000;  // far above what a 16 MiB text needs with published patterns

RegularExpression compiled(const std::string& published, std::string_view where) {
  try {
    return RegularExpression(from_oniguruma(published, where), {.steps = kSteps});
  } catch (const UsageError& error) {
    fail("{}: {}", where, error.what());
  }
}

std::string in_hexadecimal(std::string_view text) {
  std::string expression;
  for (std::size_t i = 0; i < text.size();)
    expression += fmt::format("\\x{{{:x}}}", static_cast<std::uint32_t>(next_code_point(text, i)));
  return expression;
}

}  // namespace

Pattern::Pattern(const std::string& published, std::string_view where)
    : Pattern(published, compiled(published, where)) {}

Pattern Pattern::from_json(const Json& json, std::string_view where) {
  require(json.is_object() && (json.contains("String") || json.contains("Regex")),
          "{}: a pattern must be a String or a Regex, not {}.", where, to_line(json));
  if (json.contains("Regex")) return Pattern(get<std::string>(json, "Regex", where), where);
  const auto text = get<std::string>(json, "String", where);
  require(!text.empty(), "{}: a pattern that is an empty String is not supported.", where);
  return Pattern(text, RegularExpression(in_hexadecimal(text), {.steps = kSteps}));
}

void Pattern::each(std::string_view text, const std::function<void(std::string_view match)>& visit) const {
  const bool may_be_newer =
      std::ranges::any_of(text, [](char byte) { return static_cast<unsigned char>(byte) >= 0xE0; });
  const std::string changed = may_be_newer ? with_older_characters(text) : std::string();
  const std::string_view older = may_be_newer ? changed : text;
  std::size_t done = 0;
  const bool whole = expression_.each(older, [&](std::string_view match) {
    const std::size_t begin = match.data() - older.data();
    visit(text.substr(begin, match.size()));
    done = begin + match.size();
  });
  require(whole,
          "Splitting text for the tokenizer gave up at byte {}; the text is too unusual for the pattern {}.",
          done, published_);
}

void Pattern::split(std::string_view text,
                    const std::function<void(std::string_view piece, bool matched)>& emit) const {
  std::size_t done = 0;
  each(text, [&](std::string_view match) {
    const std::size_t begin = match.data() - text.data();
    if (begin > done) emit(text.substr(done, begin - done), false);
    if (!match.empty()) emit(match, true);
    done = begin + match.size();
  });
  if (done < text.size()) emit(text.substr(done), false);
}

std::string Pattern::replace(std::string_view text, std::string_view content) const {
  std::string replaced;
  std::size_t done = 0;
  each(text, [&](std::string_view match) {
    const std::size_t begin = match.data() - text.data();
    replaced += text.substr(done, begin - done);
    replaced += content;
    done = begin + match.size();
  });
  replaced += text.substr(done);
  return replaced;
}

}  // namespace nudge
