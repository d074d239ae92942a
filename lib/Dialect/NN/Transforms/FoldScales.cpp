//===- FoldScales.cpp - Scales of channels join weights ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A batch normalisation is a constant factor and a constant summand for each
// channel. The factor becomes part of the weights of the contraction before
// it, the summand its bias. So do a divisor and what is taken off: exporters
// write (x - mean) / deviation as it stands.
//
//===----------------------------------------------------------------------===//

#include "Operands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interpreter/Interpreter.h"
#include <algorithm>
#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNFOLDSCALES
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether \p value is a finite constant that differs along the last of \p rank
/// dimensions at most, where it has 1 or \p channels elements. An infinity, or
/// what is no number, stays what the model has it for: no weight is one.
static bool isPerChannel(Value value, int64_t rank, int64_t channels) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getRank() > rank ||
      !type.getElementType().isF32() || !isConstantSlice(value))
    return false;
  int64_t count = type.getNumElements();
  if (count != 1 && (count != channels || type.getShape().back() != channels))
    return false;
  FailureOr<HostValue> constant = interpretConstant(value);
  return succeeded(constant) && !describeNotFinite(*constant);
}

/// Whether every element of a constant divides as a factor multiplies: neither
/// it nor its reciprocal is 0, an infinity or short of bits.
static bool hasReciprocals(Value divisor) {
  FailureOr<HostValue> constant = interpretConstant(divisor);
  return succeeded(constant) &&
         llvm::all_of(constant->as<float>(), [](float number) {
           return std::isnormal(number) && std::isnormal(1 / number);
         });
}

/// The op `kind` with one operand as it is and one constant per channel.
static std::optional<std::pair<Value, Value>> matchPerChannel(BinaryOp op,
                                                              BinaryKind kind) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (op.getKind() != kind || !type || type.getRank() == 0)
    return std::nullopt;
  for (auto [value, constant] : getBothOrders(op))
    if (value.getType() == type &&
        isPerChannel(constant, type.getRank(), type.getShape().back()))
      return std::pair(value, constant);
  return std::nullopt;
}

namespace {
/// (product + bias) \p kind constant, where a contraction makes the product.
struct BehindBias {
  Value product, bias, constant;
  BinaryOp add;
};
} // namespace

/// A tensor of f32 and of the shape that both broadcast to.
static Value createBinary(PatternRewriter &rewriter, Location loc,
                          BinaryKind kind, Value a, Value b) {
  Type type =
      inferElementwiseType({a.getType(), b.getType()}, rewriter.getF32Type());
  return BinaryOp::create(rewriter, loc, type, kind, a, b);
}

/// The constant weights of the contraction that made \p value for no other
/// user, with an output for each of their first dimension.
static OpOperand *getWeights(Value value) {
  auto op = value.getDefiningOp<QuantizableOpInterface>();
  if (!op || !value.hasOneUse())
    return nullptr;
  for (const ContractionOperand &operand : op.getContractionOperands()) {
    OpOperand &weights = op->getOpOperand(operand.index);
    auto type = cast<RankedTensorType>(weights.get().getType());
    if (operand.role == OperandRole::Weight && operand.axis != 0 &&
        type.getElementType().isF32() && type.hasStaticShape() &&
        isConstantSlice(weights.get()))
      return &weights;
  }
  return nullptr;
}

/// Whether \p weights hold multiples by \p factor, of one or of each output: no
/// weight becomes an infinity, and no output's largest short of bits.
static bool holdMultiples(Value weights, Value factor) {
  FailureOr<HostValue> numbers = interpretConstant(weights),
                       factors = interpretConstant(factor);
  if (failed(numbers) || failed(factors))
    return false;
  ArrayRef<float> all = numbers->as<float>(), by = factors->as<float>();
  size_t outputs = numbers->getShape()[0];
  for (size_t i = 0; i < outputs; ++i) {
    size_t count = all.size() / outputs;
    float largest = 0, own = by[by.size() == 1 ? 0 : i];
    for (float weight : all.slice(i * count, count))
      largest = std::max(largest, std::abs(weight));
    float scaled = largest * own;
    if (!std::isfinite(scaled) ||
        (std::isnormal(largest) && std::isnormal(own) &&
         !std::isnormal(scaled)))
      return false;
  }
  return true;
}

/// \p op of that form, where nothing else uses the sum.
static std::optional<BehindBias> matchBehindBias(BinaryOp op, BinaryKind kind) {
  auto outer = matchPerChannel(op, kind);
  auto add = outer ? outer->first.getDefiningOp<BinaryOp>() : BinaryOp();
  auto inner = add && add->hasOneUse() ? matchPerChannel(add, BinaryKind::Add)
                                       : std::nullopt;
  if (!inner || !getWeights(inner->first))
    return std::nullopt;
  return BehindBias{inner->first, inner->second, outer->second, add};
}

