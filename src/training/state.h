#pragma once

#include "base/json.h"
#include "tensor/safetensors.h"

namespace nudge {

/// All that a run needs to go on as if it had never stopped: named tensors and small values.
struct State {
  NamedTensors tensors;
  Json values = Json::object();

  /// The tensor of that name; Error (a missing item fails the load, nothing defaults silently).
  const at::Tensor& tensor(const std::string& name) const;
};

}  // namespace nudge
