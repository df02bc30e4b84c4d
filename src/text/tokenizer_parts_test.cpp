#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "text/tokenizer.h"

namespace nudge {
namespace {

/// tests/goldens/tokenizer_parts.json, by the `tokenizers` library (tools/goldens/tokenizer_parts.py).
const Json& parts() {
  static const Json json = read_json(NUDGE_SOURCE_DIR "/tests/goldens/tokenizer_parts.json");
  return json;
}

TEST(TokenizerParts, GiveTheIdsAndTextOfTokenizers) {
  for (const Json& one : parts().at("cases")) {
    Json document = parts().at("bases").at(one.at("base").get<std::string>());
    for (const auto& [key, value] : one.at("changed").items()) document[key] = value;
    const auto tokenizer = Tokenizer::from_json(document.dump());
    for (std::size_t i = 0; i < parts().at("texts").size(); ++i) {
      const auto text = parts().at("texts")[i].get<std::string>();
      SCOPED_TRACE(one.at("name").get<std::string>() + ": " + parts().at("texts")[i].dump());
      const Json& result = one.at("results")[i];
      const auto ids = result.at("ids").get<std::vector<TokenId>>();
      EXPECT_EQ(tokenizer->encode(text), ids);
      EXPECT_EQ(tokenizer->decode(ids), result.at("decoded").get<std::string>());
    }
  }
}

}  // namespace
}  // namespace nudge
