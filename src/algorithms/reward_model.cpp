#include "algorithms/reward_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/random.h"
#include "data/sampler.h"
#include "evaluation/report/reward_report.h"
#include "evaluation/reward_evaluation.h"
#include "evaluation/statistics.h"
#include "generation/engine.h"
#include "reward_models/place_scores.h"
#include "reward_models/reward_model.h"
#include "rollout/collector.h"
#include "tensor/aten.h"
#include "training/finite_step.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;
using Examples = std::vector<RewardExample>;

// How often head `head` sees training prompt `index`: a Poisson(1) draw (Oza and Russell 2001).
double draws(std::uint64_t seed, std::int64_t index, std::int64_t head) {
  Stream stream(seed, "bootstrap head " + std::to_string(head), static_cast<std::uint64_t>(index));
  double count = 0;
  for (double product = stream.uniform(); product > std::exp(-1.0); product *= stream.uniform()) ++count;
  return count;
}

// Trains one model on one set of examples, a step at a time.
class Fitting {
 public:
  Fitting(Decoder& model, const Examples& examples, const RewardObjective& objective,
          const RewardModelConfig& config, std::uint64_t seed)
      : model_(model),
        examples_(examples),
        objective_(objective),
        config_(config),
        seed_(seed),
        free_(objective.free),
        sampler_(static_cast<std::int64_t>(examples.size()), config.per_device_train_batch_size, seed),
        learner_(model, "reward", config.optimizer, config.schedule,
                 sampler_.steps_of_training(config.num_train_epochs, config.max_steps)),
        finite_("reward", "prompt",
                [](std::int64_t index) { return fmt::format("prompt {} of the training set", index + 1); }) {}

  StepReport step(std::int64_t index) {
    const auto parts = micro_batches(sampler_.batch_at(index), config_.micro_batch_tokens,
                                     [&](std::int64_t i) { return examples_[i].tokens(); });
    const auto free_F = at::tensor(free_, at::kDouble).to(at::kFloat).requires_grad_();
    StepReport report = finite_.take(parts, [&](const auto& finite) {
      return learner_.step(std::ssize(finite), [&](std::int64_t part) { return loss(finite[part], free_F); });
    });
    descend(free_F, report);
    return report;
  }

  std::int64_t steps() const {
    return sampler_.steps_of_training(config_.num_train_epochs, config_.max_steps);
  }
  const EpochSampler& sampler() const { return sampler_; }
  Learner& learner() { return learner_; }
  std::vector<double>& free() { return free_; }

  const FiniteSteps& finite() const { return finite_; }

 private:
  // A prompt with a score that is no number is one that the step is taken without.
  void require_finite(const Indices& chosen, const at::Tensor& scores_NH) const {
    const at::Tensor finite_N = scores_NH.detach().isfinite().all(1);
    NoFiniteLoss found;
    std::int64_t first = 0;
    for (const std::int64_t index : chosen) {
      const std::int64_t places = std::ssize(examples_[index].places);
      if (!finite_N.narrow(0, first, places).all().item<bool>()) found.indices.push_back(index);
      first += places;
    }
    if (!found.indices.empty()) throw found;
  }

  LossSum loss(const Indices& chosen, const at::Tensor& free_F) {
    std::vector<const RewardExample*> batch;
    for (const std::int64_t index : chosen) batch.push_back(&examples_[index]);
    const at::Tensor scores_NH = place_scores(model_, batch);
    require_finite(chosen, scores_NH);
    LossSum total;
    for (std::int64_t head = 0; head < scores_NH.size(1); ++head) {
      const LossSum of_head = head_loss(scores_NH.select(1, head), chosen, head, free_F);
      total.sum = total.sum.defined() ? total.sum + of_head.sum : of_head.sum;
      total.count += of_head.count;
      total.metrics.merge(of_head.metrics);
    }
    total.metrics.lowest("min_reward", scores_NH.min().item<double>());
    total.metrics.highest("max_reward", scores_NH.max().item<double>());
    return total;
  }

  LossSum head_loss(const at::Tensor& scores_N, const Indices& chosen, std::int64_t head,
                    const at::Tensor& free_F) const {
    std::vector<RankedItems> comparisons;
    std::vector<double> labels, weights;
    std::int64_t first = 0;
    for (const std::int64_t index : chosen) {
      const RewardExample& example = examples_[index];
      add_comparisons(example, first, head, weight_of(index, head), comparisons);
      labels.insert(labels.end(), example.labels.begin(), example.labels.end());
      for (std::size_t i = 0; i < example.labels.size(); ++i)
        weights.push_back(weight_of(index, head) / places_beside(example, i));
      first += static_cast<std::int64_t>(example.places.size());
    }
    if (labels.empty()) return objective_.comparisons(scores_N, comparisons, free_F);
    return labelled_loss(scores_N, labels, weights, free_F);
  }

