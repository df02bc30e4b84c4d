#include "preference/server/waiting_room.h"

#include <sys/socket.h>

namespace nudge {

void WaitingRoom::enter(int socket) {
  const Lock lock(mutex_);
  sockets_.remove(socket);
  sockets_.push_back(socket);
}

void WaitingRoom::leave(int socket) {
  const Lock lock(mutex_);
  sockets_.remove(socket);
}

bool WaitingRoom::make_room() {
  const Lock lock(mutex_);
  if (sockets_.empty()) return false;
  shutdown(sockets_.front(), SHUT_RDWR);
  sockets_.pop_front();
  return true;
}

}  // namespace nudge
