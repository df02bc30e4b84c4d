#include "model/adapters.h"

#include <algorithm>

#include "base/error.h"

namespace nudge {

namespace {

/// The tensors of a checkpoint that bear a name, its weight and bias, at least one.
std::vector<CheckpointTensor> named_tensors(const std::vector<CheckpointTensor>& all,
                                            const std::string& name) {
  std::vector<CheckpointTensor> found;
  for (const CheckpointTensor& item : all)
    if (item.name == name + ".weight" || item.name == name + ".bias") found.push_back(item);
  require(!found.empty(), "Training a part of the model: it has no \"{}\".", name);
  return found;
}

}  // namespace

std::vector<Adapter> planned_adapters(const ModelConfig& config, const PartialTraining& training) {
  const auto all = checkpoint_tensors(config);
  for (const std::string& name : training.adapted) {
    require(named_tensors(all, name).front().linear,
            "Adding adapters: \"{}\" is no linear layer; give those of attention and feed-forward layers.",
            name);
  }
  std::vector<Adapter> adapters;
  for (const CheckpointTensor& item : all) {
    const std::string name = item.name.substr(0, item.name.rfind('.'));
    if (!item.linear || std::ranges::find(training.adapted, name) == training.adapted.end()) continue;
    adapters.push_back({.name = name,
                        .parameter = item.parameter,
                        .row = item.row,
                        .rows = item.rows,
                        .columns = item.shape[item.order == StoredOrder::transposed ? 0 : 1],
                        .rank = training.rank,
                        .scale = training.scale});
  }
  return adapters;
}

std::vector<std::string> planned_whole(const ModelConfig& config, const PartialTraining& training) {
  const auto all = checkpoint_tensors(config);
  std::vector<std::string> names;
  for (const std::string& name : training.whole)
    for (const CheckpointTensor& item : named_tensors(all, name))
      if (std::ranges::find(names, item.parameter) == names.end()) names.push_back(item.parameter);
  return names;
}

}  // namespace nudge
