# The golden numbers of tests/goldens, compiled into a library, so that an installed program can replay them.
function(nudge_embed_goldens target)
  set(entries "")
  foreach(name ${ARGN})
    set(file ${PROJECT_SOURCE_DIR}/tests/goldens/${name}.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} content)
    string(APPEND entries "    {\"${name}\", R\"golden(${content})golden\"},\n")
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_goldens.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[#include "verify/embedded_goldens.h"

namespace nudge {

const std::vector<EmbeddedGoldens>& embedded_goldens() {
  static const std::vector<EmbeddedGoldens> files = {
@entries@  };
  return files;
}

}  // namespace nudge
]])
  target_sources(${target} PRIVATE ${source})
  set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
