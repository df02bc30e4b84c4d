#include "text/chat_template.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(NUDGE_SOURCE_DIR) / ".." / "shared" / "data";

const Json& goldens() {
  static const Json golden = read_json(NUDGE_SOURCE_DIR "/tests/goldens/chat_templates.json");
  return golden;
}

std::string published(const std::string& name) {
  if (name == "ChatML") return goldens().at("chatml");
  if (!name.ends_with(".json")) return read_file(kData / name);
  return read_json(kData / name).at("chat_template");
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Renders as a golden says, or fails where it says so.
void expect_golden(const std::string& source, const Json& messages, bool generate, const Json& variables,
                   const Json& golden) {
  std::string text;
  std::string error = error_of([&] { text = ChatTemplate(source).render(messages, generate, variables); });
  if (golden.contains("text")) {
    EXPECT_EQ(error, "");
    EXPECT_EQ(text, golden.at("text").get<std::string>());
  } else {
    EXPECT_NE(error, "") << "rendered " << text;
    EXPECT_NE(error.find("line "), std::string::npos) << error;
  }
}

TEST(ChatTemplate, RendersChatMlAsTransformers) {
  EXPECT_EQ(kChatMlTemplate, goldens().at("chatml").get<std::string>());
  Json messages = {{{"role", "system"}, {"content", "Be kind."}}, {{"role", "user"}, {"content", "Hi"}}};
  EXPECT_EQ(
      ChatTemplate(kChatMlTemplate).render(messages, true),
      "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, RendersPublishedTemplatesAsTransformers) {
  bool absent = !fs::exists(kData);
  for (const Json& golden : goldens().at("renderings")) {
    auto name = golden.at("template").get<std::string>();
    if (absent && name != "ChatML") continue;
    SCOPED_TRACE(golden.dump());
    expect_golden(published(name),
                  goldens().at("conversations").at(golden.at("conversation").get<std::string>()),
                  golden.at("add_generation_prompt"),
                  goldens().at("variables").at(golden.at("variables").get<std::size_t>()), golden);
  }
  if (absent) GTEST_SKIP() << "the folder ../shared/data is absent: only ChatML was rendered";
}

TEST(ChatTemplate, RendersEveryCornerOfTheLanguageAsJinja) {
  for (const Json& golden : goldens().at("snippets")) {
    SCOPED_TRACE(golden.at("template").get<std::string>());
    expect_golden(golden.at("template"), goldens().at("conversations").at("system"), true,
                  goldens().at("variables").at(0), golden);
  }
}

// Functionary 3.1 writes its functions so: markupsafe escapes what is added to a text that is marked as safe.
TEST(ChatTemplate, EscapesWhatIsAddedToSafeTextAsMarkupsafe) {
  const auto text = [](const char* source) {
    return ChatTemplate(source).render(Json::array(), false, {{"m", "<&>\"'"}});
  };
  EXPECT_EQ(text(R"({{ "<a>'"|safe + m + "'"|safe + '<' }})"), "<a>'&lt;&amp;&gt;&#34;&#39;'&lt;");
  EXPECT_EQ(text("{{ m + '<'|safe }}"), "&lt;&amp;&gt;&#34;&#39;<");
  EXPECT_EQ(text("{{ ('<'|safe) ~ m }}"), "<<&>\"'");
}

// Seed-OSS looks its budgets of thought up so; texts as jinja2 3.1.6 has them.
TEST(ChatTemplate, DictionariesHaveWholeNumbersForKeys) {
  const auto text = [](const std::string& source) {
    return ChatTemplate("{% set d = {512: 'a', 0: 'b', '0': 'c', 512: 'd'} %}" + source)
        .render(Json::array(), false);
  };
  EXPECT_EQ(
      text("{{ d[512] }}{{ d[0] }}{{ d['0'] }}{{ d.get(0) }}{{ d[7] is defined }}{{ d[-1] is defined }}"),
      "dbcbFalseFalse");
  EXPECT_EQ(text("{% for k, v in {512: 1, 4096: 2, 0: 3} | dictsort %}{{ k + 1 }}{{ v }} {% endfor %}"),
            "13 5131 40972 ");
  EXPECT_EQ(text("{{ 0 in d }}{{ 1 in d }}{{ d | length }} {{ d }} {{ d | tojson }}"),
            "TrueFalse3 {512: 'd', 0: 'b', '0': 'c'} {\"512\": \"d\", \"0\": \"b\", \"0\": \"c\"}");
  EXPECT_EQ(text("{% for k in d %}{{ k }},{% endfor %}{{ d.items() | list | first }}"), "512,0,0,(512, 'd')");
  EXPECT_THROW(text("{{ {1.5: 2} }}"), Error);
}

TEST(ChatTemplate, TellsWhatLiesInGenerationMarksAsTransformers) {
  for (const Json& golden : goldens().at("marked")) {
    SCOPED_TRACE(golden.at("template").get<std::string>());
    const ChatTemplate marked(golden.at("template").get<std::string>());
    const auto rendered = marked.render_marked(goldens().at("conversations").at("system"), false);
    EXPECT_TRUE(marked.marks_generation());
    EXPECT_EQ(rendered.text, golden.at("text").get<std::string>());
    Json spans = Json::array();
    for (const auto& [begin, end] : rendered.generated) spans.push_back({begin, end});
    EXPECT_EQ(spans, golden.at("spans"));
  }
  EXPECT_FALSE(ChatTemplate(kChatMlTemplate).marks_generation());
}

TEST(ChatTemplate, ErrorsNameLineAndColumn) {
  auto parse_error = [](const char* source) { return error_of([&] { ChatTemplate{source}; }); };
  EXPECT_EQ(parse_error("one\n  {{ 'x' | shout }}"),
            "The chat template, line 2, column 12: the filter 'shout' is not supported.");
  EXPECT_EQ(parse_error("{% include 'other' %}"),
            "The chat template, line 1, column 4: the statement 'include' is not supported.");
  EXPECT_EQ(parse_error("\u00e9\u00e9 {{ 1 + }}"),
            "The chat template, line 1, column 11: expected an expression, found the end of the tag.");
  EXPECT_EQ(error_of([] { ChatTemplate("\n{{ messages[0].x.y }}").render({{{"role", "user"}}}, false); }),
            "The chat template, line 2, column 17: 'x' is undefined, it has no 'y'.");
  EXPECT_EQ(error_of([] { ChatTemplate("{{ messages.append(1) }}").render(Json::array(), false); }),
            "The chat template, line 1, column 19: 'append' would change data, which a template cannot.");
  EXPECT_NE(error_of([] {
              ChatTemplate("{{ raise_exception('No way') }}").render(Json::array(), false);
            }).find("No way"),
            std::string::npos);
}

/// Error of rendering `source` with no messages.
std::string refusal(const std::string& source) {
  return error_of([&] { ChatTemplate(source).render(Json::array(), false); });
}

std::string repeated(std::string_view part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

TEST(ChatTemplate, KeepsItsLimits) {
  EXPECT_NE(refusal(std::string(70'000, 'x')).find("at most 65536"), std::string::npos);
  EXPECT_NE(refusal("{{ " + repeated("(", 100) + "1" + repeated(")", 100) + " }}").find("nests deeper"),
            std::string::npos);
  EXPECT_NE(refusal(repeated("{% if 1 %}", 100) + repeated("{% endif %}", 100)).find("nests deeper"),
            std::string::npos);
  EXPECT_NE(refusal("{{ 1" + repeated("+1", 10'000) + " }}").find("in a row"), std::string::npos);
  EXPECT_NE(
      refusal("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}").find("steps"),
      std::string::npos);
  EXPECT_NE(refusal("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").find("deeper than 32"),
            std::string::npos);
  EXPECT_NE(refusal("{{ 'abcdefgh' * 1000000 }}").find("beyond 4194304 bytes"), std::string::npos);
  EXPECT_NE(
      refusal("{% for i in range(50000) %}" + repeated("x", 1000) + "{% endfor %}").find("output grows"),
      std::string::npos);
}

TEST(ChatTemplate, BoundsWhatCleverTemplatesBuild) {
  auto doubling = [](const char* step) {
    return std::string("{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ") + step +
           " %}{% endfor %}{{ ns.x }}";
  };
  for (const char* step :
       {"ns.x ~ ns.x", "[ns.x, ns.x]", "{'a': ns.x, 'b': ns.x}", "ns.x | replace('a', ns.x ~ 'b')",
        "[ns.x] * 1000", "ns.x | string | tojson | tojson", "ns"})
    EXPECT_NE(refusal(doubling(step)), "") << step;
  EXPECT_NE(refusal("{% macro m() %}{% endmacro %}{% set x = [m] %}"), "");
  EXPECT_NE(refusal("{{ 99999999999 * 99999999999 }}").find("64 bits"), std::string::npos);
}

TEST(ChatTemplate, TellsTheDate) {
  auto year = ChatTemplate("{{ strftime_now('%Y') }}").render(Json::array(), false);
  EXPECT_EQ(year.size(), 4u);
  EXPECT_GE(std::stoi(year), 2024);
}

}  // namespace
}  // namespace nudge
