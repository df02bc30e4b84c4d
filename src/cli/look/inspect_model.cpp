#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/look/inspect.h"
#include "data/chat_format.h"
#include "model/checkpoint.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nudge {
namespace {

std::string shape_of(const ModelConfig& config) {
  return fmt::format(
      "{} layers of {}, {} query and {} key/value heads of {}, feed-forward {}, context {}, vocabulary {}{}",
      config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.num_key_value_heads,
      config.head_dim, config.intermediate_size, config.context(), config.vocab_size,
      config.tie_word_embeddings && config.head == Head::language ? ", embeddings tied" : "");
}

/// What stands on top of the trunk.
std::string head_of(const ModelConfig& config) {
  if (config.head == Head::language) return "token logits (language model)";
  if (config.heads() == 1) return "one score (reward or value model)";
  return fmt::format("{} labels (a classifier, or several scores): {}", config.heads(), label_names(config));
}

/// "<|eot|> 1, <|endoftext|> 0": each token that ends an answer.
std::string ends(const std::shared_ptr<const Tokenizer>& tokenizer) {
  const ChatFormat format(tokenizer);
  std::vector<std::string> shown;
  for (const TokenId id : format.end_tokens())
    shown.push_back(id < tokenizer->vocab_size() ? fmt::format("{} {}", tokenizer->token(id), id)
                                                 : fmt::format("{}, which is not in the vocabulary", id));
  return fmt::format("{}", fmt::join(shown, ", "));
}

/// "<|im_end|> 2 (eos)", one for each special token.
std::string special_tokens(const Tokenizer& tokenizer) {
  std::vector<std::string> shown;
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.is_special(id)) continue;
    std::string roles;
    const auto add = [&](std::optional<TokenId> role, const char* name) {
      if (role == id) roles += (roles.empty() ? " (" : ", ") + std::string(name);
    };
    add(tokenizer.bos(), "bos");
    add(tokenizer.eos(), "eos");
    add(tokenizer.pad(), "pad");
    shown.push_back(fmt::format("{} {}{}", tokenizer.token(id), id, roles.empty() ? "" : roles + ")"));
  }
  constexpr std::size_t kShown = 24;
  const std::size_t more = shown.size() > kShown ? shown.size() - kShown : 0;
  shown.resize(shown.size() - more);
  if (more) shown.push_back(fmt::format("and {} more", more));
  return shown.empty() ? "none" : fmt::format("{}", fmt::join(shown, ", "));
}

}  // namespace

Facts inspect_model(const std::filesystem::path& folder) {
  const auto model = load_model(folder);
  const ModelConfig& config = model->config();
  std::int64_t weights = 0;
  for (const auto& [name, tensor] : model->parameters().named()) weights += tensor.numel();
  const bool scalar = config.head == Head::scalar;
  Facts facts{{"model", folder.string()},
              {"family", std::string(config.family->model_type)},
              {"head", head_of(config)},
              {"shape", shape_of(config)},
              {"parameters", with_thousands(weights)}};
  if (scalar) {
    for (const RewardHead& head : config.reward_heads)
      facts.emplace_back(
          config.heads() == 1 ? "scores" : "scores " + head.name,
          fmt::format("normalised by mean {:.4g} and standard deviation {:.4g}", head.mean, head.std));
  }
  return facts;
}

Facts inspect_tokenizer(const std::filesystem::path& folder) {
  const auto tokenizer = Tokenizer::load(folder);
  const std::string& chat = tokenizer->chat_template();
  const std::string shown = chat.empty()              ? "none"
                            : chat == kChatMlTemplate ? "ChatML"
                                                      : fmt::format("{} characters of Jinja", chat.size());
  return {{"tokenizer", with_thousands(tokenizer->vocab_size()) + " tokens"},
          {"special", special_tokens(*tokenizer)},
          {"ends", ends(tokenizer)},
          {"template", shown},
          {"fingerprint", tokenizer->fingerprint().substr(0, 16)}};
}

}  // namespace nudge
