#include "cli/out_of_memory.h"

#include <new>
#include <stdexcept>
#include <string_view>

namespace nudge {

bool out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const std::length_error*>(&error))
    return true;
  return std::string_view(error.what()).find("DefaultCPUAllocator: ") != std::string_view::npos;
}

}  // namespace nudge
