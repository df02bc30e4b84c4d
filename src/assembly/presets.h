#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace nudge {

/// Options that belong together, under one name: a published method, or another program's conventions. It
/// only gives options other defaults; the command line still decides each of them.
struct Settings {
  std::string name;
  std::string source;   // the paper, or the program and version
  std::string options;  // as on the command line
};

std::vector<std::string> names_of(const std::vector<Settings>& known);

/// UsageError when nothing of that name is known.
const Settings& settings_named(const std::vector<Settings>& known, const std::string& name);

void apply(const Settings& settings, Options& options);

/// Parses `options` for what decides the defaults of the rest (--preset, --compat), to be followed by parse()
/// of options that have these defaults. With --help among the arguments nothing is printed yet, and nothing
/// need be complete or right.
void look_ahead(Options& options, std::span<const std::string> arguments);

/// "preset bnpo (...): --baseline group ...", without what the command line or its file decided otherwise.
std::string description(const std::string& kind, const Settings& settings, const Options& options);

}  // namespace nudge
