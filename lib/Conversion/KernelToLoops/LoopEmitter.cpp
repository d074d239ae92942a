//===- LoopEmitter.cpp - Kernels as plain loops -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "Generators.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace quantc;

#include "quantc/Conversion/KernelToLoops/LoopOpInterface.cpp.inc"

/// Points that one call shares out at least, and of which adjacent ones are
/// one unit.
static constexpr int64_t grainPoints = 16, tilePoints = 64;

static SmallVector<Operation *> getOps(func::FuncOp kernel) {
  SmallVector<Operation *> ops;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (!op.hasTrait<OpTrait::ConstantLike>())
      ops.push_back(&op);
  return ops;
}

/// The sizes of the tensor whose rows \p op works on.
static std::optional<SmallVector<AffineExpr>> getRows(SymbolicShapes &shapes,
                                                      Operation *op) {
  auto rowOp = dyn_cast<RowOpInterface>(op);
  if (!rowOp || !rowOp.isRowwise())
    return std::nullopt;
  return SmallVector<AffineExpr>(shapes.getSizes(rowOp.getRowTensor()));
}

/// The op with loops of a kernel that has nothing else, or nothing but ops on
/// single elements that it alone reads; null if there is none.
static LoopOpInterface getSingle(SymbolicShapes &shapes,
                                 ArrayRef<Operation *> ops) {
  auto last =
      ops.empty() ? LoopOpInterface() : dyn_cast<LoopOpInterface>(ops.back());
  if (!last || ops.size() == 1)
    return last;
  bool isAlone = llvm::all_of(ops.drop_back(), [&](Operation *op) {
    return isa<ElementwiseOpInterface>(op) && !isa<LoopOpInterface>(op) &&
           llvm::all_of(op->getUsers(), [&](Operation *user) {
             return user == last || llvm::is_contained(ops, user);
           });
  });
  return isAlone && !getRows(shapes, last) ? last : LoopOpInterface();
}

bool quantc::canEmitLoops(func::FuncOp kernel) {
  SymbolicShapes shapes(kernel);
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    DenseElementsAttr constant;
    if (op.hasTrait<OpTrait::ConstantLike>() &&
        !matchPattern(&op, m_Constant(&constant)))
      return false;
  }
  SmallVector<Operation *> ops = getOps(kernel);
  if (LoopOpInterface single = getSingle(shapes, ops))
    return single.hasLoops();
  for (Operation *op : ops) {
    auto loops = dyn_cast<LoopOpInterface>(op);
    if (loops ? !loops.hasLoops() : !isa<ElementwiseOpInterface>(op))
      return false;
    if (ops.size() == 1)
      return true;
    // Several ops share their rows, or have one element for each.
    auto rows = getRows(shapes, op), first = getRows(shapes, ops[0]);
    if (!rows || !first || rows->size() != first->size())
      return false;
    if (rows->empty()
            ? loops != nullptr
            : ArrayRef(*rows).drop_back() != ArrayRef(*first).drop_back() ||
                  (loops && ArrayRef(loops.getLoopSizes(shapes)) !=
                                ArrayRef(*rows).drop_back()))
      return false;
  }
  return !ops.empty();
}

LogicalResult quantc::emitLoops(KernelBuilder &kernel) {
  LoopEmitter(kernel).emit();
  return success();
}

Type LoopEmitter::getType(Type element) {
  return adjacent ? VectorType::get(width, element) : element;
}

Value LoopEmitter::getNumber(OpBuilder &builder, Type element, double value) {
  Type type = getType(element);
  TypedAttr number = isa<FloatType>(element)
                         ? TypedAttr(builder.getFloatAttr(element, value))
                         : builder.getIntegerAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    number = DenseElementsAttr::get(vector, Attribute(number));
  return arith::ConstantOp::create(builder, loc, number);
}

Value LoopEmitter::getCount(OpBuilder &builder, ArrayRef<AffineExpr> sizes) {
  Value count = getIndex(int64_t(1));
  for (AffineExpr size : sizes)
    count = arith::MulIOp::create(builder, loc, count, getIndex(size));
  return count;
}

/// What is in an earlier block or around this one dominates its end.
Value LoopEmitter::find(Value tensor, ValueRange index, Block *block) {
  for (Known &entry : known[tensor]) {
    if (ValueRange(entry.index) != index)
      continue;
    for (Block *outer = block; outer;) {
      if (outer == entry.block)
        return entry.element;
      Operation *parent = outer->getParentOp();
      outer = parent ? parent->getBlock() : nullptr;
    }
  }
  return {};
}

Value LoopEmitter::load(OpBuilder &builder, Value tensor, ValueRange index) {
  Block *block = builder.getInsertionBlock();
  if (Value element = find(tensor, index, block))
    return element;
  Value element = compute(builder, tensor, index);
  known[tensor].push_back({llvm::to_vector(index), block, element});
  return element;
}

