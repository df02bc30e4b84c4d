#include "base/metrics.h"

#include <algorithm>
#include <limits>

namespace nudge {

void Metrics::set(const std::string& name, double value) {
  for (auto& [known, old] : values_) {
    if (known == name) {
      old = value;
      return;
    }
  }
  values_.emplace_back(name, value);
}

double Metrics::get(const std::string& name) const {
  auto found =
      std::find_if(values_.begin(), values_.end(), [&](const auto& entry) { return entry.first == name; });
  return found == values_.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

void Metrics::merge(const Metrics& other, const std::string& prefix) {
  for (const auto& [name, value] : other) set(prefix + name, value);
}

void MetricSums::add(const std::string& name, double sum, double count) {
  for (Entry& entry : entries_) {
    if (entry.name == name) {
      entry.sum += sum;
      entry.count += count;
      return;
    }
  }
  entries_.push_back({name, sum, count});
}

void MetricSums::merge(const MetricSums& other) {
  for (const Entry& entry : other.entries_) add(entry.name, entry.sum, entry.count);
}

Metrics MetricSums::means() const {
  Metrics means;
  for (const Entry& entry : entries_) means.set(entry.name, entry.sum / entry.count);
  return means;
}

double MetricSums::count(const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name) return entry.count;
  }
  return 0;
}

}  // namespace nudge
