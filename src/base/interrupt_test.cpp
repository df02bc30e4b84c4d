#include "base/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace nudge {
namespace {

TEST(Interrupt, TheFirstSignalIsAFlagAndTheSecondEndsTheProcess) {
  for (int signal : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          watch_interrupts();
          if (interrupt_requested()) _exit(1);
          raise(signal);
          if (!interrupt_requested()) _exit(2);
          raise(signal);
          _exit(3);
        },
        testing::ExitedWithCode(130), "");
  }
}

}  // namespace
}  // namespace nudge
