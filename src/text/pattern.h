#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "text/regular_expression.h"

namespace nudge {

/// A published pre-tokenizer pattern, compiled. Patterns are recognised by their exact text and all others
/// are refused: a regular expression from a model's file is a program, and a slow one can hang its user.
/// Immutable, safe from many threads.
class Pattern {
 public:
  /// Throws Error naming `where` and the pattern when it is not a known one.
  Pattern(const std::string& published, std::string_view where);

  /// Emits matches and what lies between them, in order, none empty. `text` is valid UTF-8.
  void split(std::string_view text,
             const std::function<void(std::string_view piece, bool matched)>& emit) const;

  /// Of the GPT-2 paper, built into `ByteLevel`.
  static const char* const kGpt2;
  static const char *const kLlama3, *const kQwen2, *const kGpt4o;

 private:
  std::string published_;
  RegularExpression expression_;
};

}  // namespace nudge
