#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/interval.h"

namespace nudge {

struct BootstrapOptions {
  std::int64_t resamples = 1000;
  std::uint64_t seed = 0;
};

/// A statistic of `units` independent units, asked with how often each of them occurs.
using Statistic = std::function<double(std::span<const double> multiplicities)>;

/// The statistic of the data (each unit once) with the 95 % percentile interval over resamples of whole units
/// (Efron 1979). Resamples on which it is undefined (NaN) are left out; low and high are NaN when all are. A
/// pure function of its arguments and the seed.
Interval bootstrap_interval(std::size_t units, const Statistic& statistic, const BootstrapOptions& options);

}  // namespace nudge
