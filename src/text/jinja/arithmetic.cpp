#include "text/jinja/arithmetic.h"

#include <algorithm>
#include <cmath>

#include "text/jinja/strings.h"

namespace nudge::jinja {
namespace {

[[noreturn]] void refuse(const Engine& engine, std::string_view name, const Value& left, const Value& right) {
  auto described = [](const Value& value) {
    auto* missing = value.as<Undefined>();
    return missing ? fmt::format("'{}', which is undefined", missing->name)
                   : fmt::format("a {}", value.type_name());
  };
  engine.fail("'{}' does not work on {} and {}.", name, described(left), described(right));
}

/// Rounded towards minus infinity, as Python's // and %.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

std::optional<std::int64_t> integer_power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  for (bool overflow = false; exponent > 0; exponent >>= 1) {
    if (exponent & 1) overflow = __builtin_mul_overflow(result, base, &result);
    if (overflow || (exponent > 1 && __builtin_mul_overflow(base, base, &base))) return std::nullopt;
  }
  return result;
}

Value on_integers(Engine& engine, std::string_view name, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflow = false;
  if ((name == "//" || name == "%") && b == 0) engine.fail("division by zero.");
  if (name == "+") {
    overflow = __builtin_add_overflow(a, b, &result);
  } else if (name == "-") {
    overflow = __builtin_sub_overflow(a, b, &result);
  } else if (name == "*") {
    overflow = __builtin_mul_overflow(a, b, &result);
  } else if (name == "%") {
    result = b == -1 ? 0 : a - floor_divide(a, b) * b;
  } else if (name == "//") {
    overflow = a == INT64_MIN && b == -1;
    if (!overflow) result = floor_divide(a, b);
  } else {
    auto power = integer_power(a, b);
    overflow = !power;
    result = power.value_or(0);
  }
  if (overflow) engine.fail("the result of '{}' does not fit 64 bits.", name);
  return Value::of(result);
}

Value on_numbers(Engine& engine, std::string_view name, double a, double b) {
  if (name == "+") return Value::of(a + b);
  if (name == "-") return Value::of(a - b);
  if (name == "*") return Value::of(a * b);
  if (name == "**") return Value::of(std::pow(a, b));
  if (b == 0) engine.fail("division by zero.");
  if (name == "/") return Value::of(a / b);
  if (name == "//") return Value::of(std::floor(a / b));
  double rest = std::fmod(a, b);
  return Value::of(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

/// A string or list times a number.
Value repeated(Engine& engine, const Value& subject, std::int64_t times) {
  auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, times));
  if (auto* text = subject.string()) {
    if (!text->empty() && count > Engine::kMaxText / text->size())
      engine.fail("a text grows beyond {} bytes.", Engine::kMaxText);
    std::string all;
    for (std::size_t i = 0; !text->empty() && i < count; ++i) all += *text;
    return engine.text(std::move(all));
  }
  const auto& items = subject.list()->items;
  if (items.empty()) count = 0;
  if (count > static_cast<std::size_t>(Engine::kMaxSteps)) engine.charge(Engine::kMaxSteps + 1);
  std::vector<Value> all;
  for (std::size_t i = 0; i < count; ++i) {
    engine.charge(std::ssize(items));
    all.insert(all.end(), items.begin(), items.end());
  }
  return Value::list(std::move(all), subject.list()->tuple);
}

Value concatenated(Engine& engine, const List& left, const List& right) {
  std::vector<Value> all = left.items;
  all.insert(all.end(), right.items.begin(), right.items.end());
  engine.charge(std::ssize(all));
  return Value::list(std::move(all), left.tuple);
}

}  // namespace

Value arithmetic(Engine& engine, std::string_view name, const Value& left, const Value& right) {
  if (name == "~") return engine.text(to_text(left) + to_text(right));
  if (name == "%" && left.string()) return percent_formatted(engine, *left.string(), right);
  auto a = left.integer(), b = right.integer();
  bool negative_power = name == "**" && b && *b < 0;
  if (a && b && name != "/" && !negative_power) return on_integers(engine, name, *a, *b);
  if (left.number() && right.number()) return on_numbers(engine, name, *left.number(), *right.number());
  if (name == "+" && left.string() && right.string()) return engine.text(*left.string() + *right.string());
  if (name == "+" && left.list() && right.list() && left.list()->tuple == right.list()->tuple)
    return concatenated(engine, *left.list(), *right.list());
  auto repeatable = [](const Value& value) { return value.string() || value.list(); };
  if (name == "*" && repeatable(left) && b) return repeated(engine, left, *b);
  if (name == "*" && repeatable(right) && a) return repeated(engine, right, *a);
  refuse(engine, name, left, right);
}

bool compare(Engine& engine, std::string_view name, const Value& left, const Value& right) {
  if (auto* a = left.list()) engine.charge(a->weight / 64);
  if (auto* a = left.dict()) engine.charge(a->weight / 64);
  if (name == "==") return equal(left, right);
  if (name == "!=") return !equal(left, right);
  if (name == "in") return contains(engine, right, left);
  if (name == "not in") return !contains(engine, right, left);
  bool swapped = name == ">" || name == ">=";
  auto result = swapped ? less(right, left) : less(left, right);
  if (!result) refuse(engine, name, left, right);
  return *result || (name.size() == 2 && equal(left, right));
}

Value negative(Engine& engine, const Value& value) {
  if (auto integer = value.integer()) return on_integers(engine, "-", 0, *integer);
  if (auto number = value.number()) return Value::of(-*number);
  engine.fail("'-' does not work on a {}.", value.type_name());
}

Value slice(Engine& engine, const Value& subject, const Value& start, const Value& stop, const Value& step) {
  if (!subject.string() && !subject.list()) engine.fail("a {} cannot be sliced.", subject.type_name());
  std::vector<Value> all = elements(engine, subject), taken;
  auto count = std::ssize(all);
  std::int64_t by = step.is_none() ? 1 : integer_of(engine, step, "a slice's step");
  if (by == 0) engine.fail("a slice's step is zero.");
  by = std::clamp(by, -count - 1, count + 1);
  // Python's rule: bounds count from the end when negative, and are cut to what a walk by `step` can reach.
  std::int64_t lowest = by > 0 ? 0 : -1, highest = by > 0 ? count : count - 1;
  auto bound = [&](const Value& value, std::int64_t otherwise) {
    if (value.is_none()) return otherwise;
    std::int64_t index = integer_of(engine, value, "a slice's bound");
    return std::clamp(index < 0 ? std::max(index, -count - 1) + count : index, lowest, highest);
  };
  std::int64_t from = bound(start, by > 0 ? lowest : highest), to = bound(stop, by > 0 ? highest : lowest);
  for (std::int64_t i = from; by > 0 ? i < to : i > to; i += by) taken.push_back(all[i]);
  if (subject.list()) return Value::list(std::move(taken), subject.list()->tuple);
  std::string text;
  for (const Value& character : taken) text += *character.string();
  return engine.text(std::move(text));
}

}  // namespace nudge::jinja
