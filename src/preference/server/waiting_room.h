#pragma once

#include <list>

#include "base/mutex.h"

namespace nudge {

/// The sockets whose clients have not sent a whole request yet, longest first. For any number of threads.
class WaitingRoom {
 public:
  /// The socket waits from now on (behind all others).
  void enter(int socket);
  /// The socket waits no longer; nothing happens when it did not. To be called before it is closed.
  void leave(int socket);
  /// Ends the connection that has waited longest: its reads say that the client is gone. False when none
  /// waits.
  bool make_room();

 private:
  Mutex mutex_;
  std::list<int> sockets_ NUDGE_LOCKING(guarded_by(mutex_));  // longest first
};

}  // namespace nudge
