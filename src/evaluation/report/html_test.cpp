#include "evaluation/report/html.h"

#include <gtest/gtest.h>

namespace nudge::report {
namespace {

TEST(Html, NeverReadsTextAsMarkup) {
  EXPECT_EQ(text("<script>alert('x')</script> & \"y\"").code,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;");
  EXPECT_EQ(paragraph("a < b").code, "<p>a &lt; b</p>");
  EXPECT_EQ(text("bad \xFF byte").code, "bad \xEF\xBF\xBD byte");
  const Html answer = verbatim("<img src=x onerror=alert(1)>");
  EXPECT_EQ(answer.code.find("<img"), std::string::npos);
}

TEST(Html, ShowsWhatAModelWroteWithoutHidingAnything) {
  const std::string code = verbatim(" two  words\nnext\x01\xE2\x80\xAE ").code;
  EXPECT_NE(code.find("<span class=\"mark\">\u00B7</span>two  words"), std::string::npos);
  EXPECT_NE(code.find("<span class=\"mark\">\u21B5</span>\nnext"), std::string::npos);
  EXPECT_NE(code.find("U+0001"), std::string::npos);
  EXPECT_NE(code.find("U+202E"), std::string::npos);
  EXPECT_EQ(code.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_NE(verbatim("").code.find("(nothing)"), std::string::npos);
}

TEST(Html, TableMarksTheColumnThatMatters) {
  const std::string code =
      table({.head = {"", "a", "b"}, .rows = {{text("row"), text("1"), text("2")}}, .emphasised = 2}).code;
  EXPECT_NE(code.find("<th scope=\"row\">row</th><td>1</td><td class=\"emphasised\">2</td>"),
            std::string::npos);
}

TEST(Html, PageAllowsNothingFromOutside) {
  const std::string document = page("A <title>", paragraph("x"));
  EXPECT_NE(document.find("<title>A &lt;title&gt;</title>"), std::string::npos);
  EXPECT_NE(document.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(document.find("<script"), std::string::npos);
  EXPECT_EQ(document.find("http://"), std::string::npos);
  EXPECT_EQ(document.find("https://"), std::string::npos);
}

}  // namespace
}  // namespace nudge::report
