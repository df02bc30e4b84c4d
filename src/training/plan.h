#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "training/state.h"

namespace nudge {

/// Steps that --plan takes: the first also pays for what is made once, the second is what the others cost.
inline constexpr std::int64_t kPlannedSteps = 2;

/// A loop that was asked only for a plan has measured its steps and stops; the message is the plan, a line
/// for each thing to know.
class Planned : public Error {
 public:
  using Error::Error;
};

/// What a whole run would take, from one step that was really taken here.
struct Measured {
  std::string batch;     // what a step holds
  std::string unit;      // what it is called
  std::int64_t total;    // how many there would be
  double seconds;        // of one
  std::int64_t threads;  // that it was taken on
  double peak_bytes;     // the most memory that the process has held so far
  double state_bytes;    // of a checkpoint
  std::int64_t save_steps;
  std::string before = {};  // what is done once before the first step, with its time
};
std::string plan_text(const Measured& measured);

/// "1.5 GB".
std::string bytes_in_words(double count);

/// "90 s", "12.5 min", "3.0 h".
std::string duration_in_words(double seconds);

/// The most memory that this process has held, in bytes.
double peak_memory();

/// Of all tensors of a checkpoint.
double bytes_of(const State& state);

}  // namespace nudge
