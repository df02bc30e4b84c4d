#include "assembly/rater_utilities.h"

#include <cmath>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "reward_models/reward_model.h"

namespace nudge {
namespace {

template <class Score>
Utilities each(const std::vector<CandidateSet>& sets, Score score) {
  Utilities all;
  for (const CandidateSet& set : sets) {
    all.emplace_back();
    for (const Candidate& candidate : set.candidates) all.back().push_back(score(set.prompt, candidate));
  }
  return all;
}

double tokens_sampled(const Prompt& prompt, const Candidate& candidate) {
  const std::string where = "scorer length: a completion of \"" + prompt.question() + "\"";
  return static_cast<double>(get<Json>(candidate.record, "tokens", where).size());
}

Utilities reward_model_scores(const std::string& folder, const ModelOptions& models,
                              const std::vector<CandidateSet>& sets) {
  const LoadedModel loaded = read_scalar_model(folder, models);
  std::vector<Trajectory> answers;
  for (const CandidateSet& set : sets)
    for (const Candidate& candidate : set.candidates)
      answers.push_back({.prompt = set.prompt, .completion = candidate.text, .ended = candidate.ended});
  const auto scores = answer_scores(*loaded.model, loaded.format, answers);
  std::size_t next = 0;
  return each(sets, [&](const Prompt& prompt, const Candidate&) {
    const double score = scores[next++].front();
    require(
        !std::isnan(score),
        "scorer reward_model:{}: it cannot read an answer to \"{}\": with its prompt it exceeds the model's "
        "context of {} tokens, or its score is no number; leave it out.",
        folder, prompt.question(), loaded.model->config().context());
    return score;
  });
}

}  // namespace

Utilities utilities(const std::string& scorer, const world::RaterLeanings& leanings,
                    const ModelOptions& models, const std::vector<CandidateSet>& sets) {
  const std::size_t colon = scorer.find(':');
  const std::string kind = scorer.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : scorer.substr(colon + 1);
  if (scorer == "world")
    return each(sets, [&](const Prompt& prompt, const Candidate& candidate) {
      return world::rater_utility(prompt, candidate.text, candidate.ended, leanings);
    });
  if (scorer == "length") return each(sets, tokens_sampled);
  if (kind == "field" && !rest.empty())
    return each(sets, [&](const Prompt& prompt, const Candidate& candidate) {
      return get<double>(candidate.record, rest,
                         "scorer field: a completion of \"" + prompt.question() + "\"");
    });
  if (kind == "reward_model" && !rest.empty()) return reward_model_scores(rest, models, sets);
  throw UsageError(fmt::format(
      "--scorer must be world, length, field:NAME or reward_model:DIR, and it is \"{}\".", scorer));
}

std::optional<Utilities> gold_scores(const std::string& scorer, const std::vector<CandidateSet>& sets) {
  if (scorer != "world") return std::nullopt;
  return each(sets, [](const Prompt& prompt, const Candidate& candidate) {
    return world::judge(prompt, candidate.text, candidate.ended).score;
  });
}

}  // namespace nudge
