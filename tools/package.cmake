# SPDX-License-Identifier: MIT
# cpack -G DEB: one Debian package with the library, the command and what developers need. For a build
# with the prefix /usr; tools/package makes one, and the package of it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME poolmalloc)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(POOLMALLOC_CONTACT "poolmalloc contributors <poolmalloc@users.noreply.github.com>" CACHE STRING
    "the package's maintainer")
set(CPACK_PACKAGE_CONTACT ${POOLMALLOC_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "malloc to preload: fixed-size chunk pools, sized by measurement")
set(CPACK_PACKAGE_DESCRIPTION "libpoolmalloc.so serves the malloc of existing programs from pools of
equal chunks that a small text file declares, by the rules of lwIP's
memory pools, and tells how far each was used. The command poolmalloc
runs programs on pools, shows their statistics, and proposes the pools
that fit.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The library is preloaded, and found by its path: the dynamic linker's cache must know it for those who
# link with it.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/debian/triggers)

# What Debian wants to find in a package's folder of documents.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  file(READ LICENSE licence)
  string(REGEX REPLACE "\n\n" "\n.\n" licence "${licence}")
  string(REGEX REPLACE "\n" "\n " licence " ${licence}")
  string(STRIP "${licence}" licence)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: poolmalloc

Files: *
Copyright: poolmalloc contributors
License: MIT
 ${licence}
")
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian/changelog
"poolmalloc (${PROJECT_VERSION}-1) unstable; urgency=medium

  * Release ${PROJECT_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  Thu, 01 Jan 1970 00:00:00 +0000
")
  execute_process(COMMAND gzip -9nkf ${CMAKE_CURRENT_BINARY_DIR}/debian/changelog)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/debian/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR}
          RENAME changelog.Debian.gz)
endif()
include(CPack)
