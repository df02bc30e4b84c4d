#pragma once

#include <filesystem>

namespace nudge {

/// What a run puts into its directory; whatever else lies there is left alone. While a run that replaces an
/// older one (--overwrite) has produced nothing, the older one is kept in .replaced/, so that a command which
/// is refused after all loses nothing.
class RunProducts {
 public:
  explicit RunProducts(std::filesystem::path folder);

  /// Something beyond the configuration and the record of inputs.
  bool any() const;
  /// Undoes a replacement that was cut off before the new configuration was written.
  void settle();
  /// Moves all of it to .replaced/, or removes it where that holds an older run already (what stands beside
  /// it then was begun and killed before it produced anything).
  void set_aside();
  /// Removes the configuration and the record of inputs, and puts back what they were to replace.
  void take_back();
  /// Moves it back, if something was set aside.
  void put_back();
  /// Removes what was set aside, the first time that it is called.
  void forget_replaced();

 private:
  std::filesystem::path folder_, aside_;
  bool replaces_;
};

}  // namespace nudge
