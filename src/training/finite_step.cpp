#include "training/finite_step.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "tensor/aten.h"

namespace nudge {

void leave_out_unless(const at::Tensor& finite_N, const std::vector<std::int64_t>& indices) {
  NoFiniteLoss found;
  for (std::int64_t i = 0; i < std::ssize(indices); ++i)
    if (!finite_N[i].item<bool>()) found.indices.push_back(indices[i]);
  if (!found.indices.empty()) throw found;
}

StepReport FiniteSteps::take(Parts parts, const std::function<StepReport(const Parts&)>& step) {
  left_out_ = 0;
  while (true) {
    try {
      return step(parts);
    } catch (const NoFiniteLoss& found) {
      leave_out(found.indices, parts);
    }
  }
}

void FiniteSteps::leave_out(const std::vector<std::int64_t>& indices, Parts& parts) {
  for (auto& part : parts)
    std::erase_if(part, [&](std::int64_t index) { return std::ranges::count(indices, index) > 0; });
  std::erase_if(parts, [](const auto& part) { return part.empty(); });
  const auto count = static_cast<std::int64_t>(indices.size());
  left_out_ += count, in_all_ += count;
  if (in_all_ < warn_at_) return;
  warn_at_ = 2 * in_all_;
  warn(
      fmt::format("{}: {} is left out of its step, because its loss or its gradient is not finite ({} {}s so "
                  "far); the step is taken with the others.",
                  command_, named_(indices.front()), in_all_, what_));
}

void describe_left_out(const FiniteSteps& steps, const std::string& name, Metrics& metrics) {
  if (steps.left_out() > 0) metrics.set(name + "_left_out", static_cast<double>(steps.left_out()));
}

}  // namespace nudge
