//===- NNSinkTransposes.h - Channels stay last ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_IR_NNSINKTRANSPOSES_H
#define QUANTC_LIB_DIALECT_NN_IR_NNSINKTRANSPOSES_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::nn {

/// Move transposes from channels-last to channels-first behind their users.
void populateSinkTransposePatterns(mlir::RewritePatternSet &patterns,
                                   mlir::MLIRContext *context);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_IR_NNSINKTRANSPOSES_H
