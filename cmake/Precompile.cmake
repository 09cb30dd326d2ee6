# Precompiled headers, for builds whose time matters more than that of what they build: parsing
# GoogleTest, Abseil and the standard library is half the work of compiling most files.
#
# There is one for the tests, and one for the libraries under sanitizers, of headers that are not
# ours: those would have all be built again when one of them changes. All targets must be built with
# the same options as the header; a file's own options may add warnings only.

# ccache takes precompiled headers for what they are only if told so.
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

file(WRITE "${CMAKE_BINARY_DIR}/precompiled/empty.cc.new" "")
file(COPY_FILE "${CMAKE_BINARY_DIR}/precompiled/empty.cc.new"
  "${CMAKE_BINARY_DIR}/precompiled/empty.cc" ONLY_IF_DIFFERENT)

function(solokv_precompiled_header name)
  add_library(${name} OBJECT "${CMAKE_BINARY_DIR}/precompiled/empty.cc")
  list(TRANSFORM ARGN REPLACE "(.+)" "<\\1>" OUTPUT_VARIABLE headers)
  target_precompile_headers(${name} PRIVATE ${headers})
endfunction()

set(SOLOKV_COMMON_HEADERS
  algorithm array atomic bit cassert cerrno charconv chrono cmath cstddef cstdint cstdio cstdlib
  cstring deque functional initializer_list limits map memory new optional set span string
  string_view utility vector
  absl/container/inlined_vector.h
  absl/functional/function_ref.h
  absl/status/status.h
  absl/status/statusor.h
  absl/strings/str_cat.h
  absl/strings/str_format.h)

# Has all targets of a directory and those below it use the precompiled header `name`.
function(solokv_use_precompiled_header name directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "STATIC_LIBRARY|EXECUTABLE")
      target_precompile_headers(${target} REUSE_FROM ${name})
    endif()
  endforeach()
  get_property(children DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    solokv_use_precompiled_header(${name} ${child})
  endforeach()
endfunction()
