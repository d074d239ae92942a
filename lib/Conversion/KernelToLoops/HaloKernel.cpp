//===- HaloKernel.cpp - Encode the input of a convolution -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The codes of an input with its halo, for all the kernels that read it as
// windows. With one scale for an image a unit is an image: its largest
// magnitude, then its codes. With blocks along channels a unit is a line of the
// input, and the lines of the halo are filled before.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "QuantizeMath.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;

bool quantc::canEmitHalo(func::FuncOp kernel) {
  auto op = dyn_cast_or_null<qt::QuantizeOp>(getOnlyOp(kernel));
  return op && op.getHaloAttr() &&
         op.getEncoding().getRule() == qt::ScaleRule::AbsMax &&
         op.getResultFormat().hasScaledCodes(8);
}

namespace {
class HaloEmitter : IndexEmitter {
public:
  HaloEmitter(KernelBuilder &kernel, qt::QuantizeOp op);

  void emit();

private:
  void
  forEachPosition(OpBuilder &b, Value image,
                  function_ref<void(OpBuilder &, Value from, Value to)> body);
  void fillHalo(OpBuilder &b, Value image);
  void emitImage(OpBuilder &b, Value image);
  void emitBlocks(OpBuilder &b, Value image);
  Value findLargest(OpBuilder &b, Value first, Value count);
  void encodeRun(OpBuilder &b, Value from, Value to, Value count,
                 Value inverse);
  /// Calls \p body for every block of a position, with its number, where it
  /// begins on both sides and its length.
  using BlockBody = function_ref<void(OpBuilder &, Value number, Value from,
                                      Value to, Value count)>;
  void forEachBlock(OpBuilder &b, Value image, BlockBody body);

  qt::QuantizeOp op;
  SmallVector<AffineExpr> inside, outside; ///< spatial sizes without and with
  int64_t rank, channels, groups, depth, stride;
  Value input, codes, scales;
};
} // namespace

HaloEmitter::HaloEmitter(KernelBuilder &kernel, qt::QuantizeOp op)
    : IndexEmitter(kernel), op(op) {
  SmallVector<AffineExpr> from(shapes.getSizes(op.getInput())),
      to(shapes.getSizes(op.getResult(0)));
  inside.assign(from.begin() + 1, from.end() - 1);
  outside.assign(to.begin() + 1, to.end() - 1);
  rank = inside.size();
  channels = cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  groups = op.getHaloAttr().getGroups();
  depth = channels / groups;
  stride = qt::getTapStride(op.getLayoutAttr().getForm(), depth, groups);
  input = kernel.getBuffer(cast<BlockArgument>(op.getInput()));
  codes = kernel.getResultBuffer(0);
  scales = kernel.getResultBuffer(1);
}

/// Runs of positions along the last spatial dimension: calls \p body with the
/// number of a run's first position in the input and in the one with a halo.
void HaloEmitter::forEachPosition(
    OpBuilder &b, Value image,
    function_ref<void(OpBuilder &, Value from, Value to)> body) {
  ArrayRef<int64_t> pads = op.getHaloAttr().getPads();
  OpBuilder inner = b;
  Value from = image, to = image;
  for (int64_t dim = 0; dim + 1 < rank; ++dim) {
    auto loop = scf::ForOp::create(inner, loc, index(0),
                                   kernel.getIndex(inside[dim]), index(1));
    inner = OpBuilder::atBlockBegin(loop.getBody());
    Value place = loop.getInductionVar();
    from = add(inner, mul(inner, from, kernel.getIndex(inside[dim])), place);
    to = add(inner, mul(inner, to, kernel.getIndex(outside[dim])),
             add(inner, place, index(pads[dim])));
  }
  from = mul(inner, from, kernel.getIndex(inside.back()));
  to = add(inner, mul(inner, to, kernel.getIndex(outside.back())),
           index(pads[rank - 1]));
  body(inner, from, to);
}

