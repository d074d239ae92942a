//===- IntegerModels.h - Models of the integer-only interface ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERMODELS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERMODELS_H

#include "IntegerBuilder.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include <vector>

namespace quantc {

using Parts = llvm::ArrayRef<mlir::ValueRange>;
using Types = llvm::SmallVectorImpl<mlir::Type>;
using Lowered = llvm::SmallVectorImpl<llvm::SmallVector<mlir::Value>>;

/// One function a theme.
void attachCastIntegers(mlir::MLIRContext *context);
void attachContractionIntegers(mlir::MLIRContext *context);
void attachElementwiseIntegers(mlir::MLIRContext *context);
void attachFunctionIntegers(mlir::MLIRContext *context);
void attachNormalisationIntegers(mlir::MLIRContext *context);
void attachAttentionIntegers(mlir::MLIRContext *context);
void attachMovementIntegers(mlir::MLIRContext *context);
void attachGatherIntegers(mlir::MLIRContext *context);
void attachHardGateIntegers(mlir::MLIRContext *context);
void attachOrderingIntegers(mlir::MLIRContext *context);
void attachReductionIntegers(mlir::MLIRContext *context);
void attachRescaleIntegers(mlir::MLIRContext *context);
void attachReshapeIntegers(mlir::MLIRContext *context);
void attachRotaryIntegers(mlir::MLIRContext *context);
void attachSelectionIntegers(mlir::MLIRContext *context);

/// The cosine or sine of integers times constants as an integer-only value;
/// null where the angles are others.
mlir::Value buildOfPositions(nn::UnaryOp op, mlir::OpBuilder &builder);

/// Integers of as many bits, with an exponent for each of \p blocks.
qt::BlockType withBlocks(qt::BlockType format, llvm::ArrayRef<int64_t> blocks);
/// The tensor type of \p value with an integer-only element.
mlir::Type withFormat(mlir::Value value, qt::BlockType format);
inline qt::BlockType getRow16(mlir::Operation *op,
                              llvm::ArrayRef<int64_t> blocks) {
  return qt::getIntegerFormat(op->getContext(), blocks, qt::rowBits);
}
inline qt::BlockType getWide(mlir::Operation *op,
                             llvm::ArrayRef<int64_t> blocks, unsigned bits) {
  return qt::getIntegerFormat(op->getContext(), blocks, bits);
}

/// The types of the two parts of an op's first result.
mlir::RankedTensorType getMantissaType(mlir::Operation *op);
mlir::RankedTensorType getExponentType(mlir::Operation *op);

/// How many elements \p op sums over at most; dynamic where nothing says so.
int64_t getMostElements(mlir::Operation *op);

/// A shape operand for exponents: sizes that lie within blocks are 1.
mlir::Value makeExponentShape(mlir::Operation *op, mlir::Value shape,
                              mlir::Value part, llvm::ArrayRef<int64_t> blocks,
                              mlir::OpBuilder &builder);

/// Asks for the operands behind the first as they are.
void keepOperands(mlir::TypeRange available, Types &operands);

/// The integer-only format of \p type among `available`, that of rows for a
/// constant; an error where it has none.
llvm::FailureOr<qt::BlockType> requireInteger(mlir::Operation *op,
                                              mlir::Type type);

/// The elements of a constant float operand; an error where it is none or not
/// finite, of which infinities may stand for the largest floats.
llvm::FailureOr<std::vector<double>>
getConstant(mlir::Operation *op, unsigned index, bool takesInfinity = false);

/// A normalisation's parameter for every one of \p count elements.
llvm::FailureOr<std::vector<double>>
getParameter(mlir::Operation *op, unsigned index, int64_t count);

/// Blocks that hold those of all operands, floats left out.
llvm::FailureOr<llvm::SmallVector<int64_t>>
joinOperandBlocks(mlir::Operation *op, mlir::TypeRange available);
/// The type of an operand whose blocks are \p blocks: as it is where it has
/// these, else as a row. Where it \p mayBeWide, a result of up to 32 bits stays
/// one on other blocks, too: what is added keeps its bits, and what comes from
/// one element twice is equal.
mlir::Type fitOperand(mlir::Operation *op, unsigned index, mlir::Type available,
                      llvm::ArrayRef<int64_t> blocks, bool mayBeWide);
/// Whether values are chosen from or the sum of something that hides by its
/// magnitude: neither an exponential nor a maximum is left of it, and 16 bits
/// beside it would leave little of the others.
bool haveMask(mlir::Value values);
/// Operand \p index below 2^30, with as many bits as there is room for beside
/// operand \p other.
llvm::LogicalResult getSummand(mlir::Operation *op, unsigned index,
                               unsigned other, mlir::ValueRange parts,
                               IntegerBuilder &b, Scaled &term);

/// Whether getSummand brings an operand of type \p own to the next exponent
/// beside one of type \p other.
bool losesBit(mlir::Type own, mlir::Type other);
/// How many bits are lost of what is chosen from operand \p first and the next
/// one, by the choice and \p before.
unsigned countBitsOfChoice(mlir::Operation *op, unsigned first,
                           mlir::TypeRange operands,
                           llvm::ArrayRef<unsigned> before);

/// Types of an op whose result has the type of its one operand.
llvm::LogicalResult inferSameIntegers(mlir::Operation *op,
                                      mlir::TypeRange available,
                                      Types &operands, Types &results);
/// Types of an op on stored rows that gives stored rows, or the same of results
/// that it takes as they are.
llvm::LogicalResult inferRowIntegers(mlir::Operation *op,
                                     mlir::TypeRange available, Types &operands,
                                     Types &results, bool mayBeWide = false);

/// The blocks in which an op stores its elements: \p blocks, or single elements
/// where `qt.element_exponents` says so.
llvm::SmallVector<int64_t> getStoredBlocks(mlir::Operation *op,
                                           llvm::ArrayRef<int64_t> blocks);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERMODELS_H
