#include "text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "text/jinja/strings.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

using Type = Token::Type;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Python's universal newlines, and one newline at the end does not count.
std::string normalize_newlines(std::string_view source) {
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalize_newlines(source)) {}

  std::vector<Token> run() {
    while (position_ < source_.size()) read_text();
    add(Type::end, "", position_);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(position_); }

  Position position_of(std::size_t offset) {
    for (; counted_ < offset; ++counted_) {
      bool newline = source_[counted_] == '\n';
      bool character = (source_[counted_] & 0xC0) != 0x80;
      here_ =
          newline ? Position{here_.line + 1, 1} : Position{here_.line, here_.column + (character ? 1 : 0)};
    }
    return here_;
  }

  void add(Type type, std::string text, std::size_t offset) {
    tokens_.push_back({type, std::move(text), position_of(offset)});
  }

  /// Text up to the next tag, and the tag.
  void read_text() {
    std::size_t begin = position_;
    const auto only_a_brace = [&](std::size_t at) {
      return at + 1 < source_.size() &&
             std::string_view("{%#").find(source_[at + 1]) == std::string_view::npos;
    };
    std::size_t tag = source_.find('{', begin);
    while (tag != std::string::npos && only_a_brace(tag)) tag = source_.find('{', tag + 1);
    if (tag == std::string::npos || tag + 1 >= source_.size()) {
      add(Type::text, source_.substr(begin), begin);
      position_ = source_.size();
      return;
    }
    position_ = tag + 2;
    char kind = source_[tag + 1];
    char sign = position_ < source_.size() && (source_[position_] == '-' || source_[position_] == '+')
                    ? source_[position_++]
                    : ' ';
    auto text = strip_before_tag(std::string_view(source_).substr(begin, tag - begin), sign, kind != '{');
    if (!text.empty()) add(Type::text, std::string(text), begin);
    if (kind == '#')
      skip_comment(tag);
    else if (kind == '%' && begins_raw())
      read_raw(tag);
    else
      read_tag(tag, kind);
  }

  std::string_view strip_before_tag(std::string_view text, char sign, bool block) const {
    if (sign == '-') return strip(text, std::nullopt, false, true);
    if (sign == '+' || !block) return text;
    std::size_t line = text.rfind('\n') + 1;  // npos + 1 is 0
    bool begins_line = line > 0 || line_starting_;
    bool blank = strip(text.substr(line), std::nullopt, true, false).empty();
    return begins_line && blank ? text.substr(0, line) : text;
  }

  /// Moves behind white space as the end of a tag asks: all of it after `-`, one newline after a block.
  void strip_behind_tag(bool all, bool newline) {
    if (all)
      position_ = source_.size() - strip(rest(), std::nullopt, true, false).size();
    else if (newline && rest().starts_with('\n'))
      ++position_;
    line_starting_ = source_[position_ - 1] == '\n';
  }

  void skip_comment(std::size_t tag) {
    std::size_t end = source_.find("#}", position_);
    if (end == std::string::npos) fail_at(position_of(tag), "this comment has no end.");
    char sign = end > position_ ? source_[end - 1] : ' ';
    position_ = end + 2;
    strip_behind_tag(sign == '-', sign != '+');
  }

  /// Whether a tag just begun is `raw %}`, which is then taken.
  bool begins_raw() {
    std::size_t saved = position_;
    if (take_words("raw")) return true;
    position_ = saved;
    return false;
  }

  bool take_words(std::string_view word) {
    skip_white_space();
    if (!rest().starts_with(word)) return false;
    position_ += word.size();
    skip_white_space();
    bool all = rest().starts_with("-%}"), none = rest().starts_with("+%}");
    if (!all && !none && !rest().starts_with("%}")) return false;
    position_ += all || none ? 3 : 2;
    strip_behind_tag(all, !none && word == "endraw");
    return true;
  }

  void read_raw(std::size_t tag) {
    std::size_t begin = position_;
    for (std::size_t end = source_.find("{%", begin); end != std::string::npos;
         end = source_.find("{%", end + 2)) {
      position_ = end + 2;
      char sign = rest().starts_with('-') || rest().starts_with('+') ? source_[position_++] : ' ';
      bool line_starting = line_starting_;
      if (!take_words("endraw")) continue;
      std::swap(line_starting, line_starting_);
      auto text = strip_before_tag(std::string_view(source_).substr(begin, end - begin), sign, true);
      std::swap(line_starting, line_starting_);
      if (!text.empty()) add(Type::text, std::string(text), begin);
      return;
    }
    fail_at(position_of(tag), "this raw block has no end.");
  }

  void skip_white_space() { position_ = source_.size() - strip(rest(), std::nullopt, true, false).size(); }

  void read_tag(std::size_t tag, char kind) {
    bool output = kind == '{';
    std::string_view close = output ? "}}" : "%}";
    add(output ? Type::output_begin : Type::block_begin, "", tag);
    std::string open_brackets;
    for (;;) {
      skip_white_space();
      if (position_ >= source_.size()) fail_at(position_of(tag), "this tag has no end.");
      bool signed_end =
          (rest()[0] == '-' || (rest()[0] == '+' && !output)) && rest().substr(1).starts_with(close);
      if (open_brackets.empty() && (signed_end || rest().starts_with(close))) {
        char sign = signed_end ? rest()[0] : ' ';
        add(output ? Type::output_end : Type::block_end, "", position_);
        position_ += signed_end ? 3 : 2;
        strip_behind_tag(sign == '-', !output && sign != '+');
        return;
      }
      read_token(open_brackets);
    }
  }

  void read_token(std::string& open_brackets) {
    char c = rest()[0];
    if (begins_name(c))
      read_name();
    else if (is_digit(c))
      read_number();
    else if (c == '\'' || c == '"')
      read_string(c);
    else
      read_symbol(open_brackets);
  }

  void read_name() {
    std::size_t begin = position_;
    while (position_ < source_.size() && (begins_name(source_[position_]) || is_digit(source_[position_])))
      ++position_;
    add(Type::name, source_.substr(begin, position_ - begin), begin);
  }

  void read_number() {
    std::size_t begin = position_;
    std::string digits;
    auto take_digits = [&] {
      while (position_ < source_.size() && (is_digit(source_[position_]) || source_[position_] == '_'))
        if (char c = source_[position_++]; c != '_') digits += c;
    };
    take_digits();
    Type type = Type::integer;
    if (rest().size() > 1 && rest()[0] == '.' && is_digit(rest()[1])) {
      type = Type::number;
      digits += source_[position_++];
      take_digits();
    }
    std::size_t sign = rest().size() > 1 && (rest()[1] == '-' || rest()[1] == '+') ? 1 : 0;
    if (rest().size() > 1 + sign && (rest()[0] == 'e' || rest()[0] == 'E') && is_digit(rest()[1 + sign])) {
      type = Type::number;
      digits += rest().substr(0, 1 + sign);
      position_ += 1 + sign;
      take_digits();
    }
    add(type, digits, begin);
  }

  void read_string(char quote) {
    std::size_t begin = position_++;
    std::size_t content = position_;
    while (position_ < source_.size() && source_[position_] != quote)
      position_ += source_[position_] == '\\' ? 2 : 1;
    if (position_ >= source_.size()) fail_at(position_of(begin), "this string has no end.");
    auto raw = std::string_view(source_).substr(content, position_ - content);
    ++position_;
    auto text = unescape(raw);
    if (!text) fail_at(position_of(begin), "this string holds an escape that is not supported.");
    add(Type::string, std::move(*text), begin);
  }

  void read_symbol(std::string& open_brackets) {
    static constexpr std::array<std::string_view, 25> kSymbols = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
        "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ","};
    auto symbol =
        std::find_if(kSymbols.begin(), kSymbols.end(), [&](auto s) { return rest().starts_with(s); });
    if (symbol == kSymbols.end())
      fail_at(position_of(position_), "unexpected character '{}'.", first_character());
    if (*symbol == "(" || *symbol == "[" || *symbol == "{") {
      open_brackets += *symbol == "(" ? ')' : *symbol == "[" ? ']' : '}';
    } else if (*symbol == ")" || *symbol == "]" || *symbol == "}") {
      if (open_brackets.empty() || open_brackets.back() != (*symbol)[0])
        fail_at(position_of(position_), "unexpected '{}'.", *symbol);
      open_brackets.pop_back();
    }
    add(Type::symbol, std::string(*symbol), position_);
    position_ += symbol->size();
  }

  std::string_view first_character() const {
    std::size_t length = 0;
    next_code_point(rest(), length);
    return rest().substr(0, length);
  }

  std::string source_;
  std::size_t position_ = 0, counted_ = 0;
  Position here_;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

}  // namespace nudge::jinja
