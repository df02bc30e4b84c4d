#include "text/token_model.h"

#include "base/error.h"
#include "text/bpe_model.h"
#include "text/unigram_model.h"
#include "text/word_level_model.h"

namespace nudge {

std::unique_ptr<const TokenModel> TokenModel::from_json(const Json& model, bool byte_level,
                                                        std::string_view where) {
  const auto vocabulary = model.find("vocab");
  const bool scored = vocabulary != model.end() && vocabulary->is_array();  // files that name no type
  const auto type = get_or<std::string>(model, "type", scored ? "Unigram" : "BPE", where);
  if (type == "BPE") return std::make_unique<BpeModel>(model, byte_level, where);
  if (type == "Unigram") return std::make_unique<UnigramModel>(model, byte_level, where);
  if (type == "WordLevel") return std::make_unique<WordLevelModel>(model, byte_level, where);
  fail("{}: the model type {} is not supported; BPE, Unigram and WordLevel are.", where, type);
}

}  // namespace nudge
