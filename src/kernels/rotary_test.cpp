#include "kernels/rotary.h"

#include <utility>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

TEST(Rotary, TurnsEachPairAndBack) {
  on_every_target([] {
    for (const auto& [e, rotated] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {2, 2}, {8, 8}, {16, 16}, {32, 32}, {64, 64}, {80, 80}, {80, 32}, {64, 6}, {128, 96}, {16, 0}}) {
      for (const std::int64_t rows : {1, 4, 9}) {
        const std::int64_t heads = 3, half = rotated / 2, ldx = heads * e + 5, positions_known = 40;
        std::vector<float> cosines, sines;
        for (std::int64_t p = 0; p < positions_known; ++p) {
          for (std::int64_t i = 0; i < half; ++i) {
            const double angle = double(p) * std::pow(10000.0, -double(i) / double(half));
            cosines.push_back(float(std::cos(angle)));
            sines.push_back(float(std::sin(angle)));
          }
        }
        std::vector<std::int32_t> positions;
        for (std::int64_t r = 0; r < rows; ++r) positions.push_back(std::int32_t(r * 13 % positions_known));
        const auto x = numbers(rows * ldx, 1);
        auto turned = x;
        rotary(turned.data(), positions.data(), rows, heads, e, rotated, ldx, cosines.data(), sines.data(),
               false);
        std::vector<double> expected(x.begin(), x.end());
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t h = 0; h < heads; ++h) {
            for (std::int64_t i = 0; i < half; ++i) {
              const std::int64_t a = r * ldx + h * e + i, b = a + half;
              const double c = cosines[positions[r] * half + i], s = sines[positions[r] * half + i];
              expected[a] = x[a] * c - x[b] * s;
              expected[b] = x[b] * c + x[a] * s;
            }
          }
        }
        EXPECT_LT(worst_error(turned, expected), 1e-6);
        rotary(turned.data(), positions.data(), rows, heads, e, rotated, ldx, cosines.data(), sines.data(),
               true);
        EXPECT_LT(worst_error(turned, x), 1e-6);
      }
    }
  });
}

}  // namespace
}  // namespace nudge::kernels
