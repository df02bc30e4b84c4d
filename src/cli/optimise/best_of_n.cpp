#include "algorithms/best_of_n.h"

#include <algorithm>

#include "assembly/loaded_model.h"
#include "assembly/named_rewards.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interval_json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "data/read_prompts.h"
#include "data/records_file.h"

namespace nudge {
namespace {

// Gold stands beside the proxy only where a judge of its own gave it.
Json point_json(const BestOfNPoint& point, bool judged) {
  Json json = {{"n", point.n}, {"kl", point.kl}, {"proxy", interval_json(point.proxy)}};
  if (!judged) return json;
  json["gold"] = interval_json(point.gold);
  json["gold_picked"] = interval_json(point.gold_picked);
  return json;
}

std::string point_text(const BestOfNPoint& point, bool judged) {
  const auto measured = [](const char* name, const Interval& it) {
    return fmt::format("  {} {:+.3f} [{:+.3f}, {:+.3f}]", name, it.value, it.low, it.high);
  };
  const std::string start = fmt::format("best of {:>3}  KL {:.2f}", point.n, point.kl);
  if (!judged) return start + measured("proxy", point.proxy);
  return start + fmt::format("  proxy {:+.3f}", point.proxy.value) + measured("gold", point.gold);
}

// Up to which n the judge followed the proxy.
std::string trust_text(const std::vector<BestOfNPoint>& curve) {
  const BestOfNPoint &first = curve.front(), &last = curve.back();
  const auto best = std::ranges::max_element(curve, {}, [](const auto& point) { return point.gold.value; });
  return fmt::format(
      "best-of-n: reward from {:.3g} at n = {} to {:.3g} at n = {}, judge from {:.3g} to {:.3g}{}.",
      first.proxy.value, first.n, last.proxy.value, last.n, first.gold.value, last.gold.value,
      best->n == last.n ? ""
                        : fmt::format("; its best is {:.3g} at n = {} (KL {:.2f}), and what the reward "
                                      "gains beyond it is not worth having",
                                      best->gold.value, best->n, best->kl));
}

std::string ending(const BestOfNResult& result, bool judged, const std::string& output,
                   const std::string& model) {
  const BestOfNPoint &first = result.curve.front(), &last = result.curve.back();
  std::string text = judged
                         ? trust_text(result.curve)
                         : fmt::format(
                               "best-of-n: reward from {:.3g} at n = {} to {:.3g} at n = {}; only itself was "
                               "watched, --judge NAME shows whether the answers got better.",
                               first.proxy.value, first.n, last.proxy.value, last.n);
  text += fmt::format(
      "\nThe best of {} lie in {}/best.jsonl, best and worst as pairs in pairs.jsonl. Next:", last.n, output);
  text += fmt::format("\n  nudge sft --model {} --dataset {}/best.jsonl --output_dir RAFT", model, output);
  return text +
         fmt::format("\n  nudge dpo --model {} --dataset {}/pairs.jsonl --output_dir DPO", model, output);
}

void write_answers(const std::filesystem::path& folder, const BestOfNResult& result,
                   const std::string& reward) {
  std::string best, pairs;
  for (const Json& record : demonstrations(result)) best += to_line(record) + "\n";
  for (const PreferencePair& pair : best_worst_pairs(result, reward))
    pairs += to_line(pair_record(pair)) + "\n";
  write_file(folder / "best.jsonl", best);
  write_file(folder / "pairs.jsonl", pairs);
}

}  // namespace

int run_best_of_n(std::span<const std::string> arguments) {
  std::string model, judge, output;
  std::vector<std::string> dataset;
  std::int64_t limit = 0;
  RewardChoice rewards;
  DatasetOptions datasets;
  ModelOptions models;
  BestOfNConfig config;
  Options options("best-of-n",
                  "Keeps the best of n sampled answers by a reward model, and shows what that costs.");
  options.require("model", model, "The policy to sample from.").shown_as("DIR");
  declare(options, rewards);
  options.require("dataset", dataset, "Prompts (JSON Lines).").shown_as("FILE");
  options
      .require("output_dir", output,
               "Directory for curve.json, best.jsonl (demonstrations for sft) and pairs.jsonl (best against "
               "worst).")
      .shown_as("DIR");
  options
      .add("judge", judge,
           "A score that only watches: world, the directory of another reward model, or any other reward.")
      .shown_as("REWARD");
  options.add("n", config.n, "Numbers of samples; the largest is drawn once and serves all.")
      .within(between(1, 1 << 20));
  options.add("limit", limit, "Use only the first prompts; 0: all.").within(at_least(0));
  declare_with_model(options, datasets);
  declare(options, models);
  options.add("temperature", config.temperature, "Sampling temperature.").within(at_least(0));
  options.add("max_new_tokens", config.max_new_tokens, "Longest answer in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("seed", config.seed, "Seed of the samples.");
  options.start_with(
      {"reward", "n"},
      "nudge best-of-n --model runs/sft --reward runs/reward --dataset prompts.jsonl --output_dir runs/best");
  if (!options.parse(arguments)) return 0;
  const LoadedModel policy = reading_as(datasets, read_language_model(model, models));
  const auto reward = make_rewards(rewards, datasets, models, policy.tokenizer.get());
  const bool judged = !judge.empty();
  const auto gold = make_rewards(judged ? RewardChoice{.reward = {judge}} : rewards, datasets, models,
                                 policy.tokenizer.get());
  const std::vector<Prompt> prompts =
      read_prompts(Dataset::read(dataset, datasets.split), limit, datasets, &policy.format);
  warn_of_unscorable(*reward, prompts, Dataset::name_of(dataset));
  const BestOfNResult result = best_of_n(*policy.model, policy.format, prompts, *reward, *gold, config);

  Json curve = Json::array();
  for (const BestOfNPoint& point : result.curve) {
    curve.push_back(point_json(point, judged));
    say(point_text(point, judged));
  }
  write_file(std::filesystem::path(output) / "curve.json", to_pretty(curve));
  write_answers(output, result, reward->name());
  say(ending(result, judged, output, model));
  return 0;
}

}  // namespace nudge
