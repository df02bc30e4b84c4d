#include <fmt/format.h>

#include <map>

#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interval_json.h"
#include "base/options.h"
#include "cli/commands.h"
#include "data/read_prompts.h"
#include "evaluation/answers.h"
#include "world/gold.h"

namespace nudge {
namespace {

// The first line that says something.
std::string first_written_line(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool is_question(const std::string& line) {
  return line.find('?') != std::string::npos;
}

Json share(double successes, std::int64_t n) {
  return interval_json(wilson_interval(successes, n));
}

// A cloze statement is known when its greedy continuation states the right value first.
Json cloze(const LoadedModel& base, const std::filesystem::path& file) {
  const auto prompts = read_prompts(Dataset::read(file));
  std::map<std::string, std::pair<double, std::int64_t>> by_kind;
  double right = 0;
  for (const Trajectory& answer :
       answer(*base.model, base.format, prompts, {.temperature = 0, .max_new_tokens = 12, .seed = 0})) {
    std::string sentence = first_written_line(answer.completion);
    sentence = sentence.substr(0, sentence.find(". "));
    const bool knows = world::judge(answer.prompt, sentence, true).right;
    auto& [successes, n] = by_kind[get<std::string>(answer.prompt.extra, "kind", file.string())];
    successes += knows;
    n += 1;
    right += knows;
  }
  Json result = {{"all", share(right, static_cast<std::int64_t>(prompts.size()))}};
  for (const auto& [kind, counted] : by_kind) result[kind] = share(counted.first, counted.second);
  return result;
}

Json bare_questions(const LoadedModel& base, const std::filesystem::path& file, std::uint64_t seed) {
  double answered = 0, questions = 0;
  Json texts = Json::array();
  const auto answers = answer(*base.model, base.format, read_prompts(Dataset::read(file)), {1.0, 32, seed});
  for (const Trajectory& answer : answers) {
    const std::string line = first_written_line(answer.completion);
    const world::Gold gold = world::judge(answer.prompt, line, true);
    answered += !is_question(line) && (gold.right || gold.wrong);
    questions += is_question(line);
    if (texts.size() < 6) texts.push_back({{"prompt", answer.prompt.text}, {"answer", answer.completion}});
  }
  const auto n = static_cast<std::int64_t>(answers.size());
  return {{"answered", share(answered, n)}, {"next_is_question", share(questions, n)}, {"texts", texts}};
}

double few_shot_right(const LoadedModel& base, const std::vector<Prompt>& prompts, std::uint64_t seed) {
  double right = 0;
  for (const Trajectory& answer : answer(*base.model, base.format, prompts, {1.0, 24, seed})) {
    right += world::judge(answer.prompt, first_written_line(answer.completion), true).right;
  }
  return right;
}

std::string in_percent(const Json& share) {
  const auto percent = [&](const char* key) { return 100 * share.at(key).get<double>(); };
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", percent("value"), percent("low"), percent("high"));
}

std::string summary(const Json& result) {
  std::string text = fmt::format(
      "knows     {} of its facts, when it may complete a sentence\n"
      "answers   {} of bare questions; after {} it goes on with another question",
      in_percent(result["cloze"]["all"]), in_percent(result["bare"]["answered"]),
      in_percent(result["bare"]["next_is_question"]));
  for (const Json& each : result["few_shot"])
    text += fmt::format("\nfew-shot  {} right, {} example{} of {}", in_percent(each["right"]),
                        each["shots"].get<int>(), each["shots"] == 1 ? "" : "s",
                        each["form"] == "quiz" ? "the quiz form of its corpus" : "another form");
  return text;
}

}  // namespace

int run_world_probe(std::span<const std::string> arguments) {
  std::string model, folder, output;
  ModelOptions models;
  std::uint64_t seed = 0;
  Options options("world probe", "Asks a base model what it knows, and whether it answers.");
  options.require("model", model, "The base model.").shown_as("DIR");
  declare_bases(options, models);
  options.require("world", folder, "Directory that `nudge world` wrote.").shown_as("DIR");
  options.require("output", output, "JSON file for the results.").shown_as("FILE");
  options.add("seed", seed, "Seed of the samples.");
  options.start_with({}, "nudge world probe --model runs/base --world runs/world --output probe.json");
  if (!options.parse(arguments)) return 0;

  const LoadedModel base = read_language_model(model, models);
  const std::filesystem::path world = folder;
  Json few_shot = Json::array();
  for (const char* form : {"quiz", "other"}) {
    for (int shots : {1, 4}) {
      const auto prompts =
          read_prompts(Dataset::read(world / fmt::format("few_shot_{}_{}.jsonl", form, shots)));
      few_shot.push_back(
          {{"form", form},
           {"shots", shots},
           {"right", share(few_shot_right(base, prompts, seed), static_cast<std::int64_t>(prompts.size()))}});
    }
  }
  const Json result = {{"cloze", cloze(base, world / "cloze.jsonl")},
                       {"bare", bare_questions(base, world / "bare_questions.jsonl", seed)},
                       {"few_shot", few_shot}};
  write_file(output, to_pretty(result));
  fmt::print("{}\n", summary(result));
  return 0;
}

}  // namespace nudge
