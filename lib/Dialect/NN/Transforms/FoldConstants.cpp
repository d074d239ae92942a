//===- FoldConstants.cpp - Evaluate ops on constants ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/MathExtras.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNFOLDCONSTANTS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

/// The size in memory of a static tensor of numbers; nothing for other types.
static std::optional<int64_t> getBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t bytes = getElementBytes(tensor.getElementType());
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

/// Whether nothing on the way to \p value, a splat for example, is too large to
/// be made for the sake of folding.
static bool isCheapToFold(Value value) {
  static constexpr int64_t most = int64_t(1) << 30;
  return llvm::all_of(getConstantSlice(value), [](Operation *op) {
    return llvm::all_of(op->getResultTypes(), [](Type type) {
      return getBytes(type).value_or(most) <= most;
    });
  });
}

/// Whether evaluating the op now makes the program no larger. Weights stay in
/// their file until somebody needs what is computed from them.
static bool isWorthFolding(Operation *op) {
  constexpr int64_t small = 64 * 1024;
  std::optional<int64_t> result = getBytes(op->getResult(0).getType());
  if (!result)
    return false;
  if (*result <= small)
    return true;
  int64_t operands = 0;
  for (Value operand : op->getOperands())
    if (operand.getDefiningOp<arith::ConstantOp>())
      operands += getBytes(operand.getType()).value_or(0);
  return *result <= operands;
}

namespace {
struct NNFoldConstants : public nn::impl::NNFoldConstantsBase<NNFoldConstants> {
  void runOnOperation() override {
    SmallVector<Operation *> candidates;
    getOperation().walk([&](Operation *op) {
      if (isa_and_present<nn::NNDialect>(op->getDialect()) &&
          op->getNumResults() == 1)
        candidates.push_back(op);
    });
    for (Operation *op : candidates) {
      Value result = op->getResult(0);
      if (result.use_empty() || !isWorthFolding(op) ||
          !isConstantSlice(result) || !isCheapToFold(result))
        continue;
      FailureOr<HostValue> value = interpretConstant(result);
      if (failed(value))
        return signalPassFailure();
      OpBuilder builder(op);
      result.replaceAllUsesWith(arith::ConstantOp::create(
          builder, op->getLoc(), value->toAttribute()));
    }
    // Users come behind what they use, so one pass from the end is enough.
    getOperation().walk<WalkOrder::PostOrder, ReverseIterator>(
        [](Operation *op) {
          if (isOpTriviallyDead(op))
            op->erase();
        });
  }
};
} // namespace
