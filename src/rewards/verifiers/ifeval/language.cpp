#include "rewards/verifiers/ifeval/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>

#include "text/regular_expression.h"

namespace nudge::ifeval {
namespace {

bool holds(const RegularExpression& expression, const std::string& text) {
  return expression.found_in(text).value_or(false);
}

const RegularExpression kLetter("\\p{L}"), kBeyondAscii("[^\\x{0}-\\x{7f}]"), kUpper("\\p{Uppercase}"),
    kLower("\\p{Lowercase}"), kTitle("\\p{Lt}");

}  // namespace

std::string detected_language(const std::string& text) {
  CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language three[3];
  int percents[3], bytes = 0, valid_prefix = 0;
  double scores[3];
  bool reliable = false;
  const CLD2::Language found = CLD2::ExtDetectLanguageSummaryCheckUTF8(
      text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 1 << 20)), /*is_plain_text=*/true,
      &hints,
      /*flags=*/0, three, percents, scores, nullptr, &bytes, &reliable, &valid_prefix);
  if (found == CLD2::UNKNOWN_LANGUAGE) return "";
  const std::string code = CLD2::LanguageCode(found);
  return code.substr(0, code.find('-'));
}

bool is_language(const std::string& text, const std::string& code) {
  const std::string found = detected_language(text);
  if (!found.empty()) return found == code;
  return !holds(kLetter, text) || (code == "en" && !holds(kBeyondAscii, text));
}

bool is_upper(const std::string& text) {
  return holds(kUpper, text) && !holds(kLower, text) && !holds(kTitle, text);
}

bool is_lower(const std::string& text) {
  return holds(kLower, text) && !holds(kUpper, text) && !holds(kTitle, text);
}

}  // namespace nudge::ifeval
