#include "training/model_memory.h"

#include <functional>
#include <numeric>

#include "model/weight_names.h"

namespace nudge {

std::int64_t numbers_of(const ModelConfig& config) {
  std::int64_t numbers = 0;
  for (const CheckpointTensor& item : checkpoint_tensors(config))
    numbers += std::accumulate(item.shape.begin(), item.shape.end(), std::int64_t{1}, std::multiplies<>());
  return numbers;
}

std::int64_t adapter_numbers(const ModelConfig& config, std::int64_t rank) {
  std::int64_t numbers = 0;
  for (const CheckpointTensor& item : checkpoint_tensors(config))
    if (item.linear) numbers += rank * (item.shape[0] + item.shape[1]);
  return numbers;
}

TrainingMemory training_memory(const ModelConfig& config, const Beside& beside, std::int64_t rank) {
  const std::int64_t model = numbers_of(config), adapters = adapter_numbers(config, rank);
  const std::int64_t learners = beside.value_model ? 2 : 1;
  const std::int64_t others = beside.reference + beside.reward_model + beside.start;
  TrainingMemory memory;
  // An engine packs matrices that change; those of a frozen base lie as it reads them. A reference is the
  // base itself, and the other models are adapters on it.
  memory.whole = {.frozen = (others + beside.engine) * model, .trained = learners * model};
  memory.adapters = {.frozen = model + (beside.reward_model + beside.start) * adapters,
                     .trained = learners * adapters};
  return memory;
}

}  // namespace nudge
