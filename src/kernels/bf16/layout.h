#pragma once

#include <cstdint>
#include <vector>

#include "kernels/aligned.h"

namespace nudge::kernels::bf16 {

// How the operands of a product C [M, N] = A [M, depth] B [depth, N] lie in bf16, for every instruction set
// alike. Both are cut into tiles of 1 KiB, which hold kTileRows rows (or columns) over kTileDepth of depth,
// and what they need beyond the matrix is zero.
//
//   A: tile (i, d) at (i * blocks + d) * kTile; in it element (row, k) at row * kTileDepth + k.
//   B: panels of two tiles of columns side by side; tile (p, d, side) at ((p * blocks + d) * 2 + side) *
//      kTile; in it element (k, column) at (k / 2) * 2 * kTileRows + 2 * column + k % 2: pairs along the
//      depth, which is what the instructions multiply.
//
// As 16 x 16 pairs, a tile of B is the transpose of the tile of A that holds the same numbers.

/// The upper half of a float. Numbers too small to be normal are zero, as the instructions take them.
using Bits = std::uint16_t;
using AlignedBits = std::vector<Bits, CacheLineAllocator<Bits>>;

constexpr std::int64_t kTileRows = 16;
constexpr std::int64_t kTileDepth = 32;
constexpr std::int64_t kTile = kTileRows * kTileDepth;  // elements
constexpr std::int64_t kPanelColumns = 2 * kTileRows;

constexpr std::int64_t depth_blocks(std::int64_t depth) {
  return (depth + kTileDepth - 1) / kTileDepth;
}
constexpr std::int64_t row_tiles(std::int64_t rows) {
  return (rows + kTileRows - 1) / kTileRows;
}
constexpr std::int64_t panels(std::int64_t columns) {
  return (columns + kPanelColumns - 1) / kPanelColumns;
}
/// Elements of all tiles of A [rows, depth] ...
constexpr std::int64_t rows_size(std::int64_t rows, std::int64_t depth) {
  return row_tiles(rows) * depth_blocks(depth) * kTile;
}
/// ... of one panel of B, and of all of them.
constexpr std::int64_t panel_size(std::int64_t depth) {
  return 2 * depth_blocks(depth) * kTile;
}
constexpr std::int64_t columns_size(std::int64_t columns, std::int64_t depth) {
  return panels(columns) * panel_size(depth);
}
/// Where element (k, column) of B lies.
constexpr std::int64_t at(std::int64_t k, std::int64_t column, std::int64_t depth) {
  const std::int64_t side = column % kPanelColumns / kTileRows, inside = column % kTileRows;
  return column / kPanelColumns * panel_size(depth) + (k / kTileDepth * 2 + side) * kTile +
         k % kTileDepth / 2 * 2 * kTileRows + 2 * inside + k % 2;
}

}  // namespace nudge::kernels::bf16
