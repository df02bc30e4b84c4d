#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nudge {

/// Named numbers in the order in which they were set, on their way into a log. Nothing reads one by its name:
/// a number that decides anything is handed over as a number.
class Metrics {
 public:
  void set(const std::string& name, double value);
  /// Sets every value of `other`, each name behind `prefix`.
  void merge(const Metrics& other, const std::string& prefix = "");

  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  bool empty() const { return values_.empty(); }

 private:
  std::vector<std::pair<std::string, double>> values_;
};

/// A number that losses report and somebody reads again. It is found by the object, whatever it is called in
/// the log; define one where the number is made: `inline const Metric kAccuracy{"rewards/accuracies"};`
struct Metric {
  const char* name;
};

/// What the micro-batches of a step report: sums, the largest and the smallest of something. They merge, so
/// that how a batch was cut, and into how many steps, makes no difference.
class MetricSums {
 public:
  /// Adds to a mean: sum / count.
  void add(const std::string& name, double sum, double count);
  void add(const Metric& metric, double sum, double count);
  /// Adds to a variance: squares / count - (sum / count)^2.
  void add_variance(const std::string& name, double sum, double squares, double count);
  void lowest(const std::string& name, double value);
  void highest(const std::string& name, double value);
  void merge(const MetricSums& other);

  /// Every number under its name, in the order in which names came first.
  Metrics values() const;
  /// The mean of one; NaN where nothing was added.
  double mean(const Metric& metric) const;
  /// The count of one, 0 where nothing was added.
  double count(const Metric& metric) const;

 private:
  enum class Kind { mean, variance, lowest, highest };
  struct Entry {
    std::string name;
    const Metric* metric = nullptr;
    Kind kind = Kind::mean;
    double sum = 0, squares = 0, count = 0;  // sum: also the lowest, the highest
    void merge(const Entry& more);
    double value() const;
  };
  void add(const Entry& more);
  const Entry* find(const Metric& metric) const;
  std::vector<Entry> entries_;
};

/// While one lives, whatever has a name only loses it on the way into the log. A test trains with it and
/// without, and sees that the log decides nothing.
class NamelessMetrics {
 public:
  NamelessMetrics();
  ~NamelessMetrics();
  NamelessMetrics(const NamelessMetrics&) = delete;
  NamelessMetrics& operator=(const NamelessMetrics&) = delete;
};

}  // namespace nudge
