#include "text/jinja/renderer.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "text/jinja/arithmetic.h"
#include "text/jinja/builtins.h"
#include "text/jinja/markup.h"

namespace nudge::jinja {

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->around_) {
    auto found = std::find_if(scope->names_.begin(), scope->names_.end(),
                              [&](const auto& entry) { return entry.first == name; });
    if (found != scope->names_.end()) return &found->second;
  }
  return nullptr;
}

void Scope::set(const std::string& name, Value value) {
  auto found =
      std::find_if(names_.begin(), names_.end(), [&](const auto& entry) { return entry.first == name; });
  if (found != names_.end())
    found->second = std::move(value);
  else
    names_.emplace_back(name, std::move(value));
}

Value Loop::attribute(std::string_view name) const {
  auto integer = [](std::size_t value) { return Value::of(static_cast<std::int64_t>(value)); };
  if (name == "index") return integer(index + 1);
  if (name == "index0") return integer(index);
  if (name == "revindex") return integer(items.size() - index);
  if (name == "revindex0") return integer(items.size() - index - 1);
  if (name == "first") return Value::of(index == 0);
  if (name == "last") return Value::of(index + 1 == items.size());
  if (name == "length") return integer(items.size());
  if (name == "depth") return integer(1);
  if (name == "depth0") return integer(0);
  if (name == "previtem" && index > 0) return items[index - 1];
  if (name == "nextitem" && index + 1 < items.size()) return items[index + 1];
  return Value::undefined("loop." + std::string(name));
}

namespace {

using EKind = Expression::Kind;
using SKind = Statement::Kind;

constexpr int kMaxMacroDepth = 32;
constexpr int kMaxRenderDepth = 1000;  // nodes inside each other while rendering: bounds the use of the stack

class Renderer {
 public:
  Rendering render(const Body& program, Scope& scope) {
    run(program, scope);
    return {std::move(output_), std::move(generated_)};
  }

 private:
  enum class Flow { next, break_loop, continue_loop };

  class Depth {
   public:
    Depth(Renderer& renderer, Position at) : renderer_(renderer) {
      renderer.engine_.set_position(at);
      renderer.engine_.charge(1);
      if (++renderer.depth_ > kMaxRenderDepth)
        fail_at(at, "rendering nests deeper than {} levels.", kMaxRenderDepth);
    }
    ~Depth() { --renderer_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Renderer& renderer_;
  };

  void print(Position at, std::string_view text) {
    if (output_.size() + text.size() > Engine::kMaxText)
      fail_at(at, "the output grows beyond {} bytes.", Engine::kMaxText);
    output_ += text;
  }

  /// What `body` prints in `scope`.
  std::string captured(const Body& body, Scope& scope) {
    std::string outer = std::exchange(output_, "");
    if (captures_++ == 0) written_ = outer.size();
    run(body, scope);
    --captures_;
    return std::exchange(output_, std::move(outer));
  }

  Flow run(const Body& body, Scope& scope) {
    for (const auto& statement : body)
      if (Flow flow = run(*statement, scope); flow != Flow::next) return flow;
    return Flow::next;
  }

  Flow run(const Statement& node, Scope& scope) {
    Depth depth(*this, node.at);
    switch (node.kind) {
      case SKind::text:
        print(node.at, node.name);
        break;
      case SKind::output:
        print(node.at, to_text(evaluate(*node.expressions[0], scope)));
        break;
      case SKind::condition:
        return run_condition(node, scope);
      case SKind::loop:
        return run_loop(node, scope);
      case SKind::set:
        assign(node, evaluate(*node.expressions[0], scope), scope);
        break;
      case SKind::set_block: {
        Scope inner(&scope);
        scope.set(node.targets[0], engine_.text(captured(node.bodies[0], inner)));
        break;
      }
      case SKind::set_attribute:
        set_attribute(node, scope);
        break;
      case SKind::macro:
        scope.set(node.name, {Macro{&node, &scope}});
        break;
      case SKind::generation:
        return run_generation(node, scope);
      case SKind::filter_block: {
        Scope inner(&scope), filtered(&scope);
        filtered.set(kFiltered, engine_.text(captured(node.bodies[0], inner)));
        print(node.at, to_text(evaluate(*node.expressions[0], filtered)));
        break;
      }
      case SKind::break_loop:
        return Flow::break_loop;
      case SKind::continue_loop:
        return Flow::continue_loop;
    }
    return Flow::next;
  }

