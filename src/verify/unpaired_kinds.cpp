#include "base/json_names.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/bco_objective.h"
#include "objectives/unpaired/kto.h"
#include "objectives/unpaired/kto_objective.h"
#include "verify/golden_case.h"
#include "verify/kinds.h"

namespace nudge::golden {
namespace {

struct Labelled {
  at::Tensor logprobs, ratio, desirable;
};

Labelled labelled(const Json& inputs) {
  Labelled batch{.logprobs = tensor(inputs, "logprobs").requires_grad_()};
  batch.ratio = batch.logprobs - tensor(inputs, "reference");
  std::vector<std::int64_t> labels;
  for (const Json& label : get<Json>(inputs, "desirable", "golden")) labels.push_back(label.get<bool>());
  batch.desirable = at::tensor(labels, at::kLong).to(at::kBool);
  return batch;
}

double compare(const Json& golden, const Labelled& batch, const at::Tensor& loss) {
  loss.backward();
  return std::max(deviation(loss.item<double>(), get<double>(golden, "value", "golden")),
                  worst(batch.logprobs.grad(), numbers(get<Json>(golden, "gradient", "golden"), "logprobs")));
}

}  // namespace

double replay_kto(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden"), inputs = get<Json>(golden, "inputs", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  const Labelled batch = labelled(inputs);
  const LabelledObjective objective = objective_of(KtoLossOptions{
      .loss_type = get_named<KtoLoss>(options, "loss_type", "golden"), .beta = number("beta")});
  const double anchor =
      objective.anchor == Anchor::mismatched_kl ? kto_reference_point(tensor(inputs, "mismatched_ratio")) : 0;
  const at::Tensor each = objective.loss(batch.ratio, batch.desirable, anchor);
  const at::Tensor weights =
      at::where(batch.desirable, number("desirable_weight"), number("undesirable_weight"));
  return compare(golden, batch, (weights * each).sum());
}

double replay_bco(const Json& golden) {
  const auto inputs = get<Json>(golden, "inputs", "golden");
  const auto beta = get<double>(get<Json>(golden, "options", "golden"), "beta", "golden");
  const Labelled batch = labelled(inputs);
  RunningMean rewards;
  rewards.add(tensor(inputs, "seen_rewards"));
  rewards.add(beta * batch.ratio.detach());
  const LabelledObjective objective = objective_of(BcoLossOptions{.beta = beta});
  return compare(golden, batch, objective.loss(batch.ratio, batch.desirable, rewards.mean).sum());
}

}  // namespace nudge::golden
