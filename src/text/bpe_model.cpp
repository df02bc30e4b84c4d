#include "text/bpe_model.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/utf8.h"

namespace nudge {
namespace {

struct MergeIds {
  TokenId left, right, result;
};

std::optional<MergeIds> ids_of(std::string_view left, std::string_view right, const Vocabulary& vocabulary) {
  const auto left_id = vocabulary.id_of(left), right_id = vocabulary.id_of(right);
  if (!left_id || !right_id) return std::nullopt;
  const auto result = vocabulary.id_of(std::string(left).append(right));
  return result ? std::optional(MergeIds{*left_id, *right_id, *result}) : std::nullopt;
}

/// A merge written "left right". Some published files merge runs of spaces, so every split whose halves and
/// whole are in the vocabulary is tried.
MergeIds split_merge(std::string_view text, const Vocabulary& vocabulary, std::string_view where) {
  for (auto space = text.find(' '); space != std::string_view::npos; space = text.find(' ', space + 1))
    if (const auto ids = ids_of(text.substr(0, space), text.substr(space + 1), vocabulary)) return *ids;
  fail(
      "{}: the merge \"{}\" does not split at a space into two tokens of the vocabulary whose join is in it.",
      where, text);
}

MergeIds read_merge(const Json& merge, const Vocabulary& vocabulary, std::string_view where) {
  if (merge.is_string()) return split_merge(merge.get_ref<const std::string&>(), vocabulary, where);
  if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string())
    fail("{}: a merge must be \"left right\" or [\"left\", \"right\"], not {}.", where, to_line(merge));
  const auto &left = merge[0].get_ref<const std::string&>(), &right = merge[1].get_ref<const std::string&>();
  const auto ids = ids_of(left, right, vocabulary);
  require(ids.has_value(), "{}: the merge of \"{}\" and \"{}\" names a token that is not in the vocabulary.",
          where, left, right);
  return *ids;
}

void refuse_text(const Json& model, const char* key, std::string_view where) {
  require(get_or<std::string>(model, key, "", where).empty(), "{}: the BPE model's {} is not supported.",
          where, key);
}

}  // namespace

BpeModel::BpeModel(const Json& model, bool byte_level, std::string_view where)
    : byte_level_(byte_level), vocabulary_(Vocabulary::from_json(model, where)) {
  read_flags(model, where);
  auto merges = model.find("merges");
  require(merges != model.end() && merges->is_array(), "{}: the model has no list of merges.", where);
  read_merges(*merges, where);
}

std::string BpeModel::rules() const {
  std::string text;
  for (auto [left, right] : merge_list_) fmt::format_to(std::back_inserter(text), "{} {}\n", left, right);
  return text;
}

void BpeModel::read_flags(const Json& model, std::string_view where) {
  require(get_or<double>(model, "dropout", 0.0, where) == 0, "{}: BPE dropout is not supported.", where);
  refuse_text(model, "continuing_subword_prefix", where);
  refuse_text(model, "end_of_word_suffix", where);
  byte_fallback_ = get_or<bool>(model, "byte_fallback", false, where);
  fuse_unknown_ = get_or<bool>(model, "fuse_unk", false, where);
  ignore_merges_ = get_or<bool>(model, "ignore_merges", false, where);
  std::string unknown = get_or<std::string>(model, "unk_token", "", where);
  if (!unknown.empty()) {
    unknown_ = vocabulary_.id_of(unknown);
    require(unknown_.has_value(), "{}: the unknown token \"{}\" is not in the vocabulary.", where, unknown);
  }
  for (int byte = 0; byte < 256; ++byte) {
    std::string name;
    if (byte_level_)
      append_utf8(name, byte_level_characters()[byte]);
    else
      name = fmt::format("<0x{:02X}>", byte);
    byte_ids_[byte] = vocabulary_.id_of(name);
  }
}

void BpeModel::read_merges(const Json& merges, std::string_view where) {
  merges_ = MergeTable(merges.size());
  merge_list_.reserve(merges.size());
  for (const Json& merge : merges) {
    const MergeIds ids = read_merge(merge, vocabulary_, where);
    merges_.insert(ids.left, ids.right, {static_cast<std::int32_t>(merge_list_.size()), ids.result});
    merge_list_.emplace_back(ids.left, ids.right);
  }
}

void BpeModel::encode(std::string_view word, std::vector<TokenId>& ids) const {
  if (word.empty() || cache_.append(word, ids)) return;
  std::size_t before = ids.size();
  if (auto whole = whole_word(word)) {
    ids.push_back(*whole);
  } else {
    std::vector<TokenId> merged = merge_symbols(first_symbols(word), merges_);
    ids.insert(ids.end(), merged.begin(), merged.end());
  }
  cache_.remember(word, ids.data() + before, ids.data() + ids.size());
}

std::optional<TokenId> BpeModel::whole_word(std::string_view word) const {
  if (!ignore_merges_) return std::nullopt;
  return byte_level_ ? vocabulary_.id_of(to_byte_level(word)) : vocabulary_.id_of(word);
}

/// One id per character (per byte in byte-level models); characters out of the vocabulary become their bytes,
/// else the unknown token, else nothing: the order of these follows `tokenizers`, a pending unknown token
/// included.
std::vector<TokenId> BpeModel::first_symbols(std::string_view word) const {
  std::vector<TokenId> symbols;
  symbols.reserve(word.size());
  bool pending = false;  // an unknown token not yet emitted, because the next one may fuse with it
  auto known = [&](TokenId id) {
    if (pending) symbols.push_back(*unknown_);
    pending = false;
    symbols.push_back(id);
  };
  auto unknown = [&] {
    if (pending && !fuse_unknown_) symbols.push_back(*unknown_);
    pending = unknown_.has_value();
  };
  for (std::size_t i = 0; i < word.size();) {
    std::size_t start = i;
    if (byte_level_)
      ++i;
    else
      next_code_point(word, i);
    std::string_view piece = word.substr(start, i - start);
    auto byte_id = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
    if (auto id = byte_level_ ? byte_id(piece[0]) : vocabulary_.id_of(piece))
      known(*id);
    else if (byte_fallback_ && !byte_level_ &&
             std::all_of(piece.begin(), piece.end(), [&](char byte) { return byte_id(byte).has_value(); }))
      for (char byte : piece) symbols.push_back(*byte_id(byte));
    else
      unknown();
  }
  if (pending) symbols.push_back(*unknown_);
  return symbols;
}

}  // namespace nudge
