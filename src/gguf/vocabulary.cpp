#include "gguf/vocabulary.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/excerpt.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace nudge::gguf {

namespace {

std::vector<TokenKind> read_kinds(const Metadata& metadata, std::size_t count) {
  const auto numbers = metadata.get_or<std::vector<std::int32_t>>("tokenizer.ggml.token_type",
                                                                  std::vector<std::int32_t>(count, 1));
  require(numbers.size() == count, "{}: {} types for {} tokens.", metadata.where(), numbers.size(), count);
  std::vector<TokenKind> kinds;
  kinds.reserve(count);
  for (const auto number : numbers) {
    require(number >= 0 && number <= 6, "{}: a token has the type {}; 1 to 6 exist.", metadata.where(),
            number);
    kinds.push_back(number == 0 ? TokenKind::normal : static_cast<TokenKind>(number));
  }
  return kinds;
}

std::optional<std::int64_t> read_role(const Metadata& metadata, const char* role, std::size_t count,
                                      std::optional<std::int64_t> fallback = std::nullopt) {
  const auto key = fmt::format("tokenizer.ggml.{}_token_id", role);
  const auto id = metadata.maybe<std::int64_t>(key);
  require(!id || (*id >= 0 && *id < std::int64_t(count)), "{}: \"{}\" is {}, but there are {} tokens.",
          metadata.where(), key, id.value_or(0), count);
  return id ? id : fallback;
}

}  // namespace

Vocabulary::Vocabulary(const Metadata& metadata)
    : tokens(metadata.get<std::vector<std::string>>("tokenizer.ggml.tokens")),
      kinds(read_kinds(metadata, tokens.size())),
      scores(metadata.get_or<std::vector<float>>("tokenizer.ggml.scores", {})) {
  const std::string& where = metadata.where();
  const std::size_t count = tokens.size();
  require(std::int64_t(count) <= nudge::Vocabulary::kMaxTokens,
          "{}: {} tokens are more than the limit of {}.", where, count, nudge::Vocabulary::kMaxTokens);
  require(scores.empty() || scores.size() == count, "{}: {} scores for {} tokens.", where, scores.size(),
          count);
  require(std::ranges::all_of(scores, [](float score) { return std::isfinite(score); }),
          "{}: some scores of tokens are not finite.", where);
  ids.reserve(count);
  for (std::size_t id = 0; id < count; ++id) {
    require(is_valid_utf8(tokens[id]), "{}: the token with id {} is not valid UTF-8.", where, id);
    if (tokens[id].empty()) tokens[id] = fmt::format("[EMPTY_{}]", id);  // as llama.cpp calls it
    const auto [place, fresh] = ids.emplace(tokens[id], static_cast<std::int64_t>(id));
    require(fresh, "{}: the token \"{}\" has two ids, {} and {}.", where, excerpt(tokens[id]), place->second,
            id);
  }
  const bool pieces =
      tokenizer_kind(metadata) == TokenizerKind::sentence_piece;  // whose defaults are Llama's
  const auto or_absent = [&](std::int64_t id) { return pieces ? std::optional(id) : std::nullopt; };
  bos = read_role(metadata, "bos", count, or_absent(1));
  eos = read_role(metadata, "eos", count, or_absent(2));
  unknown = read_role(metadata, "unknown", count, or_absent(0));
  padding = read_role(metadata, "padding", count);
  end_of_turn = read_role(metadata, "eot", count);
  end_of_message = read_role(metadata, "eom", count);
}

bool Vocabulary::is_filling(std::int64_t id) const {
  return kinds[id] == TokenKind::unused && tokens[id] == fmt::format("[PAD{}]", id);
}

std::vector<std::int64_t> Vocabulary::ends() const {
  std::vector<std::int64_t> ends;
  for (const auto& id : {eos, end_of_turn, end_of_message})
    if (id && std::ranges::find(ends, *id) == ends.end()) ends.push_back(*id);
  return ends;
}

TokenizerKind tokenizer_kind(const Metadata& metadata) {
  const auto model = metadata.get<std::string>("tokenizer.ggml.model");
  require(model == "llama" || model == "gpt2",
          "{}: the tokenizer is of the kind \"{}\"; nudge reads \"llama\" (SentencePiece) and \"gpt2\" "
          "(byte-level BPE).",
          metadata.where(), excerpt(model));
  return model == "llama" ? TokenizerKind::sentence_piece : TokenizerKind::byte_level;
}

}  // namespace nudge::gguf
