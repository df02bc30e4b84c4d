#pragma once

#include <memory>
#include <string>

#include "rewards/reward.h"
#include "text/tokenizer.h"

namespace nudge {

/// Whether a rendered prompt ends in an open <think>, as the chat templates of many reasoning models have it:
/// the completion then begins inside the thought.
bool opens_thought(const Tokenizer& tokenizer, std::span<const TokenId> prompt);

/// A reward of a completion's form, shown the whole of it: behind a prompt that opens the thought, the
/// completion with the <think> that its prompt ends in. The tokenizer reads the prompts' tokens; without one
/// (null), or without tokens, the prompt's own text does.
class OpenedThought : public Reward {
 public:
  OpenedThought(std::unique_ptr<Reward> form, const Tokenizer* tokenizer)
      : form_(std::move(form)), tokenizer_(tokenizer) {}

  const std::string& name() const override { return form_->name(); }
  void score(std::span<Trajectory> trajectories) override;

 private:
  std::unique_ptr<Reward> form_;
  const Tokenizer* tokenizer_;
};

}  // namespace nudge
