#include "evaluation/report/path_figure.h"

#include <array>

namespace nudge::report {
namespace {

struct Stop {
  const char *name, *sentence, *colour;
};

constexpr std::array<Stop, 6> kStops{
    {{"Base model", "It has read a small web and goes on with any text; answers are not its habit.", "sft"},
     {"SFT",
      "Supervised fine-tuning: it is shown a few hundred questions with good answers, and imitates them.",
      "sft"},
     {"Four answers", "To each of many new prompts it writes several, and they differ.", "other"},
     {"Raters", "Simulated people say which answers they like better. They err, and have leanings.", "other"},
     {"Reward model", "A second model learns to score an answer as those raters would.", "proxy"},
     {"PPO on a leash",
      "The first model is trained to score higher. The leash is a price on every step away from SFT, "
      "measured as KL: how "
      "much likelier, in nats, it finds its own answers than SFT did.",
      "gold"}}};

}  // namespace

Html path_figure() {
  Html stops;
  for (const Stop& stop : kStops)
    stops += element("li", strong(stop.name) + text(stop.sentence), std::string("c-") + stop.colour);
  return element("ol", stops, "path") + paragraph(
                                            "Why all this? People cannot write down what a good answer is, "
                                            "but they can say which of two is better. Whether "
                                            "the result is better, and has not just learned to please the "
                                            "reward model, a gold judge decides: a program "
                                            "that knows the facts, takes no part in training, and gives each "
                                            "answer what it is worth (1 for a right one).");
}

}  // namespace nudge::report
