//===- TransposeKernel.cpp - Matrices turned in registers -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A transpose that exchanges two neighbouring runs of dimensions, the last one
// among them, turns matrices: NCHW to NHWC and back are such, keys to their
// transpose too. Squares of 16 x 16 elements are turned in registers. Where one
// side is shorter, some vectors of the other are interleaved, or taken apart;
// this is done with short runs of elements that stay together, too, as those of
// an image that is put together from four.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

/// Up to so many vectors are interleaved: for each of as many results one
/// shuffle less.
static constexpr int64_t mostInterleaved = 8;

namespace {
/// The runs of dims that a transpose exchanges: [before), [first, second),
/// [second, end). Those behind stay where they are.
struct Exchange {
  size_t first, second, end;
};
} // namespace

static std::optional<Exchange> matchExchange(ArrayRef<int64_t> perm) {
  size_t end = perm.size(), first = 0;
  while (end > 0 && perm[end - 1] == static_cast<int64_t>(end - 1))
    --end;
  while (first < end && perm[first] == static_cast<int64_t>(first))
    ++first;
  if (first == end)
    return std::nullopt;
  size_t second = perm[first], count = end - first;
  for (size_t i = 0; i < count; ++i)
    if (perm[first + i] !=
        static_cast<int64_t>(first + (second - first + i) % count))
      return std::nullopt;
  return Exchange{first, second, end};
}

/// How many elements stay together, if that is known.
static std::optional<int64_t> countKept(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    count *= size;
  }
  return count;
}

bool quantc::canEmitTranspose(func::FuncOp kernel) {
  auto op = dyn_cast_or_null<nn::TransposeOp>(getOnlyOp(kernel));
  if (!op || !op.getType().getElementType().isIntOrFloat() ||
      op.getType().getElementTypeBitWidth() != 32)
    return false;
  std::optional<Exchange> exchange = matchExchange(op.getPerm());
  if (!exchange)
    return false;
  ArrayRef<int64_t> shape = op.getInput().getType().getShape();
  std::optional<int64_t> kept = countKept(shape.drop_front(exchange->end));
  if (kept == 1)
    return true;
  // A vector holds several, which are interleaved or taken apart.
  auto isFew = [](ArrayRef<int64_t> sizes) {
    std::optional<int64_t> count = countKept(sizes);
    return count && *count > 0 && *count <= mostInterleaved;
  };
  auto [first, second, end] = *exchange;
  return kept && *kept > 0 && *kept < lanes && lanes % *kept == 0 &&
         (isFew(shape.slice(first, second - first)) ||
          isFew(shape.slice(second, end - second)));
}

namespace {
class TransposeEmitter : IndexEmitter {
public:
  TransposeEmitter(KernelBuilder &kernel, nn::TransposeOp op);
  void emit();

private:
  using Vectors = SmallVector<Value>;

  /// What \p size is, if it is known and at least \p least.
  static std::optional<int64_t> getKnown(AffineExpr size, int64_t least) {
    auto known = dyn_cast<AffineConstantExpr>(size);
    return known && known.getValue() >= least ? std::optional(known.getValue())
                                              : std::nullopt;
  }
  Value min(OpBuilder &b, Value x, Value y) {
    return arith::MinUIOp::create(b, loc, x, y);
  }
  /// Where element [row, column] of the matrix at hand lies on both sides.
  Value getFrom(OpBuilder &b, Value row, Value column) {
    return getPlace(b, add(b, mul(b, row, columns), column));
  }
  Value getTo(OpBuilder &b, Value row, Value column) {
    return getPlace(b, add(b, mul(b, column, rows), row));
  }
  Value getPlace(OpBuilder &b, Value number) {
    return add(b, base, kept == 1 ? number : mul(b, number, index(kept)));
  }

  void emitUnit(OpBuilder &b, Value block, bool alongRows);
  void emitSquare(OpBuilder &b, Value row, Value column);
  void emitRest(OpBuilder &b, Value row, Value rowEnd, Value column,
                Value columnEnd);
  Vectors gather(OpBuilder &b, ArrayRef<Value> vectors,
                 function_ref<int64_t(int64_t result, int64_t lane)> source);

