#include "rewards/verifiers/number_tokens.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "rewards/verifiers/number_scanner.h"
#include "rewards/verifiers/scanning.h"

namespace nudge {
namespace {

using Kind = NumberToken::Kind;

struct Sign {
  const char* text;
  Kind kind;
};

// Longer ones before those that they begin with. Quotes, dollars and braces are none: they are passed over.
constexpr std::array kSigns = {
    Sign{"\\{", Kind::open},     Sign{"\\}", Kind::close},   Sign{"\\\\", Kind::stop},
    Sign{"\\|", Kind::op},       Sign{"\\%", Kind::mark},    Sign{"\\&", Kind::op},
    Sign{"...", Kind::ellipsis}, Sign{"…", Kind::ellipsis},  Sign{"<=", Kind::relation},
    Sign{">=", Kind::relation},  Sign{"!=", Kind::relation}, Sign{"<", Kind::relation},
    Sign{">", Kind::relation},   Sign{"≤", Kind::relation},  Sign{"≥", Kind::relation},
    Sign{"≠", Kind::relation},   Sign{"∈", Kind::relation},  Sign{"=", Kind::equals},
    Sign{"≈", Kind::equals},     Sign{"≡", Kind::relation},  Sign{"→", Kind::stop},
    Sign{"⇒", Kind::stop},       Sign{"∴", Kind::stop},      Sign{"—", Kind::stop},
    Sign{"•", Kind::stop},       Sign{"±", Kind::op},        Sign{"∓", Kind::op},
    Sign{"×", Kind::op},         Sign{"÷", Kind::op},        Sign{"·", Kind::op},
    Sign{"–", Kind::op},         Sign{"\u2212", Kind::op},   Sign{"∪", Kind::op},
    Sign{"∩", Kind::op},         Sign{"°", Kind::mark},      Sign{"′", Kind::mark},
    Sign{"″", Kind::mark},       Sign{"¢", Kind::mark},      Sign{"%", Kind::mark},
    Sign{"√", Kind::symbol},     Sign{"∞", Kind::symbol},    Sign{"∅", Kind::symbol},
    Sign{"+", Kind::op},         Sign{"-", Kind::op},        Sign{"*", Kind::op},
    Sign{"/", Kind::op},         Sign{"|", Kind::op},        Sign{"&", Kind::op},
    Sign{"^", Kind::op},         Sign{"!", Kind::op},        Sign{"(", Kind::open},
    Sign{"[", Kind::open},       Sign{")", Kind::close},     Sign{"]", Kind::close},
    Sign{",", Kind::comma},      Sign{":", Kind::colon},     Sign{".", Kind::stop},
    Sign{";", Kind::stop},       Sign{"?", Kind::stop},      Sign{"\n", Kind::stop},
    Sign{"@", Kind::symbol},
};

constexpr std::array kBlanks = {
    " ",      "\t", "\r",  "~",   "\u00a0", "\u2002", "\u2003", "\u2009", "\u200a", "\u200b", "\u202f",
    "\u3000", "$",  "\\$", "\\(", "\\)",    "\\[",    "\\]",    "\\,",    "\\;",    "\\:",    "\\!",
    "\\ ",    "\"", "“",   "”",   "`",      "#",      "€",      "£",      "¥",      "₹"};

Kind kind_of_command(const std::string& name) {
  static const std::set<std::string> relations = {
      "lt", "gt", "le", "leq",   "ge",    "geq",    "leqslant", "neq", "ne",  "geqslant",
      "ll", "gg", "in", "notin", "equiv", "subset", "subseteq", "mid", "nmid"};
  static const std::set<std::string> equals = {"approx", "simeq", "sim", "cong", "doteq"};
  static const std::set<std::string> operators = {"times", "cdot", "div",   "pm",       "mp",    "cup",
                                                  "cap",   "ast",  "star",  "setminus", "mod",   "bmod",
                                                  "pmod",  "to",   "oplus", "vert",     "lvert", "rvert"};
  static const std::set<std::string> stops = {"Rightarrow", "implies", "therefore", "rightarrow", "newline",
                                              "because",    "iff",     "quad",      "qquad"};
  static const std::set<std::string> marks = {"degree",     "circ",  "prime",    "percent",
                                              "textdegree", "cents", "checkmark"};
  static const std::set<std::string> opens = {"langle", "lbrace", "lbrack"},
                                     closes = {"rangle", "rbrace", "rbrack"};
  const auto in = [&](const std::set<std::string>& names) { return names.contains(name); };
  if (in(relations)) return Kind::relation;
  if (in(equals)) return Kind::equals;
  if (in(operators)) return Kind::op;
  if (in(stops)) return Kind::stop;
  if (in(marks)) return Kind::mark;
  if (in(opens)) return Kind::open;
  if (in(closes)) return Kind::close;
  if (name == "ldots" || name == "dots" || name == "cdots") return Kind::ellipsis;
  return Kind::symbol;
}

bool is_layout(const std::string& name) {
  static const std::set<std::string> layout = {
      "text",   "textrm",    "textbf",       "textit", "texttt",   "textsf",    "mathrm",  "mathbf",
      "mathit", "mathsf",    "boldsymbol",   "bf",     "rm",       "it",        "mbox",    "hbox",
      "boxed",  "fbox",      "left",         "right",  "big",      "Big",       "bigl",    "bigr",
      "Bigl",   "Bigr",      "displaystyle", "large",  "Large",    "thinspace", "enspace", "space",
      "emph",   "underline", "operatorname", "color",  "textcolor"};
  return layout.contains(name);
}

bool is_part_of_word(std::string_view text, std::size_t at) {
  return at < text.size() && (is_letter(text[at]) || is_digit(text[at]));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<NumberToken> run() {
    while (at_ < text_.size()) {
      if (blank() || number() || subscript() || word() || exponent() || command() || emphasis() || sign() ||
          foreign())
        continue;
      ++at_;  // braces, and what is no character
    }
    return std::move(tokens_);
  }

 private:
  void add(Kind kind, std::string text = {}, std::optional<Number> value = {}) {
    tokens_.push_back({kind, std::move(text), std::exchange(apart_, false), std::move(value)});
  }

  bool blank() {
    for (const char* blank : kBlanks) {
      if (!take(text_, at_, blank)) continue;
      apart_ = true;
      return true;
    }
    return false;
  }

  bool number() {
    auto [there, value] = scan_number(text_, at_);
    if (there) add(Kind::number, {}, std::move(value));
    return there;
  }

  // "_2", "_{10}" behind a number or a bracket.
  bool subscript() {
    if (text_[at_] != '_' || apart_ || tokens_.empty()) return false;
    ++at_;
    if (at_ < text_.size() && text_[at_] == '{') {
      at_ = std::min(text_.find('}', at_), text_.size());
    } else {
      while (is_part_of_word(text_, at_)) ++at_;
    }
    add(Kind::subscript);
    return true;
  }

  // "apples", "B12", "x_1", "x_{12}", "o'clock".
  bool word() {
    if (!is_part_of_word(text_, at_)) return false;
    std::string letters;
    while (at_ < text_.size()) {
      if (is_part_of_word(text_, at_)) {
        letters += text_[at_++];
      } else if (text_[at_] == '{' && letters.ends_with('_')) {
        at_ = std::min(text_.find('}', at_), text_.size());
      } else if (text_[at_] == '\'' && is_part_of_word(text_, at_ + 1)) {
        ++at_;
      } else {
        break;
      }
    }
    add(Kind::word, std::move(letters));
    return true;
  }

  bool exponent() {
    if (!pass_superscript(text_, at_)) return false;
    const bool behind_word = !tokens_.empty() && !apart_ && tokens_.back().kind != Kind::op;
    if (behind_word) add(Kind::exponent);
    return true;
  }

  bool command() {
    if (text_[at_] != '\\') return false;
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_letter(text_[end]) && text_[end] != '_') ++end;
    if (end == at_ + 1) return false;
    const std::string name(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end;
    if (name == "begin" || name == "end") at_ = std::min(text_.find('}', at_), text_.size());
    if (is_layout(name))
      apart_ = apart_ || name.starts_with("text") || name == "mbox" || name == "mathrm";
    else
      add(kind_of_command(name), name);
    return true;
  }

  // *72*, **72**, and the star of a list: no product, for something blank is on one side only.
  bool emphasis() {
    if (text_[at_] != '*') return false;
    std::size_t end = at_;
    while (end < text_.size() && text_[end] == '*') ++end;
    const auto holds = [&](std::size_t i, std::string_view others) {
      return i < text_.size() && others.find(text_[i]) == std::string_view::npos;
    };
    const bool before = at_ > 0 && holds(at_ - 1, " \t\n("), behind = holds(end, " \t\r\n.,;:!?)");
    const bool star_of_list = !before && !behind && (tokens_.empty() || tokens_.back().kind == Kind::stop);
    if (before == behind && !star_of_list) return false;
    at_ = end;
    return true;
  }

  bool sign() {
    for (const Sign& sign : kSigns) {
      if (!take(text_, at_, sign.text)) continue;
      add(sign.kind, sign.text);
      return true;
    }
    return false;
  }

  // Letters of other scripts make words, Greek ones may be quantities.
  bool foreign() {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text_[i]); };
    if (byte(at_) < 0x80) return false;
    const bool greek = byte(at_) == 0xce || byte(at_) == 0xcf;
    std::string letter;
    do letter += text_[at_++];
    while (at_ < text_.size() && (byte(at_) & 0xc0) == 0x80);
    add(greek ? Kind::symbol : Kind::word, std::move(letter));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool apart_ = true;
  std::vector<NumberToken> tokens_;
};

}  // namespace

std::vector<NumberToken> number_tokens(std::string_view text) {
  return Reader(text).run();
}

}  // namespace nudge
