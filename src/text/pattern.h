#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "text/regular_expression.h"

namespace nudge {

/// What a tokenizer.json looks for in text: a string, or a regular expression of Oniguruma's, which PCRE2
/// computes with a bound on its steps: a regular expression from a model's file is a program, and a slow one
/// would hang its user. Immutable, safe from many threads.
class Pattern {
 public:
  /// A regular expression. Throws Error naming `where`, the expression, and what is wrong with it.
  Pattern(const std::string& published, std::string_view where);
  /// {"String": ...} or {"Regex": ...}, as `pattern` stands in parts of a tokenizer.json. Throws Error.
  static Pattern from_json(const Json& json, std::string_view where);

  /// Emits matches and what lies between them, in order, none empty. `text` is valid UTF-8. Throws Error when
  /// the bound is reached.
  void split(std::string_view text,
             const std::function<void(std::string_view piece, bool matched)>& emit) const;
  /// `text` with `content` (literally) in place of every match.
  std::string replace(std::string_view text, std::string_view content) const;

  /// Of the GPT-2 paper, built into `ByteLevel`.
  static const char* const kGpt2;
  static const char *const kLlama3, *const kQwen2, *const kGpt4o;

 private:
  Pattern(std::string published, RegularExpression expression)
      : published_(std::move(published)), expression_(std::move(expression)) {}
  void each(std::string_view text, const std::function<void(std::string_view match)>& visit) const;

  std::string published_;
  RegularExpression expression_;
};

}  // namespace nudge
