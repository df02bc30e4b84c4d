#include <algorithm>
#include <cmath>

#include "text/jinja/builtins.h"
#include "text/jinja/strings.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

std::string subject_text(Engine& engine, const Value& subject) {
  std::string text = to_text(subject);
  engine.charge(text.size() / 64);
  return text;
}

bool flag(const std::optional<Value>& argument) {
  return argument && argument->truthy();
}

Value trim(Engine& engine, const Value& subject, const Arguments& arguments) {
  std::string text = subject_text(engine, subject);
  std::optional<std::string_view> characters;
  if (arguments[0] && !arguments[0]->is_none()) characters = text_of(engine, *arguments[0], "chars");
  return engine.text(std::string(strip(text, characters, true, true)));
}

Value length(Engine& engine, const Value& subject, const Arguments&) {
  if (subject.is_undefined()) return Value::of(std::int64_t{0});
  if (auto* text = subject.string()) return Value::of(static_cast<std::int64_t>(count_code_points(*text)));
  if (auto* list = subject.list()) return Value::of(std::ssize(list->items));
  if (auto* dict = subject.dict()) return Value::of(std::ssize(dict->members));
  engine.fail("a {} has no length.", subject.type_name());
}

Value tojson(Engine& engine, const Value& subject, const Arguments& arguments) {
  JsonStyle style;
  style.ensure_ascii = flag(arguments[0]);
  if (arguments[1] && !arguments[1]->is_none()) {
    style.indent = integer_of(engine, *arguments[1], "indent");
    if (*style.indent < 0 || *style.indent > 16) engine.fail("indent must lie in 0..16.");
    style.between_items = ",";
  }
  if (arguments[2] && !arguments[2]->is_none()) {
    auto* pair = arguments[2]->list();
    if (pair == nullptr || pair->items.size() != 2) engine.fail("separators must be two strings.");
    style.between_items = text_of(engine, pair->items[0], "a separator");
    style.behind_key = text_of(engine, pair->items[1], "a separator");
  }
  style.sort_keys = flag(arguments[3]);
  return engine.text(to_json(subject, style));
}

Value join(Engine& engine, const Value& subject, const Arguments& arguments) {
  std::string between = arguments[0] ? to_text(*arguments[0]) : "", text;
  bool first = true;
  for (const Value& element : elements(engine, subject)) {
    if (!std::exchange(first, false)) text += between;
    text += to_text(arguments[1] ? nested(engine, element, *arguments[1]) : element);
    if (text.size() > Engine::kMaxText) engine.fail("a text grows beyond {} bytes.", Engine::kMaxText);
  }
  return engine.text(std::move(text));
}

Value default_value(Engine&, const Value& subject, const Arguments& arguments) {
  bool replaced = flag(arguments[1]) ? !subject.truthy() : subject.is_undefined();
  return !replaced ? subject : arguments[0] ? *arguments[0] : Value::of(std::string());
}

Value first(Engine& engine, const Value& subject, const Arguments&) {
  auto all = elements(engine, subject);
  return all.empty() ? Value::undefined("the first element of an empty sequence") : all.front();
}

Value last(Engine& engine, const Value& subject, const Arguments&) {
  auto all = elements(engine, subject);
  return all.empty() ? Value::undefined("the last element of an empty sequence") : all.back();
}

Value items(Engine& engine, const Value& subject, const Arguments&) {
  if (subject.is_undefined()) return Value::list({});
  if (subject.dict() == nullptr) engine.fail("'items' needs a dictionary, not a {}.", subject.type_name());
  std::vector<Value> pairs;
  for (const auto& [key, value] : subject.dict()->members)
    pairs.push_back(Value::list({key.value(), value}, true));
  engine.charge(std::ssize(pairs));
  return Value::list(std::move(pairs));
}

Value as_integer(Engine& engine, const Value& subject, const Arguments& arguments) {
  auto truncated = [&](double value) -> std::optional<Value> {
    if (!(std::fabs(value) < 9.2e18)) return std::nullopt;
    return Value::of(static_cast<std::int64_t>(value));
  };
  std::optional<Value> result;
  if (auto integer = subject.integer()) {
    result = Value::of(*integer);
  } else if (auto number = subject.number()) {
    result = truncated(*number);
  } else if (auto* text = subject.string()) {
    std::string digits(strip(*text, std::nullopt, true, true));
    char* end = nullptr;
    double value = std::strtod(digits.c_str(), &end);
    if (!digits.empty() && *end == '\0') result = truncated(value);
  }
  if (result) return *result;
  return arguments[0] ? Value::of(integer_of(engine, *arguments[0], "default")) : Value::of(std::int64_t{0});
}

