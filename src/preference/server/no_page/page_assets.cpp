#include "preference/server/page_assets.h"

namespace nudge {

const std::vector<PageAsset>& page_assets() {
  static const std::vector<PageAsset> assets = {{"/index.html", "text/html; charset=utf-8",
                                                 "<!doctype html><html lang=\"en\"><title>nudge label</title>"
                                                 "<p>This nudge was built without the rater's page. Build it "
                                                 "with -DNUDGE_WEB=ON, which needs Node.</p>"}};
  return assets;
}

}  // namespace nudge
