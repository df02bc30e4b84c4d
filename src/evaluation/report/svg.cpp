#include "evaluation/report/svg.h"

#include "text/utf8.h"

namespace nudge::report {

Svg::Svg(int width, int height, std::string_view description, std::string_view css_class)
    : code_(fmt::format("<svg class=\"plot {}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                        css_class, width, height, report::text(description).code)) {}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  code_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>", x1, y1,
                       x2, y2, css_class);
}

void Svg::path(std::string_view data, std::string_view css_class) {
  code_ += fmt::format("<path d=\"{}\" class=\"{}\"/>", data, css_class);
}

void Svg::text(double x, double y, std::string_view plain, std::string_view css_class,
               std::string_view anchor) {
  code_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>", x, y,
                       css_class, anchor, report::text(plain).code);
}

void Svg::marker(double x, double y, std::size_t shape, double radius, std::string_view css_class,
                 std::string_view hint) {
  const double r = radius, s = radius * .89, d = radius * 1.25;
  const std::string title = hint.empty() ? "" : "<title>" + report::text(hint).code + "</title>";
  switch (shape % 4) {
    case 0:
      code_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" class=\"{}\">{}</circle>", x, y,
                           r, css_class, title);
      return;
    case 1:
      code_ += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\">{}</rect>", x - s,
          y - s, 2 * s, 2 * s, css_class, title);
      return;
    case 2:
      code_ += fmt::format(
          "<path d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}l{:.1f} {:.1f}z\" class=\"{}\">{}</path>", x,
          y - d, d, d, -d, d, -d, -d, css_class, title);
      return;
    default:
      code_ += fmt::format("<path d=\"M{:.1f} {:.1f}l{:.1f} {:.1f}h{:.1f}z\" class=\"{}\">{}</path>", x,
                           y - d, d, 1.9 * d, -2 * d, css_class, title);
  }
}

Html Svg::finish() const {
  return {code_ + "</svg>"};
}

double text_width(std::string_view plain) {
  return 6.8 * static_cast<double>(count_code_points(plain));
}

}  // namespace nudge::report
