#include "data/chat_format.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "data/chat_rendering.h"
#include "data/messages.h"
#include "data/transcript.h"
#include "data/unused_keys.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;

std::string joined_text(const std::vector<std::string>& pieces) {
  return std::accumulate(pieces.begin(), pieces.end(), std::string());
}

// In bytes, from the first piece on.
std::vector<std::size_t> piece_ends(const std::vector<std::string>& pieces) {
  std::vector<std::size_t> ends;
  for (const std::string& piece : pieces) ends.push_back(piece.size() + (ends.empty() ? 0 : ends.back()));
  return ends;
}

void drop_end(std::string& text, const std::string& end) {
  if (text.ends_with(end)) text.resize(text.size() - end.size());
}

Tokens slice(const Tokens& tokens, std::size_t begin, std::size_t end) {
  return {tokens.begin() + begin, tokens.begin() + end};
}

}  // namespace

ChatFormat::ChatFormat(std::shared_ptr<const Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), specials_(*tokenizer_) {
  if (!tokenizer_->chat_template().empty())
    template_ = std::make_shared<const ChatTemplate>(tokenizer_->chat_template());
  look_for_turn_end();
}

// A question and its answer tell it; some templates want a system prompt before them. Of a template that
// renders neither nothing is known.
void ChatFormat::look_for_turn_end() {
  if (!template_) return;
  std::vector<Message> messages = {{"user", "Question"}, {"assistant", "Answer"}};
  for (const bool with_system : {false, true}) {
    if (with_system) messages.insert(messages.begin(), {"system", "System"});
    std::string rendered;
    try {
      rendered = rendering(messages, Json::object()).text(messages.size(), false);
    } catch (const Error&) {
      continue;
    }
    const std::string& answer = messages.back().content;
    const std::size_t end = rendered.rfind(answer);
    if (end == std::string::npos) return;
    const Tokens behind =
        tokenizer_->encode_with_specials(std::string_view(rendered).substr(end + answer.size()));
    const auto closes = std::ranges::find_if(behind, [&](TokenId id) { return tokenizer_->is_added(id); });
    leaves_open_ = closes == behind.end();
    if (!leaves_open_) turn_end_ = *closes;
    return;
  }
}

ChatFormat ChatFormat::reading_rendered() const {
  ChatFormat format = *this;
  format.reads_rendered_ = true;
  return format;
}

// Calls and tools that would be left away are worse than none: the answer would be learned as nothing.
void ChatFormat::require_writable(const std::vector<Message>& messages, const Json& arguments) const {
  const bool calls = std::ranges::any_of(messages, calls_tools);
  const bool results =
      std::ranges::any_of(messages, [](const Message& message) { return message.role == "tool"; });
  if (!template_)
    require(!calls && !results && !arguments.contains("tools") && !arguments.contains("documents"),
            "The model has no chat template, and a Human/Assistant transcript has no place for {}; give the "
            "model a template (nudge sft --chat_template), or leave such records out.",
            calls     ? "calls of tools (tool_calls)"
            : results ? "the results of tools"
                      : "what stands in \"tools\" or \"documents\"");
  else
    require(
        !calls || mentions(tokenizer_->chat_template(), "tool_calls"),
        "The model's chat template writes no calls of tools (it does not read tool_calls), so a turn that "
        "makes one would be learned as nothing; use a template that does (nudge sft --chat_template), or "
        "leave such records out.");
}

ChatRendering ChatFormat::rendering(const std::vector<Message>& messages, const Json& arguments) const {
  require_writable(messages, arguments);
  return {messages, arguments, specials_,
          [this](const Json& list, bool add_generation_prompt, const Json& given) {
            auto name = [&](std::optional<TokenId> id) {
              return id ? tokenizer_->token(*id) : std::string();
            };
            Json names = {{"bos_token", name(tokenizer_->bos())}, {"eos_token", name(tokenizer_->eos())}};
            names.update(given);
            return template_->render_marked(list, add_generation_prompt, names);
          }};
}

