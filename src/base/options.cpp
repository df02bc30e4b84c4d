#include "base/options.h"

#include <algorithm>

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

const std::string& Options::section() const {
  return state_->section;
}

bool Options::given(const std::string& name) const {
  const State::Item* item = state_->find(name);
  return item != nullptr && item->given;
}

void Options::start_with(const std::vector<std::string>& names, const std::string& example) {
  for (const std::string& name : names) {
    State::Item* item = state_->find(name);
    nudge::require(item != nullptr, "{} has no option --{} to start with.", state_->command, name);
    item->first = true;
  }
  state_->example = example;
}

Options::Declared& Options::Declared::within(const Range& range) {
  state_.items[index_].range = range;
  return *this;
}
Options::Declared& Options::Declared::also(const std::string& name) {
  nudge::require(state_.find(name) == nullptr, "the option --{} of {} is declared twice.", name,
                 state_.command);
  state_.items[index_].other_names.push_back(name);
  return *this;
}
Options::Declared& Options::Declared::shown_as(const std::string& placeholder) {
  state_.items[index_].placeholder = placeholder;
  return *this;
}

Options::State::Item& Options::State::declare(const std::string& name, OptionTarget target,
                                              const std::string& sentence) {
  nudge::require(find(name) == nullptr, "the option --{} of {} is declared twice.", name, command);
  Item& item = items.emplace_back();
  item.name = name;
  item.sentence = sentence;
  item.section = section;
  item.target = target;
  set_default_texts(item);
  return item;
}

void Options::State::set_default_texts(Item& item) {
  const bool flag = std::holds_alternative<bool*>(item.target);
  item.default_text = flag ? (*std::get<bool*>(item.target) ? "on" : "off") : shown_value(item.target);
  item.default_yaml = yaml_value(item.target);
}

void Options::presets(const std::vector<std::string>& names, std::function<std::vector<Decided>()> set) {
  state_->presets.push_back({names, std::move(set)});
}

void Options::rule(std::function<void()> holds) {
  state_->rules.push_back(std::move(holds));
}

void Options::put_given() {
  state_->put();
}

void Options::check() const {
  for (const State::Item& item : state_->items)
    state_->check_range(item, "--" + item.name, shown_value(item.target));
  for (const auto& holds : state_->rules) holds();
}

void Options::change_all() {
  for (const State::Item& item : state_->items) change(item.target);
}

std::vector<OptionValue> Options::in_common_with(const Options& other) const {
  std::vector<OptionValue> common;
  for (std::size_t i = 0; i < state_->items.size(); ++i) {
    const OptionTarget& target = state_->items[i].target;
    if (yaml_value(target) == yaml_value(other.state_->items.at(i).target))
      common.push_back({state_->items[i].name, shown_value(target)});
  }
  return common;
}

#define NUDGE_ADD(Type)                                                                                \
  Options::Declared Options::add(const std::string& name, Type& target, const std::string& sentence) { \
    state_->declare(name, &target, sentence);                                                          \
    return {*state_, state_->items.size() - 1};                                                        \
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

Options::Declared Options::State::require(const std::string& name, OptionTarget target,
                                          const std::string& sentence) {
  Item& item = declare(name, target, sentence);
  item.required = item.first = true;
  return {*this, items.size() - 1};
}

Options::Declared Options::require(const std::string& name, std::string& target,
                                   const std::string& sentence) {
  return state_->require(name, &target, sentence);
}
Options::Declared Options::require(const std::string& name, std::vector<std::string>& target,
                                   const std::string& sentence) {
  return state_->require(name, &target, sentence);
}

Options::Declared Options::choose(const std::string& name, OptionTarget target, const std::string& sentence) {
  state_->declare(name, std::move(target), sentence);
  return {*state_, state_->items.size() - 1};
}

Options::Declared Options::choose(const std::string& name, std::string& target,
                                  const std::vector<std::string>& choices, const std::string& sentence) {
  return choose(name,
                std::make_shared<NamedTarget>(
                    NamedTarget{.names = choices,
                                .get = [&target] { return NamedTarget::Words{target}; },
                                .set = [&target](const auto& words) { target = words.at(0); }}),
                sentence);
}

Options::Declared Options::positional(const std::string& name, std::string& target,
                                      const std::string& sentence) {
  auto& item = state_->declare(name, &target, sentence);
  item.positional = true;
  item.required = target.empty();
  return {*state_, state_->items.size() - 1};
}

Options::State::Item* Options::State::find(const std::string& name) {
  auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) {
    return item.name == name || std::ranges::count(item.other_names, name) > 0;
  });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace nudge
