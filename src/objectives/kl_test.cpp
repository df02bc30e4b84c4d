#include "objectives/kl.h"

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

TEST(Kl, EstimatorsMatchFormulaAndTrl) {
  const auto& golden = goldens()["kl"][0];
  const Ragged policy = ragged(golden["policy"]), reference = ragged(golden["reference"]);
  for (const auto estimator :
       {KlEstimator::k1, KlEstimator::k2, KlEstimator::k3, KlEstimator::k1_plus, KlEstimator::k3_plus})
    expect_near(measured_kl(policy, reference, {.estimator = estimator}),
                golden[name_of(estimator).substr(0, 2)], 1e-6);
}

// exp(-x) - 1 + x loses every digit here in single precision, and even the sign.
TEST(Kl, K3KeepsItsDigitsNearZero) {
  const Ragged policy(at::tensor({1e-6F, -1e-6F}), std::vector<std::int64_t>{2});
  const Ragged kl = measured_kl(policy, Ragged::zeros(policy.lengths()), {.estimator = KlEstimator::k3});
  for (const float each : kl.flat()) EXPECT_NEAR(each / 5e-13, 1, 1e-3);
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
    const std::vector<std::int64_t> one_row{points};
    const Ragged measured = measured_kl({at::tensor(policy), one_row}, {at::tensor(reference), one_row},
                                        {.estimator = estimator});
    const auto kl = measured.flat();
    double mean = 0, mass = 0;
    for (int i = 0; i < points; ++i) {
      mean += std::exp(policy[i]) * kl[i];
      mass += std::exp(policy[i]);
    }
    EXPECT_NEAR(mean / mass, 0.005, 1e-6);
  }
}

// OpenRLHF 0.11.2 bounds k3's log-ratio before exp: 0 times infinity was not a number.
TEST(Kl, WhatIsCutOffHasNoGradientEvenWhereExpOverflows) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor policy = at::tensor({-2000.0, -100.0, -9.0, 0.5}, type).requires_grad_();
    const at::Tensor kl =
        kl_per_token(policy, at::zeros({4}, type), {.estimator = KlEstimator::k3, .limit = 10});
    kl.sum().backward();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(kl[i].item<double>(), 10);
      EXPECT_EQ(policy.grad()[i].item<double>(), 0);
    }
    EXPECT_NEAR(policy.grad()[3].item<double>(), 1 - std::exp(-0.5), 1e-6);
  }
}

TEST(Kl, RefusesUnequalLengthsAndWhatSamplesCannotTell) {
  EXPECT_THROW(kl_per_token(at::zeros({2}), at::zeros({1}), {}), Error);
  EXPECT_THROW(kl_per_token(at::zeros({2}), at::zeros({2}), {.estimator = KlEstimator::exact}), Error);
}

}  // namespace
}  // namespace nudge
