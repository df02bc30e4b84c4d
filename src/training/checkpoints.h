#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "training/state.h"

namespace nudge {

/// The checkpoints of a run: step-N/ with state.safetensors, state.json and manifest.json (sizes and SHA-256
/// of the other two). Each appears whole or not at all. One process at a time.
class Checkpoints {
 public:
  explicit Checkpoints(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Loaded {
    std::int64_t step;
    State state;
  };
  /// The newest whose manifest verifies. A damaged one is reported loudly, set aside as step-N.damaged, and
  /// the one before is tried.
  std::optional<Loaded> newest();

  /// Writes step-N/ aside, syncs and renames it, then removes all but the newest two: one alone may turn out
  /// damaged. A save that fails (a full disk) leaves nothing behind and is a warning; the next failing one in
  /// a row is an Error.
  void save(std::int64_t step, const State& state);

  /// Steps of the complete checkpoints, ascending.
  std::vector<std::int64_t> steps() const;

 private:
  std::filesystem::path at(std::int64_t step) const;
  void write(std::int64_t step, const State& state) const;
  void remove_old() const;

  std::filesystem::path folder_;
  bool last_save_failed_ = false;
};

}  // namespace nudge
