#include "text/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/utf8.h"

namespace nudge {

UnigramModel::UnigramModel(const Json& model, bool byte_level, std::string_view where)
    : where_(where), byte_level_(byte_level) {
  constexpr double kPenalty = 10;
  const auto list = model.find("vocab");
  require(list != model.end() && list->is_array(), "{}: the Unigram model has no list of tokens.", where);
  double lowest = std::numeric_limits<double>::infinity();
  for (const Json& entry : *list) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      fail("{}: a token of a Unigram model must be [\"token\", score], not {}.", where, to_line(entry));
    const auto& token = entry[0].get_ref<const std::string&>();
    const auto id = std::ssize(scores_);
    vocabulary_.add(token, id, where);
    scores_.push_back(entry[1].get<double>());
    lowest = std::min(lowest, scores_.back());
    trie_.insert(token, static_cast<std::size_t>(id));
  }
  unknown_score_ = lowest - kPenalty;
  const auto unknown = get_or<std::int64_t>(model, "unk_id", -1, where);
  require(unknown >= -1 && unknown < std::ssize(scores_),
          "{}: \"unk_id\" is {}, which is no token of the Unigram model.", where, unknown);
  if (unknown >= 0) unknown_ = static_cast<TokenId>(unknown);
  if (!get_or<bool>(model, "byte_fallback", false, where)) return;
  for (int byte = 0; byte < 256; ++byte) byte_ids_[byte] = vocabulary_.id_of(fmt::format("<0x{:02X}>", byte));
}

std::string UnigramModel::rules() const {
  std::string text;
  for (const double score : scores_) text += fmt::format("{}\n", score);
  return text;
}

std::vector<UnigramModel::Step> UnigramModel::best_steps(std::string_view word) const {
  std::vector<Step> best(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t behind = begin;
    next_code_point(word, behind);
    bool covered = false;  // by a token of one character
    const auto propose = [&](std::size_t end, double score, bool unknown) {
      score += best[begin].score;
      if (best[end].begin == kUnreached || score > best[end].score) best[end] = {score, begin, unknown};
    };
    trie_.each_prefix(word, begin, [&](const TokenTrie::Match& match) {
      covered = covered || match.end == behind;
      propose(match.end, scores_[match.value], unknown_ && static_cast<TokenId>(match.value) == *unknown_);
    });
    if (!covered) {
      require(unknown_.has_value(),
              "{}: the text has a character that no token covers (\"{}\"), and there is no unknown token.",
              where_, word.substr(begin, behind - begin));
      propose(behind, unknown_score_, true);
    }
    begin = behind;
  }
  return best;
}

void UnigramModel::append(std::string_view piece, std::vector<TokenId>& ids) const {
  const auto byte_id = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (const auto id = vocabulary_.id_of(piece))
    ids.push_back(*id);
  else if (std::ranges::all_of(piece, [&](char byte) { return byte_id(byte).has_value(); }))
    for (const char byte : piece) ids.push_back(*byte_id(byte));
  else
    ids.push_back(*unknown_);
}

void UnigramModel::encode(std::string_view word, std::vector<TokenId>& ids) const {
  std::string stand_ins;
  if (byte_level_) word = stand_ins = to_byte_level(word);
  if (word.empty() || cache_.append(word, ids)) return;
  const std::size_t before = ids.size();
  const std::vector<Step> best = best_steps(word);
  std::vector<std::string_view> pieces;  // from the end; neighbours that are unknown make one
  bool joins = false;
  for (std::size_t end = word.size(); end > 0; end = best[end].begin) {
    const std::string_view piece = word.substr(best[end].begin, end - best[end].begin);
    if (best[end].unknown && joins)
      pieces.back() = {piece.data(), piece.size() + pieces.back().size()};
    else
      pieces.push_back(piece);
    joins = best[end].unknown;
  }
  std::ranges::reverse(pieces);
  for (const std::string_view piece : pieces) append(piece, ids);
  cache_.remember(word, ids.data() + before, ids.data() + ids.size());
}

}  // namespace nudge
