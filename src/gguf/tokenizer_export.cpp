// Tokenizers of Hugging Face in the words of GGUF: the way back of tokenizer.cpp.

#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/progress.h"
#include "gguf/pre_tokenizer.h"
#include "gguf/tokenizer.h"
#include "gguf/vocabulary.h"
#include "text/normalizer.h"

namespace nudge::gguf {

namespace {

constexpr const char* kSign = "\u2581";
constexpr float kNoPiece = -1000;  // the score of what no merge makes

struct Listed {
  std::vector<std::string> tokens;  // as GGUF names them
  std::vector<std::int32_t> kinds;
  std::unordered_map<std::string, std::int64_t> ids;  // by their names in tokenizer.json

  /// `rows` rows, filled up as llama.cpp's converter does.
  explicit Listed(std::int64_t rows) : kinds(rows, static_cast<std::int32_t>(TokenKind::unused)) {
    for (std::int64_t id = 0; id < rows; ++id) tokens.push_back(fmt::format("[PAD{}]", id));
  }
  void set(std::int64_t id, const std::string& token, TokenKind kind) {
    tokens[id] = token;
    kinds[id] = static_cast<std::int32_t>(kind);
    ids.insert_or_assign(token, id);
  }
};

/// Every row of the embeddings: tokens of the model, added ones, and filling.
Listed list_tokens(const Json& document, const Tokenizer& tokenizer, std::int64_t rows, bool pieces,
                   const std::string& where) {
  require(tokenizer.vocab_size() <= rows, "{}: {} tokens for {} rows of embeddings.", where,
          tokenizer.vocab_size(), rows);
  Listed listed(rows);
  const Json& model = document.at("model");
  const auto unknown = nudge::get_or<std::string>(model, "unk_token", "", where);
  for (const auto& [token, id] : model.at("vocab").get_ref<const Json::object_t&>()) {
    const bool byte = pieces && token.size() == 6 && token.starts_with("<0x") && token.ends_with(">");
    listed.set(id.get<std::int64_t>(), token, byte ? TokenKind::byte : TokenKind::normal);
  }
  std::vector<std::string> trimmed;
  for (const Json& added : nudge::get_or<Json>(document, "added_tokens", Json::array(), where)) {
    const auto id = nudge::get<std::int64_t>(added, "id", where);
    const auto content = nudge::get<std::string>(added, "content", where);
    if (nudge::get_or<bool>(added, "lstrip", false, where) ||
        nudge::get_or<bool>(added, "rstrip", false, where))
      trimmed.push_back(content);
    const bool special = tokenizer.is_special(static_cast<TokenId>(id));
    listed.set(id, content,
               content == unknown ? TokenKind::unknown
               : special          ? TokenKind::control
                                  : TokenKind::user_defined);
    if (!special && pieces)
      listed.tokens[id] = replace_all(content, kSign, " ");  // llama.cpp looks for it in plain text
  }
  for (const auto& role : {tokenizer.bos(), tokenizer.eos(), tokenizer.pad()})
    if (role) listed.set(*role, tokenizer.token(*role), TokenKind::control);
  if (!trimmed.empty())
    warn(fmt::format("{}: white space beside {} is swallowed by this tokenizer, and is not by llama.cpp.",
                     where, fmt::join(trimmed, ", ")));
  return listed;
}

/// "left right" of each merge.
std::vector<std::string> merges_of(const Json& document, const std::string& where) {
  std::vector<std::string> merges;
  for (const Json& merge : document.at("model").at("merges")) {
    merges.push_back(merge.is_string() ? merge.get<std::string>()
                                       : fmt::format("{} {}", merge.at(0).get<std::string>(),
                                                     merge.at(1).get<std::string>()));
    require(std::ranges::count(merges.back(), ' ') == 1,
            "{}: the merge \"{}\" has a space in it, which GGUF cannot say.", where, merges.back());
  }
  return merges;
}

/// Scores whose order is that of the merges. The SentencePiece way merges to the best scored piece, whatever
/// its halves: all merges to one piece must stand together.
std::vector<float> scores_of(const std::vector<std::string>& merges, const Listed& listed,
                             const std::string& where) {
  std::vector<float> scores(listed.tokens.size(), kNoPiece);
  for (std::size_t id = 0; id < scores.size(); ++id) {
    const auto kind = static_cast<TokenKind>(listed.kinds[id]);
    if (kind == TokenKind::byte) scores[id] = 0;
    if (kind == TokenKind::normal) scores[id] = -static_cast<float>(merges.size()) - 1;  // a single character
  }
  std::vector<bool> made(scores.size());
  std::int64_t last = -1;
  float score = 0;
  for (const auto& merge : merges) {
    const auto space = merge.find(' ');
    const auto found = listed.ids.find(merge.substr(0, space) + merge.substr(space + 1));
    require(found != listed.ids.end(), "{}: the merge \"{}\" makes no token.", where, merge);
    if (found->second == last) continue;
    last = found->second;
    require(!made[last],
            "{}: merges to \"{}\" stand apart from each other, which the scores of GGUF's kind \"llama\" "
            "cannot say.",
            where, listed.tokens[last]);
    made[last] = true;
    scores[last] = -(score += 1);
  }
  return scores;
}

/// Whether a space sign stands before a text; Error when spaces are written in another way.
bool space_before(const Json& document, const std::string& where) {
  const Json normalizer = nudge::get_or<Json>(document, "normalizer", Json(), where);
  const Json pre = nudge::get_or<Json>(document, "pre_tokenizer", Json(), where);
  const Json replaced = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSign}};
  const Json prepended = {{"type", "Sequence"},
                          {"normalizers", {{{"type", "Prepend"}, {"prepend", kSign}}, replaced}}};
  const auto pre_type = pre.is_null() ? "" : nudge::get<std::string>(pre, "type", where);
  const bool idle =
      pre_type.empty() || (pre_type == "Split" && pre.contains("pattern") &&
                           pre["pattern"] == Json{{"String", " "}});  // Gemma's: no space is left by then
  if (idle && normalizer == prepended) return true;
  if (idle && normalizer == replaced) return false;
  require(normalizer.is_null() && pre_type == "Metaspace",
          "{}: GGUF's kind \"llama\" has no words for this normalizer and pre-tokenizer.", where);
  return nudge::get_or<std::string>(pre, "prepend_scheme", "always", where) != "never";
}

