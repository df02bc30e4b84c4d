#include "cli/look/training_replay.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "cli/command.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

// "tokenizer train --input ...", {} standing for the folder.
void run_line(const std::string& line, const fs::path& folder) {
  const auto is_named = [&](const Command& command) {
    return line.starts_with(std::string(command.name) + " ");
  };
  const auto command = std::ranges::find_if(commands(), is_named);
  require(command != commands().end(), "golden: no command of that name: {}", line);
  std::istringstream rest(line.substr(command->name.size()));
  std::vector<std::string> words;
  for (std::string word; rest >> word;) {
    if (const auto place = word.find("{}"); place != std::string::npos)
      word.replace(place, 2, folder.string());
    words.push_back(word);
  }
  require(command->run(words) == 0, "golden: failed: {}", line);
}

std::vector<Json> lines_of(const fs::path& file) {
  std::vector<Json> lines;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) lines.push_back(parse_json(line, file.string()));
  return lines;
}

void require_same_samples(const fs::path& run, const Json& golden) {
  std::vector<double> sampled, recorded;
  for (const Json& line : lines_of(run / "samples" / "rollouts.jsonl"))
    sampled.push_back(get<double>(line, "score", "sample"));
  for (const Json& rollout : get<Json>(golden, "scores", "golden"))
    for (const Json& score : rollout) recorded.push_back(score.get<double>());
  require(
      sampled == recorded,
      "{}: this machine sampled other completions than the one on which TRL's numbers were made, so there "
      "is nothing to compare.",
      get<std::string>(golden, "what", "golden"));
}

double losses_apart(const fs::path& run, const Json& golden) {
  const std::vector<Json> lines = lines_of(run / "metrics.jsonl");
  const auto losses = get<std::vector<double>>(golden, "losses", "golden");
  if (lines.size() != losses.size()) return INFINITY;
  double apart = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const char* name = lines[i].contains("loss") ? "loss" : "loss/policy_avg";
    apart = std::max(apart, std::abs(get<double>(lines[i], name, "metrics") - losses[i]));
  }
  return apart;
}

// Every stride-th weight, the tensors one behind the other in the order of their names.
std::vector<double> chosen_weights(const NamedTensors& tensors, std::int64_t stride) {
  std::vector<double> chosen;
  std::int64_t place = 0;
  for (const auto& [_, tensor] : tensors) {
    const at::Tensor flat = tensor.flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i, ++place)
      if (place % stride == 0) chosen.push_back(flat[i].item<double>());
  }
  return chosen;
}

// The distance of our weights from theirs, as a share of how far theirs moved.
double weights_apart(const fs::path& folder, const Json& product, std::int64_t stride) {
  NamedTensors start = read_safetensors(folder / "start" / "final" / "model.safetensors");
  const NamedTensors end =
      read_safetensors(folder / get<std::string>(product, "folder", "golden") / "model.safetensors");
  if (end.contains("score.weight")) {  // the critic starts as the policy under a head of zeros
    start.erase("lm_head.weight");
    start["score.weight"] = end.at("score.weight").new_zeros(end.at("score.weight").sizes());
  }
  const auto before = chosen_weights(start, stride), after = chosen_weights(end, stride);
  const auto moved = get<std::vector<double>>(product, "moved", "golden");
  if (before.size() != moved.size() || after.size() != moved.size()) return INFINITY;
  double apart = 0, all = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    apart += std::pow(after[i] - before[i] - moved[i], 2);
    all += moved[i] * moved[i];
  }
  return std::sqrt(apart / all);
}

}  // namespace

Replay replay_training(const Json& golden) {
  const TemporaryFolder folder;
  const Json files = get<Json>(golden, "files", "golden");
  for (const auto& [name, content] : files.items())
    write_file(folder.path() / name, content.get<std::string>());
  for (const Json& line : get<Json>(golden, "commands", "golden"))
    run_line(line.get<std::string>(), folder.path());

  const fs::path run = folder.path() / "run";
  require_same_samples(run, golden);
  const auto stride = get<std::int64_t>(golden, "stride", "golden");
  double deviation = losses_apart(run, golden);
  for (const Json& product : get<Json>(golden, "products", "golden"))
    deviation = std::max(deviation, weights_apart(folder.path(), product, stride));
  return {.convention = get<std::string>(golden, "convention", "golden"),
          .what = get<std::string>(golden, "what", "golden"),
          .deviation = deviation,
          .tolerance = 1e-4};
}

}  // namespace nudge
