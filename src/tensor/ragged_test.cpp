#include "tensor/ragged.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

const std::vector<std::vector<float>> kRows = {{1, 2, 3}, {}, {4}, {5, 6}};

std::vector<float> numbers(const at::Tensor& x_N) {
  return {x_N.const_data_ptr<float>(), x_N.const_data_ptr<float>() + x_N.numel()};
}

TEST(Ragged, KnowsItsRows) {
  const Ragged ragged = Ragged::of(kRows);
  ASSERT_EQ(ragged.rows(), 4);
  EXPECT_EQ(ragged.numbers(), 6);
  EXPECT_EQ(ragged.lengths(), (Indices{3, 0, 1, 2}));
  for (std::int64_t b = 0; b < 4; ++b)
    EXPECT_EQ(std::vector<float>(ragged.row(b).begin(), ragged.row(b).end()), kRows[b]);
  EXPECT_EQ(ragged.sums(), (std::vector<double>{6, 0, 4, 11}));
  EXPECT_EQ(Ragged().rows(), 0);
}

TEST(Ragged, GathersRowsInTheOrderAskedFor) {
  const Ragged ragged = Ragged::of(kRows);
  EXPECT_EQ(numbers(ragged.gather(Indices{3, 1, 0, 3})), (std::vector<float>{5, 6, 1, 2, 3, 5, 6}));
  EXPECT_EQ(ragged.lengths(Indices{3, 1}), (Indices{2, 0}));
  EXPECT_EQ(ragged.gather({}).numel(), 0);
}

TEST(Ragged, CutKeepsTheFirstNumbersOfEachRow) {
  const Ragged ragged = Ragged::of(kRows);
  Ragged cut = ragged.cut(Indices{2, 0, 0, 2});
  EXPECT_EQ(numbers(cut.values_N()), (std::vector<float>{1, 2, 5, 6}));
  cut.flat()[0] = 9;
  EXPECT_EQ(ragged.row(0)[0], 1) << "a copy";
  EXPECT_THROW(ragged.cut(Indices{3, 0, 2, 2}), Error);
  EXPECT_THROW(ragged.cut(Indices{3}), Error);
}

TEST(Ragged, RefusesLengthsThatDoNotAddUp) {
  EXPECT_THROW(Ragged(at::zeros({3}), Indices{1, 1}), Error);
  EXPECT_THROW(Ragged(at::zeros({2}, at::kDouble), Indices{1, 1}), Error);
}

}  // namespace
}  // namespace nudge
