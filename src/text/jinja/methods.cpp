#include <algorithm>
#include <ctime>

#include "text/jinja/builtins.h"
#include "text/jinja/strings.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

/// An argument that may be left out or None.
const Value* given(const std::optional<Value>& argument) {
  return argument && !argument->is_none() ? &*argument : nullptr;
}

const Value& needed(const Engine& engine, const std::optional<Value>& argument) {
  if (!argument) engine.fail("an argument is missing.");
  return *argument;
}

template <bool left, bool right>
Value strip_method(Engine& engine, const Value& self, const Arguments& arguments) {
  std::optional<std::string_view> characters;
  if (auto* value = given(arguments[0])) characters = text_of(engine, *value, "the characters to strip");
  return engine.text(std::string(strip(*self.string(), characters, left, right)));
}

Value strings(std::vector<std::string> texts) {
  std::vector<Value> values;
  for (std::string& text : texts) values.push_back(Value::of(std::move(text)));
  return Value::list(std::move(values));
}

Value split_method(Engine& engine, const Value& self, const Arguments& arguments) {
  std::optional<std::string_view> separator;
  if (auto* value = given(arguments[0])) separator = text_of(engine, *value, "the separator");
  if (separator && separator->empty()) engine.fail("splitting at an empty separator.");
  auto* limit = given(arguments[1]);
  auto parts = split(*self.string(), separator,
                     limit ? static_cast<long>(integer_of(engine, *limit, "maxsplit")) : -1);
  engine.charge(parts.size() + self.string()->size() / 64);
  return strings(std::move(parts));
}

/// Lines end at \n, \r\n or \r; an empty last line does not count.
Value split_lines(Engine& engine, const Value& self, const Arguments&) {
  auto lines = split(replace(replace(*self.string(), "\r\n", "\n", -1), "\r", "\n", -1), "\n", -1);
  if (lines.back().empty()) lines.pop_back();
  engine.charge(lines.size() + self.string()->size() / 64);
  return strings(std::move(lines));
}

/// startswith and endswith take one string or a tuple of them.
template <bool (*matches)(std::string_view text, std::string_view part)>
Value matches_any(Engine& engine, const Value& self, const Arguments& arguments) {
  const Value& wanted = needed(engine, arguments[0]);
  if (wanted.string()) return Value::of(matches(*self.string(), *wanted.string()));
  auto all = elements(engine, wanted);
  return Value::of(std::any_of(all.begin(), all.end(), [&](const Value& part) {
    return matches(*self.string(), text_of(engine, part, "what is looked for"));
  }));
}

Value replace_method(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string& from = text_of(engine, needed(engine, arguments[0]), "what is replaced");
  const std::string& to = text_of(engine, needed(engine, arguments[1]), "the replacement");
  return replaced(engine, *self.string(), from, to, arguments[2]);
}

template <std::string (*change)(std::string_view)>
Value changed_self(Engine& engine, const Value& self, const Arguments&) {
  return engine.text(change(*self.string()));
}

template <bool last>
Value find_in_string(Engine& engine, const Value& self, const Arguments& arguments) {
  engine.charge(self.string()->size() / 64);
  const std::string& wanted = text_of(engine, needed(engine, arguments[0]), "what is looked for");
  auto found = last ? self.string()->rfind(wanted) : self.string()->find(wanted);
  if (found == std::string::npos) return Value::of(std::int64_t{-1});
  return Value::of(static_cast<std::int64_t>(count_code_points(self.string()->substr(0, found))));
}

Value remove_prefix(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string& part = text_of(engine, needed(engine, arguments[0]), "the prefix");
  return self.string()->starts_with(part) ? engine.text(self.string()->substr(part.size())) : self;
}

Value remove_suffix(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string& part = text_of(engine, needed(engine, arguments[0]), "the suffix");
  const std::size_t left = self.string()->size() - std::min(part.size(), self.string()->size());
  return self.string()->ends_with(part) ? engine.text(self.string()->substr(0, left)) : self;
}

Value count_in_string(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string& wanted = text_of(engine, needed(engine, arguments[0]), "what is counted");
  if (wanted.empty()) engine.fail("counting an empty string is not supported.");
  auto parts = split(*self.string(), wanted, -1);
  engine.charge(parts.size() + self.string()->size() / 64);
  return Value::of(std::ssize(parts) - 1);
}

Value join_method(Engine& engine, const Value& self, const Arguments& arguments) {
  std::string text;
  bool first = true;
  for (const Value& part : elements(engine, needed(engine, arguments[0]))) {
    if (!std::exchange(first, false)) text += *self.string();
    text += text_of(engine, part, "what is joined");
    if (text.size() > Engine::kMaxText) engine.fail("a text grows beyond {} bytes.", Engine::kMaxText);
  }
  return engine.text(std::move(text));
}

Value is_digit(Engine&, const Value& self, const Arguments&) {
  const std::string& text = *self.string();
  return Value::of(!text.empty() && text.find_first_not_of("0123456789") == std::string::npos);
}

Value dict_items(Engine& engine, const Value& self, const Arguments&) {
  return call_builtin(engine, *find_filter("items"), self, {}, {});
}

Value dict_values(Engine& engine, const Value& self, const Arguments&) {
  std::vector<Value> values;
  for (const auto& member : self.dict()->members) values.push_back(member.second);
  engine.charge(std::ssize(values));
  return Value::list(std::move(values));
}