Value LoopEmitter::compute(OpBuilder &builder, Value tensor, ValueRange index) {
  Operation *op = tensor.getDefiningOp();
  if (auto elementwise = dyn_cast_or_null<ElementwiseOpInterface>(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(
          loadBroadcast(builder, operand, getSizes(tensor), index));
    return elementwise.cloneOnto(builder, operands)->getResult(0);
  }
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  DenseElementsAttr constant;
  Value buffer, offset;
  if (matchPattern(tensor, m_Constant(&constant)) && constant.isSplat()) {
    auto number = constant.getSplatValue<TypedAttr>();
    if (auto vector = dyn_cast<VectorType>(getType(element)))
      number = DenseElementsAttr::get(vector, Attribute(number));
    return arith::ConstantOp::create(builder, loc, number);
  }
  if (constant || isa<BlockArgument>(tensor))
    buffer = kernel.getBuffer(tensor);
  else if (auto results = getResultIndices(kernel.getKernel(), tensor);
           !results.empty())
    buffer = kernel.getResultBuffer(results[0]);
  if (!buffer) {
    buffer = getScratch(tensor);
    offset = index.back();
  } else {
    offset = linearize(builder, tensor, index);
  }
  Value stored;
  if (isAdjacent(index)) {
    stored = loadVector(builder, loc, buffer, offset, /*mask=*/Value(), width);
  } else {
    stored = memref::LoadOp::create(builder, loc, buffer, offset);
    if (adjacent)
      stored = splat(builder, loc, stored, width);
  }
  return kernel.fromStored(builder, stored, element);
}

Value LoopEmitter::loadBroadcast(OpBuilder &builder, Value tensor,
                                 ArrayRef<AffineExpr> whole, ValueRange index) {
  Sizes own = getSizes(tensor);
  SmallVector<Value> at(index.take_back(own.size()));
  for (auto [size, other, position] :
       llvm::zip_equal(own, whole.take_back(own.size()), at)) {
    if (size == other)
      continue;
    Value zero = getIndex(int64_t(0));
    if (!isa<AffineConstantExpr>(size)) {
      // Either 1, or the size it must be.
      Value isOne =
          arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                getIndex(size), getIndex(int64_t(1)));
      position = arith::SelectOp::create(builder, loc, isOne, zero, position);
    } else {
      position = zero;
    }
  }
  return load(builder, tensor, at);
}

void LoopEmitter::requireBroadcast(Value tensor, ArrayRef<AffineExpr> whole) {
  kernel.requireBroadcast(Sizes(getSizes(tensor)), whole);
}

Value LoopEmitter::linearize(OpBuilder &builder, Value tensor,
                             ValueRange index) {
  Value offset = getIndex(int64_t(0));
  for (auto [dim, position] : llvm::enumerate(index)) {
    if (dim > 0)
      offset = arith::MulIOp::create(builder, loc, offset,
                                     getIndex(getSizes(tensor)[dim]));
    offset = arith::AddIOp::create(builder, loc, offset, position);
  }
  return offset;
}

Value LoopEmitter::getScratch(Value tensor) {
  Value &buffer = scratch[tensor];
  if (!buffer) {
    Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
    if (element.isInteger(1))
      element = IntegerType::get(element.getContext(), 8);
    buffer = kernel.allocateScratch(element, getSizes(tensor).back());
  }
  return buffer;
}

void LoopEmitter::store(OpBuilder &builder, Value tensor, ValueRange index,
                        Value element) {
  Value stored = kernel.toStored(
      builder, element,
      cast<RankedTensorType>(tensor.getType()).getElementType());
  auto storeTo = [&](Value buffer, Value offset) {
    if (isAdjacent(index))
      storeVector(builder, loc, stored, buffer, offset, /*mask=*/Value());
    else
      memref::StoreOp::create(builder, loc, stored, buffer, offset);
  };
  SmallVector<unsigned> results = getResultIndices(kernel.getKernel(), tensor);
  for (unsigned result : results)
    storeTo(kernel.getResultBuffer(result), linearize(builder, tensor, index));
  if (results.empty() && !tensor.use_empty())
    storeTo(getScratch(tensor), index.back());
}

SmallVector<Value> LoopEmitter::forEach(OpBuilder &builder,
                                        ArrayRef<AffineExpr> sizes,
                                        ValueRange initial, Body body) {
  SmallVector<Value> index;
  std::function<SmallVector<Value>(OpBuilder &, ValueRange)> nest =
      [&](OpBuilder &outer, ValueRange carried) -> SmallVector<Value> {
    if (index.size() == sizes.size())
      return body(outer, index, carried);
    Value zero = getIndex(int64_t(0)), one = getIndex(int64_t(1));
    auto loop = scf::ForOp::create(
        outer, loc, zero, getIndex(sizes[index.size()]), one, carried,
        [&](OpBuilder &inner, Location, Value position, ValueRange values) {
          index.push_back(position);
          SmallVector<Value> next = nest(inner, values);
          index.pop_back();
          scf::YieldOp::create(inner, loc, next);
        });
    return llvm::to_vector(ValueRange(loop.getResults()));
  };
  return nest(builder, initial);
}

