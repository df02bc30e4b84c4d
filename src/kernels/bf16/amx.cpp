// Products with AMX: TDPBF16PS multiplies 16 x 32 by 32 x 16 and adds to 16 x 16 floats.
#include "kernels/bf16/avx512.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

#define NUDGE_AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16")))

namespace nudge::kernels::bf16 {
namespace {

/// What LDTILECFG reads.
struct alignas(64) Shapes {
  std::uint8_t palette, start, reserved[14];
  std::uint16_t row_bytes[16];
  std::uint8_t rows[16];
};
/// Eight tiles of 16 rows of 64 bytes. A constant: g++ 12 takes the instruction to read 8 bytes, and leaves
/// out what a function would write into the others.
constexpr Shapes kShapes = {1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

/// The shapes of a thread's tiles while it lives. Puts back what another library had set, which may count on
/// it.
class TileShapes {
 public:
  NUDGE_AMX TileShapes() {
    _tile_storeconfig(&before_);
    _tile_loadconfig(&kShapes);
  }
  NUDGE_AMX ~TileShapes() {
    if (before_.palette == 0)
      _tile_release();
    else
      _tile_loadconfig(&before_);
  }
  TileShapes(const TileShapes&) = delete;
  TileShapes& operator=(const TileShapes&) = delete;

 private:
  Shapes before_;
};

/// Up to two tiles of rows times a panel, four tiles of sums in registers.
template <bool kTwo>
NUDGE_AMX void tiles(const Bits* a, std::int64_t blocks, const Bits* panel, const Result& c) {
  const Bits* second = a + blocks * kTile;
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTwo) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::int64_t d = 0; d < blocks; ++d) {
    _tile_loadd(4, a + d * kTile, 64);
    _tile_loadd(6, panel + d * 2 * kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + d * 2 * kTile + kTile, 64);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kTwo) {
      _tile_loadd(5, second + d * kTile, 64);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  constexpr std::int64_t kRows = kTwo ? 2 * kTileRows : kTileRows;
  if (!c.add && c.columns == kPanelColumns && c.rows >= kRows) {
    const std::int64_t stride = c.ld * static_cast<std::int64_t>(sizeof(float));
    _tile_stored(0, c.data, stride);
    _tile_stored(1, c.data + kTileRows, stride);
    if constexpr (kTwo) {
      _tile_stored(2, c.data + kTileRows * c.ld, stride);
      _tile_stored(3, c.data + kTileRows * c.ld + kTileRows, stride);
    }
    return;
  }
  alignas(64) float sums[4][kTileRows * kTileRows];
  _tile_stored(0, sums[0], 64);
  _tile_stored(1, sums[1], 64);
  if constexpr (kTwo) {
    _tile_stored(2, sums[2], 64);
    _tile_stored(3, sums[3], 64);
  }
  for (std::int64_t half = 0; half < (kTwo ? 2 : 1); ++half) {
    const std::int64_t rows = std::min(kTileRows, c.rows - half * kTileRows);
    float* to = c.data + half * kTileRows * c.ld;
    avx512::write(sums[2 * half], rows, c.columns, to, c.ld, c.add);
    avx512::write(sums[2 * half + 1], rows, c.columns - kTileRows, to + kTileRows, c.ld, c.add);
  }
}

NUDGE_AMX void multiply(const Bits* a, std::int64_t depth, const Bits* panel, const Result& c) {
  const TileShapes shapes;
  const std::int64_t blocks = depth_blocks(depth);
  for (std::int64_t r = 0; r < c.rows; r += 2 * kTileRows) {
    const Bits* rows = a + r / kTileRows * blocks * kTile;
    const Result to{c.data + r * c.ld, c.ld, c.rows - r, c.columns, c.add};
    if (to.rows > kTileRows)
      tiles<true>(rows, blocks, panel, to);
    else
      tiles<false>(rows, blocks, panel, to);
  }
}

}  // namespace

const Path kAmx = {"amx",
                   avx512::pack_rows,
                   avx512::pack_rows_transposed,
                   avx512::pack_panel,
                   avx512::pack_panel_transposed,
                   avx512::turn,
                   multiply};

}  // namespace nudge::kernels::bf16
#endif
