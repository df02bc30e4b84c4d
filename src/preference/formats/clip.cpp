#include "preference/formats/clip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/json.h"

namespace nudge {
namespace {

constexpr double kLargest = 4096, kFastest = 240;

const std::map<std::string, std::vector<const char*>>& numbers_of_shapes() {
  static const std::map<std::string, std::vector<const char*>> shapes = {{"circle", {"x", "y", "r"}},
                                                                         {"rect", {"x", "y", "w", "h"}},
                                                                         {"line", {}},
                                                                         {"polygon", {}},
                                                                         {"text", {"x", "y", "size"}}};
  return shapes;
}

bool is_number(const Json& object, const char* name) {
  return object.contains(name) && object[name].is_number() && std::isfinite(object[name].get<double>());
}

bool within(const Json& object, const char* name, double most) {
  return is_number(object, name) && object[name].get<double>() > 0 && object[name].get<double>() <= most;
}

bool are_points(const Json& shape) {
  const auto points = shape.find("points");
  return points != shape.end() && points->is_array() && points->size() % 2 == 0 &&
         std::ranges::all_of(*points, [](const Json& value) { return value.is_number(); });
}

std::string fault_of_shape(const Json& shape) {
  if (!shape.is_object()) return fmt::format("holds {} where a shape belongs", to_line(shape).substr(0, 40));
  const Json name = shape.value("shape", Json());
  const auto known = numbers_of_shapes().find(name.is_string() ? name.get<std::string>() : "");
  if (known == numbers_of_shapes().end())
    return fmt::format("holds the shape {}; known are circle, rect, line, polygon, text",
                       to_line(name).substr(0, 40));
  for (const char* number : known->second)
    if (!is_number(shape, number))
      return fmt::format("holds a {} without a number \"{}\"", known->first, number);
  if (known->second.empty() && !are_points(shape))
    return fmt::format("holds a {} without points (numbers, x and y in turn)", known->first);
  if (known->first == "text" && !shape.value("text", Json()).is_string())
    return "holds a text without its \"text\"";
  for (const char* colour : {"fill", "stroke"})
    if (shape.contains(colour) && !shape[colour].is_string())
      return fmt::format("holds a {} whose \"{}\" is no colour", known->first, colour);
  if (shape.contains("width") && !is_number(shape, "width"))
    return fmt::format("holds a {} whose \"width\" is no number", known->first);
  return "";
}

std::string fault_of_shapes(const Json& shapes, const std::string& where) {
  if (!shapes.is_array()) return fmt::format("has a {} that is no list of shapes", where);
  for (const Json& shape : shapes)
    if (const std::string fault = fault_of_shape(shape); !fault.empty())
      return fmt::format("is malformed: its {} {}", where, fault);
  return "";
}

}  // namespace

std::string fault_of_clip(const std::string& content) {
  const Json clip = Json::parse(content, nullptr, false);
  if (!clip.is_object()) return "is no JSON object";
  if (!within(clip, "width", kLargest) || !within(clip, "height", kLargest))
    return fmt::format("needs a width and a height of 1 to {}", kLargest);
  if (!within(clip, "fps", kFastest)) return fmt::format("needs fps, 1 to {} frames a second", kFastest);
  if (clip.contains("background") && !clip["background"].is_string())
    return "has a background that is no colour";
  const Json frames = clip.value("frames", Json());
  if (!frames.is_array() || frames.empty()) return "needs frames, which are lists of shapes";
  if (clip.contains("scene"))
    if (std::string fault = fault_of_shapes(clip["scene"], "scene"); !fault.empty()) return fault;
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (std::string fault = fault_of_shapes(frames[i], fmt::format("frame {}", i + 1)); !fault.empty())
      return fault;
  return "";
}

}  // namespace nudge
