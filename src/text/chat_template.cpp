#include "text/chat_template.h"

#include <utility>

#include "base/error.h"
#include "text/jinja/known_names.h"
#include "text/jinja/parser.h"
#include "text/jinja/renderer.h"
#include "text/utf8.h"

namespace nudge {

const char* const kChatMlTemplate =
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

namespace {

constexpr std::size_t kMaxSource = std::size_t{64} << 10;

jinja::Body parse_checked(const std::string& source) {
  require(source.size() <= kMaxSource, "The chat template has {} bytes; at most {} are supported.",
          source.size(), kMaxSource);
  require(is_valid_utf8(source), "The chat template is not valid UTF-8.");
  return jinja::parse(source);
}

}  // namespace

struct ChatTemplate::Program {
  jinja::Body body;
};

ChatTemplate::ChatTemplate(const std::string& source)
    : program_(std::make_unique<const Program>(Program{parse_checked(source)})) {}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;

bool ChatTemplate::marks_generation() const {
  return jinja::holds(program_->body, jinja::Statement::Kind::generation);
}

ChatTemplate::Rendered ChatTemplate::render_marked(const Json& messages, bool add_generation_prompt,
                                                   const Json& variables) const {
  require(messages.is_array(), "Rendering a chat template: the messages must be a list.");
  // transformers always passes these names, none when the caller gave nothing.
  Json names = {{"tools", nullptr}, {"documents", nullptr}};
  names.update(variables);
  names["messages"] = messages;
  names["add_generation_prompt"] = add_generation_prompt;
  std::vector<std::pair<std::string, jinja::Value>> values;
  for (const auto& [name, value] : names.items()) values.emplace_back(name, jinja::Value::from_json(value));
  jinja::Rendering rendering = jinja::render(program_->body, values);
  Rendered rendered{.text = std::move(rendering.text), .generated = {}};
  for (const auto& [begin, end] : rendering.generated) rendered.generated.push_back({begin, end});
  return rendered;
}

}  // namespace nudge
