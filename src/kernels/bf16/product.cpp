#include "kernels/bf16/product.h"

#include <algorithm>

#include "kernels/parallel.h"

namespace nudge::kernels::bf16 {
namespace {

/// Elements of A that stay in the second-level cache (512 KiB) while all panels pass over them.
constexpr std::int64_t kCached = 256 << 10;

/// Depth whose operands are prepared at a time; the sums go on over the pieces.
constexpr std::int64_t kDepthPiece = 1024;

/// Work in parallel.h's steps: a processor with the instructions does some 500 multiply-adds in one.
std::int64_t steps(std::int64_t m, std::int64_t n, std::int64_t k) {
  return m * n * k / 256;
}

Bits* memory_of(AlignedBits& memory, std::int64_t size) {
  if (std::ssize(memory) < size) memory.resize(size);
  return memory.data();
}

/// Rows that are packed together: few enough for the cache, and for every thread to have some.
std::int64_t rows_at_once(std::int64_t rows, std::int64_t depth, std::int64_t work) {
  const std::int64_t fit = std::max(kPanelColumns, kCached / std::max<std::int64_t>(1, depth));
  const std::int64_t share = (rows + threads_for(work) - 1) / threads_for(work);
  const std::int64_t most = std::min(fit, share);
  const std::int64_t blocks = (rows + most - 1) / most;
  return ((rows + blocks - 1) / blocks + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
}

struct Product {
  std::int64_t rows, columns, depth;
  const Bits* b;
  float* c;
  std::int64_t ldc;
  Into into;

  /// Rows first.. (`count` of them, packed) times panels begin..end-1.
  void multiply(const Bits* a, std::int64_t first, std::int64_t count, std::int64_t begin,
                std::int64_t end) const {
    const std::int64_t column = begin * kPanelColumns, last = std::min(end * kPanelColumns, columns);
    path().multiply(a, depth, b + begin * panel_size(depth), panel_size(depth),
                    {c + first * ldc + column, ldc, count, last - column, into});
  }

  /// `pack_rows(first, count, tiles)` packs rows of A.
  template <class PackRows>
  void compute(const PackRows& pack_rows) const {
    const std::int64_t work = steps(rows, columns, depth), all = panels(columns);
    const auto packed = [&](std::int64_t first, std::int64_t count) {
      thread_local AlignedBits memory;
      Bits* tiles = memory_of(memory, rows_size(count, depth));
      pack_rows(first, count, tiles);
      return tiles;
    };
    const std::int64_t step = rows_at_once(rows, depth, work);
    if (rows <= 4 * kPanelColumns && rows * depth <= kCached) {
      // Few rows, as in decoding: each thread packs all of them, for its share of the columns.
      parallel_shares(all, work, [&](std::int64_t begin, std::int64_t end) {
        multiply(packed(0, rows), 0, rows, begin, end);
      });
    } else {
      parallel_tasks((rows + step - 1) / step, work, [&](std::int64_t task) {
        const std::int64_t first = task * step, count = std::min(step, rows - first);
        multiply(packed(first, count), first, count, 0, all);
      });
    }
  }
};

}  // namespace

void pack(Source w, std::int64_t columns, std::int64_t depth, Bits* packed) {
  parallel_shares(panels(columns), columns * depth, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kPanelColumns, last = std::min(end * kPanelColumns, columns);
    pack_panels({w.data + first * w.ld, w.ld}, last - first, depth, packed + begin * panel_size(depth));
  });
}

void forward(Source x, std::int64_t rows, const Bits* panels, std::int64_t n, std::int64_t k, float* y,
             std::int64_t ldy, bool add) {
  if (rows == 0) return;
  const Product product{rows, n, k, panels, y, ldy, add ? Into::add : Into::replace};
  product.compute([&](std::int64_t first, std::int64_t count, Bits* tiles) {
    path().pack_rows({x.data + first * x.ld, x.ld}, count, k, tiles);
  });
}

void backward(Source dy, std::int64_t rows, const Bits* in, std::int64_t n, std::int64_t k, float* dx,
              std::int64_t lddx) {
  if (rows == 0) return;
  thread_local AlignedBits memory;
  for (std::int64_t begin = 0; begin < n; begin += kDepthPiece) {
    const std::int64_t depth = std::min(kDepthPiece, n - begin), size = panel_size(depth);
    Bits* turned = memory_of(memory, columns_size(k, depth));
    // A depth block of W's panels is a panel of the turned ones, and the other way round.
    parallel_shares(panels(k), depth * k / 8, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t q = first; q < last; ++q)
        for (std::int64_t d = 0; d < depth_blocks(depth); ++d)
          path().turn(in + (begin / kPanelColumns + d) * panel_size(k) + q * 2 * kTile,
                      turned + q * size + d * 2 * kTile);
    });
    const Product product{rows, k, depth, turned, dx, lddx, begin > 0 ? Into::go_on : Into::replace};
    product.compute([&](std::int64_t first, std::int64_t count, Bits* tiles) {
      path().pack_rows({dy.data + first * dy.ld + begin, dy.ld}, count, depth, tiles);
    });
  }
}

void weight_gradient(Source dy, Source x, std::int64_t tokens, std::int64_t n, std::int64_t k, float* dw,
                     std::int64_t lddw, bool add) {
  thread_local AlignedBits memory;
  for (std::int64_t begin = 0; begin == 0 || begin < tokens; begin += kDepthPiece) {
    const std::int64_t depth = std::min(kDepthPiece, tokens - begin), size = panel_size(depth);
    Bits* packed = memory_of(memory, columns_size(k, depth));
    parallel_shares(panels(k), depth * k, [&](std::int64_t first, std::int64_t last) {
      const std::int64_t column = first * kPanelColumns, end = std::min(last * kPanelColumns, k);
      pack_panels_transposed({x.data + begin * x.ld + column, x.ld}, end - column, depth, size,
                             packed + first * size);
    });
    const Product product{n, k, depth, packed, dw, lddw, add || begin > 0 ? Into::go_on : Into::replace};
    product.compute([&](std::int64_t first, std::int64_t count, Bits* tiles) {
      path().pack_rows_transposed({dy.data + begin * dy.ld + first, dy.ld}, count, depth, tiles);
    });
  }
}

}  // namespace nudge::kernels::bf16
