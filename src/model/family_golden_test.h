#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "tensor/aten.h"
#include "tensor/safetensors.h"

namespace nudge {

/// A tiny model of one family as transformers computes it: tests/goldens/families/NAME.json, whose keys
/// tools/goldens/families.py explains.
struct FamilyGolden {
  explicit FamilyGolden(const std::string& family)
      : name(family), json(read_json(folder() / (family + ".json"))) {}

  static std::filesystem::path folder() { return NUDGE_SOURCE_DIR "/tests/goldens/families"; }
  /// Of all goldens, in order.
  static std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::directory_iterator(folder())) {
      if (file.path().stem() != "rotary") found.push_back(file.path().stem());
    }
    std::ranges::sort(found);
    return found;
  }

  std::string model_type() const { return json["config"]["model_type"]; }
  std::vector<std::vector<std::int32_t>> sequences() const {
    return json["sequences"].get<std::vector<std::vector<std::int32_t>>>();
  }

  /// The weights under the names that they have in model.safetensors.
  NamedTensors weights() const {
    NamedTensors all;
    for (const auto& entry : json["weights"]) {
      const std::string tensor = entry["name"];
      all[tensor] = drawn(tensor, entry["shape"].get<std::vector<std::int64_t>>(),
                          entry["centre"].get<double>(), entry["scale"].get<double>());
    }
    return all;
  }

  /// Writes the model's Hugging Face folder; `config` is the form of config.json: "config" as transformers 5
  /// writes it, "config_4" as transformers 4 did.
  void write(const std::filesystem::path& to, const char* config = "config") const {
    write_file(to / "config.json", to_pretty(json[config]));
    write_safetensors(to / "model.safetensors", weights());
  }

  /// centre + scale * (n / 512 - 1), n the ten highest bits of splitmix64: as tools/goldens/families.py
  /// draws.
  static at::Tensor drawn(const std::string& tensor, const std::vector<std::int64_t>& shape, double centre,
                          double scale) {
    std::uint64_t state = 0xcbf29ce484222325;  // FNV-1a
    for (const char byte : tensor) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    auto values = at::empty(shape, at::kFloat);
    float* value = values.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      std::uint64_t z = state += 0x9e3779b97f4a7c15;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      z ^= z >> 31;
      value[i] = static_cast<float>(centre + scale * (static_cast<double>(z >> 54) / 512 - 1));
    }
    return values;
  }

  std::string name;
  Json json;
};

}  // namespace nudge
