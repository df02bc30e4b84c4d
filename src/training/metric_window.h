#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/metrics.h"

namespace nudge {

/// The mean of each metric over the steps since the last line of metrics. What a step could not measure (NaN,
/// infinity) takes no part; what none of them could is NaN. An open window belongs into the checkpoint, so
/// that a resumed run writes the same line.
class MetricWindow {
 public:
  void add(const Metrics& step);
  /// The means over what was added since the last call; the window is empty then.
  Metrics take();

  Json state() const;
  void restore(const Json& state);

 private:
  struct Entry {
    std::string name;
    double sum = 0;
    std::int64_t count = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace nudge
