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
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "llvm/ADT/DenseSet.h"

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
    moved.clear();
    inputs.clear();
    if (!func.isExternal())
      inputs = findInputArithmetic(func.getBody().front());
    bool ok = true;
    func.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op != func)
        ok &= succeeded(check(op));
    });
    if (!ok)
      signalPassFailure();
  }

private:
  LogicalResult check(Operation *op);
  /// Floats that no integer has become yet: inputs, and what moved or scaled
  /// them.
  bool isBeforeBorder(Value value) const {
    return isConstantSlice(value) || moved.contains(value) ||
           (isa<BlockArgument>(value) &&
            isa<func::FuncOp>(value.getParentBlock()->getParentOp()));
  }

  llvm::DenseSet<Value> moved, inputs;
};
} // namespace

LogicalResult VerifyIntegerOnly::check(Operation *op) {
  if (llvm::none_of(op->getOperands(), isFloat) &&
      llvm::none_of(op->getResults(), isFloat))
    return success();
  if (op->getNumResults() != 0 &&
      llvm::all_of(op->getResults(), isConstantSlice))
    return success();
  bool isBefore = llvm::all_of(op->getOperands(), [&](Value operand) {
    return !isFloat(operand) || isBeforeBorder(operand);
  });
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  bool isKept =
      (integer && integer.isMovement()) || getScaledOperand(op) ||
      isChoiceOfInputs(op, [&](Value value) { return inputs.contains(value); });
  if (isBefore && isKept && isa<func::FuncOp>(op->getParentOp())) {
    moved.insert_range(op->getResults());
    return success();
  }
  if (isBefore && isa<QuantizeOp>(op) &&
      llvm::none_of(op->getResults(), isFloat))
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
