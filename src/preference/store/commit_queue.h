#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/mutex.h"
#include "preference/store/store.h"

namespace nudge {

/// What an operation writes: nothing; something that must outlive the program but that a power cut may take
/// (leases, drafts); or something that is on the disk before it is answered (labels).
enum class Durability { nothing, outlives_program, on_disk };

/// Lets many threads use one store. Callers wait their turn; those that wait while the disk is busy are
/// committed together by one of them, so that a slow disk costs each answer one or two syncs and never one
/// for each rater. An operation that throws leaves nothing behind and does not disturb the others.
class CommitQueue {
 public:
  explicit CommitQueue(Store& store) : store_(store) {}

  /// Runs `operation`, alone, in a transaction, and returns its result after the commit. Throws what it
  /// throws, or why the commit failed (also that the store's file is no longer in its place): then nothing
  /// was written that counts.
  template <class Operation>
  auto run(Durability durability, Operation operation) {
    using Result = std::invoke_result_t<Operation>;
    if constexpr (std::is_void_v<Result>) {
      execute(durability, operation);
    } else {
      std::optional<Result> result;
      execute(durability, [&] { result.emplace(operation()); });
      return std::move(*result);
    }
  }

  /// Why nothing can be written now; empty while the last write went well.
  std::string trouble() const;

 private:
  struct Job {
    std::function<void()> operation;
    Durability durability = Durability::nothing;
    bool leads = false, done = false;
    std::exception_ptr failure;
    Condition turn;  // it is done, or is to lead: each sleeper is woken once, and no other
  };
  void execute(Durability durability, std::function<void()> operation);
  void lead() NUDGE_LOCKING(requires_capability(mutex_));
  void commit_together(const std::vector<Job*>& batch) NUDGE_LOCKING(locks_excluded(mutex_));

  Store& store_;  // used by whoever leads, one thread at a time, without the mutex
  mutable Mutex mutex_;
  std::vector<Job*> waiting_ NUDGE_LOCKING(guarded_by(mutex_));  // as are `leads` and `done` of each job
  bool led_ NUDGE_LOCKING(guarded_by(mutex_)) = false;           // somebody commits, or was told to
  std::string trouble_ NUDGE_LOCKING(guarded_by(mutex_));
};

}  // namespace nudge
