#include "reward_models/opened_thought.h"

#include <algorithm>

namespace nudge {
namespace {

constexpr std::string_view kOpen = "<think>";

bool ends_in_open_thought(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \r\n\t") + 1).ends_with(kOpen);  // npos + 1 is 0
}

}  // namespace

bool opens_thought(const Tokenizer& tokenizer, std::span<const TokenId> prompt) {
  constexpr std::size_t kEnough = 16;  // tokens: <think> may be letters, with blanks behind
  const auto end = prompt.last(std::min(prompt.size(), kEnough));
  return ends_in_open_thought(tokenizer.decode(end, /*with_specials=*/true));
}

void OpenedThought::score(std::span<Trajectory> trajectories) {
  std::vector<Trajectory> shown(trajectories.begin(), trajectories.end());
  for (Trajectory& each : shown) {
    const bool opened = tokenizer_ != nullptr && !each.prompt_tokens.empty()
                            ? opens_thought(*tokenizer_, each.prompt_tokens)
                            : ends_in_open_thought(each.prompt.text);
    if (opened) each.completion.insert(0, kOpen);
  }
  form_->score(shown);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    trajectories[i].score = shown[i].score;
    trajectories[i].components = std::move(shown[i].components);
  }
}

}  // namespace nudge
