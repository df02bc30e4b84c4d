#include "evaluation/report/rows_plot.h"

#include <algorithm>
#include <cmath>

#include "evaluation/report/svg.h"

namespace nudge::report {

namespace {

std::string value_text(double value, Unit unit) {
  return unit == Unit::percent ? percent_text(value) : number_text(value, 2);
}

struct Layout {
  int width;
  double row_height;
  double left;     // where the axis begins
  double name_dy;  // from the row's line up to its name; 0: the name stands left of the axis
};

Axis axis_of(const RowsPlot& plot) {
  std::vector<double> bounds;
  for (const auto& bound : {plot.low, plot.high, plot.guide})
    if (bound) bounds.push_back(*bound);
  for (const Row& row : plot.rows) bounds.insert(bounds.end(), {row.interval.low, row.interval.high});
  std::erase_if(bounds, [](double bound) { return !std::isfinite(bound); });
  if (bounds.empty()) return nice_axis(0, 1, 5, plot.unit);
  const auto [low, high] = std::minmax_element(bounds.begin(), bounds.end());
  return nice_axis(*low, *high, 5, plot.unit);
}

Html draw(const RowsPlot& plot, const Layout& layout, std::string_view css_class) {
  constexpr double kTop = 8, kBottom = 40, kValueWidth = 66;
  const Axis axis = axis_of(plot);
  const double bottom = kTop + layout.row_height * static_cast<double>(plot.rows.size());
  const double right = layout.width - kValueWidth;
  auto x = [&](double value) { return layout.left + axis.position(value) * (right - layout.left); };

  Svg svg(layout.width, static_cast<int>(bottom + kBottom), plot.description, css_class);
  for (double tick : axis.ticks) {
    svg.line(x(tick), kTop, x(tick), bottom, std::abs(tick) < 1e-12 ? "zero" : "grid");
    svg.text(x(tick), bottom + 19, axis.tick_text(tick), "tick", "middle");
  }
  if (plot.guide) {
    svg.line(x(*plot.guide), kTop, x(*plot.guide), bottom, "guide");
    svg.text(x(*plot.guide), bottom + 36, plot.guide_name, "value", "middle");
  }
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const Row& row = plot.rows[i];
    const std::string colour = " c-" + row.colour;
    const double y = kTop + layout.row_height * (static_cast<double>(i) + (layout.name_dy > 0 ? .72 : .5));
    if (layout.name_dy > 0)
      svg.text(layout.left, y - layout.name_dy, row.name, "");
    else
      svg.text(layout.left - 14, y + 4, row.name, "", "end");
    if (!std::isfinite(row.interval.value)) continue;
    svg.line(x(row.interval.low), y, x(row.interval.high), y, "bar" + colour);
    svg.marker(x(row.interval.value), y, 0, 5.5, "marker" + colour,
               value_text(row.interval.value, plot.unit) + " [" + value_text(row.interval.low, plot.unit) +
                   ", " + value_text(row.interval.high, plot.unit) + "]");
    svg.text(layout.width, y + 4, value_text(row.interval.value, plot.unit), "value", "end");
  }
  return svg.finish();
}

}  // namespace

void RowsPlot::add(const std::string& name, const std::optional<Interval>& interval,
                   const std::string& colour) {
  if (interval) rows.push_back({name, *interval, colour});
}

Html graphic(const RowsPlot& plot) {
  double widest = 0;
  for (const Row& row : plot.rows) widest = std::max(widest, text_width(row.name));
  return draw(plot, {800, 34, widest + 28, 0}, "wide") + draw(plot, {360, 48, 6, 13}, "narrow");
}

}  // namespace nudge::report
