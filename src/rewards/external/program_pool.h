#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rewards/external/responder.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// How programs are run and how long they may take.
struct ProgramOptions {
  std::int64_t workers = 1;      // processes at once
  std::int64_t batch_size = 16;  // requests sent before the answers are awaited; 0: all at once
  double timeout = 30;           // seconds without the next answer
  double start_timeout = 60;     // the same for the first answer of a new process
};
void declare(SpecReader& spec, ProgramOptions& options);

class ProgramWorker;

/// Programs that read requests from stdin and write answers to stdout, one JSON line each, in order. Every
/// request carries "remaining", how many more lines of its batch follow, so that a program may wait for the
/// whole batch. A process that crashes, hangs or loses step is killed, and the requests of its batch are
/// asked again one by one of a new one, so that only what it stumbles over fails. Three such in a row, and
/// the rest of the call is given up. Single-threaded; the processes end with the pool.
class ProgramPool : public Responder {
 public:
  ProgramPool(std::vector<std::string> command, ProgramOptions options);
  ~ProgramPool() override;
  std::vector<ExternalScore> ask(std::span<const Json> requests) override;

 private:
  class Round;
  ProgramOptions options_;
  std::vector<std::unique_ptr<ProgramWorker>> workers_;
  int failures_in_a_row_ = 0;
};

}  // namespace nudge
