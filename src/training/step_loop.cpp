#include "training/step_loop.h"

#include "base/error.h"
#include "training/end_of_step.h"

namespace nudge {
namespace {

template <class T>
Kept kept_number(const std::string& name, T& value) {
  return {[name, &value](State& state) { state.values[name] = value; },
          [name, &value](const State& state) { value = get<T>(state.values, name, "checkpoint"); }};
}

}  // namespace

Kept kept(const std::string& name, std::int64_t& value) {
  return kept_number(name, value);
}
Kept kept(const std::string& name, double& value) {
  return kept_number(name, value);
}

StepLoop::StepLoop(const std::string& title, std::int64_t total, Learner& learner, const RunOptions& options,
                   Run& run, std::vector<Kept> kept)
    : learner_(learner),
      options_(options),
      run_(run),
      kept_(std::move(kept)),
      total_(total),
      progress_(title, total, "step") {
  const auto state = run_.latest();
  if (!state) return;
  learner_.load(*state);
  step_ = get<std::int64_t>(state->values, "step", "checkpoint");
  for (const Kept& each : kept_) each.load(*state);
}

State StepLoop::state() const {
  State state;
  learner_.save(state);
  state.values["step"] = step_;
  for (const Kept& each : kept_) each.save(state);
  return state;
}

bool StepLoop::next() {
  if (step_ < total_) {
    began_ = now_seconds();
    return true;
  }
  progress_.finish();
  return false;
}

void StepLoop::record(const Metrics& metrics, const Metrics& timing, const Metrics& shown, bool log) {
  ++step_;
  const bool last = step_ == total_;
  if (last || log || step_ % options_.logging_steps == 0) run_.log(step_, metrics, timing);
  Metrics numbers;
  numbers.set("loss", metrics.get("loss"));
  numbers.merge(shown);
  progress_.update(step_, numbers);
  if (!last) end_of_step(run_, options_, step_, "step", [&] { return state(); });
}

Metrics described(const StepReport& report) {
  Metrics metrics;
  metrics.set("loss", report.loss);
  metrics.merge(report.metrics);
  metrics.set("grad_norm", report.grad_norm);
  metrics.set("learning_rate", report.learning_rate);
  return metrics;
}

}  // namespace nudge
