#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// Says to clang's thread safety analysis, which `make check` asks (tools/tidy), what a lock guards, and what
/// a function takes, gives back or needs of it; nothing to other compilers.
/// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#if defined(__clang__)
#define NUDGE_LOCKING(...) __attribute__((__VA_ARGS__))
#else
#define NUDGE_LOCKING(...)
#endif

namespace nudge {

/// A std::mutex that the analysis knows: `T member_ NUDGE_LOCKING(guarded_by(mutex_));`
class NUDGE_LOCKING(capability("mutex")) Mutex {
 public:
  void lock() NUDGE_LOCKING(acquire_capability()) { mutex_.lock(); }
  void unlock() NUDGE_LOCKING(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex while it lives.
class NUDGE_LOCKING(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) NUDGE_LOCKING(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() NUDGE_LOCKING(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// Gives a Mutex that is held back while it lives.
class NUDGE_LOCKING(scoped_lockable) Unlocked {
 public:
  explicit Unlocked(Mutex& mutex) NUDGE_LOCKING(release_capability(mutex)) : mutex_(mutex) {
    mutex_.unlock();
  }
  // The attribute undoes what the constructor's says; it does not mean that the mutex is given back.
  ~Unlocked() NUDGE_LOCKING(release_capability()) { mutex_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  Mutex& mutex_;
};

/// A std::condition_variable for a Mutex. Wait in a loop that looks at what is awaited: the analysis does not
/// see into a predicate.
class Condition {
 public:
  void wait(Mutex& mutex) NUDGE_LOCKING(requires_capability(mutex)) { changed_.wait(mutex); }
  void wait_for(Mutex& mutex, std::chrono::milliseconds time) NUDGE_LOCKING(requires_capability(mutex)) {
    changed_.wait_for(mutex, time);
  }
  void notify_one() { changed_.notify_one(); }

 private:
  std::condition_variable_any changed_;
};

}  // namespace nudge
