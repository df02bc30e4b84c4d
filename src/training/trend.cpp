#include "training/trend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace nudge {
namespace {

template <class Iterator>
double mean(Iterator begin, Iterator end) {
  if (begin == end) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
}

}  // namespace

void Trend::add(double value) {
  if (!std::isfinite(value)) return;
  if (count_ > 0) squared_jumps_ += (value - last_.back()) * (value - last_.back());
  ++count_;
  if (std::ssize(first_) < kWindow) first_.push_back(value);
  if (std::ssize(last_) == kWindow) last_.erase(last_.begin());
  last_.push_back(value);
}

std::int64_t Trend::window() const {
  return std::min(kWindow, std::max<std::int64_t>(1, count_ / 2));
}

double Trend::from() const {
  return mean(first_.begin(), first_.begin() + std::min(window(), std::ssize(first_)));
}

double Trend::to() const {
  return mean(last_.end() - std::min(window(), std::ssize(last_)), last_.end());
}

double Trend::error() const {
  if (count_ < 2) return std::numeric_limits<double>::infinity();
  const double variance = squared_jumps_ / static_cast<double>(2 * (count_ - 1));
  return std::sqrt(2 * variance / static_cast<double>(window()));
}

Json Trend::json() const {
  return {{"count", count_}, {"first", first_}, {"last", last_}, {"squared_jumps", squared_jumps_}};
}

void Trend::restore(const Json& json) {
  const char* where = "checkpoint";
  count_ = get<std::int64_t>(json, "count", where);
  first_ = get<std::vector<double>>(json, "first", where);
  last_ = get<std::vector<double>>(json, "last", where);
  squared_jumps_ = get<double>(json, "squared_jumps", where);
}

}  // namespace nudge
