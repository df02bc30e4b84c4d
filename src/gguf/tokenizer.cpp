#include "gguf/tokenizer.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/files.h"
#include "gguf/pre_tokenizer.h"
#include "gguf/vocabulary.h"
#include "text/added_tokens.h"
#include "text/utf8.h"

namespace nudge::gguf {

namespace {

constexpr const char* kSpaceSign = "\u2581";

Json replace_part(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

/// All tokens with their ids; filling left out.
Json vocabulary_json(const Vocabulary& vocabulary) {
  Json::object_t tokens;
  for (std::size_t id = 0; id < vocabulary.tokens.size();
       ++id)  // appended without a look-up each: none stands twice
    if (!vocabulary.is_filling(id))
      static_cast<Json::object_t::Container&>(tokens).emplace_back(vocabulary.tokens[id], id);
  return tokens;
}

/// Tokens found in text as they stand, before any merging: control tokens only where a template writes them.
Json added_tokens(const Vocabulary& vocabulary) {
  Json added = Json::array();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const TokenKind kind = vocabulary.kinds[id];
    const bool special = kind == TokenKind::control || kind == TokenKind::unknown;
    if (!special && kind != TokenKind::user_defined) continue;
    const AddedToken token{
        .id = static_cast<TokenId>(id), .content = vocabulary.tokens[id], .special = special};
    added.push_back(token.to_json());
  }
  return added;
}

/// What stands around a text: BOS and EOS where the file asks for them.
Json post_processor(const Metadata& metadata, const Vocabulary& vocabulary, bool bos_by_default) {
  Json single = Json::array(), specials = Json::object();
  const auto add = [&](const char* key, bool by_default, const std::optional<std::int64_t>& id) {
    if (!metadata.get_or<bool>(key, by_default)) return;
    require(id.has_value(), "{}: \"{}\" is true, but the file names no such token.", metadata.where(), key);
    const std::string& name = vocabulary.tokens[*id];
    single.push_back({{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
    specials[name] = {{"id", name}, {"ids", {*id}}, {"tokens", {name}}};
  };
  add("tokenizer.ggml.add_bos_token", bos_by_default, vocabulary.bos);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  add("tokenizer.ggml.add_eos_token", false, vocabulary.eos);
  if (specials.empty()) return nullptr;
  Json pair = single;
  for (Json part : single) {
    auto& of_second = part.begin().value();
    of_second["type_id"] = 1;
    if (part.contains("Sequence")) of_second["id"] = "B";
    pair.push_back(std::move(part));
  }
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(specials)}};
}

Json bpe_model(const Vocabulary& vocabulary, Json merges, bool pieces, bool ignore_merges) {
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", pieces && vocabulary.unknown ? Json(vocabulary.tokens[*vocabulary.unknown]) : Json()},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", pieces},
          {"byte_fallback", pieces},
          {"ignore_merges", ignore_merges},
          {"vocab", vocabulary_json(vocabulary)},
          {"merges", std::move(merges)}};
}

Json whole(Json normalizer, Json pre_tokenizer, Json decoder, Json model) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", Json::array()},
          {"normalizer", std::move(normalizer)},
          {"pre_tokenizer", std::move(pre_tokenizer)},
          {"post_processor", nullptr},
          {"decoder", std::move(decoder)},
          {"model", std::move(model)}};
}

