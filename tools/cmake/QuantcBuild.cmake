# Build settings and the helpers that every folder uses.

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(QUANTC_WERROR)
  add_compile_options(-Werror)
endif()
if(QUANTC_ASSERTIONS)
  add_compile_options(-UNDEBUG)
endif()
if(QUANTC_SANITIZE)
  add_compile_options(-fsanitize=${QUANTC_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${QUANTC_SANITIZE})
endif()

include_directories(${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)

if(NOT QUANTC_CORE_ONLY)
  find_package(MLIR 22.1 REQUIRED CONFIG)
  list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
  include(TableGen)
  include(AddLLVM)
  include(AddMLIR)
  set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR}) # add_mlir_doc writes below it
  include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  separate_arguments(QUANTC_LLVM_DEFINITIONS UNIX_COMMAND "${LLVM_DEFINITIONS}")
  add_definitions(${QUANTC_LLVM_DEFINITIONS})
endif()

# One TableGen target that every MLIR library waits for: generated headers of
# one dialect are included by the others.
if(NOT QUANTC_CORE_ONLY)
  add_custom_target(quantc-headers)
endif()

# quantc_tablegen(TARGET TD FILE.td OUT GENERATOR-ARGS... [OUT2 ARGS2...]) is
# spelt with mlir_tablegen; this only ties the target into quantc-headers.
function(quantc_tablegen_target name)
  add_public_tablegen_target(${name})
  add_dependencies(quantc-headers ${name})
endfunction()

# quantc_add_core_library(NAME source...): objects without MLIR. Numerics'
# results are definitions, so no product and sum is ever contracted.
function(quantc_add_core_library name)
  add_library(${name} OBJECT ${ARGN})
  target_compile_options(${name} PRIVATE -ffp-contract=off)
  set_property(GLOBAL APPEND PROPERTY QUANTC_OBJECT_LIBRARIES ${name})
endfunction()

# quantc_add_library(NAME source...): objects of libquantc.so that use MLIR,
# with the shared precompiled header. Left out of builds without MLIR.
function(quantc_add_library name)
  if(QUANTC_CORE_ONLY)
    return()
  endif()
  add_library(${name} OBJECT ${ARGN})
  add_dependencies(${name} quantc-headers)
  target_precompile_headers(${name} REUSE_FROM quantc-pch)
  set_property(GLOBAL APPEND PROPERTY QUANTC_OBJECT_LIBRARIES ${name})
endfunction()
