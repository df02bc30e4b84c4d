#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "preference/store/store.h"

namespace nudge {

/// Adds what a file held, in one transaction, and returns how many comparisons and votes were new. What the
/// store has under the same id with the same prompt and the same answers stays as it is, and votes on it are
/// written in its order of answers: so files of several raters meet on the same comparisons, whatever the
/// files are called. Throws Error as Store::add does.
std::pair<std::int64_t, std::int64_t> add_imported(Store& store, const std::vector<Comparison>& comparisons,
                                                   const std::vector<Vote>& votes);

}  // namespace nudge
