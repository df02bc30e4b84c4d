#include "base/options.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "base/error.h"
#include "base/options_state.h"

namespace nudge {

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

Options::Options(std::string command, std::string summary) : state_(std::make_unique<State>()) {
  state_->command = std::move(command);
  state_->summary = std::move(summary);
}
Options::~Options() = default;
Options::Options(Options&&) noexcept = default;

void Options::section(const std::string& title) {
  state_->section = title;
}

namespace {

std::string default_text_of(const OptionTarget& target) {
  if (std::holds_alternative<bool*>(target)) return *std::get<bool*>(target) ? "on" : "off";
  return shown_value(target);
}

}  // namespace

Options::State::Item& Options::State::declare(const std::string& name, OptionTarget target,
                                              const std::string& sentence) {
  nudge::require(find(name) == nullptr, "the option --{} of {} is declared twice.", name, command);
  Item item{.name = name, .sentence = sentence, .section = section, .target = target};
  item.default_text = default_text_of(target);
  return items.emplace_back(std::move(item));
}

void Options::set_default(const std::string& name, const std::string& word) {
  State::Item* item = state_->find(name);
  nudge::require(item != nullptr, "{} has no option --{} to give another default.", state_->command, name);
  std::istringstream listed(word);
  std::vector<std::string> words{std::istream_iterator<std::string>(listed), {}};
  if (!is_list(item->target)) words = {word};
  state_->set(*item, words, "the default of --" + name);
  item->default_text = default_text_of(item->target);
  item->given = false;
}

#define NUDGE_ADD(Type)                                                                   \
  void Options::add(const std::string& name, Type& target, const std::string& sentence) { \
    state_->declare(name, &target, sentence);                                             \
  }
NUDGE_ADD(bool)
NUDGE_ADD(std::int64_t)
NUDGE_ADD(std::uint64_t)
NUDGE_ADD(double)
NUDGE_ADD(std::string)
NUDGE_ADD(std::optional<double>)
NUDGE_ADD(std::optional<std::int64_t>)
NUDGE_ADD(std::vector<std::string>)
NUDGE_ADD(std::vector<double>)
NUDGE_ADD(std::vector<std::int64_t>)
#undef NUDGE_ADD

void Options::require(const std::string& name, std::string& target, const std::string& sentence) {
  state_->declare(name, &target, sentence).required = true;
}

void Options::choose(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                     const std::string& sentence) {
  state_->declare(name, &target, sentence).choices = choices;
}

void Options::positional(const std::string& name, std::string& target, const std::string& sentence) {
  auto& item = state_->declare(name, &target, sentence);
  item.positional = true;
  item.required = target.empty();
}

Options::State::Item* Options::State::find(const std::string& name) {
  auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace nudge
