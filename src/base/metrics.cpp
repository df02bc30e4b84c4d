#include "base/metrics.h"

#include <algorithm>
#include <limits>

namespace nudge {
namespace {

bool nameless = false;

}  // namespace

NamelessMetrics::NamelessMetrics() {
  nameless = true;
}
NamelessMetrics::~NamelessMetrics() {
  nameless = false;
}

void Metrics::set(const std::string& name, double value) {
  if (nameless) return;
  for (auto& [known, old] : values_) {
    if (known == name) {
      old = value;
      return;
    }
  }
  values_.emplace_back(name, value);
}

void Metrics::merge(const Metrics& other, const std::string& prefix) {
  for (const auto& [name, value] : other) set(prefix + name, value);
}

void MetricSums::add(const Entry& more) {
  for (Entry& entry : entries_) {
    if (entry.metric != more.metric || entry.name != more.name) continue;
    entry.merge(more);
    return;
  }
  entries_.push_back(more);
}

void MetricSums::add(const std::string& name, double sum, double count) {
  add(Entry{.name = name, .sum = sum, .count = count});
}

void MetricSums::add(const Metric& metric, double sum, double count) {
  add(Entry{.name = metric.name, .metric = &metric, .sum = sum, .count = count});
}

void MetricSums::add_variance(const std::string& name, double sum, double squares, double count) {
  add(Entry{.name = name, .kind = Kind::variance, .sum = sum, .squares = squares, .count = count});
}

void MetricSums::lowest(const std::string& name, double value) {
  add(Entry{.name = name, .kind = Kind::lowest, .sum = value, .count = 1});
}

void MetricSums::highest(const std::string& name, double value) {
  add(Entry{.name = name, .kind = Kind::highest, .sum = value, .count = 1});
}

void MetricSums::merge(const MetricSums& other) {
  for (const Entry& entry : other.entries_) add(entry);
}

void MetricSums::Entry::merge(const Entry& more) {
  switch (kind) {
    case Kind::mean:
    case Kind::variance:
      sum += more.sum;
      squares += more.squares;
      break;
    case Kind::lowest:
      sum = std::min(sum, more.sum);
      break;
    case Kind::highest:
      sum = std::max(sum, more.sum);
      break;
  }
  count += more.count;
}

double MetricSums::Entry::value() const {
  switch (kind) {
    case Kind::mean:
      return sum / count;
    case Kind::variance:
      return squares / count - (sum / count) * (sum / count);
    case Kind::lowest:
    case Kind::highest:
      return sum;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

Metrics MetricSums::values() const {
  Metrics values;
  for (const Entry& entry : entries_) values.set(entry.name, entry.value());
  return values;
}

const MetricSums::Entry* MetricSums::find(const Metric& metric) const {
  const auto found = std::ranges::find(entries_, &metric, &Entry::metric);
  return found == entries_.end() ? nullptr : &*found;
}

double MetricSums::mean(const Metric& metric) const {
  const Entry* entry = find(metric);
  return entry == nullptr ? std::numeric_limits<double>::quiet_NaN() : entry->value();
}

double MetricSums::count(const Metric& metric) const {
  const Entry* entry = find(metric);
  return entry == nullptr ? 0 : entry->count;
}

}  // namespace nudge
