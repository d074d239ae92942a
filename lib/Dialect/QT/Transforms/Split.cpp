//===- Split.cpp - From joint values to codes and scales --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A 1:N conversion: a value of `!qt.block` becomes the builtin tensors of its
// parts. Contractions, quantised or float, become qt.contract; attention
// becomes qt.attention.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Transforms/DialectConversion.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNDims.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"

#include <atomic>

namespace quantc::qt {
#define GEN_PASS_DEF_SPLIT
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

/// The format of a tensor's elements: the block type, or the builtin type.
static Type getFormat(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

static bool isJoint(Type type) { return qt::getBlockFormat(type) != nullptr; }

namespace {

struct PartsConverter : TypeConverter {
  PartsConverter() {
    addConversion([](Type type) { return type; });
    addConversion(
        [](RankedTensorType type,
           SmallVectorImpl<Type> &parts) -> std::optional<LogicalResult> {
          auto format = dyn_cast<qt::BlockType>(type.getElementType());
          if (!format)
            return std::nullopt;
          llvm::append_range(parts, format.getPartTypes(type));
          return success();
        });
    auto cast = [](OpBuilder &builder, Type type, ValueRange values,
                   Location loc) -> Value {
      return UnrealizedConversionCastOp::create(builder, loc, type, values)
          .getResult(0);
    };
    addSourceMaterialization(cast);
    addTargetMaterialization(cast);
  }
};

struct SplitQuantize : OpConversionPattern<qt::QuantizeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(qt::QuantizeOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.isSplit())
      return rewriter.notifyMatchFailure(op, "is in split form already");
    SmallVector<Type> parts;
    if (failed(
            getTypeConverter()->convertType(op.getResult(0).getType(), parts)))
      return rewriter.notifyMatchFailure(op, "has a result without parts");
    ValueRange given = adaptor.getInput();
    Value input = given[0], exponent;
    if (qt::BlockType format = qt::getBlockFormat(op.getInput().getType())) {
      // Integers come with their exponents; any other joint value is encoded
      // anew from the floats that it stands for.
      if (op.getEncoding().getRule() == qt::ScaleRule::Norm &&
          given.size() == 2)
        exponent = given[1];
      else
        input = qt::DequantizeOp::create(
            rewriter, op.getLoc(),
            op.getInput().getType().clone(rewriter.getF32Type()), given,
            TypeAttr::get(format));
    } else if (isOfElements(op)) {
      SmallVector<SmallVector<Value>> elements{
          encodeElements(rewriter, op, parts)};
      rewriter.replaceOpWithMultiple(op, std::move(elements));
      return success();
    } else if (isImage(op)) {
      SmallVector<SmallVector<Value>> image{encodeImage(rewriter, op, parts)};
      rewriter.replaceOpWithMultiple(op, std::move(image));
      return success();
    }
    auto split = qt::QuantizeOp::create(
        rewriter, op.getLoc(), parts, input, exponent, op.getEncodingAttr(),
        TypeAttr::get(op.getResultFormat()), /*layout=*/nullptr,
        /*halo=*/nullptr);
    rewriter.replaceOpWithMultiple(op, {ValueRange(split.getResults())});
    return success();
  }

private:
  /// Integers of floats that share an exponent in all dimensions but the first.
  static bool isImage(qt::QuantizeOp op) {
    qt::BlockType format = op.getResultFormat();
    ArrayRef<int64_t> blocks = format.getShape();
    return op.getEncoding().getRule() == qt::ScaleRule::Norm &&
           format.getElement().getBitWidth() == qt::rowBits &&
           blocks.size() > 2 && !isConstantSlice(op.getInput()) &&
           blocks == ArrayRef(qt::getImageBlocks(blocks.size()));
  }

  /// Integers of floats with an exponent for each.
  static bool isOfElements(qt::QuantizeOp op) {
    return op.getEncoding().getRule() == qt::ScaleRule::Norm &&
           !isConstantSlice(op.getInput()) &&
           llvm::all_of(op.getResultFormat().getShape(),
                        [](int64_t extent) { return extent == 1; });
  }

  /// As the rows that single elements are.
  static SmallVector<Value>
  encodeElements(OpBuilder &builder, qt::QuantizeOp op, ArrayRef<Type> parts) {
    Location loc = op.getLoc();
    Value x = op.getInput();
    auto type = cast<RankedTensorType>(x.getType());
    int64_t rank = type.getRank();
    Value rows = nn::appendOnes(builder, loc, x, rank, rank + 1);
    qt::BlockType format =
        qt::getIntegerFormat(op.getContext(), qt::getRowBlocks(rank + 1),
                             op.getResultFormat().getElement().getBitWidth());
    auto encoded = qt::QuantizeOp::create(
        builder, loc,
        llvm::to_vector_of<Type>(
            format.getPartTypes(cast<RankedTensorType>(rows.getType()))),
        rows, /*exponent=*/Value(), op.getEncodingAttr(), TypeAttr::get(format),
        /*layout=*/nullptr, /*halo=*/nullptr);
    SmallVector<Value> elements;
    for (auto [made, part] : llvm::zip_equal(encoded.getResults(), parts))
      elements.push_back(
          nn::splitDims(builder, loc, made, cast<RankedTensorType>(part), x));
    return elements;
  }

  /// As the row that an image is.
  static SmallVector<Value> encodeImage(OpBuilder &builder, qt::QuantizeOp op,
                                        ArrayRef<Type> parts) {
    Location loc = op.getLoc();
    Value image = op.getInput(), row = nn::joinDims(builder, loc, image, 1);
    qt::BlockType format =
        qt::getIntegerFormat(op.getContext(), qt::getRowBlocks(2), qt::rowBits);
    auto encoded = qt::QuantizeOp::create(
        builder, loc,
        llvm::to_vector_of<Type>(
            format.getPartTypes(cast<RankedTensorType>(row.getType()))),
        row, /*exponent=*/Value(), op.getEncodingAttr(), TypeAttr::get(format),
        /*layout=*/nullptr, /*halo=*/nullptr);
    auto type = cast<RankedTensorType>(parts[0]);
    return {
        nn::splitDims(builder, loc, encoded.getResult(0), type, image),
        nn::appendOnes(builder, loc, encoded.getResult(1), 1, type.getRank())};
  }
};

struct SplitDequantize : OpConversionPattern<qt::DequantizeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(qt::DequantizeOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.getFormatAttr())
      return rewriter.notifyMatchFailure(op, "is in split form already");
    rewriter.replaceOpWithNewOp<qt::DequantizeOp>(
        op, op.getType(), llvm::to_vector(adaptor.getInput()[0]),
        TypeAttr::get(getFormat(op.getInput()[0])));
    return success();
  }
};