  LossSum labelled_loss(const at::Tensor& scores_N, const std::vector<double>& labels,
                        const std::vector<double>& weights, const at::Tensor& free_F) const {
    const auto labels_N = at::tensor(labels, at::kDouble).to(at::kFloat),
               weights_N = at::tensor(weights, at::kDouble).to(at::kFloat);
    const at::Tensor losses_N = objective_.labels(scores_N, labels_N, free_F);
    LossSum loss{(weights_N * losses_N).sum(), weights_N.sum(at::kDouble).item<double>(), {}};
    loss.metrics.add("mean_reward", (weights_N * scores_N.detach()).sum(at::kDouble).item<double>(),
                     loss.count);
    return loss;
  }

  // All comparisons of a prompt under this head weigh as `weight` together; those for this head alone as 1.
  static void add_comparisons(const RewardExample& example, std::int64_t first, std::int64_t head,
                              double weight, std::vector<RankedItems>& all) {
    const auto belongs = [&](const auto& each) { return each.head == kEveryHead || each.head == head; };
    const auto count = static_cast<double>(std::ranges::count_if(example.comparisons, belongs));
    for (const auto& comparison : example.comparisons) {
      if (!belongs(comparison)) continue;
      const double share = (comparison.head == kEveryHead ? weight : 1) / count;
      RankedItems& items =
          all.emplace_back(RankedItems{comparison.items, comparison.ranks, comparison.margin, share});
      for (std::int64_t& item : items.items) item += first;
    }
  }

  // Labels of one answer weigh as one together.
  static double places_beside(const RewardExample& example, std::size_t place) {
    const std::int64_t sequence = example.places[place].sequence;
    return static_cast<double>(std::ranges::count(example.places, sequence, &RewardExample::Place::sequence));
  }

  double weight_of(std::int64_t index, std::int64_t head) const {
    return model_.config().heads() > 1 && config_.bootstrap_heads ? draws(seed_, index, head) : 1;
  }

  // The loss is smooth and convex in its few own parameters: plain gradient descent is enough.
  void descend(const at::Tensor& free_F, const StepReport& report) {
    constexpr double kRate = 0.1;
    if (report.skipped || !free_F.grad().defined()) return;
    for (std::size_t i = 0; i < free_.size(); ++i)
      free_[i] -= kRate * free_F.grad()[static_cast<std::int64_t>(i)].item<double>() / report.count;
  }

  Decoder& model_;
  const Examples& examples_;
  const RewardObjective& objective_;
  const RewardModelConfig& config_;
  std::uint64_t seed_;
  std::vector<double> free_;
  EpochSampler sampler_;
  Learner learner_;
  FiniteSteps finite_;
};

// The prompts of the training set whose answers the scores are normalised on: those that leave room for one.
std::vector<Prompt> normalization_prompts(const Decoder& sft, const Examples& examples,
                                          const RewardModelConfig& config) {
  std::vector<Prompt> chosen;
  const auto room = static_cast<std::size_t>(
      std::max<std::int64_t>(0, sft.config().max_position_embeddings - config.normalization_max_new_tokens));
  for (const RewardExample& example : examples) {
    if (std::ssize(chosen) == config.normalization_samples) break;
    if (example.prompt.size() <= room) chosen.push_back(example.question);
  }
  require(config.normalization_samples == 0 || chosen.size() > 1,
          "reward: normalisation needs at least two prompts that leave room for {} new tokens in the model's "
          "context of {}, and {} of {} do; lower --normalization_max_new_tokens, or leave it out with "
          "--normalization_samples 0.",
          config.normalization_max_new_tokens, sft.config().max_position_embeddings, chosen.size(),
          examples.size());
  return chosen;
}

