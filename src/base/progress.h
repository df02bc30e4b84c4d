#pragma once

#include <cstdint>
#include <string>

#include "base/metrics.h"

namespace nudge {

/// One line of progress on stderr: what, how far, rate, time left, and the few numbers that matter. On a
/// terminal the line is redrawn in place and fits its width; without one, plain lines at most every few
/// seconds. Never throws.
class Progress {
 public:
  /// `unit` names what is counted ("step", "prompt"); `total` 0 means unknown.
  Progress(std::string what, std::int64_t total, std::string unit);
  ~Progress();

  /// `done` so far in all; `numbers` are shown behind, in order, as "name value".
  void update(std::int64_t done, const Metrics& numbers = {});
  /// Draws the last state and ends the line. The destructor calls it.
  void finish();

 private:
  void draw(bool last);
  std::string what_, unit_;
  std::int64_t total_, done_ = 0, first_ = -1;
  Metrics numbers_;
  double started_, drawn_ = 0;
  bool terminal_, finished_ = false;
};

/// Informational line on stderr, above any progress line.
void say(const std::string& line);
/// A warning the user should act on, on stderr, prefixed "warning: ".
void warn(const std::string& line);

/// Seconds of a monotonic clock.
double now_seconds();

}  // namespace nudge
