// How many words, sentences and paragraphs an answer has.
#include <memory>

#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/patterns.h"
#include "rewards/verifiers/ifeval/sentences.h"
#include "rewards/verifiers/match.h"

namespace nudge::ifeval {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

Check number_words(const Json& kwargs) {
  const Bound words = bound(kwargs, "relation", "num_words");
  const auto word = std::make_shared<const RegularExpression>(
      R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]+)");  // \w of Unicode's UTS 18, annex C
  return [=](const std::string& answer) { return words.holds(count(*word, answer)); };
}

Check number_sentences(const Json& kwargs) {
  const Bound sentences = bound(kwargs, "relation", "num_sentences");
  return [=](const std::string& answer) { return sentences.holds(count_sentences(answer)); };
}

// Paragraphs parted by ***; empty ones may stand first and last only.
Check number_paragraphs(const Json& kwargs) {
  const auto wanted = get<std::int64_t>(kwargs, "num_paragraphs", kKwargs);
  return [=](const std::string& answer) {
    const auto paragraphs = split(answer, "***");
    std::int64_t full = 0;
    for (std::size_t i = 0; i < paragraphs.size(); ++i) {
      const bool empty = trimmed(paragraphs[i]).empty();
      if (empty && i > 0 && i + 1 < paragraphs.size()) return false;
      full += !empty;
    }
    return full == wanted;
  };
}

// The first word of a paragraph up to its punctuation, without opening quotes, in small letters.
std::string first_word(std::string_view paragraph) {
  static const RegularExpression space(R"([\s\x{1c}-\x{1f}])");
  const auto spaces = space.all(paragraph);
  std::string word(spaces && !spaces->empty() ? paragraph.substr(0, spaces->front().data() - paragraph.data())
                                              : paragraph);
  word.erase(0, std::min(word.find_first_not_of('\''), word.size()));
  word.erase(0, std::min(word.find_first_not_of('"'), word.size()));
  return lower(word.substr(0, word.find_first_of(".,?!'\"")));
}

// Paragraphs parted by an empty line; the n-th, empty ones counted, begins with a word.
Check nth_paragraph_first_word(const Json& kwargs) {
  const auto wanted = get<std::int64_t>(kwargs, "num_paragraphs", kKwargs);
  const auto nth = get<std::int64_t>(kwargs, "nth_paragraph", kKwargs);
  const auto word = lower(get<std::string>(kwargs, "first_word", kKwargs));
  require(nth >= 1 && nth <= wanted, "{}: nth_paragraph {} is not one of {} paragraphs.", kKwargs, nth,
          wanted);
  return [=](const std::string& answer) {
    const auto paragraphs = split(answer, "\n\n");
    const auto full = std::ranges::count_if(paragraphs, [](auto text) { return !trimmed(text).empty(); });
    if (full != wanted) return false;
    const std::string_view paragraph = trimmed(paragraphs[nth - 1]);
    return !paragraph.empty() && first_word(paragraph) == word;
  };
}

}  // namespace

const Instructions& length_instructions() {
  static const Instructions instructions = {
      {"length_constraints:number_words", number_words},
      {"length_constraints:number_sentences", number_sentences},
      {"length_constraints:number_paragraphs", number_paragraphs},
      {"length_constraints:nth_paragraph_first_word", nth_paragraph_first_word}};
  return instructions;
}

}  // namespace nudge::ifeval
