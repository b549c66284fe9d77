# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# find_package(XGen COMPONENTS Compiler): what an out-of-tree pass needs. A plugin
# is loaded by xgen-opt, which gives it the dialects' code; only headers are
# installed, so that there is one copy of each dialect in the process.

include(CMakeFindDependencyMacro)
find_dependency(MLIR 22.1)

add_library(xgen::plugin INTERFACE IMPORTED)
target_include_directories(xgen::plugin SYSTEM INTERFACE
  "${CMAKE_CURRENT_LIST_DIR}/../../../include/xgen-compiler"
  "${CMAKE_CURRENT_LIST_DIR}/../../../include"
  ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_definitions(xgen::plugin INTERFACE
  __STDC_FORMAT_MACROS __STDC_CONSTANT_MACROS __STDC_LIMIT_MACROS)
target_compile_features(xgen::plugin INTERFACE cxx_std_17)

# xgen_add_pass_plugin(NAME SOURCE...): NAME.so for `xgen-opt
# -load-pass-plugin=NAME.so`. Built with RTTI, as MLIR is, and without exceptions.
function(xgen_add_pass_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE xgen::plugin)
  target_compile_options(${name} PRIVATE -fno-exceptions)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so")
endfunction()

set(XGen_Compiler_FOUND TRUE)
