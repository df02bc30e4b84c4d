#include "training/state.h"

#include "base/error.h"

namespace nudge {

const at::Tensor& State::tensor(const std::string& name) const {
  const auto found = tensors.find(name);
  require(found != tensors.end(),
          "The checkpoint holds no tensor \"{}\"; it was written by another command or version.", name);
  return found->second;
}

}  // namespace nudge
