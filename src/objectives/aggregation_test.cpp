#include "objectives/aggregation.h"

#include <gtest/gtest.h>

#include "objectives/surrogate.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

const std::vector<std::int64_t> kLengths = {3, 1, 4, 2, 5, 1, 2, 6};

struct Part {
  double sum = 0, count = 0;
};

// The same completions cut into `parts` micro-batches, in the given order: sums, counts and gradients add up.
Part accumulated(const at::Tensor& leaf_N, LossType type, std::size_t parts,
                 const std::vector<std::size_t>& order) {
  std::vector<std::int64_t> starts = {0};
  for (std::int64_t length : kLengths) starts.push_back(starts.back() + length);
  Part total;
  const std::size_t each = order.size() / parts;
  for (std::size_t begin = 0; begin < order.size(); begin += each) {
    std::vector<at::Tensor> rows;
    std::vector<std::int64_t> lengths;
    for (std::size_t i = begin; i < begin + each; ++i) {
      rows.push_back(leaf_N.slice(0, starts[order[i]], starts[order[i] + 1]));
      lengths.push_back(kLengths[order[i]]);
    }
    const Completions completions(lengths);
    const auto now_N = at::cat(rows);
    const auto advantages_N =
        completions.spread(at::arange(1, completions.size() + 1, at::kDouble).fill_(0.7));
    const auto policy = surrogate_loss(now_N, now_N.detach() - 0.1, advantages_N, completions,
                                       {.level = ImportanceLevel::sequence});
    const LossSum loss = aggregate(policy.per_token_N, completions, type, {.tokens_per_completion = 8});
    loss.sum.backward();
    total.sum += loss.sum.item<double>();
    total.count += loss.count;
  }
  return total;
}

TEST(Aggregate, OneByEightIsTwoByFourIsEightByOneInAnyOrder) {
  const std::vector<std::size_t> straight = {0, 1, 2, 3, 4, 5, 6, 7}, mixed = {6, 2, 7, 0, 5, 3, 1, 4};
  const auto values = at::linspace(-2, 1, 24, at::kDouble);
  for (LossType type : {LossType::dapo, LossType::bnpo, LossType::grpo, LossType::dr_grpo, LossType::luspo}) {
    const auto whole = values.clone().requires_grad_();
    const Part expected = accumulated(whole, type, 1, straight);
    for (std::size_t parts : {1, 2, 4, 8}) {
      for (const auto& order : {straight, mixed}) {
        const auto cut = values.clone().requires_grad_();
        const Part came = accumulated(cut, type, parts, order);
        EXPECT_NEAR(came.sum, expected.sum, 1e-12);
        EXPECT_EQ(came.count, expected.count);
        EXPECT_TRUE(at::allclose(cut.grad(), whole.grad(), 1e-12, 1e-12));
      }
    }
  }
}

}  // namespace
}  // namespace nudge
