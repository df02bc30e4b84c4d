#include "training/run.h"

#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/manifest.h"
#include "base/options.h"
#include "base/progress.h"
#include "model/checkpoint.h"
#include "training/checkpoints.h"
#include "training/folder_lock.h"
#include "training/run_config.h"
#include "training/run_inputs.h"
#include "training/run_products.h"
#include "training/step_log.h"
#include "training/tensorboard.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

Json as_json(const Metrics& metrics) {
  Json record = Json::object();
  for (const auto& [name, value] : metrics) record[name] = value;
  return record;
}

bool trained_in(const fs::path& folder) {
  return fs::exists(folder / "checkpoints") || fs::exists(folder / "metrics.jsonl") ||
         fs::exists(folder / "final");
}

/// The command and what it reads, for --resume to be held against.
void write_beginning(const fs::path& folder, const std::string& config, const Json& inputs) {
  write_file(folder / inputs_file, to_pretty(inputs));
  write_file(folder / "config.yaml", config);
}

void begin(const fs::path& folder, const std::string& config, RunProducts& products) {
  const Json inputs = run_inputs(config);
  try {
    if (products.any() || fs::exists(folder / "config.yaml")) products.set_aside();
    write_beginning(folder, config, inputs);
  } catch (...) {
    products.put_back();
    throw;
  }
}

void go_on(const fs::path& folder, const RunConfig& config, bool allow_changed_inputs) {
  require_same_config(config.renamed(read_file(folder / "config.yaml")), config.yaml, folder);
  const Json inputs = run_inputs(config.yaml);
  try {
    require_same_inputs(folder, inputs);
  } catch (const Error& error) {
    if (!allow_changed_inputs) throw;
    warn(error.what());
    write_file(folder / inputs_file, to_pretty(inputs));
  }
}

}  // namespace

struct Run::Parts {
  Parts(const fs::path& folder, bool made_folder, std::unique_ptr<FolderLock> lock)
      : folder(folder),
        lock(std::move(lock)),
        made_folder(made_folder),
        products(folder),
        checkpoints(folder / "checkpoints"),
        metrics(folder / "metrics.jsonl"),
        timing(folder / "timing.jsonl"),
        events(folder / "tensorboard") {}

  StepLog& samples_log(const std::string& name) {
    return samples.try_emplace(name, folder / "samples" / (name + ".jsonl")).first->second;
  }

  /// Every log of the run, those of an earlier process included.
  std::vector<StepLog*> logs() {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder / "samples", absent)) {
      if (entry.path().extension() == ".jsonl") samples_log(entry.path().stem().string());
    }
    std::vector<StepLog*> all{&metrics, &timing};
    for (auto& [_, log] : samples) all.push_back(&log);
    return all;
  }

  fs::path folder;
  std::unique_ptr<FolderLock> lock;
  bool made_folder;
  RunProducts products;
  Checkpoints checkpoints;
  StepLog metrics, timing;
  std::map<std::string, StepLog> samples;
  EventWriter events;
};

Run::Run(const fs::path& folder, const RunConfig& config, const RunStart& start) {
  require(!folder.empty(), "A run needs a directory; give one with --output_dir.");
  const bool makes_folder = !fs::exists(folder);
  std::error_code later;  // what cannot be made cannot be written to either, and that says why
  fs::create_directories(folder, later);
  auto lock = std::make_unique<FolderLock>(folder);
  RunProducts products(folder);
  products.settle();
  const bool begun = fs::exists(folder / "config.yaml");
  require(
      begun || !trained_in(folder) || start.overwrite,
      "{} holds what a run made, but not its config.yaml, so nobody can tell whether this is the same run; "
      "put the file back, replace the run with --overwrite, or choose another --output_dir.",
      folder.string());
  if (begun && start.resume) {
    go_on(folder, config, start.allow_changed_inputs);
  } else {
    require(
        !begun || start.overwrite,
        "{} already holds a run; go on with it with --resume, replace it with --overwrite, or choose another "
        "--output_dir.",
        folder.string());
    begin(folder, config.yaml, products);
  }
  parts_ = std::make_unique<Parts>(folder, makes_folder, std::move(lock));
}

Run::~Run() = default;

std::optional<State> Run::latest() {
  auto loaded = parts_->checkpoints.newest();
  const std::int64_t step = loaded ? loaded->step : -1;
  for (StepLog* log : parts_->logs()) log->cut_after(step);
  if (fs::exists(parts_->folder / "tensorboard")) parts_->events.restart_at(step + 1);
  if (!loaded) return {};
  return std::move(loaded->state);
}

bool Run::finished() const {
  const fs::path final = parts_->folder / "final";
  if (!fs::exists(final)) return false;
  try {
    verified_manifest(final);
    return true;
  } catch (const Error& error) {
    warn(fmt::format("{} is not complete ({}); it is made again from the newest checkpoint.", final.string(),
                     error.what()));
    return false;
  }
}

void Run::log(std::int64_t step, const Metrics& metrics, const Metrics& timing) {
  parts_->metrics.write(step, as_json(metrics));
  if (!timing.empty()) parts_->timing.write(step, as_json(timing));
  Metrics all = metrics;
  all.merge(timing);
  parts_->events.scalars(step, all);
  parts_->products.forget_replaced();
}

void Run::log_sample(const std::string& name, std::int64_t step, const Json& record) {
  parts_->samples_log(name).write(step, record);
}

void Run::save_checkpoint(std::int64_t step, const State& state) {
  for (StepLog* log : parts_->logs()) log->sync();
  parts_->checkpoints.save(step, state);
}

void Run::save_final(const Decoder& model, const Tokenizer& tokenizer,
                     const std::vector<std::pair<std::string, std::string>>& extra) {
  for (StepLog* log : parts_->logs()) log->sync();
  AtomicDirectory final(parts_->folder / "final");
  save_model(model, final.path());
  tokenizer.save(final.path());
  for (const auto& [name, content] : extra) write_file(final.path() / name, content);
  write_manifest(final.path());
  final.commit();
  parts_->products.forget_replaced();
}

void Run::take_back() {
  if (parts_->products.any()) return;
  parts_->products.take_back();
  std::error_code ignored;
  if (parts_->made_folder) fs::remove(parts_->folder, ignored);  // only when it is empty
}

const fs::path& Run::folder() const {
  return parts_->folder;
}

void declare(Options& options, RunOptions& run) {
  options.section("Run");
  options
      .require("output_dir", run.output_dir,
               "Directory of the run: metrics, samples, checkpoints and the final model.")
      .shown_as("DIR");
  options.add("resume", run.start.resume, "Go on from the newest checkpoint in output_dir, if there is one.");
  options.add("overwrite", run.start.overwrite,
              "Replace the run that output_dir holds, as soon as the new one has produced something.");
  options.add(
      "allow_changed_inputs", run.start.allow_changed_inputs,
      "With resume: go on though a file that the run reads (data, models) is another than when it began.");
  options
      .add("save_steps", run.save_steps,
           "Steps between checkpoints, of which the newest two are kept; 0: none but the final model.")
      .within(at_least(0));
  options
      .add("logging_steps", run.logging_steps,
           "Steps between lines of metrics; a line holds the mean over its steps.")
      .within(at_least(1));
  options.add("seed", run.seed, "Seed of every random number; the same seed gives the same run.");
  options.add(
      "plan", run.plan,
      "Take two steps, say what the whole would take (batches, time, memory), write nothing and stop.");
}

}  // namespace nudge
