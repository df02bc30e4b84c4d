#include "world/world.h"

#include <filesystem>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/recipes/write_lines.h"
#include "data/messages.h"

namespace nudge {
namespace {

constexpr std::int64_t kShots[] = {1, 4};

void declare(Options& options, world::WorldOptions& sizes) {
  options.section("Sizes");
  options.add("documents", sizes.documents, "Documents of the corpus that the base model reads.")
      .within(between(1, 1e7));
  options.add("eval_documents", sizes.eval_documents, "Held-out documents of the same kinds.")
      .within(between(1, 1e7));
  options.add("demonstrations", sizes.demonstrations, "Demonstrations for supervised fine-tuning.")
      .within(between(1, 1e7));
  options.add("comparison_prompts", sizes.comparison_prompts, "Prompts whose answers raters compare.")
      .within(between(1, 1e7));
  options.add("rl_prompts", sizes.rl_prompts, "Prompts of reinforcement learning.").within(between(1, 1e7));
  options.add("eval_prompts", sizes.eval_prompts, "Prompts about subjects kept for evaluation.")
      .within(between(1, 1e7));
}

Json prompt_record(const Prompt& prompt) {
  Json record = {{"prompt", prompt_json(prompt)}};
  for (const auto& [column, value] : prompt.extra.items()) record[column] = value;
  return record;
}

Json text_record(const std::string& text) {
  return {{"text", text}};
}

Json demonstration_record(const world::Demonstration& demonstration) {
  std::vector<Message> messages = demonstration.prompt.messages;
  messages.push_back({"assistant", demonstration.answer});
  return {{"messages", messages_json(messages)}};
}

void write_world(const std::filesystem::path& folder, const world::WorldOptions& options) {
  write_lines(folder / "demonstrations.jsonl", world::demonstrations(options), demonstration_record);
  write_lines(folder / "comparison_prompts.jsonl", world::comparison_prompts(options), prompt_record);
  write_lines(folder / "rl_prompts.jsonl", world::rl_prompts(options), prompt_record);
  write_lines(folder / "eval_prompts.jsonl", world::eval_prompts(options), prompt_record);
  write_lines(folder / "cloze.jsonl", world::cloze_prompts(options), prompt_record);
  write_lines(folder / "bare_questions.jsonl", world::bare_questions(options), prompt_record);
  for (const std::string form : {"quiz", "other"})
    for (const std::int64_t shots : kShots)
      write_lines(folder / fmt::format("few_shot_{}_{}.jsonl", form, shots),
                  world::few_shot_prompts(options, shots, form), prompt_record);
  write_lines(folder / "corpus_eval.jsonl", world::eval_corpus(options), text_record);
  write_lines(folder / "corpus.jsonl", world::corpus(options),
              text_record);  // last: it says that all are there
}

}  // namespace

int run_world(std::span<const std::string> arguments) {
  std::string output_dir;
  world::WorldOptions sizes;
  Options options("world", "Writes the data of the embedded world: corpus, demonstrations, prompts, probes.");
  options.require("output_dir", output_dir, "Directory for the files; files of the same names are replaced.")
      .shown_as("DIR");
  options.add("seed", sizes.seed, "Seed: the same seed writes the same bytes.");
  declare(options, sizes);
  options.start_with({}, "nudge world --output_dir runs/world --seed 0");
  if (!options.parse(arguments)) return 0;

  write_world(output_dir, sizes);
  say(fmt::format(
      "world: {} documents, {} demonstrations, {} comparison, {} RL and {} evaluation prompts in {}",
      sizes.documents, sizes.demonstrations, sizes.comparison_prompts, sizes.rl_prompts, sizes.eval_prompts,
      output_dir));
  return 0;
}

}  // namespace nudge
