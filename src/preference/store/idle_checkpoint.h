#pragma once

#include <cstdint>
#include <filesystem>

#include "preference/store/database.h"

namespace nudge {

/// Sees to it that a store that others write to lies in its one file soon after they pause: who copies only
/// that file, or loses the -wal with the power, loses seconds. It has a connection of its own, for one
/// thread.
class IdleCheckpoint {
 public:
  explicit IdleCheckpoint(const std::filesystem::path& store) : database_(store, Database::Access::write) {}

  /// To be called now and then; `now` in seconds of any clock. Nothing happens while the store changes.
  void look(double now);

 private:
  Database database_;
  std::int64_t seen_ = -1;
  double since_ = 0;
  bool copied_ = false;
};

}  // namespace nudge
