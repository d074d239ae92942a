//===- Artifact.c - The runtime as an artefact has it -------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The whole runtime in one file, with one global symbol. The compiler carries
// it as an object file, made by
//
//   clang -target T -O2 -fPIC -ffreestanding -fvisibility=hidden -c
//
// which needs no header of the target.
//
//===----------------------------------------------------------------------===//

#define QCRT_INTERNAL static

#include "Check.c"
#include "Context.c"
#include "Cpu.c"
#include "Memory.c"
#include "Message.c"
#include "Profile.c"
#include "Program.c"
#include "Threads.c"
#include "Weights.c"

/// Emitted by the compiler.
extern const qcrt_program qcrt_this_program
    __attribute__((visibility("hidden")));

static const quantc_api qcrt_this_api = QCRT_API(&qcrt_this_program);

__attribute__((visibility("default"))) const quantc_api *quantc_model(void) {
  return &qcrt_this_api;
}