Value dict_get(Engine& engine, const Value& self, const Arguments& arguments) {
  const Value& key = needed(engine, arguments[0]);
  const auto known = Key::of(key);
  if (auto* member = known ? self.dict()->find_key(*known) : nullptr) return *member;
  return arguments[1] ? *arguments[1] : Value::none();
}

Value list_count(Engine& engine, const Value& self, const Arguments& arguments) {
  const Value& wanted = needed(engine, arguments[0]);
  auto all = elements(engine, self);
  return Value::of(static_cast<std::int64_t>(
      std::count_if(all.begin(), all.end(), [&](const Value& value) { return equal(value, wanted); })));
}

Value list_index(Engine& engine, const Value& self, const Arguments& arguments) {
  const Value& wanted = needed(engine, arguments[0]);
  auto all = elements(engine, self);
  auto found = std::find_if(all.begin(), all.end(), [&](const Value& value) { return equal(value, wanted); });
  if (found == all.end()) engine.fail("the list does not hold the element looked for.");
  return Value::of(static_cast<std::int64_t>(found - all.begin()));
}

const std::vector<Builtin> kStringMethods = {
    {"strip", {"chars"}, strip_method<true, true>},
    {"lstrip", {"chars"}, strip_method<true, false>},
    {"rstrip", {"chars"}, strip_method<false, true>},
    {"split", {"sep", "maxsplit"}, split_method},
    {"splitlines", {}, split_lines},
    {"startswith",
     {"prefix"},
     matches_any<[](std::string_view s, std::string_view p) { return s.starts_with(p); }>},
    {"endswith",
     {"suffix"},
     matches_any<[](std::string_view s, std::string_view p) { return s.ends_with(p); }>},
    {"replace", {"old", "new", "count"}, replace_method},
    {"upper", {}, changed_self<upper>},
    {"lower", {}, changed_self<lower>},
    {"title", {}, changed_self<title>},
    {"capitalize", {}, changed_self<capitalize>},
    {"find", {"sub"}, find_in_string<false>},
    {"rfind", {"sub"}, find_in_string<true>},
    {"removeprefix", {"prefix"}, remove_prefix},
    {"removesuffix", {"suffix"}, remove_suffix},
    {"count", {"sub"}, count_in_string},
    {"join", {"iterable"}, join_method},
    {"isdigit", {}, is_digit},
};

const std::vector<Builtin> kDictMethods = {
    {"items", {}, dict_items},
    {"keys",
     {},
     [](Engine& e, const Value& self, const Arguments&) { return Value::list(elements(e, self)); }},
    {"values", {}, dict_values},
    {"get", {"key", "default"}, dict_get},
};

const std::vector<Builtin> kListMethods = {
    {"count", {"value"}, list_count},
    {"index", {"value"}, list_index},
};

Value make_namespace(Engine& engine, const Value& subject, const Arguments&) {
  // The renderer passes named arguments as a dictionary: their names are free.
  auto space = std::make_shared<Namespace>();
  for (const auto& [name, value] : subject.dict()->members) space->set(name.text, value);
  engine.charge(std::ssize(space->members));
  return {space};
}

Value range(Engine& engine, const Value&, const Arguments& arguments) {
  constexpr std::int64_t kMaxRange = 100'000;  // as Jinja's sandbox
  std::int64_t start = 0, stop = integer_of(engine, needed(engine, arguments[0]), "range"), step = 1;
  if (arguments[1]) {
    start = stop;
    stop = integer_of(engine, *arguments[1], "range");
  }
  if (arguments[2]) step = integer_of(engine, *arguments[2], "range");
  constexpr std::int64_t kFar = std::int64_t{1} << 60;
  if (step == 0 || std::max({std::abs(start / 2), std::abs(stop / 2), std::abs(step / 2)}) >= kFar)
    engine.fail("range is given a step of zero or numbers too large.");
  std::int64_t count = std::max<std::int64_t>(
      0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
  if (count > kMaxRange) engine.fail("range has {} elements; at most {} are supported.", count, kMaxRange);
  engine.charge(count);
  std::vector<Value> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(Value::of(start + i * step));
  return Value::list(std::move(values));
}

Value raise_exception(Engine& engine, const Value&, const Arguments& arguments) {
  engine.fail("the template refuses this conversation: {}", to_text(needed(engine, arguments[0])));
}

Value strftime_now(Engine& engine, const Value&, const Arguments& arguments) {
  const std::string& format = text_of(engine, needed(engine, arguments[0]), "the format");
  if (format.size() > 200) engine.fail("the format of strftime_now is too long.");
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[2048];
  return engine.text(std::string(buffer, std::strftime(buffer, sizeof buffer, format.c_str(), &local)));
}

const std::vector<Builtin> kFunctions = {
    {"namespace", {}, make_namespace},
    {"dict", {}, [](Engine&, const Value& subject, const Arguments&) { return subject; }},
    {"range", {"start", "stop", "step"}, range},
    {"raise_exception", {"message"}, raise_exception},
    {"strftime_now", {"format"}, strftime_now},
};

const Builtin* find(const std::vector<Builtin>& table, std::string_view name) {
  auto found =
      std::find_if(table.begin(), table.end(), [&](const Builtin& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

const Builtin* find_method(const Value& subject, std::string_view name) {
  if (subject.string()) return find(kStringMethods, name);
  if (subject.dict()) return find(kDictMethods, name);
  if (subject.list()) return find(kListMethods, name);
  return nullptr;
}

const Builtin* find_function(std::string_view name) {
  return find(kFunctions, name);
}

}  // namespace nudge::jinja
