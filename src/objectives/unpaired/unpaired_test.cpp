#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/density_ratio.h"
#include "objectives/unpaired/kto.h"

namespace nudge {
namespace {

TEST(Kto, TheReferencePointIsNeverBelowZero) {
  EXPECT_EQ(kto_reference_point(at::tensor({-3.0, 1.0}, at::kDouble)), 0);
  EXPECT_EQ(kto_reference_point(at::tensor({3.0, 1.0}, at::kDouble)), 2);
}

TEST(RunningMean, OfPiecesIsTheMeanOfAll) {
  RunningMean mean;
  for (const auto& piece : {at::tensor({1.0, 2.0, 6.0}), at::empty({0}), at::tensor({-5.0})}) mean.add(piece);
  EXPECT_NEAR(mean.mean, 1, 1e-12);
  EXPECT_EQ(mean.count, 4);
}

at::Tensor matrix(const Json& rows) {
  std::vector<at::Tensor> all;
  for (const Json& row : rows) all.push_back(at::tensor(row.get<std::vector<double>>(), at::kDouble));
  return at::stack(all);
}

at::Tensor bools(const Json& values) {
  std::vector<std::int64_t> all;
  for (const Json& value : values) all.push_back(value.get<bool>());
  return at::tensor(all, at::kLong).to(at::kBool);
}

// scikit-learn's numbers (tools/goldens/density_ratio.py).
TEST(DensityRatio, IsThatOfScikitLearnsClassifier) {
  for (const Json& golden : read_json(NUDGE_SOURCE_DIR "/tests/goldens/density_ratio.json")["cases"]) {
    SCOPED_TRACE(golden["name"]);
    const at::Tensor x = matrix(golden["x"]);
    const LogisticRegression fitted = fit_logistic(x, bools(golden["positive"]));
    expect_near(fitted.weight_D, golden["weight"], 1e-5);
    EXPECT_NEAR(fitted.intercept, golden["intercept"].get<double>(), 1e-5);
    const at::Tensor probability = fitted.probabilities(x);
    expect_near(probability, golden["probability"], 1e-6);
    expect_near(density_ratio(probability, 0.5, 10), golden["ratio"], 1e-5);
  }
}

TEST(DensityRatio, NeedsBothClasses) {
  EXPECT_THROW(fit_logistic(at::zeros({3, 2}), at::ones({3}, at::kBool)), Error);
}

TEST(DensityRatio, IsClampedWhereTheClassifierIsCertain) {
  const at::Tensor ratio = density_ratio(at::tensor({0.0, 0.6, 1.0}, at::kDouble), 0.25, 8);
  EXPECT_TRUE(at::allclose(ratio, at::tensor({0.25, 1.5, 8.0}, at::kDouble), 1e-6));
}

}  // namespace
}  // namespace nudge
