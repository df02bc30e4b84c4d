#pragma once

#include <poll.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rewards/external/program_pool.h"
#include "rewards/external/subprocess.h"

namespace nudge {

/// One process of a pool and the batch that it works on. What the process writes to stderr is passed on to
/// ours, line by line, up to 64 KiB.
class ProgramWorker {
 public:
  ProgramWorker(const std::vector<std::string>& command, const ProgramOptions& options)
      : command_(command), options_(options) {}
  ~ProgramWorker();

  bool busy() const { return !batch_.empty(); }
  /// The requests in hand, as indices.
  const std::vector<std::size_t>& batch() const { return batch_; }

  /// Takes a batch (indices into `requests`), starting a process where none runs.
  void give(std::vector<std::size_t> batch, std::span<const Json> requests);
  /// What it waits for, and until when (now_seconds).
  void add_descriptors(std::vector<pollfd>& descriptors) const;
  double deadline() const { return deadline_; }

  /// Moves bytes without blocking. True when the batch is over: fully answered, or with a failure.
  bool work();

  struct Result {
    std::vector<std::size_t> batch;
    std::vector<ExternalScore> answers;  // one each, unless there is a failure
    std::string failure;
  };
  /// What came of the batch; the worker is free afterwards.
  Result take();

 private:
  void start();
  void await_answer(double seconds);
  void read_answers();
  void read_errors();
  void pass_on(std::string_view said);
  void fail(const std::string& reason);

  std::vector<std::string> command_;
  ProgramOptions options_;
  std::unique_ptr<Subprocess> process_;
  bool errors_open_ = false;
  std::string sent_, received_, errors_;  // the batch as lines, output not yet read, the end of stderr
  std::string unfinished_line_;           // of stderr, not yet passed on
  std::size_t passed_on_ = 0;             // bytes of stderr that the process has had passed on
  std::string_view pending_;              // of sent_
  std::vector<std::size_t> batch_;
  std::vector<ExternalScore> answers_;
  std::string failure_;
  double allowed_ = 0, deadline_ = 0;  // seconds for the next answer, and when they are over
};

}  // namespace nudge