Value as_float(Engine&, const Value& subject, const Arguments& arguments) {
  if (auto number = subject.number()) return Value::of(*number);
  if (auto* text = subject.string()) {
    std::string digits(strip(*text, std::nullopt, true, true));
    char* end = nullptr;
    double value = std::strtod(digits.c_str(), &end);
    if (!digits.empty() && *end == '\0') return Value::of(value);
  }
  return arguments[0] ? *arguments[0] : Value::of(0.0);
}

Value absolute(Engine& engine, const Value& subject, const Arguments&) {
  if (auto integer = subject.integer(); integer && *integer != INT64_MIN)
    return Value::of(std::abs(*integer));
  if (auto number = subject.number()) return Value::of(std::fabs(*number));
  engine.fail("'abs' needs a number, not a {}.", subject.type_name());
}

/// Elements (or their `attribute`) that pass a test, by default being true.
Value choose(Engine& engine, const Value& subject, const std::optional<Value>& path,
             const std::optional<Value>& test, const std::optional<Value>& operand, bool wanted) {
  if (!subject.truthy()) return Value::list({});
  const Builtin* check = nullptr;
  if (test) {
    check = find_test(text_of(engine, *test, "the test's name"));
    if (check == nullptr) engine.fail("the test '{}' is not supported.", *test->string());
  }
  std::vector<Value> kept;
  for (Value& element : elements(engine, subject)) {
    Value value = path ? nested(engine, element, *path) : element;
    std::vector<Value> operands;
    if (operand) operands.push_back(*operand);
    bool passes = (check ? call_builtin(engine, *check, value, std::move(operands), {}) : value).truthy();
    if (passes == wanted) kept.push_back(std::move(element));
  }
  return Value::list(std::move(kept));
}

template <bool wanted>
Value select(Engine& engine, const Value& subject, const Arguments& a) {
  return choose(engine, subject, std::nullopt, a[0], a[1], wanted);
}

template <bool wanted>
Value select_attribute(Engine& engine, const Value& subject, const Arguments& a) {
  if (!a[0]) engine.fail("this filter needs the attribute's name.");
  return choose(engine, subject, a[0], a[1], a[2], wanted);
}

/// map('upper') or map(attribute='role').
Value map(Engine& engine, const Value& subject, const Arguments& arguments) {
  if (!subject.truthy()) return Value::list({});
  const Builtin* filter = nullptr;
  if (arguments[0]) {
    filter = find_filter(text_of(engine, *arguments[0], "the filter's name"));
    if (filter == nullptr) engine.fail("the filter '{}' is not supported.", *arguments[0]->string());
  } else if (!arguments[3]) {
    engine.fail("'map' needs a filter's name or an attribute.");
  }
  std::vector<Value> mapped;
  for (const Value& element : elements(engine, subject)) {
    if (filter == nullptr) {
      Value value = nested(engine, element, *arguments[3]);
      if (value.is_undefined() && arguments[4]) value = *arguments[4];
      mapped.push_back(std::move(value));
      continue;
    }
    std::vector<Value> extra;
    for (std::size_t i = 1; i < 3 && arguments[i]; ++i) extra.push_back(*arguments[i]);
    mapped.push_back(call_builtin(engine, *filter, element, std::move(extra), {}));
  }
  return Value::list(std::move(mapped));
}

Value replace_text(Engine& engine, const Value& subject, const Arguments& a) {
  if (!a[0] || !a[1]) engine.fail("'replace' needs what to replace and by what.");
  return replaced(engine, subject_text(engine, subject), to_text(*a[0]), to_text(*a[1]), a[2]);
}

Value reverse(Engine& engine, const Value& subject, const Arguments&) {
  auto all = elements(engine, subject);
  std::reverse(all.begin(), all.end());
  if (subject.string() == nullptr) return Value::list(std::move(all));
  std::string text;
  for (const Value& character : all) text += *character.string();
  return engine.text(std::move(text));
}

