#include "evaluation/report/run_samples.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluation/report/run_log.h"

namespace nudge::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 6;

std::vector<fs::path> sample_files(const fs::path& samples) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(samples, none))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string tag_of(const std::string& name, const Json& value) {
  if (value.is_structured()) return "";  // ids, further columns
  if (value.is_string()) return name + " " + value.get<std::string>();
  return name + " " + (value.is_number_float() ? short_number(value.get<double>()) : value.dump());
}

// The text itself, or that of a conversation's last turn.
std::string asked_in(const Json& prompt) {
  if (prompt.is_string()) return prompt.get<std::string>();
  if (prompt.is_array() && !prompt.empty() && prompt.back().is_object())
    return prompt.back().value("content", "");
  return prompt.dump();
}

Html card(const Json& record) {
  Html asked, answer;
  std::string tags;
  for (const auto& [name, value] : record.items()) {
    if (name == "prompt") {
      asked = element("div", verbatim(asked_in(value)), "asked");
    } else if (name == "completion" && value.is_string()) {
      answer = element("div", verbatim(value.get<std::string>()), "answer c-k1");
    } else if (const std::string tag = tag_of(name, value); !tag.empty()) {
      tags += (tags.empty() ? "" : " \u00B7 ") + tag;
    }
  }
  return element("div", asked + element("div", text(tags), "tags") + answer, "pair");
}

}  // namespace

std::string short_number(double value) {
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e6)) return fmt::format("{:.4g}", value);
  return fmt::format("{:.2e}", value);
}

Html samples_section(const fs::path& samples) {
  Html section;
  for (const fs::path& file : sample_files(samples)) {
    const std::vector<Json> lines = read_lines(file);
    Html cards;
    for (std::size_t i = lines.size() - std::min(kShown, lines.size()); i < lines.size(); ++i)
      cards += card(lines[i]);
    section += element("h2", text("Samples: " + file.stem().string() + ", the latest")) +
               element("div", cards, "pairs");
  }
  return section;
}

}  // namespace nudge::report
