# A room is a folder of src/: one static library of its *.cpp, one test program of its *_test.cpp. FOLDERS
# names folders inside it that belong to the same library, HARDLY_TORCH a room above torch whose files seldom name it,
# PROGRAM one that is no part of the installed library.
# BATCH: how many sources are compiled as one where NUDGE_UNITY is on (1: each alone).
# A room is linked against the rooms that tools/layers.txt lets it enter.
add_library(nudge_flags INTERFACE)
target_include_directories(nudge_flags INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/nudge>)
set(NUDGE_WARNINGS -Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns wrongly of "text" + std::string (its bug 105651)
  list(APPEND NUDGE_WARNINGS -Wno-restrict -Wno-stringop-overflow)
endif()
target_compile_options(nudge_flags INTERFACE $<BUILD_INTERFACE:${NUDGE_WARNINGS}>)
target_compile_features(nudge_flags INTERFACE cxx_std_20)
target_link_libraries(nudge_flags INTERFACE OpenMP::OpenMP_CXX)
if(NUDGE_SANITIZE)
  # Warnings are errors in the other presets; here g++ 12 sees uninitialised values in instrumented code.
  target_compile_options(nudge_flags INTERFACE -Wno-error)
  target_compile_options(nudge_flags INTERFACE -fsanitize=${NUDGE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(nudge_flags INTERFACE -fsanitize=${NUDGE_SANITIZE})
endif()

# torch's headers bring their own, newer fmt and hide the system's: tensor/torch_fmt.cpp compiles its code once.
add_library(nudge_torch INTERFACE)
if(NUDGE_TORCH)
  target_include_directories(nudge_torch SYSTEM INTERFACE "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
  target_link_libraries(nudge_torch INTERFACE torch)
endif()

install(TARGETS nudge_flags nudge_torch EXPORT nudge)

# Headers that nearly every file reads are parsed once. The preset `asan` builds without them, and so finds a file that
# lives off what another one includes.
set(NUDGE_COMMON_HEADERS <algorithm> <filesystem> <functional> <map> <memory> <optional> <span> <string> <vector>
  <fmt/format.h> <nlohmann/json.hpp>)

# `owner` is the target that parses them for all those alike: rooms, rooms above torch (whose fmt is another), tests.
function(nudge_precompile_common target owner)
  if(NOT NUDGE_PRECOMPILE)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What is precompiled is no system header to g++ 12, so that its wrong warnings of "text" + std::string come through.
    target_compile_options(${target} PRIVATE -Wno-array-bounds)
  endif()
  if(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${NUDGE_COMMON_HEADERS} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# ATen's headers take seconds to parse and their precompiled form hundreds of megabytes to map: only files that name
# ATen get it.
function(nudge_precompile_torch target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(STRINGS ${source} uses_torch REGEX "(^|[^a-zA-Z_])(at|torch)::" LIMIT_COUNT 1)
    if(NOT uses_torch)
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  if(target STREQUAL "nudge_tensor")
    target_precompile_headers(nudge_tensor PRIVATE
      <ATen/ATen.h> <torch/csrc/autograd/custom_function.h> <torch/csrc/autograd/autograd.h>)
  else()
    target_precompile_headers(${target} REUSE_FROM nudge_tensor)
  endif()
endfunction()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/layers.txt)

# Sets `depends` to the targets of the rooms that the room may enter, `torch` to whether it may name torch.
function(nudge_read_layer name depends torch)
  file(STRINGS ${PROJECT_SOURCE_DIR}/tools/layers.txt line REGEX "^${name}:")
  if(NOT line)
    message(FATAL_ERROR "nudge_room: tools/layers.txt has no line for ${name}; write what it may enter")
  endif()
  string(REGEX REPLACE "^${name}:|#.*" "" rooms "${line}")
  separate_arguments(rooms UNIX_COMMAND "${rooms}")
  if("!torch" IN_LIST rooms)
    list(REMOVE_ITEM rooms "!torch")
    set(${torch} OFF PARENT_SCOPE)
  else()
    set(${torch} ON PARENT_SCOPE)
  endif()
  list(REVERSE rooms)  # the highest first, as linkers like it
  list(TRANSFORM rooms PREPEND nudge_)
  set(${depends} ${rooms} PARENT_SCOPE)
endfunction()

# Reading the headers and writing the same templates once for several sources is most of what a build saves. The price is
# that names in anonymous namespaces must differ within a room, and that an edit compiles its whole batch.
function(nudge_unite target batch)
  if(NUDGE_UNITY AND batch GREATER 1)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
    # g++ takes each source but the first for a header, whose types must not be made of unnamed ones.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

function(nudge_room name)
  cmake_parse_arguments(ROOM "HARDLY_TORCH;PROGRAM" "BATCH" "LIBRARIES;FOLDERS" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nudge_room(${name}): unknown ${ROOM_UNPARSED_ARGUMENTS}; what it may enter stands in tools/layers.txt")
  endif()
  if(NOT ROOM_BATCH)
    set(ROOM_BATCH 10)
  endif()
  nudge_read_layer(${name} ROOM_DEPENDS ROOM_TORCH)
  if(ROOM_TORCH AND NOT NUDGE_TORCH)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*_test.cpp)
  foreach(folder IN LISTS ROOM_FOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${name}/${folder}/*.cpp)
    file(GLOB more_tests CONFIGURE_DEPENDS ${name}/${folder}/*_test.cpp)
    list(APPEND sources ${more})
    list(APPEND tests ${more_tests})
  endforeach()
  list(REMOVE_ITEM sources ${tests})
  if(sources)
    add_library(nudge_${name} STATIC ${sources})
    nudge_unite(nudge_${name} ${ROOM_BATCH})
    target_link_libraries(nudge_${name} PUBLIC nudge_flags ${ROOM_DEPENDS} ${ROOM_LIBRARIES})
    if(ROOM_TORCH)
      target_link_libraries(nudge_${name} PUBLIC nudge_torch)
    endif()
    if(ROOM_HARDLY_TORCH)
      nudge_precompile_common(nudge_${name} nudge_evaluation)
    elseif(ROOM_TORCH)
      nudge_precompile_torch(nudge_${name})
    else()
      nudge_precompile_common(nudge_${name} nudge_base)
    endif()
  else()
    add_library(nudge_${name} INTERFACE)
    target_link_libraries(nudge_${name} INTERFACE nudge_flags ${ROOM_DEPENDS} ${ROOM_LIBRARIES})
    if(ROOM_TORCH)
      target_link_libraries(nudge_${name} INTERFACE nudge_torch)
    endif()
  endif()
  add_library(nudge::nudge_${name} ALIAS nudge_${name})  # as find_package(nudge) calls it
  if(NOT ROOM_PROGRAM)
    install(TARGETS nudge_${name} EXPORT nudge ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
  if(tests AND NUDGE_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE nudge_${name} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE NUDGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    if(ROOM_TORCH)
      target_compile_options(${name}_test PRIVATE -fPIC)  # as the libraries are, whose precompiled header it uses
      nudge_precompile_torch(${name}_test)
    else()
      nudge_precompile_common(${name}_test base_test <gtest/gtest.h>)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  endif()
endfunction()
