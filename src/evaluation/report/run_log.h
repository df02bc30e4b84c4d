#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

/// One number of a run's log over the steps; what is no finite number in the log is left out.
struct Curve {
  std::string name;
  std::vector<Point> points;

  bool varies() const;
};

/// metrics.jsonl of a run, number by number, in the order in which they first stand there.
struct RunLog {
  std::filesystem::path folder;
  std::string name;  // of the folder
  std::vector<Curve> curves;
  std::size_t lines = 0;
  std::int64_t last_step = 0;

  const Curve* find(std::string_view curve) const;
};

/// Throws Error when `folder` holds no metrics.jsonl or a line of it has no step.
RunLog read_run(const std::filesystem::path& folder);

/// The lines of a JSON Lines file; one that has no end yet is left out.
std::vector<Json> read_lines(const std::filesystem::path& file);

/// Means of the points around each, `width` of them: what a line through a noisy curve shows.
std::vector<Point> smoothed(const std::vector<Point>& points, std::size_t width);

}  // namespace nudge::report