ChatFormat::Joined ChatFormat::join(const Prompt& prompt, const Texts& pieces, bool ended) const {
  require(!prompt.conversational() || is_transcript(prompt) || prompt.messages.back().role != "assistant",
          "Prompt \"{}\": its last turn is the assistant's, so nothing waits for an answer.", prompt.id);
  return rendered(prompt) ? join_turns(prompt, pieces, ended) : join_text(prompt, pieces, ended);
}

ChatFormat::Joined ChatFormat::join_text(const Prompt& prompt, Texts pieces, bool ended) const {
  std::string text = prompt.text;
  if (prompt.conversational()) require_writable(prompt.messages, template_arguments(prompt.extra, prompt.id));
  if (prompt.conversational() && text.empty()) {  // a transcript's turns begin behind one space
    text = write_transcript(prompt.messages) + kAnswerDue;
    if (!pieces.empty()) pieces.front().insert(0, " ");
  }
  const bool as_rendered = reads_rendered_ && !prompt.conversational();
  const std::string end_of_all =
      ended ? tokenizer_->token(as_rendered ? turn_end() : stop_token()) : std::string();
  if (as_rendered && ended) drop_end(pieces.empty() ? text : pieces.back(), end_of_all);
  const std::string whole = text + joined_text(pieces);
  const bool quotes = !as_rendered && specials_.occur_in(whole);
  const std::string quote = quotes ? unused_characters({whole}).first : "";
  Joined joined{.prompt = specials_.quoted(whole, quote, text.size()),
                .whole = specials_.quoted(whole, quote),
                .quote = quote,
                .framed = true};
  for (const std::size_t end : piece_ends(pieces))
    joined.ends.push_back(specials_.quoted(whole, quote, text.size() + end).size());
  joined.whole += end_of_all;
  return joined;
}

ChatFormat::Joined ChatFormat::join_turns(const Prompt& prompt, Texts pieces, bool ended) const {
  auto [messages, begun, first] = answer_turn(prompt, pieces.empty() ? "" : pieces.front());
  if (!pieces.empty()) pieces.front() = std::move(first);
  const std::size_t turns = messages.size();
  messages.push_back({"assistant", begun + joined_text(pieces)});
  const ChatRendering rendering = this->rendering(messages, template_arguments(prompt.extra, prompt.id));
  Joined joined{.quote = rendering.quote(), .framed = false};
  if (begun.empty()) joined.prompt = rendering.text(turns, true);
  if (begun.empty() && pieces.empty()) return joined;

  joined.whole = rendering.text(turns + 1, false);
  std::vector<ChatRendering::Place> places;
  if (!begun.empty()) places.push_back({turns, begun.size()});
  for (const std::size_t end : piece_ends(pieces)) places.push_back({turns, begun.size() + end});
  joined.ends = rendering.find(places, joined.whole);
  joined.ends.resize(places.size(), joined.whole.size());
  const bool goes_on = !begun.empty() || joined.whole.starts_with(joined.prompt) ||
                       joined.whole.starts_with(rendering.text(turns, false));
  if (const auto answer =
          goes_on ? std::nullopt : rendering.answer_behind(joined.prompt, turns, 0, joined.whole)) {
    for (std::size_t& end : joined.ends) end = end - answer->begin + joined.prompt.size();
    joined.whole = joined.prompt + answer->text;
  }
  if (!begun.empty()) {
    joined.prompt = joined.whole.substr(0, joined.ends.front());
    joined.ends.erase(joined.ends.begin());
  }
  if (!ended && !joined.ends.empty()) joined.whole.resize(joined.ends.back());
  return joined;
}

EncodedText ChatFormat::encoded(const Joined& joined) const {
  return {joined.whole, joined.quote, *tokenizer_};
}

