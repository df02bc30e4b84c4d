#include "gguf/tensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "gguf/dequantize.h"

namespace nudge::gguf {

namespace {

/// Of each head, rows i and i + head/2 become neighbours, or neighbours come apart again.
void move_rows(std::span<float> numbers, std::int64_t columns, std::int64_t head, bool together) {
  std::vector<float> moved(head * columns);
  for (std::size_t start = 0; start < numbers.size(); start += moved.size()) {
    const auto of_head = numbers.subspan(start, moved.size());
    for (std::int64_t i = 0; i < head; ++i) {
      const std::int64_t neighbour = i % (head / 2) * 2 + i / (head / 2);
      const auto from = (together ? i : neighbour) * columns, to = (together ? neighbour : i) * columns;
      std::copy_n(of_head.begin() + from, columns, moved.begin() + to);
    }
    std::ranges::copy(moved, of_head.begin());
  }
}

void change_by(Change change, std::span<float> numbers, const std::vector<std::int64_t>& shape,
               std::int64_t head, bool forth) {
  switch (change) {
    case Change::none:
      break;
    case Change::rotary_rows:
      move_rows(numbers, shape.size() == 1 ? 1 : shape[1], head, forth);
      break;
    case Change::add_one:
      for (float& number : numbers) number += forth ? 1.0f : -1.0f;
      break;
  }
}

/// Which stands in no Hugging Face model: the rotary embedding's tables.
bool is_rotary_table(const std::string& name) {
  return name == "rope_freqs.weight" || name.ends_with(".attn_rot_embd");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

void apply(Change change, std::span<float> numbers, const std::vector<std::int64_t>& shape,
           std::int64_t head) {
  change_by(change, numbers, shape, head, true);
}

void undo(Change change, std::span<float> numbers, const std::vector<std::int64_t>& shape,
          std::int64_t head) {
  change_by(change, numbers, shape, head, false);
}

void check_tensors(const File& file, const std::vector<NamedTensor>& tensors) {
  const std::string& where = file.metadata().where();
  std::unordered_set<std::string> known;
  for (const NamedTensor& expected : tensors) {
    const TensorInfo* tensor = file.find(expected.gguf);
    require(tensor != nullptr, "{}: the tensor \"{}\" is missing.", where, expected.gguf);
    require(tensor->shape == expected.shape,
            "{}: the tensor \"{}\" has the shape {}, but the metadata ask for {}.", where, expected.gguf,
            shape_text(tensor->shape), shape_text(expected.shape));
    known.insert(expected.gguf);
  }
  for (const TensorInfo& tensor : file.tensors())
    require(known.contains(tensor.name) || is_rotary_table(tensor.name),
            "{}: the tensor \"{}\" has no place in the model that the metadata describe.", where,
            tensor.name);
}

void read(const File& file, const NamedTensor& tensor, std::int64_t head, std::span<float> numbers) {
  const TensorInfo* found = file.find(tensor.gguf);
  require(found != nullptr, "{}: the tensor \"{}\" is missing.", file.metadata().where(), tensor.gguf);
  dequantize(*found, numbers);
  undo(tensor.change, numbers, tensor.shape, head);
}

}  // namespace nudge::gguf
