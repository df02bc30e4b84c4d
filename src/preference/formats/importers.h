#pragma once

#include <string>
#include <vector>

#include "preference/formats/imported.h"

namespace nudge {

// The readers, one small file each; import.cpp lists them. Each throws nothing for a single bad record: it is
// left out and counted (ImportCollector::each).
void import_raw(const ImportRecords& records, ImportCollector& out);
void import_pairs(const ImportRecords& records, ImportCollector& out);
void import_sharegpt(const ImportRecords& records, ImportCollector& out);
void import_rankings(const ImportRecords& records, ImportCollector& out);
void import_labels(const ImportRecords& records, ImportCollector& out);
void import_pandalm(const ImportRecords& records, ImportCollector& out);
void import_llmbar(const ImportRecords& records, ImportCollector& out);
void import_fine_grained(const ImportRecords& records, ImportCollector& out);

/// The name of a rater that a format does not name.
inline constexpr const char* kUnnamedRater = "unnamed";

/// The prompt of data that keeps an instruction and its input apart: one text, the input behind an empty
/// line. Its id is the text. Throws Error.
Prompt instruction_prompt(const std::string& instruction, const std::string& input);

/// Error unless somebody could have taken that long.
void require_possible_seconds(const Vote& vote);

/// Rater, protocol, time, seconds, strength (also in "extra") and comment, where the record says them. Throws
/// Error for a value of another type.
Vote vote_of(const Json& record);
/// The columns that vote_of reads, and others that are no part of the prompt.
void drop_vote_columns(Json& extra);

}  // namespace nudge
