//===- TargetOps.cpp - Ops that targets implement -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// DotOp
//===----------------------------------------------------------------------===//

/// Whether an integer of `bits` holds the range.
static bool fits(int64_t low, int64_t high, unsigned bits, bool isUnsigned) {
  if (isUnsigned && low >= 0)
    return high < (int64_t(1) << bits);
  return low >= -(int64_t(1) << (bits - 1)) &&
         high < (int64_t(1) << (bits - 1));
}

LogicalResult DotOp::verify() {
  auto lhs = cast<VectorType>(getLhs().getType());
  auto rhs = cast<VectorType>(getRhs().getType());
  auto acc = cast<VectorType>(getAcc().getType());
  int64_t ways = getWays();
  if (lhs != rhs)
    return emitOpError() << "operands of type " << lhs << " and " << rhs
                         << " differ";
  unsigned bits = lhs.getElementType().getIntOrFloatBitWidth();
  unsigned lane = acc.getElementType().getIntOrFloatBitWidth();
  if (lhs.getNumElements() != ways * acc.getNumElements())
    return emitOpError() << lhs << " in " << ways << " ways does not give "
                         << acc;
  if ((bits == 16 && (ways != 2 || lane != 32)) || (ways == 4 && lane != 32))
    return emitOpError() << ways << " ways of i" << bits << " in i" << lane
                         << " lanes; supported: 2 of i8 in i16, 2 or 4 of i8 "
                            "in i32, 2 of i16 in i32";

  BoundAttr bound = getBound();
  auto check = [&](StringRef name, int64_t low, int64_t high,
                   bool isUnsigned) -> LogicalResult {
    if (fits(low, high, bits, isUnsigned))
      return success();
    return emitOpError() << name << " range " << low << ".." << high
                         << " does not fit "
                         << (isUnsigned && low >= 0 ? "an unsigned i"
                                                    : "a signed i")
                         << bits;
  };
  // No instruction takes two unsigned operands, or unsigned 16 bits.
  if (failed(check("lhs", bound.getLhsLow(), bound.getLhsHigh(), bits == 8)) ||
      failed(check("rhs", bound.getRhsLow(), bound.getRhsHigh(), false)))
    return failure();

  // The extremes of one lane after the whole chain.
  int64_t low, high;
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (bound.getHasLane()) {
    // A lane's negative and positive elements of rhs sum to the lane's range.
    auto extremes = [](int64_t a, int64_t b, int64_t c, int64_t d) {
      return std::make_pair(
          std::min(std::min(a, b) + std::min(c, d), int64_t(0)),
          std::max(std::max(a, b) + std::max(c, d), int64_t(0)));
    };
    std::tie(low, high) =
        extremes(std::max<int64_t>(bound.getLhsHigh(), 0) * bound.getLaneLow(),
                 std::min<int64_t>(bound.getLhsLow(), 0) * bound.getLaneLow(),
                 std::max<int64_t>(bound.getLhsHigh(), 0) * bound.getLaneHigh(),
                 std::min<int64_t>(bound.getLhsLow(), 0) * bound.getLaneHigh());
    os << "lanes " << bound.getLaneLow() << ".." << bound.getLaneHigh()
       << " by " << bound.getLhsLow() << ".." << bound.getLhsHigh();
  } else {
    int64_t products[] = {bound.getLhsLow() * bound.getRhsLow(),
                          bound.getLhsLow() * bound.getRhsHigh(),
                          bound.getLhsHigh() * bound.getRhsLow(),
                          bound.getLhsHigh() * bound.getRhsHigh()};
    int64_t count = ways * bound.getChain();
    if (llvm::MulOverflow(count, *llvm::min_element(products), low) ||
        llvm::MulOverflow(count, *llvm::max_element(products), high))
      return emitOpError() << count << " products overflow 64 bits";
    os << count << " products of " << bound.getLhsLow() << ".."
       << bound.getLhsHigh() << " by " << bound.getRhsLow() << ".."
       << bound.getRhsHigh();
  }
  low += bound.getInitLow();
  high += bound.getInitHigh();
  int64_t most = (int64_t(1) << (lane - 1)) - 1;
  if (low < -most - 1 || high > most)
    return emitOpError() << "sums of " << reason << " reach " << low << ".."
                         << high << ", i" << lane << " lanes hold " << -most - 1
                         << ".." << most;
  return success();
}

//===----------------------------------------------------------------------===//
// LookupOp
//===----------------------------------------------------------------------===//

LogicalResult LookupOp::verify() {
  size_t entries = getTable().size();
  if (entries < 1 || entries > 16)
    return emitOpError() << "a table of " << entries
                         << " entries; supported: 1 to 16";
  return success();
}

//===----------------------------------------------------------------------===//
// PickOp
//===----------------------------------------------------------------------===//

LogicalResult PickOp::verify() {
  auto type = cast<VectorType>(getPlaces().getType());
  if (type.getNumElements() % 16 != 0)
    return emitOpError() << "of " << type
                         << "; supported: whole groups of 16 bytes";
  return success();
}
