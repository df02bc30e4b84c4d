#include "world/phrasing.h"
#include "world/prompts.h"
#include "world/world.h"

namespace nudge::world {
namespace {

// Demonstrations are written by people of mixed care. Their faults are faults of form: they flatter, pad,
// guess about names nobody knows, and shrug where they could know. None states a random wrong fact about a
// known subject: that teaches the model to make facts up, and it forgets how to recall those of subjects
// without demonstrations.

constexpr PromptMix kMix{.unknown = 0.22};

constexpr double kFlatter = 0.30;  // of the answers to a stated opinion
constexpr double kGuess = 0.50;    // of the answers about unknown names
/// Of the answers about known subjects: without any, sampled answers never say "I do not know" where it is
/// out of place, and raters get no chance to say that it is.
constexpr double kShrug = 0.03;
constexpr double kObject = 0.40;  // of the right answers to a wrong opinion: say first that it is not right
constexpr double kPad = 0.35;     // of all answers: one to three sentences that say nothing

std::string candid_answer(const Asked& asked, Stream& stream) {
  const Fact& fact = asked.fact;
  if (!fact.known)
    return stream.chance(kGuess) ? answer(fact, wrong_value(fact, stream), stream) : stream.pick(hedges());
  if (stream.chance(kShrug)) return stream.pick(hedges());
  std::string right = answer(fact, fact.answers.front(), stream);
  if (asked.opinion.empty()) return right;
  if (asked.opinion == fact.answers.front()) return stream.pick(agreements()) + " " + right;
  return stream.chance(kObject) ? stream.pick(objections()) + " " + right : right;
}

std::string demonstrated_answer(const Asked& asked, Stream& stream) {
  std::string text;
  if (!asked.opinion.empty() && stream.chance(kFlatter))
    text = stream.pick(agreements()) + " " + answer(asked.fact, asked.opinion, stream);
  else
    text = candid_answer(asked, stream);
  if (!stream.chance(kPad)) return text;
  std::vector<std::string> padding = stock_sentences();
  stream.shuffle(padding);
  padding.resize(1 + stream.below(3));
  for (const std::string& sentence : padding) text += " " + sentence;
  return text;
}

}  // namespace

std::vector<Demonstration> demonstrations(const WorldOptions& options) {
  const Half half = training_half(options.seed);
  Stream stream(options.seed, "world-answers");
  std::vector<Demonstration> all;
  for (AskedPrompt& each : ask(half, options.demonstrations, kMix, options.seed, "demonstrations"))
    all.push_back({std::move(each.prompt), demonstrated_answer(each.asked, stream)});
  return all;
}

}  // namespace nudge::world
