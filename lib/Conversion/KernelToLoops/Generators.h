//===- Generators.h - What can emit a kernel -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_GENERATORS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_GENERATORS_H

#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"

namespace quantc {

/// One way to emit kernels. The first of the table that can emit a kernel does.
struct KernelGenerator {
  llvm::StringLiteral name;
  bool (*canEmit)(mlir::func::FuncOp kernel);
  llvm::LogicalResult (*emit)(KernelBuilder &kernel);
};

/// The one op of \p kernel beside constants and its terminator; null if there
/// are several or none.
mlir::Operation *getOnlyOp(mlir::func::FuncOp kernel);

/// Results of \p kernel that are \p value.
llvm::SmallVector<unsigned> getResultIndices(mlir::func::FuncOp kernel,
                                             mlir::Value value);

/// Ops on the rows of one tensor: elementwise chains, normalisation, softmax,
/// run-time quantisation.
bool canEmitRows(mlir::func::FuncOp kernel);
llvm::LogicalResult emitRows(KernelBuilder &kernel);

/// One transpose that turns matrices of 32-bit elements.
bool canEmitTranspose(mlir::func::FuncOp kernel);
llvm::LogicalResult emitTranspose(KernelBuilder &kernel);

/// One op that moves data: transpose, slice, expand, concat, gather.
bool canEmitMovement(mlir::func::FuncOp kernel);
llvm::LogicalResult emitMovement(KernelBuilder &kernel);

/// One pool or pad.
bool canEmitWindow(mlir::func::FuncOp kernel);
llvm::LogicalResult emitWindow(KernelBuilder &kernel);

/// The quantisation of a convolution's input: of floats, of integers.
bool canEmitHaloIntegers(mlir::func::FuncOp kernel);
llvm::LogicalResult emitHaloIntegers(KernelBuilder &kernel);
bool canEmitHalo(mlir::func::FuncOp kernel);
llvm::LogicalResult emitHalo(KernelBuilder &kernel);

/// The largest magnitudes of an image's parts, where its producer has none.
bool canEmitMagnitudes(mlir::func::FuncOp kernel);
llvm::LogicalResult emitMagnitudes(KernelBuilder &kernel);

/// Iotas, sizes as values, rotary embeddings.
bool canEmitPositions(mlir::func::FuncOp kernel);
llvm::LogicalResult emitPositions(KernelBuilder &kernel);

/// One qt.contract with packed weights, and the magnitudes of its results.
bool canEmitContraction(mlir::func::FuncOp kernel);
llvm::LogicalResult emitContraction(KernelBuilder &kernel);

/// One qt.contract of floats whose right side is no constant.
bool canEmitPlainContraction(mlir::func::FuncOp kernel);
llvm::LogicalResult emitPlainContraction(KernelBuilder &kernel);

/// Anything: elementwise ops and those that implement LoopOpInterface.
bool canEmitLoops(mlir::func::FuncOp kernel);
llvm::LogicalResult emitLoops(KernelBuilder &kernel);

/// One qt.integer_attention.
bool canEmitIntegerAttention(mlir::func::FuncOp kernel);
llvm::LogicalResult emitIntegerAttention(KernelBuilder &kernel);

/// One qt.attention.
bool canEmitAttention(mlir::func::FuncOp kernel);
llvm::LogicalResult emitAttention(KernelBuilder &kernel);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_GENERATORS_H
