#include "rollout/reference_cache.h"

#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "kernels/instruction_set.h"
#include "rollout/completion_numbers.h"
#include "rollout/scoring.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string_view bytes_of(const T* data, std::int64_t count) {
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(count) * sizeof(T)};
}

std::string hash_of(const at::Tensor& weights) {
  return sha256(bytes_of(weights.const_data_ptr<float>(), weights.numel()));
}

/// Of everything that a model computes by: what is its own, where its adapters stand, and its base.
std::string weights_hash(const Decoder& model) {
  std::string hash = hash_of(model.parameters().flat());
  if (!model.base()) return hash;
  for (const Adapter& each : model.adapters())
    hash += fmt::format("\n{} {} {}", each.name, each.rank, each.scale);
  for (const auto& [name, weight] : model.base()->named())
    hash += "\n" + name + " " + hash_of(weight.numbers());
  return sha256(hash);
}

std::string key_of(const Decoder& model, std::span<const Trajectory> completions) {
  std::vector<std::int32_t> tokens;  // with the lengths, so that no two datasets read alike
  for (const Trajectory& each : completions) {
    tokens.push_back(static_cast<std::int32_t>(each.prompt_tokens.size()));
    tokens.push_back(static_cast<std::int32_t>(each.completion_tokens.size()));
    tokens.insert(tokens.end(), each.prompt_tokens.begin(), each.prompt_tokens.end());
    tokens.insert(tokens.end(), each.completion_tokens.begin(), each.completion_tokens.end());
  }
  return sha256("completion log-probs, form 1\n" + std::string(kernels::instruction_set()) + "\n" +
                to_line(config_json(model.config())) + "\n" + weights_hash(model) + "\n" +
                sha256(bytes_of(tokens.data(), static_cast<std::int64_t>(tokens.size()))));
}

std::string checksum(const at::Tensor& flat) {
  return sha256(bytes_of(flat.const_data_ptr<float>(), flat.numel()));
}

/// What the file holds, or nothing when it is absent or damaged.
std::optional<at::Tensor> read(const fs::path& file, std::int64_t expected) {
  if (!fs::exists(file)) return {};
  try {
    std::map<std::string, std::string> metadata;
    const NamedTensors tensors = read_safetensors(file, &metadata);
    const at::Tensor& flat = tensors.at("logprobs");
    if (flat.scalar_type() == at::kFloat && flat.numel() == expected && metadata["sha256"] == checksum(flat))
      return flat;
    warn(fmt::format("{} is damaged; its log-probs are computed again.", file.string()));
  } catch (const std::exception& error) {
    warn(fmt::format("{} is damaged ({}); its log-probs are computed again.", file.string(), error.what()));
  }
  return {};
}

void write(const fs::path& file, const at::Tensor& flat) {
  try {
    fs::create_directories(file.parent_path());
    write_safetensors(file, {{"logprobs", flat}}, {{"sha256", checksum(flat)}});
  } catch (const std::exception& error) {
    warn(fmt::format("The reference's log-probs are not kept for the next run: {}", error.what()));
  }
}

}  // namespace

std::optional<Ragged> kept_logprobs(const Decoder& model, std::span<const Trajectory> completions,
                                    const fs::path& folder) {
  const std::vector<std::int64_t> lengths = completion_lengths(completions);
  const fs::path file = folder / (key_of(model, completions) + ".safetensors");
  const auto found = read(file, std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}));
  if (!found) return {};
  say(fmt::format("Log-probs of the reference: read from {}.", file.string()));
  return Ragged(*found, lengths);
}

Ragged cached_logprobs(const Decoder& model, std::span<const Trajectory> completions,
                       std::int64_t token_budget, const fs::path& folder) {
  if (auto kept = kept_logprobs(model, completions, folder)) return *std::move(kept);
  const fs::path file = folder / (key_of(model, completions) + ".safetensors");
  const double began = now_seconds();
  Ragged computed = completion_logprobs(model, completions, 1.0, token_budget);
  write(file, computed.values_N());
  say(fmt::format("Log-probs of the reference: {} completions computed in {:.1f} s, kept in {}.",
                  completions.size(), now_seconds() - began, file.string()));
  return computed;
}

}  // namespace nudge
