#include "evaluation/report/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluation/report/svg.h"

namespace nudge::report {

namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void cover(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void cover(const std::optional<double>& value) {
    if (value) cover(*value);
  }
};

bool finite(const Point& point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

// The inner rectangle of the plot and how values fall into it.
class Canvas {
 public:
  Canvas(const Plot& plot, int width, int height) : plot_(plot), width_(width), height_(height) {
    Range x, y;
    for (const auto& bound : {plot.x_low, plot.x_high}) x.cover(bound);
    for (const auto& bound : {plot.y_low, plot.y_high, plot.guide_y}) y.cover(bound);
    for (const Series& series : plot.series) {
      for (const Point& point : series.points) {
        if (!finite(point)) continue;
        x.cover(point.x);
        y.cover(point.y);
        if (series.specks) continue;
        y.cover(point.low);
        y.cover(point.high);
      }
    }
    const int x_ticks = width < 450 ? 4 : 7;
    x_ = plot.x_root
             ? root_axis(x.high, x_ticks)
             : tight_axis(x.low, x.high, x_ticks, plot.x_unit, !plot.x_low && !only_lines(), !only_lines());
    const int y_ticks = height < 280 ? 4 : 6;
    y_ = plot.y_root ? root_axis(y.high, y_ticks)
                     : tight_axis(y.low, y.high, y_ticks, plot.y_unit, !plot.y_low, !plot.y_high);
    double widest = 0;
    for (double tick : y_.ticks) widest = std::max(widest, text_width(y_.tick_text(tick)));
    left_ = widest + 14;
  }

  double x(double value) const { return left_ + x_.position(value) * (width_ - kRight - left_); }
  double y(double value) const { return height_ - kBottom - y_.position(value) * (height_ - kBottom - kTop); }
  Box inside() const { return {left_, kTop, width_ - kRight, height_ - kBottom}; }

  void draw_axes(Svg& svg) const {
    const Box box = inside();
    for (double tick : y_.ticks) {
      svg.line(box.left, y(tick), box.right, y(tick), std::abs(tick) < 1e-12 ? "zero" : "grid");
      svg.text(box.left - 9, y(tick) + 4, y_.tick_text(tick), "tick", "end");
    }
    for (double tick : x_.ticks) svg.text(x(tick), box.bottom + 19, x_.tick_text(tick), "tick", "middle");
    svg.text(box.right, height_ - 5, plot_.x_name, "axis-name", "end");
    svg.text(0, 12, plot_.y_name, "axis-name");
    if (plot_.guide_y) {
      svg.line(box.left, y(*plot_.guide_y), box.right, y(*plot_.guide_y), "guide");
      svg.text(box.right, y(*plot_.guide_y) - 6, plot_.guide_name, "value", "end");
    }
    if (plot_.diagonal) {
      const double low = std::max(x_.low, y_.low), high = std::min(x_.high, y_.high);
      svg.line(x(low), y(low), x(high), y(high), "guide");
    }
  }

  std::string hint(const Series& series, const Point& point) const {
    std::string hint =
        series.name + (point.label.empty() ? "" : ", " + point.label) + ": " + value_text(point.y);
    if (point.low && point.high) hint += " [" + value_text(*point.low) + ", " + value_text(*point.high) + "]";
    return hint + " at " + number_text(point.x, x_.decimals + 1);
  }

 private:
  static constexpr double kTop = 30, kRight = 14, kBottom = 46;

  // Lines may touch the frame, markers may not.
  bool only_lines() const {
    return std::none_of(plot_.series.begin(), plot_.series.end(), [](const Series& s) { return s.markers; });
  }

  std::string value_text(double value) const {
    return y_.unit == Unit::percent ? percent_text(value) : number_text(value, y_.decimals + 1);
  }

  const Plot& plot_;
  double width_, height_, left_ = 0;
  Axis x_, y_;
};

std::string polyline(const std::vector<std::pair<double, double>>& points) {
  std::string data;
  for (const auto& [x, y] : points) data += fmt::format("{}{:.1f} {:.1f}", data.empty() ? "M" : "L", x, y);
  return data;
}

void draw_intervals(Svg& svg, const Canvas& canvas, const Series& series, const std::string& colour) {
  std::vector<std::pair<double, double>> outline, below;
  for (const Point& point : series.points) {
    if (!finite(point) || !point.low || !point.high) continue;
    const double x = canvas.x(point.x);
    if (!series.band) svg.line(x, canvas.y(*point.low), x, canvas.y(*point.high), "bar" + colour);
    outline.emplace_back(x, canvas.y(*point.high));
    below.emplace_back(x, canvas.y(*point.low));
  }
  if (!series.band || outline.empty()) return;
  outline.insert(outline.end(), below.rbegin(), below.rend());
  svg.path(polyline(outline) + "Z", "band" + colour);
}

void draw_series(Svg& svg, const Canvas& canvas, const Series& series, std::size_t shape) {
  const std::string colour = " c-" + series.colour;
  if (!series.specks) draw_intervals(svg, canvas, series, colour);
  std::vector<std::pair<double, double>> line;
  for (const Point& point : series.points)
    if (finite(point)) line.emplace_back(canvas.x(point.x), canvas.y(point.y));
  if (series.line && line.size() > 1)
    svg.path(polyline(line), (series.dashed ? "line dashed" : "line") + colour);
  if (!series.markers) return;
  for (const Point& point : series.points) {
    if (!finite(point)) continue;
    svg.marker(canvas.x(point.x), canvas.y(point.y), shape, series.specks ? 2.4 : 5,
               (series.specks ? "speck" : "marker") + colour,
               series.specks ? std::string() : canvas.hint(series, point));
  }
}

// Markers and other labels must never be covered, lines only where nothing else is left.
struct Obstacles {
  std::vector<Box> solid, lines;  // a line is a row of small boxes

  bool meet(const Box& box, bool with_lines) const {
    const auto meets = [&](const Box& other) { return box.meets(other); };
    return std::any_of(solid.begin(), solid.end(), meets) ||
           (with_lines && std::any_of(lines.begin(), lines.end(), meets));
  }
};

Obstacles obstacles(const Canvas& canvas, const Plot& plot) {
  Obstacles found;
  for (const Series& series : plot.series) {
    if (series.specks) continue;
    const Point* last = nullptr;
    for (const Point& point : series.points) {
      if (!finite(point)) continue;
      const double x = canvas.x(point.x), y = canvas.y(point.y);
      if (series.markers) found.solid.push_back({x - 6, y - 6, x + 6, y + 6});
      if (point.low && point.high && !series.band)
        found.solid.push_back({x - 2, canvas.y(*point.high), x + 2, canvas.y(*point.low)});
      for (int i = 1; last && series.line && i < 60; ++i) {
        const double t = i / 60., at_x = x + t * (canvas.x(last->x) - x),
                     at_y = y + t * (canvas.y(last->y) - y);
        found.lines.push_back({at_x - 1, at_y - 1, at_x + 1, at_y + 1});
      }
      last = &point;
    }
  }
  return found;
}

// Left edge and baseline of a label of this width from its point, the best place first: beside it, then
// farther and farther out, where a leader joins them.
std::vector<std::pair<double, double>> places_around(double width) {
  std::vector<std::pair<double, double>> places{{-width / 2, -12}, {-width / 2, 21}, {9, -8},
                                                {9, 17},           {9, 4},           {-9 - width, -8},
                                                {-9 - width, 17},  {-9 - width, 4}};
  for (const double far : {24., 44., 66., 90.})
    for (const auto& [right, down] :
         {std::pair{0., -1.}, {0., 1.}, {.8, -.8}, {.8, .8}, {-.8, -.8}, {-.8, .8}, {1., 0.}, {-1., 0.}})
      places.emplace_back(right == 0  ? -width / 2
                          : right > 0 ? right * far
                                      : right * far - width,
                          down * far + 4);
  return places;
}

// Where a label of this width may stand for its point.
std::optional<Box> free_place(double x, double y, double width, const Box& inside, const Obstacles& taken) {
  for (const bool with_lines : {true, false}) {
    for (const auto& [dx, dy] : places_around(width)) {
      const Box box{x + dx, y + dy - 11, x + dx + width, y + dy + 3};
      const bool fits = box.left >= inside.left && box.right <= inside.right + 12 &&
                        box.top >= inside.top - 12 && box.bottom <= inside.bottom;
      if (fits && !taken.meet(box, with_lines)) return box;
    }
  }
  return std::nullopt;
}

// From a label that stands apart to its point.
void draw_leader(Svg& svg, const Box& box, double x, double y) {
  const double near_x = std::clamp(x, box.left, box.right), near_y = std::clamp(y, box.top + 2, box.bottom);
  if (std::hypot(near_x - x, near_y - y) > 16) svg.line(near_x, near_y, x, y, "leader");
}

void draw_labels(Svg& svg, const Canvas& canvas, const Plot& plot) {
  Obstacles taken = obstacles(canvas, plot);
  for (const Series& series : plot.series) {
    for (const Point& point : series.points) {
      if (!finite(point) || point.label.empty()) continue;
      const auto box =
          free_place(canvas.x(point.x), canvas.y(point.y), text_width(point.label), canvas.inside(), taken);
      if (!box) continue;
      draw_leader(svg, *box, canvas.x(point.x), canvas.y(point.y));
      svg.text(box->left, box->bottom - 3, point.label, "point-label");
      taken.solid.push_back(*box);
    }
  }
}

Html draw(const Plot& plot, int width, int height, std::string_view css_class) {
  Svg svg(width, height, plot.description, css_class);
  const Canvas canvas(plot, width, height);
  canvas.draw_axes(svg);
  for (std::size_t i = 0; i < plot.series.size(); ++i) draw_series(svg, canvas, plot.series[i], i);
  draw_labels(svg, canvas, plot);
  return svg.finish();
}

Html legend(const Plot& plot) {
  if (plot.series.size() < 2) return {};
  Html entries;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const std::string colour = " c-" + series.colour;
    Svg sample(26, 14, series.name);
    if (series.line) sample.line(1, 7, 25, 7, (series.dashed ? "line dashed" : "line") + colour);
    if (series.markers)
      sample.marker(13, 7, i, series.specks ? 3 : 5, (series.specks ? "speck" : "marker") + colour);
    entries += element("span", sample.finish() + text(series.name));
  }
  return element("div", entries, "legend");
}

}  // namespace

Html draw(const Plot& plot, int width, int height) {
  return draw(plot, width, height, "");
}

Html graphic(const Plot& plot) {
  return legend(plot) + draw(plot, 800, 420, "wide") + draw(plot, 360, 330, "narrow");
}

Html panels(const std::vector<Plot>& plots) {
  Html drawings;
  for (const Plot& plot : plots) drawings += element("div", draw(plot, 380, 250));
  return (plots.empty() ? Html{} : legend(plots.front())) + element("div", drawings, "panels");
}

Html panels_apart(const std::vector<Plot>& plots) {
  Html drawings;
  for (const Plot& plot : plots) drawings += element("div", legend(plot) + draw(plot, 380, 250));
  return element("div", drawings, "panels");
}

}  // namespace nudge::report
