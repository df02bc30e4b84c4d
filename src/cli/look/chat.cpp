#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "generation/engine.h"

namespace nudge {
namespace {

struct ChatConfig {
  std::string model, system;
  ModelOptions models;
  SamplingOptions sampling{.temperature = 0.7, .max_new_tokens = 256};
};

/// One conversation with a model.
class Chat {
 public:
  Chat(const ChatConfig& config, const LoadedModel& loaded)
      : config_(config), model_(*loaded.model), format_(loaded.format), engine_(*loaded.model, 1) {
    engine_.generate({}, config.sampling);  // refuses what no turn could be sampled with
    reset();
  }

  void reset() {
    conversation_ = {};
    if (!config_.system.empty()) conversation_.messages.push_back({"system", config_.system});
  }

  /// The model's answer to one more user turn; the conversation stays as it was when it no longer fits.
  std::string answer(const std::string& line) {
    Prompt prompt = conversation_;
    prompt.messages.push_back({"user", line});
    const std::vector<std::vector<TokenId>> tokens = {format_.encode_prompt(prompt)};
    const std::int64_t room = model_.config().context() - static_cast<std::int64_t>(tokens[0].size());
    require(room > 0, "The conversation fills the model's context of {} tokens; /reset starts a new one.",
            model_.config().context());

    SamplingOptions sampling = config_.sampling;
    sampling.max_new_tokens = std::min(sampling.max_new_tokens, room);
    sampling.seed += turn_++;
    sampling.stop_tokens = format_.end_tokens();
    const Sampled sampled = engine_.generate(tokens, sampling).front();
    const std::span<const TokenId> tokens_of_text(sampled.tokens.data(),
                                                  sampled.tokens.size() - (sampled.ended ? 1 : 0));
    std::string text = format_.decode_answer(prompt, tokens[0], tokens_of_text, sampled.ended);
    if (!sampled.ended) say(fmt::format("(cut after {} tokens)", sampled.tokens.size()));
    prompt.messages.push_back({"assistant", text});
    conversation_ = std::move(prompt);
    return text;
  }

 private:
  const ChatConfig& config_;
  const Decoder& model_;
  const ChatFormat& format_;
  Engine engine_;
  Prompt conversation_;
  std::uint64_t turn_ = 0;
};

void converse(Chat& chat) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  if (terminal) say("/reset starts a new conversation, /quit leaves.");
  std::string line;
  while (true) {
    if (terminal) std::cout << "> " << std::flush;
    if (!std::getline(std::cin, line) || line == "/quit") break;
    if (line.empty()) continue;
    if (line == "/reset") {
      chat.reset();
    } else if (line == "/help") {
      say("/reset starts a new conversation, /quit leaves; anything else is said to the model.");
    } else if (line.starts_with('/')) {
      warn(fmt::format("{} is not a command here; there are /reset and /quit.", line));
    } else {
      try {
        std::cout << chat.answer(line) << std::endl;
      } catch (const Error& error) {
        warn(error.what());
      }
    }
  }
  if (terminal) std::cout << std::endl;
}

}  // namespace

int run_chat(std::span<const std::string> arguments) {
  ChatConfig config;
  Options options("chat", "Talks with a model: one line of standard input a turn.");
  options.positional("MODEL", config.model, "Model directory, or a run whose final model is used.")
      .also("model");
  declare(options, config.models);
  options.add("system", config.system, "System message that opens every conversation; empty: none.");
  declare_drawing(options, config.sampling);
  options.add("max_new_tokens", config.sampling.max_new_tokens, "Longest answer, in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
  options.add("seed", config.sampling.seed, "Seed; the same seed and lines give the same answers.");
  options.start_with({"system", "temperature"}, "nudge chat runs/sft");
  if (!options.parse(arguments)) return 0;

  const LoadedModel loaded = read_language_model(config.model, config.models);
  warn_without_template(loaded);
  Chat chat(config, loaded);
  converse(chat);
  return 0;
}

}  // namespace nudge
