#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nudge {

/// Comma-separated values as spreadsheets write them (RFC 4180): a heading, then one record a row; cells in
/// double quotes may hold commas, line ends and doubled quotes.

/// Records by column. Every cell is a text, except in columns named for what is no text: `label` and `tie`
/// are true or false (or a number), `strength`, `margin`, `seconds`, `annotatorN` numbers, and a cell that
/// holds a JSON list of messages is one. Empty cells are left away. A row with another number of cells than
/// the heading becomes null. Throws Error for a quote that never closes.
std::vector<Json> read_csv(std::string_view text, std::string_view where);

/// One row, "\r\n" behind it. A cell that a spreadsheet would take for a formula (its first character is one
/// of = + - @, tab or carriage return, or it follows apostrophes) gets an apostrophe in front; read_csv takes
/// it away again. See OWASP, "CSV Injection".
std::string csv_row(const std::vector<std::string>& cells);

}  // namespace nudge
