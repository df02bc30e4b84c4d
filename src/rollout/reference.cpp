#include "rollout/reference.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "rollout/scoring.h"

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
    std::vector<Trajectory> these;
    for (const std::int64_t index : chosen) these.push_back(completions_[index]);
    std::vector<std::int64_t> all(these.size());
    std::iota(all.begin(), all.end(), 0);
    return laid_end_to_end(completion_logprobs(*model_, these, 1.0, budget_), all);
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
