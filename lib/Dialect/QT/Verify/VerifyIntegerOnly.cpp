//===- VerifyIntegerOnly.cpp - Nothing but integers ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Verify/Passes.h"

namespace quantc::qt {
#define GEN_PASS_DEF_VERIFYINTEGERONLY
#include "quantc/Dialect/QT/Verify/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

namespace {
struct VerifyIntegerOnly
    : quantc::qt::impl::VerifyIntegerOnlyBase<VerifyIntegerOnly> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    markAllAnalysesPreserved();
    if (func.isExternal())
      return;
    // What compares maxima may be integers by now.
    InputArithmetic inputs(func.getBody().front(), InputScope::Maxima);
    bool ok = true;
    func.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op != func)
        ok &= succeeded(check(op, inputs));
    });
    if (!ok)
      signalPassFailure();
  }

private:
  static LogicalResult check(Operation *op, const InputArithmetic &inputs);
};
} // namespace

LogicalResult VerifyIntegerOnly::check(Operation *op,
                                       const InputArithmetic &inputs) {
  if (llvm::none_of(op->getOperands(), isFloat) &&
      llvm::none_of(op->getResults(), isFloat))
    return success();
  if (op->getNumResults() != 0 &&
      llvm::all_of(op->getResults(), isConstantSlice))
    return success();
  if (inputs.contains(op))
    return success();
  if (isa<QuantizeOp>(op) && llvm::none_of(op->getResults(), isFloat) &&
      (inputs.isInput(op->getOperand(0)) || isConstantSlice(op->getOperand(0))))
    return success();
  // What is decoded may be given another shape, a scalar's, or width.
  auto isBehind = [](Operation *user) {
    return isa<func::ReturnOp>(user) ||
           (isa<nn::ReshapeOp, nn::CastOp>(user) &&
            isFloat(user->getResult(0)) &&
            llvm::all_of(user->getUsers(), llvm::IsaPred<func::ReturnOp>));
  };
  bool isDecoded = isa<nn::ReshapeOp, nn::CastOp>(op) && isBehind(op) &&
                   op->getOperand(0).getDefiningOp<DequantizeOp>();
  if (isa<func::ReturnOp>(op) || isDecoded ||
      (isa<DequantizeOp>(op) && llvm::all_of(op->getUsers(), isBehind)))
    return success();
  return op->emitOpError("computes on floats between the inputs' quantisation "
                         "and the outputs' decoding");
}
