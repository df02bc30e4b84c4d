#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// A child process with pipes on its stdin, stdout and stderr that never block us. It leads a process group
/// of its own, so that Ctrl-C at the terminal reaches only us and `kill` reaches its children too. A write to
/// a child that is gone is an answer, not a SIGPIPE. The destructor leaves no zombie. The group ends with us
/// however we end, killed or crashed: a watcher, a shell in the same group, kills it when our end of its pipe
/// closes.
class Subprocess {
 public:
  /// Starts `arguments[0]` (found in PATH). Throws Error when the system cannot start anything.
  explicit Subprocess(const std::vector<std::string>& arguments);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  int input() const { return input_; }  // descriptors for poll()
  int output() const { return output_; }
  int errors() const { return errors_; }

  /// Writes as much as the pipe takes and drops it from `pending`. False when the child no longer reads.
  bool send(std::string_view& pending) const;
  /// Appends what is there to `buffer`, at most 64 KiB. False when the child closed this end.
  static bool receive(int descriptor, std::string& buffer);

  /// Closes its stdin, gives it `grace_seconds` to end by itself, then kills whatever is left of the group
  /// (SIGKILL: a program may ignore anything milder). Says how it ended: "ended with exit code 3", "was
  /// killed by signal 9".
  std::string stop(double grace_seconds);

 private:
  bool ended() const;
  void watch_over();

  pid_t id_ = -1, watcher_ = -1;
  int lifeline_ = -1;                           // closes with us, and the watcher sees it
  int input_ = -1, output_ = -1, errors_ = -1;  // input_ < 0: stopped
};

}  // namespace nudge
