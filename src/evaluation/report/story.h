#pragma once

#include <string>

#include "base/json.h"

namespace nudge::report {

/// Tells the story of a demo run: one self-contained HTML page whose every number comes from `report`, and
/// whose words depend on what the numbers say (an interval that covers 50 % is said to settle nothing). Pure.
///
/// The contract of report.json. An interval is {"value", "low", "high"} (95 %). Every top-level key but
/// `models` may be missing; its chapter is then left out. Shares are 0 to 1; scores are in their own units.
///
///   seed      integer
///   leash     the kl_coef that the story calls "the leash"; default: the ppo model with the best mean gold
///   settings  object of plain values worth showing (sizes, temperatures)
///   stages    [{title, command}]: command lines in order
///   title     overline of the page; default: of a demo
///   about     a sentence on the model and the data, shown above the path
///   questions [{model, form, count, answered, asks_on, repeats: intervals; texts [{prompt, answer}],
///   optional}]: the
///             same questions at each stage, the base model's forms first
///   tasks     [{model, task, count, right (interval)}]: benchmarks that a program checks
///   reward_models  [{name, pairs, accuracy, length_alone (intervals), ceiling (interval, optional)}]
///   base      as `nudge world probe` writes it: cloze {all, KIND: interval}, bare {answered,
///   next_is_question:
///             interval, texts [{prompt, answer}]}, few_shot [{form "quiz" | "other", shots, right:
///             interval}]
///   raters    {pairs, ties, skipped: integers; agreement (of two raters), own_utility_agreement,
///             gold_agreement, longer_preferred: intervals}, each optional
///   reward_model  as `nudge reward` writes evaluation.json: pairs, prompts, accuracy (interval), ece,
///             ece_after_temperature, temperature, length_correlation, length_alone_accuracy,
///             longer_preferred (interval); and gold_agreement (interval), reliability [{predicted, observed,
///             count}], each optional
///   models    [{name, kind "sft" | "ppo" | "offline" | "online", kl_coef (ppo), and what `nudge eval`
///   writes: prompts,
///             judge (gold), judge_gain, win_rate, proxy, kl, length_words, ended: intervals; distinct,
///             perplexity: numbers; world {right_plain, right_despite_opinion, dont_know_unknown,
///             dont_know_known, guess_unknown, flattery: intervals}}], the sft model among them
///   ppo_curves  [{name (of a model), steps: lines of its metrics.jsonl}]
///   best_of_n   as `nudge best-of-n` writes curve.json: [{n, kl, proxy, gold, gold_picked: intervals}]
///   texts     [{question, tags [text], answers [{model, answer, gold (optional)}]}]
///   gained, lost   the same: where the leash's gold is most above and most below SFT's
///   length_reward  [{model, points [[words, proxy]]}]: single answers, for the scatter of length against
///   reward
///
/// `made` holds what was true of this machine alone, {"what": "said"}: the version, processor, threads, date,
/// seconds.
///
/// Throws Error naming the key when something has another type, or when there is no sft model.
std::string story(const Json& report, const Json& made = Json::object());

}  // namespace nudge::report
