#include "objectives/pairs/pair_losses.h"

#include <cmath>

#include "base/error.h"
#include "objectives/pairs/aot.h"
#include "objectives/pairs/apo.h"
#include "objectives/pairs/bco_pair.h"
#include "objectives/pairs/discopop.h"
#include "objectives/pairs/exo_pair.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/nca_pair.h"
#include "objectives/pairs/robust.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/sigmoid_norm.h"
#include "objectives/pairs/sppo_hard.h"

namespace nudge {
namespace {

void needs(bool good, DpoLoss loss, const char* expected) {
  if (!good) throw UsageError(fmt::format("The loss {} needs {}.", name_of(loss), expected));
}

void check(DpoLoss loss, const PairLossOptions& o) {
  if (!(o.beta >= 0 && std::isfinite(o.beta)))
    throw UsageError(fmt::format("--beta must be a number, 0 or more, but got {}.", o.beta));
  if (!(o.label_smoothing >= 0 && o.label_smoothing < 1))
    throw UsageError(fmt::format("--label_smoothing must be in [0, 1), but got {}.", o.label_smoothing));
  if (loss == DpoLoss::ipo || loss == DpoLoss::sppo_hard)
    needs(o.beta > 0, loss, "a --beta above 0, because it divides by it");
  if (loss == DpoLoss::robust) needs(o.label_smoothing < 0.5, loss, "a --label_smoothing below 0.5");
  if (loss == DpoLoss::exo_pair)
    needs(o.label_smoothing > 0, loss,
          "a --label_smoothing above 0 (1e-3 is usual), because it takes its log");
  if (loss == DpoLoss::discopop)
    needs(o.discopop_tau > 0 && std::isfinite(o.discopop_tau), loss, "a --discopop_tau above 0");
}

}  // namespace

KnownPairLoss pair_loss(DpoLoss loss, const PairLossOptions& options) {
  check(loss, options);
  using Pairs = const PairTerms&;
  const double beta = options.beta, e = options.label_smoothing, tau = options.discopop_tau;
  const bool smooth = options.conventions.smoothed_sigmoid, averaged = options.conventions.ipo_of_averages;
  switch (loss) {
    case DpoLoss::sft:
      break;
    case DpoLoss::aot:
      return {.loss = [=](Pairs p) { return aot(p, beta, e); }, .smoothed = true, .over_step = true};
    case DpoLoss::aot_unpaired:
      return {.loss = [=](Pairs p) { return aot_unpaired(p, beta, e); }, .smoothed = true, .over_step = true};
    case DpoLoss::apo_down:
      return {.loss = [=](Pairs p) { return apo_down(p, beta); }};
    case DpoLoss::apo_zero:
      return {.loss = [=](Pairs p) { return apo_zero(p, beta); }};
    case DpoLoss::bco_pair:
      return {.loss = [=](Pairs p) { return bco_pair(p, beta); }};
    case DpoLoss::discopop:
      return {.loss = [=](Pairs p) { return discopop(p, beta, tau); }, .of_divergence = true};
    case DpoLoss::exo_pair:
      return {.loss = [=](Pairs p) { return exo_pair(p, beta, e); }, .of_divergence = true, .smoothed = true};
    case DpoLoss::hinge:
      return {.loss = [=](Pairs p) { return hinge(p, beta); }, .of_divergence = true};
    case DpoLoss::ipo:
      return {.loss = [=](Pairs p) { return averaged ? ipo_of_averages(p, beta) : ipo_of_sums(p, beta); },
              .of_divergence = true};
    case DpoLoss::nca_pair:
      return {.loss = [=](Pairs p) { return nca_pair(p, beta); }};
    case DpoLoss::robust:
      return {.loss = [=](Pairs p) { return robust(p, beta, e); }, .of_divergence = true, .smoothed = true};
    case DpoLoss::sigmoid:
      return {.loss = [=](Pairs p) { return sigmoid(p, beta, smooth ? e : 0); },
              .of_divergence = true,
              .smoothed = smooth};
    case DpoLoss::sigmoid_norm:
      return {.loss = [=](Pairs p) { return sigmoid_norm(p, beta); }, .of_divergence = true};
    case DpoLoss::sppo_hard:
      return {.loss = [=](Pairs p) { return sppo_hard(p, beta); }};
  }
  fail("{} is no loss of pairs.", name_of(loss));
}

}  // namespace nudge
