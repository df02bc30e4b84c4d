#pragma once

#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/dataset.h"
#include "data/unused_keys.h"

namespace nudge {

class Options;

/// How a command takes the records of its datasets that it cannot use, and texts that are rendered already.
struct DatasetOptions {
  std::string split;              // of folders; empty: the only one
  double max_bad_records = 0.05;  // the share of a file's records that may be bad
  bool prerendered = false;       // texts hold the tokens of a chat template by name

  /// How many of so many records may be bad: their share, and at least one unless none is allowed.
  std::int64_t allowed_of(std::int64_t records) const;
};
/// Of a command that reads records; and of one with whose model texts become tokens.
void declare(Options& options, DatasetOptions& config);
void declare_with_model(Options& options, DatasetOptions& config);
/// The format, reading texts as the options ask.
ChatFormat reading_as(const DatasetOptions& config, const ChatFormat& format);

/// Says how many records of the dataset are bad and why. Throws Error when none is left, or when these are
/// more than the share allowed; a single one never stops a run, unless none is allowed. `command` is named in
/// front. Called when the dataset has been read.
void settle(const Dataset& dataset, const std::string& command, const DatasetOptions& config = {});

/// Says what was left out by the reader though it could be read, a line a reason: "dpo: 3 pairs of FILE are
/// left out: an empty reply; the first is line 7".
void say_left_out(const std::vector<LeftOut>& left_out, const std::string& what, const Dataset& dataset,
                  const std::string& command);

/// Names what of the records and their turns is not used (unused_keys.h), a line for each kind, and texts
/// that look rendered already where `format` does not read them so.
void say_unused(const Dataset& dataset, DatasetUse use, const ChatFormat& format, const std::string& command,
                const std::vector<std::string>& also = {});

}  // namespace nudge
