#include "training/model_memory.h"

#include <gtest/gtest.h>

#include "model/decoder.h"
#include "model/tiny_config_test.h"
#include "model/weight_names.h"

namespace nudge {
namespace {

std::int64_t numbers_in(const Decoder& model) {
  std::int64_t numbers = 0;
  for (const auto& [name, weight] : model.parameters().named()) numbers += weight.numel();
  return numbers;
}

TEST(ModelMemory, CountsTheNumbersOfModelsAndAdapters) {
  Decoder model(tiny_config(), 1);
  EXPECT_EQ(numbers_of(model.config()), numbers_in(model));
  PartialTraining training{.rank = 3, .scale = 1};
  for (const CheckpointTensor& item : checkpoint_tensors(model.config()))
    if (item.linear) training.adapted.push_back(item.name.substr(0, item.name.rfind('.')));
  model.freeze(training, 1);
  EXPECT_EQ(adapter_numbers(model.config(), 3), numbers_in(model));
}

// PPO holds four models: with adapters, one and what is their own.
TEST(ModelMemory, SumsWhatACommandHolds) {
  const ModelConfig config = tiny_config();
  const std::int64_t model = numbers_of(config), adapters = adapter_numbers(config, 2);
  const auto [whole, low_rank] = training_memory(
      config, {.reference = true, .value_model = true, .reward_model = true, .engine = true}, 2);
  EXPECT_EQ(whole.bytes(), 4 * (3 * model + 4 * 2 * model));
  EXPECT_EQ(low_rank.bytes(), 4 * (model + adapters + 4 * 2 * adapters));
  EXPECT_EQ(training_memory(config, {}, 2).whole.bytes(), 16 * model);
}

}  // namespace
}  // namespace nudge
