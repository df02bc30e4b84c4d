#pragma once

#include <string>

#include "base/json.h"
#include "evaluation/report/plot.h"

namespace nudge::report {

/// How often pairs are judged rightly against how sure the judge is of them, from the bins `{predicted,
/// observed}` of a reliability diagram. `x_name` says whose certainty it is, `where` is named in an Error.
Plot reliability_plot(const Json& bins, const std::string& x_name, const std::string& where);

}  // namespace nudge::report