// Means and standard deviations that bring answers of the SFT model to mean 0 and spread 1 under each head.
void normalize(Decoder& model, const Decoder& sft, const ChatFormat& format,
               const std::vector<Prompt>& chosen, const RewardModelConfig& config, std::uint64_t seed) {
  SamplingOptions sampling;
  sampling.temperature = config.normalization_temperature;
  sampling.max_new_tokens = config.normalization_max_new_tokens;
  sampling.seed = Stream(seed, "reward-normalization")();
  Engine engine(sft);
  const auto answers = collect(chosen, format, engine, sampling, /*reward=*/nullptr, /*policy_version=*/0);

  for (RewardHead& head : model.config().reward_heads) head = {head.name, 0, 1};
  const auto scores_BH = answer_scores(model, format, answers, config.micro_batch_tokens);
  const auto count = static_cast<double>(scores_BH.size());
  for (std::size_t h = 0; h < model.config().reward_heads.size(); ++h) {
    double mean = 0, variance = 0;
    for (const auto& scores : scores_BH) mean += scores[h] / count;
    for (const auto& scores : scores_BH) variance += (scores[h] - mean) * (scores[h] - mean) / (count - 1);
    require(variance > 0,
            "reward: every answer of the SFT model gets the same score {}; the reward model learned nothing.",
            mean);
    model.config().reward_heads[h].mean = mean;
    model.config().reward_heads[h].std = std::sqrt(variance);
  }
}

// One score for each place: that of the head, or the mean over all.
std::vector<double> scores_for(std::int64_t head, const std::vector<std::vector<double>>& by_head) {
  if (head != kEveryHead) return by_head[static_cast<std::size_t>(head)];
  std::vector<double> mean(by_head.front().size());
  for (const std::vector<double>& scores : by_head)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += scores[i] / static_cast<double>(by_head.size());
  return mean;
}

// The answers of one comparison with the scores of their places.
ScoredAnswers scored_answers(const RewardExample& example, const RewardExample::Comparison& comparison,
                             const std::vector<double>& place_scores) {
  ScoredAnswers scored{.answers = comparison.answers};
  for (const std::int64_t item : comparison.items) {
    const auto& sequence = example.sequences[example.places[item].sequence];
    scored.scores.push_back(place_scores[item]);
    scored.lengths.push_back(static_cast<std::int64_t>(sequence.size() - example.shared));
  }
  return scored;
}

Json label_evaluation(const std::vector<double>& labels, const std::vector<double>& scores) {
  Json result = {{"labels", labels.size()}, {"correlation", pearson(labels, scores)}};
  const bool binary = std::ranges::all_of(labels, [](double label) { return label == 0 || label == 1; });
  if (!binary) return result;
  double right = 0, ones = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    right += scores[i] == 0 ? 0.5 : (scores[i] > 0) == (labels[i] == 1);
    ones += labels[i];
  }
  const auto count = static_cast<std::int64_t>(labels.size());
  const Interval accuracy = wilson_interval(right, count);
  result["accuracy"] = {{"value", accuracy.value}, {"low", accuracy.low}, {"high", accuracy.high}};
  result["majority_alone_accuracy"] = std::max(ones, count - ones) / static_cast<double>(count);
  return result;
}

// The first prompts of the training set, in the order of a shuffle of their own, so that each share holds the
// smaller ones.
Examples first_share(const Examples& examples, double share, std::uint64_t seed) {
  const auto order = Stream(seed, "learning-curve").permutation(static_cast<std::int64_t>(examples.size()));
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(examples.size())));
  Examples chosen;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i) chosen.push_back(examples[order[i]]);
  return chosen;
}

std::int64_t comparisons_in(const Examples& examples) {
  std::int64_t count = 0;
  for (const RewardExample& each : examples) count += static_cast<std::int64_t>(each.comparisons.size());
  return count;
}

Json curve_point(double share, const Examples& examples, const Json& evaluation) {
  Json point = {{"share", share}, {"prompts", examples.size()}, {"comparisons", comparisons_in(examples)}};
  for (const char* measure : {"accuracy", "log_loss_after_temperature", "correlation"})
    if (evaluation.contains(measure)) point[measure] = evaluation[measure];
  return point;
}

// Fresh models on growing shares of the prompts, judged on the same held-out ones; the finished model is the
// last point.
Json learning_curve(const Decoder& sft, const RewardModelData& data, const RewardObjective& objective,
                    const RewardModelConfig& config, std::uint64_t seed, const Json& finished) {
  Json points = Json::array();
  for (const double share : config.learning_curve) {
    const Examples chosen = first_share(data.train, share, seed);
    const auto model = sft.clone_with_scalar_head();
    Fitting fitting(*model, chosen, objective, config, seed);
    Progress progress(fmt::format("reward on {:.3g} of the prompts", share), fitting.steps(), "step");
    for (std::int64_t step = 0; step < fitting.steps(); ++step) {
      fitting.step(step);
      progress.update(step + 1);
    }
    progress.finish();
    points.push_back(curve_point(
        share, chosen, reward_model_evaluation(*model, data.eval, data.rankings, config.micro_batch_tokens)));
  }
  points.push_back(curve_point(1, data.train, finished));
  return points;
}

