//===- Passes.h - Checks between the stages -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_VERIFY_PASSES_H
#define QUANTC_DIALECT_QT_VERIFY_PASSES_H

#include "mlir/Pass/Pass.h"

namespace quantc::qt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Dialect/QT/Verify/Passes.h.inc"
} // namespace quantc::qt

#endif // QUANTC_DIALECT_QT_VERIFY_PASSES_H
