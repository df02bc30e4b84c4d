#include "verify/replay.h"

#include <map>

#include "base/error.h"
#include "verify/kinds.h"

namespace nudge {

std::vector<Json> cases_of(const Json& file) {
  std::vector<Json> cases;
  if (file.contains("cases")) {
    for (Json golden : file.at("cases")) {
      if (!golden.contains("kind")) {  // preference_losses.json: "kto.apo_zero_unpaired" is of the family kto
        const auto name = get<std::string>(golden, "name", "golden");
        golden["kind"] = name.substr(0, name.find('.'));
        golden["what"] = fmt::format("{} {}", name, get<Json>(golden, "options", "golden").dump());
      }
      cases.push_back(std::move(golden));
    }
    return cases;
  }
  for (const auto& [kind, list] :
       file.items()) {  // objectives.json: by kind, from the paper's formulas and TRL
    if (!list.is_array()) continue;
    for (Json golden : list) {
      golden["kind"] = kind;
      golden["convention"] = golden.contains("trl") ? "trl" : "paper";
      golden["what"] = get_or(golden, "trl", kind, "golden");
      cases.push_back(std::move(golden));
    }
  }
  return cases;
}

bool is_training(const Json& golden) {
  return get<std::string>(golden, "kind", "golden") == "training";
}

Replay replay(const Json& golden) {
  struct Kind {
    double (*replay)(const Json&);
    double tolerance;  // 1e-7 in double precision: verl and OpenRLHF add 1e-8 to some counts
  };
  static const std::map<std::string, Kind> kinds = {
      {"advantages", {golden::replay_advantages, 1e-7}},
      {"reward_advantages", {golden::replay_reward_advantages, 1e-5}},
      {"token_advantages", {golden::replay_token_advantages, 1e-5}},
      {"ppo_advantages", {golden::replay_ppo_advantages, 1e-5}},
      {"policy_loss", {golden::replay_policy_loss, 1e-7}},
      {"gae", {golden::replay_gae, 1e-5}},
      {"whiten", {golden::replay_whiten, 1e-5}},
      {"kl", {golden::replay_kl, 1e-5}},
      {"ppo_losses", {golden::replay_ppo_losses, 1e-7}},
      {"value_loss", {golden::replay_value_loss, 1e-7}},
      {"bradley_terry", {golden::replay_bradley_terry, 1e-7}},
      {"dpo", {golden::replay_dpo, 1e-9}},
      {"cpo", {golden::replay_length_normalised, 1e-9}},
      {"tpo", {golden::replay_length_normalised, 1e-9}},
      {"orpo", {golden::replay_orpo, 1e-9}},
      {"kto", {golden::replay_kto, 1e-9}},
      {"bco", {golden::replay_bco, 1e-9}},
  };
  const auto what = get<std::string>(golden, "what", "golden");
  const auto kind = kinds.find(get<std::string>(golden, "kind", "golden"));
  require(kind != kinds.end(), "golden \"{}\": its kind is not known.", what);
  return {.convention = get<std::string>(golden, "convention", "golden"),
          .what = what,
          .deviation = kind->second.replay(golden),
          .tolerance = kind->second.tolerance};
}

}  // namespace nudge
