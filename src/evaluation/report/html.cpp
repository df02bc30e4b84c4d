#include "evaluation/report/html.h"

#include <fmt/format.h>

#include "evaluation/report/style.h"
#include "text/utf8.h"

namespace nudge::report {

namespace {

std::string escaped(std::string_view valid) {
  std::string code;
  for (char c : valid) {
    switch (c) {
      case '&':
        code += "&amp;";
        break;
      case '<':
        code += "&lt;";
        break;
      case '>':
        code += "&gt;";
        break;
      case '"':
        code += "&quot;";
        break;
      case '\'':
        code += "&#39;";
        break;
      default:
        code += c;
    }
  }
  return code;
}

// Control, direction and zero-width characters, which could hide or reorder what a reader sees.
bool is_shapeless(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF;
}

std::string visible(std::string_view mark) {
  return fmt::format("<span class=\"mark\">{}</span>", mark);
}

}  // namespace

Html text(std::string_view plain) {
  return {escaped(replace_invalid_utf8(plain))};
}

Html element(std::string_view name, const Html& inside, std::string_view css_class) {
  if (css_class.empty()) return {fmt::format("<{0}>{1}</{0}>", name, inside.code)};
  return {fmt::format("<{0} class=\"{2}\">{1}</{0}>", name, inside.code, css_class)};
}

Html paragraph(std::string_view plain, std::string_view css_class) {
  return element("p", text(plain), css_class);
}
Html strong(std::string_view plain) {
  return element("strong", text(plain));
}

Html verbatim(std::string_view plain) {
  const std::string valid = replace_invalid_utf8(plain);
  if (valid.empty()) return {visible("(nothing)")};
  const auto first = valid.find_first_not_of(' ');
  const auto last = valid.find_last_not_of(' ');
  std::string code;
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(valid, at);
    const bool outer_space = c == ' ' && (first == std::string::npos || begin < first || begin > last);
    if (outer_space) {
      code += visible("\u00B7");
    } else if (c == '\n') {
      code += visible("\u21B5") + "\n";
    } else if (is_shapeless(c)) {
      code += visible(fmt::format("U+{:04X}", static_cast<unsigned>(c)));
    } else {
      code += escaped(std::string_view(valid).substr(begin, at - begin));
    }
  }
  return {"<bdi class=\"verbatim\">" + code + "</bdi>"};
}

Html preformatted(std::string_view plain) {
  return element("pre", text(plain));
}

Html table(const Table& table) {
  const auto column_class = [&](std::size_t column) {
    return column > 0 && column == table.emphasised ? " class=\"emphasised\"" : "";
  };
  Html head;
  for (std::size_t c = 0; c < table.head.size(); ++c)
    head += {fmt::format("<th scope=\"col\"{}>{}</th>", column_class(c), text(table.head[c]).code)};
  Html body;
  for (const auto& row : table.rows) {
    Html cells;
    for (std::size_t c = 0; c < row.size(); ++c)
      cells += {c == 0 ? fmt::format("<th scope=\"row\">{}</th>", row[c].code)
                       : fmt::format("<td{}>{}</td>", column_class(c), row[c].code)};
    body += element("tr", cells);
  }
  constexpr std::size_t kFitting = 7;  // columns; more take room from the margins
  return element("div", element("table", element("thead", element("tr", head)) + element("tbody", body)),
                 table.head.size() > kFitting ? "scroll wide-table" : "scroll");
}

Html figure(const Html& graphic, std::string_view caption) {
  return element("figure", graphic + element("figcaption", text(caption)));
}

Html tiles(const std::vector<Tile>& tiles) {
  Html all;
  for (const Tile& tile : tiles)
    all += element("div",
                   element("div", text(tile.number), "number") + element("div", text(tile.label), "label") +
                       element("div", text(tile.detail), "detail"),
                   "tile c-" + tile.colour);
  return element("div", all, "tiles");
}

std::string page(std::string_view title, const Html& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n</body>\n</html>\n",
      text(title).code, kStyle, body.code);
}

}  // namespace nudge::report