Json evaluated(const Decoder& model, const Decoder& sft, const RewardModelData& data,
               const RewardObjective& objective, const RewardModelConfig& config, std::uint64_t seed,
               const std::vector<double>& free) {
  Json evaluation = Json::object();
  if (!data.eval.empty())
    evaluation = reward_model_evaluation(model, data.eval, data.rankings, config.micro_batch_tokens);
  evaluation["too_long_left_out"] = data.too_long;
  evaluation["ties_seen"] = data.ties;
  if (!free.empty()) evaluation["thresholds"] = free;
  if (!config.learning_curve.empty() && !data.eval.empty())
    evaluation["learning_curve"] = learning_curve(sft, data, objective, config, seed, evaluation);
  return evaluation;
}

// What is too little to learn from, or to measure with.
constexpr std::int64_t kFewSteps = 20, kFewPairs = 30;

std::string in_percent(const Json& interval) {
  const auto percent = [&](const char* key) { return 100 * interval.at(key).get<double>(); };
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", percent("value"), percent("low"), percent("high"));
}

std::string held_out_text(const Json& evaluation) {
  if (evaluation.contains("pairs")) {
    const auto pairs = evaluation["pairs"].get<std::int64_t>();
    return fmt::format("Held out: {} of {} pairs are told apart as the raters did{}.",
                       in_percent(evaluation["accuracy"]), pairs,
                       pairs < kFewPairs ? "; so few say little, raise --eval_share or gather more" : "");
  }
  if (evaluation.contains("labels"))
    return fmt::format("Held out: score and label of {} answers correlate by {:.3f}{}.",
                       evaluation["labels"].get<std::int64_t>(), evaluation["correlation"].get<double>(),
                       evaluation.contains("accuracy") ? fmt::format(", and {} are on the right side of 0",
                                                                     in_percent(evaluation["accuracy"]))
                                                       : "");
  return "Nothing was held out, so nothing says how good the scores are: give --eval_share, or ask nudge "
         "reward "
         "evaluate.";
}

std::vector<std::string> remarks_on(const Json& evaluation, std::int64_t steps) {
  std::vector<std::string> remarks{held_out_text(evaluation)};
  if (steps < kFewSteps)
    remarks.push_back(fmt::format(
        "It took {} optimizer step{}, hardly enough to learn anything: lower --per_device_train_batch_size, "
        "raise --num_train_epochs, or gather more comparisons.",
        steps, steps == 1 ? "" : "s"));
  if (evaluation.contains("pairs"))
    remarks.emplace_back("Where it is right and where wrong stands in report.html beside it.");
  return remarks;
}

}  // namespace

