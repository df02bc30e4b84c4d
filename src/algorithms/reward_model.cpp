// Learning a reward model, in the order of time: score every answer of a batch of prompts under each head, go
// down the likelihood of what raters said of them, and at last fix the unit of the scores and measure them.

#include "algorithms/reward_model.h"

#include <algorithm>
#include <cmath>

#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "data/sampler.h"
#include "evaluation/answers.h"
#include "evaluation/learning_curve.h"
#include "evaluation/reward_ending.h"
#include "evaluation/reward_model_evaluation.h"
#include "reward_models/place_scores.h"
#include "tensor/aten.h"
#include "training/finite_step.h"
#include "training/learner.h"
#include "training/step_loop.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;
using Examples = std::vector<RewardExample>;

// Trains one model on one set of examples, a step at a time.
class RewardLearner {
 public:
  RewardLearner(Decoder& model, const Examples& examples, const RewardObjective& objective,
                const RewardModelOptions& options, std::uint64_t seed);

  std::int64_t steps() const;
  std::string step_in_words() const { return sampler_.batch_in_words("prompts", 1); }
  std::vector<Kept> kept_over_steps();
  const std::vector<double>& free() const { return free_; }

  StepReport step(std::int64_t step);
  StepNumbers numbers_of(const StepReport& report, const StepLoop& loop) const;

 private:
  LossSum loss(const Indices& prompts, const at::Tensor& free_F) const;
  LossSum head_loss(const at::Tensor& scores_N, const Indices& prompts, std::int64_t head,
                    const at::Tensor& free_F) const;
  LossSum labelled_loss(const at::Tensor& scores_N, const std::vector<double>& labels,
                        const std::vector<double>& weights, const at::Tensor& free_F) const;
  void require_finite(const Indices& prompts, const at::Tensor& scores_NH) const;
  double weight_of(std::int64_t prompt, std::int64_t head) const;
  void descend(const at::Tensor& free_F, const StepReport& report);

  Decoder& model_;
  const Examples& examples_;
  const RewardObjective& objective_;
  const RewardModelOptions& options_;
  const std::uint64_t seed_;
  std::vector<double> free_;  // the loss's own parameters
  const EpochSampler sampler_;
  Learner learner_;
  FiniteSteps finite_;
};

Json measured(const Decoder& model, const Decoder& sft, const RewardModelData& data,
              const RewardObjective& objective, const RewardModelOptions& reward, std::uint64_t seed,
              const std::vector<double>& free);

}  // namespace

Ending train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                          const RewardModelData& data, const RewardObjective& objective,
                          const RewardModelOptions& reward, const RunOptions& options, Run& run) {
  check_options(reward);
  const auto prompts = normalization_prompts(sft, data.train, reward.normalization);  // may be too few
  RewardLearner learner(model, data.train, objective, reward, options.seed);
  StepLoop loop({"reward", learner.steps(), learner.step_in_words()}, options, run,
                learner.kept_over_steps());
  while (loop.next()) {
    const StepReport report = learner.step(loop.step());
    loop.record(learner.numbers_of(report, loop));
  }

  loop.save_finished();  // what follows may fail
  if (!prompts.empty()) {
    const AnswerOptions how{.temperature = reward.normalization.normalization_temperature,
                            .max_new_tokens = reward.normalization.normalization_max_new_tokens,
                            .seed = Stream(options.seed, "reward-normalization")()};
    normalize(model, format, answer(sft, format, prompts, how), reward.batch.micro_batch_tokens);
  }
  const Json evaluation = measured(model, sft, data, objective, reward, options.seed, learner.free());
  write_reward_evaluation(run.folder(), evaluation);
  return loop.finish(model, format.tokenizer(), reward_remarks(evaluation, learner.steps()));
}

