#include "training/metric_window.h"

#include <algorithm>
#include <cmath>

namespace nudge {

void MetricWindow::add(const Metrics& step) {
  for (const auto& [name, value] : step) {
    auto entry = std::ranges::find(entries_, name, &Entry::name);
    if (entry == entries_.end()) entry = entries_.insert(entries_.end(), {.name = name});
    if (!std::isfinite(value)) continue;
    entry->sum += value;
    ++entry->count;
  }
}

Metrics MetricWindow::take() {
  Metrics means;
  for (const Entry& entry : entries_) means.set(entry.name, entry.sum / static_cast<double>(entry.count));
  entries_.clear();
  return means;
}

Json MetricWindow::state() const {
  Json state = Json::array();
  for (const Entry& entry : entries_)
    state.push_back({{"name", entry.name}, {"sum", entry.sum}, {"count", entry.count}});
  return state;
}

void MetricWindow::restore(const Json& state) {
  entries_.clear();
  for (const Json& entry : state)
    entries_.push_back({.name = get<std::string>(entry, "name", "checkpoint"),
                        .sum = get<double>(entry, "sum", "checkpoint"),
                        .count = get<std::int64_t>(entry, "count", "checkpoint")});
}

}  // namespace nudge
