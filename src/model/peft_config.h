#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/regular_expression.h"

namespace nudge {

/// A pattern of names as Python's `re` reads it (PCRE2 does alike), and the number for those that it fits.
struct PeftPattern {
  std::string text;
  double value;
  RegularExpression fits;

  /// Error naming `where`, its key and the pattern where it is none.
  PeftPattern(const std::string& text, double value, const std::string& where);
};

/// What of adapter_config.json (LoraConfig of PEFT 0.21) says what adapters compute.
struct PeftConfig {
  std::string base;       // base_model_name_or_path
  std::string revision;   // of the base on its hub; may be empty
  std::string task_type;  // "CAUSAL_LM", "SEQ_CLS"; may be empty
  std::int64_t rank = 8;
  double alpha = 8;
  bool rslora = false;  // alpha is divided by sqrt(rank)
  /// Names, or ends of them; empty where the file gives a regular expression or leaves out some layers, so
  /// that only the tensors tell what has adapters.
  std::vector<std::string> targets;
  std::vector<std::string> modules_to_save;
  bool ties_weights = false;  // ensure_weight_tying: a saved embedding is the head as well
  /// Regular expressions and what holds where one fits the end of a name: the first one, in the file's order.
  std::vector<PeftPattern> rank_pattern, alpha_pattern;

  std::int64_t rank_of(const std::string& module) const;
  /// Of what the module's adapter adds.
  double scale_of(const std::string& module) const;
};

/// Reads and checks it. Error naming the key where the file asks for more than adapters of linear layers and
/// modules that are saved whole: another method, DoRA, biases, a start that changes the base.
PeftConfig read_peft_config(const std::filesystem::path& file);

/// As PEFT writes it, in its order. `transposed`: the base stores its matrices [in,
/// out].
Json peft_config_json(const PeftConfig& config, bool transposed);

}  // namespace nudge
