# SPDX-License-Identifier: MIT
# cmake --install: the library, its header, what find_package and pkg-config need, and the example
# configuration. Nothing goes to the system configuration directory: the defaults are built in, and a
# pools.conf there is for whoever runs the machine to write.
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/poolmalloc)
install(TARGETS poolmalloc EXPORT poolmalloc LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT poolmalloc NAMESPACE poolmalloc:: DESTINATION ${config_dir}
        FILE poolmallocConfig.cmake)
write_basic_package_version_file(poolmallocConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/poolmallocConfigVersion.cmake DESTINATION ${config_dir})

file(RELATIVE_PATH PC_INCLUDEDIR
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(tools/poolmalloc.pc.in poolmalloc.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/poolmalloc.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY tools/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/poolmalloc/presets
        FILES_MATCHING PATTERN "*.conf")
install(FILES pools.conf README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
