#include "model/parameters.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

TEST(Parameters, AreAlignedViewsOfOneBuffer) {
  Parameters parameters({{"a", {3, 5}}, {"b", {2}}, {"c", {16}}});
  EXPECT_EQ(parameters.count(), 16 + 16 + 16);
  EXPECT_EQ(parameters.flat().abs().sum().item<float>(), 0);
  for (const auto& [name, view] : parameters.named()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.const_data_ptr()) % 64, 0) << name;
  }
  parameters["b"].fill_(2);
  EXPECT_EQ(parameters.flat()[16].item<float>(), 2);
  EXPECT_EQ(parameters["a"].sizes(), at::IntArrayRef({3, 5}));
  EXPECT_THROW(parameters["d"], Error);
  EXPECT_THROW(Parameters({{"a", {1}}, {"a", {1}}}), Error);
}

TEST(Parameters, AccumulateGradientsInOneBuffer) {
  Parameters parameters({{"a", {3, 5}}, {"b", {2}}});
  EXPECT_FALSE(parameters["a"].requires_grad());
  auto& gradients = parameters.gradients();
  EXPECT_TRUE(parameters["a"].requires_grad());
  for (int pass = 1; pass <= 2; ++pass) {
    (parameters["a"].sum() * 3 + parameters["b"].sum()).backward();
    EXPECT_EQ(gradients[0].item<float>(), 3.0f * pass);
    EXPECT_EQ(gradients[14].item<float>(), 3.0f * pass);
    EXPECT_EQ(gradients[15].item<float>(), 0) << "a gap between parameters";
    EXPECT_EQ(gradients[16].item<float>(), 1.0f * pass);
  }
  parameters.zero_gradients();
  EXPECT_EQ(parameters["a"].grad().abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace nudge
