#include "rewards/catalogue.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/options.h"
#include "rewards/external/external_reward.h"
#include "rewards/external/http_responder.h"
#include "rewards/external/program_pool.h"
#include "rewards/external/python_runner.h"
#include "rewards/function_reward.h"
#include "rewards/verifiers/arithmetic.h"
#include "rewards/verifiers/cosine.h"
#include "rewards/verifiers/final_answer.h"
#include "rewards/verifiers/format.h"
#include "rewards/verifiers/ifeval/instruction_following.h"
#include "rewards/verifiers/length.h"
#include "rewards/verifiers/match.h"
#include "rewards/verifiers/number.h"
#include "rewards/verifiers/regex_match.h"
#include "rewards/verifiers/repetition.h"

namespace nudge {
namespace {

// A verifier that is nothing but its options.
template <class Verifier>
std::unique_ptr<Reward> verifier(SpecReader& spec) {
  Verifier options;
  declare(spec, options);
  FunctionReward::Objection objection;
  if constexpr (requires(const Prompt& prompt) { options.objection(prompt); })
    objection = [options](const Prompt& prompt) { return options.objection(prompt); };
  return std::make_unique<FunctionReward>(spec.component_name(), options, std::move(objection));
}

std::unique_ptr<Reward> think_format_reward(SpecReader& spec) {
  return std::make_unique<FunctionReward>(spec.component_name(), think_format);
}

std::unique_ptr<Reward> tag_format(SpecReader& spec) {
  return std::make_unique<FunctionReward>(spec.component_name(),
                                          TagFormat(spec.argument("the names of the tags")));
}

std::unique_ptr<Reward> regex(SpecReader& spec) {
  bool full = false;
  RegularExpression::Options options;
  spec.read("full", full);
  spec.read("ignore_case", options.ignore_case);
  spec.read("multiline", options.multiline);
  spec.read("dot_all", options.dot_all);
  return std::make_unique<FunctionReward>(spec.component_name(),
                                          RegexMatch(spec.argument("the pattern"), full, options));
}

// The reward behind the colon, inside another one.
std::unique_ptr<Reward> inner_reward(SpecReader& spec) {
  constexpr std::size_t kLongest = 16 << 10;  // each reward inside another one takes some of the stack
  const std::string& argument = spec.argument("the reward that says what is correct");
  if (argument.size() > kLongest) spec.refuse("the reward inside it is longer than 16 KiB");
  const RewardSpec inner = parse_reward_spec(argument);
  if (inner.weight != 1) spec.refuse("only the outer reward takes a weight");
  return make_reward(inner);
}

std::unique_ptr<Reward> cosine_scaled(SpecReader& spec) {
  CosineScale scale;
  declare(spec, scale);
  return std::make_unique<CosineScaled>(spec.component_name(), inner_reward(spec), scale);
}

std::unique_ptr<Reward> final_answer(SpecReader& spec) {
  std::string delimiter = "</think>";
  spec.read("delimiter", delimiter);
  if (delimiter.empty()) spec.refuse("delimiter must not be empty");
  return std::make_unique<FinalAnswer>(spec.component_name(), inner_reward(spec), delimiter);
}

// A program's command line, given to the shell.
std::unique_ptr<Reward> program(SpecReader& spec) {
  ProgramOptions options;
  declare(spec, options);
  const std::vector<std::string> command = {"sh", "-c", spec.argument("the command")};
  return std::make_unique<ExternalReward>(spec.component_name(),
                                          std::make_unique<ProgramPool>(command, options));
}

// A function of TRL's signature, called with whole batches as TRL does; named after itself.
std::unique_ptr<Reward> python(SpecReader& spec) {
  ProgramOptions options{.batch_size = 0};
  std::string interpreter = "python3";
  declare(spec, options);
  spec.read("python", interpreter);
  const std::string& argument = spec.argument("FILE:FUNCTION");
  const auto colon = argument.rfind(':');
  if (colon == std::string::npos || colon + 1 == argument.size())
    spec.refuse("the file and the function are expected, as in python:rewards.py:brief");
  const std::string file = argument.substr(0, colon), function = argument.substr(colon + 1);
  require(std::filesystem::is_regular_file(file), "reward python:{}: there is no file {}.", argument, file);
  const std::vector<std::string> command = {interpreter, "-c", kPythonRunner, file, function};
  return std::make_unique<ExternalReward>(spec.component_name(function),
                                          std::make_unique<ProgramPool>(command, options),
                                          /*rehearses=*/true);
}

// The name of the reward is the scheme of the address.
template <const char* scheme>
std::unique_ptr<Reward> server(SpecReader& spec) {
  HttpOptions options;
  declare(spec, options);
  const std::string url = std::string(scheme) + ":" + spec.argument("the rest of the address");
  return std::make_unique<ExternalReward>(spec.component_name(),
                                          std::make_unique<HttpResponder>(url, options));
}
constexpr char kHttp[] = "http", kHttps[] = "https";

// "get_soft_overlong_punishment" and "think_format_reward" as TRL's users know them.
std::string without_wrapping(std::string name) {
  if (name.starts_with("get_")) name.erase(0, 4);
  if (name.ends_with("_reward")) name.erase(name.size() - 7);
  return name;
}

}  // namespace

const std::vector<CatalogueEntry>& reward_catalogue() {
  static const std::vector<CatalogueEntry> entries = {
      {"exact", "exact[,column=answer]", "1 when the completion is a reference answer.",
       verifier<ExactMatch>},
      {"match", "match[,column=answer]",
       "1 when it is one but for case, punctuation, articles and white space.", verifier<NormalisedMatch>},
      {"number", "number[,column=answer][,marker=####][,tolerance=0][,strict=false]",
       "1 when the number it answers is the reference's; what only holds a number answers none.",
       verifier<NumberMatch>},
      {"arithmetic", "arithmetic[,column=answer][,marker=####][,tolerance=0]",
       "1 when its last line is an expression of the reference's value.", verifier<Arithmetic>},
      {"regex", "regex[,full=false][,ignore_case=false][,multiline=false][,dot_all=false]:PATTERN",
       "1 when the Perl-compatible pattern matches.", regex},
      {"think_format", "think_format", "1 when it begins with one <think>...</think>.", think_format_reward},
      {"tags", "tags:think,answer", "1 when it is these elements, each once, in order, and nothing else.",
       tag_format},
      {"ifeval", "ifeval[,loose=false][,score=all|mean]",
       "1 when it follows the instructions that its record lists (IFEval).", verifier<InstructionFollowing>},
      {"length", "length[,unit=words|characters|tokens][,min=N][,max=N]",
       "1 when its length lies in the range.", verifier<LengthRange>},
      {"soft_overlong_punishment", "soft_overlong_punishment,max_completion_len=N[,soft_punish_cache=0]",
       "0, falling to -1 over the last tokens before the limit (DAPO).", verifier<SoftOverlongPunishment>},
      {"repetition_penalty", "repetition_penalty[,ngram_size=3][,max_penalty=-1]",
       "The share of repeated token n-grams, times max_penalty.", verifier<RepetitionPenalty>},
      {"cosine_scaled", "cosine_scaled,max_len=N[,min_value_correct=0.5 ...]:REWARD",
       "Correctness by another reward, worth more when short.", cosine_scaled},
      {"final_answer", "final_answer[,delimiter=</think>]:REWARD",
       "Another reward of what follows the reasoning; 0 without its end.", final_answer},
      {"program", "program[,workers=1][,batch_size=16][,timeout=30][,start_timeout=60]:COMMAND",
       "A program that reads JSON lines and answers each with a number.", program},
      {"python",
       "python[,workers=1][,batch_size=0][,timeout=30][,start_timeout=60][,python=python3]:FILE:FUNCTION",
       "A Python function of TRL's signature.", python},
      {"http", "http[,batch_size=16][,timeout=30][,retries=2]://HOST:PORT/PATH",
       "A server that scores what is posted to it.", server<kHttp>},
      {"https", "https[,batch_size=16][,timeout=30][,retries=2]://HOST/PATH", "The same, encrypted.",
       server<kHttps>},
  };
  return entries;
}

std::unique_ptr<Reward> make_reward(RewardSpec spec) {
  spec.name = without_wrapping(spec.name);
  SpecReader reader(spec);
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : reward_catalogue()) {
    names.push_back(entry.name);
    if (entry.name != spec.name) continue;
    auto reward = entry.make(reader);
    reader.finish();
    return reward;
  }
  const std::string near = nearest_name(spec.name, names);
  reader.refuse(
      near.empty()
          ? fmt::format("there is no reward of that name and no such directory; the names are {}",
                        fmt::join(names, ", "))
          : fmt::format("there is no reward of that name and no such directory; did you mean {}?", near));
}

}  // namespace nudge
