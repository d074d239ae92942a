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

namespace {
struct VerifyRanges : quantc::qt::impl::VerifyRangesBase<VerifyRanges> {
  using VerifyRangesBase::VerifyRangesBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    markAllAnalysesPreserved();
    IntegerRanges ranges(func);
    for (const IntegerRanges::Overflow &overflow : ranges.getOverflows()) {
      Type type = getElementTypeOrSelf(overflow.op->getResult(0).getType());
      overflow.op->emitOpError()
          << overflow.what << " may reach " << toString(overflow.exact)
          << " for some input, which " << type << " does not hold";
    }
    if (print)
      func.walk([&](Operation *op) {
        for (Value result : op->getResults())
          if (getElementTypeOrSelf(result.getType()).isInteger())
            op->emitRemark("range ") << toString(ranges.getRange(result));
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
