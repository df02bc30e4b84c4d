#include "cli/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <omp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace nudge {
namespace {

extern "C" void leave(int) {
  _exit(130);
}

void leave_on(int number) {
  if (signal(number, leave) == SIG_IGN) signal(number, SIG_IGN);  // as nohup wants it
}

// A daemon or a cron job may start us without them, and the first files that we open would take their
// numbers: a progress line would land in metrics.jsonl.
void open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number: this one
}

// A stage of a recipe ends, having saved, when the process that runs the recipe is gone, even killed.
void end_with_recipe() {
  const char* recipe = std::getenv(kRecipeProcess);
  if (!recipe) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (std::to_string(getppid()) != recipe) raise(SIGTERM);  // it went before we could ask
  unsetenv(kRecipeProcess);                                 // it says nothing to our own children
}

/// Processors that the control group of a container or a batch system allows, of those that there are: its
/// limit is a share of time, and threads beyond it are stopped for most of each period.
int allowed_processors() {
  int allowed = omp_get_num_procs();
  std::string group;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::")) group = line.substr(3);
  for (std::filesystem::path folder = "/sys/fs/cgroup" + group;; folder = folder.parent_path()) {
    double quota = 0, period = 0;  // microseconds; "max" is no number, and no limit
    if (std::ifstream(folder / "cpu.max") >> quota >> period && quota > 0 && period > 0)
      allowed = std::min(allowed, std::max(1, static_cast<int>(std::ceil(quota / period))));
    if (folder == "/sys/fs/cgroup" || !folder.has_relative_path()) return allowed;
  }
}

}  // namespace

void prepare_process() {
  open_standard_streams();
  // glibc hands blocks above these sizes back to the system and faults them in again at the next step, which
  // costs training a quarter of its speed.
  constexpr int kKeep = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kKeep);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  mallopt(M_TOP_PAD, 64 << 20);

  // MKL reads this when it is first used.
  setenv("MKL_DYNAMIC", "FALSE", /*overwrite=*/0);
  omp_set_dynamic(0);
  if (!std::getenv("OMP_NUM_THREADS")) omp_set_num_threads(allowed_processors());

  signal(SIGXFSZ, SIG_IGN);
  leave_on(SIGINT);
  leave_on(SIGTERM);
  leave_on(SIGHUP);
  end_with_recipe();
}

}  // namespace nudge
