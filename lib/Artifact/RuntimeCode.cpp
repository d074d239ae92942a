//===- RuntimeCode.cpp - The runtime that artefacts carry -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeCode.h"
#include "llvm/TargetParser/Triple.h"

// QUANTC_RUNTIME_X86_64 and the like are paths of objects that the build makes,
// QUANTC_BUILTINS_X86_64 and the like of bitcode files.
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

QUANTC_EMBED("quantc_builtins_x86_64", QUANTC_BUILTINS_X86_64)
QUANTC_EMBED("quantc_builtins_aarch64", QUANTC_BUILTINS_AARCH64)
QUANTC_EMBED("quantc_builtins_riscv32", QUANTC_BUILTINS_RISCV32)

// Names of the assembly above.
// NOLINTBEGIN(readability-identifier-naming)
#define QUANTC_DECLARE(name)                                                   \
  __attribute__((visibility("hidden"))) extern const char name##_begin[],      \
      name##_end[];
extern "C" {
QUANTC_DECLARE(quantc_runtime_x86_64)
QUANTC_DECLARE(quantc_runtime_aarch64)
QUANTC_DECLARE(quantc_builtins_x86_64)
QUANTC_DECLARE(quantc_builtins_aarch64)
QUANTC_DECLARE(quantc_builtins_riscv32)
}
// NOLINTEND(readability-identifier-naming)

#define QUANTC_EMBEDDED(name)                                                  \
  llvm::StringRef(name##_begin, static_cast<size_t>(name##_end - name##_begin))

llvm::StringRef quantc::getRuntimeObject(llvm::StringRef text) {
  llvm::Triple triple(text);
  if (!triple.isOSLinux())
    return {};
  if (triple.getArch() == llvm::Triple::x86_64)
    return QUANTC_EMBEDDED(quantc_runtime_x86_64);
  if (triple.getArch() == llvm::Triple::aarch64)
    return QUANTC_EMBEDDED(quantc_runtime_aarch64);
  return {};
}

llvm::StringRef quantc::getBuiltinsBitcode(llvm::StringRef text) {
  llvm::Triple triple(text);
  if (triple.isRISCV32())
    return QUANTC_EMBEDDED(quantc_builtins_riscv32);
  if (triple.isAArch64())
    return QUANTC_EMBEDDED(quantc_builtins_aarch64);
  return QUANTC_EMBEDDED(quantc_builtins_x86_64);
}
