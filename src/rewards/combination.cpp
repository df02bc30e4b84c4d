#include "rewards/combination.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace nudge {
namespace {

using Opinions = std::span<const double>;

enum class Combine { mean, min, mean_minus_std };
constexpr auto names_table(Combine) {
  return std::to_array<Named<Combine>>(
      {{Combine::mean, "mean"}, {Combine::min, "min"}, {Combine::mean_minus_std, "mean_minus_std"}});
}

double mean(Opinions opinions) {
  return std::accumulate(opinions.begin(), opinions.end(), 0.0) / static_cast<double>(opinions.size());
}

double smallest(Opinions opinions) {
  double least = opinions.front();
  for (const double opinion : opinions)
    if (std::isnan(opinion) || opinion < least) least = opinion;
  return least;
}

double weighted(Opinions opinions, const std::vector<double>& weights) {
  return std::inner_product(opinions.begin(), opinions.end(), weights.begin(), 0.0);
}

std::vector<double> parse_weights(const std::string& text, const SpecReader& spec) {
  std::vector<double> weights;
  const char *at = text.data(), *end = text.data() + text.size();
  while (at < end) {
    double weight = 0;
    const auto [stopped, error] = std::from_chars(at, end, weight);
    if (error != std::errc() || !std::isfinite(weight) || (stopped != end && *stopped != '/'))
      spec.refuse("weights expects numbers with / between them, as in 0.7/0.3");
    weights.push_back(weight);
    at = stopped == end ? end : stopped + 1;
  }
  return weights;
}

}  // namespace

double standard_deviation(Opinions opinions) {
  if (opinions.size() < 2) return 0;
  const double centre = mean(opinions);
  double squares = 0;
  for (const double opinion : opinions) squares += (opinion - centre) * (opinion - centre);
  return std::sqrt(squares / static_cast<double>(opinions.size() - 1));
}

Combination::Combination(SpecReader& spec) {
  std::optional<Combine> combine;
  std::string weights;
  double k = 1;
  spec.read("combine", combine);
  spec.read("k", k);
  spec.read("weights", weights);
  spec.read("head", head_);
  if (combine.has_value() + !weights.empty() + !head_.empty() > 1)
    spec.refuse("give one of combine, weights and head");
  if (k != 1 && combine != Combine::mean_minus_std) spec.refuse("k belongs to combine=mean_minus_std");
  weights_ = parse_weights(weights, spec);
  if (!weights_.empty()) {
    combine_ = [own = weights_](Opinions opinions) { return weighted(opinions, own); };
  } else if (combine == Combine::mean) {
    combine_ = mean;
  } else if (combine == Combine::min) {
    combine_ = smallest;
  } else if (combine == Combine::mean_minus_std) {
    combine_ = [k](Opinions opinions) { return mean(opinions) - k * standard_deviation(opinions); };
  }
}

double Combination::operator()(Opinions opinions) const {
  return combine_ ? combine_(opinions) : opinions.front();
}

void Combination::require_fits(const std::vector<std::string>& names, const std::string& who) {
  if (!head_.empty()) {
    const auto found = std::ranges::find(names, head_);
    require(found != names.end(), "{}: there is no head {}; its heads are {}.", who, head_,
            fmt::join(names, ", "));
    combine_ = [at = found - names.begin()](Opinions opinions) { return opinions[at]; };
  }
  require(combine_ || names.size() == 1,
          "{}: it gives {} scores ({}); say how to combine them, as in combine=mean, combine=min, "
          "combine=mean_minus_std, weights=0.7/0.3 or head={}.",
          who, names.size(), fmt::join(names, ", "), names.front());
  require(weights_.empty() || weights_.size() == names.size(),
          "{}: it gives {} scores ({}) and got {} weights.", who, names.size(), fmt::join(names, ", "),
          weights_.size());
}

}  // namespace nudge
