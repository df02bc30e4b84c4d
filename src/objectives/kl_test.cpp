#include "objectives/kl.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/kl_loss.h"

namespace nudge {
namespace {

TEST(Kl, EstimatorsMatchFormulaAndTrl) {
  const auto& golden = goldens()["kl"][0];
  const auto policy = ragged(golden["policy"]), reference = ragged(golden["reference"]);
  for (const std::string name : {"k1", "k2", "k3"}) {
    std::vector<std::vector<float>> kl;
    for (std::size_t i = 0; i < policy.size(); ++i)
      kl.push_back(kl_per_token(parse_kl_estimator(name), policy[i], reference[i]));
    expect_near(kl, golden[name], 1e-6);
  }
}

// exp(-x) - 1 + x loses every digit here in single precision, and even the sign.
TEST(Kl, K3KeepsItsDigitsNearZero) {
  const std::vector<float> policy{1e-6F, -1e-6F}, reference{0, 0};
  for (float kl : kl_per_token(KlEstimator::k3, policy, reference)) EXPECT_NEAR(kl / 5e-13, 1, 1e-3);
}

// Schulman 2020: policy N(0, 1), reference N(0.1, 1), KL 0.005. The expectations of k1 and k3 are exactly
// that (integrated on a grid instead of sampled).
TEST(Kl, K1AndK3AverageToTheKl) {
  std::vector<float> policy, reference;
  const int points = 20001;
  for (int i = 0; i < points; ++i) {
    const double x = -8 + 16.0 * i / (points - 1);
    policy.push_back(static_cast<float>(-x * x / 2));
    reference.push_back(static_cast<float>(-(x - 0.1) * (x - 0.1) / 2));
  }
  for (auto estimator : {KlEstimator::k1, KlEstimator::k3}) {
    const auto kl = kl_per_token(estimator, policy, reference);
    double mean = 0, mass = 0;
    for (int i = 0; i < points; ++i) {
      mean += std::exp(policy[i]) * kl[i];
      mass += std::exp(policy[i]);
    }
    EXPECT_NEAR(mean / mass, 0.005, 1e-6);
  }
}

// OpenRLHF 0.11.2 bounds k3's log-ratio before exp: 0 times infinity was not a number.
TEST(KlLoss, WhatIsCutOffHasNoGradientEvenWhereExpOverflows) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor policy = at::tensor({-2000.0, -100.0, -9.0, 0.5}, type).requires_grad_();
    const at::Tensor kl = kl_loss(policy, at::zeros({4}, type), {.estimator = KlEstimator::k3, .limit = 10});
    kl.sum().backward();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(kl[i].item<double>(), 10);
      EXPECT_EQ(policy.grad()[i].item<double>(), 0);
    }
    EXPECT_NEAR(policy.grad()[3].item<double>(), 1 - std::exp(-0.5), 1e-6);
  }
}

TEST(Kl, RefusesUnknownNamesAndUnequalLengths) {
  EXPECT_THROW(parse_kl_estimator("k4"), UsageError);
  const std::vector<float> two{0, 0}, one{0};
  EXPECT_THROW(kl_per_token(KlEstimator::k1, two, one), Error);
}

TEST(KlController, AdaptiveFollowsZieglersLaw) {
  auto controller = KlController::adaptive(0.15, 6, 10000);
  controller.update(9, 500);  // 50 % above the target: clipped to 20 %
  EXPECT_DOUBLE_EQ(controller.coefficient(), 0.15 * (1 + 0.2 * 500 / 10000));
  const double before = controller.coefficient();
  controller.update(5.4, 500);  // 10 % below
  EXPECT_NEAR(controller.coefficient(), before * (1 - 0.1 * 500 / 10000), 1e-15);
  controller.restore(0.3);
  EXPECT_EQ(controller.coefficient(), 0.3);
}

TEST(KlController, FixedStays) {
  auto controller = KlController::fixed(0.05);
  controller.update(100, 1000);
  EXPECT_EQ(controller.coefficient(), 0.05);
}

TEST(KlController, RefusesNonsense) {
  EXPECT_THROW(KlController::adaptive(0.1, 0, 10000), Error);
  EXPECT_THROW(KlController::adaptive(0.1, 6, 0), Error);
  auto controller = KlController::adaptive(0.1, 6, 10000);
  EXPECT_THROW(controller.update(std::nan(""), 8), Error);
}

}  // namespace
}  // namespace nudge
