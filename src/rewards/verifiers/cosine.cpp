#include "rewards/verifiers/cosine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "rewards/verifiers/length.h"

namespace nudge {
namespace {

double scaled(double correct, double tokens, const CosineScale& scale) {
  if (std::isnan(correct) || std::isnan(tokens)) return std::numeric_limits<double>::quiet_NaN();
  const double progress = std::min(tokens / static_cast<double>(scale.max_len), 1.0);
  const double at_once = correct > 0 ? scale.max_value_correct : scale.min_value_wrong;
  const double at_last = correct > 0 ? scale.min_value_correct : scale.max_value_wrong;
  return at_last + 0.5 * (at_once - at_last) * (1 + std::cos(progress * std::numbers::pi));
}

}  // namespace

CosineScaled::CosineScaled(std::string name, std::unique_ptr<Reward> correctness, CosineScale scale)
    : name_(std::move(name)), correctness_(std::move(correctness)), scale_(scale) {}

void CosineScaled::score(std::span<Trajectory> trajectories) {
  std::vector<Trajectory> copies(trajectories.begin(), trajectories.end());
  correctness_->score(copies);
  std::vector<double> scores;
  for (const Trajectory& copy : copies) scores.push_back(scaled(copy.score, token_count(copy), scale_));
  set_scores(trajectories, name_, scores);
}

void declare(SpecReader& spec, CosineScale& scale) {
  spec.read("max_len", scale.max_len);
  spec.read("min_value_wrong", scale.min_value_wrong);
  spec.read("max_value_wrong", scale.max_value_wrong);
  spec.read("min_value_correct", scale.min_value_correct);
  spec.read("max_value_correct", scale.max_value_correct);
  if (scale.max_len <= 0) spec.refuse("max_len must be given");
}

}  // namespace nudge
