#pragma once

namespace nudge {

/// Settings of the whole process that must stand before the first tensor exists: memory that is freed is kept
/// for the next step, thread counts stay fixed (they are part of what makes a run repeatable; OMP_NUM_THREADS
/// sets another one than one a core), a file limit is an error rather than a signal, and descriptors 0 to 2
/// are open. SIGINT, SIGTERM and SIGHUP end the program with 130, at once unless the command has something to
/// save (base/interrupt.h); so does the end of the process that runs the recipe of which this is a stage.
void prepare_process();

/// The environment variable that tells a stage the id of the process that runs its recipe.
inline constexpr const char* kRecipeProcess = "NUDGE_RECIPE_PROCESS";

}  // namespace nudge
