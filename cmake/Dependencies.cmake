# Finds what solokv builds on. A missing library stops the configuration with the name of the
# package that brings it on Debian (apt), Fedora (dnf) and macOS (brew).

function(solokv_missing library apt dnf brew)
  message(FATAL_ERROR "solokv needs ${library}, which was not found. Install it with one of\n"
    "  apt install ${apt}\n  dnf install ${dnf}\n  brew install ${brew}")
endfunction()

find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  solokv_missing(pkg-config pkg-config pkgconf-pkg-config pkg-config)
endif()

find_package(absl QUIET)
if(NOT absl_FOUND)
  solokv_missing(Abseil libabsl-dev abseil-cpp-devel abseil)
endif()

# Debian's package describes the shared libraries. The archives beside them make an executable that
# needs no Abseil installed, starts in a third of the time and keeps fewer pages resident.
function(solokv_link_abseil_statically)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  list(FILTER targets INCLUDE REGEX "^absl::")
  foreach(target IN LISTS targets)
    foreach(configuration "" _NONE _RELEASE _RELWITHDEBINFO)
      get_target_property(shared ${target} IMPORTED_LOCATION${configuration})
      if(NOT shared MATCHES "\\.so")
        continue()
      endif()
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${shared}")
      if(EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES IMPORTED_LOCATION${configuration} "${archive}")
      endif()
    endforeach()
  endforeach()
endfunction()
if(NOT SOLOKV_SANITIZE)
  solokv_link_abseil_statically()
endif()

find_path(XXHASH_INCLUDE_DIR xxhash.h)
if(NOT XXHASH_INCLUDE_DIR)
  solokv_missing(xxHash libxxhash-dev xxhash-devel xxhash)
endif()

find_path(LZF_INCLUDE_DIR lzf.h PATH_SUFFIXES liblzf)
find_library(LZF_LIBRARY lzf)
if(NOT LZF_INCLUDE_DIR OR NOT LZF_LIBRARY)
  solokv_missing(LibLZF liblzf-dev liblzf-devel liblzf)
endif()

# Message digests: SHA-1 and SHA-256. A hundredth of libcrypto's size, and nothing to set up.
find_path(LIBMD_INCLUDE_DIR sha2.h)
find_library(LIBMD_LIBRARY NAMES libmd.a md)
if(NOT LIBMD_INCLUDE_DIR OR NOT LIBMD_LIBRARY)
  solokv_missing(libmd libmd-dev libmd-devel libmd)
endif()

# Lua 5.1 and a module; the archives where there are some, so that a server needs neither installed.
pkg_check_modules(LUA QUIET lua5.1)
pkg_check_modules(LUA_CJSON QUIET lua5.1-cjson)
if(NOT LUA_FOUND OR NOT LUA_CJSON_FOUND)
  solokv_missing("Lua 5.1 with cjson" "liblua5.1-0-dev lua-cjson-dev"
    "compat-lua-devel lua-cjson" lua@5.1)
endif()
add_library(solokv_lua INTERFACE)
target_include_directories(solokv_lua SYSTEM INTERFACE ${LUA_INCLUDE_DIRS})
foreach(library lua5.1-cjson lua5.1)
  find_library(SOLOKV_${library}_LIBRARY NAMES lib${library}.a ${library} REQUIRED)
  target_link_libraries(solokv_lua INTERFACE ${SOLOKV_${library}_LIBRARY})
endforeach()
target_link_libraries(solokv_lua INTERFACE m ${CMAKE_DL_LIBS})

# io_uring is optional: without it that event backend reports itself as not built.
pkg_check_modules(LIBURING QUIET IMPORTED_TARGET liburing)
# Its archive, if there is one, spares each process a library to load and to keep resident.
find_library(SOLOKV_LIBURING_ARCHIVE NAMES liburing.a HINTS ${LIBURING_LIBRARY_DIRS})
if(LIBURING_FOUND AND SOLOKV_LIBURING_ARCHIVE AND NOT SOLOKV_SANITIZE)
  set_target_properties(PkgConfig::LIBURING PROPERTIES
    INTERFACE_LINK_LIBRARIES "${SOLOKV_LIBURING_ARCHIVE}")
endif()

# libkqueue lets the kqueue backend run on Linux.
pkg_check_modules(LIBKQUEUE QUIET IMPORTED_TARGET libkqueue)

if(SOLOKV_TESTS)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    solokv_missing(GoogleTest "libgtest-dev libgmock-dev" "gtest-devel gmock-devel" googletest)
  endif()
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    solokv_missing("Google Benchmark" libbenchmark-dev google-benchmark-devel google-benchmark)
  endif()
endif()