void LoopEmitter::emitPoint(OpBuilder &builder, ValueRange point) {
  // Expressions of rows of the same length go together.
  llvm::MapVector<ArrayRef<AffineExpr>, SmallVector<Value>> expressions;
  SmallVector<Sizes> lists;
  for (Operation *op : ops)
    lists.push_back(getSizes(op->getResult(0)));
  for (auto [op, sizes] : llvm::zip_equal(ops, lists)) {
    if (auto loops = dyn_cast<LoopOpInterface>(op))
      loops.emitPoint(builder, point, *this);
    else if (!getResultIndices(kernel.getKernel(), op->getResult(0)).empty())
      expressions[ArrayRef(sizes).drop_front(point.size())].push_back(
          op->getResult(0));
  }
  for (auto &[rest, values] : expressions)
    forEach(builder, rest, {},
            [&, &values = values](OpBuilder &inner, ValueRange position,
                                  ValueRange) {
              SmallVector<Value> index(point);
              llvm::append_range(index, position);
              SmallVector<Value> elements;
              for (Value value : values)
                elements.push_back(load(inner, value, index));
              for (auto [value, element] : llvm::zip_equal(values, elements))
                store(inner, value, index, element);
              return SmallVector<Value>();
            });
}

void LoopEmitter::emitPoints(ArrayRef<AffineExpr> space, bool areAdjacent) {
  Value one = getIndex(int64_t(1)), tile = getIndex(tilePoints);
  Sizes units(space);
  if (areAdjacent)
    units.back() = units.back().ceilDiv(tilePoints);
  kernel.setIterations(shapes.getProduct(units), areAdjacent ? 1 : grainPoints);
  OpBuilder &builder = kernel.getBuilder();
  auto loop =
      scf::ForOp::create(builder, loc, kernel.getBegin(), kernel.getEnd(), one);
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  SmallVector<Value> point =
      kernel.delinearize(body, units, loop.getInductionVar());
  if (!areAdjacent)
    return emitPoint(body, point);
  Value begin = arith::MulIOp::create(body, loc, point.back(), tile);
  Value count = arith::MinUIOp::create(
      body, loc, tile,
      arith::SubIOp::create(body, loc, getIndex(space.back()), begin));
  Value step = getIndex(lanes);
  Value whole = arith::MulIOp::create(
      body, loc, arith::DivUIOp::create(body, loc, count, step), step);
  Value middle = arith::AddIOp::create(body, loc, begin, whole);
  Value end = arith::AddIOp::create(body, loc, begin, count);
  auto vectors = scf::ForOp::create(body, loc, begin, middle, step);
  OpBuilder inner = OpBuilder::atBlockBegin(vectors.getBody());
  point.back() = adjacent = vectors.getInductionVar();
  emitPoint(inner, point);
  adjacent = {};
  emitLastPoints(body, point, space.back(), middle, end);
}

/// Those that fill no vector: as shorter ones where their number is known.
void LoopEmitter::emitLastPoints(OpBuilder &builder, SmallVector<Value> point,
                                 AffineExpr size, Value from, Value end) {
  auto all = dyn_cast<AffineConstantExpr>(size);
  int64_t rest = all ? all.getValue() % lanes : lanes - 1;
  if (rest == 0)
    return;
  OpBuilder inner = builder;
  if (all) {
    // They are in the last tile alone.
    Value isLast = arith::CmpIOp::create(builder, loc,
                                         arith::CmpIPredicate::ult, from, end);
    auto branch = scf::IfOp::create(builder, loc, isLast);
    inner = branch.getThenBodyBuilder();
    constexpr int64_t shortest = 4;
    for (width = lanes / 2; width >= shortest; width /= 2) {
      if ((rest & width) == 0)
        continue;
      point.back() = adjacent = from;
      known.clear(); // what is known has another number of lanes
      emitPoint(inner, point);
      adjacent = {};
      from = arith::AddIOp::create(inner, loc, from, getIndex(width));
    }
    width = lanes;
    if (rest % shortest == 0)
      return;
  }
  auto singles =
      scf::ForOp::create(inner, loc, from, end, getIndex(int64_t(1)));
  inner = OpBuilder::atBlockBegin(singles.getBody());
  point.back() = singles.getInductionVar();
  known.clear();
  emitPoint(inner, point);
}

void LoopEmitter::emit() {
  ops = getOps(kernel.getKernel());
  width = lanes;
  bool areAdjacent = false;
  Sizes space;
  LoopOpInterface single = getSingle(shapes, ops);
  if (single) {
    space = single.getLoopSizes(shapes);
    areAdjacent = single.hasAdjacentPoints() && !space.empty();
  } else {
    space = *getRows(shapes, ops[0]);
    if (!space.empty())
      space.pop_back();
  }
  for (Operation *op : ops) {
    if (auto loops = dyn_cast<LoopOpInterface>(op))
      loops.requireSizes(*this);
    else
      for (Value operand : op->getOperands())
        requireBroadcast(operand, getSizes(op->getResult(0)));
  }
  emitPoints(space, areAdjacent);
}
