#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "evaluation/report/html.h"

namespace nudge::report {

/// Builds one drawing; coordinates are pixels from the top left. Classes come from style.cpp.
class Svg {
 public:
  /// `css_class` joins "plot"; `description` is its text for readers who cannot see it.
  Svg(int width, int height, std::string_view description, std::string_view css_class = {});

  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void path(std::string_view data, std::string_view css_class);
  /// `anchor`: "start", "middle" or "end".
  void text(double x, double y, std::string_view plain, std::string_view css_class,
            std::string_view anchor = "start");
  /// Shapes differ by `shape` modulo four (circle, square, diamond, triangle), so colour is not all that
  /// tells series apart. `hint` appears when a pointer rests on it.
  void marker(double x, double y, std::size_t shape, double radius, std::string_view css_class,
              std::string_view hint = {});
  Html finish() const;

 private:
  std::string code_;
};

/// Width of text of the size that plots use, about.
double text_width(std::string_view plain);

}  // namespace nudge::report