namespace {

struct ScaleIntoWeights : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto parts = matchPerChannel(op, BinaryKind::Mul);
    OpOperand *weights = parts ? getWeights(parts->first) : nullptr;
    if (!weights)
      return rewriter.notifyMatchFailure(
          op, "no constant factor of a contraction's columns");
    if (!holdMultiples(weights->get(), parts->second))
      return rewriter.notifyMatchFailure(op, "weights overflow or underflow");
    int64_t rank = cast<RankedTensorType>(weights->get().getType()).getRank();
    Value factor = parts->second;
    auto type = cast<RankedTensorType>(factor.getType());
    SmallVector<int64_t> shape(rank, 1);
    shape[0] = type.getNumElements();
    factor = ReshapeOp::create(rewriter, op.getLoc(), type.clone(shape), factor,
                               makeIntegers(rewriter, op.getLoc(), shape));
    Value scaled = createBinary(rewriter, weights->get().getLoc(),
                                BinaryKind::Mul, weights->get(), factor);
    // Here, where the factor is known.
    Operation *clone = rewriter.clone(*weights->getOwner());
    clone->setOperand(weights->getOperandNumber(), scaled);
    rewriter.replaceOp(op, clone->getResults());
    return success();
  }
};

/// (x + b) * s is x * s + b * s, where the first product joins the weights.
struct ScaleBeforeBias : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto match = matchBehindBias(op, BinaryKind::Mul);
    if (!match)
      return rewriter.notifyMatchFailure(
          op, "no constant factor of a contraction with a bias");
    Value shift = createBinary(rewriter, match->add.getLoc(), BinaryKind::Mul,
                               match->bias, match->constant);
    Value product =
        BinaryOp::create(rewriter, op.getLoc(), op.getType(), BinaryKind::Mul,
                         match->product, match->constant);
    rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), BinaryKind::Add,
                                          product, shift);
    return success();
  }
};

/// x / s is x * (1 / s), and x - b is x + (-b), which others then fold.
struct InvertConstants : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isQuotient = op.getKind() == BinaryKind::Div;
    if (!isQuotient && op.getKind() != BinaryKind::Sub)
      return rewriter.notifyMatchFailure(op, "is no quotient or difference");
    auto type = dyn_cast<RankedTensorType>(op.getType());
    Value x = op.getLhs(), constant = op.getRhs();
    if (!type || type.getRank() == 0 || x.getType() != type ||
        !isBehindContraction(x) ||
        !isPerChannel(constant, type.getRank(), type.getShape().back()))
      return rewriter.notifyMatchFailure(
          op, "no contraction's columns less, or by, a constant");
    if (isQuotient && (isRounded(op) || !hasReciprocals(constant)))
      return rewriter.notifyMatchFailure(
          op, "gives the codes of a format, or a divisor has no reciprocal");
    Location loc = op.getLoc();
    Value inverse;
    if (isQuotient) {
      auto one = RankedTensorType::get({}, rewriter.getF32Type());
      Value ones = arith::ConstantOp::create(rewriter, loc,
                                             DenseElementsAttr::get(one, 1.0f));
      inverse = createBinary(rewriter, loc, BinaryKind::Div, ones, constant);
    } else {
      inverse = UnaryOp::create(rewriter, loc, UnaryKind::Neg, constant);
    }
    rewriter.replaceOpWithNewOp<BinaryOp>(
        op, type, isQuotient ? BinaryKind::Mul : BinaryKind::Add, x, inverse);
    return success();
  }

private:
  /// Whether a model quantises by \p op, which others look for.
  static bool isRounded(BinaryOp op) {
    return llvm::any_of(op->getUsers(), [](Operation *user) {
      auto unary = dyn_cast<UnaryOp>(user);
      return unary && unary.getKind() == UnaryKind::Round;
    });
  }

  /// Whether a contraction that nothing else uses made \p value, maybe with
  /// constant summands.
  static bool isBehindContraction(Value value) {
    if (getWeights(value))
      return true;
    auto add = value.getDefiningOp<BinaryOp>();
    auto inner = add && add->hasOneUse() ? matchPerChannel(add, BinaryKind::Add)
                                         : std::nullopt;
    return inner && getWeights(inner->first);
  }
};

/// (x + a) + b is x + (a + b).
struct MergeBiases : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto match = matchBehindBias(op, BinaryKind::Add);
    if (!match)
      return rewriter.notifyMatchFailure(
          op, "no two constant summands of a contraction");
    Value sum = createBinary(rewriter, op.getLoc(), BinaryKind::Add,
                             match->bias, match->constant);
    rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), BinaryKind::Add,
                                          match->product, sum);
    return success();
  }
};

struct NNFoldScales : public nn::impl::NNFoldScalesBase<NNFoldScales> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns
        .add<InvertConstants, ScaleIntoWeights, ScaleBeforeBias, MergeBiases>(
            &getContext());
    // Every one leaves less to do: a long chain takes many rounds.
    GreedyRewriteConfig config;
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
