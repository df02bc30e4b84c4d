#include "text/post_processor.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace nudge {
namespace {

void add_token(std::vector<TokenId>& to, std::int64_t id, const Vocabulary& vocabulary,
               std::string_view where) {
  require(vocabulary.token(id) != nullptr,
          "{}: the post-processor adds the token id {}, which is not in the vocabulary.", where, id);
  to.push_back(static_cast<TokenId>(id));
}

/// `single` is what becomes of one text: special tokens and the sequence "A", in order.
TextFrame read_template(const Json& json, const Vocabulary& vocabulary, std::string_view where) {
  const Json specials = get_or<Json>(json, "special_tokens", Json::object(), where);
  TextFrame frame;
  bool behind = false;
  for (const Json& piece : get<Json>(json, "single", where)) {
    if (piece.contains("Sequence")) {
      require(!behind, "{}: a post-processor that writes a text twice is not supported.", where);
      behind = true;
      continue;
    }
    const auto name = get<std::string>(get<Json>(piece, "SpecialToken", where), "id", where);
    const Json special = get<Json>(specials, name, where);
    for (const std::int64_t id : get<std::vector<std::int64_t>>(special, "ids", where))
      add_token(behind ? frame.behind : frame.before, id, vocabulary, where);
  }
  require(behind, "{}: the post-processor leaves the text out.", where);
  return frame;
}

TextFrame read_pair(const Json& json, const Vocabulary& vocabulary, std::string_view where) {
  TextFrame frame;
  using Token = std::pair<std::string, std::int64_t>;
  add_token(frame.before, get<Token>(json, "cls", where).second, vocabulary, where);
  add_token(frame.behind, get<Token>(json, "sep", where).second, vocabulary, where);
  return frame;
}

/// What the next processor of a sequence adds stands outside.
void enclose(TextFrame& inner, TextFrame outer) {
  outer.before.insert(outer.before.end(), inner.before.begin(), inner.before.end());
  inner.before = std::move(outer.before);
  inner.behind.insert(inner.behind.end(), outer.behind.begin(), outer.behind.end());
}

}  // namespace

TextFrame read_post_processor(const Json& json, const Vocabulary& vocabulary, std::string_view where) {
  if (json.is_null()) return {};
  const auto type = get<std::string>(json, "type", where);
  if (type == "ByteLevel") return {};
  if (type == "TemplateProcessing") return read_template(json, vocabulary, where);
  if (type == "BertProcessing" || type == "RobertaProcessing") return read_pair(json, vocabulary, where);
  require(type == "Sequence", "{}: the post-processor {} is not supported.", where, type);
  TextFrame frame;
  for (const Json& part : get<Json>(json, "processors", where))
    enclose(frame, read_post_processor(part, vocabulary, where));
  return frame;
}

}  // namespace nudge
