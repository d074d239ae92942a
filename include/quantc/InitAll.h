//===- InitAll.h - Registration of everything in quantc ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INITALL_H
#define QUANTC_INITALL_H

#include "mlir/IR/DialectRegistry.h"

namespace quantc {

/// Registers quantc's dialects and those of MLIR that its stages use.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers quantc's passes and pipelines.
void registerAllPasses();

} // namespace quantc

#endif // QUANTC_INITALL_H
