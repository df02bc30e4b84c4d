#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nudge {

/// Named numbers in the order in which they were set. Values only; where they go is training/'s business.
class Metrics {
 public:
  void set(const std::string& name, double value);
  /// The value, or NaN when absent.
  double get(const std::string& name) const;
  /// Sets every value of `other`, each name behind `prefix`.
  void merge(const Metrics& other, const std::string& prefix = "");

  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  bool empty() const { return values_.empty(); }

 private:
  std::vector<std::pair<std::string, double>> values_;
};

/// Sums that become means: `add` weighted values over micro-batches, then read `means()`.
class MetricSums {
 public:
  void add(const std::string& name, double sum, double count);
  void merge(const MetricSums& other);
  Metrics means() const;
  /// The accumulated count of one name, 0 when absent.
  double count(const std::string& name) const;

 private:
  struct Entry {
    std::string name;
    double sum;
    double count;
  };
  std::vector<Entry> entries_;
};

}  // namespace nudge
