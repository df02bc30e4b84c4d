#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/config.h"
#include "model/decoder.h"
#include "model/reading.h"
#include "model/weights.h"

namespace nudge {

/// A model's weights for others to stand on, and what its config.json says.
struct Base {
  ModelConfig config;
  std::shared_ptr<const Weights> weights;
};

/// The base in `folder`: the one in memory in this precision while any model stands on it, else read anew.
/// Safe from many threads. Error as load_model's, and where adapters lie there.
Base base_at(const std::filesystem::path& folder, Precision precision = Precision::float32);

/// The model in `folder` for who only reads it: its weights lie in memory once, as a base that others share,
/// and nothing of it is trained. `reading` and errors as load_model's.
std::unique_ptr<Decoder> read_model(const std::filesystem::path& folder, const Reading& reading = {});

/// Lets others share this model's base, which was read from its config's source. Nothing where it was not
/// read.
void share_base(const Decoder& model);

/// The directory of a model, or of the run that made it (final/), or of a name on a hub that lies in the
/// cache of Hugging Face's programs ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub), there in
/// `revision`: a branch, a tag or a commit; nothing otherwise.
std::optional<std::filesystem::path> model_directory(const std::filesystem::path& name,
                                                     const std::string& revision = "main");

}  // namespace nudge
