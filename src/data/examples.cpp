#include "data/examples.h"

#include <algorithm>

#include "base/error.h"
#include "data/messages.h"
#include "data/records_file.h"

namespace nudge {

namespace {

void append(Example& example, const std::vector<TokenId>& tokens, bool trained) {
  example.tokens.insert(example.tokens.end(), tokens.begin(), tokens.end());
  example.loss_mask.insert(example.loss_mask.end(), tokens.size(), trained);
}

// With every token trained, those behind the last stop token are still none that a model has to write: ChatML
// ends a turn with a newline there.
Example conversation_example(const Json& messages, const ChatFormat& format, bool assistant_only,
                             std::string_view where) {
  auto [tokens, mask] = format.encode_conversation(read_messages(messages, where));
  if (!assistant_only) {
    const auto stop = std::find(tokens.rbegin(), tokens.rend(), format.stop_token());
    const auto behind = stop == tokens.rend() ? 0 : stop - tokens.rbegin();
    std::fill(mask.begin(), mask.end() - behind, 1);
  }
  return {std::move(tokens), std::move(mask)};
}

Example completion_example(const Json& record, const std::string& column, const ChatFormat& format,
                           bool completion_only, std::string_view where) {
  Example example;
  append(example, format.encode_prompt(prompt_of(record, where)), !completion_only);
  append(example, format.encode_completion(reply_of(record, column, where)), true);
  return example;
}

// A document: what a plain prompt is, and its end.
Example text_example(const Json& record, const ChatFormat& format, std::string_view where) {
  Example example;
  append(example, format.encode_prompt({.text = get<std::string>(record, "text", where)}), true);
  append(example, {format.stop_token()}, true);
  return example;
}

Example example_of(const Json& record, const ChatFormat& format, const ExampleOptions& options,
                   std::string_view where) {
  for (const char* column : {"messages", "conversations"})
    if (record.contains(column))
      return conversation_example(record.at(column), format, options.assistant_only_loss, where);
  if (record.contains("prompt") || record.contains("question")) {
    for (const char* column : {"completion", "answer"})
      if (record.contains(column))
        return completion_example(record, column, format, options.completion_only_loss, where);
  }
  require(record.contains("text"),
          "{}: expected \"messages\", \"prompt\" and \"completion\", or \"text\"; no such columns are here.",
          where);
  return text_example(record, format, where);
}

void require_trained_stop(const Example& example, const ChatFormat& format, std::string_view where) {
  for (std::size_t t = example.tokens.size(); t-- > 0;) {
    if (!example.loss_mask[t]) continue;
    require(example.tokens[t] == format.stop_token(),
            "{}: the last token with a loss is not the stop token, so the model would never learn to stop.",
            where);
    return;
  }
}

// What follows the last target teaches nothing.
void trim_untrained_tail(Example& example) {
  while (!example.loss_mask.empty() && !example.loss_mask.back()) {
    example.loss_mask.pop_back();
    example.tokens.pop_back();
  }
}

}  // namespace

std::vector<Example> training_examples(const std::vector<Json>& records, const ChatFormat& format,
                                       const ExampleOptions& options, TooLong* too_long) {
  require(options.max_length > 1, "max_length must be at least 2, and it is {}.", options.max_length);
  std::vector<Example> examples;
  TooLong counts;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string where = fmt::format("Training record {}", i + 1);
    Example example = example_of(records[i], format, options, where);
    if (!example.loss_mask.empty()) example.loss_mask.front() = 0;
    trim_untrained_tail(example);
    require_trained_stop(example, format, where);
    const std::size_t whole = example.tokens.size();
    const auto length = std::min(whole, static_cast<std::size_t>(options.max_length));
    example.tokens.resize(length);
    example.loss_mask.resize(length);
    trim_untrained_tail(example);
    if (example.tokens.empty()) {
      ++counts.left_out;
      continue;
    }
    counts.cut += length < whole;
    examples.push_back(std::move(example));
  }
  if (too_long) *too_long = counts;
  return examples;
}

std::vector<Example> wrapped_examples(const std::vector<Json>& records, const ChatFormat& format,
                                      std::int64_t length) {
  require(length > 1, "A piece of text to train on must have at least 2 tokens, and {} were asked for.",
          length);
  const auto bos = format.tokenizer().bos();
  std::vector<TokenId> stream;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto text = get<std::string>(records[i], "text", fmt::format("Training record {}", i + 1));
    if (bos && *bos != format.stop_token()) stream.push_back(*bos);
    const auto ids = format.encode_completion(text);
    stream.insert(stream.end(), ids.begin(), ids.end());
  }
  std::vector<Example> examples;
  for (std::size_t begin = 0; begin + 1 < stream.size(); begin += static_cast<std::size_t>(length)) {
    const auto end = std::min(begin + static_cast<std::size_t>(length), stream.size());
    Example piece;
    piece.tokens.assign(stream.begin() + static_cast<std::ptrdiff_t>(begin),
                        stream.begin() + static_cast<std::ptrdiff_t>(end));
    piece.loss_mask.assign(piece.tokens.size(), 1);
    piece.loss_mask[0] = 0;
    examples.push_back(std::move(piece));
  }
  return examples;
}

}  // namespace nudge
