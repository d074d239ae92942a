//===- MaskParts.cpp - What scores are the sum of ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/MaskParts.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;

MaskParts quantc::collectMaskParts(Value scores) {
  MaskParts parts;
  auto note = [&](double number) {
    parts.largest = std::max(parts.largest, std::abs(number));
  };
  SmallVector<Value> worklist{scores};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!isa<FloatType>(getElementTypeOrSelf(value.getType())))
      continue;
    if (isConstantSlice(value)) {
      // A NaN is left to whoever refuses it.
      FailureOr<HostValue> constant = interpretConstant(value);
      for (int64_t i = 0,
                   e = succeeded(constant) ? constant->getNumElements() : 0;
           i < e; ++i)
        note(constant->getNumber(i));
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (!op)
      parts.hasInput = true;
    else if (!seen.insert(op).second)
      continue;
    else if (op->hasTrait<nn::MovesElements>() ||
             isa<nn::SelectOp, nn::BinaryOp>(op))
      llvm::append_range(worklist, op->getOperands());
    else
      parts.hasComputed = true;
    if (auto clip = dyn_cast_or_null<nn::ClipOp>(op))
      note(clip.getMin().convertToDouble());
  }
  return parts;
}
