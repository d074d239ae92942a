//===- SeparateUnits.cpp - Units of outputs leave weights -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last layer of a model may have the units of its outputs in its weights,
// as it has where a deviation for each was folded into them. Its results share
// an exponent for a row; factors behind it, in which the units are then, need
// not.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/OutputUnits.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNSEPARATEUNITS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// The powers of two that the largest weights of all outputs are between one
/// and two of; nothing where none of them are far apart. Results have 31 bits
/// less those of a long sum's bound, of which 8 bits of the smallest are left.
static std::optional<SmallVector<float>> findUnits(Value weights) {
  constexpr int most = 12;
  FailureOr<HostValue> numbers = interpretConstant(weights);
  if (failed(numbers) || describeNotFinite(*numbers))
    return std::nullopt;
  int64_t outputs = numbers->getShape().front();
  if (outputs == 0 || numbers->getNumElements() == 0)
    return std::nullopt;
  ArrayRef<float> all = numbers->as<float>();
  auto length = static_cast<int64_t>(all.size()) / outputs;
  SmallVector<float> units;
  int low = 0, high = 0;
  bool isFirst = true;
  for (int64_t output = 0; output < outputs; ++output) {
    float largest = 0;
    for (float weight : all.slice(output * length, length))
      largest = std::max(largest, std::abs(weight));
    // An output that is 0 has no unit.
    int unit = largest == 0 ? 0 : std::ilogb(largest);
    units.push_back(std::ldexp(1.0f, unit));
    if (largest == 0)
      continue;
    low = isFirst ? unit : std::min(low, unit);
    high = isFirst ? unit : std::max(high, unit);
    isFirst = false;
  }
  // The reciprocals of denormal units are infinite.
  if (high - low <= most || low < -126)
    return std::nullopt;
  return units;
}

/// The operand of \p op that is weights with an output for each of their first
/// dimension.
static OpOperand *getWeights(QuantizableOpInterface op) {
  for (const ContractionOperand &operand : op.getContractionOperands()) {
    OpOperand &weights = op->getOpOperand(operand.index);
    auto type = dyn_cast<RankedTensorType>(weights.get().getType());
    if (operand.role == OperandRole::Weight && operand.axis != 0 && type &&
        type.getElementType().isF32() && type.hasStaticShape() &&
        isConstantSlice(weights.get()))
      return &weights;
  }
  return nullptr;
}

/// Takes the units out of the weights of \p op, and behind it.
static void separate(Operation *op, OpOperand &weights, ArrayRef<float> units) {
  PatternRewriter rewriter(op->getContext());
  rewriter.setInsertionPoint(op);
  Build b(rewriter, op->getLoc());
  auto type = typeOf(weights.get());
  auto count = static_cast<int64_t>(units.size());
  auto makeFactors = [&](ArrayRef<float> factors, int64_t rank) -> Value {
    SmallVector<int64_t> shape(rank, 1);
    shape.front() = count;
    return arith::ConstantOp::create(
        rewriter, op->getLoc(),
        DenseElementsAttr::get(type.clone(shape), factors));
  };
  auto inverse =
      llvm::map_to_vector(units, [](float unit) { return 1 / unit; });
  weights.set(b.binary(BinaryKind::Mul, weights.get(),
                       makeFactors(inverse, type.getRank())));
  rewriter.setInsertionPointAfter(op);
  Value result = op->getResult(0);
  Value scaled = b.binary(BinaryKind::Mul, result, makeFactors(units, 1));
  result.replaceAllUsesExcept(scaled, scaled.getDefiningOp());
}

namespace {
struct NNSeparateUnits : public nn::impl::NNSeparateUnitsBase<NNSeparateUnits> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return;
    Block &block = func.getBody().front();
    OutputReach outputs(block);
    for (auto op :
         llvm::make_early_inc_range(block.getOps<QuantizableOpInterface>())) {
      OpOperand *weights =
          op->getNumResults() == 1 && outputs.contains(op->getResult(0))
              ? getWeights(op)
              : nullptr;
      if (!weights)
        continue;
      if (std::optional<SmallVector<float>> units = findUnits(weights->get()))
        separate(op, *weights, *units);
    }
  }
};
} // namespace
