#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace nudge {

/// What a command reads a dataset as.
enum class DatasetUse {
  demonstrations,  // sft: texts, completions, conversations
  comparisons,     // pairs and rankings
  labels,          // single answers with a label, or pairs
  prompts          // what is answered; all further columns travel along to rewards and outputs
};

/// Keys of records and of their turns that `use` makes nothing of though they may mean something: neither
/// read, nor given to a chat template that reads them, nor known to be harmless (record_keys.h). With how
/// many records, or turns, have them with a value.
struct UnusedKeys {
  struct Count {
    std::string name;
    std::int64_t count = 0;
  };
  std::vector<Count> columns;
  std::vector<Count> turn_keys;
  std::vector<Count> roles;  // unknown ones, which reach the template as they are
};
/// `also` names further columns that are used. Without a chat template nothing is given to one.
UnusedKeys unused_keys(const Dataset& dataset, DatasetUse use, std::string_view chat_template,
                       const std::vector<std::string>& also = {});

/// Whether a chat template reads a variable or a key of that name.
bool mentions(std::string_view chat_template, std::string_view name);

}  // namespace nudge
