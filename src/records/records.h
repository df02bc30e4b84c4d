#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace nudge {

/// One turn of a conversation.
struct Message {
  std::string role;  // "system", "user", "assistant", "tool", or a name that only the model's template knows
  std::string content;
  /// What else the turn says (tool_calls, reasoning_content, name ...) for the chat template: an object, or
  /// null for nothing. A "content" here goes before the text above: null where the turn says none.
  Json further = nullptr;
  bool train = true;  // false: an assistant's turn that is context, not to be learned
};
bool operator==(const Message& a, const Message& b);

/// {"role", "content", what else the turn says}, as datasets, stores and rewards have it; and back, any
/// further key kept. Throws Error naming `where`.
Json to_json(const Message& message);
Message message_from_json(const Json& value, std::string_view where);

/// What a completion answers: either plain text to continue, or a conversation whose last turn waits for an
/// answer.
struct Prompt {
  std::string id;                 // name of the prompt, or of its row, within its dataset
  std::string text;               // plain form; beside `messages`: the transcript they were read from
  std::vector<Message> messages;  // conversational form
  Json extra = Json::object();    // further columns of the record, passed through to rewards and judges

  bool conversational() const { return !messages.empty(); }
  /// The plain text, or the content of the last user turn.
  const std::string& question() const;
};

/// What one reward of a weighted sum gave a completion.
struct ScoreTerm {
  double score = 0;  // NaN: it could not be scored
  double weight = 1;
};

/// A completion sampled by a policy, as rewards and learners see it.
struct Trajectory {
  Prompt prompt;
  std::vector<std::int32_t> prompt_tokens;
  std::vector<std::int32_t> completion_tokens;  // the stop token included when `ended`
  /// Of each completion token under the policy that sampled it, at the sampling temperature.
  std::vector<float> logprobs;
  std::string completion;  // decoded, without the stop token
  bool ended = false;      // the policy ended it itself; false when cut at the length limit
  std::int64_t policy_version = 0;
  double score = 0;                                        // filled by a Reward
  std::vector<ScoreTerm> terms;                            // where the score is a sum: of what
  std::vector<std::pair<std::string, double>> components;  // named parts of the score
};

/// Two answers to one prompt, compared.
struct PreferencePair {
  Prompt prompt;
  std::string chosen;
  std::string rejected;
  bool tie = false;        // the rater saw no difference; never trained on as a preference
  double margin = 0;       // strength where the protocol asks for it, else 0
  std::string rater;       // who
  std::string protocol;    // how: "simulated-pair", "page-pair", "ranking", "import"
  std::string shown_left;  // which was shown left (first): "chosen" or "rejected"
  std::string time;        // ISO 8601, or empty for simulated raters (kept reproducible)
  Json extra = Json::object();
};

/// One answer that somebody liked or did not, without another beside it.
struct LabelledCompletion {
  Prompt prompt;
  std::string completion;
  bool desirable = false;
  bool ended = true;  // false when it was cut off
};

/// K answers to one prompt with ranks, 0 best; equal ranks are ties.
struct Ranking {
  Prompt prompt;
  std::vector<std::string> completions;
  std::vector<std::int64_t> ranks;
  std::string rater, protocol, time;
  Json extra = Json::object();
};

}  // namespace nudge
