#pragma once

namespace nudge {

/// Makes SIGINT, SIGTERM and SIGHUP (a closed terminal, unless nohup has it ignored) set a flag instead of
/// ending the process; a second signal ends it at once with 130.
void watch_interrupts();

/// True once a signal came: finish the current step, save, throw Interrupted.
bool interrupt_requested();

}  // namespace nudge
