#pragma once

#include <filesystem>

#include "tensor/weight.h"

namespace nudge {

/// How the directory of a model is read.
struct Reading {
  std::filesystem::path base = {};  // of adapters, where it is not the one that they name
  Precision precision = Precision::float32;
};

}  // namespace nudge
