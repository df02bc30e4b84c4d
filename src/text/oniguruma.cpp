#include "text/oniguruma.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/utf8.h"

namespace nudge {
namespace {

/// What stands inside a class for a set of characters. PCRE2's own \s counts U+180E, its \w leaves out marks;
/// Oniguruma's has these six numbers of Latin-1.
constexpr const char* kSpaces = R"(\p{Z}\x09-\x0d\x{85})";
constexpr const char* kWords = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
constexpr const char* kHexadecimal = "0-9a-fA-F";
constexpr const char* kAlphabetic = R"(\p{Alphabetic})";
constexpr const char* kAnything = "(?s:.)";

struct NamedSet {
  const char *name, *inside;
};
/// Names of POSIX brackets; those of \p{...} but for punct, which is P alone there.
constexpr std::array kSets = {NamedSet{"alpha", kAlphabetic},
                              NamedSet{"alnum", R"(\p{Alphabetic}\p{Nd})"},
                              NamedSet{"digit", R"(\p{Nd})"},
                              NamedSet{"lower", R"(\p{Lowercase})"},
                              NamedSet{"upper", R"(\p{Uppercase})"},
                              NamedSet{"punct", R"(\p{P}\p{S})"},
                              NamedSet{"space", kSpaces},
                              NamedSet{"word", kWords},
                              NamedSet{"xdigit", kHexadecimal}};

std::string lower(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (c != '_' && c != ' ' && c != '-')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// A character that means itself, in a class and outside.
std::string literal(char32_t c) {
  if (c < 0x80 && std::isalnum(static_cast<int>(c))) return std::string(1, static_cast<char>(c));
  return fmt::format("\\x{{{:x}}}", static_cast<std::uint32_t>(c));
}

std::string class_of(std::string_view inside, bool negated = false) {
  return fmt::format("[{}{}]", negated ? "^" : "", inside);
}

/// One character out of a set: what stands inside a class, or a whole expression where that cannot say it.
struct OneOf {
  std::string inside, whole;

  std::string expression() const { return whole.empty() ? class_of(inside) : whole; }
};

class Translator {
 public:
  Translator(std::string_view expression, std::string_view where) : text_(expression), where_(where) {}

  std::string run() {
    std::string translated = alternatives();
    if (at_ < text_.size()) refuse("a closing parenthesis without its opening one");
    return translated;
  }

 private:
  static constexpr int kMaxDepth = 64;

  [[noreturn]] void refuse(std::string_view what) const {
    fail("{}: the regular expression {} has {} (at byte {}), which nudge does not read.", where_, text_, what,
         at_);
  }

  bool done() const { return at_ >= text_.size(); }
  bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!next_is(what)) return false;
    at_ += what.size();
    return true;
  }
  char32_t character() {
    if (done()) refuse("no end");
    return next_code_point(text_, at_);
  }
  std::string_view until(char end) {
    const auto found = text_.find(end, at_);
    if (found == std::string_view::npos) refuse("no end");
    const auto inside = text_.substr(at_, found - at_);
    at_ = found + 1;
    return inside;
  }

  std::string alternatives() {
    if (++depth_ > kMaxDepth) refuse("parentheses nested too deeply");
    std::string all = sequence();
    while (take("|")) all += "|" + sequence();
    --depth_;
    return all;
  }

  std::string sequence() {
    std::string all;
    while (!done() && text_[at_] != '|' && text_[at_] != ')') {
      std::string one = atom();
      bool repeated = false;
      while (const auto times = quantifier()) {
        one = (std::exchange(repeated, true) ? "(?:" + one + ")" : one) + *times;
        if (at_ < text_.size() && times->ends_with('}') && take("?")) one += "?";
      }
      all += one;
    }
    return all;
  }

