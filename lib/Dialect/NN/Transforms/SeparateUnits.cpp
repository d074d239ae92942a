//===- SeparateUnits.cpp - Units leave weights ------------------*- C++ -*-===//
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
// not. The first one may have reciprocals of the units of its inputs, as where
// their deviations were divided into it, of which 8 bits beside others leave
// nothing: inputs are scaled before they are quantised.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
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

/// The powers of two that the largest weights along a dimension are between one
/// and two of, the first (outputs) or the last (inputs); nothing where none of
/// them are more than 2^\p most apart.
static std::optional<SmallVector<float>> findUnits(Value weights, bool isFirst,
                                                   int most) {
  FailureOr<HostValue> numbers = interpretConstant(weights);
  if (failed(numbers) || describeNotFinite(*numbers) ||
      numbers->getNumElements() == 0)
    return std::nullopt;
  ArrayRef<int64_t> shape = numbers->getShape();
  ArrayRef<float> all = numbers->as<float>();
  auto size = static_cast<int64_t>(all.size());
  SmallVector<float> largest(isFirst ? shape.front() : shape.back(), 0);
  for (int64_t i = 0; i < size; ++i) {
    float &own =
        largest[isFirst ? i / (size / shape.front()) : i % shape.back()];
    own = std::max(own, std::abs(all[i]));
  }
  SmallVector<float> units;
  std::optional<std::pair<int, int>> range;
  for (float weight : largest) {
    // What is 0 has no unit.
    int unit = weight == 0 ? 0 : std::ilogb(weight);
    units.push_back(std::ldexp(1.0f, unit));
    if (weight == 0)
      continue;
    auto [low, high] = range.value_or(std::pair(unit, unit));
    range = {std::min(low, unit), std::max(high, unit)};
  }
  // The reciprocals of denormal units are infinite.
  if (!range || range->second - range->first <= most || range->first < -126)
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

/// Multiplies a value along one of its dimensions.
static Value scale(Build &b, PatternRewriter &rewriter, Value value,
                   ArrayRef<float> factors, bool isFirst) {
  SmallVector<int64_t> shape(isFirst ? typeOf(value).getRank() : 1, 1);
  (isFirst ? shape.front() : shape.back()) =
      static_cast<int64_t>(factors.size());
  Value constant = arith::ConstantOp::create(
      rewriter, value.getLoc(),
      DenseElementsAttr::get(typeOf(value).clone(shape), factors));
  return b.binary(BinaryKind::Mul, value, constant);
}

static SmallVector<float> invert(ArrayRef<float> units) {
  return llvm::map_to_vector(units, [](float unit) { return 1 / unit; });
}

/// Takes units out of the weights of \p op, those of outputs behind it and
/// those of inputs before it.
static void separate(Operation *op, OpOperand &weights, ArrayRef<float> units,
                     bool areOutputs) {
  PatternRewriter rewriter(op->getContext());
  rewriter.setInsertionPoint(op);
  Build b(rewriter, op->getLoc());
  weights.set(scale(b, rewriter, weights.get(), invert(units),
                    /*isFirst=*/areOutputs));
  auto scaleChannels = [&](Value value) {
    return scale(b, rewriter, value, units, /*isFirst=*/false);
  };
  if (!areOutputs) {
    OpOperand &input = op->getOpOperand(0);
    input.set(scaleChannels(input.get()));
    return;
  }
  rewriter.setInsertionPointAfter(op);
  Value result = op->getResult(0), scaled = scaleChannels(result);
  result.replaceAllUsesExcept(scaled, scaled.getDefiningOp());
}

/// Whether \p op sums products along the last dimension of its first operand,
/// which is that of its weights, too.
static bool sumsChannels(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  return isa<MatmulOp>(op) || (conv && conv.getGroups() == 1);
}

namespace {
struct NNSeparateUnits : public nn::impl::NNSeparateUnitsBase<NNSeparateUnits> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return;
    Block &block = func.getBody().front();
    OutputReach outputs(block);
    InputArithmetic inputs(block, InputScope::Scaled);
    for (auto op :
         llvm::make_early_inc_range(block.getOps<QuantizableOpInterface>())) {
      OpOperand *weights = op->getNumResults() == 1 ? getWeights(op) : nullptr;
      if (!weights)
        continue;
      // Weights of 8 bits leave none of what is that much smaller.
      if (inputs.isInput(op->getOperand(0)) && sumsChannels(op))
        if (std::optional<SmallVector<float>> units = findUnits(
                weights->get(), /*isFirst=*/false, /*most=*/mostOfInputs))
          separate(op, *weights, *units, /*areOutputs=*/false);
      if (outputs.contains(op->getResult(0)) ||
          outputs.isGated(op->getResult(0)))
        if (std::optional<SmallVector<float>> units = findUnits(
                weights->get(), /*isFirst=*/true, /*most=*/mostOfOutputs))
          separate(op, *weights, *units, /*areOutputs=*/true);
    }
  }

private:
  /// As far apart weights of 8 bits leave nothing of the smaller.
  static constexpr int mostOfInputs = 8;
  /// Results have 31 bits less those of a long sum's bound, of which 8 bits of
  /// the smallest are left.
  static constexpr int mostOfOutputs = 12;
};
} // namespace