namespace {

RewardLearner::RewardLearner(Decoder& model, const Examples& examples, const RewardObjective& objective,
                             const RewardModelOptions& options, std::uint64_t seed)
    : model_(model),
      examples_(examples),
      objective_(objective),
      options_(options),
      seed_(seed),
      free_(objective.free),
      sampler_(std::ssize(examples), options.batch.per_step(), seed),
      learner_(model, "reward", options.optimizer, options.schedule, steps()),
      finite_("reward", "prompt",
              [](std::int64_t index) { return fmt::format("prompt {} of the training set", index + 1); }) {}

std::int64_t RewardLearner::steps() const {
  return sampler_.steps_of_training(options_.batch.num_train_epochs, options_.batch.max_steps);
}

std::vector<Kept> RewardLearner::kept_over_steps() {
  std::vector<Kept> all{kept(learner_)};
  for (std::size_t i = 0; i < free_.size(); ++i)
    all.push_back(kept("threshold_" + std::to_string(i), free_[i]));
  return all;
}

StepReport RewardLearner::step(std::int64_t step) {
  const auto parts = micro_batches(sampler_.batch_at(step), options_.batch.micro_batch_tokens,
                                   [&](std::int64_t prompt) { return examples_[prompt].tokens(); });
  const auto free_F = at::tensor(free_, at::kDouble).to(at::kFloat).requires_grad_();
  const StepReport report = finite_.take(parts, [&](const auto& micro) {
    return learner_.step(std::ssize(micro), [&](std::int64_t i) { return loss(micro[i], free_F); });
  });
  descend(free_F, report);
  return report;
}

LossSum RewardLearner::loss(const Indices& prompts, const at::Tensor& free_F) const {
  std::vector<const RewardExample*> batch;
  for (const std::int64_t prompt : prompts) batch.push_back(&examples_[prompt]);
  const at::Tensor scores_NH = place_scores(model_, batch);
  require_finite(prompts, scores_NH);
  LossSum total;
  for (std::int64_t head = 0; head < scores_NH.size(1); ++head) {
    const LossSum of_head = head_loss(scores_NH.select(1, head), prompts, head, free_F);
    total.sum = total.sum.defined() ? total.sum + of_head.sum : of_head.sum;
    total.count += of_head.count;
    total.metrics.merge(of_head.metrics);
  }
  total.metrics.lowest("min_reward", scores_NH.min().item<double>());
  total.metrics.highest("max_reward", scores_NH.max().item<double>());
  return total;
}

// A prompt with a score that is no number is one that the step is taken without.
void RewardLearner::require_finite(const Indices& prompts, const at::Tensor& scores_NH) const {
  const at::Tensor finite_N = scores_NH.detach().isfinite().all(1);
  NoFiniteLoss found;
  std::int64_t first = 0;
  for (const std::int64_t prompt : prompts) {
    const std::int64_t places = std::ssize(examples_[prompt].places);
    if (!finite_N.narrow(0, first, places).all().item<bool>()) found.indices.push_back(prompt);
    first += places;
  }
  if (!found.indices.empty()) throw found;
}

// All comparisons of a prompt under this head weigh as `weight` together; those for this head alone as 1.
void add_comparisons(const RewardExample& example, std::int64_t first, std::int64_t head, double weight,
                     std::vector<RankedItems>& all) {
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
double places_beside(const RewardExample& example, std::size_t place) {
  const std::int64_t sequence = example.places[place].sequence;
  return static_cast<double>(std::ranges::count(example.places, sequence, &RewardExample::Place::sequence));
}

LossSum RewardLearner::head_loss(const at::Tensor& scores_N, const Indices& prompts, std::int64_t head,
                                 const at::Tensor& free_F) const {
  std::vector<RankedItems> comparisons;
  std::vector<double> labels, weights;
  std::int64_t first = 0;
  for (const std::int64_t prompt : prompts) {
    const RewardExample& example = examples_[prompt];
    add_comparisons(example, first, head, weight_of(prompt, head), comparisons);
    labels.insert(labels.end(), example.labels.begin(), example.labels.end());
    for (std::size_t i = 0; i < example.labels.size(); ++i)
      weights.push_back(weight_of(prompt, head) / places_beside(example, i));
    first += std::ssize(example.places);
  }
  if (labels.empty()) return objective_.comparisons(scores_N, comparisons, free_F);
  return labelled_loss(scores_N, labels, weights, free_F);
}

LossSum RewardLearner::labelled_loss(const at::Tensor& scores_N, const std::vector<double>& labels,
                                     const std::vector<double>& weights, const at::Tensor& free_F) const {
  const auto labels_N = at::tensor(labels, at::kDouble).to(at::kFloat),
             weights_N = at::tensor(weights, at::kDouble).to(at::kFloat);
  const at::Tensor losses_N = objective_.labels(scores_N, labels_N, free_F);
  LossSum loss{(weights_N * losses_N).sum(), weights_N.sum(at::kDouble).item<double>(), {}};
  loss.metrics.add("mean_reward", (weights_N * scores_N.detach()).sum(at::kDouble).item<double>(),
                   loss.count);
  return loss;
}

// How often head `head` sees training prompt `prompt`: a Poisson(1) draw (Oza and Russell 2001).
double draws(std::uint64_t seed, std::int64_t prompt, std::int64_t head) {
  Stream stream(seed, "bootstrap head " + std::to_string(head), static_cast<std::uint64_t>(prompt));
  double count = 0;
  for (double product = stream.uniform(); product > std::exp(-1.0); product *= stream.uniform()) ++count;
  return count;
}

double RewardLearner::weight_of(std::int64_t prompt, std::int64_t head) const {
  return model_.config().heads() > 1 && options_.bootstrap_heads ? draws(seed_, prompt, head) : 1;
}

// The loss is smooth and convex in its few own parameters: plain gradient descent is enough.
void RewardLearner::descend(const at::Tensor& free_F, const StepReport& report) {
  constexpr double kRate = 0.1;
  if (report.skipped || !free_F.grad().defined()) return;
  for (std::int64_t i = 0; i < std::ssize(free_); ++i)
    free_[i] -= kRate * free_F.grad()[i].item<double>() / report.count;
}

StepNumbers RewardLearner::numbers_of(const StepReport& report, const StepLoop& loop) const {
  StepNumbers numbers = described(report);
  auto& [metrics, latest, timing, shown, vitals] = numbers;
  vitals.loss = report.loss;
  vitals.accuracy = report.metrics.mean(kRewardAccuracy);
  describe_left_out(finite_, "prompts", metrics);
  latest.set("epoch", sampler_.epochs_after(loop.step()));
  for (std::size_t i = 0; i < free_.size(); ++i) latest.set("threshold_" + std::to_string(i), free_[i]);
  timing.set("prompts_per_second", static_cast<double>(sampler_.batch()) / loop.seconds());
  shown.set("loss", vitals.loss);
  shown.set("train accuracy", vitals.accuracy);
  return numbers;
}

// What the held-out prompts say, and what was left out; with a learning curve where it is asked for.
Json measured(const Decoder& model, const Decoder& sft, const RewardModelData& data,
              const RewardObjective& objective, const RewardModelOptions& reward, std::uint64_t seed,
              const std::vector<double>& free) {
  const std::int64_t budget = reward.batch.micro_batch_tokens;
  Json evaluation = Json::object();
  if (!data.eval.empty()) evaluation = reward_model_evaluation(model, data.eval, data.rankings, budget);
  evaluation["too_long_left_out"] = data.too_long;
  evaluation["ties_seen"] = data.ties;
  if (!free.empty()) evaluation["thresholds"] = free;
  if (reward.learning_curve.empty() || data.eval.empty()) return evaluation;
  const auto fit = [&](double share, const Examples& examples) {
    auto fresh = sft.clone_with_scalar_head();
    RewardLearner learner(*fresh, examples, objective, reward, seed);
    Progress progress(fmt::format("reward on {:.3g} of the prompts", share), learner.steps(), "step");
    for (std::int64_t step = 0; step < learner.steps(); ++step) {
      learner.step(step);
      progress.update(step + 1);
    }
    progress.finish();
    return fresh;
  };
  evaluation["learning_curve"] = learning_curve(data, reward.learning_curve, fit, evaluation, budget, seed);
  return evaluation;
}

}  // namespace
}  // namespace nudge
