#pragma once

#include <string_view>
#include <vector>

namespace nudge {

/// One file of the rater's page, embedded in the program.
struct PageAsset {
  std::string_view path;          // "/index.html", "/assets/NAME-HASH.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view bytes;
};

/// The page as it was when the program was built. The server serves these and no other files, "/index.html"
/// for "/"; what lies under /assets/ may be cached for ever, since its name holds its hash.
const std::vector<PageAsset>& page_assets();

}  // namespace nudge
