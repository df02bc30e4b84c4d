#include "data/rendered_texts.h"

#include <algorithm>

#include "data/record_keys.h"

namespace nudge {
namespace {

constexpr std::size_t kMostNames = 4;

std::vector<std::string> special_names(const Tokenizer& tokenizer) {
  std::vector<std::string> names;
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id)
    if (tokenizer.is_special(id)) names.push_back(tokenizer.token(id));
  return names;
}

bool is_text_column(const std::string& name) {
  return name == "text" || name == "chosen" || name == "rejected" || is_one_of(name, prompt_columns()) ||
         is_one_of(name, completion_columns());
}

}  // namespace

RenderedTexts rendered_texts(const Dataset& dataset, const Tokenizer& tokenizer) {
  const std::vector<std::string> specials = special_names(tokenizer);
  RenderedTexts found;
  dataset.each([&](const Json& record) {
    bool any = false;
    for (const auto& [column, value] : record.items()) {
      if (!value.is_string() || !is_text_column(column)) continue;
      const auto& text = value.get_ref<const std::string&>();
      for (const std::string& name : specials) {
        if (text.find(name) == std::string::npos) continue;
        any = true;
        if (found.names.size() < kMostNames && std::ranges::find(found.names, name) == found.names.end())
          found.names.push_back(name);
      }
    }
    found.records += any;
  });
  return found;
}

}  // namespace nudge
