#include "model/bases.h"

#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/mutex.h"
#include "model/checkpoint.h"
#include "model/peft.h"

namespace nudge {

namespace {

namespace fs = std::filesystem;

/// Those in memory, by directory and precision.
class Bases {
 public:
  std::optional<Base> find(const std::string& folder, Precision precision) {
    const Lock lock(mutex_);
    const auto found = known_.find({folder, precision});
    if (found == known_.end()) return {};
    auto weights = found->second.weights.lock();
    if (!weights) return {};
    return Base{found->second.config, std::move(weights)};
  }

  void add(const Base& base) {
    const Lock lock(mutex_);
    known_.insert_or_assign({base.config.source, base.config.precision}, Known{base.config, base.weights});
  }

 private:
  struct Known {
    ModelConfig config;
    std::weak_ptr<const Weights> weights;
  };
  Mutex mutex_;
  std::map<std::pair<std::string, Precision>, Known> known_ NUDGE_LOCKING(guarded_by(mutex_));
};

Bases& bases() {
  static Bases all;
  return all;
}

fs::path hub_cache() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets it
    return fs::path(value ? value : "");
  };
  if (const fs::path cache = variable("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const fs::path home = variable("HF_HOME"); !home.empty()) return home / "hub";
  return variable("HOME") / ".cache" / "huggingface" / "hub";
}

/// "OWNER/NAME", or an old "NAME", lies in models--OWNER--NAME/snapshots/COMMIT; refs/ holds the commit of a
/// branch or tag, and a commit may be named itself.
fs::path cached_snapshot(std::string name, const std::string& revision) {
  if (const auto slash = name.find('/'); slash != std::string::npos) name.replace(slash, 1, "--");
  const fs::path folder = hub_cache() / ("models--" + name), ref = folder / "refs" / revision;
  return folder / "snapshots" / (fs::is_regular_file(ref) ? read_file(ref) : revision);
}

}  // namespace

Base base_at(const fs::path& folder, Precision precision) {
  const std::string key = fs::weakly_canonical(folder).string();
  if (auto known = bases().find(key, precision)) return *std::move(known);
  const auto model = load_model(folder, {.precision = precision});
  require(!model->base(),
          "{}: a base must be a whole model, and this is one with adapters; merge it first (nudge merge).",
          folder.string());
  model->freeze({}, 0);
  Base base{model->config(), model->base()};
  bases().add(base);
  return base;
}

std::unique_ptr<Decoder> read_model(const fs::path& folder, const Reading& reading) {
  if (holds_adapters(folder)) return load_model(folder, reading);
  const Base whole = base_at(folder, reading.precision);
  return std::make_unique<Decoder>(whole.config, whole.weights, PartialTraining{});
}

void share_base(const Decoder& model) {
  if (model.base() && !model.config().source.empty()) bases().add({model.config(), model.base()});
}

std::optional<fs::path> model_directory(const fs::path& name, const std::string& revision) {
  if (name.empty()) return {};
  for (const fs::path& folder : {name, name / "final", cached_snapshot(name.string(), revision)})
    if (fs::exists(folder / "config.json")) return folder;
  return {};
}

}  // namespace nudge
