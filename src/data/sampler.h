#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// The order in which a dataset is visited: a fresh permutation each epoch from the stream (seed, "data",
/// epoch), consumed `batch` indices at a time across epoch boundaries. A pure function of the step, so
/// resuming needs no state. Not safe from several threads (it remembers the last permutation).
class EpochSampler {
 public:
  EpochSampler(std::int64_t size, std::int64_t batch, std::uint64_t seed);
  std::vector<std::int64_t> batch_at(std::int64_t step) const;  // step counts from 0
  /// Steps that visit the data `epochs` times (fractions allowed), at least 1.
  std::int64_t steps(double epochs) const;
  /// Steps of a whole training: `max_steps`, or those of `num_train_epochs` where it is absent or -1 (as TRL
  /// writes it). UsageError when what decides is not positive.
  std::int64_t steps_of_training(double num_train_epochs, std::optional<std::int64_t> max_steps = {}) const;
  /// Passes over the data after step `step` (from 0).
  double epochs_after(std::int64_t step) const { return static_cast<double>(step + 1) * batch_ / size_; }

  /// One batch in words: "16 pairs (8 x 2 accumulated) of 2000, 125 steps an epoch".
  std::string batch_in_words(std::string_view things, std::int64_t accumulated) const;

  std::int64_t size() const { return size_; }
  std::int64_t batch() const { return batch_; }

 private:
  const std::vector<std::int64_t>& order_of(std::int64_t epoch) const;

  std::int64_t size_, batch_;
  std::uint64_t seed_;
  mutable std::int64_t epoch_ = -1;
  mutable std::vector<std::int64_t> order_;  // of epoch_
};

}  // namespace nudge
