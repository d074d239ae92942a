//===- RuntimeBitcode.cpp - The runtime that artefacts carry -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeBitcode.h"
#include "llvm/TargetParser/Triple.h"

// QUANTC_RUNTIME_X86_64 and QUANTC_RUNTIME_AARCH64 are paths of bitcode files
// that the build makes.
#define QUANTC_EMBED(name, path)                                               \
  __asm__(".section .rodata\n"                                                 \
          ".globl " name "_begin, " name "_end\n"                              \
          ".hidden " name "_begin, " name "_end\n"                             \
          ".balign 16\n" name "_begin:\n"                                      \
          ".incbin \"" path "\"\n" name "_end:\n"                              \
          ".byte 0\n"                                                          \
          ".previous\n");

QUANTC_EMBED("quantc_runtime_x86_64", QUANTC_RUNTIME_X86_64)
QUANTC_EMBED("quantc_runtime_aarch64", QUANTC_RUNTIME_AARCH64)

// Names of the assembly above.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
__attribute__((
    visibility("hidden"))) extern const char quantc_runtime_x86_64_begin[],
    quantc_runtime_x86_64_end[], quantc_runtime_aarch64_begin[],
    quantc_runtime_aarch64_end[];
}
// NOLINTEND(readability-identifier-naming)

llvm::StringRef quantc::getRuntimeBitcode(llvm::StringRef text) {
  llvm::Triple triple(text);
  if (!triple.isOSLinux())
    return {};
  if (triple.getArch() == llvm::Triple::x86_64)
    return {quantc_runtime_x86_64_begin,
            static_cast<size_t>(quantc_runtime_x86_64_end -
                                quantc_runtime_x86_64_begin)};
  if (triple.getArch() == llvm::Triple::aarch64)
    return {quantc_runtime_aarch64_begin,
            static_cast<size_t>(quantc_runtime_aarch64_end -
                                quantc_runtime_aarch64_begin)};
  return {};
}
