#include "data/example_source.h"

#include <utility>

namespace nudge {

ExamplesInMemory::ExamplesInMemory(std::vector<Example> examples, std::int64_t batch, std::uint64_t seed)
    : examples_(std::move(examples)), sampler_(std::ssize(examples_), batch, seed) {}

std::int64_t ExamplesInMemory::steps_of_training(double num_train_epochs,
                                                 std::optional<std::int64_t> max_steps) const {
  return sampler_.steps_of_training(num_train_epochs, max_steps);
}

std::string ExamplesInMemory::batch_in_words(std::string_view things, std::int64_t accumulated) const {
  return sampler_.batch_in_words(things, accumulated);
}

std::vector<Example> ExamplesInMemory::batch_at(std::int64_t step) {
  std::vector<Example> batch;
  for (const std::int64_t index : sampler_.batch_at(step)) batch.push_back(examples_[index]);
  return batch;
}

double ExamplesInMemory::epochs_after(std::int64_t step) const {
  return sampler_.epochs_after(step);
}

}  // namespace nudge