  int64_t kept;     ///< elements of the tensor that one of the matrix is
  int64_t inVector; ///< elements of the matrix that a vector holds
  AffineExpr before, rowSize, columnSize;
  Value input, result, rows, columns;
  Value base; ///< of the matrix at hand
};
} // namespace

TransposeEmitter::TransposeEmitter(KernelBuilder &kernel, nn::TransposeOp op)
    : IndexEmitter(kernel), input(kernel.getBuffer(op.getInput())),
      result(kernel.getResultBuffer(0)) {
  auto [first, second, end] = *matchExchange(op.getPerm());
  SmallVector<AffineExpr> sizes(shapes.getSizes(op.getInput()));
  kept = *countKept(op.getInput().getType().getShape().drop_front(end));
  inVector = lanes / kept;
  ArrayRef<AffineExpr> all(sizes);
  all = all.take_front(end);
  before = shapes.getProduct(all.take_front(first));
  rowSize = shapes.getProduct(all.slice(first, second - first));
  columnSize = shapes.getProduct(all.drop_front(second));
  rows = kernel.getIndex(rowSize);
  columns = kernel.getIndex(columnSize);
}

/// As many vectors as there are, whose lanes are elements of any of them:
/// \p source numbers those through all.
TransposeEmitter::Vectors TransposeEmitter::gather(
    OpBuilder &b, ArrayRef<Value> vectors,
    function_ref<int64_t(int64_t result, int64_t lane)> source) {
  Vectors results;
  auto count = static_cast<int64_t>(vectors.size());
  for (int64_t to = 0; to < count; ++to) {
    Value sum = vectors[0];
    for (int64_t from = 1; from < count; ++from) {
      SmallVector<int64_t> order;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        int64_t vector = source(to, lane) / lanes,
                at = source(to, lane) % lanes;
        // What earlier vectors had stands where it belongs.
        order.push_back(vector == from             ? lanes + at
                        : from == 1 && vector == 0 ? at
                                                   : lane);
      }
      sum = vector::ShuffleOp::create(b, loc, sum, vectors[from], order);
    }
    results.push_back(sum);
  }
  return results;
}

void TransposeEmitter::emitSquare(OpBuilder &b, Value row, Value column) {
  Vectors vectors;
  for (int64_t i = 0; i < lanes; ++i)
    vectors.push_back(loadVector(
        b, loc, input, getFrom(b, add(b, row, index(i)), column), Value()));
  for (auto [i, vector] : llvm::enumerate(turnSquare(b, loc, vectors)))
    storeVector(b, loc, vector, result,
                getTo(b, row, add(b, column, index(static_cast<int64_t>(i)))),
                Value());
}

