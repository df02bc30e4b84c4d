#include "objectives/pairs/unreferenced_losses.h"

#include <cmath>

#include "base/error.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"

namespace nudge {
namespace {

void check(UnreferencedLoss loss, const UnreferencedLossOptions& o) {
  const bool smoothed = loss != UnreferencedLoss::hinge && loss != UnreferencedLoss::ipo;
  if (!(o.beta >= 0 && std::isfinite(o.beta)))
    throw UsageError(fmt::format("--beta must be a number, 0 or more, but got {}.", o.beta));
  if (!(o.label_smoothing >= 0 && o.label_smoothing < 1))
    throw UsageError(fmt::format("--label_smoothing must be in [0, 1), but got {}.", o.label_smoothing));
  if (o.label_smoothing > 0 && !smoothed)
    throw UsageError(
        fmt::format("--label_smoothing does not change the loss {}; leave it out.", name_of(loss)));
  if (loss == UnreferencedLoss::ipo && o.beta == 0)
    throw UsageError("The loss ipo needs a --beta above 0, because it divides by it.");
}

}  // namespace

PairLoss unreferenced_loss(UnreferencedLoss loss, const UnreferencedLossOptions& options) {
  check(loss, options);
  const double beta = options.beta, smoothing = options.label_smoothing, margin = options.margin;
  switch (loss) {
    case UnreferencedLoss::sigmoid:
      return [=](const PairTerms& p) { return sigmoid(p, beta, smoothing); };
    case UnreferencedLoss::hinge:
      return [=](const PairTerms& p) { return hinge(p, beta); };
    case UnreferencedLoss::ipo:
      return [=](const PairTerms& p) { return ipo_of_sums(p, beta); };  // it is given averages
    case UnreferencedLoss::simpo:
    case UnreferencedLoss::alphapo:
    case UnreferencedLoss::tpo_l:
      break;
  }
  return [=](const PairTerms& p) { return simpo(p, beta, margin, smoothing); };
}

bool of_averages(UnreferencedLoss loss) {
  return loss != UnreferencedLoss::sigmoid && loss != UnreferencedLoss::hinge;
}

}  // namespace nudge
