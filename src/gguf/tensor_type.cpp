#include "gguf/tensor_type.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace nudge::gguf {

namespace {

struct Known {
  std::uint32_t number;
  BlockShape shape;  // of no numbers: a type that we know by name only
};

/// ggml.h and gguf's constants.py (0.19).
constexpr std::array kKnownTypes = {
    Known{0, {"F32", 1, 4}},       Known{1, {"F16", 1, 2}},       Known{2, {"Q4_0", 32, 18}},
    Known{3, {"Q4_1", 32, 20}},    Known{6, {"Q5_0", 32, 22}},    Known{7, {"Q5_1", 32, 24}},
    Known{8, {"Q8_0", 32, 34}},    Known{9, {"Q8_1", 0, 0}},      Known{10, {"Q2_K", 0, 0}},
    Known{11, {"Q3_K", 0, 0}},     Known{12, {"Q4_K", 256, 144}}, Known{13, {"Q5_K", 256, 176}},
    Known{14, {"Q6_K", 256, 210}}, Known{15, {"Q8_K", 0, 0}},     Known{16, {"IQ2_XXS", 0, 0}},
    Known{17, {"IQ2_XS", 0, 0}},   Known{18, {"IQ3_XXS", 0, 0}},  Known{19, {"IQ1_S", 0, 0}},
    Known{20, {"IQ4_NL", 0, 0}},   Known{21, {"IQ3_S", 0, 0}},    Known{22, {"IQ2_S", 0, 0}},
    Known{23, {"IQ4_XS", 0, 0}},   Known{24, {"I8", 0, 0}},       Known{25, {"I16", 0, 0}},
    Known{26, {"I32", 0, 0}},      Known{27, {"I64", 0, 0}},      Known{28, {"F64", 0, 0}},
    Known{29, {"IQ1_M", 0, 0}},    Known{30, {"BF16", 1, 2}},     Known{34, {"TQ1_0", 0, 0}},
    Known{35, {"TQ2_0", 0, 0}},    Known{39, {"MXFP4", 0, 0}},    Known{40, {"NVFP4", 0, 0}},
    Known{41, {"Q1_0", 0, 0}}};

const Known* known_type(std::uint32_t number) {
  const auto* found = std::ranges::find(kKnownTypes, number, &Known::number);
  return found == kKnownTypes.end() ? nullptr : found;
}

}  // namespace

BlockShape block_shape(TensorType type) {
  return known_type(static_cast<std::uint32_t>(type))->shape;
}

TensorType tensor_type(std::uint32_t number, const std::string& what) {
  const Known* type = known_type(number);
  require(
      type != nullptr && type->shape.numbers > 0,
      "{} has the type {}; nudge reads F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and Q6_K.",
      what, type ? type->shape.name : fmt::format("number {}, which nudge does not know", number));
  return static_cast<TensorType>(number);
}

}  // namespace nudge::gguf
