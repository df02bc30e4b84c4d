#include "evaluation/diversity.h"

#include <set>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace nudge {

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

double distinct_share(std::span<const std::string> answers) {
  require(!answers.empty(), "Diversity needs at least one answer, and there is none.");
  const std::set<std::string> distinct(answers.begin(), answers.end());
  return static_cast<double>(distinct.size()) / static_cast<double>(answers.size());
}

double distinct_ngrams(std::span<const std::string> answers, std::int64_t n) {
  require(n > 0, "An n-gram has at least one word, and {} were asked for.", n);
  std::set<std::vector<std::string>> distinct;
  std::int64_t total = 0;
  for (const std::string& answer : answers) {
    const auto words = words_of(answer);
    for (auto first = words.begin(); words.end() - first >= n; ++first, ++total)
      distinct.emplace(first, first + n);
  }
  return total == 0 ? 0 : static_cast<double>(distinct.size()) / static_cast<double>(total);
}

}  // namespace nudge
