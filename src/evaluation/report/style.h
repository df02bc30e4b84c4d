#pragma once

namespace nudge::report {

/// The style sheet of every report: one column of text, figures a little wider, light and dark by the
/// reader's preference. Colours have names that plots and tiles refer to as "c-NAME".
extern const char* const kStyle;

}  // namespace nudge::report
