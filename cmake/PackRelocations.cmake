# Relative relocations of a position-independent executable as bits instead of 24 bytes each: 100 KB
# less to read at each start and to keep resident. Tried by running, since the linker may know the
# format where the loader does not.
include(CheckCXXSourceRuns)

function(solokv_pack_relocations)
  set(flag -Wl,-z,pack-relative-relocs)
  set(CMAKE_REQUIRED_LINK_OPTIONS ${flag})
  check_cxx_source_runs("int main() { return 0; }" SOLOKV_CAN_PACK_RELOCATIONS)
  if(SOLOKV_CAN_PACK_RELOCATIONS)
    add_link_options(${flag})
  endif()
endfunction()
