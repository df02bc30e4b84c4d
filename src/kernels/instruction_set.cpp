#include "kernels/instruction_set.h"

#include "kernels/targets.h"

namespace nudge::kernels {

const char* instruction_set() {
  return hwy::TargetName(hwy::SupportedAndGeneratedTargets().front());  // the best one first
}

}  // namespace nudge::kernels