/// The parts of a value are what stands for it.
struct ForwardSplit : OpConversionPattern<qt::SplitOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(qt::SplitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (adaptor.getInput().getTypes() != op.getResultTypes())
      return rewriter.notifyMatchFailure(
          op, "states other types than its operand's parts have");
    rewriter.replaceOp(op, adaptor.getInput());
    return success();
  }
};

struct ForwardJoin : OpConversionPattern<qt::JoinOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(qt::JoinOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> parts;
    if (failed(getTypeConverter()->convertType(op.getType(), parts)) ||
        TypeRange(adaptor.getParts()) != TypeRange(parts))
      return rewriter.notifyMatchFailure(
          op, "has parts of other types than its result's");
    rewriter.replaceOpWithMultiple(op, {adaptor.getParts()});
    return success();
  }
};

/// Replaces \p op, whose first two operands are contracted, by the contraction
/// of their parts.
static void replaceByContract(Operation *op, ValueRange lhs, ValueRange rhs,
                              Attribute geometry,
                              ConversionPatternRewriter &rewriter) {
  Type type = op->getResult(0).getType();
  rewriter.replaceOpWithNewOp<qt::ContractOp>(
      op, type, lhs, rhs, /*epilogue_operands=*/ValueRange(),
      TypeAttr::get(getFormat(op->getOperand(0))),
      TypeAttr::get(getFormat(op->getOperand(1))), geometry,
      TypeAttr::get(getElementTypeOrSelf(type)), /*layout=*/nullptr);
}

struct MatmulToContract : OpConversionPattern<nn::MatmulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(nn::MatmulOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    int64_t left = op.getLhs().getType().getRank();
    int64_t right = op.getRhs().getType().getRank();
    bool isVector = right == 1 || (left == 1 && right > 2);
    if (isVector)
      return multiplyVector(op, rewriter);
    replaceByContract(op, adaptor.getLhs(), adaptor.getRhs(),
                      qt::MatmulAttr::get(rewriter.getContext(),
                                          /*batched=*/right != 2,
                                          /*k=*/std::nullopt),
                      rewriter);
    return success();
  }

