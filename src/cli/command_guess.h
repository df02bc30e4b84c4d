#pragma once

#include <string>

namespace nudge {

/// The command that somebody who typed `name` may have meant: by a slip of the fingers, in other letters,
/// with something glued to it, or by another word for the same thing. "" when none is near.
std::string guessed_command(const std::string& name);

}  // namespace nudge
