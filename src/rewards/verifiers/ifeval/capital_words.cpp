#include "rewards/verifiers/ifeval/capital_words.h"

#include <algorithm>
#include <vector>

#include "rewards/verifiers/ifeval/language.h"
#include "text/regular_expression.h"

namespace nudge::ifeval {
namespace {

using Views = std::vector<std::string_view>;

// What lies between white space and the punctuation that nltk sets apart wherever it stands.
const RegularExpression kPiece(R"((?:(?![\s;@#$%&?!*\[\](){}<>«»“”‘’„"`]|--|\.{2,}|[:,](?!\d)).)+)",
                               {.dot_all = true});
// Where a piece falls into two: before its contraction, or inside a word that was once two.
const RegularExpression kContraction(R"((?<=[^' ])(?:'[sSmMdD]|'ll|'LL|'re|'RE|'ve|'VE|n't|N'T)$)");
const RegularExpression kTwoWords(
    R"(^(?:can(?=not$)|d(?='ye$)|gim(?=me$)|gon(?=na$)|got(?=ta$)|lem(?=me$)|more(?='n$)|wan(?=na$)))",
    {.ignore_case = true});

Views tokens_of(std::string_view piece) {
  if (piece.ends_with('.')) piece.remove_suffix(1);  // of a sentence, or of an abbreviation: no letter
  if (const auto found = kContraction.all(piece); found && !found->empty())
    return {piece.substr(0, piece.size() - found->front().size()), found->front()};
  if (const auto found = kTwoWords.all(piece); found && !found->empty())
    return {found->front(), piece.substr(found->front().size())};
  return {piece};
}

}  // namespace

std::int64_t count_capital_words(const std::string& text) {
  std::int64_t capital = 0;
  for (const std::string_view piece : kPiece.all(text).value_or(Views())) {
    const Views tokens = tokens_of(piece);
    capital +=
        std::ranges::count_if(tokens, [](std::string_view each) { return is_upper(std::string(each)); });
  }
  return capital;
}

}  // namespace nudge::ifeval
