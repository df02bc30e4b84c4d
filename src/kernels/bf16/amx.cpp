// Products with AMX: TDPBF16PS multiplies 16 x 32 by 32 x 16 and adds to 16 x 16 floats.
#include "kernels/bf16/avx512.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

#define NUDGE_AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16")))

namespace nudge::kernels::bf16 {
namespace amx {
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

/// Where many rows pass over a panel, brings what comes next from afar meanwhile: a few cache lines of the
/// next panel, and of the place of the result, for each block of depth. With few rows that is more work than
/// gain.
struct Ahead {
  bool any;
  const Bits* next;
  std::int64_t lines, rows;  // each time
  const float* place = nullptr;
  std::int64_t ld, left;

  NUDGE_AMX void fetch() {
    if (!any) return;
    for (std::int64_t i = 0; i < lines; ++i, next += 32) _mm_prefetch(next, _MM_HINT_T1);
    for (std::int64_t i = 0; i < rows && left > 0; ++i, --left, place += ld) {
      __builtin_prefetch(place, 1);
      __builtin_prefetch(place + kTileRows, 1);
    }
  }
};

/// Up to two tiles of rows times a panel, four tiles of sums in registers.
template <bool kTwo>
NUDGE_AMX void tiles(const Bits* a, std::int64_t blocks, const Bits* panel, const Result& c, Ahead& ahead) {
  constexpr std::int64_t kRows = kTwo ? 2 * kTileRows : kTileRows;
  const bool whole = c.columns == kPanelColumns && c.rows >= kRows && c.into != Into::add;
  // What is not whole, or is added, goes by way of `aside`, where the four tiles lie one after another.
  alignas(64) float aside[4][kTileRows * kTileRows];
  const std::int64_t stride = whole ? c.ld * static_cast<std::int64_t>(sizeof(float)) : 64;
  float* const at0 = whole ? c.data : aside[0];
  float* const at1 = whole ? c.data + kTileRows : aside[1];
  float* const at2 = whole ? c.data + kTileRows * c.ld : aside[2];
  float* const at3 = whole ? at2 + kTileRows : aside[3];
  const auto half_of = [&c](std::int64_t half) {
    return Result{c.data + half * kTileRows * c.ld, c.ld, std::min(kTileRows, c.rows - half * kTileRows),
                  c.columns, c.into};
  };
  if (c.into == Into::go_on) {
    for (std::int64_t half = 0; !whole && half < (kTwo ? 2 : 1); ++half) {
      const Result from = half_of(half);
      avx512::read(from.data, c.ld, from.rows, c.columns, aside[2 * half]);
      avx512::read(from.data + kTileRows, c.ld, from.rows, c.columns - kTileRows, aside[2 * half + 1]);
    }
    _tile_loadd(0, at0, stride);
    _tile_loadd(1, at1, stride);
    if constexpr (kTwo) {
      _tile_loadd(2, at2, stride);
      _tile_loadd(3, at3, stride);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kTwo) {
      _tile_zero(2);
      _tile_zero(3);
    }
  }
  const Bits* second = a + blocks * kTile;
  ahead.place = c.data;
  ahead.left = whole ? kRows : 0;
  for (std::int64_t d = 0; d < blocks; ++d) {
    ahead.fetch();
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
  _tile_stored(0, at0, stride);
  _tile_stored(1, at1, stride);
  if constexpr (kTwo) {
    _tile_stored(2, at2, stride);
    _tile_stored(3, at3, stride);
  }
  for (std::int64_t half = 0; !whole && half < (kTwo ? 2 : 1); ++half) {
    const Result to = half_of(half);
    avx512::write(aside[2 * half], to.rows, c.columns, to.data, c.ld, c.into == Into::add);
    avx512::write(aside[2 * half + 1], to.rows, c.columns - kTileRows, to.data + kTileRows, c.ld,
                  c.into == Into::add);
  }
}

NUDGE_AMX void multiply_panel(const Bits* a, std::int64_t depth, const Bits* panel, std::int64_t stride,
                              const Result& c) {
  const std::int64_t blocks = depth_blocks(depth), pairs = (c.rows + 2 * kTileRows - 1) / (2 * kTileRows);
  Ahead ahead{.any = true,
              .next = panel + stride,
              .lines = (2 * kTileRows + pairs - 1) / pairs,
              .rows = (2 * kTileRows + blocks - 1) / std::max<std::int64_t>(1, blocks),
              .ld = c.ld,
              .left = 0};
  for (std::int64_t r = 0; r < c.rows; r += 2 * kTileRows) {
    const Bits* rows = a + r / kTileRows * blocks * kTile;
    const Result to{c.data + r * c.ld, c.ld, c.rows - r, c.columns, c.into};
    if (to.rows > kTileRows)
      tiles<true>(rows, blocks, panel, to, ahead);
    else
      tiles<false>(rows, blocks, panel, to, ahead);
  }
}

NUDGE_AMX void multiply(const Bits* a, std::int64_t depth, const Bits* panels, std::int64_t stride,
                        const Result& c) {
  const TileShapes shapes;
  for_each_panel(panels, stride, c, [&](const Bits* panel, const Result& piece) {
    multiply_panel(a, depth, panel, stride, piece);
  });
}

}  // namespace
}  // namespace amx

const Path kAmx = {"amx",
                   avx512::pack_rows,
                   avx512::pack_rows_transposed,
                   avx512::pack_panel,
                   avx512::pack_panel_transposed,
                   avx512::turn,
                   amx::multiply};

}  // namespace nudge::kernels::bf16
#endif
