#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"

namespace nudge {

/// A compiled chat template (a bounded subset of Jinja, rendered as transformers renders it: trim_blocks,
/// lstrip_blocks, sandboxed, no includes). Parse errors name line and column. Limits: 64 KiB, depth 64, 1 M
/// steps, 4 MiB of output. Immutable, safe from many threads.
class ChatTemplate {
 public:
  explicit ChatTemplate(const std::string& source);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;

  /// `messages` is a JSON list of {role, content}; `variables` holds bos_token, eos_token and further names.
  std::string render(const Json& messages, bool add_generation_prompt,
                     const Json& variables = Json::object()) const;

 private:
  struct Program;
  std::unique_ptr<const Program> program_;
};

/// ChatML: `<|im_start|>role\ncontent<|im_end|>\n`.
extern const char* const kChatMlTemplate;

}  // namespace nudge
