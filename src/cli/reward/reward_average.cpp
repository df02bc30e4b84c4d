// nudge reward average: the weights of several reward models, averaged.

#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "model/checkpoint.h"
#include "model/peft.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

// What must be the same for weights to be averaged: everything but the normalisation.
Json shape_and_heads(const ModelConfig& config) {
  Json shape = config_json(config);
  shape.erase("mean");
  shape.erase("std");
  return shape;
}

// The mean of weights, head means and deviations, summed in double. The score of averaged weights is near the
// mean of the scores (Rame et al. 2024), and so are its mean and deviation over answers.
void average_into(Decoder& sum, const std::vector<std::unique_ptr<Decoder>>& models) {
  const auto count = static_cast<double>(models.size());
  at::Tensor weights = at::zeros_like(sum.parameters().flat(), at::kDouble);
  for (RewardHead& head : sum.config().reward_heads) head = {head.name, 0, 0};
  for (const auto& model : models) {
    weights += model->parameters().flat();
    for (std::size_t h = 0; h < sum.config().reward_heads.size(); ++h) {
      sum.config().reward_heads[h].mean += model->config().reward_heads[h].mean / count;
      sum.config().reward_heads[h].std += model->config().reward_heads[h].std / count;
    }
  }
  sum.parameters().flat().copy_(weights / count);
}

}  // namespace

int run_reward_average(std::span<const std::string> arguments) {
  std::vector<std::string> folders;
  ModelOptions reading;
  std::string output;
  Options options(
      "reward average",
      "Averages the weights of reward models trained from one SFT model (WARM) into a single one.");
  options.add("models", folders, "Two or more directories of reward models.").shown_as("DIR");
  declare_bases(options, reading);
  options.require("output_dir", output, "Directory to write: an ordinary model directory.").shown_as("DIR");
  options.start_with({},
                     "nudge reward average --models runs/reward-1 runs/reward-2 --output_dir runs/averaged");
  if (!options.parse(arguments)) return 0;
  if (folders.size() < 2) throw UsageError("reward average: give two or more directories to --models.");

  std::vector<std::unique_ptr<Decoder>> models;
  const auto tokenizer = reading.tokenizer_in(model_folder(folders.front()));
  for (const std::string& given : folders) {
    const auto folder = model_folder(given);
    models.push_back(to_train(load_model(folder, reading.reading_of(folder)), {}, 0));
    require(models.back()->config().head == Head::scalar,
            "{}: expected a reward model, got a language model.", given);
    require(
        shape_and_heads(models.back()->config()) == shape_and_heads(models.front()->config()) &&
            reading.tokenizer_in(folder)->fingerprint() == tokenizer->fingerprint(),
        "{} and {} differ in shape, heads or tokenizer; only models that started from the same one can be "
        "averaged.",
        folders.front(), given);
  }
  const auto average = models.front()->clone();
  average_into(*average, models);
  AtomicDirectory directory(output);
  save_model(*average, directory.path());
  tokenizer->save(directory.path());
  require_replaceable(output, directory.path());
  directory.commit();
  say(fmt::format("reward average: {} models averaged into {}.", models.size(), output));
  return 0;
}

}  // namespace nudge
