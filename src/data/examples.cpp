#include "data/examples.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "base/error.h"
#include "base/options.h"
#include "data/messages.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "data/transcript.h"

namespace nudge {

namespace {

constexpr const char* kNoAnswer = "have no assistant's turn to learn";
constexpr const char* kNothing = "hold an empty text or answer";
constexpr const char* kUntold = "hold a turn that the chat template writes so that it cannot be told";
constexpr const char* kTooLong = "have no target token within --max_length";

// An example, or why there is none.
using ExampleOrReason = std::variant<Example, const char*>;

// With every token trained, those behind the last stop token are still none that a model has to write: ChatML
// ends a turn with a newline there. They are learned on request only. A turn that is not to be learned is
// context either way.
ExampleOrReason conversation_example(std::vector<Message> messages, const Json& arguments,
                                     const ChatFormat& format, const ExampleOptions& options) {
  bool nothing_said = false;
  for (Message& message : messages) {
    if (message.role != "assistant" || !message.content.empty() || !message.further.is_null()) continue;
    nothing_said = true;
    message.train = false;
  }
  const auto learned = [](const Message& message) { return message.role == "assistant" && message.train; };
  if (std::ranges::none_of(messages, learned)) return nothing_said ? kNothing : kNoAnswer;
  auto [tokens, answers] = format.encode_conversation(messages, arguments);
  Example example{std::move(tokens), {}};
  example.loss_mask.resize(example.tokens.size());
  const auto train = [&](std::size_t begin, std::size_t end, bool learn) {
    std::fill(example.loss_mask.begin() + begin, example.loss_mask.begin() + end, learn);
  };
  if (!options.assistant_only_loss) {
    const auto stop = std::find(example.tokens.rbegin(), example.tokens.rend(), format.turn_end());
    const auto behind = stop == example.tokens.rend() ? 0 : stop - example.tokens.rbegin();
    train(0, example.tokens.size() - behind, true);
  }
  for (const ChatFormat::Turn& answer : answers)
    train(answer.begin, answer.end, messages[answer.message].train);
  if (options.learn_behind_answer && learned(messages.back()))
    train(answers.back().end, example.tokens.size(), true);
  return example;
}

// An answer of several turns, or one that calls tools or thinks first.
ExampleOrReason turns_example(const Prompt& prompt, const std::vector<Message>& answers,
                              const ChatFormat& format, ExampleOptions options, std::string_view where) {
  options.assistant_only_loss = options.completion_only_loss;
  std::vector<Message> messages = prompt.messages;
  for (Message& message : messages) message.train = !options.completion_only_loss;
  messages.insert(messages.end(), answers.begin(), answers.end());
  return conversation_example(std::move(messages), template_arguments(prompt.extra, where), format, options);
}

ExampleOrReason completion_example(const Json& record, const ChatFormat& format,
                                   const ExampleOptions& options, std::string_view where) {
  const Prompt prompt = prompt_of(record, where);
  const Json& column = record.at(column_in(record, completion_columns()));
  if (is_message_list(column) && prompt.conversational() && !is_transcript(prompt)) {
    const std::vector<Message> answers = read_messages(column, where);
    if (answers.size() > 1 || !answers.front().further.is_null())
      return turns_example(prompt, answers, format, options, where);
  }
  const std::string answer = completion_of(prompt, record, where);
  if (answer.empty()) return kNothing;
  auto [before, completion, behind] = format.encode_answer(prompt, answer);
  Example example{std::move(before), {}};
  example.loss_mask.resize(example.tokens.size(), !options.completion_only_loss);
  example.tokens.insert(example.tokens.end(), completion.begin(), completion.end());
  if (options.learn_behind_answer) example.tokens.insert(example.tokens.end(), behind.begin(), behind.end());
  example.loss_mask.resize(example.tokens.size(), 1);
  return example;
}

ExampleOrReason text_example(const Json& record, const ChatFormat& format, std::string_view where) {
  const auto text = get<std::string>(record, "text", where);
  if (text.empty()) return kNothing;
  Example example{format.encode_document(text), {}};
  example.loss_mask.resize(example.tokens.size(), 1);
  return example;
}

ExampleOrReason example_of(const Json& record, const ChatFormat& format, const ExampleOptions& options,
                           std::string_view where) {
  if (!column_in(record, prompt_columns()).empty() && !column_in(record, completion_columns()).empty())
    return completion_example(record, format, options, where);
  require(
      record.contains("text"),
      "{}: expected \"messages\", \"prompt\" and \"completion\" (or their other names: docs/datasets.md), or "
      "\"text\"; no such columns are here.",
      where);
  return text_example(record, format, where);
}

bool last_learned_calls(const std::vector<Message>& messages) {
  const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const Message& message) {
    return message.role == "assistant" && message.train;
  });
  return last != messages.rend() && calls_tools(*last);
}

// A record's conversation, empty where it has none; or that up to each learned turn, in which nothing else
// is.
std::vector<std::vector<Message>> conversations_of(const Json& record, const ExampleOptions& options,
                                                   std::string_view where) {
  const std::string column = column_in(record, conversation_columns());
  if (column.empty()) return {};
  std::vector<Message> messages = read_messages(record.at(column), where);
  add_system(record, messages);
  std::vector<std::vector<Message>> parts;
  for (std::size_t turn = 0; options.split_turns && turn < messages.size(); ++turn) {
    if (messages[turn].role != "assistant" || !messages[turn].train) continue;
    std::vector<Message>& part = parts.emplace_back(messages.begin(), messages.begin() + turn + 1);
    for (std::size_t before = 0; before < turn; ++before) part[before].train = false;
  }
  if (parts.empty()) parts.push_back(std::move(messages));
  return parts;
}

