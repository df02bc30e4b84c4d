#include "evaluation/report/reliability_plot.h"

#include <algorithm>

#include "base/interval.h"

namespace nudge::report {

Plot reliability_plot(const Json& bins, const std::string& x_name, const std::string& where) {
  Series series{.name = "held-out pairs", .colour = "proxy"};
  for (const Json& bin : bins) {
    Point point{.x = get<double>(bin, "predicted", where), .y = get<double>(bin, "observed", where)};
    const auto count = get_or<std::int64_t>(bin, "count", 0, where);
    if (count > 0) {
      const Interval interval =
          wilson_interval(std::clamp(point.y, 0., 1.) * static_cast<double>(count), count);
      point.low = interval.low, point.high = interval.high;
    }
    series.points.push_back(std::move(point));
  }
  return {.x_name = x_name,
          .y_name = "how often right",
          .series = {series},
          .x_unit = Unit::percent,
          .y_unit = Unit::percent,
          .x_low = .5,
          .x_high = 1,
          .y_low = .4,
          .y_high = 1,
          .diagonal = true,
          .description = "Reliability: " + x_name + ", against how often right"};
}

}  // namespace nudge::report
