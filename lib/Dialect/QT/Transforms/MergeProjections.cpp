//===- MergeProjections.cpp - One product for several operands -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionOperand.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OperationSupport.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"

namespace quantc::qt {
#define GEN_PASS_DEF_MERGEPROJECTIONS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;
using qt::AttentionOperand;

namespace {
struct MergeProjections
    : quantc::qt::impl::MergeProjectionsBase<MergeProjections> {
  using MergeProjectionsBase::MergeProjectionsBase;
  void runOnOperation() override;
};

/// A contraction that makes one operand of an attention and nothing else.
struct Projection {
  AttentionOperand operand;
  nn::ReshapeOp split; ///< into heads
  qt::ContractOp contract;
  qt::QuantizeOp encoding; ///< of the weights; null for floats

  int64_t getHeads() { return split.getType().getDimSize(2); }
  int64_t getWidth() { return split.getType().getDimSize(3); }
  int64_t getColumns() { return contract.getType().getShape().back(); }
  Value getWeights() {
    return encoding ? encoding.getInput() : contract.getRhs()[0];
  }
};
} // namespace

static std::optional<Projection> matchProjection(AttentionOperand operand) {
  Value tensor = operand.get();
  if (!tensor || operand.getOrder() != qt::HeadOrder::BSHD ||
      operand.getHeads() || !tensor.hasOneUse())
    return std::nullopt;
  auto split = tensor.getDefiningOp<nn::ReshapeOp>();
  if (!split)
    return std::nullopt;
  // Its sizes may be asked for: they are those of the activation.
  for (Operation *user : split.getInput().getUsers())
    if (user != split && !isa<nn::ShapeOp>(user))
      return std::nullopt;
  auto contract = split.getInput().getDefiningOp<qt::ContractOp>();
  if (!contract || contract.isBatched() || contract.getLayoutAttr() ||
      !isa<qt::MatmulAttr>(contract.getGeometry()))
    return std::nullopt;
  // Scales of activations are of one row each, as moveShapes expects.
  if (auto block = dyn_cast<qt::BlockType>(contract.getLhsFormat()))
    if (contract.getLhs().size() != 2 ||
        llvm::any_of(block.getShape().drop_back(),
                     [](int64_t size) { return size != 1; }))
      return std::nullopt;
  Projection projection{operand, split, contract, {}};
  if (auto block = dyn_cast<qt::BlockType>(contract.getRhsFormat())) {
    // Nothing of a column may depend on another one.
    auto encoding = contract.getRhs()[0].getDefiningOp<qt::QuantizeOp>();
    if (!encoding || block.getShape().front() != 1 ||
        !llvm::equal(encoding.getResults(), contract.getRhs()))
      return std::nullopt;
    projection.encoding = encoding;
  }
  auto weights = cast<RankedTensorType>(projection.getWeights().getType());
  if (!isConstantSlice(projection.getWeights()) || weights.getRank() != 2 ||
      !weights.hasStaticShape() || split.getType().isDynamicDim(2) ||
      split.getType().isDynamicDim(3) ||
      projection.getColumns() != projection.getHeads() * projection.getWidth())
    return std::nullopt;
  return projection;
}

/// One constant for every column.
static bool isColumnVector(Value value, int64_t columns) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 1 && type.getDimSize(0) == columns &&
         isConstantSlice(value);
}

static bool haveEqualEpilogues(Projection &a, Projection &b) {
  if (a.contract.hasEpilogue() != b.contract.hasEpilogue() ||
      a.contract.getEpilogueOperands().size() !=
          b.contract.getEpilogueOperands().size())
    return false;
  for (auto [left, right] : llvm::zip_equal(a.contract.getEpilogueOperands(),
                                            b.contract.getEpilogueOperands())) {
    auto type = cast<RankedTensorType>(left.getType());
    bool isShared =
        left == right && type.hasStaticShape() && type.getNumElements() == 1;
    if (!isShared && !(isColumnVector(left, a.getColumns()) &&
                       isColumnVector(right, b.getColumns())))
      return false;
  }
  return OperationEquivalence::isRegionEquivalentTo(
      &a.contract.getEpilogue(), &b.contract.getEpilogue(),
      OperationEquivalence::IgnoreLocations);
}

static bool canMerge(Projection &a, Projection &b, SymbolicShapes &shapes) {
  auto sizesOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  return a.contract->getBlock() == b.contract->getBlock() &&
         llvm::equal(a.contract.getLhs(), b.contract.getLhs()) &&
         a.contract.getLhsFormat() == b.contract.getLhsFormat() &&
         a.contract.getRhsFormat() == b.contract.getRhsFormat() &&
         a.contract.getGeometry() == b.contract.getGeometry() &&
         a.contract.getAcc() == b.contract.getAcc() &&
         (!a.encoding ||
          a.encoding.getEncodingAttr() == b.encoding.getEncodingAttr()) &&
         sizesOf(a.getWeights()).back() == sizesOf(b.getWeights()).back() &&
         a.getWidth() == b.getWidth() &&
         llvm::equal(shapes.getSizes(a.split).take_front(2),
                     shapes.getSizes(b.split).take_front(2)) &&
         haveEqualEpilogues(a, b);
}

/// The tensors one below the other.
static Value join(OpBuilder &builder, Location loc, ArrayRef<Value> tensors) {
  return nn::ConcatOp::create(builder, loc, tensors, /*axis=*/0);
}

