#include "text/pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace nudge {

const char* const Pattern::kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr std::uint32_t kMatchLimit = 100'000'000;  // far above what a 16 MiB text needs with these patterns

struct Published {
  const char* models;
  const char* pattern;
};

const std::array kPublished = {
    Published{"GPT-2", Pattern::kGpt2},
    Published{
        "Llama-3, OLMo-2",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    Published{
        "Qwen2",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    Published{
        "GPT-4o, gpt-oss",
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

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

template <auto free>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, Free<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>>;

}  // namespace

struct Pattern::Compiled {
  std::string published;
  Code code;
  MatchContext context;
};

Pattern::Pattern(const std::string& published, std::string_view where) {
  bool known = std::any_of(kPublished.begin(), kPublished.end(),
                           [&](const Published& entry) { return entry.pattern == published; });
  std::string models;
  for (const Published& entry : kPublished)
    models += fmt::format("{}{}", models.empty() ? "" : "; ", entry.models);
  require(known, "{}: the pre-tokenizer pattern {} is not one of the supported ones (those of {}).", where,
          published, models);

  std::string source = spell_out_white_space(published);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), PCRE2_UTF | PCRE2_UCP,
                          &error, &offset, nullptr));
  require(code != nullptr, "PCRE2 refused the pattern {} (error {} at {}).", source, error, offset);
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without JIT the interpreter does the same, slower
  MatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);
  compiled_ = std::make_unique<const Compiled>(Compiled{published, std::move(code), std::move(context)});
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

void Pattern::split(std::string_view text,
                    const std::function<void(std::string_view piece, bool matched)>& emit) const {
  MatchData match(pcre2_match_data_create(1, nullptr));
  auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::size_t done = 0;
  while (done < text.size()) {
    int found = pcre2_match(compiled_->code.get(), subject, text.size(), done, PCRE2_NO_UTF_CHECK,
                            match.get(), compiled_->context.get());
    if (found == PCRE2_ERROR_NOMATCH) break;
    require(
        found >= 0,
        "Splitting text for the tokenizer gave up (PCRE2 error {}) at byte {}; the text is too unusual for "
        "the pattern {}.",
        found, done, compiled_->published);
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
    if (bounds[0] > done) emit(text.substr(done, bounds[0] - done), false);
    emit(text.substr(bounds[0], bounds[1] - bounds[0]),
         true);  // never empty: no known pattern matches nothing
    done = bounds[1];
  }
  if (done < text.size()) emit(text.substr(done), false);
}

}  // namespace nudge
