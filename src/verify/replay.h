#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace nudge {

/// One golden case, computed again by the code that trains: how far it is from the numbers that came from
/// outside (tests/goldens/*.json). Used by the tests and by `nudge verify`.
struct Replay {
  std::string convention;  // whose formula: "trl", "openrlhf", "verl", or "paper"
  std::string what;
  double deviation = 0;     // the largest, absolute or relative to the number, whichever is smaller
  double tolerance = 1e-7;  // what a faithful computation keeps to; more where we compute in single precision

  bool faithful() const { return deviation <= tolerance; }  // not when it is NaN
};

/// The cases of a golden file, each with its "kind", "convention" and "what".
std::vector<Json> cases_of(const Json& file);

/// Whether a case is a whole training, which takes the program itself to repeat.
bool is_training(const Json& golden);

/// Error when the kind of the case is unknown or it lacks a member.
Replay replay(const Json& golden);

}  // namespace nudge
