// nudge label: the rater's page on a store of comparisons.
#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/comparison_files.h"
#include "preference/server/label_server.h"
#include "preference/store/add_imported.h"

namespace nudge {
namespace {

struct LabelConfig {
  std::string store;
  std::vector<std::string> import;
  std::string guidelines, forget;
  LabelServerOptions server;
  bool allow_remote = false;
  LabelSettings settings;  // those of the store are the defaults
};

void declare(Options& options, LabelConfig& config) {
  options.positional("STORE", config.store, "File of the store; made when there is none.");
  options.add(
      "import", config.import,
      "Files of comparisons, with or without votes, to add first, in any form that `nudge preferences "
      "import` reads; candidates of `nudge sample` too. What is there already stays as it is.");
  options.add("guidelines", config.guidelines,
              "Text file that raters can read on the page; empty: as before.");
  options.add("forget", config.forget,
              "Empties what the rater of this name ever wrote, then stops; the log keeps that it happened.");
  options.section("server");
  options.add("port", config.server.port,
              "Port; 0: the one of the last start if it is free, or else any free one.");
  options.add("host", config.server.host, "Address to listen at, under which raters open the page.");
  options.add(
      "allow_remote", config.allow_remote,
      "Listen at a --host that other machines can reach: without encryption, so in a trusted network only.");
  options.section("who gets what (kept in the store)");
  LabelSettings& settings = config.settings;
  options.add("overlap", settings.overlap, "Raters for each comparison; skips do not count.");
  options.add("overlap_share", settings.overlap_share,
              "Share of comparisons that get one rater more, to measure agreement.");
  options.add("repeat_share", settings.repeat_share, "Share of tasks that the same rater decided before.");
  options.add("gold_share", settings.gold_share, "Share of tasks whose answer is known.");
  options.choose("order", settings.order, {"random", "priority"},
                 "Order of asking: random for each rater, or by the comparisons' priorities.");
  options.add("random_share", settings.random_share,
              "Share of tasks drawn at random when the order is priority.");
  options.section("what is asked (kept in the store)");
  options.add("strength", settings.strength, "Ask how much better the better answer is.");
  options.add("quality", settings.quality, "Ask for a quality of 1 to 7 for each answer.");
  options.add("allow_tie", settings.allow_tie, "Let raters call answers equally good.");
  options.add("answer_flags", settings.answer_flags,
              "Flags that an answer can get; \"instructgpt\" stands for the list of InstructGPT.");
  options.add("comparison_flags", settings.comparison_flags, "Flags that a comparison can get.");
}

void require_local_or_allowed(const LabelConfig& config) {
  const std::string& host = config.server.host;
  if (host == "127.0.0.1" || host == "localhost" || host == "::1") return;
  if (!config.allow_remote)
    throw UsageError(fmt::format(
        "--host {} lets other machines reach the page, and whoever listens on the network reads along; say "
        "--allow_remote if that is meant, or let raters come through an SSH tunnel.",
        host));
  if (host == "0.0.0.0" || host == "::")
    throw UsageError(
        fmt::format("--host {} is no address that raters can open; name the one they will use.", host));
  warn(fmt::format("the page is open to other machines at {}, unencrypted; only the links' tokens guard it.",
                   host));
}

/// For writing; one that may not be written is opened for reading, so that the owner can look and export.
std::unique_ptr<Store> opened(const std::string& path) {
  std::random_device entropy;
  try {
    return std::make_unique<Store>(path, StoreOptions{.access = Store::Access::create, .seed = entropy()});
  } catch (const ReadOnlyError& error) {
    warn(fmt::format("{} Until the next start it is only read.", error.what()));
    return std::make_unique<Store>(path, StoreOptions{.access = Store::Access::read});
  }
}

void import_files(const LabelConfig& config, Store& store) {
  for (const std::string& file : config.import) {
    const Imported imported = read_comparisons(file);
    const auto [comparisons, votes] = add_imported(store, imported.comparisons, imported.votes);
    say(fmt::format("{}: {} comparisons, {} of them new; {} votes, {} of them new.", file,
                    imported.comparisons.size(), comparisons, imported.votes.size(), votes));
  }
}

void prepare(LabelConfig& config, Store& store) {
  if (config.settings.answer_flags == std::vector<std::string>{"instructgpt"})
    config.settings.answer_flags = instructgpt_flags();
  store.set(config.settings);
  if (!config.guidelines.empty()) store.set_guidelines(read_file(config.guidelines));
  import_files(config, store);
}

void serve(const LabelConfig& config, Store& store) {
  const LabelServer server(store, config.server);
  std::printf("%s\n", server.link().c_str());
  std::fflush(stdout);
  while (!interrupt_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace

int run_label(std::span<const std::string> arguments) {
  LabelConfig given;
  Options first_look("label",
                     "Lets people compare answers on a page in their browser, and keeps what they say.");
  declare(first_look, given);
  if (!first_look.parse(arguments)) return 0;
  if (given.store.empty())
    throw UsageError("label needs the file of a STORE, as in nudge label answers.store.");
  require_local_or_allowed(given);

  watch_interrupts();
  const std::unique_ptr<Store> store = opened(given.store);
  if (!given.forget.empty()) {
    say(fmt::format("{} events of {} were emptied.", store->forget_rater(given.forget), given.forget));
    return 0;
  }
  LabelConfig config;
  config.settings = store->ledger().settings();  // what the command line leaves open stays as it was
  Options options("label", "");
  declare(options, config);
  options.parse(arguments);
  prepare(config, *store);
  serve(config, *store);
  return 0;
}

}  // namespace nudge
