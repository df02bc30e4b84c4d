#include "text/regular_expression.h"

#include "base/error.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace nudge {
namespace {

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

struct RegularExpression::Compiled {
  Code code;
  MatchContext context;

  int match(std::string_view text, std::size_t from, std::uint32_t flags, const MatchData& found) const {
    const auto run = [&](std::uint32_t options) {
      return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options,
                         found.get(), context.get());
    };
    const int result = run(flags);
    return result == PCRE2_ERROR_JIT_STACKLIMIT ? run(flags | PCRE2_NO_JIT) : result;  // on the heap
  }
};

RegularExpression::RegularExpression(const std::string& pattern, Options options) {
  std::uint32_t flags = PCRE2_UTF | PCRE2_UCP;
  if (options.ignore_case) flags |= PCRE2_CASELESS;
  if (options.multiline) flags |= PCRE2_MULTILINE;
  if (options.dot_all) flags |= PCRE2_DOTALL;
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), flags, &error,
                          &offset, nullptr));
  if (!code) {
    PCRE2_UCHAR reason[256];
    pcre2_get_error_message(error, reason, sizeof reason);
    throw UsageError(fmt::format("the regular expression {} is wrong at character {}: {}.", pattern, offset,
                                 reinterpret_cast<const char*>(reason)));
  }
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without JIT the interpreter does the same, slower
  MatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), options.steps);
  compiled_ = std::make_unique<const Compiled>(Compiled{std::move(code), std::move(context)});
}

RegularExpression::~RegularExpression() = default;
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;

bool RegularExpression::each(std::string_view text,
                             const std::function<void(std::string_view match)>& visit) const {
  const MatchData found(pcre2_match_data_create(1, nullptr));
  std::size_t at = 0;
  std::uint32_t checked = 0;  // the first call checks that all of the text is UTF-8
  std::uint32_t behind_empty = 0;
  while (at <= text.size()) {
    const int code = compiled_->match(text, at, checked | behind_empty, found);
    if (code == PCRE2_ERROR_NOMATCH && behind_empty == 0) break;
    if (code < 0 && code != PCRE2_ERROR_NOMATCH) return false;
    checked = PCRE2_NO_UTF_CHECK;
    behind_empty = 0;
    if (code == PCRE2_ERROR_NOMATCH) {  // nothing more behind an empty match: go on one character further
      do ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
      continue;
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(found.get());
    if (bounds[1] < bounds[0]) break;  // \K in a look-ahead
    visit(text.substr(bounds[0], bounds[1] - bounds[0]));
    at = bounds[1];
    if (bounds[0] == bounds[1]) behind_empty = PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED;
  }
  return true;
}

std::optional<std::vector<std::string_view>> RegularExpression::all(std::string_view text) const {
  std::vector<std::string_view> matches;
  if (!each(text, [&](std::string_view match) { matches.push_back(match); })) return std::nullopt;
  return matches;
}

std::optional<bool> RegularExpression::found_in(std::string_view text) const {
  const MatchData found(pcre2_match_data_create(1, nullptr));
  const int code = compiled_->match(text, 0, 0, found);
  if (code == PCRE2_ERROR_NOMATCH) return false;
  if (code < 0) return std::nullopt;
  return true;
}

}  // namespace nudge