private:
  /// A side of rank 1 that the geometry has no place for is a matrix of one row
  /// or column, which the result then has too.
  static LogicalResult multiplyVector(nn::MatmulOp op,
                                      ConversionPatternRewriter &rewriter) {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    if (isJoint(lhs.getType()) || isJoint(rhs.getType()))
      return rewriter.notifyMatchFailure(
          op, "a quantised side of rank 1 has no matrix of one row");
    Location loc = op.getLoc();
    bool isRight = op.getRhs().getType().getRank() == 1;
    Value &vector = isRight ? rhs : lhs;
    Value other = isRight ? lhs : rhs;
    auto type = cast<RankedTensorType>(vector.getType());
    vector = nn::ReshapeOp::create(rewriter, loc,
                                   type.clone({1, type.getDimSize(0)}), vector,
                                   nn::makeIntegers(rewriter, loc, {1, -1}));
    SmallVector<int64_t> shape(op.getType().getShape());
    // [..., M, 1], or [..., 1, N].
    shape.insert(isRight ? shape.end() : shape.end() - 1, 1);
    auto geometry = qt::MatmulAttr::get(
        rewriter.getContext(), /*batched=*/!isRight, /*k=*/std::nullopt);
    Type result = op.getType().clone(shape);
    Value product = qt::ContractOp::create(
        rewriter, loc, result, lhs, rhs, /*epilogue_operands=*/ValueRange(),
        TypeAttr::get(getFormat(lhs)), TypeAttr::get(getFormat(rhs)), geometry,
        TypeAttr::get(op.getType().getElementType()), /*layout=*/nullptr);
    int64_t rank = op.getType().getRank();
    Value sizes = nn::ShapeOp::create(
        rewriter, loc, RankedTensorType::get({rank}, rewriter.getI64Type()),
        other,
        /*start=*/0, /*end=*/rank);
    rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, op.getType(), product,
                                               sizes);
    return success();
  }
};

struct ConvToContract : OpConversionPattern<nn::ConvOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(nn::ConvOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto geometry = qt::ConvAttr::get(rewriter.getContext(), op.getKernel(),
                                      op.getStrides(), op.getDilations(),
                                      op.getPads(), op.getGroups(), /*k=*/0);
    replaceByContract(op, adaptor.getInput(), adaptor.getWeights(), geometry,
                      rewriter);
    return success();
  }
};

struct SplitAttention : OpConversionPattern<nn::AttentionOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(nn::AttentionOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    // The kernel encodes q, k and v itself: it takes the floats, and the
    // formats they were to be encoded to.
    SmallVector<Value> floats;
    SmallVector<TypeAttr> formats;
    qt::EncodingAttr encoding;
    for (Value operand : {op.getQuery(), op.getKey(), op.getValue()}) {
      if (!isJoint(operand.getType())) {
        floats.push_back(operand);
        formats.push_back({});
        continue;
      }
      auto quantize = operand.getDefiningOp<qt::QuantizeOp>();
      if (!quantize || isJoint(quantize.getInput().getType()))
        return rewriter.notifyMatchFailure(op,
                                           "operand is quantised elsewhere");
      floats.push_back(quantize.getInput());
      formats.push_back(TypeAttr::get(quantize.getResultFormat()));
      encoding = quantize.getEncodingAttr();
    }
    // A row of weights is encoded like the other operands; none is negative.
    TypeAttr weights;
    if (formats[0])
      weights = formats[0];
    rewriter.replaceOpWithNewOp<qt::AttentionOp>(
        op, op.getType(), floats[0], floats[1], floats[2], op.getMask(),
        op.getLengths(), op.getOffset(), op.getScaleAttr(), op.getSoftcapAttr(),
        op.getCausalAttr(), op.getLeftWindowAttr(), op.getRightWindowAttr(),
        formats[0], formats[1], formats[2], weights, encoding);
    return success();
  }
};

/// An integer-only op becomes what its interface builds.
struct LowerIntegers : OpInterfaceConversionPattern<IntegerLoweringInterface> {
  LowerIntegers(const TypeConverter &converter, MLIRContext *context,
                bool &hasRefused)
      : OpInterfaceConversionPattern(converter, context, /*benefit=*/2),
        hasRefused(hasRefused) {}

  LogicalResult
  matchAndRewrite(IntegerLoweringInterface op, ArrayRef<ValueRange> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (isQuantizable(op) && !isJoint(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "gives no integer-only value");
    SmallVector<SmallVector<Value>> results;
    if (!lower(op, rewriter, operands, results)) {
      // The reason has been told. Others are told at once if the conversion
      // goes on with something in the place of the results.
      hasRefused = true;
      results.assign(op->getNumResults(), {});
      for (auto [result, made] : llvm::zip_equal(op->getResults(), results)) {
        SmallVector<Type> parts;
        if (failed(getTypeConverter()->convertType(result.getType(), parts)))
          return failure();
        llvm::append_range(made, UnrealizedConversionCastOp::create(
                                     rewriter, op->getLoc(), parts, {})
                                     .getResults());
      }
    }
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }

private:
  /// False behind an error, which at least names the op.
  static bool lower(IntegerLoweringInterface op, OpBuilder &builder,
                    ArrayRef<ValueRange> operands,
                    SmallVector<SmallVector<Value>> &results) {
    // Other functions' errors may come at the same time.
    std::atomic<bool> hasReason = false;
    {
      ScopedDiagnosticHandler handler(
          op->getContext(), [&](Diagnostic &diagnostic) {
            if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
              hasReason = true;
            return failure(); // to be told by others
          });
      if (succeeded(op.lowerToIntegers(builder, operands, results)))
        return true;
    }
    if (!hasReason)
      op->emitOpError("has no integer-only form with these operands");
    return false;
  }

  bool &hasRefused;
};

/// Rows of a table are decoded where they are picked.
struct SplitGather : OpConversionPattern<nn::GatherOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(nn::GatherOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto format = dyn_cast<qt::BlockType>(getFormat(op.getInput()));
    if (!format || !op.getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "decodes nothing");
    ValueRange table = adaptor.getInput();
    rewriter.replaceOpWithNewOp<qt::GatherOp>(op, op.getType(),
                                              adaptor.getIndices()[0], table[0],
                                              table[1], TypeAttr::get(format));
    return success();
  }
};

