#include <functional>
#include <set>
#include <string>

#include "world/phrasing.h"
#include "world/world.h"

namespace nudge::world {
namespace {

std::string join(const std::vector<std::string>& parts, const std::string& with) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : with) + part;
  return text;
}

/// lowest, ..., highest.
std::size_t count_between(std::size_t lowest, std::size_t highest, Stream& stream) {
  return lowest + stream.below(highest - lowest + 1);
}

/// Countries are asked about most: there are the most of them. Animals and sums get a tenth each.
const std::string& any_kind(Stream& stream) {
  static const std::vector<std::string> weighted = {"capital",  "capital",  "continent", "continent",
                                                    "language", "language", "currency",  "currency",
                                                    "young",    "sum"};
  return stream.pick(weighted);
}

const Fact& any_fact(const std::string& kind, Stream& stream) {
  return stream.pick(known_facts().at(kind));
}

std::string encyclopaedia(Stream& stream) {
  const std::size_t country = stream.below(countries().size());
  std::vector<std::string> order = country_kinds();
  stream.shuffle(order);
  order.resize(count_between(2, 4, stream));
  std::vector<std::string> sentences;
  for (const std::string& kind : order)
    sentences.push_back(statement(known_facts().at(kind)[country], stream));
  return join(sentences, " ");
}

std::string mixed_facts(Stream& stream) {
  std::vector<std::string> lines;
  for (std::size_t n = count_between(3, 6, stream); n > 0; --n)
    lines.push_back(statement(any_fact(stream.pick(country_kinds()), stream), stream));
  return join(lines, "\n");
}

std::string animal_facts(Stream& stream) {
  std::vector<std::string> sentences;
  for (std::size_t n = count_between(2, 4, stream); n > 0; --n)
    sentences.push_back(statement(any_fact("young", stream), stream));
  return join(sentences, " ");
}

std::string sums(Stream& stream) {
  std::vector<std::string> lines;
  for (std::size_t n = count_between(3, 6, stream); n > 0; --n)
    lines.push_back(statement(any_fact("sum", stream), stream));
  return join(lines, "\n");
}

/// What a page of questions is about: one attribute, one country, or anything.
std::vector<Fact> related_facts(std::size_t count, Stream& stream) {
  const std::uint64_t theme = stream.below(3);
  const std::string& kind = any_kind(stream);
  const std::size_t country = stream.below(countries().size());
  std::vector<std::string> order = country_kinds();
  stream.shuffle(order);
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < count; ++i) {
    if (theme == 0)
      facts.push_back(any_fact(kind, stream));
    else if (theme == 1)
      facts.push_back(known_facts().at(order[i % order.size()])[country]);
    else
      facts.push_back(any_fact(any_kind(stream), stream));
  }
  return facts;
}

/// The page that makes a base model go on with questions instead of answering.
std::string question_list(Stream& stream) {
  std::vector<std::string> lines;
  std::set<std::string> asked;
  for (const Fact& fact : related_facts(count_between(4, 8, stream), stream)) {
    const std::string line = question(fact, stream);
    if (asked.insert(line).second) lines.push_back(line);
  }
  return join(lines, "\n");
}

std::string quiz(Stream& stream) {
  std::vector<std::string> lines;
  for (const Fact& fact : related_facts(count_between(3, 6, stream), stream)) {
    lines.push_back("Q: " + question(fact, stream));
    lines.push_back("A: " + answer(fact, fact.answers.front(), stream));
  }
  return join(lines, "\n");
}

/// Small talk: where the words of later answers are first met.
std::string talk(Stream& stream) {
  static const std::vector<std::string> greetings = {"Dear friend,", "Hello.", "Good morning.", "Good day."};
  static const std::vector<std::string> opinions = {"I think that it is so.", "My friend says that it is so.",
                                                    "I believe that it is true.", "Is that right?"};
  std::vector<std::string> sentences = {stream.pick(stock_sentences()), stream.pick(stock_sentences()),
                                        stream.pick(hedges()),          stream.pick(agreements()),
                                        stream.pick(objections()),      stream.pick(opinions)};
  stream.shuffle(sentences);
  sentences.resize(count_between(2, 4, stream));
  if (stream.chance(0.5)) sentences.insert(sentences.begin(), stream.pick(greetings));
  return join(sentences, " ");
}

struct DocumentKind {
  double share;
  std::string (*write)(Stream& stream);
};

/// Questions that lead to more questions must outweigh questions that lead to answers, or the base model
/// answers at once; below a fifth of quizzes, fine-tuning extracts the facts of subjects without
/// demonstrations badly.
constexpr DocumentKind kKinds[] = {
    {0.30, encyclopaedia}, {0.10, mixed_facts}, {0.05, animal_facts}, {0.05, sums},
    {0.27, question_list}, {0.20, quiz},        {0.03, talk},
};

std::string document(Stream stream) {
  double place = stream.uniform();
  const DocumentKind* kind = kKinds;
  while (place >= kind->share && kind + 1 != std::end(kKinds)) place -= (kind++)->share;
  return kind->write(stream);
}

std::vector<std::string> documents(const std::string& purpose, std::uint64_t seed, std::int64_t count) {
  std::vector<std::string> all;
  all.reserve(count);
  for (std::int64_t i = 0; i < count; ++i) all.push_back(document(Stream(seed, purpose, i)));
  return all;
}

}  // namespace

std::vector<std::string> corpus(const WorldOptions& options) {
  return documents("world-document", options.seed, options.documents);
}

std::vector<std::string> eval_corpus(const WorldOptions& options) {
  return documents("world-eval-document", options.seed, options.eval_documents);
}

}  // namespace nudge::world
