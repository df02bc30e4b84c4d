#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nudge {

/// Whether the name ends as those of packed files do: .gz or .zst.
bool names_packed(const std::filesystem::path& path);
/// The name without that ending ("a.jsonl" of "a.jsonl.zst"); any other name as it is.
std::filesystem::path name_unpacked(std::filesystem::path path);

/// The bytes that a file of that name holds packed, several streams one behind the other included. Throws
/// Error where they are damaged or cut off, and for .zst where the program was built without libzstd.
std::string unpack(std::string_view packed, const std::filesystem::path& path);

}  // namespace nudge
