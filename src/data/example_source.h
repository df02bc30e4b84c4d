#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/examples.h"
#include "data/sampler.h"

namespace nudge {

/// Where the examples of a training come from, a batch at a time in the order of its steps. Not safe from
/// several threads.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;
  /// Steps of a whole training: `max_steps`, or those of `num_train_epochs` where it is absent or -1.
  /// UsageError when what decides is not positive.
  virtual std::int64_t steps_of_training(double num_train_epochs,
                                         std::optional<std::int64_t> max_steps) const = 0;
  /// One batch in words (EpochSampler::batch_in_words).
  virtual std::string batch_in_words(std::string_view things, std::int64_t accumulated) const = 0;
  /// The batch of `step` (from 0), which follows the one asked for last, or the one that the state was kept
  /// behind. Never empty.
  virtual std::vector<Example> batch_at(std::int64_t step) = 0;
  /// Passes over the data after the batch of `step`.
  virtual double epochs_after(std::int64_t step) const = 0;
  /// What a checkpoint keeps of it, null where there is nothing.
  virtual Json state() const { return nullptr; }
  virtual void restore(const Json&) {}
  /// Behind the last step: what became of records that gave no example, in sentences.
  virtual std::vector<std::string> remarks() const { return {}; }
};

/// Examples in memory, in the order of EpochSampler: a pure function of the step.
class ExamplesInMemory : public ExampleSource {
 public:
  ExamplesInMemory(std::vector<Example> examples, std::int64_t batch, std::uint64_t seed);

  std::int64_t steps_of_training(double num_train_epochs,
                                 std::optional<std::int64_t> max_steps) const override;
  std::string batch_in_words(std::string_view things, std::int64_t accumulated) const override;
  std::vector<Example> batch_at(std::int64_t step) override;
  double epochs_after(std::int64_t step) const override;

 private:
  std::vector<Example> examples_;
  EpochSampler sampler_;
};

}  // namespace nudge