struct Split : quantc::qt::impl::SplitBase<Split> {
  using SplitBase::SplitBase;
  void runOnOperation() override;
};

} // namespace

/// Says what no pattern takes: a conversion that fails has no reason to tell.
static LogicalResult verifySplittable(Operation *root) {
  WalkResult result = root->walk([](Operation *op) -> WalkResult {
    // Integer-only ops are lowered, whatever their operands are.
    if (llvm::any_of(op->getResultTypes(), isJoint))
      return WalkResult::advance();
    if (auto attention = dyn_cast<nn::AttentionOp>(op)) {
      for (Value operand :
           {attention.getQuery(), attention.getKey(), attention.getValue()}) {
        if (!isJoint(operand.getType()))
          continue;
        auto quantize = operand.getDefiningOp<qt::QuantizeOp>();
        if (!quantize || isJoint(quantize.getInput().getType()))
          return op->emitOpError() << "operand of type " << operand.getType()
                                   << " is quantised elsewhere; supported: a "
                                      "direct result of qt.quantize on floats";
      }
    }
    if (auto gather = dyn_cast<nn::GatherOp>(op)) {
      auto format = dyn_cast<qt::BlockType>(getFormat(gather.getInput()));
      if (format &&
          format.getPartTypes(gather.getInput().getType()).size() != 2)
        return op->emitError("table in the format ")
               << format << "; supported: !qt.block<[1, ?], s8, scale = f32>";
    }
    if (auto matmul = dyn_cast<nn::MatmulOp>(op)) {
      auto lhs = matmul.getLhs().getType(), rhs = matmul.getRhs().getType();
      bool isVector =
          rhs.getRank() == 1 || (lhs.getRank() == 1 && rhs.getRank() > 2);
      if (isVector && (isJoint(lhs) || isJoint(rhs)))
        return op->emitOpError()
               << "of " << lhs << " and " << rhs
               << "; supported with quantised operands: matrices on the right, "
                  "and on the left beside a batch of them";
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void Split::runOnOperation() {
  if (failed(verifySplittable(getOperation())))
    return signalPassFailure();
  PartsConverter converter;
  RewritePatternSet patterns(&getContext());
  patterns.add<SplitQuantize, SplitDequantize, ForwardSplit, ForwardJoin,
               MatmulToContract, ConvToContract, SplitAttention, SplitGather>(
      converter, &getContext());
  bool hasRefused = false;
  patterns.add<LowerIntegers>(converter, &getContext(), hasRefused);
  ConversionTarget target(getContext());
  // What constants alone are computed to is known before there is any code.
  llvm::SmallPtrSet<Operation *, 8> constant;
  getOperation()->walk([&](Operation *op) {
    if (isa<nn::MatmulOp, nn::ConvOp>(op) && isConstantSlice(op->getResult(0)))
      constant.insert(op);
  });
  target.addIllegalOp<nn::AttentionOp>();
  target.addDynamicallyLegalOp<nn::MatmulOp, nn::ConvOp>([&](Operation *op) {
    return constant.contains(op) &&
           llvm::none_of(op->getOperandTypes(), isJoint);
  });
  target.markUnknownOpDynamicallyLegal([&](Operation *op) {
    return llvm::none_of(op->getOperandTypes(), isJoint) &&
           llvm::none_of(op->getResultTypes(), isJoint);
  });
  // A function's own types are neither operands nor results.
  target.addDynamicallyLegalOp<func::FuncOp>([](func::FuncOp func) {
    return llvm::none_of(func.getArgumentTypes(), isJoint) &&
           llvm::none_of(func.getResultTypes(), isJoint);
  });
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
  populateCallOpTypeConversionPattern(patterns, converter);
  populateReturnOpTypeConversionPattern(patterns, converter);
  scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                       target);
  if (failed(
          applyFullConversion(getOperation(), target, std::move(patterns))) ||
      hasRefused)
    signalPassFailure();
}
