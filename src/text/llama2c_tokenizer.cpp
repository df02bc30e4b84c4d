#include "text/llama2c_tokenizer.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "text/normalizer.h"
#include "text/tokenizer_config.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace nudge {
namespace {

constexpr std::int64_t kFirstPiece = 259;  // behind <unk>, <s>, </s> and the 256 bytes
constexpr const char* kSpaceSign = "\u2581";

struct Piece {
  float score;
  std::string text;
};

std::vector<Piece> read_pieces(const std::filesystem::path& file, std::int64_t vocab_size) {
  std::string bytes = read_file(file);
  std::size_t position = sizeof(std::int32_t);
  auto truncated = [&] {
    fail("{}: the file ends within the vocabulary; a llama2.c tokenizer of {} pieces was expected.",
         file.string(), vocab_size);
  };
  auto take = [&](auto& value) {
    if (position + sizeof value > bytes.size()) truncated();
    std::memcpy(&value, bytes.data() + position, sizeof value);
    position += sizeof value;
  };
  require(vocab_size >= kFirstPiece && vocab_size <= Vocabulary::kMaxTokens,
          "{}: a llama2.c tokenizer has at least {} pieces, not {}.", file.string(), kFirstPiece, vocab_size);
  std::vector<Piece> pieces;
  for (std::int64_t id = 0; id < vocab_size; ++id) {
    Piece piece;
    std::int32_t length = 0;
    take(piece.score);
    take(length);
    if (length < 0 || position + static_cast<std::size_t>(length) > bytes.size()) truncated();
    piece.text = bytes.substr(position, length);
    position += length;
    require(id < kFirstPiece || is_valid_utf8(piece.text), "{}: piece {} is not valid UTF-8.", file.string(),
            id);
    pieces.push_back(std::move(piece));
  }
  require(position == bytes.size(), "{}: {} bytes follow the {} pieces of the vocabulary.", file.string(),
          bytes.size() - position, vocab_size);
  return pieces;
}

/// Names of the first ids by their place, whatever the file calls them; spaces made visible in the others.
std::vector<std::string> token_names(const std::vector<Piece>& pieces) {
  std::vector<std::string> names = {"<unk>", "<s>", "</s>"};
  for (int byte = 0; byte < 256; ++byte) names.push_back(fmt::format("<0x{:02X}>", byte));
  for (std::size_t id = names.size(); id < pieces.size(); ++id)
    names.push_back(replace_all(pieces[id].text, " ", kSpaceSign));
  return names;
}

struct Merge {
  float score;
  std::int64_t left, right;  // ids
};

/// Every split of every piece into two pieces, as SentencePiece vocabularies are turned into merges: the best
/// scored result first, among equal ones the smaller ids.
std::vector<Merge> merges_of(const std::vector<Piece>& pieces, const std::vector<std::string>& names) {
  std::map<std::string, std::int64_t, std::less<>> ids;
  for (auto id = kFirstPiece; id < std::ssize(names); ++id) ids.emplace(names[id], id);
  std::vector<Merge> merges;
  for (const auto& [name, id] : ids) {
    std::string_view text = name;
    for (std::size_t cut = 0; cut < text.size();) {
      next_code_point(text, cut);
      auto left = ids.find(text.substr(0, cut)), right = ids.find(text.substr(cut));
      if (cut < text.size() && left != ids.end() && right != ids.end())
        merges.push_back({pieces[id].score, left->second, right->second});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tuple(-a.score, a.left, a.right) < std::tuple(-b.score, b.left, b.right);
  });
  return merges;
}

Json added_token(int id, const std::string& content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

/// What encoding with special tokens puts around a text: <s> before it, as the model was trained.
Json bos_template() {
  auto bos = [](int type) { return Json{{"SpecialToken", {{"id", "<s>"}, {"type_id", type}}}}; };
  auto text = [](const char* name, int type) {
    return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", {bos(0), text("A", 0)}},
          {"pair", {bos(0), text("A", 0), bos(1), text("B", 1)}},
          {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}};
}

Json replace_part(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

}  // namespace

std::string llama2c_tokenizer_json(const std::filesystem::path& file, std::int64_t vocab_size) {
  std::vector<Piece> pieces = read_pieces(file, vocab_size);
  std::vector<std::string> names = token_names(pieces);
  Json::object_t vocabulary;
  for (std::size_t id = 0; id < names.size();
       ++id)  // appended without a look-up each; doubles are refused on loading
    static_cast<Json::object_t::Container&>(vocabulary).emplace_back(names[id], id);
  Json merges = Json::array();
  for (const Merge& merge : merges_of(pieces, names))
    merges.push_back({names[merge.left], names[merge.right]});
  Json normalizers = {{{"type", "Prepend"}, {"prepend", kSpaceSign}}, replace_part(" ", kSpaceSign)};
  Json decoders = {replace_part(kSpaceSign, " "),
                   {{"type", "ByteFallback"}},
                   {{"type", "Fuse"}},
                   {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}};
  Json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", "<unk>"},
                {"continuing_subword_prefix", nullptr},
                {"end_of_word_suffix", nullptr},
                {"fuse_unk", true},
                {"byte_fallback", true},
                {"ignore_merges", false},
                {"vocab", std::move(vocabulary)},
                {"merges", std::move(merges)}};
  return to_pretty(
      {{"version", "1.0"},
       {"truncation", nullptr},
       {"padding", nullptr},
       {"added_tokens", {added_token(0, "<unk>"), added_token(1, "<s>"), added_token(2, "</s>")}},
       {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
       {"pre_tokenizer", nullptr},
       {"post_processor", bos_template()},
       {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}},
       {"model", std::move(model)}});
}

void write_llama2c_tokenizer(const std::filesystem::path& file, std::int64_t vocab_size,
                             const std::filesystem::path& folder) {
  write_file(folder / "tokenizer.json", llama2c_tokenizer_json(file, vocab_size));
  TokenizerConfig config{.bos_token = "<s>", .eos_token = "<s>"};
  config.kept["unk_token"] = "<unk>";
  config.write(folder);
}

}  // namespace nudge
