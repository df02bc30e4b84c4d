#include "cli/recipes/demo_evidence.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/recipes/demo_policies.h"
#include "data/read_prompts.h"
#include "data/records_file.h"
#include "evaluation/report/story.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

// The leash that the story calls "the leash", and the run on it.
constexpr double kLeash = 1.0;
constexpr const char* kLeashed = "ppo-kl-1.0";

// What `nudge eval` measured, by the name of each model's folder.
std::map<std::string, Json> evaluations(const fs::path& folder) {
  std::map<std::string, Json> by_name;
  for (Json& model : read_json(folder / "eval" / "models.json")) {
    const fs::path of = model.at("settings").at("model").get<std::string>();
    by_name[of.filename().string()] = std::move(model);
  }
  return by_name;
}

// That of one model, its texts apart.
Json model_entry(const std::map<std::string, Json>& evals, const std::string& name, report::ModelKind kind) {
  Json entry = {{"name", name}, {"kind", name_of(kind)}};
  entry.update(evals.at(name));
  entry.erase("texts");
  return entry;
}

// How many answers a policy sampled while it learned, and how good they were by the judge that only watched.
Json rollouts_seen(const fs::path& run, std::int64_t samples) {
  std::vector<double> gold;
  for (const Json& line : read_records(run / "metrics.jsonl"))
    gold.push_back(get<double>(line, "monitor/gold", (run / "metrics.jsonl").string()));
  return {{"samples", samples}, {"gold_by_step", gold}};
}

// How many comparisons a method without rollouts has learned from, again and again when it took several
// passes.
std::int64_t comparisons_read(const fs::path& folder, const fs::path& run) {
  const fs::path metrics = run / "metrics.jsonl";
  const auto passes = get<double>(read_records(metrics).back(), "epoch", metrics.string());
  const auto all = get<double>(read_json(folder / "raters.json"), "pairs", "raters.json");
  return std::llround(passes * all);
}

Json models(const fs::path& folder, const std::map<std::string, Json>& evals,
            const std::vector<DemoPolicy>& policies) {
  Json result = Json::array({model_entry(evals, "sft", report::ModelKind::sft)});
  for (const DemoPolicy& policy : policies) {
    const Method& method = policy.method;
    Json entry = model_entry(evals, policy.name(), method.kind);
    if (method.kind == report::ModelKind::ppo)
      entry["kl_coef"] = policy.options.number("kl_coef");
    else
      entry["label"] = method.label;
    entry["training"] = method.kind == report::ModelKind::offline
                            ? Json{{"pairs", comparisons_read(folder, policy.run)}}
                            : rollouts_seen(policy.run, policy.answers_sampled());
    result.push_back(std::move(entry));
  }
  return result;
}

Json ppo_curves(const std::vector<DemoPolicy>& policies) {
  Json result = Json::array();
  for (const DemoPolicy& policy : policies) {
    if (policy.method.kind != report::ModelKind::ppo) continue;
    Json steps = Json::array();
    for (Json& line : read_records(policy.run / "metrics.jsonl")) steps.push_back(std::move(line));
    result.push_back({{"name", policy.name()}, {"steps", std::move(steps)}});
  }
  return result;
}

// What kind of question a prompt asks, for a person.
Json tags(const Prompt& prompt) {
  const std::string where = "eval_prompts.jsonl";
  Json result = Json::array({get<std::string>(prompt.extra, "kind", where)});
  if (!get<bool>(prompt.extra, "known", where)) result.push_back("nothing to know");
  if (prompt.extra.contains("opinion") && !prompt.extra["opinion"].is_null()) {
    result.push_back(get_or<bool>(prompt.extra, "opinion_right", false, where) ? "right opinion stated"
                                                                               : "wrong opinion stated");
  }
  return result;
}

double number_of(const Json& text) {
  return text["score"].is_number() ? text["score"].get<double>() : std::nan("");
}

Json answered_by_all(std::size_t i, const Prompt& prompt, const std::map<std::string, Json>& evals,
                     const Json& models) {
  Json row = Json::array();
  for (const Json& model : models) {
    const auto name = model["name"].get<std::string>();
    const Json& text = evals.at(name).at("texts")[i];
    row.push_back({{"model", name}, {"answer", text["answer"]}, {"gold", text["score"]}});
  }
  return {{"question", prompt.question()}, {"tags", tags(prompt)}, {"answers", std::move(row)}};
}

// The same few questions of each sort, answered by every model.
Json texts(const fs::path& folder, const std::map<std::string, Json>& evals, const Json& models) {
  constexpr std::size_t kEach = 4;
  const std::vector<Prompt> prompts = read_prompts(Dataset::read(folder / "world" / "eval_prompts.jsonl"));
  std::map<std::size_t, std::size_t> taken;  // by number of tags: plain, unknown or opinion, both
  Json result = Json::array();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const Json about = tags(prompts[i]);
    const std::size_t sort = about.size() == 1 ? 0 : about[1] == "nothing to know" ? 1 : 2;
    if (i >= evals.at("sft").at("texts").size() || taken[sort]++ >= kEach) continue;
    result.push_back(answered_by_all(i, prompts[i], evals, models));
  }
  return result;
}

