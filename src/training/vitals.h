#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace nudge {

/// How a run goes, in the numbers of one step: what its alarms listen to (training/alarms.h) and its ending
/// tells (training/ending.h). NaN: this step did not measure it.
struct Vitals {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  double loss = kUnknown, held_out_loss = kUnknown;
  double reward = kUnknown;                                  // mean of what is optimised
  std::vector<std::pair<std::string, double>> monitors;      // means of what only watches, by name
  double kl = kUnknown;                                      // to the reference, nats a completion
  double kl_from_start = kUnknown;                           // KL(start || policy), nats a completion
  std::int64_t answers = 0;                                  // completions that were sampled
  double distinct = kUnknown;                                // share of the sampled completions that differ
  double length = kUnknown;                                  // tokens of a completion
  double accuracy = kUnknown, held_out_accuracy = kUnknown;  // share of the pairs told apart as raters did
  double margin = kUnknown;                               // implicit reward of the chosen less the rejected
  double chosen = kUnknown, reference_chosen = kUnknown;  // log-prob of what raters liked, and before
};

}  // namespace nudge
