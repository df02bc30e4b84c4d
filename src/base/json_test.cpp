#include "base/json.h"

#include <gtest/gtest.h>

#include <ctime>
#include <limits>

#include "base/error.h"

namespace nudge {
namespace {

std::string message_of(std::string_view text) {
  try {
    parse_json(text, "here");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Json, KeepsTheOrderOfKeysAndEveryKindOfValue) {
  const std::string line = R"({"z":1,"a":[true,null,-2,1.5,"é\n"],"m":{}})";
  EXPECT_EQ(to_line(parse_json(line, "here")), line);
}

TEST(Json, NumbersComeBackWithTheSameBits) {
  for (double value : {0.1, 1.0 / 3, 1e-310, -0.0, 6.02214076e23, std::numeric_limits<double>::max()}) {
    const double back = parse_json(to_line(Json(value)), "here").get<double>();
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value));
  }
  EXPECT_EQ(to_line(Json(0.1)), "0.1");
  EXPECT_EQ(parse_json("18446744073709551615", "here").get<std::uint64_t>(), ~std::uint64_t{0});
}

TEST(Json, BadInputIsOneSentenceThatNamesTheSource) {
  EXPECT_EQ(message_of(R"({"a":1,"b":2,"a":3})"), "here: the key \"a\" stands twice in one JSON object.");
  EXPECT_TRUE(
      message_of("{\"a\":").starts_with("here: this is not valid JSON: parse error at line 1, column 6"));
  EXPECT_NE(message_of(""), "");
  EXPECT_NE(message_of("1 2"), "");
  EXPECT_NE(message_of("\"\xff\""), "");
  EXPECT_NE(message_of("1e999"), "");
}

TEST(Json, DepthIsLimited) {
  auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(message_of(nested(64)), "");
  EXPECT_EQ(message_of(nested(65)), "here: the JSON is nested deeper than 64 levels.");
  EXPECT_NE(message_of(std::string(1'000'000, '[')), "");
}

/// Processor time for an object of `size` keys.
double parse_seconds(int size) {
  std::string text = "{";
  for (int i = 0; i < size; ++i) text += "\"token" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const std::clock_t start = std::clock();
  EXPECT_EQ(parse_json(text, "here").size(), static_cast<std::size_t>(size));
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(Json, AVocabularyParsesInLinearTime) {
  EXPECT_LT(parse_seconds(80'000), 64 * parse_seconds(5'000) + 0.1);  // quadratic: 256 times as long
}

TEST(Json, MembersAreCheckedForTheirType) {
  const Json object =
      parse_json(R"({"n":3,"whole":2048.0,"half":0.5,"yes":true,"none":null,"list":[1]})", "here");
  EXPECT_EQ(get<int>(object, "n", "here"), 3);
  EXPECT_EQ(get<std::int64_t>(object, "whole", "here"), 2048);
  EXPECT_EQ(get<double>(object, "n", "here"), 3.0);
  EXPECT_TRUE(get<bool>(object, "yes", "here"));
  EXPECT_EQ(get<std::vector<int>>(object, "list", "here"), std::vector<int>{1});
  EXPECT_EQ(get_or<int>(object, "none", 7, "here"), 7);
  EXPECT_EQ(get_or<int>(object, "absent", 7, "here"), 7);
  EXPECT_THROW(get<int>(object, "half", "here"), Error);
  EXPECT_THROW(get<int>(object, "yes", "here"), Error);
  EXPECT_THROW(get<bool>(object, "n", "here"), Error);
  EXPECT_THROW(get<std::string>(object, "n", "here"), Error);
  EXPECT_THROW(get<std::uint8_t>(parse_json(R"({"n":256})", "here"), "n", "here"), Error);
  EXPECT_THROW(get_or<int>(object, "half", 7, "here"), Error);
  EXPECT_THROW(get<int>(object, "absent", "here"), Error);
  EXPECT_THROW(get<int>(Json::array(), "n", "here"), Error);
}

TEST(Json, ListsAreCheckedForWhatTheyHold) {
  const Json object = parse_json(
      R"({"whole":[1,2.0],"half":[1,1.5],"huge":[1e19],"words":["a",1],"nested":[[1],[0.5]],"one":1})",
      "here");
  EXPECT_EQ(get<std::vector<int>>(object, "whole", "here"), (std::vector<int>{1, 2}));
  EXPECT_EQ(get<std::vector<double>>(object, "half", "here"), (std::vector<double>{1, 1.5}));
  EXPECT_THROW(get<std::vector<int>>(object, "half", "here"), Error);
  EXPECT_THROW(get<std::vector<std::int64_t>>(object, "huge", "here"), Error);
  EXPECT_THROW(get<std::vector<std::string>>(object, "words", "here"), Error);
  EXPECT_THROW(get<std::vector<std::vector<int>>>(object, "nested", "here"), Error);
  EXPECT_THROW(get<std::vector<int>>(object, "one", "here"), Error);
}

TEST(Json, WritingReplacesWhatIsNotUtf8) {
  EXPECT_EQ(to_line(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(to_pretty(parse_json(R"({"a":[1]})", "here")), "{\n  \"a\": [\n    1\n  ]\n}\n");
}

}  // namespace
}  // namespace nudge
