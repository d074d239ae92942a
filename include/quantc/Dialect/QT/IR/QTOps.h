//===- QTOps.h - Ops of the qt dialect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTOPS_H
#define QUANTC_DIALECT_QT_IR_QTOPS_H

#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "quantc/Interfaces/ShapeInterface.h"
#include "quantc/Interfaces/SignOpInterface.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Packing.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc::qt {
/// A scalar, a vector or a ranked tensor of i32.
bool isWordsType(mlir::Type type);
} // namespace quantc::qt

#define GET_OP_CLASSES
#include "quantc/Dialect/QT/IR/QTOps.h.inc"

namespace quantc {
namespace qt {

/// Bytes from one row of packed codes to the next, for rows of `k` codes:
/// whole cache lines, and never a multiple of 512, so that the rows of a tile
/// do not meet in one set of the cache.
int64_t getPackedRowStride(int64_t k);

/// Whether values can be encoded to the format.
llvm::LogicalResult
verifyEncodable(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                BlockType format, EncodingAttr encoding);

/// Numerics' packing for weights of n columns, each of k elements.
numerics::PackedLayout getPackedLayout(LayoutAttr layout, int64_t n, int64_t k);

/// Bytes of weights [N, K] or [O, taps, C/g] in a layout, of `matched` the
/// fewest that there can be; nothing where a size is not known, or the bytes
/// are more than 2^62.
std::optional<int64_t> getPackedBytes(LayoutAttr layout,
                                      llvm::ArrayRef<int64_t> shape,
                                      int64_t groups);

/// Elements that each tap of a convolution takes along K, for \p depth channels
/// of a group: those that one load or one block of the form holds.
int64_t getTapStride(LayoutForm form, int64_t depth, int64_t groups = 1);

/// Numerics' function of the same name.
numerics::fixed::Sigma getSigma(SigmaKind kind);

/// Whether every channel is a group of its own: a depthwise convolution, whose
/// weights are packed tap after tap with the channels side by side.
inline bool isDepthwise(int64_t depth, int64_t groups) {
  return depth == 1 && groups > 1;
}

/// Bytes of the packed weights of a depthwise convolution: in `f32`
/// [taps, channels] floats, in `s8` as many codes behind a scale for each
/// channel. Other forms have none.
int64_t getDepthwiseBytes(LayoutForm form, int64_t taps, int64_t channels);

/// The parts of a convolution's input \p type with its halo under a layout.
llvm::SmallVector<mlir::Type> getHaloTypes(mlir::RankedTensorType type,
                                           BlockType format, HaloAttr halo,
                                           LayoutForm form);

} // namespace qt
} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_QTOPS_H
