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

std::string module_of(const CheckpointTensor& item) {
  return item.name.substr(0, item.name.rfind('.'));
}

/// The modules, each once, that one of `targets` fits.
std::vector<std::string> modules_fitting(const ModelConfig& config, std::span<const std::string> targets,
                                         bool linear) {
  std::vector<std::string> modules;
  std::vector<bool> used(targets.size());
  for (const CheckpointTensor& item : checkpoint_tensors(config)) {
    if (linear && !item.linear) continue;
    const std::string module = module_of(item);
    bool wanted = false;
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (names_module(targets[i], module) || (linear && targets[i] == "all-linear")) wanted = used[i] = true;
    if (wanted && std::ranges::find(modules, module) == modules.end()) modules.push_back(module);
  }
  const auto idle = std::ranges::find(used, false) - used.begin();
  if (idle == std::ssize(used)) return modules;
  fail("Training a part of the model: \"{}\" names no {} of it, which has {}.", targets[idle],
       linear ? "linear layer" : "module",
       linear ? "those of attention and feed-forward layers" : "those of its checkpoint");
}

}  // namespace

bool names_module(const std::string& target, const std::string& module) {
  return module == target || module.ends_with("." + target);
}

std::vector<std::string> linear_modules(const ModelConfig& config, std::span<const std::string> targets) {
  return modules_fitting(config, targets, true);
}

std::vector<std::string> modules_ending(const ModelConfig& config, std::span<const std::string> ends) {
  return modules_fitting(config, ends, false);
}

std::vector<Adapter> planned_adapters(const ModelConfig& config, const PartialTraining& training) {
  const auto all = checkpoint_tensors(config);
  for (const std::string& name : training.adapted) {
    require(named_tensors(all, name).front().linear,
            "Adding adapters: \"{}\" is no linear layer; give those of attention and feed-forward layers.",
            name);
  }
  std::vector<Adapter> adapters;
  for (const CheckpointTensor& item : all) {
    const std::string name = module_of(item);
    if (!item.linear || std::ranges::find(training.adapted, name) == training.adapted.end()) continue;
    const auto other = std::ranges::find(training.others, name, &PartialTraining::Other::name);
    const bool usual = other == training.others.end();
    adapters.push_back({.name = name,
                        .parameter = item.parameter,
                        .row = item.row,
                        .rows = item.rows,
                        .columns = item.shape[item.order == StoredOrder::transposed ? 0 : 1],
                        .rank = usual ? training.rank : other->rank,
                        .scale = usual ? training.scale : other->scale});
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