void declare(Options& options, RewardModelConfig& config) {
  options.rule([&config] {
    if (config.normalization_samples == 1)
      throw UsageError(
          "--normalization_samples must be 0 (leave the scores as they are) or at least 2, because one "
          "answer "
          "has no spread, and it is 1.");
  });
  options.section("Training");
  options
      .add("per_device_train_batch_size", config.per_device_train_batch_size,
           "Prompts in each optimizer step, with all pairs of each.")
      .within(at_least(1));
  options
      .add("micro_batch_tokens", config.micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
  options
      .add("num_train_epochs", config.num_train_epochs,
           "Passes over the prompts; more than one overfits soon.")
      .within(above(0));
  options.add("max_steps", config.max_steps, "Optimizer steps; absent or -1: as num_train_epochs says.")
      .within(or_else(at_least(1), -1))
      .also("steps");
  options
      .add("max_length", config.max_length,
           "Answers that are longer, with their prompt, are left out; 0: as many as the model takes, at most "
           "1024.")
      .within(or_else(at_least(2), 0));
  options.add("eval_share", config.eval_share, "Share of prompts held out.").within(from_below(0, 1));
  options.add(
      "bootstrap_heads", config.bootstrap_heads,
      "Let each of several heads see its own draw of the prompts (online bootstrap), so that they differ.");
  options
      .add("learning_curve", config.learning_curve,
           "Train again on these shares of the prompts, as in 0.125 0.25 0.5, to see what more labels bring.")
      .within(above_up_to(0, 1));
  options.section("Normalisation");
  options
      .add(
          "normalization_samples", config.normalization_samples,
          "Answers of the SFT model whose scores become mean 0 and standard deviation 1; 0: leave the scores "
          "as they come.")
      .within(at_least(0));
  options
      .add("normalization_temperature", config.normalization_temperature,
           "Temperature at which they are sampled.")
      .within(at_least(0));
  options
      .add("normalization_max_new_tokens", config.normalization_max_new_tokens, "Longest of them, in tokens.")
      .within(at_least(1));
  declare(options, config.optimizer);
  declare(options, config.schedule);
}

RewardModelData split_by_prompt(std::vector<RewardExample> examples, double eval_share, std::uint64_t seed) {
  RewardModelData data;
  for (RewardExample& example : examples) {
    const std::string key(reinterpret_cast<const char*>(example.prompt.data()),
                          example.prompt.size() * sizeof(TokenId));
    const bool held_out = Stream(seed, "reward-split " + sha256(key)).uniform() < eval_share;
    (held_out ? data.eval : data.train).push_back(std::move(example));
  }
  require(
      !data.train.empty() || !data.eval.empty(),
      "reward: there is no prompt left to learn from: every record was left out (too long for --max_length, "
      "or without a difference).");
  require(!data.train.empty(), "reward: every prompt is held out; lower --eval_share or give more data.");
  return data;
}

Json reward_model_evaluation(const Decoder& model, const std::vector<RewardExample>& examples,
                             const std::vector<Ranking>& rankings, std::int64_t micro_batch_tokens) {
  // A score's unit is that in which the likelihood of a comparison is a function of differences.
  const auto scores = all_place_scores(model, examples, micro_batch_tokens);
  std::vector<ScoredPair> pairs;
  std::vector<double> labels, label_scores;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    for (const auto& comparison : examples[i].comparisons) {
      const auto of_comparison =
          scored_pairs(rankings[comparison.record],
                       scored_answers(examples[i], comparison, scores_for(comparison.head, scores[i])));
      pairs.insert(pairs.end(), of_comparison.begin(), of_comparison.end());
    }
    if (examples[i].labels.empty()) continue;
    const auto means = scores_for(kEveryHead, scores[i]);
    labels.insert(labels.end(), examples[i].labels.begin(), examples[i].labels.end());
    label_scores.insert(label_scores.end(), means.begin(), means.end());
  }
  return labels.empty() ? reward_evaluation(pairs) : label_evaluation(labels, label_scores);
}

Ending train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                          const RewardModelData& data, const RewardObjective& objective,
                          const RewardModelConfig& config, const RunOptions& options, Run& run) {
  check_options(config);
  const auto normalized_on = normalization_prompts(sft, data.train, config);
  Fitting fitting(model, data.train, objective, config, options.seed);
  std::vector<Kept> own{kept(fitting.learner())};
  for (std::size_t i = 0; i < fitting.free().size(); ++i)
    own.push_back(kept("threshold_" + std::to_string(i), fitting.free()[i]));
  StepLoop loop({"reward", fitting.steps(), fitting.sampler().batch_in_words("prompts", 1)}, options, run,
                std::move(own));

  while (loop.next()) {
    const StepReport report = fitting.step(loop.step());
    StepNumbers numbers = described(report);
    auto& [metrics, latest, timing, shown, vitals] = numbers;
    describe_left_out(fitting.finite(), "prompts", metrics);
    latest.set("epoch", fitting.sampler().epochs_after(loop.step()));
    for (std::size_t i = 0; i < fitting.free().size(); ++i)
      latest.set("threshold_" + std::to_string(i), fitting.free()[i]);
    timing.set("prompts_per_second", static_cast<double>(fitting.sampler().batch()) / loop.seconds());
    shown.set("loss", report.loss);
    vitals.loss = report.loss;
    vitals.accuracy = report.metrics.mean(kRewardAccuracy);
    shown.set("train accuracy", vitals.accuracy);
    loop.record(numbers);
  }

  loop.save_finished();  // what follows may fail
  if (!normalized_on.empty()) normalize(model, sft, format, normalized_on, config, options.seed);
  const Json evaluation = evaluated(model, sft, data, objective, config, options.seed, fitting.free());
  write_file(run.folder() / "evaluation.json", to_pretty(evaluation));
  if (evaluation.contains("pairs"))
    write_file(run.folder() / "report.html",
               report::reward_report(evaluation, run.folder().filename().string()));
  return loop.finish(model, format.tokenizer(), remarks_on(evaluation, fitting.steps()));
}

}  // namespace nudge
