#include "training/step_loop.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "training/plan.h"

namespace nudge {
namespace {

template <class T>
Kept kept_number(const std::string& name, T& value) {
  return {[name, &value](State& state) { state.values[name] = value; },
          [name, &value](const State& state) { value = get<T>(state.values, name, "checkpoint"); }};
}

}  // namespace

Kept kept(Learner& learner) {
  return {[&learner](State& state) { learner.save(state); },
          [&learner](const State& state) { learner.load(state); },
          [&learner] { return learner.steps_done(); }};
}
Kept kept(const std::string& name, std::int64_t& value) {
  return kept_number(name, value);
}
Kept kept(const std::string& name, double& value) {
  return kept_number(name, value);
}

StepLoop::StepLoop(Steps steps, const RunOptions& options, Run& run, std::vector<Kept> kept)
    : steps_(std::move(steps)),
      options_(options),
      run_(run),
      kept_(std::move(kept)),
      progress_(steps_.title, steps_.total, steps_.unit) {
  check_options(options_);
  const auto state = run_.latest();
  if (!state) return;
  step_ = saved_ = get<std::int64_t>(state->values, "step", "checkpoint");
  metrics_.restore(get<Json>(state->values, "unlogged", "checkpoint"));
  for (const Kept& each : kept_) each.load(*state);
  watch_.restore(get<Json>(state->values, "watch", "checkpoint"));
  say(fmt::format("Going on after {} {} of {}.", steps_.unit, step_, steps_.total));
}

StepLoop::~StepLoop() {
  if (taking_ && std::uncaught_exceptions() > exceptions_) save_before_error();
}

State StepLoop::state() const {
  State state;
  state.values["step"] = step_;
  state.values["unlogged"] = metrics_.state();
  for (const Kept& each : kept_) each.save(state);
  state.values["watch"] = watch_.json();
  return state;
}

void StepLoop::save_checkpoint(const State& state) {
  run_.save_checkpoint(step_, state);
  saved_ = step_;
}

// Never throws: the error that ends the run is on its way. Counters go back to where the step began; a step
// that has changed the weights cannot be taken again with the same result, so the newest checkpoint stands.
void StepLoop::save_before_error() {
  if (options_.plan || step_ == saved_ || updates() != updates_when_begun_) return;
  try {
    State state = this->state();
    state.values.update(begun_.values);
    save_checkpoint(state);
    say(fmt::format("A checkpoint was saved after {} {}; the same command with --resume goes on from there.",
                    steps_.unit, step_));
  } catch (const std::exception& error) {
    warn(fmt::format("No checkpoint could be saved before the error below: {}", error.what()));
  }
}

// Of all learners.
std::int64_t StepLoop::updates() const {
  std::int64_t sum = 0;
  for (const Kept& each : kept_) sum += each.updates ? each.updates() : 0;
  return sum;
}

bool StepLoop::next() {
  if (step_ < steps_.total) {
    for (const Kept& each : kept_)
      if (!each.updates) each.save(begun_);
    updates_when_begun_ = updates();
    taking_ = true;
    began_ = now_seconds();
    return true;
  }
  progress_.finish();
  const bool learns = std::ranges::any_of(kept_, [](const Kept& each) { return bool(each.updates); });
  require(!learns || updates() > 0,
          "{}: none of the {} {}s changed the weights, so nothing was learned and no final model is written; "
          "the warnings above say why.",
          steps_.title, steps_.total, steps_.unit);
  return false;
}

void StepLoop::stop_above(const std::string& name, double value, std::optional<double> limit) {
  if (!limit || !(value > *limit)) return;
  steps_.total = step_ + 1;
  say(fmt::format("Stopping at {} {}: {} {:.3f} exceeds {}.", steps_.unit, steps_.total, name, value,
                  *limit));
}

void StepLoop::record(const StepNumbers& numbers, bool log) {
  const double seconds = this->seconds();
  const std::int64_t done = step_ + 1;
  const bool last = done == steps_.total;
  metrics_.add(numbers.metrics);
  timing_.add(numbers.timing);
  if (last || log || done % options_.logging_steps == 0) {
    Metrics line = metrics_.take();
    line.merge(numbers.latest);
    run_.log(done, line, timing_.take());
  }
  step_ = done;
  taking_ = false;
  progress_.update(step_, numbers.shown);
  for (const std::string& alarm : watch_.add(numbers.vitals, fmt::format("{} {}", steps_.unit, step_)))
    warn(alarm);
  if (options_.plan && (last || step_ == kPlannedSteps))
    throw Planned(plan_text({.batch = steps_.batch,
                             .unit = steps_.unit,
                             .total = steps_.total,
                             .seconds = seconds,
                             .threads = at::get_num_threads(),
                             .peak_bytes = peak_memory(),
                             .state_bytes = bytes_of(state()),
                             .save_steps = options_.save_steps,
                             .before = steps_.before}));
  if (!last && !options_.plan) save_when_due();
}

void StepLoop::save_finished() {
  if (step_ != saved_) save_checkpoint(state());
}

void StepLoop::save_when_due() {
  const bool stop = interrupt_requested();
  const bool due = options_.save_steps > 0 && step_ % options_.save_steps == 0;
  if (due || stop) save_checkpoint(state());
  if (stop)
    throw Interrupted(fmt::format("Stopped after {} {}; the same command with --resume goes on from there.",
                                  steps_.unit, step_));
}

Ending StepLoop::finish(const Decoder& model, const Tokenizer& tokenizer, std::vector<std::string> remarks) {
  Ending ending = ending_of(watch_, steps_.title, step_, steps_.unit);
  std::ranges::move(remarks, std::back_inserter(ending.remarks));
  write_file(run_.folder() / "ending.json", to_pretty(ending_json(ending)));
  run_.save_final(model, tokenizer);
  return ending;
}

void show_monitors(StepNumbers& numbers) {
  for (const auto& [name, mean] : numbers.vitals.monitors) {
    numbers.metrics.set("monitor/" + name, mean);
    numbers.shown.set("monitor/" + name, mean);
  }
}

StepNumbers described(const StepReport& report) {
  StepNumbers numbers;
  numbers.metrics.set("loss", report.loss);
  numbers.metrics.merge(report.metrics.values());
  numbers.metrics.set("grad_norm", report.grad_norm);
  numbers.latest.set("learning_rate", report.learning_rate);
  return numbers;
}

}  // namespace nudge
