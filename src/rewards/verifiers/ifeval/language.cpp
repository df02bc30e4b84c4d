#include "rewards/verifiers/ifeval/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#include <utf8proc.h>

#include <algorithm>

namespace nudge::ifeval {
namespace {

struct Letters {
  bool any = false, upper = false, lower = false, beyond_ascii = false;
};

Letters letters_of(const std::string& text) {
  Letters letters;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
    at += static_cast<std::size_t>(std::max<utf8proc_ssize_t>(1, utf8proc_iterate(bytes + at, left, &point)));
    const utf8proc_category_t category = utf8proc_category(point);
    if (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_LO) continue;
    letters.any = true;
    letters.upper |= category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
    letters.lower |= category == UTF8PROC_CATEGORY_LL;
    letters.beyond_ascii |= point > 127;
  }
  return letters;
}

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
  const Letters letters = letters_of(text);
  return !letters.any || (code == "en" && !letters.beyond_ascii);
}

bool is_upper(const std::string& text) {
  const Letters letters = letters_of(text);
  return letters.upper && !letters.lower;
}

bool is_lower(const std::string& text) {
  const Letters letters = letters_of(text);
  return letters.lower && !letters.upper;
}

}  // namespace nudge::ifeval
