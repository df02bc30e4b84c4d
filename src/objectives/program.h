#pragma once

#include "base/names.h"

namespace nudge {

/// Whose conventions are followed where programs disagree: ours, or those of TRL, OpenRLHF or verl.
enum class Program { none, trl, openrlhf, verl };
constexpr auto names_table(Program) {
  return std::to_array<Named<Program>>({{Program::none, "none"},
                                        {Program::trl, "trl"},
                                        {Program::openrlhf, "openrlhf"},
                                        {Program::verl, "verl"}});
}

}  // namespace nudge
