#include "training/run_products.h"

#include <algorithm>
#include <string_view>

namespace nudge {
namespace {

namespace fs = std::filesystem;

/// What a command writes before it has produced anything. The configuration moves last: while it is there, an
/// interrupted move is still seen as a run.
constexpr const char* inputs = "inputs.json";
constexpr const char* configuration = "config.yaml";
constexpr const char* products[] = {"final",       "value_model",   "evaluation.json", "ending.json",
                                    "checkpoints", "metrics.jsonl", "timing.jsonl",    "tensorboard",
                                    "samples",     "report.html",   "report.json",     inputs,
                                    configuration};

}  // namespace

RunProducts::RunProducts(fs::path folder)
    : folder_(std::move(folder)), aside_(folder_ / ".replaced"), replaces_(fs::exists(aside_)) {}

bool RunProducts::any() const {
  return std::ranges::any_of(products, [&](const char* product) {
    return product != std::string_view(configuration) && product != std::string_view(inputs) &&
           fs::exists(folder_ / product);
  });
}

void RunProducts::settle() {
  const bool begun = fs::exists(folder_ / configuration) && fs::exists(aside_ / configuration);
  if (!begun) put_back();
}

void RunProducts::set_aside() {
  fs::create_directories(aside_);
  replaces_ = true;
  for (const char* product : products) {
    if (fs::exists(aside_ / product)) {
      fs::remove_all(folder_ / product);
    } else if (fs::exists(folder_ / product)) {
      fs::rename(folder_ / product, aside_ / product);
    }
  }
}

void RunProducts::take_back() {
  std::error_code ignored;
  for (const char* begun : {inputs, configuration}) fs::remove(folder_ / begun, ignored);
  put_back();
}

void RunProducts::put_back() {
  if (!replaces_) return;
  for (const char* product : products) {
    if (fs::exists(aside_ / product)) fs::rename(aside_ / product, folder_ / product);
  }
  forget_replaced();
}

void RunProducts::forget_replaced() {
  if (replaces_) fs::remove_all(aside_);
  replaces_ = false;
}

}  // namespace nudge
