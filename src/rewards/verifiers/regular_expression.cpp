#include "rewards/verifiers/regular_expression.h"

#include <limits>

#include "base/error.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace nudge {
namespace {

constexpr std::uint32_t kMatchLimit = 10'000'000;  // a tenth of a second or so

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
  pcre2_set_match_limit(context.get(), kMatchLimit);
  compiled_ = std::make_unique<const Compiled>(Compiled{std::move(code), std::move(context)});
}

RegularExpression::~RegularExpression() = default;
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;

std::optional<std::vector<std::string_view>> RegularExpression::all(std::string_view text) const {
  const MatchData match(pcre2_match_data_create(1, nullptr));
  std::vector<std::string_view> found;
  std::size_t at = 0;
  std::uint32_t flags = 0;
  while (at <= text.size()) {
    const int code = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                 text.size(), at, flags, match.get(), compiled_->context.get());
    if (code == PCRE2_ERROR_NOMATCH && flags == 0) break;
    if (code < 0 && code != PCRE2_ERROR_NOMATCH) return std::nullopt;
    flags = 0;
    if (code == PCRE2_ERROR_NOMATCH) {  // nothing more behind an empty match: go on one character further
      do ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
      continue;
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
    if (bounds[1] < bounds[0]) break;  // \K in a look-ahead
    found.push_back(text.substr(bounds[0], bounds[1] - bounds[0]));
    at = bounds[1];
    if (bounds[0] == bounds[1]) flags = PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED;
  }
  return found;
}

std::optional<bool> RegularExpression::found_in(std::string_view text) const {
  const MatchData match(pcre2_match_data_create(1, nullptr));
  const int code = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                               0, 0, match.get(), compiled_->context.get());
  if (code == PCRE2_ERROR_NOMATCH) return false;
  if (code < 0) return std::nullopt;
  return true;
}

RegexMatch::RegexMatch(const std::string& pattern, bool full, RegularExpression::Options options)
    : expression_(
          std::make_shared<const RegularExpression>(full ? "\\A(?:" + pattern + ")\\z" : pattern, options)) {}

double RegexMatch::operator()(const Trajectory& trajectory) const {
  const auto found = expression_->found_in(trajectory.completion);
  if (!found) return std::numeric_limits<double>::quiet_NaN();
  return *found ? 1 : 0;
}

}  // namespace nudge
