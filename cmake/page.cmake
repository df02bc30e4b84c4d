# The page of `nudge label` (web/): built by vite, compiled into the program as a table of bytes. Without Node the
# program is built all the same, with one page in its place that says how to get it; so are the rooms without torch,
# whose tests need no page.
option(NUDGE_WEB "Build the page of nudge label (needs node 18 or later, and npm)" ${NUDGE_TORCH})
set(NUDGE_WEB_DIR ${PROJECT_SOURCE_DIR}/web)
if(NUDGE_WEB)
  find_program(NUDGE_NODE NAMES node nodejs)
  find_program(NUDGE_NPM npm)
  set(version v0)
  if(NUDGE_NODE AND NUDGE_NPM)
    execute_process(COMMAND ${NUDGE_NODE} --version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  string(REGEX REPLACE "^v" "" version "${version}")
  if(version VERSION_LESS 18)
    message(WARNING "nudge is built without the page of `nudge label`: it needs node 18 or later and npm (node: "
      "${NUDGE_NODE} ${version}, npm: ${NUDGE_NPM}). Run tools/setup, or silence this with -DNUDGE_WEB=OFF.")
    set(NUDGE_WEB OFF)
  endif()
endif()

# Gives the target the function page_assets(). npm installs into web/node_modules, the page is built in the build folder.
function(nudge_embed_page target)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/page_assets.cpp)
  set(page ${CMAKE_CURRENT_BINARY_DIR}/page)
  set(embed ${CMAKE_COMMAND} -D PAGE=${page} -D SOURCE=${source} -P ${PROJECT_SOURCE_DIR}/cmake/embed_page.cmake)
  if(NUDGE_WEB)
    file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${NUDGE_WEB_DIR}/src/*)
    set(packages ${NUDGE_WEB_DIR}/node_modules/.package-lock.json)
    add_custom_command(OUTPUT ${packages}
      COMMAND ${NUDGE_NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
      WORKING_DIRECTORY ${NUDGE_WEB_DIR}
      DEPENDS ${NUDGE_WEB_DIR}/package.json ${NUDGE_WEB_DIR}/package-lock.json
      COMMENT "npm packages of the page (needs the npm registry; -DNUDGE_WEB=OFF builds without the page)" VERBATIM)
    add_custom_command(OUTPUT ${source}
      COMMAND ${NUDGE_NODE} node_modules/vite/bin/vite.js build --logLevel warn --emptyOutDir --outDir ${page}
      COMMAND ${embed}
      WORKING_DIRECTORY ${NUDGE_WEB_DIR}
      DEPENDS ${packages} ${page_sources} ${NUDGE_WEB_DIR}/index.html ${NUDGE_WEB_DIR}/vite.config.ts
        ${PROJECT_SOURCE_DIR}/cmake/embed_page.cmake
      COMMENT "The page of nudge label" VERBATIM)
  else()
    file(REMOVE_RECURSE ${page}/assets)
    file(CONFIGURE OUTPUT ${page}/index.html @ONLY CONTENT [[<!doctype html><html lang="en"><title>nudge label</title>
<p>This nudge was built without its page. Install node 18 or later and npm, and build it again.</p></html>
]])
    add_custom_command(OUTPUT ${source} COMMAND ${embed}
      DEPENDS ${page}/index.html ${PROJECT_SOURCE_DIR}/cmake/embed_page.cmake VERBATIM)
  endif()
  target_sources(${target} PRIVATE ${source})
endfunction()
