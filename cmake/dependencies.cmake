# The parts we take, found once. tools/setup installs them on Debian; anything CMake can find will do.
find_program(NUDGE_CCACHE ccache)
if(NUDGE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${NUDGE_CCACHE})
endif()

find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
if(NUDGE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(NUDGE_BENCH)
  find_package(benchmark QUIET)
endif()

if(NUDGE_TORCH)
  # A torch that CMAKE_PREFIX_PATH names wins; then .deps; then the one that python3 imports.
  if(NOT Torch_DIR)
    find_path(NUDGE_TORCH_ROOT share/cmake/Torch/TorchConfig.cmake
      PATHS ${CMAKE_SOURCE_DIR}/.deps/torch ${CMAKE_SOURCE_DIR}/.deps/venv/lib/python3.11/site-packages/torch)
    if(NOT NUDGE_TORCH_ROOT)
      execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/find-torch OUTPUT_VARIABLE NUDGE_TORCH_FOUND
                      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      if(NUDGE_TORCH_FOUND)
        set(NUDGE_TORCH_ROOT ${NUDGE_TORCH_FOUND} CACHE PATH "The torch package" FORCE)
      endif()
    endif()
    if(NUDGE_TORCH_ROOT)
      list(APPEND CMAKE_PREFIX_PATH ${NUDGE_TORCH_ROOT})
    endif()
  endif()
  find_package(Torch 2.11 REQUIRED)
  get_filename_component(NUDGE_TORCH_LIB ${TORCH_LIBRARY} DIRECTORY)
  # One OpenMP pool for our kernels, ATen and MKL: the wheel's libgomp bears the standard soname, so a
  # run path that names torch's folder first maps exactly one.
  list(PREPEND CMAKE_BUILD_RPATH ${NUDGE_TORCH_LIB})
  list(PREPEND CMAKE_INSTALL_RPATH ${NUDGE_TORCH_LIB})
endif()
