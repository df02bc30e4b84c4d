#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/recipes/write_lines.h"
#include "world/arithmetic.h"

namespace nudge {
namespace {

void declare(Options& options, world::ArithmeticOptions& sizes) {
  options.add("seed", sizes.seed, "Seed: the same seed writes the same bytes.");
  options.section("Sizes");
  options.add("documents", sizes.documents, "Calculations that the base model reads.")
      .within(between(1, 1e7));
  options.add("demonstrations", sizes.demonstrations, "Answers by people of mixed care.")
      .within(between(1, 1e7));
  options.add("rl_prompts", sizes.rl_prompts, "Questions of reinforcement learning.").within(between(1, 1e7));
  options.add("eval_prompts", sizes.eval_prompts, "Questions with operands kept for evaluation.")
      .within(between(1, 1e7));
}

Json calculation_record(const Prompt& prompt) {
  return {{"prompt", prompt.text}, {"answer", prompt.extra["answer"]}};
}

}  // namespace

int run_world_arithmetic(std::span<const std::string> arguments) {
  std::string output_dir;
  world::ArithmeticOptions sizes;
  Options options("world arithmetic", "Writes a task with verifiable answers: sums, differences, products.");
  options.require("output_dir", output_dir, "Directory for the files; files of the same names are replaced.")
      .shown_as("DIR");
  declare(options, sizes);
  options.start_with({}, "nudge world arithmetic --output_dir runs/arithmetic");
  if (!options.parse(arguments)) return 0;

  const std::filesystem::path folder = output_dir;
  write_lines(folder / "demonstrations.jsonl", world::arithmetic_demonstrations(sizes),
              [](const world::WorkedAnswer& each) {
                return Json{{"prompt", each.prompt.text}, {"completion", each.answer}};
              });
  write_lines(folder / "rl_prompts.jsonl", world::arithmetic_rl_prompts(sizes), calculation_record);
  write_lines(folder / "eval_prompts.jsonl", world::arithmetic_eval_prompts(sizes), calculation_record);
  write_lines(folder / "corpus.jsonl", world::arithmetic_corpus(sizes),
              [](const std::string& text) { return Json{{"text", text}}; });  // last: all are there
  say(fmt::format("world arithmetic: {} documents, {} demonstrations, {} RL and {} evaluation prompts in {}",
                  sizes.documents, sizes.demonstrations, sizes.rl_prompts, sizes.eval_prompts, output_dir));
  return 0;
}

}  // namespace nudge