void add_roles(Metadata& metadata, const Json& document, const Tokenizer& tokenizer,
               const std::string& where) {
  const auto add = [&](const char* role, std::optional<TokenId> id) {
    if (id) metadata.add(fmt::format("tokenizer.ggml.{}_token_id", role), static_cast<std::uint32_t>(*id));
  };
  add("bos", tokenizer.bos());
  add("eos", tokenizer.eos());
  const auto unknown = nudge::get_or<std::string>(document.at("model"), "unk_token", "", where);
  add("unknown", unknown.empty() ? std::nullopt : tokenizer.id_of(unknown));
  add("padding", tokenizer.pad());
  std::vector<TokenId> others;
  for (const TokenId id : tokenizer.listed_ends())
    if (id != tokenizer.eos() && std::ranges::find(others, id) == others.end()) others.push_back(id);
  constexpr const char* kOtherRoles[] = {"eot", "eom"};
  for (std::size_t i = 0; i < std::min(others.size(), std::size(kOtherRoles)); ++i)
    add(kOtherRoles[i], others[i]);
  if (others.size() > std::size(kOtherRoles))
    warn(fmt::format("{}: GGUF has room for three ends of an answer; the model's other files name more.",
                     where));
}

/// BOS and EOS around a text: whether the file asks for them.
void add_frame(Metadata& metadata, const Tokenizer& tokenizer, const std::string& where) {
  const auto asked = [&](const std::vector<TokenId>& tokens, std::optional<TokenId> role) {
    require(
        tokens.empty() || (tokens.size() == 1 && role == tokens[0]),
        "{}: the tokenizer puts something around a text that is neither BOS nor EOS, which GGUF cannot say.",
        where);
    return !tokens.empty();
  };
  metadata.add("tokenizer.ggml.add_bos_token", asked(tokenizer.frame().before, tokenizer.bos()));
  metadata.add("tokenizer.ggml.add_eos_token", asked(tokenizer.frame().behind, tokenizer.eos()));
}

bool has_bytes(const Json& pre_tokenizer) {
  return to_line(pre_tokenizer).find("\"ByteLevel\"") != std::string::npos;
}

}  // namespace

void add_tokenizer(Metadata& metadata, const Json& document, const Tokenizer& tokenizer, std::int64_t rows,
                   const std::string& where) {
  const auto type = nudge::get_or<std::string>(document.at("model"), "type", "BPE", where);
  require(type == "BPE", "{}: the tokenizer is a {} model; only BPE is written to GGUF files.", where, type);
  const bool pieces = !has_bytes(nudge::get_or<Json>(document, "pre_tokenizer", Json(), where));
  require(!pieces || nudge::get_or<bool>(document.at("model"), "byte_fallback", false, where),
          "{}: this tokenizer is neither byte-level BPE nor one with byte fallback; GGUF has no kind for it.",
          where);
  Listed listed = list_tokens(document, tokenizer, rows, pieces, where);
  auto merges = merges_of(document, where);
  const bool prefix = pieces && space_before(document, where);
  metadata.add("tokenizer.ggml.model", std::string(pieces ? "llama" : "gpt2"));
  metadata.add("tokenizer.ggml.pre",
               std::string(pieces ? "default" : PreTokenizerName::of(document, where).name));
  if (pieces) metadata.add("tokenizer.ggml.scores", List(scores_of(merges, listed, where)));
  metadata.add("tokenizer.ggml.tokens", List(std::move(listed.tokens)));
  metadata.add("tokenizer.ggml.token_type", List(std::move(listed.kinds)));
  if (!pieces && !merges.empty()) metadata.add("tokenizer.ggml.merges", List(std::move(merges)));
  add_roles(metadata, document, tokenizer, where);
  add_frame(metadata, tokenizer, where);
  if (pieces) metadata.add("tokenizer.ggml.add_space_prefix", prefix);
  if (!tokenizer.chat_template().empty()) metadata.add("tokenizer.chat_template", tokenizer.chat_template());
}

}  // namespace nudge::gguf
