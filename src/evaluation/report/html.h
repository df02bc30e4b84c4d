#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace nudge::report {

/// Finished markup. Plain text becomes markup only through `text` and the functions below, which escape it:
/// what people and models wrote can never be read as HTML.
struct Html {
  std::string code;

  bool empty() const { return code.empty(); }
  Html& operator+=(const Html& more) {
    code += more.code;
    return *this;
  }
};
inline Html operator+(Html left, const Html& right) {
  return left += right;
}

/// Escaped text; invalid UTF-8 becomes U+FFFD.
Html text(std::string_view plain);
/// `<name class="css_class">inside</name>`; `name` and `css_class` come from the code, never from data.
Html element(std::string_view name, const Html& inside, std::string_view css_class = {});
Html paragraph(std::string_view plain, std::string_view css_class = {});
Html strong(std::string_view plain);

/// Something a model or a person wrote, word by word: leading and trailing spaces, line breaks and
/// characters without a shape are made visible, and its writing direction stays inside.
Html verbatim(std::string_view plain);
/// Preformatted text (a command, a configuration) that scrolls sideways.
Html preformatted(std::string_view plain);

/// A table whose first column names the row; the `emphasised` column stands out.
struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<Html>> rows;
  std::size_t emphasised = 0;  // 0: none
};
Html table(const Table& table);

/// A graphic with its caption.
Html figure(const Html& graphic, std::string_view caption);

/// A large number, what it is, and a quieter line below.
struct Tile {
  std::string number, label, detail;
  std::string colour;  // a colour name of style.cpp
};
Html tiles(const std::vector<Tile>& tiles);

/// The whole document: one file, no script, nothing fetched (a content security policy says so too).
std::string page(std::string_view title, const Html& body);

}  // namespace nudge::report
