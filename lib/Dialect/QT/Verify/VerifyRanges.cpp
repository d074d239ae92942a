//===- VerifyRanges.cpp - No integer overflows -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Dialect/QT/Verify/Passes.h"
#include <set>

namespace quantc::qt {
#define GEN_PASS_DEF_VERIFYRANGES
#include "quantc/Dialect/QT/Verify/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

static std::string toString(const Interval &interval) {
  std::string text;
  llvm::raw_string_ostream(text) << interval;
  return text;
}

/// Whether half a unit can be added to what \p op shifts by \p places to the
/// right.
static bool hasRoom(nn::BinaryOp op, const IntegerRanges &ranges,
                    const Interval &places) {
  Interval x = ranges.getRange(op.getLhs());
  // Beyond 31 places nothing may be left of it.
  Interval half = Interval::get(-(int64_t(1) << 30), (int64_t(1) << 30) - 1);
  if (places.high > 30)
    return half.contains(x);
  return x.high + getPower(static_cast<unsigned>(int64_t(places.high))) / 2 <=
         INT32_MAX;
}

/// What \p op can be marked as; empty where that is nothing.
static StringRef getMark(nn::BinaryOp op, const IntegerRanges &ranges) {
  if (op.getKind() != nn::BinaryKind::RShift ||
      !getElementTypeOrSelf(op.getType()).isInteger(32))
    return {};
  Interval places = ranges.getRange(op.getRhs());
  if (places.low < -30 || places.high < 0 || !hasRoom(op, ranges, places))
    return {};
  return places.low < 0 ? roomyShiftAttrName : rightShiftAttrName;
}

/// Errors for all that may overflow. An op of the model is many of these here,
/// of which those are told that differ.
static void reportOverflows(const IntegerRanges &ranges) {
  std::set<std::tuple<const void *, std::string, std::string>> told;
  for (const IntegerRanges::Overflow &overflow : ranges.getOverflows()) {
    Operation *op = overflow.op;
    std::string exact = toString(overflow.exact);
    if (!told.insert({op->getLoc().getAsOpaquePointer(), overflow.what, exact})
             .second)
      continue;
    op->emitOpError()
        << overflow.what << " may reach " << exact << " for some input, which "
        << getElementTypeOrSelf(op->getResult(0).getType())
        << " does not hold; supported: results that the ranges of operands "
           "show to fit. A bound on open sizes (--dim=NAME=MIN..MAX), or a "
           "product or a function between sums, may make them less; without "
           "--integer-only they are floats";
  }
}

namespace {
struct VerifyRanges : quantc::qt::impl::VerifyRangesBase<VerifyRanges> {
  using VerifyRangesBase::VerifyRangesBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    markAllAnalysesPreserved();
    IntegerRanges ranges(func);
    reportOverflows(ranges);
    if (print)
      func.walk([&](Operation *op) {
        for (Value result : op->getResults())
          if (getElementTypeOrSelf(result.getType()).isInteger())
            op->emitRemark("range ") << toString(ranges.getRange(result));
      });
    func.walk([&](nn::BinaryOp op) {
      if (StringRef mark = getMark(op, ranges); !mark.empty())
        op->setAttr(mark, UnitAttr::get(&getContext()));
    });
    numSaturating += ranges.getSaturating().size();
    if (report && !ranges.getSaturating().empty())
      emitRemark(func.getLoc())
          << ranges.getSaturating().size()
          << " exponents saturate at 8 bits where rows are that large or small";
    if (!ranges.getOverflows().empty())
      signalPassFailure();
  }
};
} // namespace
