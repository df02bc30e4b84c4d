#include "objectives/pairs/pair_losses.h"

#include <cmath>
#include <map>

#include "base/error.h"
#include "objectives/pairs/aot.h"
#include "objectives/pairs/apo.h"
#include "objectives/pairs/bco_pair.h"
#include "objectives/pairs/discopop.h"
#include "objectives/pairs/divergence.h"
#include "objectives/pairs/exo_pair.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/nca_pair.h"
#include "objectives/pairs/robust.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/sigmoid_norm.h"
#include "objectives/pairs/simpo.h"
#include "objectives/pairs/sppo_hard.h"

namespace nudge {
namespace {

std::map<std::string, NamedPairLoss> losses(const PairLossOptions& o) {
  const double beta = o.beta, e = o.label_smoothing, tau = o.discopop_tau;
  const double e_of_sigmoid = o.conventions.smoothed_sigmoid ? e : 0;
  const auto ipo = o.conventions.ipo_of_averages ? ipo_of_averages : ipo_of_sums;
  using Pairs = const PairTerms&;
  return {
      {"sigmoid",
       {[=](Pairs p) { return sigmoid(p, beta, e_of_sigmoid); }, true, o.conventions.smoothed_sigmoid}},
      {"sigmoid_norm", {[=](Pairs p) { return sigmoid_norm(p, beta); }, true}},
      {"hinge", {[=](Pairs p) { return hinge(p, beta); }, true}},
      {"ipo", {[=](Pairs p) { return ipo(p, beta); }, true}},
      {"exo_pair", {[=](Pairs p) { return exo_pair(p, beta, e); }, true, true}},
      {"robust", {[=](Pairs p) { return robust(p, beta, e); }, true, true}},
      {"discopop", {[=](Pairs p) { return discopop(p, beta, tau); }, true}},
      {"nca_pair", {[=](Pairs p) { return nca_pair(p, beta); }}},
      {"bco_pair", {[=](Pairs p) { return bco_pair(p, beta); }}},
      {"sppo_hard", {[=](Pairs p) { return sppo_hard(p, beta); }}},
      {"apo_zero", {[=](Pairs p) { return apo_zero(p, beta); }}},
      {"apo_down", {[=](Pairs p) { return apo_down(p, beta); }}},
      {"aot", {[=](Pairs p) { return aot(p, beta, e); }, false, true, true}},
      {"aot_unpaired", {[=](Pairs p) { return aot_unpaired(p, beta, e); }, false, true, true}},
  };
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check(bool good, const std::string& name, const char* expected) {
  if (!good) throw UsageError(fmt::format("The loss {} needs {}.", name, expected));
}

void check_range(const std::string& name, const PairLossOptions& o) {
  if (!(o.beta >= 0 && std::isfinite(o.beta)))
    throw UsageError(fmt::format("--beta must be a number, 0 or more, but got {}.", o.beta));
  if (!(o.label_smoothing >= 0 && o.label_smoothing < 1))
    throw UsageError(fmt::format("--label_smoothing must be in [0, 1), but got {}.", o.label_smoothing));
  if (name == "ipo" || name == "sppo_hard")
    check(o.beta > 0, name, "a --beta above 0, because it divides by it");
  if (name == "robust") check(o.label_smoothing < 0.5, name, "a --label_smoothing below 0.5");
  if (name == "exo_pair")
    check(o.label_smoothing > 0, name,
          "a --label_smoothing above 0 (1e-3 is usual), because it takes its log");
  if (name == "discopop")
    check(o.discopop_tau > 0 && std::isfinite(o.discopop_tau), name, "a --discopop_tau above 0");
}

}  // namespace

std::vector<std::string> pair_loss_names() {
  std::vector<std::string> names;
  for (const auto& [name, _] : losses({})) names.push_back(name);
  return names;
}

NamedPairLoss parse_pair_loss(const std::string& name, const PairLossOptions& options) {
  const auto known = losses(options);
  const auto found = known.find(name);
  if (found == known.end())
    throw UsageError(
        fmt::format("There is no preference loss {}; known are sft, {}.", name, joined(pair_loss_names())));
  check_range(name, options);
  return found->second;
}

NamedPairLoss parse_unreferenced_loss(const std::string& name, PairLossOptions options, double gamma) {
  if (name == "simpo") {
    check_range(name, options);
    const auto loss = [beta = options.beta, gamma, e = options.label_smoothing](const PairTerms& p) {
      return simpo(p, beta, gamma, e);
    };
    return {.loss = loss, .smoothed = true, .of_averages = true};
  }
  options.conventions.smoothed_sigmoid = true;
  options.conventions.ipo_of_averages = false;  // it is given averages
  NamedPairLoss loss = parse_pair_loss(name, options);
  if (options.label_smoothing > 0 && !loss.smoothed)
    throw UsageError(fmt::format("--label_smoothing does not change the loss {}; leave it out.", name));
  loss.of_averages = name == "ipo";
  return loss;
}

Divergence parse_divergence(const std::string& name, double alpha) {
  if (name == "reverse_kl") return reverse_kl;
  if (name == "forward_kl") return forward_kl;
  if (name == "js_divergence") return js_divergence;
  if (name == "alpha_divergence" && !std::isfinite(alpha))
    throw UsageError(fmt::format("--f_alpha_divergence_coef must be a number, but got {}.", alpha));
  if (name == "alpha_divergence") return [alpha](const at::Tensor& x) { return alpha_divergence(x, alpha); };
  throw UsageError(fmt::format(
      "--f_divergence_type must be reverse_kl, forward_kl, js_divergence or alpha_divergence, but got {}.",
      name));
}

}  // namespace nudge
