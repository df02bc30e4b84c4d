#pragma once

#include <memory>
#include <string>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// A process reward model (Lightman et al. 2023): an answer's steps, each with the probability that it is
/// right, read at the step's end: sigma(raw score) of what `nudge reward --loss_type process` trained, or the
/// share of one label of a token classifier (`*ForTokenClassification`), as TRL's PRMTrainer trains them. The
/// answer's score is the least of them, their mean, the last, or their product. Reads text, in the model's
/// own words. An answer without a step, or beyond the model's context, gets NaN.
class StepReward : public Reward {
 public:
  struct Options {
    std::string combine = "min";   // "min", "mean", "last", "product"
    std::string separator = "\n";  // between steps, as in training
    std::string label;             // of a token classifier: what a right step is called; empty: the last
  };
  /// Throws UsageError for another way to combine or a label that the model has not, Error unless the model
  /// has one score or labels tokens.
  StepReward(std::shared_ptr<const Decoder> model, ChatFormat format, std::string name,
             const Options& options);

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;

 private:
  std::shared_ptr<const Decoder> model_;
  ChatFormat format_;
  std::string name_, separator_;
  std::size_t label_ = 0;
  double (*combine_)(std::span<const double> probabilities);
};
void declare(SpecReader& spec, StepReward::Options& options);

}  // namespace nudge
