#include "data/special_names.h"

#include <algorithm>

#include "base/error.h"

namespace nudge {

SpecialNames::SpecialNames(const Tokenizer& tokenizer) {
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id)
    if (tokenizer.is_special(id) && !tokenizer.token(id).empty())
      names_.emplace_back(tokenizer.token(id), id);
  std::stable_sort(names_.begin(), names_.end(),
                   [](const Name& a, const Name& b) { return a.first.size() > b.first.size(); });
}

const SpecialNames::Name* SpecialNames::at(std::string_view text, std::size_t position) const {
  const std::string_view rest = text.substr(position);
  auto found = std::find_if(names_.begin(), names_.end(),
                            [&](const Name& name) { return rest.starts_with(name.first); });
  return found == names_.end() ? nullptr : &*found;
}

bool SpecialNames::occur_in(std::string_view text) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](const Name& name) { return text.find(name.first) != std::string_view::npos; });
}

std::string SpecialNames::unused_mark(const std::vector<std::string_view>& texts) {
  for (unsigned code = 0xE000; code <= 0xF8FF; ++code) {
    const std::string mark{static_cast<char>(0xE0 | (code >> 12)),
                           static_cast<char>(0x80 | ((code >> 6) & 63)),
                           static_cast<char>(0x80 | (code & 63))};
    const bool used = std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
      return text.find(mark) != std::string_view::npos;
    });
    if (!used) return mark;
  }
  fail(
      "A conversation holds names of special tokens and every private-use character of Unicode; it cannot be "
      "told from a forgery, so leave it out.");
}

std::string SpecialNames::mark(std::string_view text, std::string_view mark) const {
  std::string marked;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (at(text, i)) marked += mark;
    marked += text[i];
  }
  return marked;
}

std::vector<TokenId> SpecialNames::encode(std::string_view rendered, std::string_view mark,
                                          const Tokenizer& tokenizer) const {
  std::vector<TokenId> ids;
  std::string ordinary;
  auto flush = [&] {
    auto more = tokenizer.encode(ordinary);
    ids.insert(ids.end(), more.begin(), more.end());
    ordinary.clear();
  };
  for (std::size_t i = 0; i < rendered.size();) {
    if (rendered.substr(i).starts_with(mark)) {
      i += mark.size();
      if (i < rendered.size()) ordinary += rendered[i++];
    } else if (const Name* name = at(rendered, i)) {
      flush();
      ids.push_back(name->second);
      i += name->first.size();
    } else {
      ordinary += rendered[i++];
    }
  }
  flush();
  return ids;
}

}  // namespace nudge
