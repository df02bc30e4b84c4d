#include "base/interrupt.h"

#include <signal.h>
#include <unistd.h>

namespace nudge {
namespace {

volatile sig_atomic_t requested = 0;

extern "C" void on_signal(int) {
  if (requested) _exit(130);
  requested = 1;
}

}  // namespace

void watch_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before{};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // ignored: as nohup wants it
}

bool interrupt_requested() {
  return requested != 0;
}

}  // namespace nudge