Value unique(Engine& engine, const Value& subject, const Arguments&) {
  std::vector<Value> kept;
  for (Value& element : elements(engine, subject)) {
    engine.charge(std::ssize(kept));
    if (std::none_of(kept.begin(), kept.end(), [&](const Value& known) { return equal(known, element); }))
      kept.push_back(std::move(element));
  }
  return Value::list(std::move(kept));
}

/// Later lines (and the first on request; blank ones on request) begin with `width` spaces.
Value indent(Engine& engine, const Value& subject, const Arguments& arguments) {
  std::string prefix(4, ' ');
  if (arguments[0] && arguments[0]->string()) prefix = *arguments[0]->string();
  if (arguments[0] && arguments[0]->integer())
    prefix.assign(std::clamp<std::int64_t>(*arguments[0]->integer(), 0, 1000), ' ');
  std::string text;
  bool is_first = true;
  for (const std::string& line : split(subject_text(engine, subject), "\n", -1)) {
    if (!is_first) text += '\n';
    bool indented = (!is_first || flag(arguments[1])) && (!line.empty() || flag(arguments[2]));
    text += (indented ? prefix : "") + line;
    is_first = false;
    if (text.size() > Engine::kMaxText) engine.fail("a text grows beyond {} bytes.", Engine::kMaxText);
  }
  return engine.text(std::move(text));
}

/// Unlike str.title, words end only at white space and opening signs: "it's" becomes "It's".
std::string title_words(std::string_view text) {
  std::string titled, word;
  auto finish = [&] { titled += capitalize(std::exchange(word, "")); };
  for (const std::string& character : characters(text)) {
    bool between =
        strip(character, "-({[<", true, false).empty() || strip(character, std::nullopt, true, false).empty();
    if (between) finish();
    (between ? titled : word) += character;
  }
  finish();
  return titled;
}

template <std::string (*change)(std::string_view)>
Value changed(Engine& engine, const Value& subject, const Arguments&) {
  return engine.text(change(subject_text(engine, subject)));
}

Value string(Engine& engine, const Value& subject, const Arguments&) {
  return engine.text(to_text(subject));
}

Value list(Engine& engine, const Value& subject, const Arguments&) {
  return Value::list(elements(engine, subject));
}

Value format_filter(Engine& engine, const Value& subject, const Arguments& arguments) {
  return percent_formatted(engine, subject_text(engine, subject), *arguments[0]);
}

const std::vector<Builtin> kFilters = {
    {"trim", {"chars"}, trim},
    {"length", {}, length},
    {"count", {}, length},
    {"tojson", {"ensure_ascii", "indent", "separators", "sort_keys"}, tojson},
    {"join", {"d", "attribute"}, join},
    {"upper", {}, changed<upper>},
    {"lower", {}, changed<lower>},
    {"title", {}, changed<title_words>},
    {"capitalize", {}, changed<capitalize>},
    {"default", {"default_value", "boolean"}, default_value},
    {"d", {"default_value", "boolean"}, default_value},
    {"first", {}, first},
    {"last", {}, last},
    {"list", {}, list},
    {"items", {}, items},
    {"string", {}, string},
    {"safe", {}, [](Engine&, const Value& subject, const Arguments&) { return subject; }},
    {"int", {"default"}, as_integer},
    {"float", {"default"}, as_float},
    {"abs", {}, absolute},
    {"select", {"test", "operand"}, select<true>},
    {"reject", {"test", "operand"}, select<false>},
    {"selectattr", {"attribute", "test", "operand"}, select_attribute<true>},
    {"rejectattr", {"attribute", "test", "operand"}, select_attribute<false>},
    {"map", {"filter", "first", "second", "attribute", "default"}, map},
    {"replace", {"old", "new", "count"}, replace_text},
    {"reverse", {}, reverse},
    {"unique", {}, unique},
    {"indent", {"width", "first", "blank"}, indent},
    {"sort", {"reverse", "case_sensitive", "attribute"}, sorted},
    {"dictsort", {"case_sensitive", "by", "reverse"}, sorted_members},
    {"min", {"case_sensitive", "attribute"}, smallest},
    {"max", {"case_sensitive", "attribute"}, largest},
    {"format", {"*"}, format_filter},
};

}  // namespace

const Builtin* find_filter(std::string_view name) {
  auto found = std::find_if(kFilters.begin(), kFilters.end(),
                            [&](const Builtin& filter) { return filter.name == name; });
  return found == kFilters.end() ? nullptr : &*found;
}

}  // namespace nudge::jinja