  /// `*`, `+?`, `{2,}` ...: behind braces a plus repeats once more, as everywhere in Ruby.
  std::optional<std::string> quantifier() {
    if (done()) return std::nullopt;
    const char c = text_[at_];
    if (c == '*' || c == '+' || c == '?') {
      ++at_;
      std::string times(1, c);
      if (take("?"))
        times += "?";
      else if (take("+"))
        times += "+";
      return times;
    }
    if (c != '{') return std::nullopt;
    const auto close = text_.find('}', at_);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    const auto comma = inside.find(',');
    const auto digits = [](std::string_view part) {
      return std::ranges::all_of(part, [](char d) { return d >= '0' && d <= '9'; });
    };
    const auto low = inside.substr(0, comma);
    const auto high = comma == std::string_view::npos ? std::string_view() : inside.substr(comma + 1);
    if (!digits(low) || !digits(high) || low.size() + high.size() == 0) return std::nullopt;
    at_ = close + 1;
    if (comma == std::string_view::npos) {
      if (next_is("?")) refuse("{n}?");
      return fmt::format("{{{}}}", low);
    }
    return fmt::format("{{{},{}}}", low.empty() ? "0" : low, high);
  }

  std::string atom() {
    if (take("(")) return group();
    if (take("[")) return set().expression();
    if (take(".")) return ".";
    if (take("^")) return "(?m:^)";
    if (take("$")) return "(?m:$)";
    if (next_is("*") || next_is("+") || next_is("?")) refuse("a repetition of nothing");
    if (take("\\")) return escape();
    return literal(character());
  }

  std::string group() {
    for (const auto* kind : {"?=", "?!", "?<=", "?<!", "?>", "?:"})
      if (take(kind)) return inside_group(kind);
    if (next_is("?<") || next_is("?'")) {  // a name
      at_ += 1;
      const char end = text_[at_] == '<' ? '>' : '\'';
      ++at_;
      until(end);
      return inside_group("?:");
    }
    if (!take("?")) return inside_group("?:");
    std::string options;
    for (; next_is("i") || next_is("m") || next_is("-"); ++at_)
      options += next_is("m") ? 's' : text_[at_];  // Ruby's m lets the dot match line ends
    if (take(":")) return inside_group("?" + options + ":");
    const bool first = at_ == options.size() + 2 && !options.empty();
    if (!first || !take(")")) refuse("a group of this kind");
    return "(?" + options + ")";  // for the whole expression
  }

  std::string inside_group(const std::string& opening) {
    std::string inside = alternatives();
    if (!take(")")) refuse("no closing parenthesis");
    return "(" + opening + inside + ")";
  }

  std::optional<char32_t> control(char32_t c) {
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'a':
        return '\a';
      case 'e':
        return 0x1b;
      case '0':
        return 0;
      case 'x':
        return take("{") ? number(until('}')) : hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      default:
        break;
    }
    if (c < 0x80 && std::isalnum(static_cast<int>(c))) return std::nullopt;
    return c;
  }

  char32_t hexadecimal(std::size_t most) {
    std::size_t count = 0;
    while (count < most && at_ + count < text_.size() &&
           std::isxdigit(static_cast<unsigned char>(text_[at_ + count])))
      ++count;
    at_ += count;
    return number(text_.substr(at_ - count, count));
  }

