#include "rollout/reference.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "rollout/completion_numbers.h"
#include "rollout/scoring.h"
#include "tensor/aten.h"
#include "training/plan.h"

namespace nudge {
namespace {

class Frozen : public Reference {
 public:
  explicit Frozen(Ragged logprobs) : logprobs_(std::move(logprobs)) {}
  at::Tensor logprobs_N(std::span<const std::int64_t> completions) const override {
    return logprobs_.gather(completions);
  }

 private:
  Ragged logprobs_;
};

Ragged read_now(const Decoder& model, std::span<const Trajectory> all,
                std::span<const std::int64_t> completions, std::int64_t token_budget) {
  std::vector<Trajectory> these;
  for (const std::int64_t index : completions) these.push_back(all[index]);
  return completion_logprobs(model, these, 1.0, token_budget);
}

class OnDemand : public Reference {
 public:
  OnDemand(std::shared_ptr<const Decoder> model, std::span<const Trajectory> completions,
           std::int64_t token_budget)
      : model_(std::move(model)),
        completions_(completions),
        budget_(token_budget),
        logprobs_(Ragged::zeros(completion_lengths(completions))),
        read_(completions.size()) {}

  at::Tensor logprobs_N(std::span<const std::int64_t> completions) const override {
    std::vector<std::int64_t> missing;
    for (const std::int64_t index : completions)
      if (!read_[index]) missing.push_back(index);
    const double began = now_seconds();
    const Ragged logprobs = read_now(*model_, completions_, missing, budget_);
    seconds_ += now_seconds() - began;
    for (std::int64_t i = 0; i < std::ssize(missing); ++i) {
      std::ranges::copy(logprobs.row(i), logprobs_.row(missing[i]).begin());
      read_[missing[i]] = true;
    }
    measured_.insert(measured_.end(), missing.begin(), missing.end());
    return logprobs_.gather(completions);
  }

  std::string cost() const override { return reading_cost(completions_, measured_, seconds_); }

 private:
  std::shared_ptr<const Decoder> model_;
  std::span<const Trajectory> completions_;
  std::int64_t budget_;
  mutable Ragged logprobs_;  // of those that were read
  mutable std::vector<bool> read_;
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

  at::Tensor logprobs_N(std::span<const std::int64_t> completions) const override {
    return read_now(*model_, completions_, completions, budget_).values_N();
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
  return frozen_reference(Ragged::zeros(completion_lengths(completions)));
}

std::unique_ptr<Reference> frozen_reference(Ragged logprobs) {
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