std::vector<TokenId> ChatFormat::in_frame(const Joined& joined, std::span<const TokenId> ids) const {
  Tokens tokens;
  const Tokens& frame = tokenizer_->frame().before;
  const bool has_it = reads_rendered_ && !frame.empty() && ids.size() >= frame.size() &&
                      std::ranges::equal(frame, ids.first(frame.size()));
  if (joined.framed && !has_it) tokens = frame;
  tokens.insert(tokens.end(), ids.begin(), ids.end());
  return tokens;
}

std::vector<TokenId> ChatFormat::encode_prompt(const Prompt& prompt) const {
  const Joined joined = join(prompt, {}, false);
  const EncodedText text(joined.prompt, joined.quote, *tokenizer_);
  return in_frame(joined, text.ids());
}

// What closes an answer where the template writes nothing that could (GLM-4, Falcon: the next turn begins).
std::string ChatFormat::missing_end() const {
  if (!leaves_open_) return "";
  std::call_once(told_->of_missing_end, [this] {
    warn(fmt::format(
        "the chat template writes no token behind an answer, so {} is put behind the last answer of each "
        "conversation: the model would not learn to stop",
        tokenizer_->token(stop_token())));
  });
  return tokenizer_->token(stop_token());
}

// How many tokens of a rendering stand up to the end of the answer whose text ends at `from` and whose turn
// ends at `to`: the token that ends it included.
std::size_t ChatFormat::answer_end(const EncodedText& whole, std::size_t from, std::size_t to) const {
  const auto end = found_end(whole, from, to);
  require(end.has_value(),
          "The chat template does not end an assistant's turn with the stop token {}; set eos_token to the "
          "token that does.",
          tokenizer_->token(turn_end()));
  return *end;
}

std::optional<std::size_t> ChatFormat::found_end(const EncodedText& whole, std::size_t from,
                                                 std::size_t to) const {
  const auto begin = whole.ids().begin();
  const auto end = to == whole.text().size() ? whole.ids().end() : begin + whole.within(to);
  const auto stop = std::find(begin + whole.within(from), end, turn_end());
  if (stop == end) return std::nullopt;
  return stop - begin + 1;
}

ChatFormat::Answer ChatFormat::encode_answer(const Prompt& prompt, const std::string& completion,
                                             bool ended) const {
  Joined joined = join(prompt, {completion}, ended);
  if (ended && !joined.framed) joined.whole += missing_end();
  const EncodedText whole = encoded(joined);
  const std::size_t begin = whole.departure(joined.prompt);
  const std::size_t end = ended && !joined.framed ? answer_end(whole, joined.ends.back(), whole.text().size())
                                                  : whole.ids().size();
  Answer answer{.prompt = in_frame(joined, slice(whole.ids(), 0, begin)),
                .completion = slice(whole.ids(), begin, end),
                .behind = slice(whole.ids(), end, whole.ids().size())};
  // Nothing stands before a first token, so it cannot be predicted: a prompt that is cut back to none has it.
  if (answer.prompt.empty() && !joined.prompt.empty() && !answer.completion.empty()) {
    answer.prompt.push_back(answer.completion.front());
    answer.completion.erase(answer.completion.begin());
  }
  return answer;
}

std::vector<TokenId> ChatFormat::encode_finished(const Prompt& prompt, const std::string& completion) const {
  const bool closes =
      rendered(prompt) || turn_end_ || tokenizer_->eos() || !tokenizer_->listed_ends().empty();
  const Joined joined = join(prompt, {completion}, closes);
  return in_frame(joined, encoded(joined).ids());
}

ChatFormat::Pieces ChatFormat::encode_pieces(const Prompt& prompt,
                                             const std::vector<std::string>& pieces) const {
  Joined joined = join(prompt, pieces, true);
  if (!joined.framed) joined.whole += missing_end();
  const EncodedText whole = encoded(joined);
  const std::size_t end =
      joined.framed ? whole.ids().size() : answer_end(whole, joined.ends.back(), whole.text().size());
  Pieces answer{.tokens = in_frame(joined, slice(whole.ids(), 0, end))};
  const std::size_t frame = answer.tokens.size() - end;
  for (const std::size_t piece : joined.ends) answer.ends.push_back(frame + whole.within(piece));
  return answer;
}

