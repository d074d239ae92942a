//===- NNContractionOps.cpp - Matrix products and attention -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// A contraction along \p axis needs blocks that lie along it: other extents
/// are 1 or the whole dimension.
static LogicalResult verifyBlocksAlong(Operation *op, unsigned index,
                                       Type format, int64_t rank,
                                       int64_t axis) {
  auto block = dyn_cast<QuantizedElementTypeInterface>(format);
  if (!block)
    return success();
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t extent = block.getBlockExtent(dim);
    if (dim == axis || extent == 1 || ShapedType::isDynamic(extent))
      continue;
    return op->emitOpError("operand #")
           << index << " has blocks of " << extent << " along dimension " << dim
           << " in " << format
           << "; supported: blocks along the contraction (dimension " << axis
           << ")";
  }
  return success();
}

LogicalResult nn::verifyResultFormat(QuantizableOpInterface op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto format = dyn_cast<QuantizedElementTypeInterface>(type.getElementType());
  if (!format)
    return success();
  for (const ContractionOperand &operand : op.getContractionOperands()) {
    Type given = op->getOperand(operand.index).getType();
    if (!isQuantizedTensor(given))
      return op->emitOpError("operand #")
             << operand.index << " of type " << given
             << " gives no quantised result of type " << type;
  }
  return format.verifyShape([&] { return op->emitOpError("result: "); },
                            type.getShape());
}

bool nn::areCompatibleContractionTypes(TypeRange lhs, TypeRange rhs) {
  return lhs.size() == rhs.size() &&
         llvm::all_of(llvm::zip_equal(lhs, rhs), [](auto pair) {
           auto [left, right] = pair;
           return areCompatibleTypes(left, right) ||
                  ((isQuantizedTensor(left) || isQuantizedTensor(right)) &&
                   succeeded(verifyCompatibleShape(left, right)));
         });
}

//===----------------------------------------------------------------------===//
// Matmul
//===----------------------------------------------------------------------===//

/// The result's shape; nothing where the operands do not fit.
static std::optional<SmallVector<int64_t>> inferMatmul(ArrayRef<int64_t> lhs,
                                                       ArrayRef<int64_t> rhs) {
  if (lhs.empty() || rhs.empty() || !areCompatible(lhs.back(), rhs.back()))
    return std::nullopt;
  std::optional<SmallVector<int64_t>> result =
      broadcastShapes(lhs.drop_back(std::min<size_t>(lhs.size(), 2)),
                      rhs.drop_back(std::min<size_t>(rhs.size(), 2)));
  if (!result)
    return std::nullopt;
  if (lhs.size() > 1)
    result->push_back(lhs[lhs.size() - 2]);
  if (rhs.size() > 1)
    result->push_back(rhs[rhs.size() - 2]);
  return result;
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> loc,
                                         ValueRange operands, DictionaryAttr,
                                         OpaqueProperties, RegionRange,
                                         SmallVectorImpl<Type> &types) {
  std::optional<SmallVector<int64_t>> shape =
      inferMatmul(shapeOf(operands[0]), shapeOf(operands[1]));
  if (!shape)
    return emitOptionalError(loc, "no matrix product of ",
                             operands[0].getType(), " and transposed ",
                             operands[1].getType());
  types.push_back(RankedTensorType::get(*shape, Float32Type::get(context)));
  return success();
}

LogicalResult MatmulOp::verify() {
  std::optional<SmallVector<int64_t>> shape =
      inferMatmul(shapeOf(getLhs()), shapeOf(getRhs()));
  if (!shape)
    return emitOpError("no matrix product of ")
           << getLhs().getType() << " and transposed " << getRhs().getType();
  if (failed(verifyCompatibleShape(*shape, shapeOf(getResult()))))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(*shape, getType().getElementType());
  return verifyResultFormat(*this);
}

SmallVector<ContractionOperand> MatmulOp::getContractionOperands() {
  int64_t lhsRank = shapeOf(getLhs()).size(),
          rhsRank = shapeOf(getRhs()).size();
  OperandRole rhs =
      rhsRank == 2 ? OperandRole::Weight : OperandRole::Activation;
  return {{0, OperandRole::Activation, lhsRank - 1}, {1, rhs, rhsRank - 1}};
}

LogicalResult MatmulOp::verifyFormats(TypeRange formats) {
  for (const ContractionOperand &operand : getContractionOperands())
    if (failed(verifyBlocksAlong(*this, operand.index, formats[operand.index],
                                 operand.axis + 1, operand.axis)))
      return failure();
  return success();
}

/// A constant shape, or one computed from the sizes of \p like but for \p left.
static Value makeShapeWithout(PatternRewriter &rewriter, Location loc,
                              RankedTensorType type, Value like, int64_t left) {
  auto getType = [&](int64_t size) {
    return RankedTensorType::get(size, rewriter.getI64Type());
  };
  if (type.hasStaticShape())
    return arith::ConstantOp::create(
        rewriter, loc,
        DenseElementsAttr::get(getType(type.getRank()), type.getShape()));
  SmallVector<Value> parts;
  auto addPart = [&](int64_t start, int64_t end) {
    if (start != end)
      parts.push_back(ShapeOp::create(rewriter, loc, getType(end - start), like,
                                      start, end));
  };
  addPart(0, left);
  addPart(left + 1, cast<RankedTensorType>(like.getType()).getRank());
  return ConcatOp::create(rewriter, loc, getType(type.getRank()), parts,
                          /*axis=*/0);
}

