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

namespace quantc::nn {
#define GEN_PASS_DEF_NNVERIFYNETWORK
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

namespace {
class NetworkVerifier {
public:
  explicit NetworkVerifier(func::FuncOp func) : func(func) {}
  LogicalResult run();

private:
  LogicalResult verifyArguments();
  LogicalResult verifyWeight(Operation *user, Value weight);
  LogicalResult verifyNumbers(Operation *user, Operation *constant);

  func::FuncOp func;
  llvm::DenseSet<Operation *> seen; ///< constants that were looked at
};

struct NNVerifyNetwork : public nn::impl::NNVerifyNetworkBase<NNVerifyNetwork> {
  void runOnOperation() override {
    if (failed(nn::verifyNetwork(getOperation())))
      signalPassFailure();
  }
};
} // namespace

LogicalResult NetworkVerifier::verifyArguments() {
  bool isRight = true;
  for (BlockArgument argument : func.getArguments()) {
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

LogicalResult NetworkVerifier::verifyNumbers(Operation *user,
                                             Operation *constant) {
  if (!seen.insert(constant).second)
    return success();
  FailureOr<HostValue> value = interpretConstant(constant->getResult(0));
  if (failed(value))
    return failure();
  std::optional<std::string> problem = describeNotFinite(*value);
  if (!problem)
    return success();
  return user->emitOpError("weight '")
         << getValueName(constant->getLoc()) << "' " << *problem
         << "; supported: finite numbers";
}

LogicalResult NetworkVerifier::verifyWeight(Operation *user, Value weight) {
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

LogicalResult NetworkVerifier::run() {
  bool isRight = true, isNetwork = false;
  func.walk([&](QuantizableOpInterface op) {
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
  return success(isRight);
}

LogicalResult nn::verifyNetwork(func::FuncOp func) {
  return NetworkVerifier(func).run();
}
