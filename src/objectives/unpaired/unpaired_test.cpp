#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/kto.h"

namespace nudge {
namespace {

struct Labelled {
  at::Tensor logprobs, ratio, desirable;
};

Labelled labelled(const Json& inputs) {
  Labelled result{.logprobs = leaf(inputs["logprobs"])};
  result.ratio = result.logprobs - constant(inputs["reference"]);
  std::vector<std::int64_t> labels;
  for (const auto& label : inputs["desirable"]) labels.push_back(label.get<bool>());
  result.desirable = at::tensor(labels, at::kLong).to(at::kBool);
  return result;
}

void expect_case(const Json& golden, const Labelled& batch, const at::Tensor& loss) {
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), golden["value"].get<double>(), 1e-10) << golden["name"];
  expect_near(batch.logprobs.grad(), golden["gradient"]["logprobs"], 1e-10);
}

Json all_cases() {
  return read_json(NUDGE_SOURCE_DIR "/tests/goldens/preference_losses.json")["cases"];
}

TEST(Kto, MatchesTrl) {
  int seen = 0;
  for (const Json& golden : all_cases()) {
    if (!golden["name"].get<std::string>().starts_with("kto.")) continue;
    const Json& o = golden["options"];
    const Labelled batch = labelled(golden["inputs"]);
    const double beta = o["beta"];
    const double kl = kto_reference_point(constant(golden["inputs"]["mismatched_ratio"]));
    const at::Tensor each = o["loss_type"] == "kto" ? kto(batch.ratio, batch.desirable, beta, kl)
                                                    : apo_zero_unpaired(batch.ratio, batch.desirable, beta);
    const at::Tensor weights = at::where(batch.desirable, o["desirable_weight"].get<double>(),
                                         o["undesirable_weight"].get<double>());
    expect_case(golden, batch, (weights * each).sum());
    ++seen;
  }
  EXPECT_EQ(seen, 6);
}

TEST(Kto, TheReferencePointIsNeverBelowZero) {
  EXPECT_EQ(kto_reference_point(at::tensor({-3.0, 1.0}, at::kDouble)), 0);
  EXPECT_EQ(kto_reference_point(at::tensor({3.0, 1.0}, at::kDouble)), 2);
}

TEST(Bco, MatchesTrl) {
  int seen = 0;
  for (const Json& golden : all_cases()) {
    if (!golden["name"].get<std::string>().starts_with("bco.")) continue;
    const Labelled batch = labelled(golden["inputs"]);
    const double beta = golden["options"]["beta"];
    RunningMean rewards;
    rewards.add(constant(golden["inputs"]["seen_rewards"]));
    rewards.add(beta * batch.ratio.detach());
    expect_case(golden, batch, bco(batch.ratio, batch.desirable, beta, rewards.mean).sum());
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

TEST(RunningMean, OfPiecesIsTheMeanOfAll) {
  RunningMean mean;
  for (const auto& piece : {at::tensor({1.0, 2.0, 6.0}), at::empty({0}), at::tensor({-5.0})}) mean.add(piece);
  EXPECT_NEAR(mean.mean, 1, 1e-12);
  EXPECT_EQ(mean.count, 4);
}

}  // namespace
}  // namespace nudge
