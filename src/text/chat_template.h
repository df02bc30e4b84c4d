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

  /// What a template wrote, and which bytes of it stand in {% generation %} marks: what an assistant wrote.
  struct Rendered {
    std::string text;
    struct Span {
      std::size_t begin, end;
    };
    std::vector<Span> generated;
  };

  /// `messages` is a JSON list of {role, content}; `variables` holds bos_token, eos_token and further names.
  Rendered render_marked(const Json& messages, bool add_generation_prompt,
                         const Json& variables = Json::object()) const;
  /// Its text alone.
  std::string render(const Json& messages, bool add_generation_prompt,
                     const Json& variables = Json::object()) const {
    return render_marked(messages, add_generation_prompt, variables).text;
  }

  /// Whether the template has {% generation %} marks.
  bool marks_generation() const;

 private:
  struct Program;
  std::unique_ptr<const Program> program_;
};

/// ChatML: `<|im_start|>role\ncontent<|im_end|>\n`.
extern const char* const kChatMlTemplate;

}  // namespace nudge
