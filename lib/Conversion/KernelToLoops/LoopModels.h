//===- LoopModels.h - The models of LoopOpInterface -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPMODELS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPMODELS_H

#include "mlir/IR/MLIRContext.h"

namespace quantc {

/// One function a theme.
void attachReductionLoops(mlir::MLIRContext *context);
void attachContractionLoops(mlir::MLIRContext *context);
void attachCrossingLoops(mlir::MLIRContext *context);
void attachTopKLoops(mlir::MLIRContext *context);

/// Of ImageOpInterface.
void attachContractionParts(mlir::MLIRContext *context);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPMODELS_H
