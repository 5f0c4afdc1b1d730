# SPDX-License-Identifier: MIT
# Cross builds: every program of tests/programs goes to a folder `aarch64`, and a launcher takes its
# place, so that the .bats files need not know.
find_program(NATIVE_CC cc REQUIRED)
add_custom_command(OUTPUT launcher DEPENDS ${CMAKE_CURRENT_LIST_DIR}/launcher.c
  COMMAND ${NATIVE_CC} -O1 -Wall -Wextra -static -D_GNU_SOURCE "-DAARCH64_ROOT=\"${AARCH64_ROOT}\""
          -o launcher ${CMAKE_CURRENT_LIST_DIR}/launcher.c VERBATIM)
add_custom_target(launch ALL DEPENDS launcher)
get_property(programs DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
foreach(program ${programs})
  get_target_property(name ${program} OUTPUT_NAME)
  if(name)
    set_target_properties(${program} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/aarch64)
    add_custom_command(TARGET launch POST_BUILD COMMAND ${CMAKE_COMMAND} -E copy launcher ${name})
  endif()
endforeach()
