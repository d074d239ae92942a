//===- VerifyConstants.cpp - Constants that no integer is -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers stand for numbers. What becomes of a constant that is none does not
// depend on whether its op comes before the inputs are quantised or behind.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Support/Locations.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Of 0 and an infinity there is neither a product nor a quotient.
static bool isScaled(Operation *op) {
  auto binary = dyn_cast<BinaryOp>(op);
  return binary && (binary.getKind() == BinaryKind::Mul ||
                    binary.getKind() == BinaryKind::Div);
}

static LogicalResult verifyOperands(Operation *op) {
  // Weights are looked at elsewhere.
  llvm::SmallDenseSet<unsigned> weights;
  if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
    for (const ContractionOperand &operand :
         quantizable.getContractionOperands())
      weights.insert(operand.index);
  for (auto [index, value] : llvm::enumerate(op->getOperands())) {
    if (weights.contains(index) || !isReal(value) || !isConstantSlice(value))
      continue;
    FailureOr<HostValue> constant = interpretConstant(value);
    if (failed(constant))
      return failure();
    bool isInfinite = !isScaled(op);
    std::optional<std::string> problem =
        describeNotFinite(*constant, /*mayBeInfinite=*/isInfinite);
    if (problem)
      return op->emitOpError("constant '")
             << getValueName(value.getLoc()) << "' " << *problem
             << "; supported: " << (isInfinite ? "numbers" : "finite numbers");
  }
  return success();
}

LogicalResult nn::verifyConstants(func::FuncOp func) {
  bool isRight = true;
  func.walk([&](Operation *op) {
    if (op->getNumResults() == 0 || op->getNumOperands() == 0 ||
        isConstantSlice(op->getResult(0)))
      return;
    isRight &= succeeded(verifyOperands(op));
    if (auto clip = dyn_cast<ClipOp>(op))
      for (auto [name, limit] :
           {std::pair("min", clip.getMin()), std::pair("max", clip.getMax())})
        if (limit.isNaN()) {
          op->emitOpError("limit '") << name << "' is NaN; supported: numbers";
          isRight = false;
        }
  });
  return success(isRight);
}
