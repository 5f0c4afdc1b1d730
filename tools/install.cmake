# SPDX-License-Identifier: MIT
# cmake --install: the library, its header, what find_package and pkg-config need, and the example
# configuration. Nothing goes to the system configuration directory: the defaults are built in, and a
# pools.conf there is for whoever runs the machine to write.
include(CMakePackageConfigHelpers)

# What a program for lwIP adds to any of the libraries: headers in the place of lwIP's.
add_library(lwip INTERFACE)
target_include_directories(lwip INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/poolmalloc-lwip>)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/poolmalloc)
install(TARGETS poolmalloc poolmalloc-static pools pools-static lwip EXPORT poolmalloc
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT poolmalloc NAMESPACE poolmalloc:: DESTINATION ${config_dir}
        FILE poolmallocTargets.cmake)
install(FILES tools/poolmallocConfig.cmake DESTINATION ${config_dir})
write_basic_package_version_file(poolmallocConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/poolmallocConfigVersion.cmake DESTINATION ${config_dir})

file(RELATIVE_PATH PC_INCLUDEDIR
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(file poolmalloc poolmalloc-pools)
  set(PC_FILE ${file})
  configure_file(tools/poolmalloc.pc.in ${file}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY tools/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/poolmalloc/presets
        FILES_MATCHING PATTERN "*.conf")

# README with links that hold where it is installed: headers are elsewhere, pictures beside it, and of what
# is in the source alone the name is left.
file(RELATIVE_PATH to_headers ${CMAKE_INSTALL_FULL_DOCDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS README.md)
file(READ README.md readme)
string(REPLACE "](include/" "](${to_headers}/" readme "${readme}")
string(REGEX REPLACE "\\]\\([a-z/]+/([a-z]+\\.svg)\\)" "](\\1)" readme "${readme}")
string(REGEX REPLACE "\\[([^][]+)\\]\\((src|tests|tools|bench)/[^)]+\\)" "\\1" readme "${readme}")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/installed/README.md "${readme}")
file(GLOB pictures bench/pictures/*.svg)
install(FILES pools.conf LICENSE ${CMAKE_CURRENT_BINARY_DIR}/installed/README.md
        ${pictures} tools/poolmalloc/report.svg DESTINATION ${CMAKE_INSTALL_DOCDIR})
