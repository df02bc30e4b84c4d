#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "gguf/metadata.h"

namespace nudge::gguf {

/// One length of a tensor, by its name in a configuration.
enum class Extent { none, hidden, feed_forward, queries, keys, head, vocabulary };

/// What a converter does to a tensor's numbers on the way from Hugging Face to GGUF.
enum class Change {
  none,
  rotary_rows,  // Llama's q and k: of each head, rows i and i + e/2 become neighbours 2i and 2i + 1
  add_one,      // Gemma's norms, whose weight is stored as its distance from 1
};

/// A tensor's two names, without what stands before (`blk.N.`, `model.layers.N.`), and its shape.
struct TensorName {
  const char *gguf, *hugging_face;
  Extent rows, columns = Extent::none;
  Change change = Change::none;
  bool optional = false;  // a head of its own, biases: there if the configuration says so
};

/// A GGUF architecture and the family that transformers knows it as, as data.
struct Architecture {
  const char *name, *model_type, *class_name;
  std::span<const TensorName> once, layer;  // tensors of the model, and of each of its layers

  /// Error naming the architecture when there is none of this name in general.architecture.
  static const Architecture& of(const Metadata& metadata);
  /// Error naming it when the model type of a config.json is none of these.
  static const Architecture& of(const Json& config, std::string_view where);
};

/// What shapes are made of; absent lengths are 0.
struct Sizes {
  std::int64_t hidden, feed_forward, heads, key_heads, head, vocabulary, layers;

  /// From a Hugging Face config. Error naming `where` and the key.
  static Sizes of(const Json& config, std::string_view where);
  std::int64_t operator[](Extent extent) const;
  std::vector<std::int64_t> shape(const TensorName& tensor) const;
};

/// A tensor in full: both names, shape, how its numbers change.
struct NamedTensor {
  std::string gguf, hugging_face;
  std::vector<std::int64_t> shape;
  Change change;
};

/// Every tensor that the model of a config.json has, in the order of llama.cpp's converter. Error naming
/// `where` and the key that is wrong.
std::vector<NamedTensor> tensors_of(const Architecture& architecture, const Json& config,
                                    std::string_view where);

}  // namespace nudge::gguf
