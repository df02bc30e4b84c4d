// nudge preferences split: a part to train on and a part to test on that share no prompt, or no rater.
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "preference/comparison_files.h"
#include "preference/formats/raw.h"
#include "preference/split.h"

namespace nudge {
namespace {

enum class Together { prompt, rater };
constexpr auto names_table(Together) {
  return std::to_array<Named<Together>>({{Together::prompt, "prompt"}, {Together::rater, "rater"}});
}

}  // namespace

int run_preferences_split(std::span<const std::string> arguments) {
  std::string dataset, output_dir;
  Together by = Together::prompt;
  double test_share = 0.1;
  std::uint64_t seed = 0;
  Options options("preferences split",
                  "Splits comparisons and votes so that train and test share no prompt, or no rater.");
  options.require("dataset", dataset, "Comparisons and votes: a store, or any form that import reads.")
      .shown_as("FILE");
  options
      .require("output_dir", output_dir,
               "Folder for train.jsonl and test.jsonl, and nothing else: it appears, or is replaced, as one.")
      .shown_as("DIR");
  options.choose("by", by, "What stays together on one side.");
  options.add("test_share", test_share, "Share of the prompts or raters that go to test, on average.")
      .within(Range{.low = 0, .high = 1, .above_low = true, .below_high = true});
  options.add("seed", seed, "Seed of the sides; a prompt keeps its side while data grows.");
  options.start_with({}, "nudge preferences split --dataset answers.store --output_dir parts");
  if (!options.parse(arguments)) return 0;

  const Imported imported = read_comparisons(dataset);
  const PreferenceSplit split = by == Together::prompt
                                    ? split_by_prompt(imported.comparisons, imported.votes, test_share, seed)
                                    : split_by_rater(imported.comparisons, imported.votes, test_share, seed);
  require(
      !split.train.comparisons.empty() && !split.test.comparisons.empty(),
      "{}: with --by {}, --test_share {} and --seed {} one side is empty; take another share or seed, or, if "
      "all comparisons are of one {}, the other way of --by.",
      dataset, name_of(by), test_share, seed, name_of(by));
  // Both at once: an old train.jsonl beside a new test.jsonl would hold prompts to be tested on.
  AtomicDirectory folder(output_dir);
  const auto sides = {std::pair{"train", &split.train}, {"test", &split.test}};
  for (const auto& [name, side] : sides)
    write_file(folder.path() / fmt::format("{}.jsonl", name), raw_lines(side->comparisons, side->votes));
  require_replaceable(output_dir, folder.path());
  folder.commit();
  for (const auto& [name, side] : sides)
    fmt::print("{}/{}.jsonl: {} comparisons, {} votes\n", output_dir, name, side->comparisons.size(),
               side->votes.size());
  return 0;
}

}  // namespace nudge