/// One by one.
void TransposeEmitter::emitRest(OpBuilder &b, Value row, Value rowEnd,
                                Value column, Value columnEnd) {
  auto outer = scf::ForOp::create(b, loc, column, columnEnd, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(outer.getBody());
  auto inner = scf::ForOp::create(body, loc, row, rowEnd, index(1));
  body = OpBuilder::atBlockBegin(inner.getBody());
  Value i = inner.getInductionVar(), j = outer.getInductionVar();
  Value from = getFrom(body, i, j), to = getTo(body, i, j);
  for (int64_t part = 0; part < kept; ++part) {
    Value x =
        memref::LoadOp::create(body, loc, input, add(body, from, index(part)));
    memref::StoreOp::create(body, loc, x, result, add(body, to, index(part)));
  }
}

/// A vector of rows or columns with all of the other side.
void TransposeEmitter::emitUnit(OpBuilder &b, Value block, bool alongRows) {
  AffineExpr otherSize = alongRows ? columnSize : rowSize;
  Value whole = alongRows ? rows : columns, other = alongRows ? columns : rows;
  Value first = mul(b, block, index(inVector)),
        last = min(b, add(b, first, index(inVector)), whole);
  auto rest = [&](OpBuilder &at, Value begin, Value end) {
    if (alongRows)
      return emitRest(at, first, last, begin, end);
    emitRest(at, begin, end, first, last);
  };
  Value isWhole = arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::eq,
      arith::SubIOp::create(b, loc, last, first), index(inVector));
  auto branch = scf::IfOp::create(b, loc, isWhole, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  rest(otherwise, index(0), other);
  // A few vectors along the unit become as many along the other side.
  if (std::optional<int64_t> few = getKnown(otherSize, 1);
      few && *few <= mostInterleaved) {
    Value from = alongRows ? getFrom(then, first, index(0)) : Value();
    Value to = alongRows ? Value() : getTo(then, index(0), first);
    Vectors vectors;
    for (int64_t i = 0; i < *few; ++i)
      vectors.push_back(loadVector(then, loc, input,
                                   alongRows ? add(then, from, index(i * lanes))
                                             : getFrom(then, index(i), first),
                                   Value()));
    vectors = gather(then, vectors, [&](int64_t result, int64_t lane) {
      int64_t element = lane / kept, at = result * inVector + element;
      int64_t source = alongRows ? element * *few + result
                                 : at % *few * inVector + at / *few;
      return source * kept + lane % kept;
    });
    for (auto [i, vector] : llvm::enumerate(vectors)) {
      auto number = static_cast<int64_t>(i);
      storeVector(then, loc, vector, result,
                  alongRows ? getTo(then, first, index(number))
                            : add(then, to, index(number * lanes)),
                  Value());
    }
    return;
  }
  Value squares =
      mul(then, arith::DivUIOp::create(then, loc, other, index(lanes)),
          index(lanes));
  auto loop = scf::ForOp::create(then, loc, index(0), squares, index(lanes));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  auto square = [&](OpBuilder &at, Value place) {
    emitSquare(at, alongRows ? first : place, alongRows ? place : first);
  };
  square(body, loop.getInductionVar());
  std::optional<int64_t> known = getKnown(otherSize, lanes);
  if (!known)
    return rest(then, squares, other);
  // The last square overlaps the one before.
  if (*known % lanes != 0)
    square(then, index(*known - lanes));
}

void TransposeEmitter::emit() {
  // Units are cut where a size is no known one that squares overlap in.
  auto isHandled = [&](AffineExpr size) {
    auto known = dyn_cast<AffineConstantExpr>(size);
    return known && (known.getValue() <= mostInterleaved ||
                     (kept == 1 && known.getValue() >= lanes));
  };
  auto isEven = [](AffineExpr size) {
    auto known = dyn_cast<AffineConstantExpr>(size);
    return known && known.getValue() % lanes == 0;
  };
  bool alongRows =
      isHandled(columnSize) &&
      (!isHandled(rowSize) || (isEven(rowSize) && !isEven(columnSize)) ||
       getKnown(rowSize, lanes).has_value() >
           getKnown(columnSize, lanes).has_value());
  AffineExpr blocks = (alongRows ? rowSize : columnSize).ceilDiv(inVector);
  constexpr int64_t least = 2048; // elements of a call
  std::optional<int64_t> other = getKnown(alongRows ? columnSize : rowSize, 1);
  kernel.setIterations(
      shapes.getProduct({before, blocks}),
      std::max<int64_t>(1, least / lanes / other.value_or(least)));
  OpBuilder &b = kernel.getBuilder();
  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar(), count = kernel.getIndex(blocks);
  Value matrix = arith::DivUIOp::create(body, loc, unit, count),
        block = arith::RemUIOp::create(body, loc, unit, count);
  base = mul(body, matrix, mul(body, mul(body, rows, columns), index(kept)));
  emitUnit(body, block, alongRows);
}

LogicalResult quantc::emitTranspose(KernelBuilder &kernel) {
  TransposeEmitter(kernel, cast<nn::TransposeOp>(getOnlyOp(kernel.getKernel())))
      .emit();
  return success();
}