// The last token with a loss is the stop token, or of a call (`calls`) any that closes it; a template's marks
// may hold the newline behind it.
void require_trained_stop(const Example& example, bool calls, const ChatFormat& format,
                          std::string_view where) {
  const Tokenizer& tokenizer = format.tokenizer();
  for (std::size_t t = example.tokens.size(); t > 0 && example.loss_mask[t - 1]; --t) {
    const TokenId id = example.tokens[t - 1];
    if (id == format.turn_end() || id == format.stop_token() || (calls && tokenizer.is_added(id))) return;
    if (!blank(tokenizer.decode(std::span(&id, 1), false))) break;
  }
  require(example.tokens.empty(),
          "{}: the last token with a loss is not the stop token, so the model would never learn to stop.",
          where);
}

// What follows the last target teaches nothing.
void trim_untrained_tail(Example& example) {
  while (!example.loss_mask.empty() && !example.loss_mask.back()) {
    example.loss_mask.pop_back();
    example.tokens.pop_back();
  }
}

// `calls`: what is learned last is a call of tools.
void add_example(ExampleOrReason made, bool calls, const std::string& where, const ChatFormat& format,
                 const ExampleOptions& options, TrainingExamples& read) {
  if (const auto* reason = std::get_if<const char*>(&made)) return leave_out(read.left_out, *reason, where);
  Example& example = std::get<Example>(made);
  if (!example.loss_mask.empty()) example.loss_mask.front() = 0;
  trim_untrained_tail(example);
  if (!options.learn_behind_answer) require_trained_stop(example, calls, format, where);
  const std::size_t whole = example.tokens.size();
  const auto length = std::min(whole, static_cast<std::size_t>(options.max_length));
  example.tokens.resize(length);
  example.loss_mask.resize(length);
  trim_untrained_tail(example);
  if (example.tokens.empty()) return leave_out(read.left_out, kTooLong, where);
  read.cut += length < whole;
  read.examples.push_back(std::move(example));
}

}  // namespace

void declare_learn_behind_answer(Options& options, bool& learn) {
  options.add(
      "learn_behind_answer", learn,
      "Learn what the template writes behind an answer's end as well (ChatML: a newline), as TRL does; "
      "no sampled answer contains it.");
}

void read_example(const Json& record, const std::string& where, const ChatFormat& format,
                  const ExampleOptions& options, TrainingExamples& read) {
  refuse_media(record, where);
  auto conversations = conversations_of(record, options, where);
  if (conversations.empty()) {
    const std::string told = column_in(record, completion_columns());
    const bool calls = !told.empty() && is_message_list(record.at(told)) &&
                       last_learned_calls(read_messages(record.at(told), where));
    return add_example(example_of(record, format, options, where), calls, where, format, options, read);
  }
  const Json arguments = template_arguments(record, where);
  std::optional<Error> untold;
  std::size_t told = 0;
  for (std::vector<Message>& messages : conversations) {
    const bool calls = last_learned_calls(messages);
    try {
      add_example(conversation_example(std::move(messages), arguments, format, options), calls, where, format,
                  options, read);
      ++told;
    } catch (const Error& error) {
      untold = error;
    }
  }
  if (untold && told == 0) throw *untold;
  if (untold) leave_out(read.left_out, kUntold, where);
}

TrainingExamples training_examples(Dataset& dataset, const ChatFormat& format,
                                   const ExampleOptions& options) {
  require(options.max_length > 1, "max_length must be at least 2, and it is {}.", options.max_length);
  TrainingExamples read;
  dataset.each([&](const Json& record, const std::string& where) {
    read_example(record, where, format, options, read);
  });
  return read;
}

std::vector<Example> wrapped_examples(Dataset& dataset, const ChatFormat& format, std::int64_t length) {
  require(length > 1, "A piece of text to train on must have at least 2 tokens, and {} were asked for.",
          length);
  const TokenId stop = format.stop_token();
  std::vector<TokenId> stream;
  dataset.each([&](const Json& record, const std::string& where) {
    const auto text = get<std::string>(record, "text", where);
    if (text.empty()) return;  // no document: two ends in a row would teach that there are such
    const std::vector<TokenId> ids = format.encode_document(text);
    // Where one token both ends and opens documents (<s> of llama2.c), it stands between them once.
    const bool opened = !stream.empty() && ids.front() == stop && ids.size() > 1;
    stream.insert(stream.end(), ids.begin() + (opened ? 1 : 0), ids.end());
  });
  std::vector<Example> examples;
  for (std::size_t begin = 0; begin + 1 < stream.size(); begin += static_cast<std::size_t>(length)) {
    const auto end = std::min(begin + static_cast<std::size_t>(length), stream.size());
    Example piece;
    piece.tokens.assign(stream.begin() + begin, stream.begin() + end);
    piece.loss_mask.assign(piece.tokens.size(), 1);
    piece.loss_mask[0] = 0;
    examples.push_back(std::move(piece));
  }
  return examples;
}

}  // namespace nudge
