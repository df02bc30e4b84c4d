#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "model/checkpoint.h"
#include "model/weight_names.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

/// Seven int32 open a version 0 file of llama2.c (legacy_export in its export.py).
struct Header {
  std::int32_t dim, hidden_dim, layers, heads, kv_heads, vocab_size, max_sequence;
};

ModelConfig config_of(const Header& header, const std::string& where) {
  const bool own_classifier = header.vocab_size < 0;  // the sign of the vocabulary says so
  const Json json{{"model_type", "llama"},
                  {"vocab_size", std::abs(std::int64_t{header.vocab_size})},
                  {"hidden_size", header.dim},
                  {"intermediate_size", header.hidden_dim},
                  {"num_hidden_layers", header.layers},
                  {"num_attention_heads", header.heads},
                  {"num_key_value_heads", header.kv_heads},
                  {"max_position_embeddings", header.max_sequence},
                  {"rms_norm_eps", 1e-5},
                  {"tie_word_embeddings", !own_classifier},
                  {"bos_token_id", 1},
                  {"eos_token_id", 1}};  // a story ends where the next begins; 2 occurs nowhere
  return parse_config(json, where + " (its header)");
}

/// Floats of the file, taken in order.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  void skip(std::int64_t floats) { bytes_.remove_prefix(floats * sizeof(float)); }

  void read(const at::Tensor& into) {  // contiguous
    std::memcpy(into.mutable_data_ptr<float>(), bytes_.data(), into.nbytes());
    skip(into.numel());
  }

 private:
  std::string_view bytes_;
};

/// llama2.c rotates neighbours (2i, 2i + 1) of a head, Hugging Face dimensions i and i + e/2: the rows of q
/// and k are put in that order.
void interleaved_to_halves(const at::Tensor& weight, std::int64_t head_dim) {
  const std::int64_t rows = weight.size(0), columns = weight.size(1);
  weight.copy_(
      weight.view({rows / head_dim, head_dim / 2, 2, columns}).transpose(1, 2).reshape({rows, columns}));
}

std::int64_t floats_in_file(const ModelConfig& config) {
  std::int64_t total = config.max_position_embeddings * config.head_dim;  // tables of the rotary embedding
  for (const auto& item : checkpoint_tensors(config)) total += c10::multiply_integers(item.shape);
  return total;
}

void read_weights(Cursor& cursor, const Decoder& model) {
  const auto& config = model.config();
  const auto items = checkpoint_tensors(config);
  const auto read_all = [&](std::string_view ending, bool rotary = false) {
    for (const auto& item : items) {
      if (!item.name.ends_with(ending)) continue;
      const auto rows = model.parameters()[item.parameter].narrow(0, item.row, item.rows);
      cursor.read(rows);
      if (rotary) interleaved_to_halves(rows, config.head_dim);
    }
  };
  read_all("embed_tokens.weight");
  read_all("input_layernorm.weight");
  read_all("q_proj.weight", true);
  read_all("k_proj.weight", true);
  read_all("v_proj.weight");
  read_all("o_proj.weight");
  read_all("post_attention_layernorm.weight");
  read_all("gate_proj.weight");
  read_all("down_proj.weight");
  read_all("up_proj.weight");
  read_all("model.norm.weight");
  cursor.skip(config.max_position_embeddings * config.head_dim);
  read_all("lm_head.weight");
}

}  // namespace

std::unique_ptr<Decoder> import_llama2c(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  Header header;
  require(bytes.size() >= sizeof header, "Importing {}: {} bytes are too few for a llama2.c file.",
          file.string(), bytes.size());
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto config = config_of(header, file.string());
  const auto expected = sizeof header + floats_in_file(config) * sizeof(float);
  require(
      bytes.size() == expected,
      "Importing {}: its header describes a file of {} bytes, but it has {}; it is damaged or not a llama2.c "
      "version 0 file.",
      file.string(), expected, bytes.size());
  auto model = std::make_unique<Decoder>(config);
  Cursor cursor(std::string_view(bytes).substr(sizeof header));
  read_weights(cursor, *model);
  return model;
}

}  // namespace nudge
