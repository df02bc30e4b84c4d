#include "base/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace nudge {

void refuse_name(const std::string& what, const std::vector<std::string>& known, const std::string& name) {
  throw UsageError(fmt::format("{} is one of {}, but got \"{}\".", what, fmt::join(known, ", "), name));
}

}  // namespace nudge
