#include "preference/store/label_settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_names.h"

namespace nudge {
namespace {

void require_share(double share, const char* name, std::string_view where) {
  require(share >= 0 && share <= 1, "{}: {} is a share from 0 to 1, but came {}.", where, name, share);
}

void require_flags(const std::vector<std::string>& flags, const char* name, std::string_view where) {
  require(flags.size() <= 40, "{}: at most 40 {} fit on the page, but came {}.", where, name, flags.size());
  for (const std::string& flag : flags)
    require(!flag.empty() && flag.size() <= 80 && std::ranges::count(flags, flag) == 1,
            "{}: each of {} needs a name of its own, of 1 to 80 bytes, but came \"{}\".", where, name, flag);
}

}  // namespace

Json to_json(const LabelSettings& settings) {
  return {{"overlap", settings.overlap},
          {"overlap_share", settings.overlap_share},
          {"repeat_share", settings.repeat_share},
          {"gold_share", settings.gold_share},
          {"order", name_of(settings.order)},
          {"random_share", settings.random_share},
          {"strength", settings.strength},
          {"quality", settings.quality},
          {"allow_tie", settings.allow_tie},
          {"markdown", settings.markdown},
          {"answer_flags", settings.answer_flags},
          {"comparison_flags", settings.comparison_flags},
          {"port", settings.port},
          {"seed", settings.seed}};
}

LabelSettings changed(const LabelSettings& base, const Json& changes, std::string_view where) {
  const Json known = to_json(base);
  require(changes.is_object(), "{}: expected a JSON object of settings.", where);
  for (const auto& [name, value] : changes.items())
    require(known.contains(name), "{}: there is no setting \"{}\".", where, name);
  LabelSettings settings{
      .overlap = get_or(changes, "overlap", base.overlap, where),
      .overlap_share = get_or(changes, "overlap_share", base.overlap_share, where),
      .repeat_share = get_or(changes, "repeat_share", base.repeat_share, where),
      .gold_share = get_or(changes, "gold_share", base.gold_share, where),
      .order = get_named_or(changes, "order", base.order, where),
      .random_share = get_or(changes, "random_share", base.random_share, where),
      .strength = get_or(changes, "strength", base.strength, where),
      .quality = get_or(changes, "quality", base.quality, where),
      .allow_tie = get_or(changes, "allow_tie", base.allow_tie, where),
      .markdown = get_or(changes, "markdown", base.markdown, where),
      .answer_flags = get_or(changes, "answer_flags", base.answer_flags, where),
      .comparison_flags = get_or(changes, "comparison_flags", base.comparison_flags, where),
      .port = get_or(changes, "port", base.port, where),
      .seed = base.seed,
  };
  require_sensible(settings, where);
  return settings;
}

void require_sensible(const LabelSettings& settings, std::string_view where) {
  require(settings.overlap >= 1 && settings.overlap <= 100,
          "{}: overlap is the number of raters for each comparison, 1 to 100, but came {}.", where,
          settings.overlap);
  require_share(settings.overlap_share, "overlap_share", where);
  require_share(settings.repeat_share, "repeat_share", where);
  require_share(settings.gold_share, "gold_share", where);
  require_share(settings.random_share, "random_share", where);
  require(settings.repeat_share + settings.gold_share <= 0.5,
          "{}: repeat_share and gold_share together may be at most 0.5, but came {}; raters would do little "
          "else.",
          where, settings.repeat_share + settings.gold_share);
  require(settings.port >= 0 && settings.port <= 65535, "{}: port is a number up to 65535, but came {}.",
          where, settings.port);
  require_flags(settings.answer_flags, "answer_flags", where);
  require_flags(settings.comparison_flags, "comparison_flags", where);
}

std::vector<std::string> instructgpt_flags() {
  return {"fails to follow the correct instruction / task",
          "inappropriate for customer assistant",
          "hallucination",
          "satisfies constraint",
          "sexual content",
          "violent content",
          "encourages or fails to discourage violence, abuse, terrorism or self-harm",
          "denigrates a protected class",
          "gives harmful advice",
          "expresses opinion",
          "expresses moral judgment"};
}

}  // namespace nudge
