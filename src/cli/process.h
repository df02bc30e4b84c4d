#pragma once

namespace nudge {

/// Settings of the whole process that must stand before the first tensor exists: memory that is freed is kept
/// for the next step, thread counts stay fixed (they are part of what makes a run repeatable; OMP_NUM_THREADS
/// sets another one than one a core), and a file limit is an error rather than a signal. SIGINT and SIGTERM
/// end the program with 130, at once unless the command has something to save (base/interrupt.h).
void prepare_process();

}  // namespace nudge