  Flow run_generation(const Statement& node, Scope& scope) {
    Scope inner(&scope);
    const std::size_t before = output_.size(), begin = captures_ == 0 ? before : written_;
    const Flow flow = run(node.bodies[0], inner);
    generated_.push_back({begin, begin + output_.size() - before});
    return flow;
  }

  Flow run_condition(const Statement& node, Scope& scope) {
    for (std::size_t i = 0; i < node.expressions.size(); ++i)
      if (evaluate(*node.expressions[i], scope).truthy()) return run(node.bodies[i], scope);
    return node.bodies.size() > node.expressions.size() ? run(node.bodies.back(), scope) : Flow::next;
  }

  Flow run_loop(const Statement& node, Scope& scope) {
    Value subject = evaluate(*node.expressions[0], scope);
    engine_.set_position(node.expressions[0]->at);
    std::vector<Value> items = elements(engine_, subject);
    if (node.expressions[1]) {
      std::erase_if(items, [&](const Value& item) {
        Scope inner(&scope);
        assign(node, item, inner);
        return !evaluate(*node.expressions[1], inner).truthy();
      });
    }
    Loop loop{.items = items};
    for (; loop.index < items.size(); ++loop.index) {
      Scope inner(&scope);
      assign(node, items[loop.index], inner);
      inner.set("loop", {&loop});
      if (run(node.bodies[0], inner) == Flow::break_loop) break;
    }
    if (!items.empty()) return Flow::next;
    Scope inner(&scope);
    return run(node.bodies[1], inner);
  }

  /// One name takes the value, several take its elements.
  void assign(const Statement& node, const Value& value, Scope& scope) {
    if (node.targets.size() == 1) return scope.set(node.targets[0], value);
    engine_.set_position(node.at);
    std::vector<Value> parts = elements(engine_, value);
    if (parts.size() != node.targets.size())
      fail_at(node.at, "{} names are to be set from {} values.", node.targets.size(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) scope.set(node.targets[i], parts[i]);
  }

  void set_attribute(const Statement& node, Scope& scope) {
    Value value = evaluate(*node.expressions[0], scope);
    const Value* holder = scope.find(node.targets[0]);
    auto* space = holder ? holder->as<std::shared_ptr<Namespace>>() : nullptr;
    if (space == nullptr)
      fail_at(node.at, "'{}' is no namespace, its attributes cannot be set.", node.targets[0]);
    (*space)->set(node.targets[1], std::move(value));
  }

  Value evaluate(const Expression& node, Scope& scope) {
    Depth depth(*this, node.at);
    switch (node.kind) {
      case EKind::literal:
        return node.value;
      case EKind::name:
        return look_up(node.name, scope);
      case EKind::list:
      case EKind::tuple:
        return Value::list(evaluate_parts(node, 0, scope), node.kind == EKind::tuple);
      case EKind::dict:
        return make_dict(node, scope);
      case EKind::attribute:
        return with_operands(node, scope, [&](Values v) { return attribute(engine_, v[0], node.name); });
      case EKind::item:
        return with_operands(node, scope, [&](Values v) { return item(engine_, v[0], v[1]); });
      case EKind::slice:
        return with_operands(node, scope, [&](Values v) { return slice(engine_, v[0], v[1], v[2], v[3]); });
      case EKind::call:
        return call(node, scope);
      case EKind::filter:
        return apply(find_filter(node.name), node, scope);
      case EKind::test:
        return apply(find_test(node.name), node, scope);
      case EKind::unary:
        return with_operands(node, scope, [&](Values v) { return unary(node, v[0]); });
      case EKind::binary:
        return binary(node, scope);
      case EKind::comparison:
        return comparison(node, scope);
      case EKind::conditional:
        break;
    }
    if (evaluate(*node.parts[1], scope).truthy()) return evaluate(*node.parts[0], scope);
    return node.parts[2] ? evaluate(*node.parts[2], scope)
                         : Value::undefined("the value of an 'if' without 'else'");
  }

  using Values = const std::vector<Value>&;

  /// Values of parts from the given one on; a part left out is none.
  std::vector<Value> evaluate_parts(const Expression& node, std::size_t from, Scope& scope) {
    std::vector<Value> values;
    for (std::size_t i = from; i < node.parts.size(); ++i)
      values.push_back(node.parts[i] ? evaluate(*node.parts[i], scope) : Value::none());
    engine_.set_position(node.at);
    return values;
  }

  template <class Operation>
  Value with_operands(const Expression& node, Scope& scope, Operation operation) {
    return operation(evaluate_parts(node, 0, scope));
  }

  static Value look_up(const std::string& name, Scope& scope) {
    if (auto* value = scope.find(name)) return *value;
    if (find_function(name) != nullptr) return {Function{name}};
    if (name == "self") return {std::make_shared<Namespace>()};  // the template's blocks: it has none
    return Value::undefined(name);
  }

  Value make_dict(const Expression& node, Scope& scope) {
    std::vector<Value> values = evaluate_parts(node, 0, scope);
    std::vector<std::pair<Key, Value>> members;
    for (std::size_t i = 0; i < values.size(); i += 2) {
      const auto key = Key::of(values[i]);
      if (!key)
        engine_.fail("a dictionary's key must be a string or a whole number, not a {}.",
                     values[i].type_name());
      engine_.charge(std::ssize(members));
      auto known =
          std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == *key; });
      if (known != members.end())
        known->second = values[i + 1];
      else
        members.emplace_back(*key, values[i + 1]);
    }
    return Value::dict(std::move(members));
  }

