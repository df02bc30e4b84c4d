#pragma once

// What the paths of AVX-512 share. Its functions are compiled for these instructions one by one, so that
// nothing inline of the standard library is.
#define NUDGE_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

#include <cstdint>

#include "kernels/bf16/path.h"

namespace nudge::kernels::bf16::avx512 {

void pack_rows(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles);
void pack_rows_transposed(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles);
void pack_panel(Source w, std::int64_t columns, std::int64_t depth, Bits* panel);
void pack_panel_transposed(Source x, std::int64_t columns, std::int64_t depth, Bits* panel);
void turn(const Bits* block, Bits* turned);

/// Sums of 16 rows and columns to where they go, of which `rows` and `columns` are there; and from there.
void write(const float* sums, std::int64_t rows, std::int64_t columns, float* to, std::int64_t ld, bool add);
void read(const float* from, std::int64_t ld, std::int64_t rows, std::int64_t columns, float* sums);

}  // namespace nudge::kernels::bf16::avx512
