#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/kto.h"
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
  const at::Tensor each = get<std::string>(options, "loss_type", "golden") == "kto"
                              ? kto(batch.ratio, batch.desirable, number("beta"),
                                    kto_reference_point(tensor(inputs, "mismatched_ratio")))
                              : apo_zero_unpaired(batch.ratio, batch.desirable, number("beta"));
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
  return compare(golden, batch, bco(batch.ratio, batch.desirable, beta, rewards.mean).sum());
}

}  // namespace nudge::golden
