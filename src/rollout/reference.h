#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/decoder.h"
#include "records/records.h"
#include "tensor/ragged.h"
#include "tensor/safetensors.h"

namespace nudge {

/// The reference of a training on fixed completions: what their tokens' log-probs are measured against.
class Reference {
 public:
  virtual ~Reference() = default;
  /// Log-probs of every token of these completions, laid end to end [N]; no gradient.
  virtual at::Tensor logprobs_N(std::span<const std::int64_t> completions) const = 0;
  /// Called when `steps` optimizer steps are done.
  virtual void follow(const Decoder& /*policy*/, std::int64_t /*steps*/) {}
  /// The tensors that a checkpoint must hold; the reference's own, to be written in place when loading.
  virtual NamedTensors tensors() const { return {}; }
  /// What reading it takes before the first step, for a plan; empty where that is nothing, or is done.
  virtual std::string cost() const { return {}; }
};

/// No reference: 0 everywhere, so that a log-ratio is the log-prob itself.
std::unique_ptr<Reference> no_reference(std::span<const Trajectory> completions);

/// A frozen one, from its log-probs (rollout/reference_cache.h), a row a completion.
std::unique_ptr<Reference> frozen_reference(Ragged logprobs);

/// A frozen one for a plan, which reads what its few steps ask for and says what reading it all would cost.
/// What is asked for first is read from the model as it then is: ask before the policy moves. `completions`
/// must outlive it.
std::unique_ptr<Reference> planned_reference(std::shared_ptr<const Decoder> model,
                                             std::span<const Trajectory> completions,
                                             std::int64_t token_budget);

/// That cost in words, from the time that some of the completions took: "400 completions read by the
/// reference once, about 12 s".
std::string reading_cost(std::span<const Trajectory> completions, std::span<const std::int64_t> measured,
                         double seconds);

/// One that follows the policy (TR-DPO, Gorbatovski et al. 2024, eq. 5): every `every` steps
/// reference = alpha policy + (1 - alpha) reference. Computes log-probs when asked. `completions` must
/// outlive it.
std::unique_ptr<Reference> moving_reference(const Decoder& start, std::span<const Trajectory> completions,
                                            double alpha, std::int64_t every, std::int64_t token_budget);

}  // namespace nudge