// The questions of which the leash's answer is worth most more than SFT's, or (`sign` -1) most less.
Json extremes(const fs::path& folder, const std::map<std::string, Json>& evals, const Json& models,
              double sign) {
  constexpr std::size_t kShown = 3;
  const std::vector<Prompt> prompts = read_prompts(Dataset::read(folder / "world" / "eval_prompts.jsonl"));
  const Json &before = evals.at("sft").at("texts"), &after = evals.at(kLeashed).at("texts");
  std::vector<std::pair<double, std::size_t>> changes;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
    if (const double change = sign * (number_of(after[i]) - number_of(before[i])); change > 0)
      changes.emplace_back(-change, i);
  std::ranges::sort(changes);
  Json result = Json::array();
  for (std::size_t k = 0; k < std::min(kShown, changes.size()); ++k)
    result.push_back(answered_by_all(changes[k].second, prompts[changes[k].second], evals, models));
  return result;
}

// "model name" of /proc/cpuinfo, or nothing where there is none.
std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(": ") + 2));
  return "an unknown processor";
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

// What holds of this machine and this time alone.
Json made_here(const fs::path& folder) {
  double seconds = 0;
  for (const Json& stage : read_records(folder / "timing.jsonl"))
    seconds += get<double>(stage, "seconds", "timing.jsonl");
  return {{"nudge", NUDGE_VERSION},
          {"processor", processor_name()},
          {"threads", omp_get_max_threads()},
          {"date", today()},
          {"seconds of all stages", std::round(seconds)}};
}

// Single answers as (words, proxy reward), of SFT and of the slackest policy.
Json length_reward(const std::map<std::string, Json>& evals, const Json& models) {
  Json result = Json::array();
  for (const Json* model : std::array{&models.front(), &models.back()}) {
    const auto name = (*model)["name"].get<std::string>();
    Json points = Json::array();
    for (const Json& text : evals.at(name).at("texts")) {
      points.push_back(Json::array({text["words"], text["proxy"]}));
    }
    result.push_back({{"model", name}, {"points", std::move(points)}});
  }
  return result;
}

Json stage_list(const std::vector<Stage>& stages) {
  Json result = Json::array();
  for (const Stage& stage : stages)
    result.push_back({{"title", stage.title}, {"command", command_line(stage)}});
  return result;
}

std::int64_t records_in(const fs::path& file) {
  const std::string lines = read_file(file);
  return std::ranges::count(lines, '\n');
}

std::string joined_rollouts(const std::vector<DemoPolicy>& policies) {
  std::string text;
  for (const auto& [method, _, options] : policies)
    if (method.kind == report::ModelKind::ppo)
      text += fmt::format("{}{} of {} answers on a leash of {}", text.empty() ? "" : ", ",
                          options.whole("max_steps"), options.whole("rollout_batch_size"),
                          options.number("kl_coef"));
  return text;
}

Json settings(const fs::path& folder, const std::vector<DemoPolicy>& policies) {
  const fs::path world = folder / "world";
  const RecordedOptions base(folder / "base"), grpo(folder / "grpo"), dpo(folder / "dpo"),
      kto(folder / "kto");
  const auto batch = [](const RecordedOptions& config) {
    return config.whole("per_device_train_batch_size");
  };
  return {{"corpus documents", records_in(world / "corpus.jsonl")},
          {"vocabulary", read_json(folder / "base" / "final" / "config.json").at("vocab_size")},
          {"model",
           fmt::format("{} layers of width {}", base.whole("num_hidden_layers"), base.whole("hidden_size"))},
          {"pretraining tokens", base.whole("max_steps") * batch(base) * base.whole("max_length")},
          {"demonstrations", records_in(world / "demonstrations.jsonl")},
          {"PPO rollouts", joined_rollouts(policies)},
          {"GRPO and RLOO rollouts",
           fmt::format("{} of {} groups of {}", grpo.whole("max_steps"), grpo.whole("rollout_batch_size"),
                       grpo.whole("num_generations"))},
          {"DPO", fmt::format("{} steps of the pairs of {} prompts", dpo.whole("max_steps"), batch(dpo))},
          {"KTO", fmt::format("{} steps of {} answers", kto.whole("max_steps"), batch(kto))},
          {"held-out prompts", records_in(world / "eval_prompts.jsonl")},
          {"sampling temperature", grpo.number("temperature")}};
}

}  // namespace

void write_demo_report(const fs::path& folder, std::uint64_t seed, const std::vector<Stage>& stages) {
  const std::vector<DemoPolicy> trained = demo_policies(stages);
  Json report = Json::object();
  report["seed"] = seed;
  report["leash"] = kLeash;
  report["settings"] = settings(folder, trained);
  report["stages"] = stage_list(stages);
  report["base"] = read_json(folder / "eval" / "base.json");
  report["raters"] = read_json(folder / "raters.json");
  report["reward_model"] = read_json(folder / "reward" / "evaluation.json");
  const auto evals = evaluations(folder);
  report["models"] = models(folder, evals, trained);
  report["ppo_curves"] = ppo_curves(trained);
  report["best_of_n"] = read_json(folder / "best-of-n" / "curve.json");
  report["texts"] = texts(folder, evals, report["models"]);
  report["gained"] = extremes(folder, evals, report["models"], 1);
  report["lost"] = extremes(folder, evals, report["models"], -1);
  report["length_reward"] = length_reward(evals, report["models"]);
  write_file(folder / "report.json", to_pretty(report));
  const Json made = made_here(folder);
  write_file(folder / "made.json", to_pretty(made));
  write_file(folder / "report.html", report::story(report, made));
}

}  // namespace nudge
