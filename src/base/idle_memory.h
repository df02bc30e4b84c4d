#pragma once

namespace nudge {

/// Gives the system what this process has freed but keeps for reuse, if it is much. For the moment between
/// two stages of a step whose blocks do not fit each other's gaps (a rollout and its updates): not between
/// equal stages, which would only take it again. Nothing where the C library cannot.
void return_idle_memory();

}  // namespace nudge
