#pragma once

#include <exception>

namespace nudge {

/// Whether memory could not be had: by the program itself, or by torch, which says so in a message of its
/// own.
bool out_of_memory(const std::exception& error);

}  // namespace nudge
