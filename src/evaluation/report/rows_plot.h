#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluation/report/axis.h"
#include "evaluation/report/html.h"
#include "evaluation/statistics.h"

namespace nudge::report {

/// One line of a plot of rows: a name, a value with its interval, its colour.
struct Row {
  std::string name;
  Interval interval;
  std::string colour;
};

/// Values with intervals, one below the other on a common axis: what tables hide and bars overstate.
struct RowsPlot {
  std::vector<Row> rows;
  Unit unit = Unit::percent;
  std::optional<double> low = {}, high = {};  // that the axis must cover
  std::optional<double> guide = {};           // a dotted vertical line
  std::string guide_name = {};
  std::string description;

  /// A row, where there is something to show.
  void add(const std::string& name, const std::optional<Interval>& interval, const std::string& colour);
};

/// As for line plots: a wide drawing with names at the left, a narrow one with names above.
Html graphic(const RowsPlot& plot);

}  // namespace nudge::report
