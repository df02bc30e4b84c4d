#include <unistd.h>

#include <cstring>

#include "cli/program.h"

#ifndef __SANITIZE_ADDRESS__  // whose own code must run first
namespace {

/// A thread that waits for the others spins a while before it sleeps: 300,000 rounds of libgomp's, which is
/// milliseconds. Two programs on the same cores then wait for each other's spinning, and each takes many
/// times longer than alone. libgomp reads its environment when it is loaded, so the program is started again
/// with a bound, before any library has begun: what stands in .preinit_array runs ahead of them all.
void bound_spinning(int, char** argv, char** environment) {
  constexpr int kMost = 4096;
  static char bound[] = "GOMP_SPINCOUNT=2000";
  static char* bounded[kMost + 2];
  int count = 0;
  for (; environment[count]; ++count) {
    if (count == kMost || std::strncmp(environment[count], "GOMP_SPINCOUNT=", 15) == 0 ||
        std::strncmp(environment[count], "OMP_WAIT_POLICY=", 16) == 0)
      return;
    bounded[count] = environment[count];
  }
  bounded[count] = bound;
  static char program[4096];
  if (readlink("/proc/self/exe", program, sizeof program - 1) > 0) execve(program, argv, bounded);
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**,
                                                                             char**) = bound_spinning;

}  // namespace
#endif

int main(int argc, char** argv) {
  return nudge::run_program(argc, argv);
}
