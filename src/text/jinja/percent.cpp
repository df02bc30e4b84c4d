// Python's printf-style formatting: "%s=%d" % (name, count).
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "text/jinja/builtins.h"
#include "text/jinja/strings.h"
#include "text/utf8.h"

namespace nudge::jinja {
namespace {

constexpr std::int64_t kMaxWidth = 10'000;

/// %[(key)][flags][width][.precision]type
struct Conversion {
  std::string flags;
  std::int64_t width = 0;
  std::optional<std::int64_t> precision;
  char type = 's';

  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

class PercentFormat {
 public:
  PercentFormat(Engine& engine, std::string_view format, const Value& given)
      : engine_(engine), rest_(format), given_(given) {}

  Value formatted() {
    for (;;) {
      const std::size_t sign = rest_.find('%');
      text_ += rest_.substr(0, sign);
      if (text_.size() > Engine::kMaxText) engine_.fail("a text grows beyond {} bytes.", Engine::kMaxText);
      if (sign == std::string_view::npos) break;
      rest_.remove_prefix(sign + 1);
      convert();
    }
    const bool several = given_.list() && given_.list()->tuple;
    const bool left_over =
        several ? taken_ < given_.list()->items.size() : taken_ == 0 && !given_.dict() && !given_.list();
    if (left_over) engine_.fail("not all arguments are used by the format.");
    return engine_.text(std::move(text_));
  }

 private:
  bool skip(char wanted) {
    const bool here = rest_.starts_with(wanted);
    if (here) rest_.remove_prefix(1);
    return here;
  }

  char take() {
    if (rest_.empty()) engine_.fail("the format ends inside a conversion.");
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  const Value& next() {
    const bool several = given_.list() && given_.list()->tuple;
    if (taken_ >= (several ? given_.list()->items.size() : 1))
      engine_.fail("the format has more conversions than arguments.");
    return several ? given_.list()->items[taken_++] : (++taken_, given_);
  }

  std::int64_t number() {
    if (skip('*')) return integer_of(engine_, next(), "a width");
    std::int64_t value = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9')
      value = std::min(value * 10 + (take() - '0'), kMaxWidth + 1);
    return value;
  }

  const Value& named() {
    const std::size_t end = rest_.find(')');
    if (end == std::string_view::npos || !given_.dict()) engine_.fail("the format asks for a name.");
    const Value* member = given_.dict()->find(rest_.substr(0, end));
    if (member == nullptr)
      engine_.fail("the format asks for '{}', which is not given.", rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return *member;
  }

  void convert() {
    const Value* value = skip('(') ? &named() : nullptr;
    Conversion conversion;
    while (!rest_.empty() && std::string_view("-+ #0").find(rest_.front()) != std::string_view::npos)
      conversion.flags += take();
    conversion.width = number();
    if (skip('.')) conversion.precision = std::max<std::int64_t>(number(), 0);
    if (std::max(conversion.width, conversion.precision.value_or(0)) > kMaxWidth ||
        conversion.width < -kMaxWidth)
      engine_.fail("a width of the format is larger than {}.", kMaxWidth);
    if (conversion.width < 0) conversion.flags += '-';
    conversion.width = std::abs(conversion.width);
    while (skip('h') || skip('l') || skip('L')) continue;
    conversion.type = take();
    if (conversion.type == '%')
      text_ += '%';
    else
      write(conversion, value ? *value : next());
  }

  void write(const Conversion& conversion, const Value& value) {
    switch (conversion.type) {
      case 's':
      case 'r':
        return pad(conversion, "", shown(conversion, value), false);
      case 'c':
        return pad(conversion, "", character(value), false);
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return write_integer(conversion, value);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return write_float(conversion, value);
      default:
        engine_.fail("the format's conversion '%{}' is not supported.", conversion.type);
    }
  }

  static std::string shown(const Conversion& conversion, const Value& value) {
    std::string text = conversion.type == 's' ? to_text(value) : to_repr(value);
    if (!conversion.precision) return text;
    std::size_t end = 0;
    for (std::int64_t left = *conversion.precision; left > 0 && end < text.size(); --left)
      next_code_point(text, end);
    return text.substr(0, end);
  }

  std::string character(const Value& value) const {
    if (value.string() && count_code_points(*value.string()) == 1) return *value.string();
    const auto code = integer_of(engine_, value, "a character");
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
      engine_.fail("{} is no character.", code);
    std::string text;
    append_utf8(text, static_cast<char32_t>(code));
    return text;
  }

  static std::string sign_of(const Conversion& conversion, bool negative) {
    return negative ? "-" : conversion.has('+') ? "+" : conversion.has(' ') ? " " : "";
  }

  void write_integer(const Conversion& conversion, const Value& value) {
    const bool decimal = std::string_view("diu").find(conversion.type) != std::string_view::npos;
    auto integer = value.integer();
    if (!integer && decimal && value.number() && std::fabs(*value.number()) < 9.2e18)
      integer = static_cast<std::int64_t>(*value.number());
    if (!integer) engine_.fail("'%{}' needs a number, not a {}.", conversion.type, value.type_name());
    const bool negative = *integer < 0;
    const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(*integer) : *integer;
    std::string digits = decimal                  ? fmt::format("{}", size)
                         : conversion.type == 'x' ? fmt::format("{:x}", size)
                         : conversion.type == 'X' ? fmt::format("{:X}", size)
                                                  : fmt::format("{:o}", size);
    const auto least = static_cast<std::size_t>(conversion.precision.value_or(0));
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    const std::string base = decimal || !conversion.has('#') ? "" : std::string("0") + conversion.type;
    pad(conversion, sign_of(conversion, negative) + base, digits, true);
  }

  void write_float(const Conversion& conversion, const Value& value) {
    const auto number = value.number();
    if (!number) engine_.fail("'%{}' needs a number, not a {}.", conversion.type, value.type_name());
    const std::string format = std::string(conversion.has('#') ? "%#.*" : "%.*") + conversion.type;
    const int precision = static_cast<int>(conversion.precision.value_or(6));
    const double size = std::fabs(*number);
    std::string digits(std::snprintf(nullptr, 0, format.c_str(), precision, size), '\0');
    std::snprintf(digits.data(), digits.size() + 1, format.c_str(), precision, size);
    pad(conversion, sign_of(conversion, std::signbit(*number) && !std::isnan(*number)), digits, true);
  }

  void pad(const Conversion& conversion, const std::string& sign, const std::string& body, bool number) {
    const auto length = static_cast<std::int64_t>(sign.size() + count_code_points(body));
    const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(conversion.width - length, 0));
    if (conversion.has('-'))
      text_.append(sign).append(body).append(missing, ' ');
    else if (conversion.has('0') && number)
      text_.append(sign).append(missing, '0').append(body);
    else
      text_.append(missing, ' ').append(sign).append(body);
  }

  Engine& engine_;
  std::string_view rest_;
  const Value& given_;
  std::size_t taken_ = 0;
  std::string text_;
};

}  // namespace

Value percent_formatted(Engine& engine, const std::string& format, const Value& given) {
  return PercentFormat(engine, format, given).formatted();
}

}  // namespace nudge::jinja
