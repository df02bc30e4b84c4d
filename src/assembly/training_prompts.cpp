#include "assembly/training_prompts.h"

#include <string>

#include "base/error.h"
#include "data/read_prompts.h"

namespace nudge {

std::vector<Prompt> read_training_prompts(Dataset dataset, const LoadedModel& policy, std::int64_t new_tokens,
                                          const DatasetOptions& datasets, std::int64_t limit) {
  const std::string path = dataset.name();
  std::vector<Prompt> prompts = read_prompts(std::move(dataset), limit, datasets, &policy.format);
  say_without_turns(policy, prompts, "To ask it as a user would, write each prompt as messages.");
  const std::int64_t context = policy.model->config().context();
  std::size_t first = 0, tokens = 0, too_long = 0;
  for (std::size_t i = prompts.size(); i-- > 0;) {
    const std::size_t length = policy.format.encode_prompt(prompts[i]).size();
    require(length > 0, "{} record {}: the prompt is empty; a completion needs at least one token to follow.",
            path, i + 1);
    if (static_cast<std::int64_t>(length) <= context - new_tokens) continue;
    first = i + 1, tokens = length, ++too_long;
  }
  require(too_long == 0,
          "{} record {}: the prompt has {} tokens, and with {} new ones it exceeds the model's context of {} "
          "(so do {} of {} prompts); leave such records out, or allow shorter completions.",
          path, first, tokens, new_tokens, context, too_long, prompts.size());
  return prompts;
}

}  // namespace nudge
