#include "text/added_tokens.h"

#include <algorithm>

#include "base/error.h"
#include "text/utf8.h"

namespace nudge {
namespace {

bool touches_word_before(std::string_view text, std::size_t position) {
  return position > 0 && is_word_character(previous_code_point(text, position));
}

bool touches_word_behind(std::string_view text, std::size_t position) {
  return position < text.size() && is_word_character(next_code_point(text, position));
}

std::size_t white_space_begin(std::string_view text, std::size_t end) {
  for (std::size_t begin = end; begin > 0;) {
    if (!is_white_space(previous_code_point(text, begin))) break;
    end = begin;
  }
  return end;
}

std::size_t white_space_end(std::string_view text, std::size_t begin) {
  for (std::size_t end = begin; end < text.size();) {
    if (!is_white_space(next_code_point(text, end))) break;
    begin = end;
  }
  return begin;
}

}  // namespace

AddedToken AddedToken::from_json(const Json& json, std::string_view where) {
  auto id = get<std::int64_t>(json, "id", where);
  require(id >= 0 && id <= INT32_MAX, "{}: the added token id {} is out of bounds.", where, id);
  AddedToken token{.id = static_cast<TokenId>(id), .content = get<std::string>(json, "content", where)};
  require(!token.content.empty(), "{}: the added token with id {} is empty.", where, id);
  token.single_word = get_or<bool>(json, "single_word", false, where);
  token.lstrip = get_or<bool>(json, "lstrip", false, where);
  token.rstrip = get_or<bool>(json, "rstrip", false, where);
  token.special = get_or<bool>(json, "special", false, where);
  token.normalized = get_or<bool>(json, "normalized", !token.special, where);
  return token;
}

Json AddedToken::to_json() const {
  return {{"id", id},         {"content", content},       {"single_word", single_word}, {"lstrip", lstrip},
          {"rstrip", rstrip}, {"normalized", normalized}, {"special", special}};
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer)
    : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  for (const AddedToken& token : tokens_) {
    TokenTrie& trie = token.normalized ? normalized_ : raw_;
    const auto& form =
        forms_.emplace_back(token.normalized ? normalizer.normalize(token.content) : token.content);
    trie.insert(form, forms_.size() - 1);
  }
}

const AddedToken* AddedTokens::find(TokenId id) const {
  auto found = std::lower_bound(tokens_.begin(), tokens_.end(), id,
                                [](const AddedToken& token, TokenId wanted) { return token.id < wanted; });
  return found != tokens_.end() && found->id == id ? &*found : nullptr;
}

void AddedTokens::split(std::string_view text, const Reading& reading, const Normalizer& normalizer,
                        const Sink& sink) const {
  Sink outer = sink;
  outer.text = [&](std::string_view piece, bool first) {
    const std::size_t offset = normalizer.changes_nothing() ? piece.data() - text.data() : kHidden;
    std::string changed;
    if (!normalizer.changes_nothing()) piece = changed = normalizer.normalize(piece);
    const auto place = [&](std::size_t position) { return offset == kHidden ? kHidden : offset + position; };
    cut(piece, normalized_, reading,
        {.token = [&](TokenId id, std::size_t begin,
                      std::size_t end) { sink.token(id, place(begin), place(end)); },
         .text =
             [&](std::string_view part, bool at_start) {
               if (reading.quote.empty()) return sink.text(part, first && at_start);
               sink.text(replace_all(part, reading.quote, ""), first && at_start);
             }});
  };
  cut(text, raw_, reading, outer);
}

/// Follows `find_matches` of `tokenizers` step by step, also where stripped matches overlap.
void AddedTokens::cut(std::string_view text, const TokenTrie& trie, const Reading& reading,
                      const Sink& sink) const {
  std::size_t done = 0;
  auto text_until = [&](std::size_t end) {
    if (done < end) sink.text(text.substr(done, end - done), done == 0);
  };
  auto plain = [&](const TokenTrie::Match& match) {
    return !reading.specials ||
           (!reading.quote.empty() && text.substr(0, match.begin).ends_with(reading.quote));
  };
  for (auto match = trie.find(text, 0); match; match = trie.find(text, match->end)) {
    const AddedToken& token = tokens_[match->value];
    if (token.special && plain(*match)) continue;
    std::size_t begin = match->begin, end = match->end;
    if (token.single_word && (touches_word_before(text, begin) || touches_word_behind(text, end))) continue;
    if (token.lstrip) begin = std::max(white_space_begin(text, begin), done);
    if (token.rstrip) end = white_space_end(text, end);
    text_until(begin);
    sink.token(token.id, match->begin, match->end);
    done = end;
  }
  text_until(text.size());
}

}  // namespace nudge
