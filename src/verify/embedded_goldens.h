#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// A file of tests/goldens as it was when the program was built (cmake/goldens.cmake).
struct EmbeddedGoldens {
  std::string name;  // "rollout_objectives"
  std::string_view json;
};
const std::vector<EmbeddedGoldens>& embedded_goldens();

}  // namespace nudge
