//===- ResolveShapes.cpp - Known sizes into types and constants -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interfaces/ShapeInterface.h"

#include "mlir/IR/Iterators.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNRESOLVESHAPES
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

static std::optional<int64_t> constantOf(AffineExpr expression) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return constant.getValue();
  return std::nullopt;
}

/// Whether both are tensors of one shape, so that an op on them may have to see
/// one type.
static bool haveEqualShapes(Value a, Value b) {
  auto left = dyn_cast<RankedTensorType>(a.getType()),
       right = dyn_cast<RankedTensorType>(b.getType());
  return left && right && left.getShape() == right.getShape();
}

/// The values whose types have to stay: those that calls and control flow use,
/// and whatever may need the type of such a value.
static llvm::DenseSet<Value> findPinned(func::FuncOp func) {
  llvm::DenseSet<Value> pinned;
  SmallVector<Value> worklist;
  auto pin = [&](Value value) {
    if (pinned.insert(value).second)
      worklist.push_back(value);
  };
  func.getBody().walk([&](Operation *op) {
    if (!isa<ShapeInterface, func::ReturnOp>(op))
      llvm::for_each(op->getOperands(), pin);
  });
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (Operation *op = value.getDefiningOp();
        isa_and_nonnull<ShapeInterface>(op))
      for (Value operand : op->getOperands())
        if (haveEqualShapes(value, operand))
          pin(operand);
    for (Operation *user : value.getUsers())
      if (isa<ShapeInterface>(user))
        for (Value result : user->getResults())
          if (haveEqualShapes(value, result))
            pin(result);
  }
  return pinned;
}

/// Gives the value the static sizes that are known.
static void refineType(Value result, SymbolicShapes &shapes) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type || type.hasStaticShape())
    return;
  SmallVector<int64_t> sizes(type.getShape());
  for (auto [size, expression] :
       llvm::zip_equal(sizes, shapes.getSizes(result)))
    if (std::optional<int64_t> known = constantOf(expression))
      if (ShapedType::isDynamic(size) && *known >= 0)
        size = *known;
  result.setType(type.clone(sizes));
}

static Value makeConstant(OpBuilder &builder, Location loc,
                          RankedTensorType type, ArrayRef<int64_t> values) {
  unsigned width = type.getElementType().getIntOrFloatBitWidth();
  SmallVector<APInt> elements;
  for (int64_t value : values)
    elements.push_back(APInt(width, value, /*isSigned=*/true,
                             /*implicitTrunc=*/true));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, elements));
}

/// The constant that a small integer tensor is, made in front of its op; null
/// where an element is not known.
static Value makeKnownConstant(Value result, SymbolicShapes &shapes) {
  Operation *op = result.getDefiningOp();
  auto type = dyn_cast<RankedTensorType>(result.getType());
  auto elements = shapes.getElements(result);
  if (!type || !type.hasStaticShape() || !elements ||
      op->hasTrait<OpTrait::ConstantLike>() ||
      static_cast<int64_t>(elements->size()) != type.getNumElements())
    return {};
  SmallVector<int64_t> values;
  for (AffineExpr element : *elements) {
    std::optional<int64_t> value = constantOf(element);
    if (!value)
      return {};
    values.push_back(*value);
  }
  OpBuilder builder(op);
  return makeConstant(builder, op->getLoc(), type, values);
}

Value nn::resolveResult(Value result, SymbolicShapes &shapes) {
  refineType(result, shapes);
  return makeKnownConstant(result, shapes);
}

namespace {
/// Where a symbol of the function can be read: a dim of an argument, or of one
/// that was cast to what the dialect computes on.
struct Source {
  Value tensor;
  int64_t dim;
};
} // namespace

static llvm::DenseMap<AffineExpr, Source> findSources(func::FuncOp func,
                                                      SymbolicShapes &shapes) {
  llvm::DenseMap<AffineExpr, Source> sources;
  for (Value argument : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    Value tensor = argument;
    if (!nn::isElement(type.getElementType())) {
      auto users =
          llvm::make_filter_range(argument.getUsers(), [&](Operation *user) {
            return isa<nn::CastOp>(user) &&
                   user->getBlock() == &func.getBody().front();
          });
      if (users.empty())
        continue;
      tensor = (*users.begin())->getResult(0);
    }
    for (auto [dim, size] : llvm::enumerate(shapes.getSizes(argument)))
      sources.try_emplace(size, Source{tensor, static_cast<int64_t>(dim)});
  }
  return sources;
}

