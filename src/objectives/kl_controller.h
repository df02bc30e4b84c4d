#pragma once

namespace nudge {

/// The coefficient of the leash. Fixed, or adaptive (Ziegler et al. 2019):
/// coefficient *= 1 + clip(kl / target - 1, -0.2, 0.2) * sequences / horizon.
class KlController {
 public:
  static KlController fixed(double coefficient);
  static KlController adaptive(double initial, double target, double horizon);
  double coefficient() const { return coefficient_; }
  /// `mean_sequence_kl` is the mean over `sequences` of the KL summed over a completion. No effect when
  /// fixed.
  void update(double mean_sequence_kl, double sequences);
  void restore(double coefficient) { coefficient_ = coefficient; }  // from a checkpoint

 private:
  KlController(double coefficient, double target, double horizon)
      : coefficient_(coefficient), target_(target), horizon_(horizon) {}
  double coefficient_, target_, horizon_;  // horizon 0: fixed
};

}  // namespace nudge
