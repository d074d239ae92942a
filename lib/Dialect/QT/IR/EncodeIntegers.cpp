//===- EncodeIntegers.cpp - The rule of integer-only formats *- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Numerics/Fixed/Rows.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

/// The number of elements that share a scale with these extents, where they lie
/// side by side: whole dimensions behind single ones. 0 elsewhere.
static int64_t getRowSize(ArrayRef<int64_t> shape, ArrayRef<int64_t> block) {
  int64_t size = 1;
  bool isWhole = true;
  for (auto [dim, extent] :
       llvm::zip_equal(llvm::reverse(shape), llvm::reverse(block))) {
    if (extent == 1 || dim == 1) {
      isWhole &= dim == 1;
      continue;
    }
    if (!isWhole || !ShapedType::isDynamic(extent))
      return 0;
    size *= dim;
  }
  return size;
}

static SmallVector<HostValue> allocateParts(BlockType format,
                                            ArrayRef<int64_t> shape) {
  SmallVector<HostValue> parts;
  for (RankedTensorType type : format.getPartTypes(shape))
    parts.push_back(HostValue::allocate(type));
  return parts;
}

FailureOr<SmallVector<HostValue>> qt::encodeIntegers(Operation *op,
                                                     const HostValue &mantissas,
                                                     const HostValue &exponents,
                                                     BlockType format) {
  ArrayRef<int64_t> shape = mantissas.getShape();
  SmallVector<HostValue> parts = allocateParts(format, shape);
  int64_t row =
      format.getOuter() ? getRowSize(shape, format.getOuterShape()) : 0;
  bool isShift =
      format.getScale().getFormat().kind == numerics::ScaleFormat::Kind::Shift;
  bool isInner = llvm::all_of(format.getShape().drop_back(),
                              [](int64_t extent) { return extent == 1; });
  if (row == 0 || !isShift || !isInner ||
      format.getElement().getSpelling() != "s8" ||
      exponents.getNumElements() != parts[2].getNumElements())
    return op->emitOpError()
           << "of " << mantissas.getType() << " to " << Type(format)
           << " is not evaluated; supported: s8 in blocks of shifts along the "
              "last dimension, an exponent for rows of whole dimensions";
  int64_t channels = shape.back();
  int64_t block = format.getShape().back();
  block = ShapedType::isDynamic(block) ? channels : block;
  ArrayRef<int16_t> in = mantissas.as<int16_t>();
  int8_t *codes = parts[0].asMutable<int8_t>().data();
  uint8_t *shifts = parts[1].getMutableBytes().data();
  int64_t blocks = channels ? llvm::divideCeil(channels, block) : 0;
  for (int64_t i = 0, e = exponents.getNumElements(); i < e; ++i) {
    int32_t exponent = numerics::fixed::encodeBlocks(
        in.data() + i * row, channels ? row / channels : 0, channels,
        static_cast<int32_t>(exponents.getInteger(i)), block, codes + i * row,
        shifts + (channels ? i * row / channels * blocks : 0));
    parts[2].setInteger(i, std::min(exponent, 127));
  }
  return parts;
}

FailureOr<SmallVector<HostValue>>
qt::encodeNormalised(Operation *op, const HostValue &x, BlockType format) {
  ArrayRef<int64_t> shape = x.getShape();
  SmallVector<HostValue> parts = allocateParts(format, shape);
  int64_t row = getRowSize(shape, format.getShape());
  if (row == 0 || !isInputFormat(format))
    return op->emitOpError()
           << "of " << x.getType() << " to " << Type(format)
           << " is not evaluated; supported: s16 with an exp<8> or s31 with an "
              "exp<32> for rows of whole dimensions";
  ArrayRef<float> floats = x.as<float>();
  bool isWide = format.getElement().getBitWidth() > rowBits;
  for (int64_t i = 0, e = parts[1].getNumElements(); i < e; ++i) {
    const float *from = floats.data() + i * row;
    auto quantise = [&](auto *to) {
      return numerics::fixed::quantiseInput(from, row, to + i * row);
    };
    int32_t exponent =
        isWide ? quantise(parts[0].asMutable<int32_t>().data())
               : std::min(quantise(parts[0].asMutable<int16_t>().data()), 127);
    parts[1].setInteger(i, exponent);
  }
  return parts;
}
