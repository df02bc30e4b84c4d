#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/normalizer.h"
#include "text/tokenizer.h"

namespace nudge {

/// A token that is found in text as it stands, before any merging.
struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // swallows white space before it
  bool rstrip = false;       // swallows white space behind it
  bool normalized = false;   // looked for in normalized text
  bool special = false;      // never found in text from people and models

  static AddedToken from_json(const Json& json, std::string_view where);
  Json to_json() const;
};

/// Finds a set of strings in text: leftmost, then longest, then on behind the match.
class TokenTrie {
 public:
  void insert(std::string_view text, std::size_t value);
  bool empty() const { return nodes_.size() == 1; }

  struct Match {
    std::size_t begin, end, value;
  };
  /// The next match at or behind `from`.
  std::optional<Match> find(std::string_view text, std::size_t from) const;
  /// Visits every string of the set that stands at `begin`, the shortest first.
  template <class Visit>
  void each_prefix(std::string_view text, std::size_t begin, const Visit& visit) const {
    std::uint32_t node = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
      const auto next = child(node, static_cast<unsigned char>(text[i]));
      if (!next) return;
      node = *next;
      if (nodes_[node].value) visit(Match{begin, i + 1, *nodes_[node].value});
    }
  }

 private:
  struct Node {
    std::vector<std::pair<unsigned char, std::uint32_t>> children;  // sorted by byte
    std::optional<std::size_t> value;
  };
  std::optional<std::uint32_t> child(std::uint32_t node, unsigned char byte) const;
  std::optional<Match> match_at(std::string_view text, std::size_t begin) const;

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::array<bool, 256> begins_{};  // whether a string begins with this byte
};

/// The added tokens of a tokenizer.json. Immutable, safe from many threads.
class AddedTokens {
 public:
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer);

  /// Which special tokens are plain text: all, or those whose name stands right behind `quote`.
  struct Reading {
    bool specials = false;
    std::string_view quote;  // not in the pieces that come out; empty: none
  };
  /// Cuts `text` (valid UTF-8) into added tokens and the normalized text between them. `begin` and `end` say
  /// where in `text` a token was found, or are kHidden; `first`: the text piece stands at its beginning.
  static constexpr std::size_t kHidden = std::string_view::npos;
  struct Sink {
    std::function<void(TokenId id, std::size_t begin, std::size_t end)> token;
    std::function<void(std::string_view piece, bool first)> text;
  };
  void split(std::string_view text, const Reading& reading, const Normalizer& normalizer,
             const Sink& sink) const;

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  /// Null when `id` is none of them.
  const AddedToken* find(TokenId id) const;
  /// What decoding makes of `token`, one of these: its normalized form when it is looked for in that form.
  const std::string& decoded_form(const AddedToken& token) const { return forms_[&token - tokens_.data()]; }

 private:
  void cut(std::string_view text, const TokenTrie& trie, const Reading& reading, const Sink& sink) const;

  std::vector<AddedToken> tokens_;  // sorted by id
  std::vector<std::string> forms_;  // the text that is looked for
  TokenTrie raw_, normalized_;
};

}  // namespace nudge
