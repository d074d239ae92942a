//===- BlockValue.h - Quantised values on the host -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A quantised value as integers and real scales, and the ways in and out of
// it: the definitions of qt's ops are written in these terms.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_IR_BLOCKVALUE_H
#define QUANTC_LIB_DIALECT_QT_IR_BLOCKVALUE_H

#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Interpreter/HostValue.h"

#include <vector>

namespace quantc {
namespace qt {

/// Which block an element lies in.
class BlockIndex {
public:
  BlockIndex() = default;
  BlockIndex(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> block);

  int64_t getNumBlocks() const { return count; }
  /// The flat number of the block of the element with this flat index.
  int64_t operator()(int64_t flat) const;
  /// The extent of blocks along the last dimension, at most its size.
  int64_t getLastExtent() const { return extents.empty() ? 1 : extents.back(); }
  /// Whether one block holds everything that differs in dimension `dim` only.
  bool isWhole(unsigned dim) const { return extents[dim] >= shape[dim]; }

private:
  llvm::SmallVector<int64_t> shape, extents, strides;
  int64_t count = 0;
};

/// A value of `real scale * multiplier * code`: codes have their zero points
/// taken off, multipliers are integer block scales relative to an outer one.
struct BlockValue {
  llvm::SmallVector<int64_t> shape;
  std::vector<int32_t> codes;
  /// Of formats that are no integers: the numbers that codes stand for.
  std::vector<double> numbers;
  BlockIndex realIndex, integerIndex;
  std::vector<float> scales;
  /// Of exponents of 32 bits, whose powers may be no floats.
  std::vector<int32_t> exponents;
  /// Empty where the format has none.
  std::vector<int32_t> multipliers;

  bool isInteger() const { return numbers.empty(); }
  double getNumber(int64_t flat) const {
    return isInteger() ? codes[flat] : numbers[flat];
  }
  int64_t getMultiplier(int64_t flat) const {
    return multipliers.empty() ? 1 : multipliers[integerIndex(flat)];
  }
  /// One element: the f32 product of the code and its rounded f32 scale.
  float decode(int64_t flat) const;
};

/// The value with these parts, of static types. Fails after an error where
/// its format cannot be evaluated.
llvm::FailureOr<BlockValue> readBlockValue(mlir::Operation *op,
                                           BlockType format,
                                           llvm::ArrayRef<HostValue> parts,
                                           llvm::ArrayRef<int64_t> shape);
llvm::FailureOr<BlockValue> readJointValue(mlir::Operation *op,
                                           const HostValue &value);

/// The floats of a value.
HostValue decodeBlockValue(mlir::MLIRContext *context, const BlockValue &value);

/// The parts of `x` in `format`.
llvm::FailureOr<llvm::SmallVector<HostValue>>
encodeParts(mlir::Operation *op, const HostValue &x, BlockType format,
            EncodingAttr encoding);

/// The parts of integers in `format`, shifts of blocks below an exponent for
/// each row: the rule `norm`. `exponents` are those of the integers.
llvm::FailureOr<llvm::SmallVector<HostValue>>
encodeIntegers(mlir::Operation *op, const HostValue &mantissas,
               const HostValue &exponents, BlockType format);

/// The parts of floats in `format`, one exponent a block: the rule `norm`.
llvm::FailureOr<llvm::SmallVector<HostValue>>
encodeNormalised(mlir::Operation *op, const HostValue &x, BlockType format);

/// A tensor of codes as stored in split form, from one code an integer.
HostValue packCodes(BlockType format, llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<int32_t> codes);

} // namespace qt
} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_IR_BLOCKVALUE_H
