#pragma once

#include <vector>

#include "data/record_source.h"

namespace nudge {

/// The places of all records in the order of the files, as often as these are weighed (visits): 8 bytes a
/// record. The first time each file is read through, with progress; what was found is kept in
/// $XDG_CACHE_HOME/nudge (or ~/.cache/nudge) for the next run, and holds as long as the file has its size and
/// its time of change. Where that folder cannot be written, a warning says so.
std::vector<Place> record_index(const RecordSource& source);

}  // namespace nudge
