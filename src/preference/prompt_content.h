#pragma once

#include <string>

#include "records/records.h"

namespace nudge {

/// What makes two prompts the same, whatever ids their files gave them (a row's own `id` says nothing of its
/// prompt): the plain text, or the turns as one line of JSON. Equals the id of a prompt that
/// got none; a prompt that says nothing (clips) is told by its id.
std::string prompt_content(const Prompt& prompt);

}  // namespace nudge
