#include "rewards/verifiers/number_phrase.h"

#include <algorithm>
#include <set>
#include <span>

#include "rewards/verifiers/number_tokens.h"
#include "rewards/verifiers/scanning.h"

namespace nudge {
namespace {

using Kind = NumberToken::Kind;
using Tokens = std::span<const NumberToken>;
using Words = std::set<std::string>;

const NumberToken kNothing{.kind = Kind::stop};

std::string small(std::string word) {
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

bool is_word(const NumberToken& token, const Words& words) {
  return token.kind == Kind::word && words.contains(small(token.text));
}

// Behind a number these change its value, or make a time of it.
bool changes_what_precedes(const NumberToken& token) {
  static const Words words = {"hundred",  "hundreds",  "thousand",  "thousands", "million",     "millions",
                              "billion",  "billions",  "trillion",  "trillions", "quadrillion", "dozen",
                              "dozens",   "lakh",      "crore",     "bn",        "mn",          "tn",
                              "half",     "halves",    "thirds",    "fourths",   "fifths",      "sixths",
                              "sevenths", "eighths",   "ninths",    "tenths",    "hundredths",  "thousandths",
                              "squared",  "cubed",     "factorial", "am",        "pm",          "oclock",
                              "sin",      "cos",       "tan",       "log",       "ln",          "exp",
                              "sqrt",     "root",      "pi",        "mod",       "modulo",      "choose",
                              "infinity", "recurring", "repeating"};
  return is_word(token, words);
}

// Right before a number.
bool changes_what_follows(const NumberToken& token) {
  static const Words words = {"negative", "minus", "plus", "sin", "cos",    "tan",  "log", "ln",
                              "exp",      "sqrt",  "root", "mod", "modulo", "base", "not", "times"};
  return is_word(token, words);
}

// Anywhere before the number of a text that is to be a number as a whole.
bool compares(const NumberToken& token) {
  static const Words words = {"least", "most",  "than",  "more",    "less",    "fewer",     "greater", "over",
                              "under", "above", "below", "between", "exceeds", "exceeding", "within",  "up",
                              "not",   "never", "or",    "either",  "neither", "maximum",   "minimum"};
  return is_word(token, words);
}

// With a number on either side they make one thing of two.
bool connects(const NumberToken& token) {
  static const Words words = {"and",   "or", "to",  "through", "till",   "until", "plus", "minus",
                              "times", "by", "mod", "modulo",  "versus", "vs",    "x"};
  return is_word(token, words) || (token.kind == Kind::op && token.text == "&");
}

bool is_ordinal(const std::string& word) {
  static const Words words = {"st", "nd", "rd", "th"};
  return words.contains(small(word));
}

bool is_short_unit(const std::string& word) {
  static const Words units = {
      "m",   "s",   "g",   "h",   "l",   "L",   "A",   "V",   "W",   "J",   "N",   "C",   "F",   "mm",
      "cm",  "dm",  "km",  "in",  "ft",  "yd",  "mi",  "mg",  "kg",  "lb",  "oz",  "ml",  "mL",  "cl",
      "cL",  "dl",  "dL",  "hr",  "ms",  "ns",  "us",  "Hz",  "kW",  "kJ",  "kN",  "kV",  "mA",  "mV",
      "Pa",  "eV",  "Wh",  "px",  "pt",  "em",  "GB",  "MB",  "KB",  "kB",  "TB",  "Gb",  "Mb",  "Kb",
      "gb",  "mb",  "dB",  "ly",  "cc",  "ha",  "ac",  "yr",  "wk",  "min", "sec", "hrs", "lbs", "mph",
      "kph", "kmh", "fps", "rpm", "rad", "deg", "cal", "mol", "kWh", "USD", "EUR", "GBP", "yrs", "day",
      "gal", "pts", "pcs", "m2",  "m3",  "ft2", "ft3", "cm2", "cm3", "km2", "in2", "in3", "mm2", "mm3"};
  return units.contains(word);
}

// Whether a word behind a number is a unit or goes on with the sentence. Letters right behind it may be
// factors (3k, 2xy), and so may a letter alone; in `prose` short words are English.
bool may_follow(const NumberToken& word, bool prose) {
  static const Words short_words = {"of", "in", "on", "at", "is", "as", "so", "an", "we", "he",
                                    "it", "us", "no", "if", "do", "be", "me", "my", "go"};
  const std::string& text = word.text;
  if (changes_what_precedes(word)) return false;
  if (is_short_unit(text) || (!word.apart && is_ordinal(text))) return true;
  if (static_cast<unsigned char>(text[0]) >= 0x80) return true;  // a unit in another script
  if (std::ranges::any_of(text, is_digit)) return false;
  if (word.apart && (text == "K" || text == "k")) return text == "K";  // kelvin
  if (!word.apart) return text.size() > 3 || is_short_unit(text);
  if (text.size() >= 3) return true;
  if (text.size() == 1) return prose && (text == "a" || text == "I");
  return prose || short_words.contains(small(text));
}

// One number of a text and what stands around it.
class Place {
 public:
  Place(Tokens tokens, std::size_t at, bool prose) : tokens_(tokens), prose_(prose), left_(at), right_(at) {
    while (before().kind == Kind::open && before().text == "(" && behind().kind == Kind::close &&
           behind().text == ")")
      --left_, ++right_;
    tight_left_ = left_ > 0 && !tokens_[left_].apart;
    in_brackets_ = left_ != at;
  }

  bool stands_alone() const { return left_is_free() && right_is_free(); }

 private:
  const NumberToken& token(std::size_t at) const { return at < tokens_.size() ? tokens_[at] : kNothing; }
  const NumberToken& before(std::size_t steps = 1) const {
    return left_ >= steps ? tokens_[left_ - steps] : kNothing;
  }
  const NumberToken& behind(std::size_t steps = 1) const { return token(right_ + steps); }

  static bool is_value(const NumberToken& token) {
    return token.kind == Kind::number || token.kind == Kind::symbol || token.kind == Kind::op ||
           token.kind == Kind::exponent || (token.kind == Kind::word && token.text.size() == 1);
  }
  // In prose a dash stands between words, or begins an item of a list.
  bool is_dash(const NumberToken& dash, const NumberToken& neighbour) const {
    return prose_ && (dash.text == "-" || dash.text == "–") && !is_value(neighbour) &&
           neighbour.kind != Kind::close;
  }
  bool ends_tuple(const NumberToken& token) const {
    return token.kind == Kind::close || token.kind == Kind::comma;
  }

  bool left_is_free() const {
    const NumberToken& near = before();
    const NumberToken& far = before(2);
    switch (near.kind) {
      case Kind::number:
      case Kind::symbol:
      case Kind::relation:
      case Kind::subscript:
        return false;
      case Kind::op:
        if (near.text == "+") return !is_value(far) && far.kind != Kind::word && far.kind != Kind::close;
        return tokens_[left_].apart && is_dash(near, far);
      case Kind::word:
        if (in_brackets_ && tight_left_) return false;  // f(5)
        return !changes_what_follows(near) && !(connects(near) && far.kind == Kind::number);
      case Kind::close:
        return !tight_left_;
      case Kind::comma:
        if (ends_tuple(behind()) && has_open_bracket()) return false;
        return !is_value(far) || (prose_ && behind().kind == Kind::word && may_follow(behind(), prose_));
      case Kind::colon:
        return far.kind != Kind::number;
      case Kind::open:
        return near.text == "(" && behind().kind != Kind::comma;
      case Kind::equals:  // "x = 3 or x = 5"
        return !is_word(before(3), {"or"});
      case Kind::stop:  // 3.2.1
        return !(tight_left_ && near.text == "." && !near.apart && ends_in_a_digit(far));
      default:
        return true;
    }
  }

  bool right_is_free() const {
    const NumberToken& near = behind();
    const NumberToken& far = behind(2);
    switch (near.kind) {
      case Kind::number:
      case Kind::symbol:
      case Kind::relation:
      case Kind::subscript:
        return false;
      case Kind::op:
        if (near.text == "!") return prose_;
        if (near.text == "/") return far.kind == Kind::word && may_follow_slash(far);
        return (near.apart || (prose_ && far.kind == Kind::word && far.text.size() > 2)) &&
               is_dash(near, far) && far.kind == Kind::word;
      case Kind::word:
        if (connects(near) &&
            (far.kind == Kind::number || (behind(3).kind == Kind::equals && behind(4).kind == Kind::number)))
          return false;
        if (is_word(near, {"and"})) return !half_follows(right_ + 2);
        if (is_word(near, {"a", "an"}) && near.apart && far.kind == Kind::word) return true;  // 5 a day
        return may_follow(near, prose_);
      case Kind::comma:
        return !is_value(far);
      case Kind::colon:
        return far.kind != Kind::number;
      case Kind::open:
        return near.apart && near.text == "(";
      case Kind::close:
        return near.text == ")" || prose_;
      case Kind::ellipsis:
        return prose_;
      case Kind::mark:
        return far.kind != Kind::number || far.apart;
      case Kind::stop:
        return !(near.text == "." && !near.apart && !far.apart &&
                 (far.kind == Kind::number || far.kind == Kind::symbol));
      default:
        return true;
    }
  }

  static bool ends_in_a_digit(const NumberToken& token) {
    return token.kind == Kind::number || (token.kind == Kind::word && is_digit(token.text.back()));
  }

  static bool may_follow_slash(const NumberToken& word) {
    return word.text.size() >= 2 || is_short_unit(word.text) || word.text == "d";
  }

  // "3 and a half".
  bool half_follows(std::size_t at) const {
    static const Words parts = {"half", "third", "quarter", "fourth", "fifth"};
    const bool article = is_word(token(at), {"a", "one"});
    return is_word(token(article ? at + 1 : at), parts);
  }

  bool has_open_bracket() const {
    int open = 0;
    for (std::size_t i = 0; i < left_; ++i) {
      open += tokens_[i].kind == Kind::open;
      open -= tokens_[i].kind == Kind::close && open > 0;
    }
    return open > 0;
  }

  Tokens tokens_;
  bool prose_;
  std::size_t left_, right_;
  bool tight_left_ = false, in_brackets_ = false;
};

bool is_number(const NumberToken& token) {
  return token.kind == Kind::number;
}

std::vector<Tokens> sides_of_equation(Tokens tokens) {
  std::vector<Tokens> sides;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += tokens[i].kind == Kind::open;
    depth -= tokens[i].kind == Kind::close;
    if (tokens[i].kind != Kind::equals || depth != 0) continue;
    sides.push_back(tokens.subspan(begin, i - begin));
    begin = i + 1;
  }
  sides.push_back(tokens.subspan(begin));
  return sides;
}

// What may stand beside the value in an equation: the name of something ("x", "f(2)", "x + y"), or a
// computation of nothing but numbers.
bool names_the_value(Tokens side) {
  int depth = 0;
  bool numbers = false, letters = false;
  for (std::size_t i = 0; i < side.size(); ++i) {
    const NumberToken& token = side[i];
    if (depth == 0 && (token.kind == Kind::relation || token.kind == Kind::comma)) return false;
    if (token.kind == Kind::open && (depth > 0 || (i > 0 && side[i - 1].kind == Kind::word))) ++depth;
    if (token.kind == Kind::close && depth > 0) --depth;
    if (depth > 0) continue;  // the arguments of a name
    numbers = numbers || is_number(token) || token.kind == Kind::exponent;
    letters = letters || token.kind == Kind::word;
  }
  return !(numbers && letters);
}

// Nothing but words, brackets and units.
bool is_harmless(Tokens side, std::size_t number) {
  for (std::size_t i = 0; i < side.size(); ++i) {
    const NumberToken& token = side[i];
    const auto word = [&](std::size_t at) { return at < side.size() && side[at].kind == Kind::word; };
    if (i == number) continue;
    if (token.kind == Kind::relation || token.kind == Kind::symbol) return false;
    if (i < number ? compares(token) : is_word(token, {"or", "least", "most", "than"})) return false;
    if (token.kind == Kind::open && token.text != "(" && token.text != "[") return false;
    const bool sign = token.kind == Kind::op && i + 1 == number;  // Place has looked at it
    const bool of_unit = word(i + 1) && (i + 1 > number) &&
                         (i == number + 1 || word(i - 1) || side[i - 1].kind == Kind::exponent);
    const bool hyphen = i > 0 && word(i - 1) && word(i + 1);
    if (token.kind == Kind::op && !sign && !of_unit && !hyphen) return false;
  }
  return true;
}

std::optional<Number> value_of_side(Tokens side) {
  const bool negative = !side.empty() && side.front().kind == Kind::op &&
                        (side.front().text == "-" || side.front().text == "\u2212");
  if (negative) side = side.subspan(1);
  if (std::ranges::count_if(side, is_number) != 1) return std::nullopt;
  const auto at = static_cast<std::size_t>(std::ranges::find_if(side, is_number) - side.begin());
  if (negative && at != 0) return std::nullopt;
  if (!Place(side, at, /*prose=*/false).stands_alone() || !is_harmless(side, at)) return std::nullopt;
  std::optional<Number> number = side[at].value;
  if (number && negative) number->value = -number->value;
  return number;
}

}  // namespace

std::optional<Number> whole_number(std::string_view text) {
  const std::vector<NumberToken> tokens = number_tokens(text);
  const std::vector<Tokens> sides = sides_of_equation(tokens);
  const auto has_number = [](Tokens side) { return std::ranges::any_of(side, is_number); };
  auto value = std::ranges::find_if(sides.rbegin(), sides.rend(), has_number);
  if (value == sides.rend()) return std::nullopt;
  for (auto side = sides.rbegin(); side != sides.rend(); ++side)
    if (side != value && !names_the_value(*side)) return std::nullopt;
  return value_of_side(*value);
}

namespace {

std::optional<Number> standing(const std::vector<NumberToken>& tokens, std::size_t at, bool prose) {
  return at < tokens.size() && Place(tokens, at, prose).stands_alone() ? tokens[at].value : std::nullopt;
}

}  // namespace

std::optional<Number> first_standing_number(std::string_view line) {
  const std::vector<NumberToken> tokens = number_tokens(line);
  const auto first = static_cast<std::size_t>(std::ranges::find_if(tokens, is_number) - tokens.begin());
  const bool compared = std::any_of(tokens.begin(), tokens.begin() + first, compares);
  return compared ? std::nullopt : standing(tokens, first, /*prose=*/false);
}

std::optional<Number> last_standing_number(std::string_view text) {
  const std::vector<NumberToken> tokens = number_tokens(text);
  const auto last = std::ranges::find_if(tokens.rbegin(), tokens.rend(), is_number);
  return last == tokens.rend()
             ? std::nullopt
             : standing(tokens, static_cast<std::size_t>(tokens.rend() - last) - 1, /*prose=*/true);
}

}  // namespace nudge
