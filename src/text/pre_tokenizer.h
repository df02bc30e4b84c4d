#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nudge {

/// The `pre_tokenizer` of a tokenizer.json: cuts normalized text into words, which the model encodes one by
/// one. Supported: ByteLevel, Split, Digits, Punctuation, Metaspace, Whitespace, WhitespaceSplit,
/// BertPreTokenizer, CharDelimiterSplit, FixedLength, Sequence, and none. Immutable, safe from many threads.
class PreTokenizer {
 public:
  using Emit = std::function<void(std::string_view word)>;

  /// Throws Error naming `where` and what is not supported.
  PreTokenizer(const Json& json, std::string_view where);

  /// `first`: the piece stands at the beginning of the whole text.
  void split(std::string_view piece, bool first, const Emit& emit) const { run(0, piece, first, emit); }

  /// Words are bytes to be looked up by their stand-ins (the last step is ByteLevel).
  bool byte_level() const { return byte_level_; }

  /// One step: cuts a piece into smaller ones. `first` is passed on to the piece at its beginning.
  class Step {
   public:
    using Emit = std::function<void(std::string_view piece, bool first)>;
    virtual ~Step() = default;
    virtual void split(std::string_view piece, bool first, const Emit& emit) const = 0;
  };

 private:
  void add(const Json& json, std::string_view where);
  void run(std::size_t step, std::string_view piece, bool first, const Emit& emit) const;

  std::vector<std::unique_ptr<const Step>> steps_;
  bool byte_level_ = false;
};

}  // namespace nudge
