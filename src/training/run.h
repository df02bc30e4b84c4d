#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/metrics.h"
#include "model/decoder.h"
#include "text/tokenizer.h"
#include "training/state.h"

namespace nudge {

class Options;

/// How a run begins in a directory that may hold one already.
struct RunStart {
  bool resume = false;                // go on
  bool overwrite = false;             // replace it
  bool allow_changed_inputs = false;  // go on though a file that it read is another now
};

/// What a run is made with: its config.yaml, which tells what it reads and which --resume is held against.
/// training/run_config.h writes it of a command's options, or of structs that a program fills.
struct RunConfig {
  std::string yaml;  // every option with its value, in lines "name: value"
  /// What an earlier program wrote there, with the names that options have today.
  std::function<std::string(const std::string& earlier)> renamed = std::identity{};
};

/// A directory with everything one command produced: config.yaml (resolved), inputs.json (sizes and SHA-256
/// of the files that it read), metrics.jsonl (reproducible to the byte), timing.jsonl (what is not: seconds,
/// rates), tensorboard/, samples/*.jsonl, checkpoints/step-N/, final/ (a Hugging Face model directory),
/// ending.json (what it came to; training/ending.h).
///
/// Killed at any moment and resumed, metrics.jsonl, samples/ and final/ end with the bytes of a run that was
/// never killed: lines beyond the checkpoint are cut off and written again. For that, log what belongs to a
/// step before saving its checkpoint. One process at a time (the second gets an Error); not
/// thread-safe.
class Run {
 public:
  /// Creates the directory, or with `resume` goes on in it (or starts, when there is nothing yet). Without
  /// `resume` a directory that already holds a run is an error that names --resume and --overwrite;
  /// `overwrite` replaces the old run (once the new one has produced something), and nothing else in the
  /// directory. Resuming with another configuration is an error naming the first option that differs
  /// (output_dir, resume, overwrite, save_steps and logging_steps may), and so is a file among those that
  /// were read which is another now, but with --allow_changed_inputs.
  explicit Run(const std::filesystem::path& folder, const RunConfig& config = {}, const RunStart& start = {});
  ~Run();

  /// The newest checkpoint whose manifest verifies, with a warning when a newer one was damaged; nothing when
  /// there is none. Log files are cut back to its step. Call it once before anything is logged.
  std::optional<State> latest();

  /// True when final/ is complete, its files those of its manifest.json: a resumed command has nothing left
  /// to do.
  bool finished() const;

  /// One line of metrics.jsonl ({"step": N, ...}) and TensorBoard scalars; `timing` goes to timing.jsonl and
  /// TensorBoard only. A number that is not finite is null in JSON.
  void log(std::int64_t step, const Metrics& metrics, const Metrics& timing = {});

  /// One line of samples/NAME.jsonl; `step` lets a resumed run cut the file back.
  void log_sample(const std::string& name, std::int64_t step, const Json& record);

  /// Written aside, synced, renamed; a manifest holds sizes and SHA-256. Keeps the newest two. When it fails
  /// (a full disk), nothing is left behind and training goes on with a warning; Error when the next one fails
  /// as well.
  void save_checkpoint(std::int64_t step, const State& state);

  /// Writes final/ atomically: the model and its tokenizer; `extra` (name, content) are further files in it.
  void save_final(const Decoder& model, const Tokenizer& tokenizer,
                  const std::vector<std::pair<std::string, std::string>>& extra = {});

  /// If the run has produced nothing yet, takes config.yaml back, puts back the run that it was to replace,
  /// and removes the directory if it made it: for a command that was refused, so that the corrected
  /// one may start there.
  void take_back();

  const std::filesystem::path& folder() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The options that every training command shares.
struct RunOptions {
  std::string output_dir;
  RunStart start;
  std::int64_t save_steps = 100;  // a checkpoint every so many steps; 0: only at the end
  std::int64_t logging_steps = 10;
  std::uint64_t seed = 42;
  bool plan = false;  // only measure the first steps and say what the whole would take
};
void declare(Options& options, RunOptions& run);

}  // namespace nudge