std::vector<TokenId> ChatFormat::encode_document(const std::string& text) const {
  const Joined joined = join_text({.text = text}, {}, true);
  return in_frame(joined, encoded(joined).ids());
}

// How many tokens the encoding of prompt and completion has in common with `with`, from the first on.
std::size_t ChatFormat::agreement(const Prompt& prompt, const std::string& completion, bool ended,
                                  std::span<const TokenId> with) const {
  const Joined joined = join(prompt, {completion}, ended);
  const Tokens tokens = in_frame(joined, encoded(joined).ids());
  return static_cast<std::size_t>(std::ranges::mismatch(with, tokens).in1 - with.begin());
}

// What sampled tokens may say: behind their prompt, or by themselves; and with or without the space at either
// end, which may be the tokenizer's, that puts one before a piece of text, or the template's.
std::vector<std::string> ChatFormat::readings(const Prompt& prompt, const Tokens& prompt_tokens,
                                              std::span<const TokenId> completion, bool ended) const {
  Tokens tokens = prompt_tokens;
  tokens.insert(tokens.end(), completion.begin(), completion.end());
  const std::string before = tokenizer_->decode(prompt_tokens, false);
  const std::string whole = tokenizer_->decode(tokens, false), alone = tokenizer_->decode(completion, false);
  Texts texts = {whole.starts_with(before) ? whole.substr(before.size()) : alone};
  if (rendered(prompt)) texts.insert(texts.begin(), alone);
  if (texts.back().starts_with(' ')) texts.push_back(texts.back().substr(1));
  for (std::size_t i = 0, count = texts.size(); rendered(prompt) && ended && i < count; ++i)
    if (texts[i].ends_with(' ')) texts.push_back(texts[i].substr(0, texts[i].size() - 1));
  return texts;
}

std::string ChatFormat::decode_answer(const Prompt& prompt, const std::vector<TokenId>& prompt_tokens,
                                      std::span<const TokenId> completion, bool ended) const {
  Texts texts = readings(prompt, prompt_tokens, completion, ended);
  // Behind a transcript that a template renders, an answer stands with the space that it has there.
  if (rendered(prompt) && is_transcript(prompt) && prompt.text.ends_with(kAnswerDue))
    for (std::string& text : texts) text.insert(0, " ");
  Tokens tokens = prompt_tokens;
  tokens.insert(tokens.end(), completion.begin(), completion.end());
  if (ended) tokens.push_back(rendered(prompt) ? turn_end() : stop_token());

  std::string best = texts.front();
  std::size_t most = 0;
  const bool same = std::ranges::all_of(texts, [&](const std::string& text) { return text == best; });
  for (const std::string& text : texts) {
    if (same || most == tokens.size()) break;
    const std::size_t agrees = agreement(prompt, text, ended, tokens);
    if (agrees > most) best = text;
    most = std::max(most, agrees);
  }
  return best;
}

TokenId ChatFormat::stop_token() const {
  if (tokenizer_->eos()) return *tokenizer_->eos();
  if (const auto listed = tokenizer_->listed_ends(); !listed.empty()) return listed.front();
  require(turn_end_.has_value(),
          "The tokenizer names no eos_token in tokenizer_config.json, nor do generation_config.json and "
          "config.json, so a completion cannot end; name one there.");
  return *turn_end_;
}

std::vector<TokenId> ChatFormat::end_tokens() const {
  Tokens ends{turn_end(), stop_token()};
  std::ranges::copy(tokenizer_->listed_ends(), std::back_inserter(ends));
  Tokens distinct;
  for (const TokenId id : ends)
    if (std::ranges::find(distinct, id) == distinct.end()) distinct.push_back(id);
  return distinct;
}

}  // namespace nudge
