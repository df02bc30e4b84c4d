#include "data/examples.h"

#include <algorithm>

#include "base/error.h"
#include "data/messages.h"
#include "data/records_file.h"

namespace nudge {

namespace {

// With every token trained, those behind the last stop token are still none that a model has to write: ChatML
// ends a turn with a newline there.
Example conversation_example(const Json& messages, const ChatFormat& format, bool assistant_only,
                             std::string_view where) {
  auto [tokens, answers] = format.encode_conversation(read_messages(messages, where));
  Example example{std::move(tokens), {}};
  example.loss_mask.resize(example.tokens.size());
  const auto train = [&](std::size_t begin, std::size_t end) {
    std::fill(example.loss_mask.begin() + static_cast<std::ptrdiff_t>(begin),
              example.loss_mask.begin() + static_cast<std::ptrdiff_t>(end), 1);
  };
  if (!assistant_only) {
    const auto stop = std::find(example.tokens.rbegin(), example.tokens.rend(), format.stop_token());
    const auto behind = stop == example.tokens.rend() ? 0 : stop - example.tokens.rbegin();
    train(0, example.tokens.size() - static_cast<std::size_t>(behind));
  }
  for (const ChatFormat::Turn& answer : answers) train(answer.begin, answer.end);
  return example;
}

Example completion_example(const Json& record, const std::string& column, const ChatFormat& format,
                           bool completion_only, std::string_view where) {
  const Prompt prompt = prompt_of(record, where);
  auto [before, completion, behind] = format.encode_answer(prompt, reply_to(prompt, record, column, where));
  Example example{std::move(before), {}};
  example.loss_mask.resize(example.tokens.size(), !completion_only);
  example.tokens.insert(example.tokens.end(), completion.begin(), completion.end());
  example.loss_mask.resize(example.tokens.size(), 1);
  return example;
}

Example text_example(const Json& record, const ChatFormat& format, std::string_view where) {
  Example example{format.encode_document(get<std::string>(record, "text", where)), {}};
  example.loss_mask.resize(example.tokens.size(), 1);
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
  const TokenId stop = format.stop_token();
  std::vector<TokenId> stream;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto text = get<std::string>(records[i], "text", fmt::format("Training record {}", i + 1));
    const std::vector<TokenId> ids = format.encode_document(text);
    // Where one token both ends and opens documents (<s> of llama2.c), it stands between them once.
    const bool opened = !stream.empty() && ids.front() == stop && ids.size() > 1;
    stream.insert(stream.end(), ids.begin() + (opened ? 1 : 0), ids.end());
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
