// nudge label: the rater's page on a store of comparisons.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "base/counted.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "preference/comparison_files.h"
#include "preference/server/label_server.h"
#include "preference/store/add_imported.h"
#include "preference/store/idle_checkpoint.h"

namespace nudge {
namespace {

struct LabelConfig {
  std::string store;
  std::vector<std::string> import;
  std::string guidelines, forget;
  LabelServerOptions server;
  LabelSettings settings;  // those of the store are the defaults
};

void declare(Options& options, LabelServerOptions& server) {
  options.section("Server");
  options.add("port", server.port, "Port; 0: the one of the last start if it is free, or else any free one.")
      .within(between(0, 65535));
  options
      .add("host", server.host,
           "Address to listen at, under which raters open the page; 0.0.0.0: every address of this machine.")
      .shown_as("ADDRESS");
  options.add("allow_remote", server.allow_remote,
              "Answer other machines, and under any name: at such a --host, or behind a proxy. Without "
              "encryption of its own, so in a trusted network, or behind a proxy that encrypts.");
  options.add("public_url", server.public_url,
              "Where raters open the page when a proxy or a container's port stands before it, as "
              "https://label.example.org; the links begin with it.");
  options.add("new_links", server.new_links,
              "End all links and sessions of earlier starts, and make new ones.");
}

void declare(Options& options, LabelConfig& config) {
  options.positional("STORE", config.store, "File of the store; made when there is none.");
  options
      .add("import", config.import,
           "Files of comparisons, with or without votes, to add first, in any form that `nudge preferences "
           "import` reads; candidates of `nudge sample` too. What is there already stays as it is.")
      .shown_as("FILE");
  options
      .add("guidelines", config.guidelines,
           "Text file (Markdown) that raters can read on the page; empty: as before.")
      .shown_as("FILE");
  options
      .add("forget", config.forget,
           "Empties what the rater of this name ever wrote, then stops; the log keeps that it happened.")
      .shown_as("NAME");
  declare(options, config.server);
  options.section("Who gets what (kept in the store)");
  LabelSettings& settings = config.settings;
  options.add("overlap", settings.overlap, "Raters for each comparison; skips do not count.")
      .within(at_least(1));
  options
      .add("overlap_share", settings.overlap_share,
           "Share of comparisons that get one rater more, to measure agreement.")
      .within(between(0, 1));
  options.add("repeat_share", settings.repeat_share, "Share of tasks that the same rater decided before.")
      .within(between(0, 1));
  options.add("gold_share", settings.gold_share, "Share of tasks whose answer is known.")
      .within(between(0, 1));
  options.choose("order", settings.order,
                 "Order of asking: random for each rater, or by the comparisons' priorities.");
  options
      .add("random_share", settings.random_share,
           "Share of tasks drawn at random when the order is priority.")
      .within(between(0, 1));
  options.section("What is asked (kept in the store)");
  options.add("strength", settings.strength, "Ask how much better the better answer is.");
  options.add("quality", settings.quality, "Ask for a quality of 1 to 7 for each answer.");
  options.add("allow_tie", settings.allow_tie, "Let raters call answers equally good.");
  options.add(
      "markdown", settings.markdown,
      "Show answers as Markdown to raters who have not chosen the raw text themselves; votes say which "
      "was seen.");
  options.add("answer_flags", settings.answer_flags,
              "Flags that an answer can get; \"instructgpt\" stands for the list of InstructGPT.");
  options.add("comparison_flags", settings.comparison_flags, "Flags that a comparison can get.");
}

void require_local_or_allowed(const LabelServerOptions& server) {
  const bool local = server.host == "127.0.0.1" || server.host == "localhost" || server.host == "::1";
  if (!server.allow_remote && (!local || !server.public_url.empty()))
    throw UsageError(fmt::format(
        "--{} lets other machines reach the page, and whoever listens on the network reads along; say "
        "--allow_remote if that is meant, or let raters come through an SSH tunnel.",
        local ? "public_url " + server.public_url : "host " + server.host));
  const std::string fault = server.public_url.empty() ? "" : fault_of_url(server.public_url);
  if (!fault.empty())
    throw UsageError(
        fmt::format("--public_url {}: {}, as in https://label.example.org.", server.public_url, fault));
  if (server.allow_remote)
    warn(fmt::format(
        "the page is open to other machines at {}, unencrypted unless a proxy before it encrypts; "
        "only the links' tokens guard it.",
        server.public_url.empty() ? server.host : server.public_url));
}

/// Removes the store that this start made unless it is kept: nothing half-made stays behind. What was there
/// before, be it only a -wal with somebody's labels, is not touched.
class NewStore {
 public:
  explicit NewStore(const std::string& path)
      : path_(path), kept_(std::filesystem::exists(path) || std::filesystem::exists(path + "-wal")) {}
  ~NewStore() {
    if (kept_) return;
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::error_code ignored;
      std::filesystem::remove(path_ + suffix, ignored);
    }
  }
  NewStore(const NewStore&) = delete;
  NewStore& operator=(const NewStore&) = delete;
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_;
};

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

/// What the command line adds to the store, read before the store is touched.
struct Additions {
  std::string guidelines;
  std::vector<Imported> files;  // one for each of `import`
};

Additions read_additions(const LabelConfig& config) {
  Additions additions;
  if (!config.guidelines.empty()) additions.guidelines = read_file(config.guidelines);
  for (const std::string& file : config.import) additions.files.push_back(read_comparisons(file));
  return additions;
}

void import_files(const LabelConfig& config, const Additions& additions, Store& store) {
  for (std::size_t i = 0; i < config.import.size(); ++i) {
    const Imported& imported = additions.files[i];
    const auto [comparisons, votes] = add_imported(store, imported.comparisons, imported.votes);
    say(fmt::format("{}: {}, {} of them new; {}, {} of them new.", config.import[i],
                    counted(std::ssize(imported.comparisons), "comparison"), comparisons,
                    counted(std::ssize(imported.votes), "vote"), votes));
  }
}

void prepare(LabelConfig& config, const Additions& additions, Store& store) {
  if (config.settings.answer_flags == std::vector<std::string>{"instructgpt"})
    config.settings.answer_flags = instructgpt_flags();
  store.set(config.settings);
  if (!config.guidelines.empty()) store.set_guidelines(additions.guidelines);
  import_files(config, additions, store);
  store.database().checkpoint();
  if (store.ledger().comparison_count() == 0)
    warn(fmt::format(
        "{}: the store holds no comparisons yet, so there is nothing to rate; add some with --import.",
        config.store));
}

void serve(const LabelConfig& config, Store& store, NewStore& made) {
  const LabelServer server(store, config.server);
  made.keep();
  std::printf("%s\n", server.link().c_str());
  std::fflush(stdout);
  say("This link is yours, the owner's; the raters' is on its panel. Both hold at the next start as well. "
      "Ctrl-C ends; the same command goes on.");
  IdleCheckpoint idle(config.store);
  for (int turn = 0; !interrupt_requested(); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (turn % 10 == 0) idle.look(now_seconds());
  }
}

}  // namespace

int run_label(std::span<const std::string> arguments) {
  LabelConfig config;
  Options options("label",
                  "Lets people compare answers on a page in their browser, and keeps what they say.");
  declare(options, config);
  options.start_with({"import", "guidelines"}, "nudge label answers.store --import candidates.jsonl");
  if (!options.parse(arguments)) return 0;
  if (config.store.empty())
    throw UsageError("label needs the file of a STORE, as in nudge label answers.store.");
  require_local_or_allowed(config.server);
  const Additions additions = read_additions(config);

  watch_interrupts();
  NewStore made(config.store);
  const std::unique_ptr<Store> store = opened(config.store);
  if (!config.forget.empty()) {
    say(fmt::format("{} events of {} were emptied.", store->forget_rater(config.forget), config.forget));
    return 0;
  }
  config.settings = store->ledger().settings();  // what the command line leaves open stays as it was
  options.put_given();
  prepare(config, additions, *store);
  serve(config, *store, made);
  say(fmt::format("{}: ended; the same command goes on.", config.store));
  return 0;
}

}  // namespace nudge
