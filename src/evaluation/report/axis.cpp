#include "evaluation/report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nudge::report {

namespace {

double nice_step(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power * 1.0001) return factor * power;
  return 10 * power;
}

}  // namespace

std::string number_text(double value, int decimals) {
  if (!std::isfinite(value)) return "\u2013";
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return (value < 0 && !zero ? "\u2212" : "") + digits;
}

std::string percent_text(double share, int decimals) {
  return number_text(100 * share, decimals) + "\u202F%";
}

double Axis::position(double value) const {
  if (root) return std::sqrt(std::max(0.0, value) / high);
  return (value - low) / (high - low);
}

std::string Axis::tick_text(double value) const {
  if (root) return fmt::format("{}", std::round(value * 1e6) / 1e6);
  return unit == Unit::percent ? percent_text(value, std::max(0, decimals - 2))
                               : number_text(value, decimals);
}

Axis nice_axis(double low, double high, int count, Unit unit) {
  if (!(std::isfinite(low) && std::isfinite(high))) low = 0, high = 1;
  if (high - low < 1e-12 * std::max(1.0, std::abs(low))) {
    const double half = std::max(std::abs(low) * .5, .5);
    low -= half;
    high += half;
  }
  const double step = nice_step((high - low) / count);
  Axis axis{.low = std::floor(low / step + 1e-9) * step,
            .high = std::ceil(high / step - 1e-9) * step,
            .unit = unit};
  axis.decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  const auto steps = std::lround((axis.high - axis.low) / step);
  for (long i = 0; i <= steps; ++i) axis.ticks.push_back(axis.low + static_cast<double>(i) * step);
  return axis;
}

Axis tight_axis(double low, double high, int count, Unit unit, bool pad_low, bool pad_high) {
  Axis axis = nice_axis(low, high, count, unit);
  if (!(high > low)) return axis;
  const double room = .04 * (high - low);
  axis.low = pad_low ? low - room : low;
  axis.high = pad_high ? high + room : high;
  std::erase_if(axis.ticks, [&](double tick) { return tick < axis.low - 1e-9 || tick > axis.high + 1e-9; });
  return axis;
}

Axis root_axis(double high, int count) {
  Axis axis{.high = std::max(high * 1.06, 1e-3), .ticks = {0}, .root = true};
  for (double power = 1e-3; power <= axis.high; power *= 10) {
    for (double tick : {power, 2 * power, 5 * power}) {
      const bool room = axis.position(tick) - axis.position(axis.ticks.back()) > .7 / count;
      if (tick > axis.high || !room) continue;
      axis.ticks.push_back(tick);
      axis.decimals = std::max(axis.decimals, static_cast<int>(std::ceil(-std::log10(tick) - 1e-9)));
    }
  }
  return axis;
}

}  // namespace nudge::report
