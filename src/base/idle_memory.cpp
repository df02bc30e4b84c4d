#include "base/idle_memory.h"

#include <cstddef>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace nudge {

void return_idle_memory() {
#ifdef __GLIBC__
  constexpr std::size_t kMuch = 256 << 20;  // of less, taking it again costs more than it is worth
  if (mallinfo2().fordblks > kMuch) malloc_trim(0);
#endif
}

}  // namespace nudge
