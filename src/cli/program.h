#pragma once

namespace nudge {

/// The whole program: finds the command, runs it, and turns what it throws into one sentence on stderr and an
/// exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted after saving. Never throws.
int run_program(int argc, char** argv);

}  // namespace nudge
