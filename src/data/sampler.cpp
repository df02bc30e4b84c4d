#include "data/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace nudge {

EpochSampler::EpochSampler(std::int64_t size, std::int64_t batch, std::uint64_t seed)
    : size_(size), batch_(batch), seed_(seed) {
  require(
      size > 0,
      "There is no example left to train on: every record was left out, as the lines above say (too long for "
      "--max_length, or without a difference to learn from).");
  require(batch > 0, "The batch size must be at least 1, and it is {}.", batch);
}

const std::vector<std::int64_t>& EpochSampler::order_of(std::int64_t epoch) const {
  if (epoch != epoch_) {
    order_ = Stream(seed_, "data", epoch).permutation(size_);
    epoch_ = epoch;
  }
  return order_;
}

std::vector<std::int64_t> EpochSampler::batch_at(std::int64_t step) const {
  std::vector<std::int64_t> batch;
  for (std::int64_t at = step * batch_; at < (step + 1) * batch_; ++at)
    batch.push_back(order_of(at / size_)[at % size_]);
  return batch;
}

std::string EpochSampler::batch_in_words(std::string_view things, std::int64_t accumulated) const {
  const std::string parts =
      accumulated > 1 ? fmt::format(" ({} x {} accumulated)", batch_ / accumulated, accumulated) : "";
  return fmt::format("{} {}{} of {}, {} steps an epoch", batch_, things, parts, size_, steps(1));
}

std::int64_t EpochSampler::steps(double epochs) const {
  const double exact = epochs * static_cast<double>(size_) / static_cast<double>(batch_);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(exact - 1e-9)));
}

std::int64_t EpochSampler::steps_of_training(double num_train_epochs,
                                             std::optional<std::int64_t> max_steps) const {
  if (max_steps && *max_steps != -1) return *max_steps;
  return steps(num_train_epochs);
}

}  // namespace nudge
