// The bf16 products in plain C++: for processors without the instructions, where bf16 saves memory but no
// time, and the twin of the others in tests.
#include <algorithm>
#include <bit>

#include "kernels/bf16/convert.h"
#include "kernels/bf16/path.h"

namespace nudge::kernels::bf16 {
namespace portable {
namespace {

void pack_rows_of(Source x, std::int64_t rows, std::int64_t depth, bool transposed, Bits* tiles) {
  const std::int64_t blocks = depth_blocks(depth);
  std::fill_n(tiles, rows_size(rows, depth), Bits{0});
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < depth; ++k)
      tiles[(r / kTileRows * blocks + k / kTileDepth) * kTile + r % kTileRows * kTileDepth + k % kTileDepth] =
          round(transposed ? x.data[k * x.ld + r] : x.data[r * x.ld + k]);
}

void pack_rows(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles) {
  pack_rows_of(x, rows, depth, false, tiles);
}
void pack_rows_transposed(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles) {
  pack_rows_of(x, rows, depth, true, tiles);
}

void pack_panel_of(Source x, std::int64_t columns, std::int64_t depth, bool transposed, Bits* panel) {
  std::fill_n(panel, panel_size(depth), Bits{0});
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t k = 0; k < depth; ++k)
      panel[at(k, j, depth)] = round(transposed ? x.data[k * x.ld + j] : x.data[j * x.ld + k]);
}

void pack_panel(Source w, std::int64_t columns, std::int64_t depth, Bits* panel) {
  pack_panel_of(w, columns, depth, false, panel);
}
void pack_panel_transposed(Source x, std::int64_t columns, std::int64_t depth, Bits* panel) {
  pack_panel_of(x, columns, depth, true, panel);
}

void turn(const Bits* block, Bits* turned) {
  for (std::int64_t i = 0; i < kTileDepth; ++i)
    for (std::int64_t j = 0; j < kPanelColumns; ++j)
      turned[at(j, i, kTileDepth)] = block[at(i, j, kTileDepth)];
}

void multiply_panel(const Bits* a, std::int64_t depth, const Bits* panel, const Result& c) {
  const std::int64_t blocks = depth_blocks(depth);
  for (std::int64_t r = 0; r < c.rows; ++r) {
    const Bits* row = a + r / kTileRows * blocks * kTile + r % kTileRows * kTileDepth;
    float* to = c.data + r * c.ld;
    float sums[kPanelColumns] = {};
    if (c.into == Into::go_on) std::copy_n(to, c.columns, sums);
    for (std::int64_t d = 0; d < blocks; ++d) {
      for (std::int64_t k = 0; k < kTileDepth; ++k) {
        const float x = widen(row[d * kTile + k]);
        const Bits* b = panel + d * 2 * kTile + k / 2 * 2 * kTileRows + k % 2;
        for (std::int64_t j = 0; j < kPanelColumns; ++j)
          sums[j] += x * widen(b[j / kTileRows * kTile + j % kTileRows * 2]);
      }
    }
    for (std::int64_t j = 0; j < c.columns; ++j) to[j] = c.into == Into::add ? to[j] + sums[j] : sums[j];
  }
}

void multiply(const Bits* a, std::int64_t depth, const Bits* panels, std::int64_t stride, const Result& c) {
  for_each_panel(panels, stride, c,
                 [&](const Bits* panel, const Result& piece) { multiply_panel(a, depth, panel, piece); });
}

}  // namespace
}  // namespace portable

const Path kPortable = {"portable",
                        portable::pack_rows,
                        portable::pack_rows_transposed,
                        portable::pack_panel,
                        portable::pack_panel_transposed,
                        portable::turn,
                        portable::multiply};

}  // namespace nudge::kernels::bf16
