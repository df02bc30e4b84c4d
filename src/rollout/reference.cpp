#include "rollout/reference.h"

#include <ATen/ATen.h>

#include <numeric>

#include "base/error.h"
#include "base/progress.h"
#include "rollout/scoring.h"
#include "training/plan.h"

namespace nudge {
namespace {

at::Tensor laid_end_to_end(const std::vector<std::vector<float>>& logprobs,
                           std::span<const std::int64_t> chosen) {
  std::vector<float> flat;
  for (const std::int64_t index : chosen)
    flat.insert(flat.end(), logprobs[index].begin(), logprobs[index].end());
  return at::tensor(flat, at::kFloat);
}

class Frozen : public Reference {
 public:
  explicit Frozen(std::vector<std::vector<float>> logprobs) : logprobs_(std::move(logprobs)) {}
  at::Tensor logprobs_N(std::span<const std::int64_t> chosen) const override {
    return laid_end_to_end(logprobs_, chosen);
  }

 private:
  std::vector<std::vector<float>> logprobs_;
};

std::vector<std::vector<float>> read_now(const Decoder& model, std::span<const Trajectory> completions,
                                         std::span<const std::int64_t> chosen, std::int64_t token_budget) {
  std::vector<Trajectory> these;
  for (const std::int64_t index : chosen) these.push_back(completions[static_cast<std::size_t>(index)]);
  return completion_logprobs(model, these, 1.0, token_budget);
}

class OnDemand : public Reference {
 public:
  OnDemand(std::shared_ptr<const Decoder> model, std::span<const Trajectory> completions,
           std::int64_t token_budget)
      : model_(std::move(model)),
        completions_(completions),
        budget_(token_budget),
        read_(completions.size()) {}

  at::Tensor logprobs_N(std::span<const std::int64_t> chosen) const override {
    std::vector<std::int64_t> missing;
    for (const std::int64_t index : chosen)
      if (read_[static_cast<std::size_t>(index)].empty()) missing.push_back(index);
    const double began = now_seconds();
    std::vector<std::vector<float>> logprobs = read_now(*model_, completions_, missing, budget_);
    seconds_ += now_seconds() - began;
    for (std::size_t i = 0; i < missing.size(); ++i)
      read_[static_cast<std::size_t>(missing[i])] = std::move(logprobs[i]);
    measured_.insert(measured_.end(), missing.begin(), missing.end());
    return laid_end_to_end(read_, chosen);
  }

  std::string cost() const override { return reading_cost(completions_, measured_, seconds_); }

 private:
  std::shared_ptr<const Decoder> model_;
  std::span<const Trajectory> completions_;
  std::int64_t budget_;
  mutable std::vector<std::vector<float>> read_;
  mutable std::vector<std::int64_t> measured_;
  mutable double seconds_ = 0;
};

class Moving : public Reference {
 public:
  Moving(const Decoder& start, std::span<const Trajectory> completions, double alpha, std::int64_t every,
         std::int64_t token_budget)
      : model_(start.clone()),
        completions_(completions),
        alpha_(alpha),
        every_(every),
        budget_(token_budget) {}

  at::Tensor logprobs_N(std::span<const std::int64_t> chosen) const override {
    std::vector<std::int64_t> all(chosen.size());
    std::iota(all.begin(), all.end(), 0);
    return laid_end_to_end(read_now(*model_, completions_, chosen, budget_), all);
  }

  void follow(const Decoder& policy, std::int64_t steps) override {
    if (steps % every_ != 0) return;
    const at::NoGradGuard no_grad;
    model_->parameters().flat().mul_(1 - alpha_).add_(policy.parameters().flat(), alpha_);
  }

  NamedTensors tensors() const override { return {{"reference.weights", model_->parameters().flat()}}; }

 private:
  std::unique_ptr<Decoder> model_;
  std::span<const Trajectory> completions_;
  double alpha_;
  std::int64_t every_, budget_;
};

}  // namespace

std::unique_ptr<Reference> no_reference(std::span<const Trajectory> completions) {
  std::vector<std::vector<float>> zeros;
  for (const Trajectory& each : completions) zeros.emplace_back(each.completion_tokens.size(), 0.0F);
  return frozen_reference(std::move(zeros));
}

std::unique_ptr<Reference> frozen_reference(std::vector<std::vector<float>> logprobs) {
  return std::make_unique<Frozen>(std::move(logprobs));
}

std::unique_ptr<Reference> planned_reference(std::shared_ptr<const Decoder> model,
                                             std::span<const Trajectory> completions,
                                             std::int64_t token_budget) {
  return std::make_unique<OnDemand>(std::move(model), completions, token_budget);
}

std::string reading_cost(std::span<const Trajectory> completions, std::span<const std::int64_t> measured,
                         double seconds) {
  const auto tokens_of = [](const Trajectory& each) {
    return static_cast<double>(each.prompt_tokens.size() + each.completion_tokens.size());
  };
  double all = 0, of_measured = 0;
  for (const Trajectory& each : completions) all += tokens_of(each);
  for (const std::int64_t index : measured)
    of_measured += tokens_of(completions[static_cast<std::size_t>(index)]);
  if (of_measured == 0) return {};
  return fmt::format("{} completions read by the reference once, about {}", completions.size(),
                     duration_in_words(seconds * all / of_measured));
}

std::unique_ptr<Reference> moving_reference(const Decoder& start, std::span<const Trajectory> completions,
                                            double alpha, std::int64_t every, std::int64_t token_budget) {
  require(
      alpha > 0 && alpha <= 1 && every > 0,
      "A reference that follows the policy needs a mixing share in (0, 1] and a step count above 0, but got "
      "{} and {}.",
      alpha, every);
  return std::make_unique<Moving>(start, completions, alpha, every, token_budget);
}

}  // namespace nudge
