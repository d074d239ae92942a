//===- Passes.h - Dot products as instructions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_LOWERDOT_PASSES_H
#define QUANTC_CONVERSION_LOWERDOT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace quantc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Conversion/LowerDot/Passes.h.inc"
} // namespace quantc

#endif // QUANTC_CONVERSION_LOWERDOT_PASSES_H
