#include "cli/process.h"

#include <malloc.h>
#include <omp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace nudge {
namespace {

extern "C" void leave(int) {
  _exit(130);
}

void leave_on(int number) {
  if (signal(number, leave) == SIG_IGN) signal(number, SIG_IGN);  // as nohup wants it
}

}  // namespace

void prepare_process() {
  // glibc hands blocks above these sizes back to the system and faults them in again at the next step, which
  // costs training a quarter of its speed.
  constexpr int kKeep = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kKeep);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  mallopt(M_TOP_PAD, 64 << 20);

  // MKL reads this when it is first used.
  setenv("MKL_DYNAMIC", "FALSE", /*overwrite=*/0);
  omp_set_dynamic(0);
  if (!std::getenv("OMP_NUM_THREADS")) omp_set_num_threads(omp_get_num_procs());

  signal(SIGXFSZ, SIG_IGN);
  leave_on(SIGINT);
  leave_on(SIGTERM);
}

}  // namespace nudge
