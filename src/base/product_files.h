#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace nudge {

struct NamedBytes {
  std::filesystem::path path;
  std::string_view bytes;
};

/// Replaces a file and those that belong to it (its manifest), as write_file replaces one: a crash at any
/// moment leaves no file beside one of another time. All are written aside and synced before the first gets
/// its name, and the old companions go before it does, so all that can be missing after a crash is
/// companions. A stream (FIFO, device, /dev/stdout) has none: it is written alone, and the answer is false.
bool write_with_companions(const NamedBytes& file, std::span<const NamedBytes> companions);

}  // namespace nudge
