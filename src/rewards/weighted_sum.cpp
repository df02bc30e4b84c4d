#include "rewards/weighted_sum.h"

#include <cmath>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/progress.h"

namespace nudge {

WeightedSum::WeightedSum(std::vector<WeightedReward> parts) {
  require(!parts.empty(), "rewards: a sum of rewards needs at least one.");
  std::set<std::string> names;
  for (WeightedReward& part : parts) {
    const std::string& name = part.reward->name();
    require(names.insert(name).second,
            "rewards: two rewards are called {}; give one another name, as in {},name=other.", name, name);
    name_ += (name_.empty() ? "" : "+") + name;
    parts_.push_back({std::move(part)});
  }
}

std::string WeightedSum::objection(const Prompt& prompt) const {
  for (const Part& part : parts_)
    if (const std::string why = part.weighted.reward->objection(prompt); !why.empty())
      return part.weighted.reward->name() + ": " + why;
  return {};
}

void WeightedSum::rehearse(const Prompt& prompt) {
  for (Part& part : parts_) part.weighted.reward->rehearse(prompt);
}

void WeightedSum::score(std::span<Trajectory> trajectories) {
  std::vector<double> totals(trajectories.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::vector<ScoreTerm>> terms(trajectories.size());
  for (Part& part : parts_) {
    part.weighted.reward->score(trajectories);
    std::int64_t unscorable = 0;
    for (std::size_t i = 0; i < trajectories.size(); ++i) {
      const double score = trajectories[i].score;
      terms[i].push_back({score, part.weighted.weight});
      unscorable += std::isnan(score);
      if (std::isnan(score)) continue;
      totals[i] = (std::isnan(totals[i]) ? 0 : totals[i]) + part.weighted.weight * score;
    }
    part.unscorable += unscorable;
    if (unscorable > 0 && part.unscorable >= part.warn_at) {
      part.warn_at = 2 * part.unscorable;
      warn(
          fmt::format("the reward {} could not score {} of {} completions ({} so far); there it counts for "
                      "nothing.",
                      part.weighted.reward->name(), unscorable, trajectories.size(), part.unscorable));
    }
  }
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    trajectories[i].score = totals[i];
    trajectories[i].terms = std::move(terms[i]);
  }
}

}  // namespace nudge
