#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace nudge {

/// The record of one line of JSON Lines. Throws Error, whose sentence is the reason alone, with no place
/// before it and no full stop behind.
Json record_of_line(std::string_view line);

/// Throws Error unless the record is an object.
void require_object(const Json& record);

/// Why a record is bad, as the readers' errors say it: without the place in front and the full stop behind.
std::string reason_of(std::string_view error, std::string_view place);

}  // namespace nudge
