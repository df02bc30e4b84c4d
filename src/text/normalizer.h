#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nudge {

/// The `normalizer` of a tokenizer.json. Supported: NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip,
/// Nmt, Precompiled, ByteLevel, Prepend, Replace, Sequence, and none. Immutable, safe from many threads.
class Normalizer {
 public:
  /// Throws Error naming `where` and what is not supported.
  Normalizer(const Json& json, std::string_view where);

  /// `text` is valid UTF-8.
  std::string normalize(std::string_view text) const;
  bool changes_nothing() const { return steps_.empty(); }

 private:
  void add(const Json& json, std::string_view where);
  std::vector<std::function<std::string(std::string)>> steps_;
};

/// Every `from` in `text` replaced by `to`; `from` is not empty.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// What a Replace, of a string or a regular expression, makes of a text.
std::function<std::string(std::string_view)> replacement(const Json& replace, std::string_view where);

}  // namespace nudge
