#include "training/checkpoints.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/manifest.h"
#include "base/progress.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kept = 2;
constexpr const char* tensors_file = "state.safetensors";
constexpr const char* values_file = "state.json";

/// N of "step-N", or nothing for any other name ("step-4.tmp-17", "step-4.damaged").
std::optional<std::int64_t> step_of(const std::string& name) {
  constexpr std::string_view prefix = "step-";
  std::int64_t step = 0;
  if (!name.starts_with(prefix)) return {};
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, step);
  if (error != std::errc() || stop != end || step < 0) return {};
  return step;
}

void verify(const fs::path& folder, std::int64_t step) {
  const Json manifest = verified_manifest(folder);
  for (const char* name : {tensors_file, values_file})
    require(manifest["files"].contains(name), "its manifest does not name {}", name);
  const auto written = get<std::int64_t>(manifest, "step", manifest_file);
  require(written == step, "it is the checkpoint of step {} under another name", written);
}

void require_space(const fs::path& folder, const State& state) {
  double needed = 0;
  for (const auto& [_, tensor] : state.tensors) needed += static_cast<double>(tensor.nbytes());
  const auto available = static_cast<double>(fs::space(folder).available);
  require(available > 1.2 * needed, "it needs {:.0f} MiB and the disk has {:.0f} MiB left",
          needed / (1 << 20), available / (1 << 20));
}

}  // namespace

std::vector<std::int64_t> Checkpoints::steps() const {
  std::vector<std::int64_t> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder_, absent)) {
    if (const auto step = step_of(entry.path().filename().string())) found.push_back(*step);
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path Checkpoints::at(std::int64_t step) const {
  return folder_ / fmt::format("step-{}", step);
}

std::optional<Checkpoints::Loaded> Checkpoints::newest() {
  const auto found = steps();
  for (auto step = found.rbegin(); step != found.rend(); ++step) {
    const fs::path folder = at(*step);
    try {
      verify(folder, *step);
      return Loaded{*step, {read_safetensors(folder / tensors_file), read_json(folder / values_file)}};
    } catch (const Error& error) {
      warn(fmt::format(
          "The checkpoint {} is damaged ({}); going back to {}. The damaged one is kept as {}.damaged.",
          folder.string(), error.what(), step + 1 == found.rend() ? "the start" : at(step[1]).string(),
          folder.string()));
      fs::remove_all(folder.string() + ".damaged");
      fs::rename(folder, folder.string() + ".damaged");
    }
  }
  return {};
}

void Checkpoints::save(std::int64_t step, const State& state) {
  try {
    write(step, state);
    last_save_failed_ = false;
  } catch (const std::exception& error) {
    const auto what = fmt::format("The checkpoint of step {} was not written: {}", step, error.what());
    require(!last_save_failed_, "{} The save before it failed too; free some space and go on with --resume.",
            what);
    last_save_failed_ = true;
    warn(what + " Training goes on; if the next save fails as well, it stops.");
    return;
  }
  remove_old();
}

void Checkpoints::write(std::int64_t step, const State& state) const {
  AtomicDirectory folder(at(step));
  require_space(folder.path(), state);
  write_safetensors(folder.path() / tensors_file, state.tensors);
  write_file(folder.path() / values_file, to_pretty(state.values));
  write_manifest(folder.path(), {{"step", step}});
  folder.commit();
}

void Checkpoints::remove_old() const {
  const auto found = steps();
  for (std::size_t i = 0; i + kept < found.size(); ++i) {
    std::error_code error;
    fs::remove_all(at(found[i]), error);
    if (error)
      warn(fmt::format("The old checkpoint {} could not be removed: {}.", at(found[i]).string(),
                       error.message()));
  }
}

}  // namespace nudge
