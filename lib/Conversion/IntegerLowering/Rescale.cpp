//===- Rescale.cpp - Other exponents for the same integers ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// Blocks of \p from that lie in one of \p to on the largest exponent among
/// them; one of zeros does not count.
static Scaled alignBlocks(IntegerBuilder &b, Scaled x, qt::BlockType from,
                          qt::BlockType to) {
  SmallVector<int64_t> axes;
  for (auto [dim, own, other] : llvm::enumerate(from.getShape(), to.getShape()))
    if (own == 1 && other != 1)
      axes.push_back(dim);
  if (axes.empty()) {
    // Nothing is aligned, as of an image whose rows take its exponent: what has
    // 32 bits loses its lowest as well where the result has 31.
    bool hasMore = from.getElement().getBitWidth() == qt::wideBits &&
                   to.getElement().getBitWidth() == qt::summandBits;
    if (!hasMore)
      return x;
    x = b.halve(x);
    // Of what a limit has brought to all bits half is one too much.
    constexpr int64_t most = (int64_t(1) << (qt::summandBits - 1)) - 1;
    if (getWholeAxes(to.getShape()).empty())
      x.m = b.clip(x.m, -most, most);
    return x;
  }
  // Below what any other block has: elements with an exponent each may be far
  // below that of zeros, as the squares of small units are.
  constexpr int64_t none = -(1 << 20);
  x = b.prepareAlignment(x, from, none);
  Value common = b.reduce(nn::ReduceKind::Max, x.e, axes);
  Value isNothing = b.compare(nn::Predicate::Le, common, b.number(none));
  Value e = b.select(isNothing, b.number(fixed::zeroExponent), common);
  return {b.shift(x.m, b.sub(common, x.e)), e};
}

namespace {
struct RescaleIntegers
    : IntegerLoweringInterface::ExternalModel<RescaleIntegers, qt::RescaleOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    operands.push_back(available[0]);
    results.push_back(op->getResult(0).getType());
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto rescale = cast<qt::RescaleOp>(op);
    qt::BlockType from = qt::getIntegerFormat(rescale.getInput().getType());
    qt::BlockType to = qt::getIntegerFormat(rescale.getType());
    if (rescale.getRounding() != qt::Rounding::HalfUp || !from || !to)
      return op->emitOpError("of ")
             << rescale.getInput().getType() << " to " << rescale.getType()
             << " has no integer-only form; supported: half_up to signed "
                "integers of up to 16 bits, or of 31 or 32, with an exponent "
                "for whole dimensions";
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    bool hasOthers = from.getShape() != to.getShape();
    if (hasOthers)
      x = alignBlocks(b, x, from, to);
    // Results in other blocks are on the larger exponent, and no more. In the
    // same they are brought to all bits.
    bool isAligned =
        qt::isWide(to) && (hasOthers || to.getElement().getBitWidth() >
                                            from.getElement().getBitWidth());
    results.push_back(isAligned ? b.store(x, to) : b.normalise(x, to));
    return success();
  }
};
} // namespace

void quantc::attachRescaleIntegers(MLIRContext *context) {
  qt::RescaleOp::attachInterface<RescaleIntegers>(*context);
}
