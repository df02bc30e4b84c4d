#include "rollout/reference_cache.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "model/tiny_config_test.h"
#include "rollout/reference.h"
#include "rollout/scoring.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

Decoder decoder(std::uint64_t seed) {
  return Decoder(tiny_config(), seed);
}

std::vector<Trajectory> completions() {
  return {{.prompt_tokens = {1, 2, 3}, .completion_tokens = {4, 5}},
          {.prompt_tokens = {7}, .completion_tokens = {8, 9, 10, 11}}};
}

class ReferenceCache : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path());
    return found;
  }

  fs::path folder_ = fs::temp_directory_path() / "nudge_reference_cache";
};

TEST_F(ReferenceCache, ReadsBackWhatItComputed) {
  const Decoder model = decoder(1);
  const auto expected = completion_logprobs(model, completions(), 1.0, 64);
  EXPECT_EQ(cached_logprobs(model, completions(), 64, folder_), expected);
  ASSERT_EQ(files().size(), 1U);
  const auto written = fs::last_write_time(files().front());
  EXPECT_EQ(cached_logprobs(model, completions(), 3, folder_), expected);  // the budget changes nothing
  EXPECT_EQ(fs::last_write_time(files().front()), written);
}

TEST_F(ReferenceCache, AnotherModelOrDatasetIsAnotherFile) {
  cached_logprobs(decoder(1), completions(), 64, folder_);
  EXPECT_NE(cached_logprobs(decoder(2), completions(), 64, folder_),
            cached_logprobs(decoder(1), completions(), 64, folder_));
  auto moved = completions();  // the same tokens, but for where the prompt ends
  moved[0] = {.prompt_tokens = {1, 2}, .completion_tokens = {3, 4, 5}};
  cached_logprobs(decoder(1), moved, 64, folder_);
  EXPECT_EQ(files().size(), 3U);
}

TEST_F(ReferenceCache, TheSameNumbersAsOtherAdaptersAreAnotherModel) {
  const auto logprobs = [this](double scale) {
    Decoder model = decoder(1);
    const std::vector<std::string> all{"all-linear"};
    model.freeze({.rank = 2, .scale = scale, .adapted = linear_modules(model.config(), all)}, 5);
    model.parameters().flat().fill_(0.1F);  // fresh adapters add nothing
    return cached_logprobs(model, completions(), 64, folder_);
  };
  EXPECT_NE(logprobs(1), logprobs(2));
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(ReferenceCache, ADamagedFileIsComputedAgain) {
  const Decoder model = decoder(1);
  const auto expected = cached_logprobs(model, completions(), 64, folder_);
  std::string bytes = read_file(files().front());
  const std::string whole = bytes;
  bytes.back() ^= 1;
  write_file(files().front(), bytes);
  EXPECT_EQ(cached_logprobs(model, completions(), 64, folder_), expected);
  EXPECT_EQ(read_file(files().front()), whole);
  write_file(files().front(), whole.substr(0, whole.size() / 2));
  EXPECT_EQ(cached_logprobs(model, completions(), 64, folder_), expected);
}

TEST_F(ReferenceCache, AFolderThatCannotBeWrittenCostsNothingElse) {
  write_file(folder_, "a file where the folder should be");
  EXPECT_EQ(cached_logprobs(decoder(1), completions(), 64, folder_),
            completion_logprobs(decoder(1), completions(), 1.0, 64));
}

TEST(MovingReference, MixesThePolicyInWhenItsStepHasCome) {
  const Decoder start = decoder(1), policy = decoder(2);
  const auto all = completions();
  const auto reference = moving_reference(start, all, 0.25, 2, 64);
  const at::Tensor weights = reference->tensors().at("reference.weights");
  const at::Tensor before = weights.clone();
  reference->follow(policy, 1);
  EXPECT_TRUE(weights.equal(before));
  reference->follow(policy, 2);
  EXPECT_TRUE(at::allclose(weights, 0.75 * before + 0.25 * policy.parameters().flat()));
}

TEST(NoReference, IsZeroForEveryToken) {
  const auto all = completions();
  const std::vector<std::int64_t> second_first = {1, 0};
  EXPECT_TRUE(no_reference(all)->logprobs_N(second_first).equal(at::zeros(6)));
}

}  // namespace
}  // namespace nudge
