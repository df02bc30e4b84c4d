#pragma once

#include "evaluation/report/html.h"

namespace nudge::report {

/// The way from a base model to PPO on a leash in six stops, a line of plain words for each, and who judges
/// at the end: what a reader who has never heard of it needs for the rest.
Html path_figure();

}  // namespace nudge::report
