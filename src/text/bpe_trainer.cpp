#include "text/bpe_trainer.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "base/error.h"
#include "base/json.h"
#include "text/byte_level.h"
#include "text/pattern.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace nudge {
namespace {

struct Pair {
  TokenId left, right;

  auto operator<=>(const Pair&) const = default;
};

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    auto key =
        std::uint64_t{static_cast<std::uint32_t>(pair.left)} << 32 | static_cast<std::uint32_t>(pair.right);
    return key * 0x9E3779B97F4A7C15u >> 16;
  }
};

/// A distinct word of the documents.
struct Word {
  std::vector<TokenId> symbols;
  std::int64_t count;
};

/// A pair that may be merged next, and the words in which it was seen when it was proposed.
struct Proposal {
  std::int64_t count;
  Pair pair;
  std::vector<std::size_t> words;

  /// Most frequent first, then the smallest pair of ids.
  bool operator<(const Proposal& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

/// Distinct words in the order of their first appearance, with their counts.
std::vector<std::pair<std::string, std::int64_t>> count_words(const std::vector<std::string>& documents) {
  std::vector<std::pair<std::string, std::int64_t>> words;
  std::unordered_map<std::string, std::size_t> places;
  Pattern pattern(Pattern::kGpt2, "training a tokenizer");
  for (const std::string& document : documents) {
    std::string text = replace_invalid_utf8(document);
    pattern.split(text, [&](std::string_view piece, bool) {
      auto [place, fresh] = places.try_emplace(std::string(piece), words.size());
      if (fresh) words.emplace_back(piece, 0);
      ++words[place->second].second;
    });
  }
  return words;
}

/// Byte-pair encoding with incremental counts (Sennrich et al. 2016): after a merge only the words that held
/// the pair are looked at again, and a heap with lazily corrected counts yields the next pair.
class Trainer {
 public:
  explicit Trainer(const BpeTrainerOptions& options) : options_(options) {
    for (const std::string& special : options.special_tokens) add_token(special);
    auto alphabet = byte_level_characters();
    std::sort(alphabet.begin(), alphabet.end());
    for (char32_t character : alphabet) {
      std::string token;
      append_utf8(token, character);
      add_token(token);
    }
  }

  void read(const std::vector<std::string>& documents) {
    std::vector<TokenId> byte_ids(256);
    for (int byte = 0; byte < 256; ++byte)
      byte_ids[static_cast<std::size_t>(byte)] =
          ids_.at(to_byte_level(std::string(1, static_cast<char>(byte))));
    for (const auto& [text, count] : count_words(documents)) {
      Word& word = words_.emplace_back(Word{{}, count});
      for (char byte : text) word.symbols.push_back(byte_ids[static_cast<unsigned char>(byte)]);
    }
  }

  void run(const std::function<void(std::int64_t)>& on_merge) {
    count_pairs();
    while (std::ssize(tokens_) < options_.vocab_size && !queue_.empty()) {
      Proposal best = queue_.top();
      queue_.pop();
      if (std::int64_t now = counts_.at(best.pair); best.count != now) {
        best.count = now;
        queue_.push(std::move(best));
        continue;
      }
      if (best.count < std::max<std::int64_t>(1, options_.min_frequency)) break;
      if (length(best.pair) > Vocabulary::kMaxTokenBytes) continue;  // no reader takes it
      merge(best);
      if (on_merge) on_merge(std::ssize(merges_));
    }
  }

  std::string tokenizer_json() const;

 private:
  TokenId add_token(const std::string& token) {
    auto [entry, fresh] = ids_.try_emplace(token, static_cast<TokenId>(tokens_.size()));
    if (fresh) tokens_.push_back(token);
    return entry->second;
  }

  std::size_t length(Pair pair) const { return tokens_[pair.left].size() + tokens_[pair.right].size(); }

  void count_pairs() {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (std::size_t i = 0; i + 1 < words_[w].symbols.size(); ++i)
        count({words_[w].symbols[i], words_[w].symbols[i + 1]}, +1, w);
    propose();
  }

  void count(Pair pair, int change, std::size_t word) {
    counts_[pair] += change * words_[word].count;
    if (change < 0) return;
    auto& places = proposed_[pair];
    if (places.empty() || places.back() != word) places.push_back(word);
  }

  void propose() {
    for (auto& [pair, places] : proposed_)
      if (std::int64_t count = counts_[pair]; count > 0) queue_.push({count, pair, std::move(places)});
    proposed_.clear();
  }

  void merge(const Proposal& best) {
    std::size_t before = tokens_.size();
    TokenId merged = add_token(tokens_[best.pair.left] + tokens_[best.pair.right]);
    // A token made in two ways may let a pair win twice; the last rank counts, as in `tokenizers`.
    if (tokens_.size() == before) std::erase(merges_, best.pair);
    merges_.push_back(best.pair);
    for (std::size_t word : best.words) merge_in_word(best.pair, merged, word);
    propose();
  }

  /// Replaces the pair from left to right and counts what the change makes and unmakes.
  void merge_in_word(Pair pair, TokenId merged, std::size_t word) {
    std::vector<TokenId>& symbols = words_[word].symbols;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      bool found = i + 1 < symbols.size() && Pair{symbols[i], symbols[i + 1]} == pair;
      if (!found) {
        symbols[kept++] = symbols[i];
        continue;
      }
      if (kept > 0) {
        count({symbols[kept - 1], pair.left}, -1, word);
        count({symbols[kept - 1], merged}, +1, word);
      }
      symbols[kept++] = merged;
      ++i;
      if (i + 1 < symbols.size()) {
        count({pair.right, symbols[i + 1]}, -1, word);
        count({merged, symbols[i + 1]}, +1, word);
      }
    }
    symbols.resize(kept);
  }

  BpeTrainerOptions options_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, TokenId> ids_;
  std::vector<Word> words_;
  std::vector<Pair> merges_;
  std::unordered_map<Pair, std::int64_t, PairHash> counts_;
  std::unordered_map<Pair, std::vector<std::size_t>, PairHash> proposed_;  // seen since the last propose()
  std::priority_queue<Proposal> queue_;
};

std::string Trainer::tokenizer_json() const {
  Json added = Json::array();
  for (const std::string& special : options_.special_tokens)
    added.push_back({{"id", ids_.at(special)},
                     {"content", special},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  Json::object_t vocabulary;
  for (std::size_t id = 0; id < tokens_.size(); ++id)
    static_cast<Json::object_t::Container&>(vocabulary)
        .emplace_back(tokens_[id], id);  // known to be distinct
  Json merges = Json::array();
  for (const Pair& pair : merges_) merges.push_back(tokens_[pair.left] + " " + tokens_[pair.right]);
  Json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  Json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", nullptr},
                {"continuing_subword_prefix", nullptr},
                {"end_of_word_suffix", nullptr},
                {"fuse_unk", false},
                {"byte_fallback", false},
                {"ignore_merges", false},
                {"vocab", std::move(vocabulary)},
                {"merges", std::move(merges)}};
  return to_pretty({{"version", "1.0"},
                    {"truncation", nullptr},
                    {"padding", nullptr},
                    {"added_tokens", std::move(added)},
                    {"normalizer", nullptr},
                    {"pre_tokenizer", byte_level},
                    {"post_processor", nullptr},
                    {"decoder", byte_level},
                    {"model", std::move(model)}});
}

}  // namespace

std::string train_bpe(const std::vector<std::string>& documents, const BpeTrainerOptions& options,
                      const std::function<void(std::int64_t merges)>& on_merge) {
  auto smallest = std::ssize(options.special_tokens) + 256;
  require(options.vocab_size >= smallest && options.vocab_size <= 1 << 20,
          "Training a tokenizer: vocab_size must lie in {}..{} (256 bytes and {} special tokens at least), "
          "not {}.",
          smallest, 1 << 20, options.special_tokens.size(), options.vocab_size);
  require(!documents.empty(), "Training a tokenizer: there are no documents.");
  for (const std::string& special : options.special_tokens)
    require(!special.empty() && is_valid_utf8(special),
            "Training a tokenizer: a special token must be non-empty UTF-8 text.");
  for (auto token = options.special_tokens.begin(); token != options.special_tokens.end(); ++token)
    require(std::find(options.special_tokens.begin(), token, *token) == token,
            "Training a tokenizer: the special token {} is given twice; each has an id of its own.", *token);
  Trainer trainer(options);
  trainer.read(documents);
  trainer.run(on_merge);
  return trainer.tokenizer_json();
}

}  // namespace nudge
