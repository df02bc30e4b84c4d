#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "training/alarms.h"
#include "training/vitals.h"

namespace nudge {

/// A number that a run changed.
struct Change {
  std::string name;  // for people: "reward", "monitor gold"
  double from, to;   // means over the steps at both ends
  bool share;        // shown in percent
  bool clear;        // more than two standard errors apart
  bool once;         // measured a single time: `to`
};

/// Follows the vitals of a run and rings its alarms.
class Watch {
 public:
  /// The vitals of one step; what the alarms say to it, a sentence each. `step` is how it is called.
  std::vector<std::string> add(const Vitals& vitals, const std::string& step);

  /// From where to where each number went that was measured; in the order of Vitals.
  std::vector<Change> changes() const;
  /// Steps that an end of them is the mean of.
  std::int64_t window() const;
  /// Every alarm that rang, as it was said.
  const std::vector<std::string>& rung() const { return rung_; }
  bool optimises() const { return reward_.count() > 0; }       // something was sampled and scored
  bool compares() const { return margin_.count() > 0; }        // fixed answers were learned from
  bool sees_answers() const { return distinct_.count() > 0; }  // something was sampled
  bool monitors() const { return !monitors_.empty(); }

  Json json() const;
  void restore(const Json& json);

 private:
  struct Monitor {
    std::string name;
    Trend trend;
    PartingAlarm parting;
  };
  Monitor& monitor(const std::string& name);
  // What a checkpoint holds, in this order.
  static auto all(auto& self) {
    return std::array{&self.loss_,     &self.held_out_loss_, &self.reward_,
                      &self.kl_,       &self.kl_from_start_, &self.distinct_,
                      &self.length_,   &self.accuracy_,      &self.held_out_accuracy_,
                      &self.margin_,   &self.chosen_,        &self.gap_,
                      &self.reference_};
  }

  Trend loss_, held_out_loss_, reward_, kl_, kl_from_start_, distinct_, length_;
  Trend accuracy_, held_out_accuracy_, margin_, chosen_;
  Trend gap_, reference_;  // log-probs of the chosen beyond the reference's, and the reference's
  std::vector<Monitor> monitors_;
  CollapseAlarm collapse_;
  DisplacementAlarm displacement_;
  std::vector<std::string> rung_;
};

}  // namespace nudge
