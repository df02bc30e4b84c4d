#include "preference/store/idle_checkpoint.h"

#include "base/progress.h"

namespace nudge {
namespace {

constexpr double kIdle = 2;  // seconds

}  // namespace

void IdleCheckpoint::look(double now) {
  const std::int64_t present = database_.integer("PRAGMA data_version");  // changes with others' commits
  if (present != seen_) {
    seen_ = present;
    since_ = now;
    copied_ = false;
  }
  if (copied_ || now - since_ < kIdle) return;
  copied_ = true;
  try {
    database_.checkpoint();
  } catch (const ReadOnlyError& error) {  // raters are told at their next answer
    warn(error.what());
  }
}

}  // namespace nudge