  Value unary(const Expression& node, const Value& value) {
    if (node.name == "not") return Value::of(!value.truthy());
    if (node.name == "-") return negative(engine_, value);
    if (!value.number()) engine_.fail("'+' does not work on a {}.", value.type_name());
    return value;
  }

  void escape_beside_markup(const Expression& node, Value& value) {
    if (!value.string() || is_markup(node)) return;
    engine_.charge(std::ssize(*value.string()));
    value = Value::of(escaped_markup(*value.string()));
  }

  Value binary(const Expression& node, Scope& scope) {
    Value left = evaluate(*node.parts[0], scope);
    if (node.name == "and" || node.name == "or")
      return left.truthy() == (node.name == "or") ? left : evaluate(*node.parts[1], scope);
    Value right = evaluate(*node.parts[1], scope);
    engine_.set_position(node.at);
    if (node.name == "+" && is_markup(node)) {
      escape_beside_markup(*node.parts[0], left);
      escape_beside_markup(*node.parts[1], right);
    }
    return arithmetic(engine_, node.name, left, right);
  }

  /// a < b < c means a < b and b < c.
  Value comparison(const Expression& node, Scope& scope) {
    Value left = evaluate(*node.parts[0], scope);
    for (std::size_t i = 0; i < node.names.size(); ++i) {
      Value right = evaluate(*node.parts[i + 1], scope);
      engine_.set_position(node.at);
      if (!compare(engine_, node.names[i], left, right)) return Value::of(false);
      left = std::move(right);
    }
    return Value::of(true);
  }

  using NamedValues = std::vector<std::pair<std::string, Value>>;

  /// Arguments of a call by position: those written, and those unpacked.
  std::vector<Value> positional_values(const Expression& node, Scope& scope) {
    std::vector<Value> values = evaluate_parts(node, 1, scope);
    if (node.more)
      std::ranges::move(elements(engine_, evaluate(*node.more, scope)), std::back_inserter(values));
    return values;
  }

  NamedValues named_values(const Expression& node, Scope& scope) {
    NamedValues values;
    for (const auto& [name, expression] : node.keywords)
      values.emplace_back(name, evaluate(*expression, scope));
    const Value more = node.more_named ? evaluate(*node.more_named, scope) : Value::dict({});
    engine_.set_position(node.at);
    if (more.dict() == nullptr) engine_.fail("'**' unpacks a dictionary, not a {}.", more.type_name());
    for (const auto& member : more.dict()->members) {
      const std::string& name = member.first.text;
      if (member.first.is_number) engine_.fail("'**' needs names, and came to the number {}.", name);
      if (std::ranges::find(node.keywords, name, [](auto& k) { return k.first; }) != node.keywords.end())
        engine_.fail("the argument '{}' is given twice.", name);
      values.emplace_back(name, member.second);
    }
    return values;
  }