  char32_t number(std::string_view digits) const {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || value > 0x10ffff ||
        (value >= 0xd800 && value < 0xe000))
      refuse("a number of no character");
    return value;
  }

  /// The set behind `\s`, `\P{Han}` ...; absent when `c` begins none.
  std::optional<OneOf> named_set(char32_t c) {
    const auto plain = [&](const char* inside, char32_t positive) {
      return c == positive ? OneOf{inside, ""} : OneOf{"", class_of(inside, true)};
    };
    switch (c) {
      case 's':
      case 'S':
        return plain(kSpaces, 's');
      case 'w':
      case 'W':
        return plain(kWords, 'w');
      case 'd':
      case 'D':
        return plain(R"(\p{Nd})", 'd');
      case 'h':
      case 'H':
        return plain(kHexadecimal, 'h');
      case 'p':
      case 'P':
        return property(c == 'P');
      default:
        return std::nullopt;
    }
  }

  OneOf property(bool negated) {
    if (!take("{")) refuse("a property without braces");
    if (take("^")) negated = !negated;
    const std::string_view name = until('}');
    const std::string plain = lower(name);
    constexpr std::string_view kCategories = "LMNPSZC";
    const auto as = [&](const std::string& inside) {
      return negated ? OneOf{"", class_of(inside, true)} : OneOf{inside, ""};
    };
    if (plain == "punct") return as(R"(\p{P})");
    if (plain == "any") return as(R"(\x{0}-\x{10ffff})");
    for (const auto& set : kSets)
      if (plain == set.name) return as(set.inside);
    if (!plain.empty() && plain.size() <= 2) {
      const char first = static_cast<char>(std::toupper(static_cast<unsigned char>(plain[0])));
      if (kCategories.find(first) == std::string_view::npos) refuse("an unknown property");
      return as(fmt::format("\\p{{{}{}}}", first, plain.substr(1)));
    }
    if (!std::ranges::all_of(plain, [](unsigned char l) { return std::isalpha(l) != 0; }))
      refuse("an unknown property");
    return as(fmt::format("\\p{{sc:{}}}", plain));  // a script; PCRE2 refuses what is none
  }

  std::string escape() {
    const char32_t c = character();
    if (const auto set = named_set(c)) return set->expression();
    if (c == 'b' || c == 'B') {
      const std::string in = class_of(kWords);
      return c == 'b' ? fmt::format("(?:(?<={0})(?!{0})|(?<!{0})(?={0}))", in)
                      : fmt::format("(?:(?<={0})(?={0})|(?<!{0})(?!{0}))", in);
    }
    if (c == 'A' || c == 'z' || c == 'Z') return fmt::format("\\{}", static_cast<char>(c));
    if (c == 'R') return R"((?>\x0d\x0a|[\x0a-\x0d\x{85}\x{2028}\x{2029}]))";
    if (const auto self = control(c)) return literal(*self);
    refuse(fmt::format("the escape \\{}", static_cast<char>(c)));
  }

  /// Behind an opening bracket.
  OneOf set() {
    if (++depth_ > kMaxDepth) refuse("brackets nested too deeply");
    const bool negated = take("^");
    std::vector<std::string> parts;  // that a character must all lie in
    do parts.push_back(union_of_items(parts.empty()));
    while (take("&&"));
    if (!take("]")) refuse("no closing bracket");
    --depth_;
    std::string both;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) both += "(?=" + parts[i] + ")";
    both += parts.back();
    if (parts.size() == 1 && parts[0].starts_with('[')) {
      const std::string inside = parts[0].substr(1, parts[0].size() - 2);
      return negated ? OneOf{"", class_of(inside, true)} : OneOf{inside, ""};
    }
    return {"", negated ? fmt::format("(?:(?!{}){})", both, kAnything) : "(?:" + both + ")"};
  }

  /// Everything up to `&&` or the closing bracket: a class, or alternatives where one cannot say it.
  std::string union_of_items(bool first) {
    std::string inside, others;
    while (!next_is("&&") && !(next_is("]") && !(first && inside.empty() && others.empty()))) {
      const OneOf one = item();
      inside += one.inside;
      if (one.inside.empty()) others += "|" + one.whole;
    }
    if (others.empty()) {
      if (inside.empty()) refuse("an empty class");
      return class_of(inside);
    }
    return fmt::format("(?:{}{})", inside.empty() ? "" : class_of(inside),
                       inside.empty() ? others.substr(1) : others);
  }

  OneOf item() {
    if (take("[:")) return posix();
    if (take("[")) return set();
    const auto from = bound();
    if (!from.second.inside.empty() || !from.second.whole.empty()) return from.second;
    if (!next_is("-") || text_.substr(at_ + 1).starts_with("]")) return {literal(from.first), ""};
    ++at_;
    const auto to = bound();
    if (!to.second.inside.empty() || !to.second.whole.empty()) refuse("a range to a set");
    if (to.first < from.first) refuse("a range that ends before it begins");
    return {literal(from.first) + "-" + literal(to.first), ""};
  }

  /// A character, or a set.
  std::pair<char32_t, OneOf> bound() {
    const char32_t c = character();
    if (c != '\\') return {c, {}};
    const char32_t escaped = character();
    if (auto named = named_set(escaped)) return {0, *named};
    if (escaped == 'b') return {'\b', {}};
    if (const auto self = control(escaped)) return {*self, {}};
    refuse(fmt::format("the escape \\{}", static_cast<char>(escaped)));
  }

  OneOf posix() {
    const bool negated = take("^");
    const std::string_view name = until(':');
    if (!take("]")) refuse("no closing bracket");
    for (const auto& set : kSets)
      if (name == set.name) return negated ? OneOf{"", class_of(set.inside, true)} : OneOf{set.inside, ""};
    refuse("an unknown class");
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string from_oniguruma(std::string_view expression, std::string_view where) {
  return Translator(expression, where).run();
}

}  // namespace nudge
