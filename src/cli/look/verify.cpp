#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/look/training_replay.h"
#include "verify/embedded_goldens.h"
#include "verify/replay.h"

namespace nudge {
namespace {

std::vector<Replay> replay_all() {
  std::vector<Replay> replays;
  for (const EmbeddedGoldens& file : embedded_goldens()) {
    for (const Json& golden : cases_of(parse_json(file.json, file.name)))
      replays.push_back(is_training(golden) ? replay_training(golden) : replay(golden));
  }
  return replays;
}

void print(const Replay& replay) {
  fmt::print("{:<8}  {:<9}  {:.1e}  {}\n", replay.faithful() ? "ok" : "DEVIATES", replay.convention,
             replay.deviation, replay.what);
}

void print_summary(const std::vector<Replay>& replays, const std::string& convention) {
  std::int64_t count = 0, faithful = 0;
  const Replay* worst = nullptr;
  for (const Replay& replay : replays) {
    if (replay.convention != convention) continue;
    ++count;
    faithful += replay.faithful();
    if (worst == nullptr || !(replay.deviation <= worst->deviation)) worst = &replay;
  }
  fmt::print("{:<9}  {:>3} of {:>3} within tolerance, largest deviation {:.1e} ({})\n", convention, faithful,
             count, worst->deviation, worst->what);
}

}  // namespace

int run_verify(std::span<const std::string> arguments) {
  bool list = false;
  Options options(
      "verify",
      "Replays the golden numbers of TRL, OpenRLHF and verl on this machine, whole trainings of tiny "
      "models among them, and says how far each loss, estimator and training deviates.");
  options.add("list", list, "One line a case.");
  options.start_with({}, "nudge verify");
  if (!options.parse(arguments)) return 0;

  const std::vector<Replay> replays = replay_all();
  std::vector<std::string> conventions;
  for (const Replay& replay : replays) {
    if (list || !replay.faithful()) print(replay);
    if (std::ranges::find(conventions, replay.convention) == conventions.end()) {
      conventions.push_back(replay.convention);
    }
  }
  for (const std::string& convention : conventions) print_summary(replays, convention);
  const auto wrong = std::ranges::count_if(replays, [](const Replay& replay) { return !replay.faithful(); });
  require(wrong == 0, "{} of {} golden cases deviate on this machine; please report it with the lines above.",
          wrong, replays.size());
  return 0;
}

}  // namespace nudge
