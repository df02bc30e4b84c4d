#include "text/pattern.h"

#include <algorithm>
#include <array>

#include "base/error.h"

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

constexpr std::uint32_t kSteps = 100'000'000;  // far above what a 16 MiB text needs with these patterns

struct Published {
  const char* models;
  const char* pattern;
};

const std::array kPublished = {
    Published{"GPT-2", Pattern::kGpt2}, Published{"Llama-3, OLMo-2", Pattern::kLlama3},
    Published{"Qwen2", Pattern::kQwen2}, Published{"GPT-4o, gpt-oss", Pattern::kGpt4o}};

/// PCRE2 counts U+180E as white space, Unicode (and `tokenizers`) does not: spell the property out.
std::string spell_out_white_space(std::string_view pattern) {
  constexpr const char* kWhiteSpace = R"(\p{Z}\x09-\x0d\x{85})";
  std::string spelled;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::string_view escape = pattern.substr(i, 2);
    if (escape == R"(\s)" || escape == R"(\S)") {
      spelled += in_class ? kWhiteSpace : fmt::format("[{}{}]", escape == R"(\S)" ? "^" : "", kWhiteSpace);
      ++i;
      continue;
    }
    if (pattern[i] == '[') in_class = true;
    if (pattern[i] == ']') in_class = false;
    spelled += pattern[i];
  }
  return spelled;
}

std::string known(const std::string& published, std::string_view where) {
  const bool is_known = std::any_of(kPublished.begin(), kPublished.end(),
                                    [&](const Published& entry) { return entry.pattern == published; });
  std::string models;
  for (const Published& entry : kPublished)
    models += fmt::format("{}{}", models.empty() ? "" : "; ", entry.models);
  require(is_known, "{}: the pre-tokenizer pattern {} is not one of the supported ones (those of {}).", where,
          published, models);
  return published;
}

}  // namespace

Pattern::Pattern(const std::string& published, std::string_view where)
    : published_(known(published, where)), expression_(spell_out_white_space(published), {.steps = kSteps}) {}

void Pattern::split(std::string_view text,
                    const std::function<void(std::string_view piece, bool matched)>& emit) const {
  std::size_t done = 0;
  const bool whole = expression_.each(text, [&](std::string_view match) {
    const std::size_t begin = match.data() - text.data();
    if (begin > done) emit(text.substr(done, begin - done), false);
    emit(match, true);  // never empty: no known pattern matches nothing
    done = begin + match.size();
  });
  require(whole,
          "Splitting text for the tokenizer gave up at byte {}; the text is too unusual for the pattern {}.",
          done, published_);
  if (done < text.size()) emit(text.substr(done), false);
}

}  // namespace nudge
