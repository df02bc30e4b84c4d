#include "data/chat_rendering.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "data/messages.h"

namespace nudge {
namespace {

void for_each_text(const Json& value, const std::function<void(const std::string&)>& visit) {
  if (value.is_string()) visit(value.get_ref<const std::string&>());
  if (value.is_structured())
    for (const Json& part : value) for_each_text(part, visit);
}

void quote_texts(Json& value, const SpecialNames& specials, std::string_view quote) {
  if (value.is_string()) value = specials.quoted(value.get_ref<const std::string&>(), quote);
  if (value.is_structured())
    for (Json& part : value) quote_texts(part, specials, quote);
}

}  // namespace

ChatRendering::ChatRendering(const std::vector<Message>& messages, Json arguments,
                             const SpecialNames& specials, Render render)
    : source_(messages),
      specials_(specials),
      render_(std::move(render)),
      messages_(template_messages(messages)),
      arguments_(std::move(arguments)) {
  std::vector<std::string_view> texts;
  bool names = false;
  for (const Json* said : {&messages_, &arguments_})
    for_each_text(*said, [&](const std::string& text) {
      texts.emplace_back(text);
      names = names || specials_.occur_in(text);
    });
  auto [quote, mark] = unused_characters(texts);
  mark_ = std::move(mark);
  if (!names) return;
  quote_ = std::move(quote);
  quote_texts(messages_, specials_, quote_);
  quote_texts(arguments_, specials_, quote_);
}

std::string ChatRendering::text(std::size_t count, bool add_generation_prompt) const {
  if (count == messages_.size()) return render_(messages_, add_generation_prompt, arguments_).text;
  Json first = Json::array();
  for (std::size_t i = 0; i < count; ++i) first.push_back(messages_[i]);
  return render_(first, add_generation_prompt, arguments_).text;
}

// A template that refuses the changed calls has looked at them, wherever it writes them.
std::optional<std::size_t> ChatRendering::calls_in(std::size_t message, std::string_view whole) const {
  Json changed = messages_;
  for (Json& call : changed[message].at("tool_calls")) {
    Json& called = call.contains("function") ? call["function"] : call;
    if (called.contains("name")) called["name"] = mark_;
    const bool as_text = called.contains("arguments") && called["arguments"].is_string();
    called["arguments"] = as_text ? Json(mark_) : Json::object({{mark_, mark_}});
  }
  try {
    const std::string other = render_(changed, false, arguments_).text;
    if (other == whole) return std::nullopt;
    return static_cast<std::size_t>(std::ranges::mismatch(whole, other).in1 - whole.begin());
  } catch (const Error&) {
    return 0;
  }
}

std::vector<std::size_t> ChatRendering::find(const std::vector<Place>& places, std::string_view whole) const {
  Json marked = messages_;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    const std::string& source = source_[place->message].content;
    auto content = marked[place->message]["content"].get<std::string>();
    content.insert(specials_.quoted(source, quote_, place->offset).size(), mark_);
    marked[place->message]["content"] = std::move(content);
  }
  const std::string text = render_(marked, false, arguments_).text;
  std::string_view rest = text;
  std::vector<std::size_t> found;
  std::size_t at = 0;
  for (std::size_t mark = rest.find(mark_); mark != std::string_view::npos; mark = rest.find(mark_)) {
    const auto ours = whole.substr(at);
    const auto same = std::ranges::mismatch(ours, rest.substr(0, mark)).in1;
    at += same - ours.begin();
    found.push_back(at);
    rest.remove_prefix(mark + mark_.size());
  }
  return found;
}

std::optional<ChatRendering::CutAnswer> ChatRendering::answer_behind(std::string_view prompt,
                                                                     std::size_t message, std::size_t content,
                                                                     const std::string& whole) const {
  const auto places = find({{message, 0}, {message, content}}, whole);
  if (places.size() != 2) return std::nullopt;
  std::size_t begin = places.front();
  if (calls_tools(source_[message]) && calls_in(message, whole).value_or(0) < begin) return std::nullopt;
  if (begin > 0 && whole[begin - 1] == ' ' && !prompt.ends_with(' ')) --begin;
  return CutAnswer{begin, whole.substr(begin), places.back() - begin};
}

}  // namespace nudge
