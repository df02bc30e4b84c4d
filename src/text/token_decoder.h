#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nudge {

/// The `decoder` of a tokenizer.json: token strings to text. Supported: ByteLevel, Replace,
/// ByteFallback, Fuse, Strip, Metaspace, Sequence, and none (tokens joined by spaces). Immutable, safe from
/// many threads.
class TokenDecoder {
 public:
  /// Throws Error naming `where` and what is not supported.
  TokenDecoder(const Json& json, std::string_view where);

  std::string decode(std::vector<std::string> tokens) const;

 private:
  using Tokens = std::vector<std::string>;
  void add(const Json& json, std::string_view where);
  std::vector<std::function<Tokens(Tokens)>> steps_;
};

}  // namespace nudge
