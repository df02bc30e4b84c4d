#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/look/inspect.h"
#include "data/chat_format.h"
#include "model/checkpoint.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "training/model_memory.h"
#include "training/plan.h"

namespace nudge {
namespace {

std::string shape_of(const ModelConfig& config) {
  return fmt::format(
      "{} layers of {}, {} query and {} key/value heads of {}, feed-forward {}, context {}, vocabulary {}{}",
      config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.num_key_value_heads,
      config.head_dim, config.intermediate_size, config.context(), config.vocab_size,
      config.tie_word_embeddings && config.head == Head::language ? ", embeddings tied" : "");
}

/// "gemma3_text, the text model of a gemma3".
std::string family_of(const ModelConfig& config, const std::filesystem::path& folder) {
  std::string family(config.family->model_type);
  const auto file = folder / "config.json";
  if (!std::filesystem::exists(file)) return family;
  const Json json = read_json(file);
  if (!has_text_config(json)) return family;
  const auto whole = get_or<std::string>(json, "model_type", "multimodal model", file.string());
  return fmt::format("{}, the text model of a {}; nothing else of it is read", family, whole);
}

/// What stands on top of the trunk.
std::string head_of(const ModelConfig& config) {
  if (config.head == Head::language) return "token logits (language model)";
  if (config.labels_tokens) return fmt::format("labels of every token: {}", label_names(config));
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

template <class Named>
std::int64_t numbers_in(const Named& weights) {
  std::int64_t numbers = 0;
  for (const auto& [name, weight] : weights) numbers += weight.numel();
  return numbers;
}

/// "rank 16 on down_proj, q_proj": all adapters by the ends of their names.
std::string adapters_of(const Decoder& model) {
  std::map<std::int64_t, std::set<std::string>> by_rank;
  for (const Adapter& adapter : model.adapters())
    by_rank[adapter.rank].insert(adapter.name.substr(adapter.name.rfind('.') + 1));
  std::vector<std::string> shown;
  for (const auto& [rank, ends] : by_rank)
    shown.push_back(fmt::format("rank {} on {}", rank, fmt::join(ends, ", ")));
  return fmt::format("{} of {}", model.adapters().size(), fmt::join(shown, "; "));
}

Facts with_adapters(Facts facts, const Decoder& model) {
  const std::int64_t trained = numbers_in(model.parameters().named());
  facts.emplace_back("adapters", adapters_of(model));
  facts.emplace_back("base", model.config().source);
  facts.emplace_back("trained", with_thousands(trained));
  facts.emplace_back("frozen", with_thousands(numbers_in(model.base()->named())));
  return facts;
}

/// What training commands hold of a language model and beside it.
Facts memory_of(const ModelConfig& config) {
  constexpr std::int64_t kRank = 16;
  const std::pair<const char*, Beside> commands[] = {
      {"sft, dpo, orpo, cpo, tpo", {}},
      {"kto, bco", {.reference = true}},
      {"reward", {.start = true}},
      {"grpo, rloo, online-dpo", {.reference = true, .engine = true}},
      {"ppo", {.reference = true, .value_model = true, .reward_model = true, .engine = true}},
  };
  const auto words = [](const ModelMemory& memory) {
    return bytes_in_words(static_cast<double>(memory.bytes()));
  };
  Facts facts{
      {"memory", fmt::format("of weights, gradients and moments: trained whole, or as adapters of rank "
                             "{}; what a step computes comes on top (--plan measures it)",
                             kRank)}};
  for (const auto& [names, beside] : commands) {
    const auto [whole, adapters] = training_memory(config, beside, kRank);
    facts.emplace_back(fmt::format("  {}", names), fmt::format("{}, or {}", words(whole), words(adapters)));
  }
  return facts;
}

}  // namespace

Facts inspect_model(const std::filesystem::path& folder, const std::filesystem::path& base) {
  const auto model = load_model(folder, {.base = base});
  const ModelConfig& config = model->config();
  const bool scalar = config.head == Head::scalar;
  Facts facts{{"model", folder.string()},
              {"family", family_of(config, folder)},
              {"head", head_of(config)},
              {"shape", shape_of(config)},
              {"parameters", with_thousands(numbers_of(config))}};
  if (model->base()) facts = with_adapters(std::move(facts), *model);
  if (!scalar) std::ranges::move(memory_of(config), std::back_inserter(facts));
  if (scalar && !config.labels_tokens) {
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
