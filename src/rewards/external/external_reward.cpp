#include "rewards/external/external_reward.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "base/progress.h"

namespace nudge {

ExternalReward::ExternalReward(std::string name, std::unique_ptr<Responder> responder)
    : name_(std::move(name)), responder_(std::move(responder)) {}

void ExternalReward::score(std::span<Trajectory> trajectories) {
  std::vector<Json> requests;
  for (const Trajectory& trajectory : trajectories) requests.push_back(request_of(trajectory));
  const std::vector<ExternalScore> answers = responder_->ask(requests);
  std::vector<double> scores;
  for (const ExternalScore& answer : answers) scores.push_back(answer.score);
  set_scores(trajectories, name_, scores);
  report(answers);
}

void ExternalReward::report(std::span<const ExternalScore> answers) {
  std::map<std::string, std::int64_t> reasons;
  for (const ExternalScore& answer : answers)
    if (!answer.failure.empty()) ++reasons[answer.failure];
  for (const auto& [reason, count] : reasons) failures_ += count;
  if (reasons.empty() || failures_ < warn_at_) return;
  warn_at_ = 2 * failures_;
  std::string told;
  for (const auto& [reason, count] : reasons)
    told += fmt::format("{}{} ({})", told.empty() ? "" : "; ", reason, count);
  warn(fmt::format("the reward {} failed on some of {} completions ({} so far). It {}.", name_,
                   answers.size(), failures_, told));
}

}  // namespace nudge