/// The sizes of a contraction that is about to go, from what it multiplies.
static void moveShapes(Projection &projection) {
  qt::ContractOp contract = projection.contract;
  // Codes are of a type that has no shape op; scales are not.
  Value lhs = contract.getLhs().back();
  int64_t leading = cast<RankedTensorType>(contract.getType()).getRank() - 1;
  for (Operation *user :
       llvm::make_early_inc_range(contract.getResult().getUsers())) {
    auto shape = dyn_cast<nn::ShapeOp>(user);
    if (!shape)
      continue;
    OpBuilder builder(shape);
    Location loc = shape.getLoc();
    int64_t start = shape.getStart(), end = shape.getEnd();
    SmallVector<Value> parts;
    if (start < std::min(end, leading))
      parts.push_back(nn::ShapeOp::create(builder, loc, lhs, start,
                                          std::min(end, leading)));
    if (start <= leading && leading < end)
      parts.push_back(nn::makeIntegers(builder, loc, projection.getColumns()));
    Value sizes = parts.size() == 1 ? parts[0] : join(builder, loc, parts);
    shape.getResult().replaceAllUsesWith(sizes);
    shape.erase();
  }
}

/// The weights of all, encoded as those of the first one are.
static SmallVector<Value> joinWeights(OpBuilder &builder, Location loc,
                                      MutableArrayRef<Projection> group,
                                      int64_t columns) {
  SmallVector<Value> weights;
  for (Projection &projection : group)
    weights.push_back(projection.getWeights());
  Value joined = join(builder, loc, weights);
  qt::QuantizeOp encoding = group.front().encoding;
  if (!encoding)
    return {joined};
  SmallVector<Type> types;
  for (Type type : encoding.getResultTypes()) {
    auto part = cast<RankedTensorType>(type);
    SmallVector<int64_t> shape(part.getShape());
    shape.front() = columns;
    types.push_back(part.clone(shape));
  }
  auto encoded = qt::QuantizeOp::create(
      builder, loc, types, joined, encoding.getEncodingAttr(),
      encoding.getFormatAttr(), /*layout=*/nullptr, /*halo=*/nullptr);
  return encoded.getResults();
}

/// What the epilogues read: vectors of columns joined like the weights.
static SmallVector<Value>
joinEpilogueOperands(OpBuilder &builder, Location loc,
                     MutableArrayRef<Projection> group) {
  SmallVector<Value> operands;
  Projection &first = group.front();
  for (auto [index, shared] :
       llvm::enumerate(first.contract.getEpilogueOperands())) {
    if (!isColumnVector(shared, first.getColumns())) {
      operands.push_back(shared);
      continue;
    }
    SmallVector<Value> vectors;
    for (Projection &projection : group)
      vectors.push_back(projection.contract.getEpilogueOperands()[index]);
    operands.push_back(join(builder, loc, vectors));
  }
  return operands;
}

static void merge(qt::AttentionOp op, MutableArrayRef<Projection> group,
                  SymbolicShapes &shapes) {
  OpBuilder builder(op);
  SmallVector<Location> locations;
  int64_t columns = 0, heads = 0, width = group.front().getWidth();
  for (Projection &projection : group) {
    locations.push_back(projection.contract.getLoc());
    columns += projection.getColumns();
    heads += projection.getHeads();
  }
  Projection &first = group.front();
  qt::ContractOp old = first.contract;
  Location loc = builder.getFusedLoc(locations);
  SmallVector<Value> rhs = joinWeights(builder, loc, group, columns),
                     epilogue = joinEpilogueOperands(builder, loc, group);
  auto oldType = cast<RankedTensorType>(old.getType());
  SmallVector<int64_t> shape(oldType.getShape());
  shape.back() = columns;
  auto contract = qt::ContractOp::create(
      builder, loc, oldType.clone(shape), old.getLhs(), rhs, epilogue,
      old.getLhsFormatAttr(), old.getRhsFormatAttr(), old.getGeometryAttr(),
      old.getAccAttr(), /*layout=*/nullptr);
  contract.getEpilogue().takeBody(old.getEpilogue());
  Value split = qt::reshapeToHeads(builder, first.split, {0, 1},
                                   contract.getResult(), heads, width);
  int64_t next = 0;
  for (Projection &projection : group) {
    projection.operand.set(split, qt::HeadOrder::BSHD,
                           qt::HeadRangeAttr::get(builder.getContext(), next,
                                                  projection.getHeads(), 1));
    next += projection.getHeads();
  }
  for (Projection &projection : group)
    moveShapes(projection);
  for (Projection &projection : group) {
    shapes.forget(projection.split);
    projection.split.erase();
    shapes.forget(projection.contract);
    projection.contract.erase();
  }
}

void MergeProjections::runOnOperation() {
  SymbolicShapes shapes(getOperation());
  SmallVector<qt::AttentionOp> ops;
  getOperation().walk([&](qt::AttentionOp op) { ops.push_back(op); });
  for (qt::AttentionOp op : ops) {
    SmallVector<SmallVector<Projection>> groups;
    for (unsigned index = 0; index < 3; ++index) {
      std::optional<Projection> projection =
          matchProjection(AttentionOperand(op, index));
      if (!projection)
        continue;
      auto *group = llvm::find_if(groups, [&](auto &candidate) {
        return canMerge(candidate.front(), *projection, shapes);
      });
      if (group == groups.end())
        groups.push_back({*projection});
      else
        group->push_back(*projection);
    }
    for (SmallVector<Projection> &group : groups)
      if (group.size() > 1)
        merge(op, group, shapes);
  }
  qt::eraseDeadOps(getOperation());
}
