//===- VerifyNetwork.cpp - What no network has ------------------*- C++ -*-===//
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
#include "quantc/Support/Locations.h"

#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNVERIFYNETWORK
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

/// The flat index of the first element that is no finite number in float32.
static std::optional<int64_t> findNotFinite(const HostValue &value) {
  if (value.getElementType().isF32()) {
    ArrayRef<float> all = value.as<float>();
    const float *it =
        llvm::find_if(all, [](float x) { return !std::isfinite(x); });
    return it == all.end() ? std::nullopt : std::optional(it - all.begin());
  }
  if (isa<FloatType>(value.getElementType()))
    for (int64_t i = 0, e = value.getNumElements(); i < e; ++i)
      if (!std::isfinite(static_cast<float>(value.getNumber(i))))
        return i;
  return std::nullopt;
}

static SmallVector<int64_t> getPosition(ArrayRef<int64_t> shape,
                                        int64_t index) {
  SmallVector<int64_t> position(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; index /= shape[dim])
    position[dim] = index % shape[dim];
  return position;
}

namespace {
struct NNVerifyNetwork : public nn::impl::NNVerifyNetworkBase<NNVerifyNetwork> {
  void runOnOperation() override;

private:
  LogicalResult verifyArguments();
  LogicalResult verifyWeight(Operation *user, Value weight);
  LogicalResult verifyNumbers(Operation *user, Operation *constant);

  llvm::DenseSet<Operation *> seen; ///< constants that were looked at
};
} // namespace

LogicalResult NNVerifyNetwork::verifyArguments() {
  bool isRight = true;
  for (BlockArgument argument : getOperation().getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    for (auto [dim, size] : llvm::enumerate(type.getShape()))
      if (size == 0) {
        emitError(argument.getLoc())
            << "input '" << getValueName(argument.getLoc())
            << "' of a network has the size 0 in dim " << dim
            << "; supported: 1 or more, and sizes of run time";
        isRight = false;
      }
  }
  return success(isRight);
}

LogicalResult NNVerifyNetwork::verifyNumbers(Operation *user,
                                             Operation *constant) {
  if (!seen.insert(constant).second)
    return success();
  FailureOr<HostValue> value = interpretConstant(constant->getResult(0));
  if (failed(value))
    return failure();
  std::optional<int64_t> index = findNotFinite(*value);
  if (!index)
    return success();
  double number = value->getNumber(*index);
  return user->emitOpError("weight '")
         << getValueName(constant->getLoc()) << "' is "
         << (std::isnan(number)   ? "NaN"
             : std::isinf(number) ? "infinite"
                                  : "beyond float32")
         << " at [" << getPosition(value->getShape(), *index)
         << "]; supported: finite numbers";
}

LogicalResult NNVerifyNetwork::verifyWeight(Operation *user, Value weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  llvm::SetVector<Operation *> slice = getConstantSlice(weight);
  if (llvm::is_contained(type.getShape(), 0))
    return user->emitOpError("weight '")
           << getValueName(slice.front()->getLoc()) << "' of type " << type
           << " has no elements";
  bool isRight = true;
  for (Operation *op : slice)
    if (op->getNumOperands() == 0)
      isRight &= succeeded(verifyNumbers(user, op));
  return success(isRight);
}

void NNVerifyNetwork::runOnOperation() {
  seen.clear();
  bool isRight = true, isNetwork = false;
  getOperation().walk([&](QuantizableOpInterface op) {
    isNetwork |= isContraction(op);
    for (const ContractionOperand &operand : op.getContractionOperands()) {
      Value value = op->getOperand(operand.index);
      auto type = cast<RankedTensorType>(value.getType());
      if (isConstantSlice(value)) {
        isRight &= succeeded(verifyWeight(op, value));
      } else if (type.getDimSize(operand.axis) == 0) {
        op->emitOpError("contracts no elements: operand #")
            << operand.index << " is of type " << type;
        isRight = false;
      }
    }
  });
  // What computes on sizes and indices alone may be given empty tensors.
  if (isNetwork)
    isRight &= succeeded(verifyArguments());
  if (!isRight)
    signalPassFailure();
}
