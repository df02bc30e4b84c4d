#pragma once

#include <span>
#include <string_view>

namespace nudge {

/// A name that people bring from TRL or transformers, and what takes its place here.
struct TrlName {
  std::string_view name;  // with underscores
  std::string_view here;  // a sentence: what to do instead
};

/// Every such name that no command of nudge has, in alphabetical order. docs/coming-from-trl.md shows the
/// same list.
std::span<const TrlName> trl_names();

/// What to do here about an option of TRL, or "" when the name is not one.
std::string_view said_of_trl_name(std::string_view name);

}  // namespace nudge
