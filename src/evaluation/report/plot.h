#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluation/report/axis.h"
#include "evaluation/report/html.h"

namespace nudge::report {

/// A point with an optional interval in y, and an optional label beside it.
struct Point {
  double x = 0, y = 0;
  std::optional<double> low = {}, high = {};
  std::string label = {};
};

/// Points of one colour and one marker.
struct Series {
  std::string name;
  std::string colour;  // a colour name of style.cpp: "gold", "k2"
  std::vector<Point> points;
  bool line = true;
  bool markers = true;
  bool band = false;    // draw intervals as one band instead of a bar at each point
  bool specks = false;  // many points: small, translucent, no intervals
  bool dashed = false;
};

/// A plot of lines or points. Points that are not finite are left out.
struct Plot {
  std::string x_name, y_name;
  std::vector<Series> series;
  Unit x_unit = Unit::number, y_unit = Unit::number;
  std::optional<double> x_low = {}, x_high = {}, y_low = {}, y_high = {};  // that the axes must cover
  std::optional<double> guide_y = {};  // a dotted horizontal line ("what chance gives")
  std::string guide_name = {};
  bool x_root = false;      // x by square roots, from 0
  bool y_root = false;      // y the same
  bool diagonal = false;    // a dotted line y = x
  std::string description;  // for readers who cannot see it
};

/// One SVG of this many pixels; it scales with its place.
Html draw(const Plot& plot, int width, int height);

/// The plot as a graphic for a figure, with its legend: a wide and a narrow drawing, of which the style sheet
/// shows the one that fits, so that letters stay readable on a phone.
Html graphic(const Plot& plot);

/// The plots side by side (below one another on a phone) under one legend, that of the first.
Html panels(const std::vector<Plot>& plots);

/// As panels, but each plot under its own legend.
Html panels_apart(const std::vector<Plot>& plots);

}  // namespace nudge::report