/// A reshape all but one of whose sizes are numbers need not compute the last,
/// unless it differs from what is left over: it is checked then.
static bool inferLastSize(nn::ReshapeOp op, ArrayRef<AffineExpr> elements,
                          SymbolicShapes &shapes,
                          const llvm::DenseMap<AffineExpr, Source> &sources) {
  SmallVector<int64_t> sizes;
  SymbolicShapes::Sizes numbers;
  AffineExpr last;
  unsigned unknown = 0;
  for (AffineExpr element : elements) {
    std::optional<int64_t> value = constantOf(element);
    unknown += !value || *value == -1;
    // Nothing follows from an empty tensor's other sizes.
    if (value && *value == 0)
      return false;
    sizes.push_back(value.value_or(-1));
    (sizes.back() == -1 ? last : numbers.emplace_back()) = element;
  }
  if (unknown != 1)
    return false;
  if (sources.count(last)) {
    SymbolicShapes::Sizes input(shapes.getSizes(op.getInput()));
    bool isKnown = llvm::all_of(input, [&](AffineExpr size) {
      return constantOf(size) || sources.count(size);
    });
    if (isKnown && shapes.divideExactly(input, numbers) != last)
      return false;
  }
  OpBuilder builder(op);
  op.getShapeMutable().assign(
      makeConstant(builder, op.getShape().getLoc(),
                   cast<RankedTensorType>(op.getShape().getType()), sizes));
  return true;
}

/// A shape operand whose elements are numbers and sizes of arguments is read
/// from the arguments, however long the way was that the model took.
static void rebuildShape(OpOperand &operand, ArrayRef<AffineExpr> elements,
                         const llvm::DenseMap<AffineExpr, Source> &sources) {
  if (elements.empty())
    return;
  for (AffineExpr element : elements) {
    if (constantOf(element))
      continue;
    auto source = sources.find(element);
    if (source == sources.end())
      return;
    Operation *op = source->second.tensor.getDefiningOp();
    if (op && (op->getBlock() != operand.getOwner()->getBlock() ||
               !op->isBeforeInBlock(operand.getOwner())))
      return;
  }
  OpBuilder builder(operand.getOwner());
  Location loc = operand.get().getLoc();
  SmallVector<Value> parts;
  SmallVector<int64_t> numbers;
  auto flush = [&] {
    if (numbers.empty())
      return;
    auto type = RankedTensorType::get(static_cast<int64_t>(numbers.size()),
                                      builder.getI64Type());
    parts.push_back(makeConstant(builder, loc, type, numbers));
    numbers.clear();
  };
  for (AffineExpr element : elements) {
    if (std::optional<int64_t> number = constantOf(element)) {
      numbers.push_back(*number);
      continue;
    }
    flush();
    const Source &source = sources.find(element)->second;
    parts.push_back(nn::ShapeOp::create(
        builder, loc, RankedTensorType::get({1}, builder.getI64Type()),
        source.tensor, builder.getI64IntegerAttr(source.dim),
        builder.getI64IntegerAttr(source.dim + 1)));
  }
  flush();
  operand.set(parts.size() == 1
                  ? parts.front()
                  : nn::ConcatOp::create(builder, loc, operand.get().getType(),
                                         parts, builder.getI64IntegerAttr(0))
                        .getResult());
}

void nn::resolveShapes(func::FuncOp func) {
  // Callers know the types of what they call; between blocks sizes follow no
  // expression.
  if (func.isExternal() || func.isPrivate() || !func.getBody().hasOneBlock() ||
      (func->getParentOp() &&
       !SymbolTable::symbolKnownUseEmpty(func, func->getParentOp())))
    return;
  SymbolicShapes shapes(func);
  // Windows are counted also of what is computed for its size alone.
  stateZeroSizes(func, shapes);
  llvm::DenseSet<Value> pinned = findPinned(func);
  for (Value argument : func.getArguments())
    if (!pinned.contains(argument))
      refineType(argument, shapes);
  SmallVector<Operation *> ops;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<ShapeInterface>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops)
    for (Value result : op->getResults())
      if (!pinned.contains(result))
        refineType(result, shapes);
  llvm::DenseMap<AffineExpr, Source> sources = findSources(func, shapes);
  for (Operation *op : ops) {
    for (Value result : op->getResults())
      if (Value constant = makeKnownConstant(result, shapes))
        result.replaceAllUsesWith(constant);
    for (OpOperand &shape : op->getOpOperands()) {
      if (!cast<ShapeInterface>(op).isShapeOperand(shape.getOperandNumber()))
        continue;
      auto elements = shapes.getElements(shape.get());
      if (!elements || shape.get().getDefiningOp<arith::ConstantOp>())
        continue;
      auto reshape = dyn_cast<nn::ReshapeOp>(op);
      if (!reshape || !inferLastSize(reshape, *elements, shapes, sources))
        rebuildShape(shape, *elements, sources);
    }
  }
  // Users come behind what they use, so one pass from the end is enough.
  func.walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
  Block &body = func.getBody().front();
  func.setFunctionType(
      FunctionType::get(func.getContext(), body.getArgumentTypes(),
                        body.getTerminator()->getOperandTypes()));
}

namespace {
struct NNResolveShapes : public nn::impl::NNResolveShapesBase<NNResolveShapes> {
  void runOnOperation() override {
    for (auto func : getOperation()->getRegion(0).getOps<func::FuncOp>())
      nn::resolveShapes(func);
  }
};
} // namespace
