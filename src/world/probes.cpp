#include "base/error.h"
#include "world/phrasing.h"
#include "world/prompts.h"
#include "world/world.h"

namespace nudge::world {
namespace {

/// Every fact of the evaluation half that the corpus tells, in a fixed order without pattern, so that any
/// first part is a fair sample.
std::vector<Fact> probed_facts(const WorldOptions& options) {
  std::vector<Fact> facts;
  const Half half = evaluation_half(options.seed);
  for (const std::string& kind : kinds())
    facts.insert(facts.end(), half.known.at(kind).begin(), half.known.at(kind).end());
  Stream(options.seed, "world-probes").shuffle(facts);
  return facts;
}

Prompt plain(const Fact& fact, std::string text) {
  std::string id = fact.kind + " of " + fact.subject;
  return {.id = std::move(id), .text = std::move(text), .extra = judge_columns({fact, ""}, "eval")};
}

/// The question of a probe is worded alike bare and behind examples.
std::string probe_question(const Fact& fact, const WorldOptions& options, std::size_t index) {
  Stream stream(options.seed, "world-probe-question", index);
  return question(fact, stream);
}

/// Worked examples about subjects of the training half.
std::vector<Fact> example_facts(const Half& half, std::int64_t shots, Stream& stream) {
  std::vector<Fact> facts;
  for (std::int64_t i = 0; i < shots; ++i) facts.push_back(stream.pick(half.known.at(stream.pick(kinds()))));
  return facts;
}

}  // namespace

std::vector<Prompt> cloze_prompts(const WorldOptions& options) {
  std::vector<Prompt> prompts;
  for (const Fact& fact : probed_facts(options)) {
    std::string wording = wordings(fact.kind).answers.front();
    wording.resize(wording.find_last_of('{') - 1);  // up to the blank before the value
    prompts.push_back(plain(fact, fill(wording, fact, "")));
  }
  return prompts;
}

std::vector<Prompt> bare_questions(const WorldOptions& options) {
  std::vector<Prompt> prompts;
  for (const Fact& fact : probed_facts(options))
    prompts.push_back(plain(fact, probe_question(fact, options, prompts.size())));
  return prompts;
}

std::vector<Prompt> few_shot_prompts(const WorldOptions& options, std::int64_t shots,
                                     const std::string& form) {
  require(form == "quiz" || form == "other",
          "few-shot prompts: the form must be \"quiz\" or \"other\", not \"{}\".", form);
  require(shots >= 0, "few-shot prompts: the number of examples must not be negative, and it is {}.", shots);
  const bool as_quiz = form == "quiz";
  const std::string ask = as_quiz ? "Q: " : "", reply = as_quiz ? "\nA:" : " ->";
  const Half half = training_half(options.seed);
  std::vector<Prompt> prompts;
  for (const Fact& fact : probed_facts(options)) {
    Stream stream(options.seed, "world-few-shot", prompts.size());
    std::string text;
    for (const Fact& example : example_facts(half, shots, stream))
      text += ask + question(example, stream) + reply + " " +
              answer(example, example.answers.front(), stream) + "\n";
    text += ask + probe_question(fact, options, prompts.size()) + reply;
    prompts.push_back(plain(fact, std::move(text)));
  }
  return prompts;
}

}  // namespace nudge::world
