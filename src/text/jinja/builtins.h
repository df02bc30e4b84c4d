#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"

namespace nudge::jinja {

/// What built-ins need from the running template: its budget and the place to blame.
class Engine {
 public:
  static constexpr std::int64_t kMaxSteps = 1'000'000;
  static constexpr std::size_t kMaxText = std::size_t{4} << 20;

  /// Spends steps; Error when none are left.
  void charge(std::int64_t steps);
  /// A string value, paid for by its length. Error above kMaxText.
  Value text(std::string text);
  void set_position(Position at) { at_ = at; }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    fail_at(at_, "{}", fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::int64_t steps_ = 0;
  Position at_;
};

/// Arguments in the order of a built-in's parameters; those not given are absent.
using Arguments = std::vector<std::optional<Value>>;

/// One whose only parameter is "*" takes any arguments: a tuple of them, or a dictionary when they are named.
struct Builtin {
  std::string_view name;
  std::vector<std::string_view> parameters;
  Value (*call)(Engine& engine, const Value& subject, const Arguments& arguments);
};

/// Null when there is none of the name.
const Builtin* find_filter(std::string_view name);
const Builtin* find_test(std::string_view name);
const Builtin* find_method(const Value& subject, std::string_view name);
const Builtin* find_function(std::string_view name);

/// Calls with positional and named arguments put in order. Error when they do not fit.
Value call_builtin(Engine& engine, const Builtin& builtin, const Value& subject,
                   std::vector<Value> positional, std::vector<std::pair<std::string, Value>> named);

/// What `for` goes through: elements, keys, characters; nothing for an undefined value.
std::vector<Value> elements(Engine& engine, const Value& value);
/// subject.name: a method, else the member; undefined when there is neither.
Value attribute(Engine& engine, const Value& subject, const std::string& name);
/// subject[key]: the element or member, else a method; undefined when there is neither.
Value item(Engine& engine, const Value& subject, const Value& key);
/// value.a.b for the attribute "a.b"; whole numbers are indices.
Value nested(Engine& engine, Value value, const Value& path);
/// Whether `name` is a method by which Python changes a list or a dictionary. Data cannot be changed here, so
/// to a template such methods are undefined (Jinja's ImmutableSandboxedEnvironment).
bool changes_data(const Value& subject, std::string_view name);
/// Python's `in`.
bool contains(Engine& engine, const Value& container, const Value& wanted);

/// str.replace within the limits; `limit` absent or none means all.
Value replaced(Engine& engine, const std::string& text, const std::string& from, const std::string& to,
               const std::optional<Value>& limit);

/// Python's `format % given`: a tuple's elements in turn, a dictionary's members by name, or one value.
Value percent_formatted(Engine& engine, const std::string& format, const Value& given);

/// Filters that put values in order (do_sort, do_dictsort, do_min, do_max in Jinja's filters.py).
Value sorted(Engine& engine, const Value& subject, const Arguments& arguments);
Value sorted_members(Engine& engine, const Value& subject, const Arguments& arguments);
Value smallest(Engine& engine, const Value& subject, const Arguments& arguments);
Value largest(Engine& engine, const Value& subject, const Arguments& arguments);

/// Arguments of built-ins.
const std::string& text_of(const Engine& engine, const Value& value, std::string_view what);
std::int64_t integer_of(const Engine& engine, const Value& value, std::string_view what);

}  // namespace nudge::jinja
