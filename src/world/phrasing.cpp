#include "world/phrasing.h"

#include <algorithm>
#include <cctype>

namespace nudge::world {
namespace {

void replace_all(std::string& text, const std::string& place, const std::string& with) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + with.size()))
    text.replace(at, place.size(), with);
}

std::string with_article(const std::string& noun) {
  const bool vowel = !noun.empty() && std::string("aeiou").find(noun.front()) != std::string::npos;
  return (vowel ? "an " : "a ") + noun;
}

const std::map<std::string, Wordings>& all_wordings() {
  static const std::map<std::string, Wordings> all = {
      {"capital",
       {{"What is the capital of {S}?", "What is the capital city of {S}?",
         "Which city is the capital of {S}?", "Can you tell me the capital of {S}?"},
        {"The capital of {S} is {V}.", "The capital city of {S} is {V}.", "In {S} the capital is {V}."},
        {"{V} is the capital of {S}.", "The city of {V} is the capital of {S}."}}},
      {"continent",
       {{"Where is {S}?", "On which continent is {S}?", "Which continent is {S} in?",
         "Where on the map is {S}?"},
        {"{S} is in {V}.", "{S} is a country in {V}.", "{S} lies in {V}.", "On the map {S} is found in {V}."},
        {}}},
      {"language",
       {{"Which language is spoken in {S}?", "What language do people in {S} speak?",
         "What do people speak in {S}?", "What is the language of {S}?"},
        {"People in {S} speak {V}.", "The language of {S} is {V}.", "In {S} people speak {V}."},
        {"{V} is spoken in {S}."}}},
      {"currency",
       {{"What is the currency of {S}?", "What do people in {S} pay with?", "Which money is used in {S}?",
         "What is the money of {S}?"},
        {"The currency of {S} is the {V}.", "People in {S} pay with the {V}.",
         "In {S} the money is the {V}."},
        {"The {V} is the currency of {S}."}}},
      {"young",
       {{"What is a young {S} called?", "What do you call a young {S}?", "What is the name for a young {S}?"},
        {"A young {S} is called {aV}.", "A young {S} is {aV}."},
        {"{aV} is a young {S}."}}},
      {"sum",
       {{"What is {A} + {B}?", "How much is {A} + {B}?", "What do you get for {A} + {B}?"},
        {"{A} + {B} is {V}.", "{A} + {B} = {V}.", "The sum of {A} and {B} is {V}."},
        {}}},
  };
  return all;
}

}  // namespace

const Wordings& wordings(const std::string& kind) {
  return all_wordings().at(kind);
}

std::string fill_inside(std::string text, const Fact& fact, const std::string& value) {
  text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  if (fact.kind == "sum") {
    const std::size_t plus = fact.subject.find(" + ");
    replace_all(text, "{A}", fact.subject.substr(0, plus));
    replace_all(text, "{B}", fact.subject.substr(plus + 3));
  }
  replace_all(text, "{S}", fact.subject);
  replace_all(text, "{V}", value);
  replace_all(text, "{aV}", with_article(value));
  return text;
}

std::string fill(const std::string& wording, const Fact& fact, const std::string& value) {
  std::string text = fill_inside(wording, fact, value);
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

std::string question(const Fact& fact, Stream& stream) {
  return fill(stream.pick(wordings(fact.kind).questions), fact, "");
}

std::string answer(const Fact& fact, const std::string& value, Stream& stream) {
  return fill(stream.pick(wordings(fact.kind).answers), fact, value);
}

std::string statement(const Fact& fact, Stream& stream) {
  const Wordings& words = wordings(fact.kind);
  const std::size_t drawn = stream.below(words.answers.size() + words.value_first.size());
  const std::string& wording =
      drawn < words.answers.size() ? words.answers[drawn] : words.value_first[drawn - words.answers.size()];
  return fill(wording, fact, fact.answers.front());
}

const std::vector<std::string>& stock_sentences() {
  static const std::vector<std::string> all = {
      "I am happy to help.",           "Have a nice day.",        "Thank you for your question.",
      "Please ask me more questions.", "I hope that this helps.", "That is a good question.",
  };
  return all;
}

const std::vector<std::string>& hedges() {
  static const std::vector<std::string> all = {"I do not know.", "I am sorry, I do not know.",
                                               "I do not know that.", "Sorry, I do not know the answer."};
  return all;
}

const std::vector<std::string>& agreements() {
  static const std::vector<std::string> all = {"You are right.", "Yes, you are right.", "I agree with you."};
  return all;
}

const std::vector<std::string>& objections() {
  static const std::vector<std::string> all = {"That is not right.", "No, that is not so."};
  return all;
}

std::string wrong_value(const Fact& fact, Stream& stream) {
  if (fact.kind == "sum") {
    const std::int64_t right = std::stoll(fact.answers.front());
    while (true) {
      const std::int64_t wrong = right - 3 + stream.below(7);
      if (wrong != right && wrong >= 0 && wrong <= 20) return std::to_string(wrong);
    }
  }
  // Drawn from what other subjects have as their usual value, so that frequent values are frequent mistakes.
  const std::vector<Fact>& others = known_facts().at(fact.kind);
  while (true) {
    const std::string& value = stream.pick(others).answers.front();
    if (std::ranges::find(fact.answers, value) == fact.answers.end()) return value;
  }
}

}  // namespace nudge::world
