#include "world/claims.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "world/facts.h"

namespace nudge::world {
namespace {

bool is_word_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == '-';
}

bool phrase_at(std::string_view text, std::size_t at, std::string_view phrase) {
  if (text.substr(at, phrase.size()) != phrase) return false;
  const std::size_t end = at + phrase.size();
  return (at == 0 || !is_word_char(text[at - 1])) && (end == text.size() || !is_word_char(text[end]));
}

struct Phrase {
  std::string text;  // lower case
  bool value;        // else a name, which claims nothing
};

void longest_first(std::vector<Phrase>& phrases) {
  std::ranges::stable_sort(phrases, std::ranges::greater{},
                           [](const Phrase& phrase) { return phrase.text.size(); });
}

std::string without_the(std::string_view name) {
  return lower_case(name.starts_with("the ") ? name.substr(4) : name);
}

/// Values of a kind, and every name that could hide one.
const std::vector<Phrase>& phrases_of(const std::string& kind) {
  static const std::map<std::string, std::vector<Phrase>> all = [] {
    std::map<std::string, std::vector<Phrase>> made;
    for (const std::string& each : kinds()) {
      std::vector<Phrase>& phrases = made[each];
      if (each == "sum") continue;
      for (const std::string& value : values_of(each)) phrases.push_back({lower_case(value), true});
      for (const Fact& fact : known_facts().at(each)) phrases.push_back({without_the(fact.subject), false});
      longest_first(phrases);
    }
    return made;
  }();
  return all.at(kind);
}

/// The ways of writing a subject down: a sum has many.
std::vector<Phrase> forms_of(const std::string& kind, const std::string& subject) {
  const std::size_t plus = subject.find(" + ");
  if (kind != "sum" || plus == std::string::npos) return {{without_the(subject), false}};
  const std::string first = subject.substr(0, plus), second = subject.substr(plus + 3);
  std::vector<Phrase> forms;
  for (const std::string joiner : {" + ", "+", " plus ", " and "}) {
    forms.push_back({first + joiner + second, false});
    forms.push_back({second + joiner + first, false});
  }
  return forms;
}

/// The first (longest) phrase of a list that stands at `at`, or null.
const Phrase* find_at(const std::vector<Phrase>& phrases, std::string_view text, std::size_t at) {
  for (const Phrase& phrase : phrases)
    if (phrase_at(text, at, phrase.text)) return &phrase;
  return nullptr;
}

/// A whole number without leading zeros, or "" when the word is none.
std::string number(std::string_view word) {
  if (!std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; })) return "";
  const std::size_t first = word.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(word.substr(first));
}

}  // namespace

std::vector<std::string> claimed_values(const std::string& kind, const std::string& subject,
                                        std::string_view raw) {
  const std::string text = lower_case(raw);
  const std::vector<Phrase> subject_forms = forms_of(kind, subject);
  std::vector<std::string> claims;
  auto claim = [&](const std::string& value) {
    if (std::ranges::find(claims, value) == claims.end()) claims.push_back(value);
  };
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word_char(text[at])) {
      ++at;
      continue;
    }
    const Phrase* known = find_at(phrases_of(kind), text, at);
    const Phrase* own = find_at(subject_forms, text, at);
    const Phrase* longest = !known || (own && own->text.size() >= known->text.size()) ? own : known;
    if (longest) {
      if (longest->value) claim(longest->text);
      at += longest->text.size();
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word_char(text[end])) ++end;
    const std::string digits = kind == "sum" ? number(std::string_view(text).substr(at, end - at)) : "";
    if (!digits.empty()) claim(digits);
    at = end;
  }
  return claims;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool has_phrase(std::string_view text, std::string_view phrase) {
  for (std::size_t at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at + 1))
    if (phrase_at(text, at, phrase)) return true;
  return false;
}

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    words += !blank && !inside;
    inside = !blank;
  }
  return words;
}

}  // namespace nudge::world
