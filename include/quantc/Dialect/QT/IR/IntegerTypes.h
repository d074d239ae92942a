//===- IntegerTypes.h - Types of integer-only networks ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// row16   [1, ?], s16, scale = exp<8>: what is stored
// wide    [1, ?], s31 or s32, scale = exp<32>: results, below 2^30 and 2^31
// head12, head8   the same with 12 and 8 bits, for each head of a token
// blk8    [1, 32], s8, scale = shift<3>, outer = exp<8>: left operand of a
//         contraction
// row14   [1, ?], s14, scale = exp<8>: the same of a row that a pool has left
//
// The blocks that share an exponent are single ones or whole dimensions.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_INTEGERTYPES_H
#define QUANTC_DIALECT_QT_IR_INTEGERTYPES_H

#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Interpreter/HostValue.h"
#include <vector>

namespace quantc {
namespace qt {

/// Bits of stored mantissas, and of results: magnitudes of the first kind can
/// be added.
constexpr unsigned rowBits = 16, summandBits = 31, wideBits = 32;

/// Bits of a left operand that is the sum of two of 8 bits: those of the rows
/// that pools leave.
constexpr unsigned pooledBits = 14;

/// On a reshape in integer-only form: pairs of dimensions, of the operand and
/// of the result, that as many elements lie before, where types do not say so.
constexpr llvm::StringLiteral reshapeCutsAttrName = "qt.reshape_cuts";

/// Signed integers of \p bits with an exponent for each block.
BlockType getIntegerFormat(mlir::MLIRContext *context,
                           llvm::ArrayRef<int64_t> blocks, unsigned bits);
/// blk8 with an exponent for each of \p rows.
BlockType getShiftedFormat(mlir::MLIRContext *context,
                           llvm::ArrayRef<int64_t> rows);

/// The format of a tensor of integers with exponents, blk8 not among them.
BlockType getIntegerFormat(mlir::Type type);
inline bool isWide(BlockType format) {
  return format.getElement().getBitWidth() > rowBits;
}

/// Whether values have exponents of 32 bits, whose powers may be no floats.
bool isWideExponent(BlockType format);

/// Whether floats are quantised to the format at the border of an integer-only
/// network: rows of 16 bits, or of what results have.
bool isInputFormat(BlockType format);

/// Whether values from \p lowest to \p highest can have a static scale: scales,
/// their products and reciprocals are floats then.
bool isStaticRange(double lowest, double highest);

/// Whether \p format is that of an integer-only network's 4-bit weights: blocks
/// of 32 with integer multipliers, one exponent for each output.
bool isIntegerNibbles(BlockType format);

/// The range of codes of signed integers of as many bits as \p format has,
/// without the smallest.
EncodingAttr getSignedEncoding(BlockType format, ScaleRule rule);
/// How an integer-only network encodes weights, whose scales are floats.
EncodingAttr getWeightEncoding(BlockType format);

/// Rows, the last of \p rank dimensions, and images, all but the first.
llvm::SmallVector<int64_t> getRowBlocks(int64_t rank);
llvm::SmallVector<int64_t> getImageBlocks(int64_t rank);

/// What has an exponent where nothing asks for another: rows; where the only
/// dimension may be that of a batch, elements, whose examples are apart then.
llvm::SmallVector<int64_t> getExampleBlocks(int64_t rank);

/// The blocks that hold both, aligned at the last dimension.
llvm::SmallVector<int64_t> joinBlocks(llvm::ArrayRef<int64_t> a,
                                      llvm::ArrayRef<int64_t> b);

/// Codes of a format's codes tensor, those of signed integers sign extended.
std::vector<int32_t> unpackCodes(BlockType format,
                                 llvm::ArrayRef<int64_t> shape,
                                 const HostValue &codes);

} // namespace qt
} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_INTEGERTYPES_H