/// The zeros around an image, and none within it.
void HaloEmitter::fillHalo(OpBuilder &b, Value image) {
  ArrayRef<int64_t> pads = op.getHaloAttr().getPads();
  Value position = index(groups * stride),
        length = mul(b, kernel.getIndex(outside.back()), position),
        zero = splatConstant(b, loc, b.getI8Type(), -getCodeBias(op));
  OpBuilder inner = b;
  Value line = image, isInside = arith::ConstantIntOp::create(inner, loc, 1, 1);
  for (int64_t dim = 0; dim + 1 < rank; ++dim) {
    Value size = kernel.getIndex(outside[dim]);
    auto loop = scf::ForOp::create(inner, loc, index(0), size, index(1));
    inner = OpBuilder::atBlockBegin(loop.getBody());
    Value place = loop.getInductionVar();
    line = add(inner, mul(inner, line, size), place);
    // Unsigned: what is before the first one is large.
    Value fits = arith::CmpIOp::create(
        inner, loc, arith::CmpIPredicate::ult,
        arith::SubIOp::create(inner, loc, place, index(pads[dim])),
        kernel.getIndex(inside[dim]));
    isInside = arith::AndIOp::create(inner, loc, isInside, fits);
  }
  Value start = mul(inner, line, length);
  auto branch =
      scf::IfOp::create(inner, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  if (int64_t low = pads[rank - 1] * groups * stride)
    fillVectors(then, loc, codes, start, index(low), zero);
  if (int64_t high = pads[2 * rank - 1] * groups * stride)
    fillVectors(
        then, loc, codes,
        arith::SubIOp::create(then, loc, add(then, start, length), index(high)),
        index(high), zero);
  fillVectors(otherwise, loc, codes, start, length, zero);
}

void HaloEmitter::encodeRun(OpBuilder &b, Value from, Value to, Value count,
                            Value inverse) {
  forEachVector(b, loc, count, {},
                [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                  Value x =
                      loadVector(inner, loc, input,
                                 add(inner, from, step.position), step.valid);
                  storeVector(inner, loc, encode(inner, loc, op, x, inverse),
                              codes, add(inner, to, step.position), step.valid);
                  return SmallVector<Value>();
                });
}

/// The bits of the largest magnitudes among \p count inputs, by lanes.
Value HaloEmitter::findLargest(OpBuilder &b, Value first, Value count) {
  SmallVector<Value> largest = forEachVector(
      b, loc, count, splatConstant(b, loc, b.getI32Type(), 0),
      [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
        Value x = loadVector(inner, loc, input,
                             add(inner, first, step.position), step.valid);
        Value bits = getMagnitudes(inner, loc, x);
        return SmallVector<Value>{
            arith::MaxUIOp::create(inner, loc, carried[0], bits)};
      });
  return largest[0];
}

/// One scale: that of all of the image.
void HaloEmitter::emitImage(OpBuilder &b, Value image) {
  Value count =
      mul(b, kernel.getIndex(shapes.getProduct(inside)), index(channels));
  Value first = mul(b, image, count);
  auto factors =
      makeScales(b, loc, op.getEncoding(), findLargest(b, first, count));
  memref::StoreOp::create(b, loc, factors.first, scales, image);
  Value inverse = factors.second;
  bool isDense = stride == depth;
  forEachPosition(b, image, [&](OpBuilder &inner, Value from, Value to) {
    Value length = kernel.getIndex(inside.back());
    Value fromAt = mul(inner, from, index(channels)),
          toAt = mul(inner, to, index(groups * stride));
    if (isDense)
      return encodeRun(inner, fromAt, toAt, mul(inner, length, index(channels)),
                       inverse);
    auto runs = scf::ForOp::create(inner, loc, index(0),
                                   mul(inner, length, index(groups)), index(1));
    OpBuilder body = OpBuilder::atBlockBegin(runs.getBody());
    Value run = runs.getInductionVar();
    encodeRun(body, add(body, fromAt, mul(body, run, index(depth))),
              add(body, toAt, mul(body, run, index(stride))), index(depth),
              inverse);
  });
}

void HaloEmitter::forEachBlock(OpBuilder &b, Value image, BlockBody body) {
  int64_t block = op.getResultFormat().getShape().back();
  int64_t blocks = llvm::divideCeil(channels, block);
  forEachPosition(b, image, [&](OpBuilder &inner, Value from, Value to) {
    auto places = scf::ForOp::create(inner, loc, index(0),
                                     kernel.getIndex(inside.back()), index(1));
    OpBuilder outer = OpBuilder::atBlockBegin(places.getBody());
    Value place = places.getInductionVar();
    Value source = mul(outer, add(outer, from, place), index(channels)),
          target = add(outer, to, place);
    auto numbers =
        scf::ForOp::create(outer, loc, index(0), index(blocks), index(1));
    OpBuilder each = OpBuilder::atBlockBegin(numbers.getBody());
    Value number = numbers.getInductionVar();
    Value at = mul(each, number, index(block));
    Value left = arith::SubIOp::create(each, loc, index(channels), at);
    Value count = arith::MinUIOp::create(each, loc, left, index(block));
    if (channels % block == 0)
      count = index(block);
    body(each, add(each, mul(each, target, index(blocks)), number),
         add(each, source, at),
         add(each, mul(each, target, index(groups * stride)), at), count);
  });
}

/// A scale for every 32 channels of a position.
void HaloEmitter::emitBlocks(OpBuilder &b, Value image) {
  forEachBlock(
      b, image,
      [&](OpBuilder &inner, Value number, Value from, Value to, Value count) {
        auto [scale, inverse] = makeScales(inner, loc, op.getEncoding(),
                                           findLargest(inner, from, count));
        memref::StoreOp::create(inner, loc, scale, scales, number);
        encodeRun(inner, from, to, count, inverse);
      });
}

void HaloEmitter::emit() {
  SmallVector<AffineExpr> sizes(shapes.getSizes(op.getInput()));
  kernel.setIterations(sizes[0], 1);
  OpBuilder &b = kernel.getBuilder();
  bool isImage = ShapedType::isDynamic(op.getResultFormat().getShape().back());
  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value image = loop.getInductionVar();
  ArrayRef<int64_t> pads = op.getHaloAttr().getPads();
  bool hasPads = llvm::any_of(pads, [](int64_t pad) { return pad != 0; });
  Value positions = kernel.getIndex(shapes.getProduct(outside));
  if (stride == depth && hasPads) {
    fillHalo(body, image);
  } else if (stride != depth) {
    Value count = mul(body, positions, index(groups * stride));
    fillVectors(body, loc, codes, mul(body, image, count), count,
                splatConstant(body, loc, b.getI8Type(), -getCodeBias(op)));
  }
  if (isImage)
    return emitImage(body, image);
  if (hasPads) {
    int64_t blocks =
        llvm::divideCeil(channels, op.getResultFormat().getShape().back());
    Value count = mul(body, positions, index(blocks));
    fillVectors(
        body, loc, scales, mul(body, image, count), count,
        splatConstant(body, loc,
                      cast<MemRefType>(scales.getType()).getElementType(), 0));
  }
  emitBlocks(body, image);
}

LogicalResult quantc::emitHalo(KernelBuilder &kernel) {
  auto op = cast<qt::QuantizeOp>(getOnlyOp(kernel.getKernel()));
  ArrayRef<int64_t> extents = op.getResultFormat().getShape();
  bool isImage = llvm::all_of(extents.drop_front(), ShapedType::isDynamic);
  bool isBlocks = !ShapedType::isDynamic(extents.back()) &&
                  llvm::all_of(extents.drop_back(),
                               [](int64_t extent) { return extent == 1; });
  if (extents.front() != 1 || !(isImage || isBlocks))
    return op.emitError("format ") << op.getResultFormat()
                                   << " of a convolution's input; supported: "
                                      "one scale for an image, or "
                                      "blocks along channels";
  HaloEmitter(kernel, op).emit();
  return success();
}
