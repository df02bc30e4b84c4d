#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "training/ending.h"
#include "training/learner.h"
#include "training/metric_window.h"
#include "training/run.h"
#include "training/watch.h"

namespace nudge {

/// Something that outlives a step: it goes into every checkpoint and comes back from it.
struct Kept {
  std::function<void(State&)> save;
  std::function<void(const State&)> load;
  std::function<std::int64_t()> updates = {};  // of a learner: how often it has changed its weights
};
/// What is kept is referred to, not copied: it must outlive the loop.
Kept kept(Learner& learner);
Kept kept(const std::string& name, std::int64_t& value);
Kept kept(const std::string& name, double& value);

/// What a loop counts.
struct Steps {
  std::string title;          // before the progress: the algorithm
  std::int64_t total;         // in the whole run
  std::string batch;          // what one holds, for --plan: "16 sequences (8 x 2 accumulated)"
  std::string unit = "step";  // what one is called: "rollout" where its updates follow one
  std::string before = {};    // what is done once before the first, for --plan
};

/// What a step has to say: `metrics` it measured and `latest`, what only grows or is set (a counter, the
/// learning rate), are reproducible to the byte, `timing` is not; `shown` are the few numbers that stand
/// behind the progress, and `vitals` what the run is judged by.
struct StepNumbers {
  Metrics metrics, latest, timing, shown;
  Vitals vitals;
};

/// The monitors among the vitals as monitor/NAME, in the log and behind the progress.
void show_monitors(StepNumbers& numbers);

/// The loop of every training: goes on from the newest checkpoint, and says from which step; logs, shows
/// progress, rings alarms, saves, stops when asked to. It knows no algorithm; one step reads
///
///   while (loop.next()) {
///     const StepReport report = learner.step(...);   // on the batch of loop.step()
///     loop.record(numbers);
///   }
///
/// Not thread-safe.
class StepLoop {
 public:
  /// Loads the run's newest checkpoint into everything kept. The references must outlive the loop. UsageError
  /// when an option is out of range.
  StepLoop(Steps steps, const RunOptions& options, Run& run, std::vector<Kept> kept);
  /// When an error ends the step being taken before it has changed any weights, saves a checkpoint, so that
  /// --resume takes this very step again.
  ~StepLoop();
  StepLoop(const StepLoop&) = delete;
  StepLoop& operator=(const StepLoop&) = delete;

  /// Whether a step is left; starts its clock. Error after the last one when none of them changed any
  /// learner's weights: such a run has no final model.
  bool next();

  std::int64_t step() const { return step_; }  // from 0: the one being taken
  std::int64_t total() const { return steps_.total; }
  bool last() const { return step_ + 1 == steps_.total; }
  /// Whether what is done every so many steps, and at the last, is due; 0: only at the last.
  bool due(std::int64_t every) const { return last() || (every > 0 && (step_ + 1) % every == 0); }
  double seconds() const { return now_seconds() - began_; }  // since next()

  /// Makes the step being taken the last, and says so, when the value is above the limit; `name` is what the
  /// value is called. Before record().
  void stop_above(const std::string& name, double value, std::optional<double> limit);

  /// Ends the step: a line, of the mean over all steps since the last line, every logging_steps, at the last
  /// step, and when `log` asks for one; `shown` behind the progress; a checkpoint every save_steps. Throws
  /// Interrupted after saving, and Planned after the second step when only a plan was asked for.
  void record(const StepNumbers& numbers, bool log = false);

  /// After the last step: a checkpoint from which --resume takes no further step, for the work that follows.
  void save_finished();

  /// After the last step: writes what the steps came to, `remarks` behind it, and then the model, which makes
  /// the run complete.
  Ending finish(const Decoder& model, const Tokenizer& tokenizer, std::vector<std::string> remarks = {});

 private:
  State state() const;
  void save_checkpoint(const State& state);
  void save_when_due();
  void save_before_error();
  std::int64_t updates() const;

  Steps steps_;
  const RunOptions& options_;
  Run& run_;
  std::vector<Kept> kept_;
  std::int64_t step_ = 0, saved_ = 0;  // saved_: the newest checkpoint's step
  MetricWindow metrics_, timing_;      // since the last line; the second is not reproducible, and not kept
  double began_ = 0;
  bool taking_ = false;  // a step: between next() and record()
  State begun_;          // what was kept beside the learners when it began
  std::int64_t updates_when_begun_ = 0;
  int exceptions_ = std::uncaught_exceptions();
  Progress progress_;
  Watch watch_;
};

/// What every step logs: loss, the means of the losses' metrics, grad_norm; learning_rate.
StepNumbers described(const StepReport& report);

}  // namespace nudge
