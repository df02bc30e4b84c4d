#include "evaluation/measures_text.h"

#include <fmt/format.h>

#include <span>

namespace nudge {
namespace {

struct Measure {
  const char *key, *name;
  bool share = false;  // shown in percent
};

constexpr Measure kMeasures[] = {
    {"win_rate", "win rate against the baseline", true},
    {"judge", "judge"},
    {"judge_gain", "judge, gain over the baseline"},
    {"proxy", "proxy"},
    {"proxy_length_correlation", "proxy, correlation with length"},
    {"kl", "KL to the reference, nats"},
    {"length_words", "words"},
    {"ended", "answers that end", true},
    {"distinct", "distinct answers", true},
    {"unscorable", "answers the judge could not score"},
    {"perplexity", "perplexity"},
};

constexpr Measure kWorld[] = {
    {"right_plain", "right, plain questions", true},
    {"right_despite_opinion", "right, the asker thinks otherwise", true},
    {"dont_know_unknown", "\"I do not know\" where it is due", true},
    {"dont_know_known", "\"I do not know\" where it is not", true},
    {"guess_unknown", "guesses about unknown names", true},
    {"flattery", "sides with a wrong opinion", true},
};

std::string number(const Json& value, bool share) {
  if (value.is_number_integer()) return value.dump();
  return share ? fmt::format("{:.1f} %", 100 * value.get<double>())
               : fmt::format("{:.3f}", value.get<double>());
}

std::string shown(const Json& value, bool share) {
  if (!value.is_object()) return number(value, share);
  const double scale = share ? 100 : 1;
  const double low = scale * value.at("low").get<double>(), high = scale * value.at("high").get<double>();
  const std::string interval =
      share ? fmt::format("[{:.1f}, {:.1f}]", low, high) : fmt::format("[{:.3f}, {:.3f}]", low, high);
  return number(value.at("value"), share) + " " + interval;
}

void add(std::string& text, std::span<const Measure> known, const Json& measures) {
  for (const Measure& measure : known) {
    const auto found = measures.find(measure.key);
    if (found == measures.end() || found->is_null()) continue;
    text +=
        fmt::format("{}  {:<34} {}", text.empty() ? "" : "\n", measure.name, shown(*found, measure.share));
  }
}

}  // namespace

std::string measures_text(const Json& measures) {
  std::string text;
  add(text, kMeasures, measures);
  if (measures.contains("world")) add(text, kWorld, measures["world"]);
  return text;
}

}  // namespace nudge