Json byte_level_json(const Metadata& metadata, const Vocabulary& vocabulary) {
  const auto& pre =
      PreTokenizerName::named(metadata.get_or<std::string>("tokenizer.ggml.pre", ""), metadata.where());
  require(!metadata.get_or<bool>("tokenizer.ggml.add_space_prefix", false),
          "{}: a space before each text is not supported for byte-level tokenizers.", metadata.where());
  Json merges = metadata.get<std::vector<std::string>>("tokenizer.ggml.merges");
  const Json decoder = {
      {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  Json tokenizer = whole(pre.normalizer(), pre.pre_tokenizer(), decoder,
                         bpe_model(vocabulary, std::move(merges), false, pre.ignore_merges));
  tokenizer["added_tokens"] = added_tokens(vocabulary);
  tokenizer["post_processor"] = post_processor(metadata, vocabulary, pre.begins_with_bos);
  return tokenizer;
}

struct Merge {
  float score;
  std::int64_t left, right;               // ids
  std::size_t left_length, right_length;  // in characters
};

/// Every split of every piece into two pieces: the best scored result first, of one piece's the longest left
/// half (the order of transformers' generate_merges).
std::vector<Merge> merges_of(const Vocabulary& vocabulary) {
  const auto is_piece = [&](std::int64_t id) { return vocabulary.kinds[id] == TokenKind::normal; };
  std::vector<Merge> merges;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (!is_piece(static_cast<std::int64_t>(id))) continue;
    const std::string_view text = vocabulary.tokens[id];
    const std::size_t length = count_code_points(text);
    std::size_t before = 0;
    for (std::size_t cut = 0; cut < text.size();) {
      next_code_point(text, cut);
      ++before;
      const auto left = vocabulary.ids.find(text.substr(0, cut)),
                 right = vocabulary.ids.find(text.substr(cut));
      if (cut < text.size() && left != vocabulary.ids.end() && right != vocabulary.ids.end() &&
          is_piece(left->second) && is_piece(right->second))
        merges.push_back({vocabulary.scores[id], left->second, right->second, before, length - before});
    }
  }
  std::ranges::stable_sort(merges, [](const Merge& a, const Merge& b) {
    return std::tuple(a.score, a.left_length, a.right_length) >
           std::tuple(b.score, b.left_length, b.right_length);
  });
  return merges;
}

void require_bytes(const Metadata& metadata, const Vocabulary& vocabulary) {
  for (int byte = 0; byte < 256; ++byte)
    require(vocabulary.ids.contains(fmt::format("<0x{:02X}>", byte)),
            "{}: the vocabulary lacks the token <0x{:02X}>, which a tokenizer of the kind \"llama\" falls "
            "back to.",
            metadata.where(), byte);
}

Json sentence_piece_json(const Metadata& metadata, const Vocabulary& vocabulary) {
  require(!vocabulary.scores.empty(), "{}: the metadata lack the key \"tokenizer.ggml.scores\".",
          metadata.where());
  require_bytes(metadata, vocabulary);
  Json merges = Json::array();
  for (const Merge& merge : merges_of(vocabulary))
    merges.push_back(fmt::format("{} {}", vocabulary.tokens[merge.left], vocabulary.tokens[merge.right]));
  Json normalizer = replace_part(" ", kSpaceSign);
  Json decoders = {replace_part(kSpaceSign, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (metadata.get_or<bool>("tokenizer.ggml.add_space_prefix", true)) {
    normalizer = {{"type", "Sequence"},
                  {"normalizers", {{{"type", "Prepend"}, {"prepend", kSpaceSign}}, std::move(normalizer)}}};
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  Json tokenizer =
      whole(std::move(normalizer), nullptr, {{"type", "Sequence"}, {"decoders", std::move(decoders)}},
            bpe_model(vocabulary, std::move(merges), true, false));
  tokenizer["added_tokens"] = added_tokens(vocabulary);
  tokenizer["post_processor"] = post_processor(metadata, vocabulary, true);
  return tokenizer;
}

TokenizerConfig config_of(const Metadata& metadata, const Vocabulary& vocabulary) {
  const auto name = [&](const std::optional<std::int64_t>& id) {
    return id ? vocabulary.tokens[*id] : std::string();
  };
  TokenizerConfig config{.bos_token = name(vocabulary.bos),
                         .eos_token = name(vocabulary.eos),
                         .pad_token = name(vocabulary.padding),
                         .chat_template = metadata.get_or<std::string>("tokenizer.chat_template", "")};
  if (vocabulary.unknown) config.kept["unk_token"] = name(vocabulary.unknown);
  return config;
}

}  // namespace

TokenizerFiles tokenizer_of(const Metadata& metadata) {
  const auto kind = tokenizer_kind(metadata);
  const Vocabulary vocabulary(metadata);
  return {kind == TokenizerKind::sentence_piece ? sentence_piece_json(metadata, vocabulary)
                                                : byte_level_json(metadata, vocabulary),
          config_of(metadata, vocabulary)};
}

void TokenizerFiles::write(const std::filesystem::path& folder) const {
  nudge::write_file(folder / "tokenizer.json", to_pretty(tokenizer));
  config.write(folder);
}

}  // namespace nudge::gguf