  /// Null when no filter or test has the node's name.
  Value apply(const Builtin* builtin, const Expression& node, Scope& scope) {
    if (builtin == nullptr)
      engine_.fail("the {} '{}' is not supported.", node.kind == EKind::filter ? "filter" : "test",
                   node.name);
    Value subject = evaluate(*node.parts[0], scope);
    std::vector<Value> positional = positional_values(node, scope);
    NamedValues named = named_values(node, scope);
    return call_builtin(engine_, *builtin, subject, std::move(positional), std::move(named));
  }

  Value call(const Expression& node, Scope& scope) {
    Value callee = evaluate(*node.parts[0], scope);
    std::vector<Value> positional = positional_values(node, scope);
    NamedValues named = named_values(node, scope);
    if (auto* macro = callee.as<Macro>())
      return call_macro(node, *macro, std::move(positional), std::move(named));
    if (auto* method = callee.as<Method>())
      return call_builtin(engine_, *find_method(*method->self, method->name), *method->self,
                          std::move(positional), std::move(named));
    if (auto* function = callee.as<Function>())
      return call_function(*find_function(function->name), std::move(positional), std::move(named));
    const Expression& called = *node.parts[0];
    const bool changes =
        called.kind == EKind::attribute && changes_data(evaluate(*called.parts[0], scope), called.name);
    engine_.set_position(node.at);
    if (changes) engine_.fail("'{}' would change data, which a template cannot.", called.name);
    if (auto* missing = callee.as<Undefined>())
      engine_.fail("'{}' is undefined, it cannot be called.", missing->name);
    engine_.fail("a {} cannot be called.", callee.type_name());
  }

  /// namespace() and dict() take any names: these become their subject.
  Value call_function(const Builtin& function, std::vector<Value> positional, NamedValues named) {
    bool free_names = function.name == "namespace" || function.name == "dict";
    if (!free_names)
      return call_builtin(engine_, function, Value::none(), std::move(positional), std::move(named));
    return call_builtin(engine_, function, Value::dict({named.begin(), named.end()}), std::move(positional),
                        {});
  }

  Value call_macro(const Expression& node, const Macro& macro, std::vector<Value> positional,
                   NamedValues named) {
    const Statement& definition = *macro.definition;
    const auto& names = definition.targets;
    if (macro_depth_ >= kMaxMacroDepth)
      fail_at(node.at, "macros call each other deeper than {}.", kMaxMacroDepth);
    if (positional.size() > names.size())
      fail_at(node.at, "the macro '{}' takes at most {} arguments.", definition.name, names.size());
    Scope inner(macro.scope);
    std::vector<bool> given(names.size());
    for (std::size_t i = 0; i < positional.size(); ++i) {
      inner.set(names[i], std::move(positional[i]));
      given[i] = true;
    }
    for (auto& [name, value] : named) {
      auto place = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      if (place == names.size() || given[place])
        fail_at(node.at, "the macro '{}' cannot take an argument '{}' here.", definition.name, name);
      inner.set(name, std::move(value));
      given[place] = true;
    }
    std::size_t first_default = names.size() - definition.expressions.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (given[i]) continue;
      inner.set(names[i], i < first_default ? Value::undefined(names[i])
                                            : evaluate(*definition.expressions[i - first_default], inner));
    }
    ++macro_depth_;
    std::string text = captured(definition.bodies[0], inner);
    --macro_depth_;
    return engine_.text(std::move(text));
  }

  Engine engine_;
  std::string output_;
  std::vector<Rendering::Span> generated_;
  std::size_t written_ = 0;  // by the template itself when the outermost capture began
  int depth_ = 0, macro_depth_ = 0, captures_ = 0;
};

}  // namespace

Rendering render(const Body& program, const std::vector<std::pair<std::string, Value>>& variables) {
  Scope globals;
  for (const auto& [name, value] : variables) globals.set(name, value);
  Scope top(&globals);
  return Renderer().render(program, top);
}

}  // namespace nudge::jinja
