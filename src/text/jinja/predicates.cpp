// What a template asks behind `is` (`x is defined`); Jinja calls these tests.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/strings.h"

namespace nudge::jinja {
namespace {

bool is_iterable(const Value& v) {
  return v.list() || v.dict() || v.string() || v.is_undefined();
}

/// The operand of a test that needs one.
const Value& operand(const Engine& engine, const Arguments& arguments) {
  if (!arguments[0]) engine.fail("this test needs an operand.");
  return *arguments[0];
}

std::int64_t remainder(const Engine& engine, const Value& subject, std::int64_t divisor) {
  if (divisor == 0) engine.fail("division by zero.");
  return divisor == -1 ? 0 : integer_of(engine, subject, "what is tested") % divisor;
}

bool ordered(const Engine& engine, const Value& a, const Value& b) {
  auto result = less(a, b);
  if (!result) engine.fail("a {} and a {} have no order.", a.type_name(), b.type_name());
  return *result;
}

template <bool (*check)(const Value&)>
Value simple(Engine&, const Value& subject, const Arguments&) {
  return Value::of(check(subject));
}

template <bool (*check)(Engine&, const Value&, const Value&)>
Value against(Engine& engine, const Value& subject, const Arguments& arguments) {
  return Value::of(check(engine, subject, operand(engine, arguments)));
}

constexpr auto kDefined = simple<[](const Value& v) { return !v.is_undefined(); }>;
constexpr auto kNumber = simple<[](const Value& v) { return v.number().has_value(); }>;
constexpr auto kEqual = against<[](Engine&, const Value& a, const Value& b) { return equal(a, b); }>;
constexpr auto kUnequal = against<[](Engine&, const Value& a, const Value& b) { return !equal(a, b); }>;
constexpr auto kLess = against<[](Engine& e, const Value& a, const Value& b) { return ordered(e, a, b); }>;
constexpr auto kGreater = against<[](Engine& e, const Value& a, const Value& b) { return ordered(e, b, a); }>;
constexpr auto kAtMost =
    against<[](Engine& e, const Value& a, const Value& b) { return equal(a, b) || ordered(e, a, b); }>;
constexpr auto kAtLeast =
    against<[](Engine& e, const Value& a, const Value& b) { return equal(a, b) || ordered(e, b, a); }>;

const std::vector<Builtin> kTests = {
    {"defined", {}, kDefined},
    {"undefined", {}, simple<[](const Value& v) { return v.is_undefined(); }>},
    {"none", {}, simple<[](const Value& v) { return v.is_none(); }>},
    {"string", {}, simple<[](const Value& v) { return v.string() != nullptr; }>},
    {"mapping", {}, simple<[](const Value& v) { return v.dict() != nullptr; }>},
    {"iterable", {}, simple<is_iterable>},
    {"sequence", {}, simple<is_iterable>},  // Jinja asks for a length and subscripts
    {"number", {}, kNumber},
    {"integer", {}, simple<[](const Value& v) { return v.as<std::int64_t>() != nullptr; }>},
    {"float", {}, simple<[](const Value& v) { return v.as<double>() != nullptr; }>},
    {"boolean", {}, simple<[](const Value& v) { return v.as<bool>() != nullptr; }>},
    {"true", {}, simple<[](const Value& v) { return v.as<bool>() && *v.as<bool>(); }>},
    {"false", {}, simple<[](const Value& v) { return v.as<bool>() && !*v.as<bool>(); }>},
    {"callable",
     {},
     simple<[](const Value& v) { return v.as<Macro>() || v.as<Function>() || v.as<Method>(); }>},
    {"odd",
     {},
     [](Engine& e, const Value& v, const Arguments&) { return Value::of(remainder(e, v, 2) != 0); }},
    {"even",
     {},
     [](Engine& e, const Value& v, const Arguments&) { return Value::of(remainder(e, v, 2) == 0); }},
    {"divisibleby",
     {"num"},
     [](Engine& e, const Value& v, const Arguments& a) {
       return Value::of(remainder(e, v, integer_of(e, operand(e, a), "the divisor")) == 0);
     }},
    {"equalto", {"other"}, kEqual},
    {"eq", {"other"}, kEqual},
    {"==", {"other"}, kEqual},
    {"ne", {"other"}, kUnequal},
    {"!=", {"other"}, kUnequal},
    {"lt", {"other"}, kLess},
    {"<", {"other"}, kLess},
    {"lessthan", {"other"}, kLess},
    {"gt", {"other"}, kGreater},
    {">", {"other"}, kGreater},
    {"greaterthan", {"other"}, kGreater},
    {"le", {"other"}, kAtMost},
    {"<=", {"other"}, kAtMost},
    {"ge", {"other"}, kAtLeast},
    {">=", {"other"}, kAtLeast},
    {"in", {"seq"}, against<[](Engine& e, const Value& a, const Value& b) { return contains(e, b, a); }>},
};

}  // namespace

const Builtin* find_test(std::string_view name) {
  auto found =
      std::find_if(kTests.begin(), kTests.end(), [&](const Builtin& test) { return test.name == name; });
  return found == kTests.end() ? nullptr : &*found;
}

}  // namespace nudge::jinja