namespace {
/// A vector is a matrix of one row, which the result does not show.
struct MatmulOfVector : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> operands(op.getOperands());
    bool isLhs = shapeOf(operands[0]).size() == 1;
    if (!isLhs && shapeOf(operands[1]).size() != 1)
      return rewriter.notifyMatchFailure(op, "both sides are matrices");
    if (llvm::any_of(op->getOperandTypes(), isQuantizedTensor) ||
        isQuantizedTensor(op.getType()))
      return rewriter.notifyMatchFailure(op,
                                         "the formats are those of vectors");
    Location loc = op.getLoc();
    Value &vector = operands[isLhs ? 0 : 1];
    int64_t size = shapeOf(vector)[0];
    auto one = RankedTensorType::get({1, size}, rewriter.getF32Type());
    // Of a single open size the number of elements tells: -1.
    SmallVector<int64_t> sizes{1, ShapedType::isDynamic(size) ? -1 : size};
    Value shape = arith::ConstantOp::create(rewriter, loc,
                                            rewriter.getI64TensorAttr(sizes));
    vector = ReshapeOp::create(rewriter, loc, one, vector, shape);
    auto product = MatmulOp::create(rewriter, loc, operands[0], operands[1]);
    int64_t rank = cast<RankedTensorType>(product.getType()).getRank();
    // The result has no m, or no n.
    Value target =
        makeShapeWithout(rewriter, loc, cast<RankedTensorType>(op.getType()),
                         product, rank - (isLhs ? 2 : 1));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), product, target);
    return success();
  }
};
} // namespace

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<MatmulOfVector>(context);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *context,
                                            std::optional<Location> loc,
                                            ValueRange operands, DictionaryAttr,
                                            OpaqueProperties, RegionRange,
                                            SmallVectorImpl<Type> &types) {
  ArrayRef<int64_t> query = shapeOf(operands[0]), value = shapeOf(operands[2]);
  if (query.size() != 4 || value.size() != 4)
    return emitOptionalError(loc, "query of type ", operands[0].getType(),
                             " and value of type ", operands[2].getType(),
                             "; supported: rank 4");
  SmallVector<int64_t> shape(query);
  shape[3] = value[3];
  types.push_back(RankedTensorType::get(shape, Float32Type::get(context)));
  return success();
}

LogicalResult AttentionOp::verify() {
  for (Value operand : {getQuery(), getKey(), getValue()})
    if (shapeOf(operand).size() != 4)
      return emitOpError("operand of type ")
             << operand.getType() << "; supported: rank 4";
  ArrayRef<int64_t> q = shapeOf(getQuery()), k = shapeOf(getKey()),
                    v = shapeOf(getValue());
  if (!areCompatible(q[0], k[0]) || !areCompatible(k[0], v[0]))
    return emitOpError("batches of query, key and value differ: ")
           << q[0] << ", " << k[0] << ", " << v[0];
  if (!areCompatible(q[3], k[3]))
    return emitOpError("query has ") << q[3] << " features, key " << k[3];
  if (!areCompatible(k[1], v[1]) || !areCompatible(k[2], v[2]))
    return emitOpError("key is ")
           << getKey().getType() << ", value " << getValue().getType();
  if (!ShapedType::isDynamic(q[1]) && !ShapedType::isDynamic(k[1]) &&
      (k[1] == 0 || q[1] % k[1] != 0))
    return emitOpError("has ") << q[1] << " query heads and " << k[1]
                               << " key heads, which do not divide them";
  if (getMask()) {
    SmallVector<int64_t> scores{q[0], q[1], q[2], k[2]};
    if (!broadcastsTo(shapeOf(getMask()), scores))
      return emitOpError("mask of type ")
             << getMask().getType() << " does not broadcast to the scores ["
             << q[0] << ", " << q[1] << ", " << q[2] << ", " << k[2] << "]";
  }
  if (failed(verifyKeyWindow(*this, q[0])))
    return failure();
  SmallVector<int64_t> expected(q);
  expected[3] = v[3];
  if (failed(verifyCompatibleShape(expected, shapeOf(getResult()))))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(expected, getType().getElementType());
  return verifyResultFormat(*this);
}

SmallVector<ContractionOperand> AttentionOp::getContractionOperands() {
  // All of q, k and v are scaled per token and head, which is along features.
  return {{0, OperandRole::Attention, 3},
          {1, OperandRole::Attention, 3},
          {2, OperandRole::Attention, 3}};
}

LogicalResult AttentionOp::verifyFormats(TypeRange formats) {
  for (auto [index, format] : llvm::enumerate(formats)) {
    auto block = cast<QuantizedElementTypeInterface>(format);
    for (int64_t dim = 0; dim < 4; ++dim) {
      int64_t extent = block.getBlockExtent(dim);
      bool whole = ShapedType::isDynamic(extent);
      if (dim == 3 ? whole : extent == 1)
        continue;
      return emitOpError("operand #")
             << index << " is quantised as " << format
             << "; supported: one scale per token and head, [1, 1, 1, ?]";
    }
  }
  return success();
}
