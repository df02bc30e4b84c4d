#pragma once

#include <vector>

#include "data/chat_format.h"
#include "data/example_source.h"
#include "data/examples.h"
#include "model/decoder.h"
#include "training/batch_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// Maximum likelihood on examples: supervised fine-tuning, and pretraining when the examples are pieces of a
/// corpus and the weights are fresh. Batches are packed without padding; the loss is the sum over target
/// tokens of the whole optimizer step, divided once by their number.
struct SftOptions {
  BatchOptions batch;  // of sequences
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, SftOptions& sft);

/// What suits fresh weights, and one pass over a corpus.
SftOptions pretraining();

struct SftData {
  std::vector<Example> train;
  std::vector<Example> eval;  // may be empty
};

/// Trains `model` in place on the batches of `train`, logging into `run`, and writes final/. Metrics under
/// TRL's names: loss, entropy, num_tokens, learning_rate, grad_norm, epoch, eval_loss. Resumes from the run's
/// newest checkpoint. Throws Interrupted after saving, UsageError when an option is out of range.
Ending train_sft(Decoder& model, const ChatFormat& format, ExampleSource& train,
                 const std::vector<Example>& eval, const SftOptions& sft, const RunOptions& options,
                 Run& run);
/// As above, in the order of EpochSampler.
Ending train_sft(Decoder& model, const ChatFormat& format, SftData data, const SftOptions& sft,
                 const RunOptions& options, Run& run);

}  // namespace nudge
