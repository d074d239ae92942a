//===- NNOps.h - Ops of the nn dialect --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNOPS_H
#define QUANTC_DIALECT_NN_IR_NNOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/NN/IR/Window.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/ExponentOpInterface.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "quantc/Interfaces/ShapeInterface.h"
#include "quantc/Interfaces/SignOpInterface.h"

namespace quantc::nn {

/// f32, i32, i64 or i1: what the dialect computes on.
bool isElement(mlir::Type type);
/// Such a scalar, a vector or a ranked tensor of it.
bool isElementwiseType(mlir::Type type);
/// The same with the types of a model's edges.
bool isCastType(mlir::Type type);
/// A ranked tensor of f32 or of quantised elements.
bool isContractionOperand(mlir::Type type);

/// Whether values of one list can be of the types of the other: equal types but
/// for sizes that one of them leaves open.
bool areCompatibleTypes(mlir::TypeRange lhs, mlir::TypeRange rhs);
/// The same, where a quantised element stands for any.
bool areCompatibleContractionTypes(mlir::TypeRange lhs, mlir::TypeRange rhs);

/// A quantised result of a contraction needs quantised operands, and blocks
/// that fit it.
llvm::LogicalResult verifyResultFormat(QuantizableOpInterface op);

/// What tensors, or equal scalars or vectors, broadcast to, with the given
/// element type; null where they do not.
mlir::Type inferElementwiseType(mlir::TypeRange operands, mlir::Type element);

/// The shape that two shapes broadcast to; nothing where they do not. A
/// dynamic size against 1 stays dynamic, against another size is that size.
std::optional<llvm::SmallVector<int64_t>>
broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// Gives the result of \p op, if it is a tensor, the sizes that those of its
/// operands broadcast to.
void inferBroadcastSizes(mlir::Operation *op, SymbolicShapes &shapes);

/// The elements of a constant integer tensor; nothing for any other value.
std::optional<llvm::SmallVector<int64_t>>
getConstantIntegers(mlir::Value value);

/// A constant integer tensor of rank 1.
mlir::Value makeIntegers(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<int64_t> values);

/// An error where an op has a tensor of more than MaxRank dimensions, or
/// operands or results in joint form and no way to compute on them.
llvm::LogicalResult verifyTypes(mlir::Operation *op);

template <typename OpT>
struct ChecksTypes : mlir::OpTrait::TraitBase<OpT, ChecksTypes> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return verifyTypes(op);
  }
};

/// Each element of the result is one of the first operand's: what is computed
/// from it, or limited in it, may be so in front of the op as well.
template <typename OpT>
struct MovesElements : mlir::OpTrait::TraitBase<OpT, MovesElements> {};

} // namespace quantc::nn

#include "quantc/Dialect/NN/IR/NNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/NN/IR/NNAttrs.h.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/NN/IR/NNOps.h.inc"

#endif // QUANTC_DIALECT_NN_IR_NNOPS_H
