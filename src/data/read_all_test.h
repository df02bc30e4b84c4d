#pragma once

#include <utility>
#include <vector>

#include "base/error.h"
#include "data/dataset.h"

namespace nudge {

/// What `read` makes of records given in place. Throws Error for a bad one, as a run does in which
/// all are bad.
template <class Read>
auto read_all(std::vector<Json> records, Read read) {
  Dataset dataset("test", std::move(records));
  auto made = read(dataset);
  for (const LeftOut& bad : dataset.bad()) fail("{}: {}.", bad.first, bad.reason);
  return made;
}

}  // namespace nudge
